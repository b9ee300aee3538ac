package codec

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// ErrUnencodable is the error of Append where the bytes cannot say what the
// struct holds: a string or Binary Data of more than 65,535 bytes, a packet of
// more than 268,435,455, a number that does not fit its bits.
var ErrUnencodable = errors.New("mqtt: the packet holds a value that has no encoding")

// sizer adds up the Remaining Length of a packet, and notes what has no
// encoding.
type sizer struct {
	n   int
	bad bool
}

// data counts a string or Binary Data with its two bytes of length.
func (s *sizer) data(n int) {
	s.n += 2 + n
	if n > 65_535 {
		s.bad = true
	}
}

// bits notes a value that is above what its bits can hold.
func (s *sizer) bits(value, limit byte) {
	if value > limit {
		s.bad = true
	}
}

// properties counts the Property Length and the properties; both are not there
// before 5.0.
func (s *sizer) properties(ps Properties, v Version) {
	if v != V5 {
		return
	}
	n := ps.measure(s)
	s.n += n + varintLen(n)
}

// total is the length of the whole packet.
func (s *sizer) total() int { return 1 + varintLen(s.n) + s.n }

// start makes room for the packet behind dst and writes its fixed header.
func (s *sizer) start(dst []byte, first byte) ([]byte, error) {
	if s.bad || s.n > MaxRemaining {
		return dst, ErrUnencodable
	}
	if need := s.total(); cap(dst)-len(dst) < need {
		dst = slices.Grow(dst, need)
	}
	dst = append(dst, first)
	if s.n < 0x80 {
		return append(dst, byte(s.n)), nil
	}
	return appendVarint(dst, uint32(s.n)), nil
}

func varintLen(n int) int {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<14:
		return 2
	case n < 1<<21:
		return 3
	}
	return 4
}

func appendVarint(dst []byte, n uint32) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

func appendData(dst, data []byte) []byte {
	dst = append(dst, byte(len(data)>>8), byte(len(data)))
	return append(dst, data...)
}

// measure gives the value of the Property Length.
func (ps Properties) measure(s *sizer) (n int) {
	for i := range ps {
		p := &ps[i]
		n++ // the identifier; those of more than one byte do not exist
		var kind spec.Kind
		if p.ID < PropertyID(len(propertyRows)) {
			kind = propertyRows[p.ID].kind
		}
		switch kind {
		case spec.Byte:
			n++
			s.bad = s.bad || p.Int > 0xFF
		case spec.TwoByte:
			n += 2
			s.bad = s.bad || p.Int > 0xFFFF
		case spec.FourByte:
			n += 4
		case spec.VarInt:
			n += varintLen(int(p.Int))
			s.bad = s.bad || p.Int > MaxRemaining
		case spec.Pair:
			n += 4 + len(p.Name) + len(p.Data)
			s.bad = s.bad || len(p.Name) > 0xFFFF || len(p.Data) > 0xFFFF
		case spec.Text, spec.Binary:
			n += 2 + len(p.Data)
			s.bad = s.bad || len(p.Data) > 0xFFFF
		default:
			n += varintLen(int(p.ID)) - 1 + len(p.Data)
			s.bad = s.bad || p.ID > MaxRemaining
		}
	}
	return n
}

// appendProperties writes the Property Length and the properties in 5.0. The
// Data of an unknown property is written as it is, without a length.
func appendProperties(dst []byte, ps Properties, v Version) []byte {
	if v != V5 {
		return dst
	}
	if len(ps) == 0 {
		return append(dst, 0)
	}
	var s sizer
	dst = appendVarint(dst, uint32(ps.measure(&s)))
	for i := range ps {
		p := &ps[i]
		dst = appendVarint(dst, uint32(p.ID))
		var kind spec.Kind
		if p.ID < PropertyID(len(propertyRows)) {
			kind = propertyRows[p.ID].kind
		}
		switch kind {
		case spec.Byte:
			dst = append(dst, byte(p.Int))
		case spec.TwoByte:
			dst = append(dst, byte(p.Int>>8), byte(p.Int))
		case spec.FourByte:
			dst = binary.BigEndian.AppendUint32(dst, p.Int)
		case spec.VarInt:
			dst = appendVarint(dst, p.Int)
		case spec.Pair:
			dst = appendData(dst, p.Name)
			dst = appendData(dst, p.Data)
		case spec.Text, spec.Binary:
			dst = appendData(dst, p.Data)
		default:
			dst = append(dst, p.Data...)
		}
	}
	return dst
}

// Clone gives a deep copy.
func (ps Properties) Clone() Properties {
	if ps == nil {
		return nil
	}
	c := make(Properties, len(ps))
	for i, p := range ps {
		p.Name, p.Data = slices.Clone(p.Name), slices.Clone(p.Data)
		c[i] = p
	}
	return c
}
