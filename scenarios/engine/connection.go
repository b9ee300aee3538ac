package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Speaks asks the broker, beside the trace, whether it accepts a plain CONNECT
// of the version. It is for scenarios in which another version matters.
func (t *T) Speaks(v spec.Version) bool {
	g, err := greet(t.ctx, t.target, v, t.ClientID(), t.timeouts.Answer)
	return err == nil && g.refused == ""
}

// ExpectPacket awaits the next packet of any type that no expectation has
// taken.
func (c *Client) ExpectPacket() codec.Packet {
	return expect[codec.Packet](c, c.t.cites(), "a packet", nil)
}

// AnswerWithin gives the next packet that no expectation has taken, without
// judging; nil if none comes within the limit or before the close.
func (c *Client) AnswerWithin(limit time.Duration) codec.Packet {
	r, ok := c.take(limit, func(codec.Packet) bool { return true })
	if !ok {
		return nil
	}
	return r.packet
}

// ExpectNotServed expects only that a CONNECT is not accepted: refused, closed
// or left without an answer, which is observed. It is for the cases in which
// the standard does not demand the close.
func (c *Client) ExpectNotServed() {
	c.t.proveAlive()
	r, ok := c.take(2*c.t.timeouts.CarriesOn, isConnack)
	switch {
	case ok && r.packet.(*codec.Connack).Code == 0:
		c.Connack = r.packet.(*codec.Connack)
		c.t.Fail("the CONNECT of "+c.name+" is not accepted", "it is accepted: "+c.Connack.String(), r.event)
	case ok:
		c.t.Observe("refusal", "CONNACK 0x%02X", r.packet.(*codec.Connack).Code)
	case c.isClosed():
		c.t.Observe("refusal", "closed without CONNACK")
	default:
		c.t.Observe("refusal", "no answer")
	}
}

// AnsweredOrClosed awaits a packet that match accepts, or the close, whichever
// comes first, and says whether either came in time.
func (c *Client) AnsweredOrClosed(match func(codec.Packet) bool) bool {
	_, ok := c.take(c.t.timeouts.Answer, match)
	return ok || c.isClosed()
}

// ClosedWithin reports, without judging, whether the broker closes the
// connection within the limit.
func (c *Client) ClosedWithin(limit time.Duration) bool { return c.t.await(limit, c.isClosed) }

// AwaitClosed waits until n of the connections are closed, or for what the
// broker may take for an answer, and gives the clients whose connections are
// open then.
func (t *T) AwaitClosed(n int, clients ...*Client) (open []*Client) {
	t.await(t.timeouts.Answer, func() bool {
		open = nil
		for _, c := range clients {
			if !c.isClosed() {
				open = append(open, c)
			}
		}
		return len(clients)-len(open) >= n
	})
	return open
}

// SendTogether sends packets in one write, as a client may that does not wait
// for answers: mostly they reach the broker in one TCP segment.
func (c *Client) SendTogether(packets ...codec.Packet) {
	frames := make([][]byte, len(packets))
	for i, p := range packets {
		data, err := p.Append(nil, c.version)
		if err != nil {
			c.t.end(err)
		}
		frames[i] = data
	}
	c.SendFrames(frames...)
}

// SendFrames is SendTogether for packets in bytes, of which some may be broken.
func (c *Client) SendFrames(frames ...[]byte) {
	for _, data := range frames {
		sent, violations := codec.Inspect(data, c.version, codec.FromClient)
		text := fmt.Sprintf("%d raw bytes", len(data))
		if sent != nil {
			text = sent.String()
		}
		if len(violations) > 0 {
			c.t.accused = c.t.cites()
		}
		c.t.rec.add(result.Event{
			Client: c.name, Conn: c.wire.number, Dir: result.Out, Data: c.t.secrets.Mask(data),
			Text: text, Packet: sent, Version: c.version, Violations: violations,
		}, func(i int) { c.wire.sent = i })
		c.wire.lastSent = codec.Type(data[0] >> 4)
	}
	c.wire.put(slices.Concat(frames...))
}

// SendInPieces sends a packet in writes of size bytes each, in as many TCP
// segments.
func (c *Client) SendInPieces(p codec.Packet, size int) {
	data, err := p.Append(nil, c.version)
	if err != nil {
		c.t.end(err)
	}
	sent, _ := codec.Inspect(data, c.version, codec.FromClient)
	c.t.rec.add(result.Event{
		Client: c.name, Conn: c.wire.number, Dir: result.Out, Data: c.t.secrets.Mask(data),
		Text: p.String() + " (in pieces)", Packet: sent, Version: c.version,
	}, nil)
	for len(data) > 0 {
		n := min(size, len(data))
		c.wire.put(data[:n])
		data = data[n:]
		// Apart in time, so that the segments are not joined on their way.
		c.t.Sleep(time.Millisecond)
	}
}
