package grammar

import (
	"encoding/binary"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// frame is one packet in the bytes of a step, to be changed. Changes that are no
// lie keep the lengths around them right.
type frame struct {
	first  byte
	length []byte // of the body; nil is the right one
	body   []byte
	v      codec.Version
}

// frames gives the places of the whole packets in data.
func frames(data []byte) (ends []int) {
	at := 0
	for at < len(data) {
		n, ok, err := codec.FrameSize(data[at:])
		if err != nil || !ok || at+n > len(data) {
			break
		}
		at += n
		ends = append(ends, at)
	}
	return ends
}

func newFrame(b []byte, v codec.Version) *frame {
	i := 1
	for i < len(b) && b[i] >= 0x80 {
		i++
	}
	return &frame{first: b[0], body: slices.Clone(b[min(i+1, len(b)):]), v: v}
}

func (f *frame) bytes() []byte {
	length := f.length
	if length == nil {
		length = varint(len(f.body))
	}
	return slices.Concat([]byte{f.first}, length, f.body)
}

func varint(n int) []byte { return codec.AppendVarint(nil, uint32(n)) }

// readVarint reads a Variable Byte Integer; n is 0 where there is none.
func readVarint(b []byte) (value, n int) {
	for i := 0; i < len(b) && i < 4; i++ {
		value |= int(b[i]&0x7F) << (7 * i)
		if b[i] < 0x80 {
			return value, i + 1
		}
	}
	return 0, 0
}

// fields are those of the body.
func (f *frame) fields() []codec.Field {
	whole := slices.Concat([]byte{f.first}, varint(len(f.body)), f.body)
	head := len(whole) - len(f.body)
	fields := codec.Fields(whole, f.v, 0)
	kept := fields[:0]
	for _, d := range fields {
		if d.Offset -= head; d.Offset >= 0 && d.Offset+d.Len <= len(f.body) {
			kept = append(kept, d)
		}
	}
	return kept
}

// field picks a field that will do.
func (f *frame) field(m *maker, will func(codec.Field) bool) (codec.Field, bool) {
	fields := slices.DeleteFunc(f.fields(), func(d codec.Field) bool { return !will(d) })
	if len(fields) == 0 {
		return codec.Field{}, false
	}
	return fields[m.IntN(len(fields))], true
}

// text gives the place of a string or binary value in a field: behind its two bytes
// of length, and in a property behind the identifier.
func (f *frame) text(d codec.Field) (from, to int, ok bool) {
	for skip := range 2 {
		at := d.Offset + skip
		if d.Len >= 2+skip && int(binary.BigEndian.Uint16(f.body[at:])) == d.Len-2-skip {
			return at + 2, d.Offset + d.Len, true
		}
	}
	return 0, 0, false
}

// textField picks a field that is a string or binary.
func (f *frame) textField(m *maker) (from, to int, ok bool) {
	d, ok := f.field(m, func(d codec.Field) bool { _, _, is := f.text(d); return is })
	if ok {
		from, to, _ = f.text(d)
	}
	return from, to, ok
}

// setText replaces the value of a string or binary field, its length with it.
func (f *frame) setText(from, to int, with []byte) {
	with = with[:min(len(with), 0xFFFF)]
	f.replace(from-2, to, slices.Concat([]byte{byte(len(with) >> 8), byte(len(with))}, with))
}

// replace puts other bytes in a place of the body, and keeps a Property Length that
// covers the place right.
func (f *frame) replace(from, to int, with []byte) {
	grow := len(with) - (to - from)
	var cover *codec.Field
	for _, d := range f.fields() {
		if d.Name != "Property Length" || d.Offset+d.Len > from {
			continue
		}
		if n, _ := readVarint(f.body[d.Offset:]); to <= d.Offset+d.Len+n {
			cover = &d
		}
	}
	f.body = slices.Replace(f.body, from, to, with...)
	if cover != nil && grow != 0 {
		n, _ := readVarint(f.body[cover.Offset:])
		f.body = slices.Replace(f.body, cover.Offset, cover.Offset+cover.Len, varint(max(0, n+grow))...)
	}
}

// sendStep picks a step that sends whole packets, and one of the packets.
func (m *maker) sendStep(s *session.Session) (step, from, to int, ok bool) {
	var steps []int
	for i := range s.Steps {
		if s.Steps[i].Do == session.Send {
			steps = append(steps, i)
		}
	}
	if len(steps) == 0 {
		return 0, 0, 0, false
	}
	step = steps[m.IntN(len(steps))]
	ends := frames(s.Steps[step].Data)
	if len(ends) == 0 {
		return 0, 0, 0, false
	}
	k := m.IntN(len(ends))
	if k > 0 {
		from = ends[k-1]
	}
	return step, from, ends[k], true
}
