package codec

import (
	"errors"
	"io"
)

// ErrTooLarge is the error of a Reader whose next packet is larger than its
// maximum.
var ErrTooLarge = errors.New("mqtt: the packet is larger than the maximum")

// Reader cuts a stream into packets. It reads the stream in large pieces and
// grows its buffer as bytes arrive, never for a length that is only announced:
// the five bytes 30 ff ff ff 7f cost nothing.
type Reader struct {
	src        io.Reader
	max        int
	buf        []byte
	start, end int // of the bytes that were read and not given
}

const (
	bufferSize  = 4096
	emptyReads  = 100 // of a source that gives neither bytes nor an error
	maxPacketSz = MaxRemaining + 5
)

// NewReader gives a Reader of packets of at most max bytes, fixed header
// included; 0 is the maximum of MQTT, 268,435,460.
func NewReader(src io.Reader, max int) *Reader {
	if max <= 0 {
		max = maxPacketSz
	}
	return &Reader{src: src, max: max}
}

// Next gives the bytes of the next packet, which are valid until the call after
// it. The error is io.EOF where the stream ends between packets,
// io.ErrUnexpectedEOF where it ends inside one, ErrLength and ErrTooLarge where
// the stream cannot be followed any more, or that of the source. Buffered then
// gives the bytes that belong to no packet. After an error of the source, such
// as a deadline, Next can be called again; nothing is lost.
func (r *Reader) Next() (frame []byte, err error) {
	for {
		b := r.buf[r.start:r.end]
		n, ok, err := FrameSize(b)
		switch {
		case err != nil:
			return nil, err
		case ok && n > r.max:
			return nil, ErrTooLarge
		case ok && n <= len(b):
			r.start += n
			return b[:n:n], nil
		}
		if err := r.fill(); err != nil {
			if errors.Is(err, io.EOF) && len(b) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// Buffered gives the bytes that were read from the stream and not given as part
// of a packet yet. They are valid until the next call of Next.
func (r *Reader) Buffered() []byte { return r.buf[r.start:r.end:r.end] }

// fill reads once from the source.
func (r *Reader) fill() error {
	switch {
	case r.start == r.end:
		r.start, r.end = 0, 0
	case r.end == len(r.buf) && r.start > 0:
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		grown := make([]byte, max(bufferSize, 2*len(r.buf)))
		r.end = copy(grown, r.buf[r.start:r.end])
		r.start, r.buf = 0, grown
	}
	for range emptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if n > 0 {
			return nil // an error comes again with the next read
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}
