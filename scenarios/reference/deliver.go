package reference

import (
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// deliver puts a message behind those that wait for the session, and sends what
// may be sent. QoS 0 is not kept for a session that is not connected.
func (s *session) deliver(d *delivery) {
	if s.conn == nil && d.qos == 0 && !s.b.opts.QueueQoS0 {
		return
	}
	s.queue = append(s.queue, d)
	s.pump()
}

// resume continues the session on a new connection: what was under way comes
// first, in its old order and with its old identifiers (MQTT-4.4.0-1).
func (s *session) resume() {
	for _, d := range s.inflight {
		if d.released {
			s.conn.send(&codec.Pubrel{Ack: codec.Ack{PacketID: d.id}})
		}
	}
	s.pump()
}

// pump sends what waits, in order, as far as the send quota allows (4.9).
func (s *session) pump() {
	c := s.conn
	if c == nil || c.ended {
		return
	}
	blocked := false // a QoS 1 or 2 message is held back: then none may pass it
	for _, d := range slices.Clone(s.inflight) {
		if d.on == c || d.released {
			continue
		}
		if blocked = s.quota() <= 0; blocked {
			break
		}
		s.transmit(d, true)
	}
	now := time.Now()
	waiting := s.queue
	s.queue = nil
	var kept []*delivery
	for _, d := range waiting {
		if d.expired(now) && !s.is(expiredDelivered) {
			continue // MQTT-3.3.2-5: its copy for this subscriber is deleted
		}
		held := blocked && (d.qos > 0 || s.b.opts.HoldQoS0)
		switch {
		case held:
		case d.qos > 0:
			held = s.quota() <= 0 || !s.begin(d)
			blocked = held
		default:
			s.begin(d)
		}
		if held {
			kept = append(kept, d)
		}
	}
	s.queue = kept
}

// quota is how many more QoS 1 and 2 messages may be sent on the connection.
func (s *session) quota() int {
	if s.is(receiveMaximumIgnored) {
		return 1
	}
	limit := s.conn.receiveMaximum
	if own := s.b.opts.SendQuota; own > 0 {
		limit = min(limit, own)
	}
	for _, d := range s.inflight {
		if d.on == s.conn {
			limit--
		}
	}
	return limit
}

// begin sends a message for the first time. It is false where no Packet
// Identifier is free.
func (s *session) begin(d *delivery) bool {
	if d.qos > 0 {
		id, free := s.freeID()
		if !free {
			return false
		}
		d.id = id
	}
	if !s.conn.fits(s.packet(d, false)) && !s.is(maximumPacketIgnored) {
		return true // MQTT-3.1.2-25: as if it had been sent in full
	}
	if d.qos > 0 {
		s.inflight = append(s.inflight, d)
	}
	s.transmit(d, false)
	return true
}

// freeID finds a Packet Identifier that is not in use (2.2.1).
func (s *session) freeID() (id uint16, ok bool) {
	for range 65535 {
		if s.lastID++; s.lastID == 0 {
			s.lastID = 1
		}
		if !slices.ContainsFunc(s.inflight, func(d *delivery) bool { return d.id == s.lastID }) {
			return s.lastID, true
		}
	}
	return 0, false
}

func (s *session) transmit(d *delivery, again bool) {
	d.on = s.conn
	p := s.packet(d, again)
	s.conn.alias(p)
	s.conn.send(p)
}

// packet is the PUBLISH of a delivery.
func (s *session) packet(d *delivery, again bool) *codec.Publish {
	p := &codec.Publish{
		Dup: again, QoS: d.qos, Retain: d.retain, Topic: codec.Text(d.topic), PacketID: d.id, Payload: d.payload,
	}
	if s.version == codec.V5 {
		p.Properties = s.properties(d)
	}
	return p
}

// properties are those of the message, unaltered and in order (3.3.2.3), and
// those of this hop.
func (s *session) properties(d *delivery) (ps codec.Properties) {
	for _, p := range d.message.properties {
		if p.ID == codec.PayloadFormatIndicator && p.Int == 0 && s.b.opts.DropFormat0 {
			continue
		}
		ps = append(ps, p)
	}
	if d.expires {
		left, _ := d.left(time.Now())
		ps = append(ps, codec.Int(codec.MessageExpiryInterval, left))
	}
	for _, id := range d.identifiers {
		ps = append(ps, codec.Int(codec.SubscriptionIdentifier, id))
	}
	if s.b.opts.AddUserProperty {
		ps = append(ps, codec.User("broker", "mqttproof reference"))
	}
	return ps
}

// alias puts a Topic Alias in place of the Topic Name, where the client allows
// it and we do so (3.3.2.3.4).
func (c *conn) alias(p *codec.Publish) {
	if !c.b.opts.SendAliases || c.version != codec.V5 || c.aliasMaximum == 0 {
		return
	}
	topic := p.Topic.String()
	alias, known := c.sentAliases[topic]
	switch {
	case known:
		p.Topic = codec.Text("")
	case len(c.sentAliases) < int(c.aliasMaximum):
		alias = uint16(len(c.sentAliases) + 1)
		c.sentAliases[topic] = alias
	default:
		return
	}
	p.Properties = append(codec.Properties{codec.Int(codec.TopicAlias, uint32(alias))}, p.Properties...)
}

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
	if d == nil || d.qos != 1 {
		c.broke(ruleUnknownID, p)
		return
	}
	s.judgeAnswer(c, d, rulePubackOrder, p)
	if p.Code >= 0x80 && d.share != nil && s.is(sharedRejected1) {
		s.toOther(d)
	}
	s.done(d)
}

// received handles PUBREC: PUBREL follows (MQTT-4.3.3-4), unless it refuses.
func (s *session) received(c *conn, p *codec.Pubrec) {
	d := s.find(p.PacketID)
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
	if p.Code >= 0x80 {
		if d.share != nil && s.is(sharedRejected2) {
			s.toOther(d)
		}
		s.done(d)
		return
	}
	d.released = true
	if !c.is(pubrelNeverSent) {
		c.send(&codec.Pubrel{Ack: codec.Ack{PacketID: d.id}})
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
