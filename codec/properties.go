package codec

import (
	"encoding/binary"
	"fmt"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// propertyRow is a row of spec.Properties in a form that costs nothing to ask.
type propertyRow struct {
	kind     spec.Kind
	in       uint32 // a bit for each packet that may hold the property
	once     uint32 // and for each in which a second one is an error
	min, max uint32
}

var propertyRows = func() (rows [43]propertyRow) {
	for _, p := range spec.Properties {
		row := propertyRow{kind: p.Kind, min: p.Min, max: p.Max}
		for _, pl := range p.In {
			row.in |= 1 << pl.Packet
			if pl.Twice != "" {
				row.once |= 1 << pl.Packet
			}
		}
		rows[p.ID] = row
	}
	return rows
}()

var (
	fPropertyLength = field{"Property Length", &rulePropertyLength}
)

// properties reads the Property Length and the properties (2.2.2) of a packet,
// or of the Will in it. The set of those that were there comes along; it is full
// where the list could not be read to its end, so that none is called missing
// that may have been there.
func (r *reader) properties(in spec.Packet) (ps Properties, seen uint64) {
	start := r.pos
	length, long, ok := r.varint(len(r.b))
	if !ok {
		switch {
		case long:
			r.fail(&rulePropertyLengthBytes, start, "the Property Length")
		case start == len(r.b):
			r.missing(&rulePropertyLength, start, in.Name())
		default:
			r.missing(&ruleShort, start, "the Property Length")
		}
		return nil, 0
	}
	if r.fields != nil {
		r.mark(&fPropertyLength, start)
	}
	if length == 0 {
		return nil, 0
	}
	end := r.pos + int(length)
	over := end > len(r.b)
	if over && !r.cut {
		r.say(&rulePropertiesLong, start, fmt.Sprintf("it is %d with %d bytes left", length, len(r.b)-r.pos))
	}
	if over {
		end = len(r.b)
		r.stop = r.stop || !r.cut // what follows may be no properties at all
	}
	first := len(r.props)
	for r.pos < end && (!r.stop || over && r.lenient) {
		if !r.property(in, end, over, &seen) {
			seen = ^uint64(0)
			break
		}
	}
	r.pos = end
	r.stop = r.stop || over
	if first == len(r.props) {
		return nil, seen
	}
	return Properties(r.props[first:len(r.props):len(r.props)]), seen
}

// property reads one property. It is false where no other can follow.
func (r *reader) property(in spec.Packet, end int, over bool, seen *uint64) bool {
	b, start := r.b, r.pos
	id := uint32(b[start])
	r.pos++
	if id >= 0x80 {
		// All that are defined take one byte, but the identifier is a Variable
		// Byte Integer (2.2.2.2).
		r.pos = start
		var ok, long bool
		if id, long, ok = r.varint(end); !ok {
			if long {
				r.say(&rulePropertyLengthBytes, start, "a property identifier")
			} else {
				r.cutProperty(start, over, "its identifier is cut")
			}
			return false
		}
	}
	if id >= uint32(len(propertyRows)) || propertyRows[id].kind == 0 {
		// Its length is not known, so the rest of the properties is lost.
		r.say(&ruleProperty, start, fmt.Sprintf("0x%02x is unknown", id))
		return false
	}
	row := &propertyRows[id]
	p := Property{ID: PropertyID(id)}
	// What is wrong with a property being here comes before what is wrong in it.
	bit := uint64(1) << id
	allowed := row.in>>in&1 != 0
	if !allowed {
		r.say(&ruleProperty, start, p.ID.String()+" in "+in.Name())
	} else {
		if *seen&bit != 0 && row.once>>in&1 != 0 {
			r.twice(in, p.ID, start)
		}
		r.direction(in, p.ID, start)
	}
	value, left := r.pos, end-r.pos
	var ok bool
	switch row.kind {
	case spec.Byte:
		if ok = left >= 1; ok {
			p.Int = uint32(b[value])
			r.pos++
		}
	case spec.TwoByte:
		if ok = left >= 2; ok {
			p.Int = uint32(binary.BigEndian.Uint16(b[value:]))
			r.pos += 2
		}
	case spec.FourByte:
		if ok = left >= 4; ok {
			p.Int = binary.BigEndian.Uint32(b[value:])
			r.pos += 4
		}
	case spec.VarInt:
		var long bool
		if p.Int, long, ok = r.varint(end); long {
			r.say(&rulePropertyLengthBytes, value, p.ID.String())
			return false
		}
	case spec.Pair:
		if p.Name, ok = r.sized(end); ok {
			p.Data, ok = r.sized(end)
		}
	default:
		p.Data, ok = r.sized(end)
	}
	if !ok {
		if allowed { // else it has been reported by the same rule
			r.cutProperty(start, over, p.ID.String()+" is cut")
		}
		if !textOK(p.Name) { // which is there where only the value is cut
			r.badPair(p.Name, value+2, "its name")
		}
		return false
	}
	r.props = append(r.props, p)
	*seen |= bit
	switch row.kind {
	case spec.Text:
		if p.ID == ResponseTopic {
			if len(p.Data) == 0 || !nameOK(p.Data) {
				r.badResponseTopic(p.Data)
			}
		} else if !textOK(p.Data) {
			r.badText(p.Data, r.pos-len(p.Data), &field{name: p.ID.String()}, nil, &ruleNull)
		}
	case spec.Pair:
		if !textOK(p.Name) {
			r.badPair(p.Name, value+2, "its name")
		}
		if !textOK(p.Data) {
			r.badPair(p.Data, r.pos-len(p.Data), "its value")
		}
	case spec.Binary:
	default:
		if p.Int < row.min || p.Int > row.max {
			r.outOfRange(in, &p, value)
		}
	}
	if r.fields != nil {
		*r.fields = append(*r.fields, Field{p.ID.String(), start, r.pos - start})
	}
	return true
}

// badPair reports what is wrong with one of the two strings of a User Property (1.5.7).
func (r *reader) badPair(t []byte, at int, name string) {
	r.badText(t, at, &field{name: name}, nil, &rulePair)
}

// badResponseTopic reports what is wrong with a Response Topic that has just been
// read. It is used as the Topic Name of a response (3.3.2.3.5), so it has at least one
// character (4.7.3).
func (r *reader) badResponseTopic(t []byte) {
	if len(t) == 0 {
		r.say(&ruleEmptyName, r.pos-2, ResponseTopic.String()) // where its length says so
		return
	}
	r.badText(t, r.pos-len(t), &field{name: ResponseTopic.String()}, &ruleResponseTopic, &ruleNull)
}

// sized reads two bytes of length and that many bytes, up to end.
func (r *reader) sized(end int) ([]byte, bool) {
	b, i := r.b, r.pos
	if end-i < 2 {
		return nil, false
	}
	n := int(b[i])<<8 | int(b[i+1])
	i += 2
	if end-i < n {
		return nil, false
	}
	r.pos = i + n
	return b[i : i+n : i+n], true
}

// cutProperty reports a property that the Property Length cuts, unless it is the
// end of the bytes that does.
func (r *reader) cutProperty(offset int, over bool, detail string) {
	if !over {
		r.say(&ruleProperty, offset, detail)
	}
}

func (r *reader) twice(in spec.Packet, id PropertyID, offset int) {
	pl, _ := propertyInfo(id).Allowed(in)
	r.add(spec.Ref{Version: r.v, ID: pl.Twice}, ProtocolError, true, offset,
		"a property comes more than once", id.String()+" in "+in.Name())
}

func (r *reader) outOfRange(in spec.Packet, p *Property, offset int) {
	pl, ok := propertyInfo(p.ID).Allowed(in)
	if !ok || pl.Range == "" {
		return // a property that is not allowed here has been reported for that
	}
	class := ProtocolError
	if pl.Range[0] != 'U' && pl.Range[0] != 'M' {
		class = Unspecified // a section, not a sentence that names the reaction
	}
	r.add(spec.Ref{Version: r.v, ID: pl.Range}, class, class != Unspecified, offset,
		"the value of a property is out of range", fmt.Sprintf("%s = %d", p.ID, p.Int))
}

// direction reports the properties that one end only may send in this packet.
func (r *reader) direction(in spec.Packet, id PropertyID, offset int) {
	switch {
	case id == SubscriptionIdentifier && in == spec.PUBLISH && r.from == FromClient:
		r.report(&ruleSubscriptionIDFromClient, offset)
	case id == SessionExpiryInterval && in == spec.DISCONNECT && r.from == FromServer:
		r.report(&ruleExpiryFromServer, offset)
	}
}
