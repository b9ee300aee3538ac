package judge

import (
	"math"
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// session is a session as the broker should see it (4.1; 3.1.2.4 of 3.1.1).
type session struct {
	id    string // the client identifier; of a client without one, what was assigned
	conns []*conn
	// known says that it began in this trace: its subscriptions are all here.
	known bool
	// shaky says that clients raced for it, or that a CONNECT had no answer:
	// which connection came first is not known.
	shaky bool
	// before is the session of the same client that this one replaced.
	before *session

	subs      []*subscription
	byFilter  map[string][]*subscription
	matched   map[string][]*subscription // what matching has found, by topic
	parcels   map[uint16]*parcel         // the last one under each identifier
	all       []*parcel                  // all of them
	sending   map[uint16]*message        // of the client, by identifier: the last one
	delivered map[content]int            // first transmissions so far
	shared    bool                       // it has had a shared subscription
}

func newSession(id string, known bool, before *session) *session {
	return &session{
		id: id, known: known, before: before,
		byFilter: map[string][]*subscription{},
		parcels:  map[uint16]*parcel{}, sending: map[uint16]*message{}, delivered: map[content]int{},
	}
}

// last gives the newest connection of the session.
func (s *session) last() *conn { return s.conns[len(s.conns)-1] }

// firm says that the whole history of the session is in the trace.
func (s *session) firm() bool { return s != nil && s.known && !s.shaky }

// forever is a Session Expiry Interval without an end (5.0, 3.1.2.11.2).
const forever = time.Duration(math.MaxInt64)

// keeps gives how long the session lasts after the connection has ended, at
// least and at most: a DISCONNECT that says otherwise has perhaps not arrived.
func (c *conn) keeps() (least, most time.Duration) {
	if c.version != spec.V5 {
		if c.connect.CleanStart {
			return 0, 0
		}
		return forever, forever
	}
	interval := c.connect.Properties.Int(codec.SessionExpiryInterval, 0)
	interval = c.connack.Properties.Int(codec.SessionExpiryInterval, interval)
	least = seconds(interval)
	most = least
	if c.disconnect != nil {
		if p, ok := c.disconnect.Properties.Find(codec.SessionExpiryInterval); ok {
			if c.ended != never && !c.ours { // it was read: the broker closed behind it
				return seconds(p.Int), seconds(p.Int)
			}
			least, most = min(least, seconds(p.Int)), max(most, seconds(p.Int))
		}
	}
	return least, most
}

func seconds(n uint32) time.Duration {
	if n == math.MaxUint32 {
		return forever
	}
	return time.Duration(n) * time.Second
}

// connecting notes a CONNECT. Whether it is accepted, and with which session, is
// known from the CONNACK, which comes later in the trace.
func (h *history) connecting(c *conn) {
	id := string(c.connect.ClientID)
	if id == "" && c.connack != nil {
		p, _ := c.connack.Properties.Find(codec.AssignedClientIdentifier)
		id = string(p.Data)
	}
	if c.accepted() {
		c.resumed = c.connack.SessionPresent
		old := h.sessions[id]
		switch {
		case id == "": // in 3.1.1 nobody can come back to it
			c.session = newSession("", !c.resumed, nil)
		case !c.resumed:
			c.session = newSession(id, c.version != spec.V31, old) // 3.1 does not tell
		case old == nil || c.connect.CleanStart:
			c.session = newSession(id, false, old)
		default:
			c.session = old
			if slices.ContainsFunc(old.conns, func(c *conn) bool { return c.broken != never }) {
				c.breaks(c.connectAt) // what the broker made of it is in the session
			}
		}
		if len(c.session.conns) == 0 {
			h.all = append(h.all, c.session)
		}
		c.session.conns = append(c.session.conns, c)
	}
	if id == "" {
		return
	}
	// A CONNECT that was not answered yet, or never, may have come before or
	// after this one.
	for _, other := range h.asking[id] {
		if other.connackAt < c.connectAt {
			continue
		}
		for _, s := range []*session{c.session, other.session} {
			if s != nil {
				s.shaky = true
			}
		}
	}
	h.asking[id] = append(h.asking[id], c)
	if c.session != nil {
		h.sessions[id] = c.session
	}
}
