package reference

import (
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// find gives the delivery that is under way with an identifier.
func (s *session) find(id uint16) *delivery {
	for _, d := range s.inflight {
		if d.id == id {
			return d
		}
	}
	return nil
}

// done forgets a delivery and sends the next one.
func (s *session) done(d *delivery) {
	s.inflight = slices.DeleteFunc(s.inflight, func(x *delivery) bool { return x == d })
	s.pump()
}

// acknowledged handles PUBACK, which ends a QoS 1 message whatever its code
// (MQTT-4.4.0-2).
func (s *session) acknowledged(c *conn, p *codec.Puback) {
	d := s.find(p.PacketID)
	if s.wrongPuback(d) {
		return
	}
	if d == nil || d.qos != 1 {
		c.broke(ruleUnknownID, p)
		return
	}
	s.judgeAnswer(c, d, rulePubackOrder, p)
	if p.Code >= 0x80 && c.is(refusalCloses) {
		c.end()
	}
	s.endedBy(d, p.Code)
	if p.Code >= 0x80 && d.share != nil && s.is(sharedRejected1) {
		s.toOther(d)
	}
	s.done(d)
}

// received handles PUBREC: PUBREL follows (MQTT-4.3.3-4), unless it refuses.
func (s *session) received(c *conn, p *codec.Pubrec) {
	d := s.find(p.PacketID)
	if d != nil && d.qos == 1 && s.is(pubrecEndsQoS1) {
		s.done(d)
		return
	}
	if d == nil || d.qos != 2 {
		c.broke(ruleUnknownID, p)
		ack := codec.Ack{PacketID: p.PacketID}
		if c.version == codec.V5 {
			ack.Code = codeIDNotFound
		}
		c.send(&codec.Pubrel{Ack: ack})
		return
	}
	s.judgeAnswer(c, d, rulePubrecOrder, p)
	if p.Code >= 0x80 || p.Code > 0 && s.is(pubrelMissingForCode) {
		s.endedBy(d, p.Code)
		if d.share != nil && s.is(sharedRejected2) {
			s.toOther(d)
		}
		s.done(d)
		return
	}
	d.released = true
	d.attempts = 0
	switch {
	case c.is(pubrelNeverSent), d.expired(time.Now()) && c.is(expiryEndsExchange):
	case c.is(pubrelsReversed):
		s.releaseReversed(d)
	default:
		c.send(&codec.Pubrel{Ack: codec.Ack{PacketID: d.id}})
	}
	if s.is(quotaFreedByPubrec) {
		s.pump()
	}
}

// completed handles PUBCOMP, which ends a QoS 2 message.
func (s *session) completed(c *conn, p *codec.Pubcomp) {
	d := s.find(p.PacketID)
	if c.rules.pubrels[p.PacketID] == 0 {
		c.broke(ruleUnknownID, p)
	} else {
		c.rules.pubrels[p.PacketID]--
	}
	if d == nil || !d.released {
		return
	}
	s.done(d)
}
