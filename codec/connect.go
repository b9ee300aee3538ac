package codec

import (
	"bytes"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec/spec"
)

const (
	flagUser       = 1 << 7
	flagPassword   = 1 << 6
	flagWillRetain = 1 << 5
	flagWill       = 1 << 2
	flagClean      = 1 << 1
	flagReserved   = 1 << 0
)

var (
	fProtocol     = field{"Protocol Name", nil}
	fLevel        = field{"Protocol Level", nil}
	fConnectFlags = field{"Connect Flags", nil}
	fKeepAlive    = field{"Keep Alive", nil}
	fClientID     = field{"Client Identifier", &ruleClientIDMissing}
	fWillTopic    = field{"Will Topic", &ruleWillMissing}
	fWillPayload  = field{"Will Payload", &ruleWillMissing}
	fUser         = field{"User Name", &ruleUserMissing}
	fPassword     = field{"Password", &rulePasswordMissing}
)

// protocolName is the name that belongs to a version (3.1.2.1).
func protocolName(v Version) string {
	if v == V31 {
		return "MQIsdp"
	}
	return "MQTT"
}

// connect reads CONNECT. spare is what to use for a Will; nil allocates it.
func (r *reader) connect(p *Connect, spare *Will) {
	*p = Connect{}
	start := r.pos
	p.Protocol = r.bin(&fProtocol)
	if string(p.Protocol) != protocolName(r.v) && !r.stop {
		if r.v != V31 && !textOK(p.Protocol) {
			// Which name it is can be asked only behind the bytes that are no text.
			r.badText(p.Protocol, start+2, &fProtocol, nil, &ruleNull)
			start = r.pos
		}
		r.report(&ruleProtocolName, start)
	}
	p.Level = r.u8(&fLevel)
	if Version(p.Level) != r.v && !r.stop {
		r.report(&ruleProtocolLevel, r.pos-1)
		// The rest is written in the version of the level, if there is such one.
		if v := Version(p.Level); v >= V31 && v <= V5 {
			r.v = v
		}
	}
	flags := r.u8(&fConnectFlags)
	p.Reserved = flags&flagReserved != 0
	p.CleanStart = flags&flagClean != 0
	willQoS := flags >> 3 & 3
	if !r.stop {
		r.connectFlags(flags, willQoS)
	}
	p.KeepAlive = r.u16(&fKeepAlive)
	if r.v == V5 && !r.stop {
		var seen uint64
		p.Properties, seen = r.properties(spec.CONNECT)
		if seen>>AuthenticationData&1 != 0 && seen>>AuthenticationMethod&1 == 0 {
			r.report(&ruleAuthData, r.pos)
		}
	}
	if r.stop {
		return
	}
	r.clientID(p)
	if flags&flagWill != 0 && !r.stop {
		if spare == nil {
			spare = new(Will)
		}
		*spare = Will{QoS: willQoS, Retain: flags&flagWillRetain != 0}
		p.Will = spare
		r.will(spare)
	}
	// 3.1 lets the Remaining Length decide whether the fields are there.
	if flags&flagUser != 0 && !r.stop && (r.v != V31 || r.pos < len(r.b)) {
		p.User = r.text(&fUser)
	}
	if flags&flagPassword != 0 && !r.stop && (r.v != V31 || r.pos < len(r.b)) {
		if r.v == V31 && flags&flagUser == 0 {
			r.report(&rulePasswordWithoutUser, r.pos)
		}
		p.Password = r.bin(&fPassword)
	}
	r.end(&ruleConnectTrailing)
}

func (r *reader) connectFlags(flags, willQoS byte) {
	at := r.pos - 1
	if flags&flagReserved != 0 {
		r.report(&ruleConnectReserved, at)
	}
	if flags&flagWill == 0 {
		if willQoS != 0 {
			r.report(&ruleWillQoSWithoutWill, at)
		}
		if flags&flagWillRetain != 0 {
			r.report(&ruleWillRetainWithoutWill, at)
		}
	} else if willQoS == 3 {
		r.report(&ruleWillQoS, at)
	}
	if flags&(flagUser|flagPassword) == flagPassword && r.v != V31 { // there the field counts
		r.report(&rulePasswordWithoutUser, at)
	}
}

func (r *reader) clientID(p *Connect) {
	start := r.pos
	p.ClientID = r.text(&fClientID)
	if r.v == V5 || r.stop {
		return
	}
	if len(p.ClientID) == 0 {
		r.report(&ruleClientIDNone, start)
		if !p.CleanStart {
			r.report(&ruleClientIDEmpty, start)
		}
	}
	if r.v == V31 && utf8.RuneCount(p.ClientID) > 23 {
		r.report(&ruleClientIDLong, start)
	}
}

func (r *reader) will(w *Will) {
	if r.v == V5 {
		w.Properties, _ = r.properties(spec.Will)
		if r.stop {
			return
		}
	}
	start := r.pos
	w.Topic = r.name(&fWillTopic, &ruleNameWildcard)
	if len(w.Topic) == 0 && !r.stop {
		r.report(&ruleEmptyName, start)
	}
	if r.stop {
		return
	}
	w.Payload = r.bin(&fWillPayload)
	if r.v == V31 {
		if i := bytes.IndexFunc(w.Payload, func(c rune) bool { return c >= utf8.RuneSelf }); i >= 0 {
			r.report(&ruleWillNotASCII, r.pos-len(w.Payload)+i)
		}
	}
}

// Type is CONNECT.
func (*Connect) Type() Type { return CONNECT }

func (p *Connect) protocol(v Version) []byte {
	if p.Protocol != nil {
		return p.Protocol
	}
	if v == V31 {
		return nameMQIsdp
	}
	return nameMQTT
}

var nameMQIsdp, nameMQTT = []byte("MQIsdp"), []byte("MQTT")

func (p *Connect) measure(s *sizer, v Version) {
	s.n += 4 // level, flags, keep alive
	s.data(len(p.protocol(v)))
	s.props = s.properties(p.Properties, v)
	s.data(len(p.ClientID))
	if w := p.Will; w != nil {
		s.will = s.properties(w.Properties, v)
		s.data(len(w.Topic))
		s.data(len(w.Payload))
		s.bits(w.QoS, 3)
	}
	if p.User != nil {
		s.data(len(p.User))
	}
	if p.Password != nil {
		s.data(len(p.Password))
	}
}

// Size is the number of bytes that Append adds.
func (p *Connect) Size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Connect) Append(dst []byte, v Version) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	dst, err := s.start(dst, byte(CONNECT)<<4)
	if err != nil {
		return dst, err
	}
	dst = appendData(dst, p.protocol(v))
	level := p.Level
	if level == 0 {
		level = byte(v)
	}
	dst = append(dst, level, p.flags(), byte(p.KeepAlive>>8), byte(p.KeepAlive))
	dst = appendProperties(dst, s.props, p.Properties, v)
	dst = appendData(dst, p.ClientID)
	if w := p.Will; w != nil {
		dst = appendProperties(dst, s.will, w.Properties, v)
		dst = appendData(dst, w.Topic)
		dst = appendData(dst, w.Payload)
	}
	if p.User != nil {
		dst = appendData(dst, p.User)
	}
	if p.Password != nil {
		dst = appendData(dst, p.Password)
	}
	return dst, nil
}

func (p *Connect) flags() (f byte) {
	if p.Reserved {
		f |= flagReserved
	}
	if p.CleanStart {
		f |= flagClean
	}
	if w := p.Will; w != nil {
		f |= flagWill | w.QoS<<3
		if w.Retain {
			f |= flagWillRetain
		}
	}
	if p.User != nil {
		f |= flagUser
	}
	if p.Password != nil {
		f |= flagPassword
	}
	return f
}

// Clone gives a deep copy.
func (p *Connect) Clone() Packet {
	c := *p
	c.Protocol = bytes.Clone(p.Protocol)
	c.Properties = p.Properties.Clone()
	c.ClientID = bytes.Clone(p.ClientID)
	if p.Will != nil {
		w := *p.Will
		w.Properties = w.Properties.Clone()
		w.Topic = bytes.Clone(w.Topic)
		w.Payload = bytes.Clone(w.Payload)
		c.Will = &w
	}
	c.User = bytes.Clone(p.User)
	c.Password = bytes.Clone(p.Password)
	return &c
}

// String gives the packet on one line. User Name and Password are left out; it
// only says that they are there.
func (p *Connect) String() string {
	l := line("CONNECT")
	if p.Protocol != nil || p.Level != 0 {
		l.text("protocol", p.Protocol)
		l.num("level", uint32(p.Level))
	}
	l.text("id", p.ClientID)
	l.flag("clean", p.CleanStart)
	l.flag("reserved", p.Reserved)
	l.num("keepalive", uint32(p.KeepAlive))
	l.properties(p.Properties)
	if w := p.Will; w != nil {
		l.b = append(l.b, " will{"...)
		l.bare = true
		l.text("t", w.Topic)
		l.num("qos", uint32(w.QoS))
		l.flag("retain", w.Retain)
		l.properties(w.Properties)
		l.payload(w.Payload)
		l.b = append(l.b, '}')
	}
	l.flag("user", p.User != nil)
	l.flag("password", p.Password != nil)
	return l.String()
}
