package engine

import (
	"fmt"
	"time"
)

// ExpectMessageWithin is ExpectMessage for what the standard counts in seconds:
// the message is due after the span, and counts as lost when Timeouts.Late is
// over as well.
func (c *Client) ExpectMessageWithin(due time.Duration, topic, payload string) *Message {
	limit := due + c.t.timeouts.Late
	m, ok := c.Gets(topic, payload, limit)
	if !ok {
		c.t.Fail(fmt.Sprintf("%s gets PUBLISH %q with payload %q", c.name, topic, short(payload)), c.instead(limit), -1)
	}
	return m
}

// Elapsed gives the time since the scenario began.
func (t *T) Elapsed() time.Duration { return time.Since(t.rec.start) }

// InTime ends the scenario, which is then tried again, where more than the limit has
// passed since a moment that Elapsed gave: what comes next would have been in time
// only before. doing says what the clients were late with.
func (t *T) InTime(since, limit time.Duration, doing string) {
	if took := t.Elapsed() - since; took >= limit {
		t.end(tardy{doing, took, limit})
	}
}

// Came gives when the message came, as Elapsed counts.
func (m *Message) Came() (at time.Duration) {
	m.t.rec.locked(func() { at = m.t.rec.trace[m.event].At })
	return at
}

// Reset ends the connection with a TCP reset instead of an orderly close, as a
// crashed client or a router does. Over a transport that hides its TCP
// connection it is a Drop.
func (c *Client) Reset() {
	type lingers interface{ SetLinger(seconds int) error }
	conn := any(c.wire.conn)
	for {
		if l, ok := conn.(lingers); ok {
			if l.SetLinger(0) == nil {
				c.note("the connection is ended by a reset")
			}
			break
		}
		inner, ok := conn.(hasNetConn)
		if !ok {
			break
		}
		conn = inner.NetConn()
	}
	c.Drop()
}
