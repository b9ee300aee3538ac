package judge

import (
	"github.com/mqttproof/mqttproof/codec"
)

// content is what tells one message from another when it comes: scenarios give
// each message a payload of its own. Where several have the same, a delivery may
// be any of them.
type content struct{ topic, payload string }

// message is a message that a client published, or its will.
type message struct {
	content
	qos    byte
	retain bool
	props  codec.Properties
	conn   *conn // on which it was published first; of a will the one it belongs to
	will   bool
	id     uint16

	sent     []int // each PUBLISH that carried it; none for a will
	released int   // the first PUBREL
	taken    int   // the PUBACK or PUBREC with which the broker took it
	done     int   // PUBACK, PUBCOMP or a refusing PUBREC
	refused  bool
	// doubtful says that its client had broken the protocol, or was not let in:
	// the broker need not have read it as we do.
	doubtful bool

	deliveries []*delivery // that may be this message
}

// earliest gives the event before which the broker cannot have had it. Of a will
// that is the last one at which its connection is known to have been open, or its
// CONNECT.
func (m *message) earliest() int {
	if !m.will {
		return m.sent[0]
	}
	if alive := m.conn.alive(); alive != never {
		return alive
	}
	return m.conn.connectAt
}

// passes is how often the broker may have taken it for a message of its own: at
// QoS 1 a repetition may be one (4.3.2).
func (m *message) passes() int { return max(1, len(m.sent)) }

// plain says that it was published once, by a client that kept the protocol.
func (m *message) plain() bool {
	return !m.will && !m.doubtful && !m.refused && len(m.sent) == 1
}

func (h *history) add(m *message) {
	h.messages = append(h.messages, m)
	h.contents[m.content] = append(h.contents[m.content], m)
	h.topics[m.topic] = append(h.topics[m.topic], m)
}

// publish reads a PUBLISH of the client.
func (h *history) publish(c *conn, p *codec.Publish, event int) {
	topic := string(p.Topic)
	if alias := p.Properties.Int(codec.TopicAlias, 0); alias > 0 {
		if topic == "" {
			topic = c.aliasesOut[alias]
		} else {
			c.aliasesOut[alias] = topic
		}
	}
	m := &message{
		content: content{topic, string(p.Payload)}, qos: p.QoS, retain: p.Retain, props: p.Properties, conn: c, id: p.PacketID,
		sent: []int{event}, released: never, taken: never, done: never,
		doubtful: c.broken <= event || c.session == nil || c.session.shaky,
	}
	if p.QoS > 0 && c.session != nil {
		if old := c.session.sending[p.PacketID]; old != nil && old.done == never {
			if old.content == m.content && old.qos == m.qos && old.released == never {
				old.sent = append(old.sent, event)
				old.doubtful = old.doubtful || m.doubtful
				return
			}
			// An identifier that is in use: which of them is meant by what follows
			// is not known.
			c.breaks(event)
			old.doubtful, m.doubtful = true, true
		}
		c.session.sending[p.PacketID] = m
	}
	h.add(m)
}

// release reads a PUBREL of the client.
func (h *history) release(c *conn, p *codec.Pubrel, event int) {
	if c.session == nil {
		return
	}
	if m := c.session.sending[p.PacketID]; m != nil && m.qos == 2 {
		m.released = min(m.released, event)
	}
}

// taken reads a PUBACK or PUBREC of the broker, for a message of the QoS.
func (h *history) taken(c *conn, qos byte, p *codec.Ack, event int) {
	if c.session == nil {
		return
	}
	m := c.session.sending[p.PacketID]
	if m == nil || m.qos != qos || m.done != never {
		return
	}
	if p.Code >= 0x80 {
		m.refused, m.done = true, event
		return
	}
	m.taken = min(m.taken, event)
	if qos == 1 {
		m.done = event
	}
}

// completed reads a PUBCOMP of the broker.
func (h *history) completed(c *conn, id uint16, event int) {
	if c.session == nil {
		return
	}
	if m := c.session.sending[id]; m != nil && m.qos == 2 && m.released != never {
		m.done, m.taken = min(m.done, event), min(m.taken, event)
	}
}

// willOf notes the will of a CONNECT that is accepted. One without an answer may have
// been: a client that resets its connection loses the CONNACK.
func (h *history) willOf(c *conn) {
	w := c.connect.Will
	if w == nil || c.connack != nil && !c.accepted() {
		return
	}
	h.add(&message{
		content: content{string(w.Topic), string(w.Payload)}, qos: w.QoS, retain: w.Retain, props: w.Properties,
		conn: c, will: true, released: never, taken: never, done: never, doubtful: c.broken <= c.connectAt || c.connack == nil,
	})
}
