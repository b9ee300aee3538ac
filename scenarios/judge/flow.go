package judge

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// The rules of identifiers and of the exchanges of QoS 1 and 2.
var (
	unusedID    = rule{"MQTT-2.3.1-4", "MQTT-2.2.1-4"}
	sameID      = rule{"MQTT-2.3.1-6", "MQTT-2.2.1-5"}
	sameIDAck   = rule{"MQTT-2.3.1-7", "MQTT-2.2.1-6"}
	rightAnswer = both("MQTT-3.3.4-1")
)

// flows judges the packet identifiers and the exchanges, connection by
// connection in the order of the trace and over all connections of a session.
func (j *judge) flows() {
	open := map[*session]*exchanges{}
	for _, c := range j.conns {
		if c.foreign {
			continue
		}
		// What a client sent on an earlier connection of the session may still be
		// answered.
		x := open[c.session]
		if c.session == nil || x == nil {
			x = newExchanges(c.session == nil || c.session.known)
			open[c.session] = x
		}
		x.resumed = c.resumed
		j.answers(c, x)
	}
	for _, s := range j.all {
		for _, q := range s.all {
			j.parcelFlow(q)
		}
		j.again(s)
	}
}

// exchanges counts what a client has sent and the broker has not answered.
type exchanges struct {
	known, resumed bool
	// published counts PUBLISHes without an answer, by QoS.
	published map[byte]map[uint16]int
	// released has for each PUBREL without an answer how many PUBLISHes of QoS 2 came
	// before it and are still open: those it ends.
	released     map[uint16][]int
	subscribes   map[uint16][][]byte // of each SUBSCRIBE, the QoS asked for each filter
	unsubscribes map[uint16][]int    // of each UNSUBSCRIBE, how many filters
	pubrels      map[uint16]int      // of the broker, less the PUBRECs of the client
}

func newExchanges(known bool) *exchanges {
	return &exchanges{known: known,
		published: map[byte]map[uint16]int{1: {}, 2: {}}, released: map[uint16][]int{},
	}
}

// answers judges the answers of the broker on a connection to what its client
// has sent.
func (j *judge) answers(c *conn, x *exchanges) {
	x.subscribes, x.unsubscribes, x.pubrels = map[uint16][][]byte{}, map[uint16][]int{}, map[uint16]int{}
	for _, i := range c.events {
		e := &j.trace[i]
		if e.Dir == out {
			x.sent(e.Packet)
			continue
		}
		if c.broken < i {
			continue // a client's error leaves open what it has asked for
		}
		switch p := e.Packet.(type) {
		case *codec.Puback:
			j.answersPublish(c, x, i, 1, p.PacketID, "PUBACK")
			x.forget(1, p.PacketID)
		case *codec.Pubrec:
			j.answersPublish(c, x, i, 2, p.PacketID, "PUBREC")
			// Until PUBCOMP a repeated PUBLISH gets a PUBREC again.
			if p.Code >= 0x80 {
				x.forget(2, p.PacketID)
			}
		case *codec.Pubcomp:
			if len(x.released[p.PacketID]) > 0 {
				j.kept(c, rule{"MQTT-4.3.3-2", "MQTT-4.3.3-11"})
				x.complete(p.PacketID)
			} else {
				if x.known && !x.resumed {
					j.broken(c, i, rule{"MQTT-4.3.3-2", "MQTT-2.2.1-5"}, "an identifier that a PUBREL used", "PUBCOMP %d", p.PacketID)
				}
				delete(x.published[2], p.PacketID)
			}
		case *codec.Pubrel:
			j.pubrel(c, i, p.PacketID)
		case *codec.Suback:
			j.suback(c, x, i, p)
		case *codec.Unsuback:
			j.unsuback(c, x, i, p)
		}
	}
	j.unanswered(c)
}

func (x *exchanges) sent(p codec.Packet) {
	switch p := p.(type) {
	case *codec.Publish:
		if p.QoS == 1 || p.QoS == 2 {
			x.published[p.QoS][p.PacketID]++
		}
	case *codec.Pubrel:
		x.released[p.PacketID] = append(x.released[p.PacketID], x.published[2][p.PacketID])
	case *codec.Pubrec:
		x.pubrels[p.PacketID]--
	case *codec.Subscribe:
		asked := make([]byte, len(p.Subscriptions))
		for i, s := range p.Subscriptions {
			asked[i] = s.QoS
		}
		x.subscribes[p.PacketID] = append(x.subscribes[p.PacketID], asked)
	case *codec.Unsubscribe:
		x.unsubscribes[p.PacketID] = append(x.unsubscribes[p.PacketID], len(p.Filters))
	}
}

// complete notes the PUBCOMP for the oldest PUBREL. A PUBLISH that was sent behind the
// PUBREL is another message, whose PUBREC is still to come.
func (x *exchanges) complete(id uint16) {
	ended, rest := x.released[id][0], x.released[id][1:]
	for i := range rest {
		rest[i] = max(0, rest[i]-ended)
	}
	x.released[id] = rest
	if x.published[2][id] -= ended; x.published[2][id] <= 0 {
		delete(x.published[2], id)
	}
}

func (x *exchanges) forget(qos byte, id uint16) {
	if x.published[qos][id]--; x.published[qos][id] <= 0 {
		delete(x.published[qos], id)
	}
}

// answersPublish judges a PUBACK or PUBREC.
func (j *judge) answersPublish(c *conn, x *exchanges, i int, qos byte, id uint16, name string) {
	switch {
	case x.published[qos][id] > 0:
		j.kept(c, sameID)
		j.kept(c, rightAnswer)
	case x.published[3-qos][id] > 0:
		j.broken(c, i, rightAnswer, fmt.Sprintf("the answer to a PUBLISH of QoS %d", 3-qos), "%s %d", name, id)
	case x.resumed || !x.known: // of what was sent before
	default:
		j.broken(c, i, sameID, fmt.Sprintf("an identifier that a PUBLISH of QoS %d used", qos), "%s %d", name, id)
	}
}

// pubrel judges a PUBREL of the broker: the client has answered PUBREC, and it
// comes once on a connection (it is sent again only when a session is resumed;
// 3.1.1 does not forbid it at other times).
func (j *judge) pubrel(c *conn, i int, id uint16) {
	s := c.session
	if s == nil || !s.firm() || s.last() != c {
		return
	}
	q := j.released(s, id, i)
	if q == nil {
		j.broken(c, i, sameID, "the identifier of a QoS 2 PUBLISH that the client has answered by PUBREC", "PUBREL %d", id)
		return
	}
	before := 0
	for _, e := range q.releases {
		if e < i && j.trace[e].Conn == c.number {
			before++
		}
	}
	recs := 0
	for _, e := range q.recs {
		if e < i && j.trace[e].Conn == c.number {
			recs++
		}
	}
	if c.version == spec.V5 && before > 0 && before+1 > recs {
		j.broken(c, i, both("MQTT-4.4.0-1"), "no PUBREL sent again on a live connection", "PUBREL %d", id)
		return
	}
	j.kept(c, sameID)
	j.kept(c, rule{"MQTT-4.3.3-1", "MQTT-4.3.3-4"})
}

// released gives the parcel that a PUBREL of the broker at the event is for; nil
// if the client has never answered PUBREC under the identifier.
func (j *judge) released(s *session, id uint16, event int) *parcel {
	var found *parcel
	for _, q := range s.all {
		if q.id == id && q.qos == 2 && q.sent[0].event < event && len(q.recs) > 0 && q.recs[0] < event {
			found = q
		}
	}
	return found
}

func (j *judge) suback(c *conn, x *exchanges, i int, p *codec.Suback) {
	open := x.subscribes[p.PacketID]
	if len(open) == 0 {
		j.broken(c, i, sameIDAck, "an identifier that a SUBSCRIBE used", "SUBACK %d", p.PacketID)
		return
	}
	j.kept(c, sameIDAck)
	j.kept(c, both("MQTT-3.8.4-2"))
	asked := open[0]
	x.subscribes[p.PacketID] = open[1:]
	one := rule{"MQTT-3.8.4-5", "MQTT-3.8.4-6"}
	if len(p.Codes) != len(asked) {
		j.broken(c, i, one, fmt.Sprintf("one code for each of %d filters", len(asked)), "%d codes", len(p.Codes))
		return
	}
	j.kept(c, one)
	granted := rule{"MQTT-3.8.4-5", "MQTT-3.8.4-7"}
	for k, code := range p.Codes {
		if code <= 2 && code > asked[k] {
			j.broken(c, i, granted, fmt.Sprintf("the QoS granted for filter %d, at most %d", k+1, asked[k]), "QoS %d", code)
		} else {
			j.kept(c, granted)
		}
	}
}

func (j *judge) unsuback(c *conn, x *exchanges, i int, p *codec.Unsuback) {
	open := x.unsubscribes[p.PacketID]
	if len(open) == 0 {
		j.broken(c, i, sameIDAck, "an identifier that an UNSUBSCRIBE used", "UNSUBACK %d", p.PacketID)
		return
	}
	j.kept(c, sameIDAck)
	n := open[0]
	x.unsubscribes[p.PacketID] = open[1:]
	if c.version != spec.V5 {
		return
	}
	if r := only5("MQTT-3.11.3-1"); len(p.Codes) != n {
		j.broken(c, i, r, fmt.Sprintf("one code for each of %d filters", n), "%d codes", len(p.Codes))
	} else {
		j.kept(c, r)
	}
}
