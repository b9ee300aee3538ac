package codec

import (
	"bytes"
	"testing"
)

// FuzzDecode checks any bytes, in any version and from either end: decode does
// not panic, strict and lenient agree, and what strict decode accepts encodes to
// the same bytes or, where the standard allows several forms, to the same
// packet.
func FuzzDecode(f *testing.F) {
	for _, v := range []Version{V31, V311, V5} {
		for _, p := range samples(v) {
			b, err := p.Append(nil, v)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b, byte(v), byte(sender(p, v)))
		}
	}
	for _, wrong := range []string{"30ffffff7f", "3080808080", "103000050030303030", "3006000061ff2300", "820d0001000007247368", "f0018f"} {
		for v := V31; v <= V5; v++ {
			f.Add(fromHex(f, wrong), byte(v), byte(FromClient))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, version, from byte) {
		v := V31 + Version(version%3)
		s := Sender(from % 3)
		checkOneDecoder(t, b, v, s)
		checkRoundTrip(t, b, v, s)
	})
}

func checkRoundTrip(t testing.TB, b []byte, v Version, s Sender) {
	t.Helper()
	p, n, err := Decode(b, v, s)
	if err != nil {
		return
	}
	again, err := p.Append(nil, v)
	if err != nil || len(again) != p.Size(v) {
		t.Fatalf("%s %x: %s does not encode: %d bytes, %v", v, b, p, len(again), err)
	}
	if bytes.Equal(again, b[:n]) {
		return
	}
	if oneForm(b, v) {
		t.Fatalf("%s %x: %s becomes %x, and there is one form of it only", v, b, p, again)
	}
	q, m, err := Decode(again, v, s)
	if err != nil || m != len(again) || !samePacket(p, q) {
		t.Fatalf("%s %x: %s becomes %x: %v, %v", v, b, p, again, q, err)
	}
}

// oneForm tells whether a valid packet has one encoding only: neither bits that are
// not used (3.1), nor a longer Remaining Length than needed (3.1.1), nor a Reason
// Code and Property Length that may be left out (5.0).
func oneForm(b []byte, v Version) bool {
	switch t := Type(b[0] >> 4); v {
	case V31:
		return false
	case V311:
		n, _, _ := FrameSize(b)
		return b[1] < 0x80 || b[2] < 0x80 && n >= 3+0x80 // one byte of length, or two that are needed
	default:
		return t != DISCONNECT && t != AUTH && (t < PUBACK || t > PUBCOMP)
	}
}

// FuzzReader checks that a stream is cut into the same packets however it
// arrives, and that no length is trusted.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0xC0, 0, 0x30, 0xFF, 0xFF, 0xFF, 0x7F}, 3)
	f.Add([]byte{0xC0, 0, 0xD0, 0, 0x30, 2, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		r := NewReader(&pieces{b, max(1, piece)}, 0)
		rest := b
		for {
			frame, err := r.Next()
			n, ok, frameErr := FrameSize(rest)
			if err != nil {
				if ok && n <= len(rest) {
					t.Fatalf("%x: no packet at %x: %v", b, rest, err)
				}
				if frameErr == nil && !bytes.Equal(r.Buffered(), rest) {
					t.Fatalf("%x: %x is left, Buffered says %x", b, rest, r.Buffered())
				}
				break
			}
			if !bytes.Equal(frame, rest[:n]) {
				t.Fatalf("%x: %x where %x is", b, frame, rest[:n])
			}
			rest = rest[n:]
		}
		if len(r.buf) > bufferSize+4*len(b) {
			t.Fatalf("%x: a buffer of %d bytes", b, len(r.buf))
		}
	})
}

// pieces gives its bytes a few at a time.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(b []byte) (int, error) {
	n := copy(b, p.b[:min(len(p.b), p.n)])
	p.b = p.b[n:]
	if n == 0 {
		return 0, bytes.ErrTooLarge // stands for any end
	}
	return n, nil
}
