package codec

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"
)

func TestReader(t *testing.T) {
	big := &Publish{Topic: Text("t"), Payload: bytes.Repeat([]byte("x"), 100_000)}
	var stream []byte
	packets := []Packet{&Pingreq{}, big, &Puback{Ack{PacketID: 1}}, big, &Pingresp{}}
	for _, p := range packets {
		stream, _ = p.Append(stream, V5)
	}
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":          func(r io.Reader) io.Reader { return r },
		"byte by byte":   iotest.OneByteReader,
		"in halves":      iotest.HalfReader,
		"error with end": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(wrap(bytes.NewReader(stream)), 0)
			for _, p := range packets {
				frame, err := r.Next()
				want, _ := p.Append(nil, V5)
				if err != nil || !bytes.Equal(frame, want) {
					t.Fatalf("%s: %v, %d bytes", p.Type(), err, len(frame))
				}
			}
			if _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

func TestReaderErrors(t *testing.T) {
	for _, test := range []struct {
		name, hex string
		max       int
		want      error
		left      int
	}{
		{"ends inside a packet", "3004 0001", 0, io.ErrUnexpectedEOF, 4},
		{"ends inside the header", "30", 0, io.ErrUnexpectedEOF, 1},
		{"five bytes of length", "30ffffffff01", 0, ErrLength, 6},
		{"too large", "300a", 11, ErrTooLarge, 2},
		{"as large as allowed", "300a", 12, io.ErrUnexpectedEOF, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReader(bytes.NewReader(fromHex(t, test.hex)), test.max)
			_, err := r.Next()
			if !errors.Is(err, test.want) || len(r.Buffered()) != test.left {
				t.Errorf("%v with %d bytes left, want %v with %d", err, len(r.Buffered()), test.want, test.left)
			}
		})
	}
}

func TestReaderTrustsNoLength(t *testing.T) {
	r := NewReader(bytes.NewReader(fromHex(t, "30ffffff7f")), 0)
	if _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if len(r.buf) > bufferSize {
		t.Errorf("%d bytes for a length that was only announced", len(r.buf))
	}
}

func TestReaderGoesOnBehindADeadline(t *testing.T) {
	r := NewReader(io.MultiReader(bytes.NewReader([]byte{0xC0}), iotest.ErrReader(os.ErrDeadlineExceeded)), 0)
	if _, err := r.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	r.src = bytes.NewReader([]byte{0})
	if frame, err := r.Next(); err != nil || !bytes.Equal(frame, []byte{0xC0, 0}) {
		t.Errorf("%x %v", frame, err)
	}
}
