package reference

import (
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// spoiled is what the faults remember of a session.
type spoiled struct {
	acknowledgedAt1 map[uint16]bool   // Packet Identifiers of QoS 1 messages of the client
	aliases         map[uint16]string // that the client set on any connection
	sentAliases     map[string]uint16 // that we set on any connection
	counted         int               // messages of the client
	disconnects     bool              // the client has sent DISCONNECT
	held            *delivery         // waits to be overtaken
	release         *delivery         // whose PUBREL waits to be overtaken
	again           []*delivery       // acknowledged, and sent again on the next connection
	receiveMaximum  int               // of the first connection
	placesLost      int               // under the Receive Maximum
	tooLarge        bool              // a message was too large for the client
	deaf            bool              // it takes no subscriptions
	firstEnd        time.Time         // of its first connection
	expiryAbsent    bool              // the client has given no Session Expiry Interval
	firstExpiry     uint32            // of the first connection, or of a DISCONNECT
}

func newSpoiled() spoiled {
	return spoiled{acknowledgedAt1: map[uint16]bool{}, aliases: map[uint16]string{}, sentAliases: map[string]uint16{}}
}

// overtaken is how long a message waits for another one to overtake it.
const overtaken = 50 * time.Millisecond

// swapped holds every second message back until the next one has gone before it.
func (s *session) swapped(d *delivery) bool {
	if !(s.is(orderSwappedAt0) && d.qos == 0 || s.is(orderSwappedAt1) && d.qos == 1 || s.is(orderSwappedAt2) && d.qos == 2 ||
		s.is(orderLostByWildcard) && hasWildcard(d.filter)) {
		return false
	}
	if first := s.held; first != nil {
		s.held = nil
		s.put(d)
		s.put(first)
		return true
	}
	s.held = d
	time.AfterFunc(overtaken, func() {
		s.b.locked(func() {
			if s.held == d {
				s.held = nil
				s.put(d)
			}
		})
	})
	return true
}

// releaseReversed sends every second PUBREL behind the next one.
func (s *session) releaseReversed(d *delivery) {
	send := func(d *delivery) {
		if s.conn != nil {
			s.conn.send(&codec.Pubrel{Ack: codec.Ack{PacketID: d.id}})
		}
	}
	if first := s.release; first != nil {
		s.release = nil
		send(d)
		send(first)
		return
	}
	s.release = d
	time.AfterFunc(overtaken, func() {
		s.b.locked(func() {
			if s.release == d {
				s.release = nil
				send(d)
			}
		})
	})
}

// lostWhileAway says that a message for a client that is away is not kept.
func (s *session) lostWhileAway(d *delivery) bool {
	if s.is(offlineOnlyLast) {
		s.queue = nil
	}
	return s.is(offlineQoS1Lost) && d.qos == 1 || s.is(offlineQoS2Lost) && d.qos == 2 ||
		s.is(offlineLostAfterCut) && !s.disconnects
}

// wrongID gives a Packet Identifier that is in use, or 0.
func (s *session) wrongID(qos byte) (id uint16, ok bool) {
	if s.is(packetIDZero) {
		return 0, true
	}
	if s.is(packetIDOfByte) {
		s.lastID = s.lastID%255 + 1
		return s.lastID, true
	}
	for _, d := range s.inflight {
		if s.is(packetIDReusedAt1) && qos == 1 && d.qos == 1 || s.is(packetIDReusedAt2) && qos == 2 && d.qos == 2 ||
			s.is(packetIDFreeAtPubrec) && d.released {
			return d.id, true
		}
	}
	return 0, false
}

// wrongPuback lets a PUBACK end what it does not belong to, and says whether it
// did. d is what it belongs to, if anything.
func (s *session) wrongPuback(d *delivery) bool {
	first := slices.IndexFunc(s.inflight, func(d *delivery) bool { return d.qos == 1 })
	switch {
	case d == nil && first >= 0 && s.is(anyPubackCounts):
		s.done(s.inflight[first])
	case d != nil && d.qos == 1 && s.is(pubackCountsForAll):
		s.inflight = slices.DeleteFunc(s.inflight, func(d *delivery) bool { return d.qos == 1 })
		s.pump()
	case d != nil && d.qos == 2 && !d.released && s.is(pubackEndsQoS2):
		s.done(d)
	default:
		return false
	}
	return true
}

// endedBy notes what an acknowledgement with the code ends, for the faults that
// do not let it end.
func (s *session) endedBy(d *delivery, code byte) {
	refused := code >= 0x80
	if refused && (s.is(refusedAgainAt1) && d.qos == 1 || s.is(refusedAgainAt2) && d.qos == 2) ||
		!refused && d.qos == 1 && s.is(acknowledgedAgain) {
		s.again = []*delivery{d}
	}
	if refused && s.is(errorFreesNothing) {
		s.placesLost++
	}
}

// againOnPing sends again what is not acknowledged, on the same connection.
func (s *session) againOnPing() {
	if !s.is(againOnLiveConnection) && !s.is(againAsNew) {
		return
	}
	for _, d := range s.inflight {
		if !d.released {
			s.transmit(d, !s.is(againAsNew))
		}
	}
}

// spoilBacklog applies the faults in what is sent on a resumed session.
func (s *session) spoilBacklog() {
	c := s.conn
	if s.receiveMaximum == 0 {
		s.receiveMaximum = c.receiveMaximum
	}
	s.placesLost = 0
	if s.is(quotaKept) {
		s.placesLost = len(s.inflight)
	}
	s.inflight = append(s.again, s.inflight...)
	s.again = nil
	unanswered := 0 // PUBLISH that would be sent again
	s.inflight = slices.DeleteFunc(s.inflight, func(d *delivery) bool {
		if d.released {
			return s.is(pubrelForgotten)
		}
		unanswered++
		return s.is(nothingAgain) || s.is(onlyFirstAgain) && unanswered > 1 || s.is(nothingAgainAfterDisconnect) && s.disconnects ||
			s.is(qos1Forgotten) && d.qos == 1 || s.is(qos2Forgotten) && d.qos == 2 ||
			s.is(expiryEndsSent) && d.qos == 2 && d.expired(time.Now())
	})
	for _, d := range s.inflight {
		switch {
		case d.released && s.is(publishInPlaceOfPubrel):
			d.released = false
		case d.released && s.is(publishBesidePubrel):
			s.transmit(d, true)
		case d.released && s.is(packetIDOfPubrelChanges), !d.released && s.is(packetIDChanges):
			d.id, _ = s.freeID(d.qos)
		}
	}
	if s.is(repetitionsReversed) {
		slices.Reverse(s.inflight)
	}
	if s.is(orderLostWhileAway) {
		slices.Reverse(s.queue)
	}
	if s.is(qos2ForgottenAtReturn) {
		clear(s.taken)
	}
	s.disconnects = false
}
