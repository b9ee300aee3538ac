package reference

import (
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// never is the Session Expiry Interval of a session that does not end by itself
// (3.1.2.11.2).
const never = 0xFFFFFFFF

// session is the Session State of one Client Identifier (4.1; 3.1.2.4 in 3.1.1).
type session struct {
	b       *Broker
	id      string
	version codec.Version // of the last connection
	conn    *conn         // nil while it is not connected
	expiry  uint32        // seconds behind the end of the connection

	subscriptions []*subscription // in the order in which they were made
	removed       []*subscription // that a fault brings back

	queue    []*delivery // not sent yet
	inflight []*delivery // sent at QoS 1 or 2 and not finished, in the order of sending
	lastID   uint16

	// taken holds the QoS 2 messages of the client from PUBLISH to PUBREL.
	taken map[uint16]*message
	// usedByClient are the identifiers of all QoS 2 messages of the client.
	usedByClient map[uint16]bool

	spoiled // what faults remember

	will        *will
	willTimer   *time.Timer
	expiryTimer *time.Timer
}

func newSession(b *Broker, id string) *session {
	return &session{b: b, id: id, taken: map[uint16]*message{}, usedByClient: map[uint16]bool{}, spoiled: newSpoiled()}
}

// takeSession gives the connection its session, after it has ended what stood in
// the way, and says whether there was Session State to go on from.
func (c *conn) takeSession() (present bool) {
	old := c.b.sessions[c.id]
	taken := old != nil && old.conn != nil
	if taken {
		c.takeOver(old)
		old = c.b.sessions[c.id] // it may have ended with its connection
	}
	clean := c.connect.CleanStart && !c.is(cleanStartIgnored) && !(c.is(takeoverContinue) && taken)
	discarded := old
	if old != nil && (clean || c.is(sessionNeverResumed) || c.is(takeoverForgets) && taken) {
		old.end(endCleanStart)
		old = nil
	}
	s := old
	if s == nil {
		s = newSession(c.b, c.id)
		c.b.sessions[c.id], c.b.byAge = s, append(c.b.byAge, s)
	}
	s.version, s.conn, c.session = c.version, c, s
	s.expiry = c.expiryAsked()
	s.spoilExpiry(old != nil)
	s.stopTimers()
	if old != nil {
		s.resumed()
	} else {
		s.spoilNew(c, discarded)
	}
	s.setWill(c)
	return old != nil
}

// resumed is what only faults change when a session goes on.
func (s *session) resumed() {
	if s.is(willAtResume) && s.will != nil {
		s.publishWill(s.will)
	}
	s.subscriptions = append(s.subscriptions, s.removed...)
	s.removed = nil
	if s.is(waitingLost) {
		s.queue = nil
	}
	for _, sub := range s.subscriptions {
		if s.is(grantNotResumed) {
			sub.qos = 0
		}
		if s.is(asPublishedNotResumed) {
			sub.asPublished = false
		}
		if s.is(noLocalNotResumed) {
			sub.noLocal = false
		}
		if s.is(identifierNotKept) {
			sub.identifier = 0
		}
	}
}

// takeOver ends the connection that another one of the same Client Identifier
// has: with DISCONNECT 0x8E in 5.0 (MQTT-3.1.4-3), without a word before it
// (3.1.1/MQTT-3.1.4-2).
func (c *conn) takeOver(old *session) {
	if old.is(takeoverLeavesOld) || c.is(takeoverOfOtherStays) && old.version != c.version {
		stray := newSession(c.b, old.id)
		stray.version, stray.conn = old.version, old.conn
		old.conn.session = stray
		old.conn = nil
		return
	}
	old.conn.refuse(codeTakenOver)
}

// expiryAsked is how long the session outlives its connection: for ever or not
// at all before 5.0.
func (c *conn) expiryAsked() uint32 {
	if c.version != codec.V5 {
		if c.connect.CleanStart {
			return 0
		}
		return never
	}
	asked := c.connect.Properties.Int(codec.SessionExpiryInterval, 0)
	if limit := c.b.opts.SessionExpiryLimit; limit > 0 {
		return min(asked, limit)
	}
	return asked
}

// connectionEnded is what the end of the connection means for the session.
func (s *session) connectionEnded() {
	c := s.conn
	s.conn = nil
	s.sharedBroken()
	if w := s.will; w != nil {
		if s.losesWill(c) {
			s.will = nil
		} else {
			s.willWaits(w)
		}
	}
	s.spoilEnd()
	switch {
	case s.expiry == 0:
		s.end(endConnection)
	case s.expiry != never:
		s.expiryTimer = s.after(s.spoilWait(time.Duration(s.expiry)*time.Second), func() { s.end(endExpiry) })
	}
	s.dropQoS0()
}

// after runs f in d, unless the session is connected or gone by then.
func (s *session) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() {
		s.b.locked(func() {
			if s.conn == nil && s.b.sessions[s.id] == s {
				f()
			}
		})
	})
}

func (s *session) stopTimers() {
	for _, t := range []*time.Timer{s.willTimer, s.expiryTimer} {
		if t != nil {
			t.Stop()
		}
	}
	s.willTimer, s.expiryTimer = nil, nil
}

// ending is why a session ends.
type ending int

const (
	endConnection ending = iota // with its connection
	endExpiry
	endCleanStart
)

// end discards the Session State. A Will Message that waits is due (3.1.3.2.2).
func (s *session) end(why ending) {
	s.stopTimers()
	s.hide(why)
	if s.b.sessions[s.id] == s {
		delete(s.b.sessions, s.id)
		s.b.byAge = slices.DeleteFunc(s.b.byAge, func(other *session) bool { return other == s })
	}
	s.handOver()
	s.forgetRetained()
	if w := s.will; w != nil {
		s.will = nil
		if (why != endCleanStart || !s.b.opts.DropWillAtCleanStart) && !(s.is(willLostWithSession) && w.delay > 0) && !s.is(willDelayForever) {
			s.publishWill(w)
		}
	}
}

// dropQoS0 takes what is not kept for a session that is not connected (4.1:
// pending QoS 0 messages are optional).
func (s *session) dropQoS0() {
	if s.b.opts.QueueQoS0 {
		return
	}
	kept := s.queue[:0]
	for _, d := range s.queue {
		if d.qos > 0 {
			kept = append(kept, d)
		}
	}
	s.queue = kept
}

// disconnected handles the client's DISCONNECT (3.14).
func (c *conn) disconnected(p *codec.Disconnect) {
	c.rules.left = true
	s := c.session
	s.disconnects = true
	expiry, ok := p.Properties.Find(codec.SessionExpiryInterval)
	switch {
	case c.version != codec.V5, c.is(farewellExpiryUnread):
	case !ok && c.is(farewellEnds):
		s.expiry = 0
	case !ok, expiry.Int == 0 && c.is(farewellZeroUnread):
	case s.expiry == 0 && expiry.Int != 0 && !c.is(expiryRaisedFromZero):
		c.broke(ruleExpiryRaised, p)
		if c.is(expiryRaisedUntold) {
			c.end()
		}
		c.refuse(codeProtocolError)
		return
	default:
		s.expiry, s.firstExpiry = expiry.Int, expiry.Int
	}
	if len(p.Properties) == 0 || !c.is(farewellWithTextUnread) {
		s.discardWill(p.Code)
	}
	if c.is(farewellLeftOpen) {
		c.gone()
		return
	}
	c.end()
}
