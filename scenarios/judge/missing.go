package judge

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

var (
	delivered     = both("MQTT-4.5.0-1")
	storedOffline = rule{"MQTT-3.1.2-5", "MQTT-4.5.0-1"}
	highestQoS    = rule{"MQTT-3.3.5-1", "MQTT-3.3.4-2"}
)

// behindFence judges that no message is missing behind a later one of the same
// publisher on the same topic at the same QoS, which came at QoS 1 or 2 over the
// one subscription (a strong fence).
func (j *judge) behindFence(s *session) {
	for _, d := range j.deliveries {
		if d.conn.session != s || !d.fresh() || d.QoS == 0 || d.Retain || len(d.from) != 1 || !d.from[0].plain() {
			continue
		}
		if _, held := d.conn.connect.Properties.Find(codec.ReceiveMaximum); held {
			continue
		}
		fence := d.from[0]
		sub := s.through(fence, d.event)
		if sub == nil || (fence.qos == 2 && fence.done == never) {
			continue
		}
		for _, m := range j.topics[d.topic] {
			if m.conn != fence.conn || m.qos != fence.qos || !m.plain() || m.sent[0] >= fence.sent[0] || m.sent[0] < d.conn.connackAt ||
				sub.answered > m.sent[0] || m.done > fence.sent[0] || j.came(m, s) {
				continue
			}
			if j.owed(m, sub, d.conn) {
				j.broken(d.conn, d.event, delivered, fmt.Sprintf("%q, which was published before it on the same path", short(m.payload)), "%s without it", d.Publish)
				return
			}
		}
		j.kept(d.conn, delivered)
	}
}

// through gives the one subscription, not shared and not changed in the mean
// time, that brings the message; nil if it cannot be told.
func (s *session) through(m *message, until int) *subscription {
	var found *subscription
	for _, sub := range s.matching(m.topic) {
		if sub.refused || sub.asked > until {
			continue
		}
		if found != nil || sub.group != "" || !sub.certain(m.sent[0], until) {
			return nil
		}
		found = sub
	}
	return found
}

// owed says that the message must be delivered through the subscription. On a
// topic that begins with $ a server should let clients exchange nothing (4.7.2).
func (j *judge) owed(m *message, sub *subscription, c *conn) bool {
	return !strings.HasPrefix(m.topic, "$") && min(m.qos, sub.granted) > 0 && m.taken != never && (m.qos < 2 || m.done != never) && !expires(m) && j.fits(m, c) &&
		len(j.contents[m.content]) == 1 && !(sub.option.NoLocal && m.conn.session.id == sub.conn.session.id)
}

// fits says that the message is not too large for the client: with room for what
// a broker may add (5.0, 3.1.2.11.4).
func (j *judge) fits(m *message, c *conn) bool {
	size := c.connect.Properties.Int(codec.MaximumPacketSize, 0)
	return size == 0 || len(j.trace[m.sent[0]].Data)+256 < int(size)
}

// most is how many messages for an absent client a broker must have room for
// here: stores have limits (4.1).
const most = 20

// due judges that what was published for the session has come when its client
// has waited for as long as a message may take, and at least one copy of it at
// the highest QoS that its subscriptions allow.
func (j *judge) due(s *session) {
	c := s.last()
	if c.broken != never || c.ended < never && !c.ours {
		return
	}
	waiting := 0
	for _, m := range j.messages {
		if !m.plain() || m.taken == never || m.conn.session == nil {
			continue
		}
		sub, highest := s.certainly(m, j.to)
		if sub == nil || !j.owed(m, sub, c) || !j.idle(c, max(m.done, c.connackAt)) {
			continue
		}
		offline := m.sent[0] < c.connackAt
		if offline {
			// On an earlier connection it may have come, unread; then it comes again.
			if waiting++; waiting > most || !j.away(s, m) {
				continue
			}
		}
		if !j.came(m, s) {
			r := delivered
			if offline {
				r = storedOffline
			}
			j.broken(c, j.lastOf(c), r, fmt.Sprintf("the message %q on %s", short(m.payload), m.topic), "nothing within %s", j.patience.Delivery)
			continue
		}
		if offline || m.retain {
			continue
		}
		best := byte(0)
		for _, d := range m.deliveries {
			if d.conn.session == s {
				best = max(best, d.QoS)
			}
		}
		if best < highest {
			j.broken(c, j.lastOf(c), highestQoS, fmt.Sprintf("one copy of %q at QoS %d", short(m.payload), highest), "none above QoS %d", best)
		} else {
			j.kept(c, highestQoS)
		}
	}
}

// certainly gives a subscription of the session that was certainly live and the
// same from before the message was published until the event, and the highest
// QoS that those which match allow; nil if they changed, or there is none.
func (s *session) certainly(m *message, until int) (sub *subscription, highest byte) {
	for _, o := range s.matching(m.topic) {
		if o.refused || o.asked > m.sent[0] {
			continue
		}
		if o.group != "" || !o.certain(m.sent[0], until) || o.option.NoLocal {
			return nil, 0
		}
		if sub == nil || o.granted > sub.granted {
			sub = o
		}
		highest = max(highest, min(m.qos, o.granted))
	}
	return sub, highest
}

// away says that the client was certainly away when the message was published,
// and came back to its session.
func (j *judge) away(s *session, m *message) bool {
	for n, c := range s.conns[1:] {
		before := s.conns[n]
		if before.broken != never || !c.resumed {
			return false
		}
		if before.ended < m.sent[0] && m.sent[0] < c.connectAt {
			return c == s.last()
		}
	}
	return false
}
