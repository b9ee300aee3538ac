package codec

import (
	"bytes"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec/spec"
)

var (
	fTopic    = field{"Topic Name", &ruleTopicMissing}
	fPacketID = field{"Packet Identifier", nil}
	fPayload  = field{"Payload", nil}
)

// publish reads PUBLISH (3.3).
func (r *reader) publish(p *Publish) {
	first := r.b[0]
	p.Dup = first&8 != 0
	p.QoS = first >> 1 & 3
	p.Retain = first&1 != 0
	p.PacketID = 0
	p.Properties = nil
	p.Payload = nil
	start := r.pos
	if r.v == V31 {
		r.topicLength()
	}
	p.Topic = r.name(&fTopic, &rulePublishWildcard)
	if r.stop {
		return
	}
	if len(p.Topic) == 0 && r.v != V5 { // where a Topic Alias may follow
		r.report(&ruleEmptyName, start)
	}
	if p.QoS == 3 {
		// Whether a Packet Identifier follows cannot be known, nor, with it, where
		// the properties begin: nothing more is said, and the rest is shown whole.
		r.stop = true
	} else if p.QoS != 0 {
		p.PacketID = r.packetID()
	}
	if r.v == V5 && p.QoS != 3 {
		if r.stop {
			return
		}
		var seen uint64
		p.Properties, seen = r.properties(spec.PUBLISH)
		if len(p.Topic) == 0 && seen>>TopicAlias&1 == 0 {
			r.reportLate(&ruleTopicEmpty, start)
		}
	}
	if r.stop && p.QoS != 3 {
		return
	}
	p.Payload = r.b[r.pos:len(r.b):len(r.b)]
	start, r.pos = r.pos, len(r.b)
	if r.fields != nil {
		r.mark(&fPayload, start)
	}
}

// maxTopic31 is how many characters the Topic Name of a PUBLISH of 3.1 may have
// (2.2 of that text). Appendix A has 64k for topics in general, so a Will Topic or
// a Topic Filter may be longer.
const maxTopic31 = 32_767

// topicLength counts the characters of the Topic Name that follows.
func (r *reader) topicLength() {
	b := r.b[r.pos:]
	if len(b) < 2 {
		return
	}
	if n := int(b[0])<<8 | int(b[1]); n > maxTopic31 && n <= len(b)-2 && utf8.RuneCount(b[2:2+n]) > maxTopic31 {
		r.report(&ruleTopicLong, r.pos)
	}
}

// packetID reads the Packet Identifier of a packet that begins an exchange, in
// which it must not be 0 (2.2.1; 2.3.1 in 3.1.1). That an acknowledgement holds
// an identifier that was sent is left to the judge.
func (r *reader) packetID() uint16 {
	id := r.u16(&fPacketID)
	if id == 0 {
		rule := &ruleClientPacketID
		if r.from == FromServer {
			rule = &ruleServerPacketID
		}
		r.report(rule, r.pos-2)
	}
	return id
}

// Type is PUBLISH.
func (*Publish) Type() Type { return PUBLISH }

func (p *Publish) measure(s *sizer, v Version) {
	s.data(len(p.Topic))
	if p.QoS != 0 {
		s.n += 2
		s.bits(p.QoS, 3)
	}
	s.props = s.properties(p.Properties, v)
	s.n += len(p.Payload)
}

// Size is the number of bytes that Append adds.
func (p *Publish) Size(v Version) int {
	var s sizer
	p.measure(&s, v)
	return s.total()
}

// Append encodes the packet behind dst; see Packet.
func (p *Publish) Append(dst []byte, v Version) ([]byte, error) {
	var s sizer
	p.measure(&s, v)
	first := byte(PUBLISH)<<4 | p.QoS<<1
	if p.Dup {
		first |= 8
	}
	if p.Retain {
		first |= 1
	}
	dst, err := s.start(dst, first)
	if err != nil {
		return dst, err
	}
	dst = appendData(dst, p.Topic)
	if p.QoS != 0 {
		dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	}
	dst = appendProperties(dst, s.props, p.Properties, v)
	return append(dst, p.Payload...), nil
}

// Clone gives a deep copy.
func (p *Publish) Clone() Packet {
	c := *p
	c.Topic = bytes.Clone(p.Topic)
	c.Properties = p.Properties.Clone()
	c.Payload = bytes.Clone(p.Payload)
	return &c
}

// String gives the packet on one line.
func (p *Publish) String() string {
	l := line("PUBLISH")
	l.text("t", p.Topic)
	l.num("qos", uint32(p.QoS))
	if p.QoS != 0 {
		l.num("id", uint32(p.PacketID))
	}
	l.flag("dup", p.Dup)
	l.flag("retain", p.Retain)
	l.properties(p.Properties)
	l.payload(p.Payload)
	return l.String()
}
