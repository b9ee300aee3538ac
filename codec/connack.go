package codec

import "github.com/mqttproof/mqttproof/codec/spec"

var (
	fConnackFlags = field{"Connect Acknowledge Flags", nil}
	fReasonCode   = field{"Reason Code", nil}
)

// connack reads CONNACK (3.2).
func (r *reader) connack(p *Connack) {
	*p = Connack{}
	flags := r.u8(&fConnackFlags)
	if r.v != V31 { // where the byte is not used
		p.SessionPresent = flags&1 != 0
		p.Reserved = flags &^ 1
		if p.Reserved != 0 {
			r.report(&ruleConnackFlags, r.pos-1)
		}
	}
	p.Code = r.u8(&fReasonCode)
	if p.SessionPresent && p.Code != 0 {
		r.report(&ruleSessionPresent, r.pos-1)
	}
	r.code(p.Code, r.pos-1)
	if r.v == V5 && !r.stop {
		p.Properties, _ = r.properties(spec.CONNACK)
	}
	r.end(&ruleTrailing)
}

// code checks a reason or return code against the packet, version and sender.
func (r *reader) code(code byte, offset int) {
	if codeSets[r.v-V31][r.t&15][code]&r.from.ends() == 0 {
		r.badCode(code, offset)
	}
}

func (r *reader) badCode(code byte, offset int) {
	detail := "0x" + hex2(code)
	if codeSets[r.v-V31][r.t][code] != 0 {
		detail += " from the " + r.from.String()
	}
	r.say(&rulesCode[r.t], offset, detail+" in "+r.t.String())
}

func hex2(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

// Type is CONNACK.
func (*Connack) Type() Type { return CONNACK }

func (p *Connack) measure(s *sizer, v Version) {
	s.n += 2
	s.props = s.properties(p.Properties, v)
}

// Size is the number of bytes that Append adds.
func (p *Connack) Size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Connack) Append(dst []byte, v Version) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	dst, err := s.start(dst, byte(CONNACK)<<4)
	if err != nil {
		return dst, err
	}
	flags := p.Reserved &^ 1
	if p.SessionPresent {
		flags |= 1
	}
	dst = append(dst, flags, p.Code)
	return appendProperties(dst, s.props, p.Properties, v), nil
}

// Clone gives a deep copy.
func (p *Connack) Clone() Packet {
	c := *p
	c.Properties = p.Properties.Clone()
	return &c
}

// String gives the packet on one line. The name of the code is that of 5.0 from
// 0x80 on, and that of 3.1.1 below it.
func (p *Connack) String() string {
	l := line("CONNACK")
	l.flag("session-present", p.SessionPresent)
	if p.Reserved != 0 {
		l.num("reserved", uint32(p.Reserved))
	}
	if p.Code > 0 && p.Code < 0x80 {
		l.codeIn(CONNACK, V311, p.Code)
	} else {
		l.code(CONNACK, p.Code)
	}
	l.properties(p.Properties)
	return l.String()
}
