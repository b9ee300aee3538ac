package judge

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// parcelFlow judges one message of QoS 1 or 2 on its way to a client: its
// identifier, and when it may be sent again.
func (j *judge) parcelFlow(q *parcel) {
	first := q.sent[0]
	if first.conn.broken < first.event {
		return
	}
	if d := q.over; d != nil && d.conn.broken > d.event && j.holds(q) {
		j.broken(d.conn, d.event, unusedID, "a Packet Identifier that is not in use",
			"%s, while the message that came with %d before is not acknowledged", d.Publish, q.id)
	} else if d == nil {
		j.kept(first.conn, unusedID)
	}
	for n, d := range q.sent[1:] {
		if d.stale || d.conn.broken < d.event {
			continue
		}
		j.repeated(q, q.sent[n], d)
	}
}

// holds says that the broker must hold on to the parcel until it is
// acknowledged: one of QoS 1 that has an expiry it may give up when that is over.
func (j *judge) holds(q *parcel) bool {
	_, expires := q.sent[0].Properties.Find(codec.MessageExpiryInterval)
	return !expires
}

// repeated judges a PUBLISH that was read before, in the delivery before.
func (j *judge) repeated(q *parcel, before, d *delivery) {
	released := never // the PUBREL that the client read before
	for _, e := range q.releases {
		if e < d.event {
			released = min(released, e)
		}
	}
	switch {
	case released != never && q.acked > d.event:
		j.broken(d.conn, d.event, rule{"MQTT-4.3.3-1", "MQTT-4.3.3-6"}, "no PUBLISH sent again after its PUBREL", "%s", d.Publish)
	case before.conn == d.conn:
		if !d.Dup && q.acked > d.event {
			j.broken(d.conn, d.event, unusedID, "a Packet Identifier that is not in use", "%s", d.Publish)
		} else {
			j.broken(d.conn, d.event, only5("MQTT-4.4.0-1"), "no PUBLISH sent again on a live connection", "%s", d.Publish)
		}
	case q.acked < d.event && q.refused && q.proven(j.history):
		j.broken(d.conn, d.event, only5("MQTT-4.4.0-2"), "no PUBLISH sent again that the client has refused", "%s", d.Publish)
	case q.acked < d.event && q.proven(j.history):
		j.broken(d.conn, d.event, rule{"", "MQTT-4.4.0-1"}, "no PUBLISH sent again that the client has acknowledged", "%s", d.Publish)
	default:
		j.kept(d.conn, both("MQTT-4.4.0-1"))
	}
}

// again judges what must come again when a session is resumed (4.4): every
// PUBLISH and PUBREL that the client has read and not answered.
func (j *judge) again(s *session) {
	if !s.firm() || j.restarted {
		return
	}
	for n, c := range s.conns[1:] {
		before := s.conns[n]
		if !c.resumed || before.broken != never || c.broken != never || c.version != before.version || !j.idle(c, c.connackAt) {
			continue
		}
		for _, q := range s.all {
			if q.sent[0].event > c.connectAt || !j.holds(q) || q.acked != never || q.over != nil {
				continue
			}
			if !j.comesAgain(q, c) {
				what := fmt.Sprintf("PUBLISH %d", q.id)
				if len(q.releases) > 0 {
					what = fmt.Sprintf("PUBREL %d", q.id)
				}
				j.broken(c, j.lastOf(c), both("MQTT-4.4.0-1"), what+" again, which the client has not answered", "nothing for %s", j.patience.Delivery)
			}
		}
	}
}

// comesAgain says whether the parcel is taken up on the connection.
func (j *judge) comesAgain(q *parcel, c *conn) bool {
	for _, d := range q.sent {
		if d.conn == c {
			return true
		}
	}
	for _, e := range q.releases {
		if j.trace[e].Conn == c.number {
			return true
		}
	}
	// A PUBREL may come under an identifier that we do not count to the parcel.
	return len(q.recs) > 0 && q.qos == 2 && c.version == spec.V31
}

// lastOf gives the last packet on the connection.
func (j *judge) lastOf(c *conn) int { return c.events[len(c.events)-1] }

// idle says that the broker had the whole patience for a delivery on the
// connection, from the event on, with nothing under way and nothing else to do:
// what has not come then will not come.
func (j *judge) idle(c *conn, event int) bool {
	if j.patience.Delivery == 0 || event == never || !(c.ours || c.ended == never) {
		return false
	}
	last := event
	under := map[uint16]bool{}
	for _, i := range c.events {
		e := &j.trace[i]
		switch p := e.Packet.(type) {
		case *codec.Publish:
			last = max(last, i)
			if e.Dir == in && p.QoS > 0 {
				under[p.PacketID] = true
			}
		case *codec.Pingreq, *codec.Pingresp:
		default:
			last = max(last, i)
			if e.Dir == out {
				acknowledges(under, p)
			}
		}
	}
	return len(under) == 0 && j.open(c)-j.at(last) >= j.patience.Delivery
}

// unanswered judges that each request of the client has its answer, where the
// connection was open for as long as that may take.
func (j *judge) unanswered(c *conn) {
	if j.patience.Answer == 0 || !c.accepted() || c.broken != never || c.session.shaky {
		return
	}
	owed := func(i int, r rule, what string) {
		if i > c.connackAt && j.waited(c, i, j.patience.Answer) {
			j.broken(c, i, r, what+" in answer to "+j.trace[i].Text, "none within %s", j.patience.Answer)
		}
	}
	for _, i := range c.pings {
		owed(i, both("MQTT-3.12.4-1"), "PINGRESP")
	}
	for _, l := range c.subs {
		for _, i := range l {
			owed(i, both("MQTT-3.8.4-1"), "SUBACK")
		}
	}
	for _, l := range c.unsubs {
		for _, i := range l {
			owed(i, both("MQTT-3.10.4-4"), "UNSUBACK")
		}
	}
	for _, l := range c.publishes {
		for _, i := range l {
			owed(i, rightAnswer, "PUBACK or PUBREC")
		}
	}
	for _, l := range c.releases {
		for _, i := range l {
			owed(i, rule{"MQTT-4.3.3-2", "MQTT-4.3.3-11"}, "PUBCOMP")
		}
	}
}
