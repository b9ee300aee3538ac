package reference

import (
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// deliver puts a message behind those that wait for the session, and sends what
// may be sent. QoS 0 is not kept for a session that is not connected.
func (s *session) deliver(d *delivery) {
	if s.swapped(d) {
		return
	}
	s.put(d)
}

func (s *session) put(d *delivery) {
	if s.conn == nil && (d.qos == 0 && !s.b.opts.QueueQoS0 || s.lostWhileAway(d)) {
		return
	}
	d.waited = s.conn == nil
	if s.is(orderLostWhileWaiting) && d.qos > 0 {
		s.queue = slices.Insert(s.queue, 0, d)
	} else {
		s.queue = append(s.queue, d)
	}
	s.pump()
}

// resume continues the session on a new connection: what was under way comes
// first, in its old order and with its old identifiers (MQTT-4.4.0-1).
func (s *session) resume() {
	s.spoilBacklog()
	for _, d := range s.inflight {
		if d.released {
			d.attempts++
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
		if blocked = s.quota() <= 0 && !s.is(repetitionsUncounted); blocked {
			break
		}
		s.transmit(d, true)
	}
	now := time.Now()
	waiting := s.queue
	s.queue = nil
	var kept []*delivery
	for _, d := range waiting {
		if d.expired(now) && !s.is(expiredDelivered) && !(s.is(expiredInQueueDelivered) && d.waited) {
			continue // MQTT-3.3.2-5: its copy for this subscriber is deleted
		}
		held := blocked && (d.qos > 0 || s.b.opts.HoldQoS0)
		switch {
		case held:
		case d.qos > 0:
			held = s.quota() <= 0 && !(d.qos == 2 && s.is(quotaForQoS1Only)) || !s.begin(d)
			blocked = held
		default:
			s.begin(d)
		}
		if held {
			kept = append(kept, d)
		}
	}
	s.queue = kept
	if s.tooLarge {
		s.tooLarge = false
		c.refuse(codePacketTooLarge)
	}
}

// quota is how many more QoS 1 and 2 messages may be sent on the connection.
func (s *session) quota() int {
	if s.is(receiveMaximumIgnored) {
		return 1
	}
	limit := s.spoilQuota(s.conn.receiveMaximum)
	if own := s.b.opts.SendQuota; own > 0 {
		limit = min(limit, own)
	}
	for _, d := range s.inflight {
		if d.on == s.conn && !s.uncounted(d) {
			limit--
		}
	}
	return limit
}

// begin sends a message for the first time. It is false where no Packet
// Identifier is free.
func (s *session) begin(d *delivery) bool {
	if d.qos > 0 {
		id, free := s.freeID(d.qos)
		if !free {
			return false
		}
		d.id = id
	}
	if !s.conn.fits(s.packet(d, false)) && !s.is(maximumPacketIgnored) && !s.cutToFit(d) {
		s.tooLarge = s.is(tooLargeCloses) || s.is(tooLargeSharedCloses) && d.share != nil || s.is(tooLargeWillCloses) && d.lastWill
		if s.is(tooLargeTakesPlace) {
			s.placesLost++
		}
		return !s.is(tooLargeBlocks) // MQTT-3.1.2-25: as if it had been sent in full
	}
	if d.qos > 0 {
		s.inflight = append(s.inflight, d)
	}
	s.transmit(d, false)
	return true
}

// freeID finds a Packet Identifier that is not in use (2.2.1).
func (s *session) freeID(qos byte) (id uint16, ok bool) {
	if id, wrong := s.wrongID(qos); wrong {
		return id, true
	}
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
	d.attempts++
	p := s.packet(d, again)
	s.spoilMessage(d, p)
	s.conn.alias(p)
	if again && s.is(aliasResent) {
		p.Topic, p.Properties = d.firstTopic, d.firstProperties
	}
	d.firstTopic, d.firstProperties = p.Topic, p.Properties
	s.conn.send(p)
}
