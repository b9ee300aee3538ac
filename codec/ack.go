package codec

import "github.com/mqttproof/mqttproof/codec/spec"

// ack reads PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7).
func (r *reader) ack(p *Ack) {
	*p = Ack{}
	p.PacketID = r.u16(&fPacketID)
	if r.v != V5 {
		r.end(&ruleTrailing)
		return
	}
	p.Code, p.Properties, _ = r.codeAndProperties(1)
}

// codeAndProperties reads a Reason Code and properties that may be left out: both
// where the code is 0x00, and, but for AUTH, the Property Length too (3.4.2.2.1:
// a Remaining Length of less than 4; 3.14.2.2.1: less than 2). That contradicts
// MQTT-2.2.2-1, so both forms are accepted. bare is how many bytes of them may
// stand without a Property Length: 1, or 0 in AUTH. seen is that of properties.
func (r *reader) codeAndProperties(bare int) (code byte, ps Properties, seen uint64) {
	if r.stop {
		return 0, nil, 0
	}
	if r.pos == len(r.b) {
		if r.cut {
			r.stop = true
		} else {
			r.code(0, r.pos)
		}
		return 0, nil, 0
	}
	start := r.pos
	code = r.u8(&fReasonCode)
	r.code(code, start)
	if r.stop || r.pos == len(r.b) && bare == 1 {
		r.stop = r.stop || r.cut
		return code, nil, 0
	}
	ps, seen = r.properties(spec.Packet(r.t))
	r.end(&ruleTrailing)
	return code, ps, seen
}

func (p *Ack) measure(s *sizer, v Version) {
	s.n += 2
	if v == V5 && (p.Code != 0 || len(p.Properties) > 0) {
		s.n++
		s.props = s.properties(p.Properties, v)
	}
}

func (p *Ack) size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

func (p *Ack) append(dst []byte, v Version, first byte) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	dst, err := s.start(dst, first)
	if err != nil {
		return dst, err
	}
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	if v == V5 && (p.Code != 0 || len(p.Properties) > 0) {
		dst = append(dst, p.Code)
		dst = appendProperties(dst, s.props, p.Properties, v)
	}
	return dst, nil
}

func (p *Ack) clone() Ack {
	c := *p
	c.Properties = p.Properties.Clone()
	return c
}

func (p *Ack) line(t Type) string {
	l := line(t.String())
	l.num("id", uint32(p.PacketID))
	if p.Code != 0 {
		l.code(t, p.Code)
	}
	l.properties(p.Properties)
	return l.String()
}

// Type is PUBACK.
func (*Puback) Type() Type { return PUBACK }

// Size is the number of bytes that Append adds.
func (p *Puback) Size(v Version) int { return p.size(v) }

// Append encodes the packet behind dst; see Packet.
func (p *Puback) Append(dst []byte, v Version) ([]byte, error) {
	return p.append(dst, v, byte(PUBACK)<<4)
}

// Clone gives a deep copy.
func (p *Puback) Clone() Packet { return &Puback{p.clone()} }

// String gives the packet on one line.
func (p *Puback) String() string { return p.line(PUBACK) }

// Type is PUBREC.
func (*Pubrec) Type() Type { return PUBREC }

// Size is the number of bytes that Append adds.
func (p *Pubrec) Size(v Version) int { return p.size(v) }

// Append encodes the packet behind dst; see Packet.
func (p *Pubrec) Append(dst []byte, v Version) ([]byte, error) {
	return p.append(dst, v, byte(PUBREC)<<4)
}

// Clone gives a deep copy.
func (p *Pubrec) Clone() Packet { return &Pubrec{p.clone()} }

// String gives the packet on one line.
func (p *Pubrec) String() string { return p.line(PUBREC) }

// Type is PUBREL.
func (*Pubrel) Type() Type { return PUBREL }

// Size is the number of bytes that Append adds.
func (p *Pubrel) Size(v Version) int { return p.size(v) }

// Append encodes the packet behind dst; see Packet.
func (p *Pubrel) Append(dst []byte, v Version) ([]byte, error) {
	return p.append(dst, v, byte(PUBREL)<<4|2)
}

// Clone gives a deep copy.
func (p *Pubrel) Clone() Packet { return &Pubrel{p.clone()} }

// String gives the packet on one line.
func (p *Pubrel) String() string { return p.line(PUBREL) }

// Type is PUBCOMP.
func (*Pubcomp) Type() Type { return PUBCOMP }

// Size is the number of bytes that Append adds.
func (p *Pubcomp) Size(v Version) int { return p.size(v) }

// Append encodes the packet behind dst; see Packet.
func (p *Pubcomp) Append(dst []byte, v Version) ([]byte, error) {
	return p.append(dst, v, byte(PUBCOMP)<<4)
}

// Clone gives a deep copy.
func (p *Pubcomp) Clone() Packet { return &Pubcomp{p.clone()} }

// String gives the packet on one line.
func (p *Pubcomp) String() string { return p.line(PUBCOMP) }
