package codec

import (
	"bytes"
	"fmt"

	"github.com/mqttproof/mqttproof/codec/spec"
)

var (
	fFilter  = field{"Topic Filter", nil}
	fOptions = field{"Subscription Options", nil}
	fCodes   = field{"Reason Codes", nil}
)

// subscribe reads SUBSCRIBE (3.8). It appends to the subscriptions that are in p.
func (r *reader) subscribe(p *Subscribe) {
	p.Properties = nil
	p.PacketID = r.packetID()
	if r.v == V5 && !r.stop {
		p.Properties, _ = r.properties(spec.SUBSCRIBE)
	}
	if r.pos == len(r.b) && !r.stop {
		r.missing(&ruleNoFilter, r.pos, "")
	}
	for r.pos < len(r.b) && !r.stop {
		filter := r.filter(&fFilter)
		if r.stop {
			return
		}
		o := r.u8(&fOptions)
		if r.stop {
			return
		}
		s := Subscription{Filter: filter, QoS: o & 3}
		if r.v == V5 {
			s.NoLocal = o&4 != 0
			s.RetainAsPublished = o&8 != 0
			s.RetainHandling = o >> 4 & 3
			s.Reserved = o & 0xC0
		} else {
			s.Reserved = o &^ 3
		}
		if s.Reserved != 0 || s.QoS == 3 || s.RetainHandling == 3 || s.NoLocal {
			r.options(&s)
		}
		p.Subscriptions = append(p.Subscriptions, s)
	}
}

func (r *reader) options(s *Subscription) {
	at := r.pos - 1
	if s.Reserved != 0 {
		r.say(&ruleOptionsReserved, at, fmt.Sprintf("%08b", s.Reserved))
	}
	if s.QoS == 3 {
		r.report(&ruleOptionsQoS, at)
	}
	if s.RetainHandling == 3 {
		r.report(&ruleRetainHandling, at)
	}
	if _, _, ok := shared(s.Filter); ok && s.NoLocal {
		r.report(&ruleNoLocalShared, at)
	}
}

// Type is SUBSCRIBE.
func (*Subscribe) Type() Type { return SUBSCRIBE }

func (p *Subscribe) measure(s *sizer, v Version) {
	s.n += 2
	s.props = s.properties(p.Properties, v)
	for i := range p.Subscriptions {
		o := &p.Subscriptions[i]
		s.data(len(o.Filter))
		s.n++
		s.bits(o.QoS|o.RetainHandling, 3)
	}
}

// Size is the number of bytes that Append adds.
func (p *Subscribe) Size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Subscribe) Append(dst []byte, v Version) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	dst, err := s.start(dst, byte(SUBSCRIBE)<<4|2)
	if err != nil {
		return dst, err
	}
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	dst = appendProperties(dst, s.props, p.Properties, v)
	for i := range p.Subscriptions {
		o := &p.Subscriptions[i]
		dst = appendData(dst, o.Filter)
		dst = append(dst, o.byte(v))
	}
	return dst, nil
}

func (s *Subscription) byte(v Version) byte {
	if v != V5 {
		return s.QoS | s.Reserved
	}
	o := s.QoS | s.RetainHandling<<4 | s.Reserved
	if s.NoLocal {
		o |= 4
	}
	if s.RetainAsPublished {
		o |= 8
	}
	return o
}

// Clone gives a deep copy.
func (p *Subscribe) Clone() Packet {
	c := *p
	c.Properties = p.Properties.Clone()
	c.Subscriptions = cloneSubscriptions(p.Subscriptions)
	for i := range c.Subscriptions {
		c.Subscriptions[i].Filter = bytes.Clone(c.Subscriptions[i].Filter)
	}
	return &c
}

func cloneSubscriptions(s []Subscription) []Subscription {
	if s == nil {
		return nil
	}
	return append([]Subscription{}, s...)
}

// shownItems is how many filters or codes are printed.
const shownItems = 16

// String gives the packet on one line.
func (p *Subscribe) String() string {
	l := line("SUBSCRIBE")
	l.num("id", uint32(p.PacketID))
	l.properties(p.Properties)
	for i, s := range p.Subscriptions {
		if i == shownItems {
			l.b = fmt.Appendf(l.b, " and %d more", len(p.Subscriptions)-i)
			break
		}
		l.text("f", s.Filter)
		l.num("qos", uint32(s.QoS))
		l.flag("no-local", s.NoLocal)
		l.flag("retain-as-published", s.RetainAsPublished)
		if s.RetainHandling != 0 {
			l.num("retain-handling", uint32(s.RetainHandling))
		}
		if s.Reserved != 0 {
			l.key("reserved")
			l.b = fmt.Appendf(l.b, "%08b", s.Reserved)
		}
	}
	return l.String()
}

// suback reads SUBACK (3.9).
func (r *reader) suback(p *Suback) {
	p.Properties = nil
	p.PacketID = r.u16(&fPacketID)
	if r.v == V5 && !r.stop {
		p.Properties, _ = r.properties(spec.SUBACK)
	}
	p.Codes = r.codes(&ruleNoCode)
}

// codes reads the codes that are the payload of SUBACK and UNSUBACK.
func (r *reader) codes(none *rule) []byte {
	if r.stop {
		return nil
	}
	start := r.pos
	codes := r.b[start:len(r.b):len(r.b)]
	if len(codes) == 0 {
		r.missing(none, start, "")
	}
	set, ends := &codeSets[r.v-V31][r.t], r.from.ends()
	for i, c := range codes {
		if set[c]&ends == 0 {
			r.badCode(c, start+i)
		}
	}
	r.pos = len(r.b)
	if r.fields != nil {
		r.mark(&fCodes, start)
	}
	return codes
}

// Type is SUBACK.
func (*Suback) Type() Type { return SUBACK }

func (p *Suback) measure(s *sizer, v Version) {
	s.n += 2 + len(p.Codes)
	s.props = s.properties(p.Properties, v)
}

// Size is the number of bytes that Append adds.
func (p *Suback) Size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Suback) Append(dst []byte, v Version) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	dst, err := s.start(dst, byte(SUBACK)<<4)
	if err != nil {
		return dst, err
	}
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	dst = appendProperties(dst, s.props, p.Properties, v)
	return append(dst, p.Codes...), nil
}

// Clone gives a deep copy.
func (p *Suback) Clone() Packet {
	c := *p
	c.Properties = p.Properties.Clone()
	c.Codes = bytes.Clone(p.Codes)
	return &c
}

// String gives the packet on one line.
func (p *Suback) String() string {
	l := line("SUBACK")
	l.num("id", uint32(p.PacketID))
	l.codes(p.Codes)
	l.properties(p.Properties)
	return l.String()
}

func (l *lineWriter) codes(codes []byte) {
	l.key("codes")
	for i, c := range codes {
		if i == 4*shownItems {
			l.b = fmt.Appendf(l.b, " and %d more", len(codes)-i)
			return
		}
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.b = fmt.Appendf(l.b, "0x%02x", c)
	}
}
