package codec

import (
	"bytes"
	"fmt"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// unsubscribe reads UNSUBSCRIBE (3.10). It appends to the filters that are in p.
func (r *reader) unsubscribe(p *Unsubscribe) {
	p.Properties = nil
	p.PacketID = r.packetID()
	if r.v == V5 && !r.stop {
		p.Properties, _ = r.properties(spec.UNSUBSCRIBE)
	}
	if r.pos == len(r.b) && !r.stop {
		r.missing(&ruleNoUnsubscribe, r.pos, "")
	}
	for r.pos < len(r.b) && !r.stop {
		filter := r.filter(&fFilter)
		if r.stop {
			return
		}
		p.Filters = append(p.Filters, filter)
	}
}

// Type is UNSUBSCRIBE.
func (*Unsubscribe) Type() Type { return UNSUBSCRIBE }

func (p *Unsubscribe) measure(s *sizer, v Version) {
	s.n += 2
	s.props = s.properties(p.Properties, v)
	for _, f := range p.Filters {
		s.data(len(f))
	}
}

// Size is the number of bytes that Append adds.
func (p *Unsubscribe) Size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Unsubscribe) Append(dst []byte, v Version) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	dst, err := s.start(dst, byte(UNSUBSCRIBE)<<4|2)
	if err != nil {
		return dst, err
	}
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	dst = appendProperties(dst, s.props, p.Properties, v)
	for _, f := range p.Filters {
		dst = appendData(dst, f)
	}
	return dst, nil
}

// Clone gives a deep copy.
func (p *Unsubscribe) Clone() Packet {
	c := *p
	c.Properties = p.Properties.Clone()
	if p.Filters != nil {
		c.Filters = make([]Text, len(p.Filters))
		for i, f := range p.Filters {
			c.Filters[i] = bytes.Clone(f)
		}
	}
	return &c
}

// String gives the packet on one line.
func (p *Unsubscribe) String() string {
	l := line("UNSUBSCRIBE")
	l.num("id", uint32(p.PacketID))
	l.properties(p.Properties)
	for i, f := range p.Filters {
		if i == shownItems {
			l.b = fmt.Appendf(l.b, " and %d more", len(p.Filters)-i)
			break
		}
		l.text("f", f)
	}
	return l.String()
}

// unsuback reads UNSUBACK (3.11), which has no payload before 5.0.
func (r *reader) unsuback(p *Unsuback) {
	*p = Unsuback{}
	p.PacketID = r.u16(&fPacketID)
	if r.v != V5 {
		r.end(&ruleTrailing)
		return
	}
	if !r.stop {
		p.Properties, _ = r.properties(spec.UNSUBACK)
	}
	p.Codes = r.codes(&ruleNoUnsubackCode)
}

// Type is UNSUBACK.
func (*Unsuback) Type() Type { return UNSUBACK }

func (p *Unsuback) measure(s *sizer, v Version) {
	s.n += 2
	s.props = s.properties(p.Properties, v)
	if v == V5 {
		s.n += len(p.Codes)
	}
}

// Size is the number of bytes that Append adds.
func (p *Unsuback) Size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Unsuback) Append(dst []byte, v Version) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	dst, err := s.start(dst, byte(UNSUBACK)<<4)
	if err != nil {
		return dst, err
	}
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	if v != V5 {
		return dst, nil
	}
	dst = appendProperties(dst, s.props, p.Properties, v)
	return append(dst, p.Codes...), nil
}

// Clone gives a deep copy.
func (p *Unsuback) Clone() Packet {
	c := *p
	c.Properties = p.Properties.Clone()
	c.Codes = bytes.Clone(p.Codes)
	return &c
}

// String gives the packet on one line.
func (p *Unsuback) String() string {
	l := line("UNSUBACK")
	l.num("id", uint32(p.PacketID))
	if len(p.Codes) > 0 {
		l.codes(p.Codes)
	}
	l.properties(p.Properties)
	return l.String()
}
