package codec

import (
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
	n     int
	props int // the Property Length, which is measured once
	will  int // that of the Will in a CONNECT
	bad   bool
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

// properties counts the Property Length and the properties, which are not there
// before 5.0. It gives the value of the Property Length.
func (s *sizer) properties(ps Properties, v Version) int {
	if v != V5 {
		return 0
	}
	if len(ps) == 0 {
		s.n++
		return 0
	}
	return ps.measure(s)
}

// total is the length of the whole packet.
func (s *sizer) total() int { return 1 + varintLen(s.n) + s.n }

// start makes room for the packet behind dst and writes its fixed header.
func (s *sizer) start(dst []byte, first byte) ([]byte, error) {
	if s.bad || s.n > MaxRemaining {
		return dst, ErrUnencodable
	}
	room := cap(dst) - len(dst)
	if s.n < 0x80 && s.n+2 <= room { // the common case, in a buffer that is used again
		return append(dst, first, byte(s.n)), nil
	}
	if need := s.total(); room < need {
		dst = slices.Grow(dst, need)
	}
	return AppendVarint(append(dst, first), uint32(s.n)), nil
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

// AppendVarint appends n as a Variable Byte Integer (1.5.5), in as few bytes as it
// takes. n is at most 268,435,455.
func AppendVarint(dst []byte, n uint32) []byte {
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

// measure is properties where there are some in 5.0. Here and in append the kinds
// that come most often are asked for first.
func (ps Properties) measure(s *sizer) int {
	n, bad := 0, false
	for i := range ps {
		p := &ps[i]
		n++ // the identifier; those of more than one byte do not exist
		switch kind := p.kind(); {
		case kind == spec.Text || kind == spec.Binary:
			n += 2 + len(p.Data)
			bad = bad || len(p.Data) > 0xFFFF
		case kind == spec.Pair:
			n += 4 + len(p.Name) + len(p.Data)
			bad = bad || len(p.Name) > 0xFFFF || len(p.Data) > 0xFFFF
		case kind == spec.FourByte:
			n += 4
		case kind == spec.VarInt:
			n += varintLen(int(p.Int))
			bad = bad || p.Int > MaxRemaining
		case kind == spec.TwoByte:
			n += 2
			bad = bad || p.Int > 0xFFFF
		case kind == spec.Byte:
			n++
			bad = bad || p.Int > 0xFF
		default:
			n += varintLen(int(p.ID)) - 1 + len(p.Data)
			bad = bad || p.ID > MaxRemaining
		}
	}
	s.n += varintLen(n) + n
	s.bad = s.bad || bad
	return n
}

// appendProperties writes the Property Length, which a sizer has given, and the
// properties, in 5.0.
func appendProperties(dst []byte, length int, ps Properties, v Version) []byte {
	if v != V5 {
		return dst
	}
	if length == 0 {
		return append(dst, 0)
	}
	return ps.append(dst, length)
}

// append writes the Property Length and the properties. The Data of an unknown one
// is written as it is, without a length.
func (ps Properties) append(dst []byte, length int) []byte {
	dst = AppendVarint(dst, uint32(length))
	for i := range ps {
		p := &ps[i]
		switch kind := p.kind(); {
		case kind == spec.Text || kind == spec.Binary:
			dst = append(dst, byte(p.ID), byte(len(p.Data)>>8), byte(len(p.Data)))
			dst = append(dst, p.Data...)
		case kind == spec.Pair:
			dst = append(dst, byte(p.ID), byte(len(p.Name)>>8), byte(len(p.Name)))
			dst = append(dst, p.Name...)
			dst = appendData(dst, p.Data)
		case kind == spec.FourByte:
			dst = append(dst, byte(p.ID), byte(p.Int>>24), byte(p.Int>>16), byte(p.Int>>8), byte(p.Int))
		case kind == spec.VarInt:
			dst = AppendVarint(append(dst, byte(p.ID)), p.Int)
		case kind == spec.TwoByte:
			dst = append(dst, byte(p.ID), byte(p.Int>>8), byte(p.Int))
		case kind == spec.Byte:
			dst = append(dst, byte(p.ID), byte(p.Int))
		default:
			dst = append(AppendVarint(dst, uint32(p.ID)), p.Data...)
		}
	}
	return dst
}

// kind is 0 where the property does not exist.
func (p *Property) kind() spec.Kind {
	if p.ID >= PropertyID(len(propertyRows)) {
		return 0
	}
	return propertyRows[p.ID].kind
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
