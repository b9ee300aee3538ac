package judge

import "github.com/mqttproof/mqttproof/codec"

// delivery is a PUBLISH from the broker.
type delivery struct {
	content
	*codec.Publish
	event  int
	conn   *conn
	parcel *parcel // nil for QoS 0
	repeat bool    // an earlier PUBLISH of the parcel was read
	// stale says that it was read from a connection after the session had gone
	// over to another: it was sent before, nobody knows when.
	stale bool
	from  []*message // the messages that it may be
}

// fresh says that it is judged as the first transmission of a message.
func (d *delivery) fresh() bool {
	return !d.repeat && !d.stale && d.conn.session != nil && d.conn.broken > d.event
}

// parcel is a message of QoS 1 or 2 on its way to a session, under one Packet
// Identifier.
type parcel struct {
	id   uint16
	qos  byte
	sent []*delivery // its transmissions
	recs []int       // PUBREC of the client
	// releases are the PUBRELs of the broker.
	releases []int
	acked    int // PUBACK, PUBCOMP or a refusing PUBREC of the client
	refused  bool
	// over is the delivery that took the identifier while this was open.
	over *delivery
}

// proven says that the broker is known to have the last acknowledgement of the
// client.
func (q *parcel) proven(h *history) bool {
	if q.acked == never {
		return false
	}
	return h.byNumber[h.trace[q.acked].Conn].received(q.acked) != never
}

// deliver reads a PUBLISH of the broker.
func (h *history) deliver(c *conn, p *codec.Publish, event int) {
	topic := string(p.Topic)
	if alias := p.Properties.Int(codec.TopicAlias, 0); alias > 0 {
		if topic == "" {
			topic = c.aliasesIn[alias]
		} else {
			c.aliasesIn[alias] = topic
		}
	}
	d := &delivery{content: content{topic, string(p.Payload)}, Publish: p, event: event, conn: c}
	h.deliveries = append(h.deliveries, d)
	h.byEvent[event] = d
	s := c.session
	if s == nil {
		return
	}
	d.stale = s.last() != c
	if p.QoS == 0 || p.QoS > 2 {
		s.delivered[d.content]++
		return
	}
	q := s.parcels[p.PacketID]
	if q != nil && h.repeats(q, d) {
		d.repeat = true
	} else {
		if q != nil && q.acked == never && !d.stale {
			q.over = d
		}
		q = &parcel{id: p.PacketID, qos: p.QoS, acked: never}
		s.all = append(s.all, q)
		s.parcels[p.PacketID] = q
		s.delivered[d.content]++
	}
	d.parcel = q
	q.sent = append(q.sent, d)
	h.parcels[event] = q
}

// repeats says whether the delivery is the parcel once more.
func (h *history) repeats(q *parcel, d *delivery) bool {
	first := q.sent[0]
	if first.content != d.content || q.qos != d.QoS {
		return false
	}
	if q.acked == never {
		return true
	}
	// The identifier was free for another message, if there is one.
	return d.Dup && len(h.contents[d.content]) <= d.conn.session.delivered[d.content]
}

// acknowledge reads a PUBACK (QoS 1) or a PUBCOMP (QoS 2) of the client.
func (h *history) acknowledge(c *conn, qos byte, p *codec.Ack, event int) {
	if c.session == nil {
		return
	}
	q := c.session.parcels[p.PacketID]
	switch {
	case q == nil && qos == 2: // to a PUBREL of which it knows nothing
	case q == nil, q.qos != qos, qos == 2 && len(q.releases) == 0:
		c.breaks(event)
	default:
		q.acked = min(q.acked, event)
		q.refused = q.refused || p.Code >= 0x80
	}
}

// receive reads a PUBREC of the client.
func (h *history) receive(c *conn, p *codec.Ack, event int) {
	if c.session == nil {
		return
	}
	q := c.session.parcels[p.PacketID]
	if q == nil || q.qos != 2 || q.acked != never {
		if q == nil || q.qos != 2 {
			c.breaks(event)
		}
		return
	}
	q.recs = append(q.recs, event)
	if p.Code >= 0x80 {
		q.acked, q.refused = event, true
	}
}
