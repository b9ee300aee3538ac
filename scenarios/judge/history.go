package judge

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// The directions of a packet, seen from the client.
const (
	in  = result.In
	out = result.Out
)

// history is what a trace tells, as far as it is certain, of connections,
// sessions, subscriptions, messages and deliveries.
type history struct {
	trace result.Trace
	to    int // the end of the part of the trace that it was made of

	conns    []*conn
	byNumber map[int]*conn
	all      []*session
	sessions map[string]*session // the last one of each client identifier
	asking   map[string][]*conn  // CONNECTs with the client identifier so far

	messages   []*message
	contents   map[content][]*message
	topics     map[string][]*message // topics on which the clients publish
	deliveries []*delivery
	parcels    map[int]*parcel   // by the events of their transmissions
	byEvent    map[int]*delivery // the deliveries
}

// read makes the history of the events from one to another, without those of
// connections that were opened before.
func read(trace result.Trace, from, to int, before map[int]bool) *history {
	h := &history{
		trace: trace, to: to, byNumber: map[int]*conn{}, sessions: map[string]*session{}, asking: map[string][]*conn{},
		contents: map[content][]*message{}, topics: map[string][]*message{}, parcels: map[int]*parcel{},
		byEvent: map[int]*delivery{},
	}
	for i := from; i < to; i++ {
		e := &trace[i]
		if e.Conn == 0 || before[e.Conn] {
			continue
		}
		c := h.byNumber[e.Conn]
		if c == nil {
			c = newConn(e.Conn, e.Version)
			h.byNumber[e.Conn] = c
			h.conns = append(h.conns, c)
		}
		// The answer to a CONNECT decides how all before it is read.
		if p, ok := e.Packet.(*codec.Connack); ok && e.Dir == in && c.connack == nil {
			c.connack, c.connackAt = p, i
		}
	}
	for i := from; i < to; i++ {
		e := &trace[i]
		c := h.byNumber[e.Conn]
		if c == nil {
			continue
		}
		switch e.Dir {
		case out:
			c.events = append(c.events, i)
			h.sent(c, e, i)
		case in:
			c.events = append(c.events, i)
			if e.Packet != nil && !c.foreign {
				h.got(c, e.Packet, i)
			}
		case result.Close:
			c.ended, c.ours = i, e.ClosedByUs()
		}
	}
	for _, d := range h.deliveries {
		d.from = h.contents[d.content]
		for _, m := range d.from {
			m.deliveries = append(m.deliveries, d)
		}
	}
	return h
}

// at gives the time of an event; that of the last one for never.
func (h *history) at(event int) time.Duration {
	if event >= h.to {
		event = h.to - 1
	}
	return h.trace[event].At
}

// sent reads a packet of the client.
func (h *history) sent(c *conn, e *result.Event, i int) {
	if len(e.Violations) > 0 || e.Packet == nil || h.misplaced(c, e.Packet) || c.tooLarge(e) {
		c.breaks(i)
	}
	c.wrote(e.Packet, i)
	switch p := e.Packet.(type) {
	case *codec.Connect:
		if c.connect == nil {
			c.connect, c.connectAt = p, i
			// A packet that was read has the protocol name; else level 0 is that of the version.
			c.foreign = (p.Level != byte(c.version) && (p.Level != 0 || p.Protocol != nil)) ||
				(p.Protocol != nil && p.Protocol.String() != protocolName(c.version))
			h.connecting(c)
			h.willOf(c)
		}
	case *codec.Publish:
		h.publish(c, p, i)
	case *codec.Pubrel:
		h.release(c, p, i)
	case *codec.Subscribe:
		h.subscribe(c, p, i)
	case *codec.Unsubscribe:
		h.unsubscribe(c, p, i)
	case *codec.Puback:
		h.acknowledge(c, 1, &p.Ack, i)
	case *codec.Pubrec:
		h.receive(c, &p.Ack, i)
	case *codec.Pubcomp:
		h.acknowledge(c, 2, &p.Ack, i)
	case *codec.Disconnect:
		if c.disconnect == nil {
			c.disconnect, c.disconnectAt = p, i
		}
	}
}

// tooLarge says that the packet is larger than the broker accepts (3.2.2.3.6).
func (c *conn) tooLarge(e *result.Event) bool {
	if c.connack == nil {
		return false
	}
	most := c.connack.Properties.Int(codec.MaximumPacketSize, 0)
	return most > 0 && len(e.Data)+e.Cut > int(most)
}

// misplaced says whether the packet breaks the protocol by the place where the
// client sends it.
func (h *history) misplaced(c *conn, p codec.Packet) bool {
	if c.disconnect != nil {
		return true
	}
	switch p := p.(type) {
	case *codec.Connect:
		return c.connect != nil
	case *codec.Connack, *codec.Suback, *codec.Unsuback, *codec.Pingresp:
		return true
	case *codec.Publish:
		if c.connack != nil && c.connack.Properties != nil {
			if uint32(p.QoS) > c.connack.Properties.Int(codec.MaximumQoS, 2) ||
				(p.Retain && c.connack.Properties.Int(codec.RetainAvailable, 1) == 0) {
				return true
			}
		}
		if alias, ok := p.Properties.Find(codec.TopicAlias); ok {
			most := uint32(0)
			if c.connack != nil {
				most = c.connack.Properties.Int(codec.TopicAliasMaximum, 0)
			}
			if alias.Int > most || (len(p.Topic) == 0 && c.aliasesOut[alias.Int] == "") {
				return true
			}
		}
	case *codec.Disconnect:
		// An interval in DISCONNECT where CONNECT had none is a Protocol Error
		// (3.14.2.2.2).
		if c.connect != nil && c.connect.Properties.Int(codec.SessionExpiryInterval, 0) == 0 &&
			p.Properties.Int(codec.SessionExpiryInterval, 0) > 0 {
			return true
		}
	}
	return c.connect == nil
}

// got reads a packet of the broker.
func (h *history) got(c *conn, p codec.Packet, i int) {
	c.answered(p, i)
	switch p := p.(type) {
	case *codec.Publish:
		h.deliver(c, p, i)
	case *codec.Puback:
		h.taken(c, 1, &p.Ack, i)
	case *codec.Pubrec:
		h.taken(c, 2, &p.Ack, i)
	case *codec.Pubcomp:
		h.completed(c, p.PacketID, i)
	case *codec.Pubrel:
		if c.session != nil {
			if q := c.session.parcels[p.PacketID]; q != nil {
				q.releases = append(q.releases, i)
			}
		}
	case *codec.Suback:
		h.subscribed(c, p, i)
	case *codec.Unsuback:
		h.unsubscribed(c, p, i)
	}
}
