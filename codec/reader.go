package codec

import (
	"encoding/binary"
	"fmt"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// reader reads one packet. It is the one place that knows the rules: strict
// decode stops at the first report, lenient decode goes on, so that the two
// cannot disagree. Reports come in the order of the wire; of something missing
// the place is where it could have come at the latest.
type reader struct {
	b    []byte // the packet and nothing behind it
	pos  int
	v    Version
	from Sender
	t    Type

	lenient bool
	// stop is set when nothing more is to be reported: by the first violation
	// in strict mode, and where the rest of the packet cannot be understood.
	stop bool
	// cut is set where the bytes end before the packet does: then a field that
	// is not there is not the sender's fault.
	cut    bool
	found  []Violation
	fields *[]Field
	d      *Decoder // what to reuse; nil allocates

	props []Property // scratch: the properties of the packet, then those of the Will
}

// Field is a piece of a packet: what Fields lists.
type Field struct {
	Name   string // as the standard has it, such as Topic Name
	Offset int    // from the start of the packet
	Len    int    // bytes, with the length of a string
}

// report adds a violation of the rule at a byte of the packet. It says nothing
// in a version that does not have the rule.
func (r *reader) report(rule *rule, offset int) { r.say(rule, offset, "") }

// reportLate is report for a byte that has been passed: that it is wrong shows only
// when what would make it right has not come. Strict decode, which stops at the
// first report that it meets, reads such a packet again; see strict.
func (r *reader) reportLate(rule *rule, offset int) {
	r.report(rule, offset)
	for i := len(r.found) - 1; i > 0 && r.found[i].Offset < r.found[i-1].Offset; i-- {
		r.found[i], r.found[i-1] = r.found[i-1], r.found[i]
	}
}

// say is report with more to say than the text of the rule. It stays out of the
// way of good packets.
//
//go:noinline
func (r *reader) say(rule *rule, offset int, detail string) {
	ref := rule.ref(r.v)
	if ref.ID == "" {
		return
	}
	class := rule.classIn(r.v)
	r.add(ref, class, class != Unspecified && !rule.quiet && r.v != V31, offset, rule.text, detail)
}

func (r *reader) add(ref spec.Ref, class Class, named bool, offset int, text, detail string) {
	if r.stop {
		return
	}
	if detail != "" {
		text += ": " + detail
	}
	r.found = append(r.found, Violation{Requirement: ref, Class: class, Offset: offset, Named: named, Text: text})
	r.stop = !r.lenient
}

// fail reports a rule behind which nothing can be read.
func (r *reader) fail(rule *rule, offset int, detail string) {
	r.say(rule, offset, detail)
	r.stop = true
	r.pos = len(r.b)
}

// missing reports something that is not there at the end of the bytes, and reads
// no further.
func (r *reader) missing(rule *rule, offset int, detail string) {
	r.stop = r.stop || r.cut
	r.fail(rule, offset, detail)
}

// field describes a field for reports: its name, and the rule that is broken
// where the packet ends before it does; nil is the general rule.
type field struct {
	name  string
	short *rule
}

func (r *reader) short(f *field, offset int) {
	rule := f.short
	if rule == nil {
		rule = &ruleShort
		if r.t == CONNECT {
			rule = &ruleConnectShort
		}
	}
	r.missing(rule, offset, f.name)
}

func (r *reader) mark(f *field, start int) {
	*r.fields = append(*r.fields, Field{f.name, start, r.pos - start})
}

// u8 reads a byte. The common case is small enough to be inlined.
func (r *reader) u8(f *field) byte {
	if i := r.pos; i < len(r.b) && r.fields == nil {
		r.pos = i + 1
		return r.b[i]
	}
	return r.u8Slow(f)
}

func (r *reader) u8Slow(f *field) byte {
	if r.pos >= len(r.b) {
		r.short(f, len(r.b))
		return 0
	}
	r.pos++
	r.mark(f, r.pos-1)
	return r.b[r.pos-1]
}

// u16 reads a Two Byte Integer (1.5.2).
func (r *reader) u16(f *field) uint16 {
	if i := r.pos; len(r.b)-i >= 2 && r.fields == nil {
		r.pos = i + 2
		return uint16(r.b[i])<<8 | uint16(r.b[i+1])
	}
	return r.u16Slow(f)
}

func (r *reader) u16Slow(f *field) uint16 {
	if len(r.b)-r.pos < 2 {
		r.short(f, r.pos)
		return 0
	}
	r.pos += 2
	r.mark(f, r.pos-2)
	return binary.BigEndian.Uint16(r.b[r.pos-2:])
}

// bin reads two bytes of length and that many bytes (1.5.6).
func (r *reader) bin(f *field) []byte {
	b, i := r.b, r.pos
	if len(b)-i < 2 {
		r.short(f, i)
		return nil
	}
	n := int(b[i])<<8 | int(b[i+1])
	i += 2
	if len(b)-i < n {
		r.short(f, r.pos)
		// What is there is shown, though it is not all of the field.
		return b[i:len(b):len(b)]
	}
	start := r.pos
	r.pos = i + n
	if r.fields != nil {
		r.mark(f, start)
	}
	return b[i : i+n : i+n]
}

// text reads a UTF-8 Encoded String (1.5.4) and checks it.
func (r *reader) text(f *field) Text {
	t := r.bin(f)
	if !textOK(t) {
		r.badText(t, r.pos-len(t), f, nil, &ruleNull)
	}
	return t
}

// name reads a Topic Name (4.7) and checks it.
func (r *reader) name(f *field, wildcard *rule) Text {
	t := r.bin(f)
	if !nameOK(t) {
		r.badText(t, r.pos-len(t), f, wildcard, &ruleNull)
	}
	return t
}

// varint reads a Variable Byte Integer (1.5.5) inside a packet, up to end. ok is
// false where it is cut, or has more than four bytes.
func (r *reader) varint(end int) (value uint32, long, ok bool) {
	b, start := r.b[:end], r.pos
	for shift := 0; shift < 28; shift += 7 {
		if r.pos >= end {
			return 0, false, false
		}
		c := b[r.pos]
		r.pos++
		value |= uint32(c&0x7F) << shift
		if c < 0x80 {
			if c == 0 && shift > 0 {
				r.report(&ruleNonMinimal, start)
			}
			return value, false, true
		}
	}
	return 0, true, false
}

// end reports what follows the last field.
func (r *reader) end(rule *rule) {
	if r.pos < len(r.b) && !r.stop {
		r.say(rule, r.pos, fmt.Sprintf("%d bytes", len(r.b)-r.pos))
	}
}
