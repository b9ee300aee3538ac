package grammar

import (
	"bytes"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// Operators names all changes, those of a packet and those of a session.
func Operators() (names []string) {
	for _, o := range ofFrames {
		names = append(names, o.name)
	}
	for _, o := range ofSessions {
		names = append(names, o.name)
	}
	return append(names, "splice")
}

// ofFrame changes one packet. It says whether it found something to change.
type ofFrame struct {
	name  string
	apply func(m *maker, f *frame) bool
}

// change applies one operator that has something to change.
func (m *maker) change(s *session.Session) {
	for range 10 {
		if m.one(3) {
			o := &ofSessions[m.IntN(len(ofSessions))]
			if o.apply(m, s) {
				return
			}
			continue
		}
		i, from, to, ok := m.sendStep(s)
		if !ok {
			continue
		}
		st := &s.Steps[i]
		f := newFrame(st.Data[from:to], s.VersionAt(i))
		o := &ofFrames[m.IntN(len(ofFrames))]
		if !o.apply(m, f) {
			continue
		}
		st.Data = slices.Concat(st.Data[:from], f.bytes(), st.Data[to:])
		st.Breaks = nil
		st.By = append(st.By, o.name)
		return
	}
}

// huge is a length at which parsers that trust it fail.
const huge = 65000

var ofFrames = []ofFrame{
	// Lengths.
	{"cut-last-byte", func(m *maker, f *frame) bool { return f.cut(len(f.body) - 1) }},
	{"cut-anywhere", func(m *maker, f *frame) bool { return len(f.body) > 1 && f.cut(1+m.IntN(len(f.body)-1)) }},
	{"cut-behind-field", func(m *maker, f *frame) bool {
		d, ok := f.field(m, func(d codec.Field) bool { return d.Offset+d.Len < len(f.body) })
		return ok && f.cut(d.Offset+d.Len)
	}},
	{"lie-remaining-length", func(m *maker, f *frame) bool {
		n := len(f.body)
		f.length = varint(choose(m, n+1, max(0, n-1), n/2, n+m.IntN(1000), 0))
		return true
	}},
	{"huge-remaining-length", func(m *maker, f *frame) bool {
		f.length = choose(m, []byte{0xFF, 0xFF, 0xFF, 0x7F}, []byte{0x80, 0x80, 0x80, 0x01}, []byte{0xFF, 0xFF, 0xFF, 0xFF, 0x7F})
		return true
	}},
	{"long-form-length", func(m *maker, f *frame) bool {
		f.length = varint(len(f.body))
		f.length[len(f.length)-1] |= 0x80
		f.length = append(f.length, 0)
		return true
	}},
	{"lie-field-length", func(m *maker, f *frame) bool {
		from, to, ok := f.textField(m)
		if !ok {
			return false
		}
		n := choose(m, to-from+1, max(0, to-from-1), 0xFFFF, 0, to-from+m.IntN(100))
		f.body[from-2], f.body[from-1] = byte(n>>8), byte(n)
		return true
	}},
	{"lie-property-length", func(m *maker, f *frame) bool {
		d, ok := f.field(m, isPropertyLength)
		if !ok {
			return false
		}
		n, _ := readVarint(f.body[d.Offset:])
		with := choose(m, varint(n+1), varint(max(0, n-1)), varint(0), varint(n+m.IntN(200)), []byte{0xFF, 0xFF, 0xFF, 0x7F}, []byte{0xFF, 0xFF, 0xFF, 0xFF, 0x01})
		f.body = slices.Replace(f.body, d.Offset, d.Offset+d.Len, with...)
		return true
	}},
	{"trailing-bytes", func(m *maker, f *frame) bool {
		f.body = append(f.body, m.noise(1+m.few(8))...)
		return true
	}},

	// The fixed header.
	{"flags", func(m *maker, f *frame) bool { f.first = f.first&0xF0 | byte(m.IntN(16)); return true }},
	{"other-type", func(m *maker, f *frame) bool { f.first = f.first&0x0F | byte(m.IntN(16))<<4; return true }},
	{"qos-3", func(m *maker, f *frame) bool { f.first |= 6; return codec.Type(f.first>>4) == codec.PUBLISH }},

	// Fields.
	{"empty-field", func(m *maker, f *frame) bool {
		from, to, ok := f.textField(m)
		if ok {
			f.setText(from, to, nil)
		}
		return ok
	}},
	{"huge-field", func(m *maker, f *frame) bool {
		from, to, ok := f.textField(m)
		if ok {
			unit := choose(m, "/", "a", "a/", "+/", "\xff", "é", "$")
			f.setText(from, to, bytes.Repeat([]byte(unit), huge/len(unit)))
		}
		return ok
	}},
	{"bad-text", func(m *maker, f *frame) bool {
		from, to, ok := f.textField(m)
		if ok {
			at := from + m.IntN(to-from+1)
			bad := choose(m, "\x00", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "\x01", "\ufffe", "\ufeff")
			f.setText(from, to, slices.Concat(f.body[from:at], []byte(bad), f.body[at:to]))
		}
		return ok
	}},
	{"special-text", func(m *maker, f *frame) bool {
		from, to, ok := f.textField(m)
		if ok {
			special := choose(m, "+", "/+", "/#", "#", "$", "$share/", "$share/g/", "$share//a", "/", "//", "$SYS/a", "..", "%s", "\"", " ")
			if m.one(2) {
				f.setText(from, to, []byte(special))
			} else {
				f.setText(from, to, slices.Concat(f.body[from:to], []byte(special)))
			}
		}
		return ok
	}},
	{"drop-field", func(m *maker, f *frame) bool {
		d, ok := f.field(m, anyField)
		if ok {
			f.replace(d.Offset, d.Offset+d.Len, nil)
		}
		return ok
	}},
	{"repeat-field", func(m *maker, f *frame) bool {
		d, ok := f.field(m, anyField)
		if ok {
			f.replace(d.Offset, d.Offset, slices.Clone(f.body[d.Offset:d.Offset+d.Len]))
		}
		return ok
	}},
	{"repeat-field-often", func(m *maker, f *frame) bool {
		d, ok := f.field(m, func(d codec.Field) bool { return d.Len <= 32 })
		if ok {
			times := choose(m, 10, 1000, 40000)
			if d.Len*times > 1<<20 {
				times = 1 << 20 / d.Len
			}
			f.replace(d.Offset, d.Offset, bytes.Repeat(slices.Clone(f.body[d.Offset:d.Offset+d.Len]), times))
		}
		return ok
	}},
	{"swap-fields", func(m *maker, f *frame) bool {
		a, ok := f.field(m, anyField)
		b, _ := f.field(m, anyField)
		if a.Offset > b.Offset {
			a, b = b, a
		}
		if !ok || a.Offset == b.Offset || a.Offset+a.Len > b.Offset {
			return false
		}
		between := f.body[a.Offset+a.Len : b.Offset]
		f.replace(a.Offset, b.Offset+b.Len, slices.Concat(f.body[b.Offset:b.Offset+b.Len], between, f.body[a.Offset:a.Offset+a.Len]))
		return true
	}},
	{"edge-number", func(m *maker, f *frame) bool {
		d, ok := f.field(m, func(d codec.Field) bool { _, _, is := f.text(d); return !is && d.Len >= 1 && d.Len <= 5 })
		if !ok {
			return false
		}
		from := d.Offset
		if isProperty(d) && d.Len > 1 {
			from++
		}
		edge := choose[byte](m, 0, 0xFF, 0x7F, 0x80)
		for i := from; i < d.Offset+d.Len; i++ {
			f.body[i] = edge
		}
		if edge == 0 && m.one(2) {
			f.body[d.Offset+d.Len-1] = 1
		}
		return true
	}},

	// Properties.
	{"add-property", func(m *maker, f *frame) bool {
		row := &spec.Properties[m.IntN(len(spec.Properties))]
		raw, ok := encode(m.property(row))
		return ok && f.addProperty(m, raw)
	}},
	{"unknown-property", func(m *maker, f *frame) bool {
		return f.addProperty(m, choose(m, []byte{0}, []byte{0x7F, 1}, []byte{0x80, 0x01}, []byte{0xFF, 0xFF, 0xFF, 0x7F, 0}, m.noise(3)))
	}},
	{"cut-property", func(m *maker, f *frame) bool {
		d, ok := f.field(m, isProperty)
		if ok {
			f.replace(d.Offset+1+m.IntN(d.Len), d.Offset+d.Len, nil)
		}
		return ok
	}},

	// Bytes.
	{"flip-bit", func(m *maker, f *frame) bool {
		if len(f.body) == 0 {
			return false
		}
		f.body[m.IntN(len(f.body))] ^= 1 << m.IntN(8)
		return true
	}},
	{"set-byte", func(m *maker, f *frame) bool {
		if len(f.body) == 0 {
			return false
		}
		f.body[m.IntN(len(f.body))] = choose[byte](m, 0, 1, 0x7F, 0x80, 0xFF, byte(m.IntN(256)))
		return true
	}},
	{"insert-bytes", func(m *maker, f *frame) bool {
		f.body = slices.Insert(f.body, m.IntN(len(f.body)+1), m.noise(1+m.few(6))...)
		return true
	}},
	{"delete-bytes", func(m *maker, f *frame) bool {
		if len(f.body) == 0 {
			return false
		}
		from := m.IntN(len(f.body))
		f.body = slices.Delete(f.body, from, from+1+m.IntN(min(8, len(f.body)-from)))
		return true
	}},
}

func anyField(d codec.Field) bool         { return d.Len > 0 }
func isPropertyLength(d codec.Field) bool { return d.Name == "Property Length" }

func isProperty(d codec.Field) bool {
	return slices.ContainsFunc(spec.Properties, func(p spec.Property) bool { return p.Name == d.Name })
}

func (m *maker) noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.IntN(256))
	}
	return b
}

// cut keeps the beginning of the body; the Remaining Length says so.
func (f *frame) cut(keep int) bool {
	if keep < 0 {
		return false
	}
	f.body = f.body[:keep]
	return true
}

// addProperty puts raw bytes behind the Property Length of the packet or its Will.
func (f *frame) addProperty(m *maker, raw []byte) bool {
	d, ok := f.field(m, isPropertyLength)
	if !ok {
		return false
	}
	n, _ := readVarint(f.body[d.Offset:])
	f.body = slices.Replace(f.body, d.Offset, d.Offset+d.Len, slices.Concat(varint(n+len(raw)), raw)...)
	return true
}

// encode gives the bytes of one property.
func encode(p codec.Property) ([]byte, bool) {
	packet := &codec.Disconnect{Code: 1, Properties: codec.Properties{p}}
	b, err := packet.Append(nil, codec.V5)
	if err != nil {
		return nil, false
	}
	body := newFrame(b, codec.V5).body
	_, n := readVarint(body[1:])
	return body[1+n:], n > 0
}
