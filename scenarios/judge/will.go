package judge

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

var (
	willComes     = both("MQTT-3.1.2-8")
	willDiscarded = both("MQTT-3.14.4-3")
	willCancelled = only5("MQTT-3.1.3-9")
	willPromptly  = rule{"U3-3.1.2.5-u1", "U5-3.1.2.5-u1"}
	willNoExpiry  = only5("U5-3.1.3.2.4-u2")
)

// wills judges whether and when a will is published. A delivery is taken for a
// will only where it can be nothing else.
func (j *judge) wills() {
	for _, m := range j.messages {
		if !m.will || m.doubtful || len(j.contents[m.content]) != 1 || m.conn.session.shaky {
			continue
		}
		for _, d := range m.deliveries {
			j.willDelivery(m, d)
		}
		j.willMissing(m)
	}
}

// willDelivery judges one delivery of a will.
func (j *judge) willDelivery(m *message, d *delivery) {
	c := m.conn
	if d.stale || d.repeat {
		return
	}
	_, has := m.props.Find(codec.MessageExpiryInterval)
	if _, came := d.Properties.Find(codec.MessageExpiryInterval); c.version == spec.V5 && d.conn.version == spec.V5 && !has && came {
		j.broken(d.conn, d.event, willNoExpiry, "no Message Expiry Interval, which the will does not have", "%s", d.Publish)
	}
	if c.alive() > d.event && c.alive() != never {
		j.broken(c, d.event, willComes, "no will while the connection is open", "%s came to %s, and the connection is served after it",
			d.Publish, j.trace[d.event].Client)
		return
	}
	if c.broken != never {
		return
	}
	if j.discarded(c) {
		if d.event > c.disconnectAt {
			j.broken(c, d.event, willDiscarded, "no will after DISCONNECT 0x00", "%s came to %s", d.Publish, j.trace[d.event].Client)
		}
		return
	}
	if c.ended == never {
		j.kept(c, willComes)
		return
	}
	// Not before the delay, or the end of the session if that is first.
	least, _ := c.keeps()
	delay := min(seconds(m.props.Int(codec.WillDelayInterval, 0)), least) // 0 before 5.0
	closed := j.at(c.alive())
	if c.ours {
		closed = j.at(c.ended) - slack/2
	}
	next := j.nextConn(c)
	switch {
	case next != nil && next.connackAt < d.event && next.accepted() && next.resumed && j.at(next.connackAt)-closed < delay-slack:
		j.broken(next, d.event, willCancelled, "no will: the client came back to its session before the Will Delay Interval was over", "%s", d.Publish)
	case next != nil && next.connectAt < d.event: // the texts differ for Clean Start 1
	case j.at(d.event)-closed < delay-slack:
		j.broken(c, d.event, willComes, "no will before "+delay.String()+" have passed", "%s after %s at most", d.Publish, (j.at(d.event) - closed).Round(10*time.Millisecond))
	case j.patience.Late > 0 && d.event > c.ended && !d.Retain && j.watched(d, c) && j.at(d.event)-j.at(c.ended) > delay+j.patience.Late:
		j.broken(c, d.event, willPromptly, "the will promptly when it is due", "it comes %s later", (j.at(d.event) - j.at(c.ended) - delay).Round(time.Second))
	default:
		j.kept(c, willComes)
	}
}

// watched says that the client of the delivery was there, and subscribed, when
// the connection ended.
func (j *judge) watched(d *delivery, c *conn) bool {
	if d.conn.session == nil || d.conn.connackAt > c.ended {
		return false
	}
	for _, sub := range d.conn.session.matching(d.topic) {
		if sub.certain(c.ended, d.event) {
			return true
		}
	}
	return false
}

// discarded says that the broker has certainly got a DISCONNECT with code 0x00
// that takes the will back, and that nothing else can have ended the connection.
func (j *judge) discarded(c *conn) bool {
	if c.disconnect == nil || c.disconnect.Code != 0 || c.broken != never || c.ended == never || c.ended < c.disconnectAt {
		return false
	}
	if c.ours && j.at(c.ended)-j.at(c.disconnectAt) < slack/2 {
		return false // it may have been lost
	}
	if k := c.keepAlive(); k > 0 && j.at(c.disconnectAt)-j.at(c.alive()) > k {
		return false
	}
	next := j.nextConn(c)
	return next == nil || next.connectAt > c.ended
}

// nextConn gives the connection of the same client after this one.
func (j *judge) nextConn(c *conn) *conn {
	list := j.asking[c.session.id]
	for n, other := range list {
		if other == c && n+1 < len(list) {
			return list[n+1]
		}
	}
	return nil
}

// willMissing judges that a will comes to whoever was subscribed to its topic
// all the time and has waited for long enough.
func (j *judge) willMissing(m *message) {
	c := m.conn
	if j.patience.Late == 0 || m.qos == 0 || c.ended == never || c.broken != never || c.session.id == "" || j.nextConn(c) != nil || expires(m) {
		return
	}
	if c.disconnect != nil && (c.version != spec.V5 || c.disconnect.Code == 0) {
		return
	}
	due := j.at(c.ended)
	if c.version == spec.V5 {
		_, most := c.keeps()
		delay := min(seconds(m.props.Int(codec.WillDelayInterval, 0)), most)
		if delay > time.Hour {
			return
		}
		due += delay
	}
	for _, s := range j.all {
		w := s.last()
		if !s.firm() || w.broken != never || w == c || !(w.ours || w.ended == never) || w.connackAt > c.connackAt ||
			j.open(w)-due < j.patience.Late || !j.idle(w, c.ended) {
			continue
		}
		sub := s.watches(m, c)
		if sub != nil && min(m.qos, sub.granted) > 0 && !j.came(m, s) {
			j.broken(c, c.ended, willComes, "the will, to "+j.trace[w.connectAt].Client, "nothing %s after it was due", (j.open(w) - due).Round(time.Second))
		}
	}
}

// watches gives the subscription of the session that was certainly live since
// before the connection with the will was accepted.
func (s *session) watches(m *message, c *conn) *subscription {
	for _, sub := range s.matching(m.topic) {
		if sub.group == "" && sub.certain(c.connectAt, never-1) {
			return sub
		}
	}
	return nil
}
