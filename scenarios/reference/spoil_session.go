package reference

import (
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// waitsForOld says that a takeover is not answered, as the old connection hangs.
func (c *conn) waitsForOld() bool {
	old := c.b.sessions[c.id]
	return c.is(takeoverWaits) && old != nil && old.conn != nil && old.conn.out.hangs()
}

// spoilExpiry notes the Session Expiry Interval of a new connection.
func (s *session) spoilExpiry(resumed bool) {
	if !resumed {
		s.firstExpiry = s.expiry
	}
	_, asked := s.conn.connect.Properties.Find(codec.SessionExpiryInterval)
	s.expiryAbsent = !asked && s.version == codec.V5
	if s.is(expiryWhileConnected) && s.version == codec.V5 && s.expiry > 0 && s.expiry < 60 {
		s.forgetsIn(time.Duration(s.expiry) * time.Second)
	}
}

// untoldExpiry gives the Session Expiry Interval that is in force at the end of a
// connection, which is not what the client was told.
func (s *session) untoldExpiry() uint32 {
	kept, left := s.expiry > 0, s.disconnects
	switch {
	case s.is(expiryIgnored),
		s.is(expiryForeverEnds) && s.expiry == never,
		s.is(expiryLargeEnds) && s.expiry > 1<<31-1 && s.expiry < never,
		s.is(lostOnLoss) && !left,
		s.is(lostOnDisconnect) && left:
		return 0
	case !kept && (s.is(cleanSessionKept) || s.is(cleanSessionHeld) && !left):
		return 60
	case s.expiryAbsent && s.is(expiryInvented):
		return 60
	case s.is(expiryUntold) && s.version == codec.V5:
		return min(s.expiry, 1)
	case s.is(expiryOfFirst):
		return s.firstExpiry
	}
	return s.expiry
}

// forgetsIn lets a session lose its subscriptions although it is connected.
func (s *session) forgetsIn(d time.Duration) {
	time.AfterFunc(d, func() {
		s.b.locked(func() {
			if s.conn != nil {
				s.subscriptions = nil
			}
		})
	})
}

// spoilWait gives the time after which a session that is not connected ends.
func (s *session) spoilWait(interval time.Duration) time.Duration {
	if s.is(expiryNotStopped) {
		s.forgetsIn(interval)
	}
	if s.firstEnd.IsZero() {
		s.firstEnd = time.Now()
	}
	switch {
	case s.is(expiryHalved):
		return interval / 2
	case s.is(expiryGoesOn):
		return interval - time.Since(s.firstEnd)
	case s.is(expiryNever):
		return 24 * time.Hour
	}
	return interval
}

// spoilNew applies the faults in a session that begins. old is one that was there
// before it and is discarded, if any.
func (s *session) spoilNew(c *conn, old *session) {
	s.deaf = c.is(sessionNotMade) && !c.connect.CleanStart
	if hidden := c.b.hidden[s.id]; hidden != nil && !c.connect.CleanStart {
		s.subscriptions, s.queue = hidden.subscriptions, slices.Concat(hidden.inflight, hidden.queue)
	}
	if !c.connect.CleanStart {
		delete(c.b.hidden, s.id)
	}
	if old == nil {
		return
	}
	if s.is(cleanKeepsSubscriptions) {
		s.subscriptions = old.subscriptions
	}
	if s.is(cleanKeepsMessages) {
		s.queue = old.queue
	}
	if s.is(cleanKeepsUnacknowledged) {
		s.inflight, s.lastID = old.inflight, old.lastID
	}
	if s.is(cleanKeepsIdentifiers) {
		s.taken = old.taken
	}
}

// hide puts a session that ends where a fault finds it again.
func (s *session) hide(why ending) {
	switch {
	case why == endCleanStart && s.is(cleanHides):
		s.b.hidden[s.id] = s
	case why == endExpiry && s.is(expiryKeepsMessages):
		s.b.hidden[s.id] = &session{queue: s.queue, inflight: s.inflight}
	}
}

// spoilEnd applies the faults at the end of a connection.
func (s *session) spoilEnd() {
	s.expiry = s.untoldExpiry()
	if s.is(cleanSessionLost) && s.disconnects {
		for _, other := range s.b.byAge {
			if other.expiry == 0 && other.conn != nil {
				other.subscriptions = nil
			}
		}
	}
	if n := len(s.subscriptions); s.is(subscriptionsLost) {
		s.subscriptions = nil
	} else if n > 1 && s.is(oneSubscriptionLost) {
		s.subscriptions = s.subscriptions[:n-1]
	}
	if s.is(unsentLost) {
		s.queue = nil
	}
	s.inflight = slices.DeleteFunc(s.inflight, func(d *delivery) bool {
		return s.is(unacknowledgedLost1) && d.qos == 1 || s.is(unacknowledgedLost2) && d.qos == 2
	})
	if s.is(receivedLost) {
		clear(s.taken)
	}
}
