package judge

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

var (
	matchesFilter = both("MQTT-3.3.2-3")
	dollarTopics  = rule{"MQTT-4.7.2-1", "MQTT-4.7.2-1"}
	unsubscribed  = both("MQTT-3.10.4-2")
	cleanStart    = rule{"MQTT-3.1.2-6", "MQTT-3.1.2-4"}
	noLocal       = only5("MQTT-3.8.3-3")
	smallerQoS    = rule{"MQTT-3.8.4-6", "MQTT-3.8.4-8"}
	sharedQoS     = only5("MQTT-4.8.2-3")
	exactlyOnce   = rule{"MQTT-4.3.3-2", "MQTT-4.3.3-10"}
	replaces      = both("MQTT-3.8.4-3")
	inOrder       = rule{"MQTT-4.6.0-6", "MQTT-4.6.0-5"}
)

// delivery judges why a message comes, how often, at which QoS and in which
// order. Of topics on which nobody in the trace publishes it knows nothing.
func (j *judge) delivery() {
	for _, d := range j.deliveries {
		if d.fresh() && d.conn.session.firm() && len(d.from) > 0 {
			j.explained(d)
		}
	}
	for _, s := range j.all {
		if s.firm() {
			j.copies(s)
			j.order(s)
			j.orderAgain(s)
			j.behindFence(s)
			j.due(s)
		}
	}
}

// explained judges that a subscription brings the delivery, and its QoS.
func (j *judge) explained(d *delivery) {
	s := d.conn.session
	var subs []*subscription
	for _, sub := range s.matching(d.topic) {
		if sub.asked < d.event && !sub.refused {
			subs = append(subs, sub)
		}
	}
	if len(subs) == 0 {
		j.unexplained(d)
		return
	}
	j.kept(d.conn, matchesFilter)
	published := never // the earliest of the messages that it may be
	for _, m := range d.from {
		published = min(published, m.earliest())
	}
	var live []*subscription
	for _, sub := range subs {
		if sub.possible(published, d.event) {
			live = append(live, sub)
		}
	}
	if len(live) == 0 {
		if !d.Retain {
			j.broken(d.conn, d.event, unsubscribed, "no message that was published after the UNSUBACK", "%s", d.Publish)
		}
		return
	}
	j.local(d, live)
	j.qos(d, live)
}

// unexplained accuses a delivery that no subscription brings.
func (j *judge) unexplained(d *delivery) {
	for _, sub := range d.conn.session.subs {
		if sub.asked < d.event && !sub.refused && matchesLevels(sub.match, d.topic) {
			j.broken(d.conn, d.event, dollarTopics, "no filter that begins with a wildcard matches a topic that begins with $", "%s through %s", d.Publish, sub.filter)
			return
		}
	}
	for old := d.conn.session.before; old != nil; old = old.before {
		if len(old.matching(d.topic)) > 0 {
			j.broken(d.conn, d.event, cleanStart, "nothing of the session that ended before this one", "%s", d.Publish)
			return
		}
	}
	j.broken(d.conn, d.event, matchesFilter, "a PUBLISH on a topic that a subscription of the client matches", "%s", d.Publish)
}

// local judges the No Local option. A retained message is sent because of the
// subscription, of which the text does not speak.
func (j *judge) local(d *delivery, live []*subscription) {
	for _, sub := range live {
		if !sub.option.NoLocal {
			return
		}
	}
	for _, m := range d.from {
		if m.will || m.doubtful || m.conn.session.id != d.conn.session.id {
			j.kept(d.conn, noLocal)
			return
		}
	}
	if !d.Retain {
		j.broken(d.conn, d.event, noLocal, "no message of the client itself, at No Local 1", "%s", d.Publish)
	}
}

// qos judges the QoS of a delivery: the smaller one of that of the message and
// that granted, for one of the subscriptions. What was queued before a filter
// was subscribed again follows the old grant or the new.
func (j *judge) qos(d *delivery, live []*subscription) {
	var legal []byte
	shared := true
	for _, sub := range live {
		if sub.answered == never {
			return // what was granted is not known
		}
		for _, m := range d.from {
			if m.doubtful {
				return
			}
			legal = append(legal, min(m.qos, sub.granted))
		}
		shared = shared && sub.group != ""
	}
	switch {
	case slices.Contains(legal, d.QoS):
		j.kept(d.conn, smallerQoS)
	case shared && d.QoS > slices.Max(legal):
		j.broken(d.conn, d.event, sharedQoS, fmt.Sprintf("QoS %d, which the shared subscription was granted", slices.Max(legal)), "%s", d.Publish)
	default:
		slices.Sort(legal)
		j.broken(d.conn, d.event, smallerQoS,
			fmt.Sprintf("a QoS of %v, the smaller one of that published and that granted", slices.Compact(legal)), "%s", d.Publish)
	}
}

// copies judges how often a message comes to the session. What is published and
// granted at QoS 2 comes once for each subscription that matches, and once more
// for each SUBSCRIBE that may bring it as a retained message; of other messages
// only two for one filter that was subscribed again are too many, at QoS 0.
func (j *judge) copies(s *session) {
	counted := map[content]int{}
	for _, d := range j.deliveries {
		if d.conn.session != s || !d.fresh() || len(d.from) == 0 || d.QoS == 1 {
			continue
		}
		most, again, certain := j.mostCopies(d)
		if !certain {
			continue
		}
		counted[d.content]++
		switch {
		case counted[d.content] <= most && d.QoS == 2:
			j.kept(d.conn, exactlyOnce)
		case counted[d.content] <= most:
		case again:
			j.broken(d.conn, d.event, replaces, "one copy for a filter that was subscribed again", "%s once more", d.Publish)
		case d.QoS == 2:
			j.broken(d.conn, d.event, exactlyOnce, fmt.Sprintf("the message %d times at most, at QoS 2", most), "%s once more", d.Publish)
		}
	}
}

// mostCopies gives how many first transmissions of the content the session may
// get, and whether a filter was subscribed again before it was published.
func (j *judge) mostCopies(d *delivery) (most int, again, certain bool) {
	published := never
	for _, m := range d.from {
		if m.doubtful || m.will || m.qos != d.QoS || (m.qos == 0 && len(m.sent) > 1) {
			return 0, false, false
		}
		published = min(published, m.earliest())
	}
	filters := map[string]bool{}
	lookups := 0
	for _, sub := range d.conn.session.matching(d.topic) {
		if sub.refused || sub.asked > d.event {
			continue
		}
		lookups++
		if sub.possible(published, d.event) {
			filters[sub.filter] = true
			again = again || (sub.again && sub.answered < published)
		}
	}
	for _, m := range d.from {
		most += len(filters)
		if m.retain {
			most += lookups
			again = false
		}
	}
	return most, again, true
}

// stream is what keeps its order: one publisher's messages on one topic at one
// QoS, as they are delivered at one QoS (4.6).
type stream struct {
	publisher *conn
	topic     string
	qos, as   byte
}

// order judges the order of first transmissions. Where several subscriptions
// match each has an order of its own, and which one brings a message is not seen.
func (j *judge) order(s *session) {
	last := map[stream]*delivery{}
	for _, d := range j.deliveries {
		if d.conn.session != s || !d.fresh() || d.Dup || d.Retain || len(d.from) != 1 {
			continue
		}
		m := d.from[0]
		if !m.plain() || !s.single(d.topic, d.event) || (m.qos == 2 && m.released == never) {
			continue
		}
		k := stream{m.conn, m.topic, m.qos, d.QoS}
		before := last[k]
		if before == nil {
			last[k] = d
			continue
		}
		was := before.from[0]
		switch {
		case was == m:
		case was.sent[0] < m.sent[0]:
			j.kept(d.conn, inOrder)
			last[k] = d
		case m.qos == 2 && m.released > was.released:
			// A broker that delivers at PUBREL follows the order of the PUBRELs.
		default:
			j.broken(d.conn, d.event, inOrder, fmt.Sprintf("%q before %q, as they were published", short(m.payload), short(was.payload)), "%s", d.Publish)
			last[k] = d
		}
	}
}

// single says that one filter of the session, not a shared one, may have brought
// what came on the topic until the event.
func (s *session) single(topic string, event int) bool {
	filter := ""
	for _, sub := range s.matching(topic) {
		if sub.asked > event || sub.refused {
			continue
		}
		if sub.group != "" || (filter != "" && filter != sub.filter) {
			return false
		}
		filter = sub.filter
	}
	return filter != ""
}

// orderAgain judges in 3.1.1 that what is sent again on a resumed connection
// keeps its order (4.6: the rules for the Client bind the Server too). In 5.0
// they do not.
func (j *judge) orderAgain(s *session) {
	if s.conns[0].version != spec.V311 {
		return
	}
	for _, c := range s.conns[1:] {
		last := -1
		for _, i := range c.events {
			d := j.byEvent[i]
			if d == nil || !d.repeat || d.stale || c.broken < i || d.parcel.acked < i {
				continue
			}
			first := d.parcel.sent[0]
			if first.conn == c || !j.firstOn(d, c) {
				continue
			}
			if first.event < last {
				j.broken(c, i, inOrder, "what is sent again in the order in which it was sent first", "%s", d.Publish)
			} else {
				j.kept(c, inOrder)
			}
			last = max(last, first.event)
		}
	}
}

// firstOn says that the delivery is the first of its parcel on the connection.
func (j *judge) firstOn(d *delivery, c *conn) bool {
	for _, e := range d.parcel.sent {
		if e.conn == c {
			return e == d
		}
	}
	return false
}

func short(payload string) string {
	const most = 40
	if len(payload) > most {
		return payload[:most] + "..."
	}
	return payload
}

// expires says whether the message has a Message Expiry Interval.
func expires(m *message) bool {
	_, ok := m.props.Find(codec.MessageExpiryInterval)
	return ok
}
