package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// take waits for a packet in the inbox that match accepts and takes it out.
func (c *Client) take(limit time.Duration, match func(codec.Packet) bool) (*received, bool) {
	var found *received
	c.t.await(limit, func() bool {
		over := false
		c.t.rec.locked(func() {
			for _, r := range c.wire.inbox {
				if !r.taken && match(r.packet) {
					r.taken, found = true, r
					return
				}
			}
			over = c.wire.closed != ""
		})
		return found != nil || over
	})
	return found, found != nil
}

// instead says what the client saw in place of what it waited for.
func (c *Client) instead(limit time.Duration) string {
	var seen []string
	closed := ""
	c.t.rec.locked(func() {
		for _, r := range c.wire.inbox {
			if !r.taken {
				seen = append(seen, r.packet.String())
			}
		}
		closed = c.wire.closed
	})
	const most = 4
	if n := len(seen); n > most {
		seen = append(seen[:most], fmt.Sprintf("%d more", n-most))
	}
	got := "nothing"
	if len(seen) > 0 {
		got = "only " + strings.Join(seen, ", ")
	}
	if closed != "" {
		if silent, allowed := c.silence(); silent >= allowed {
			c.t.end(tardy{c.name + " had sent nothing before the broker closed its connection, which it may after 1.5 times the Keep Alive", silent, allowed})
		}
		if len(seen) == 0 {
			return "the connection was " + closed
		}
		return got + "; the connection was " + closed
	}
	return fmt.Sprintf("%s within %s", got, limit)
}

// tardy is why a scenario ended whose clients were too late for what the standard
// counts in seconds: this machine, or the broker, was too slow, and nothing that
// the broker did since then is wrong.
type tardy struct {
	what          string
	took, allowed time.Duration
}

func (e tardy) Error() string {
	return fmt.Sprintf("the machine is too slow for this: %s; it took %s, and %s were allowed; run it with less beside it",
		e.what, e.took.Round(10*time.Millisecond), e.allowed)
}

// silence gives for how long at most the client had sent nothing before the
// broker closed its connection, and how long it may be silent (3.1.2.10): for
// ever where it has no Keep Alive, or where it is not the broker that closed. What
// the client sends while the close is on its way comes too late.
func (c *Client) silence() (silent, allowed time.Duration) {
	const forever = time.Duration(math.MaxInt64)
	keepAlive := uint32(c.packet.KeepAlive)
	if c.Connack != nil {
		keepAlive = c.Connack.Properties.Int(codec.ServerKeepAlive, keepAlive)
	}
	if keepAlive == 0 || c.wire.ours {
		return 0, forever
	}
	sent, opened := time.Duration(0), false
	for _, e := range c.t.rec.snapshot() {
		switch {
		case e.Conn != c.wire.number:
		case e.Dir == result.Out:
			if opened {
				silent = max(silent, e.At-sent)
			}
			sent, opened = e.At, true
		case e.Dir == result.Close:
			return max(silent, e.At-sent), time.Duration(keepAlive) * 1500 * time.Millisecond
		}
	}
	return 0, forever
}

// expect waits for a packet of the Go type P that match accepts; without it
// the scenario ends with a finding on refs.
func expect[P codec.Packet](c *Client, refs []spec.Ref, what string, match func(P) bool) P {
	r, ok := c.take(c.t.timeouts.Answer, func(p codec.Packet) bool {
		typed, ok := p.(P)
		return ok && (match == nil || match(typed))
	})
	if !ok {
		c.t.failOn(refs, what+" to "+c.name, c.instead(c.t.timeouts.Answer), -1)
	}
	return r.packet.(P)
}

// ExpectConnack awaits a CONNACK, whatever it says.
func (c *Client) ExpectConnack() *codec.Connack {
	c.Connack = expect[*codec.Connack](c, c.t.cites(), "a CONNACK", nil)
	return c.Connack
}

// awaitConnack is ExpectConnack for the helpers, which cite their own requirement.
func (c *Client) awaitConnack() *codec.Connack {
	c.Connack = expect[*codec.Connack](c, c.on(refsConnect), "a CONNACK", nil)
	return c.Connack
}

// ExpectPuback awaits the PUBACK with the identifier.
func (c *Client) ExpectPuback(id uint16) *codec.Puback {
	return expect(c, c.t.cites(), fmt.Sprintf("PUBACK %d", id), func(p *codec.Puback) bool { return p.PacketID == id })
}

// ExpectPubrec awaits the PUBREC with the identifier.
func (c *Client) ExpectPubrec(id uint16) *codec.Pubrec {
	return expect(c, c.t.cites(), fmt.Sprintf("PUBREC %d", id), func(p *codec.Pubrec) bool { return p.PacketID == id })
}

// ExpectPubrel awaits the PUBREL with the identifier.
func (c *Client) ExpectPubrel(id uint16) *codec.Pubrel {
	return expect(c, c.t.cites(), fmt.Sprintf("PUBREL %d", id), func(p *codec.Pubrel) bool { return p.PacketID == id })
}

// ExpectPubcomp awaits the PUBCOMP with the identifier.
func (c *Client) ExpectPubcomp(id uint16) *codec.Pubcomp {
	return expect(c, c.t.cites(), fmt.Sprintf("PUBCOMP %d", id), func(p *codec.Pubcomp) bool { return p.PacketID == id })
}

// ExpectSuback awaits the SUBACK with the identifier.
func (c *Client) ExpectSuback(id uint16) *codec.Suback {
	return expect(c, c.t.cites(), fmt.Sprintf("SUBACK %d", id), func(p *codec.Suback) bool { return p.PacketID == id })
}

// ExpectUnsuback awaits the UNSUBACK with the identifier.
func (c *Client) ExpectUnsuback(id uint16) *codec.Unsuback {
	return expect(c, c.t.cites(), fmt.Sprintf("UNSUBACK %d", id), func(p *codec.Unsuback) bool { return p.PacketID == id })
}

// ExpectPingresp awaits a PINGRESP.
func (c *Client) ExpectPingresp() { expect[*codec.Pingresp](c, c.t.cites(), "PINGRESP", nil) }

// ExpectDisconnect awaits the broker's DISCONNECT (5.0).
func (c *Client) ExpectDisconnect() *codec.Disconnect {
	return expect[*codec.Disconnect](c, c.t.cites(), "DISCONNECT", nil)
}

// Sync sends PINGREQ and awaits PINGRESP: all that the client sent before was
// read by the broker. It says nothing about the routing of messages.
func (c *Client) Sync() {
	c.Send(&codec.Pingreq{})
	expect[*codec.Pingresp](c, c.on(refsPing), "PINGRESP", nil)
}

// Taken reports a packet that has already come and that match accepts, without
// waiting, and takes it out of the inbox.
func (c *Client) Taken(match func(codec.Packet) bool) (codec.Packet, bool) {
	r, ok := c.take(0, match)
	if !ok {
		return nil, false
	}
	return r.packet, true
}

// ExpectClosed expects the broker to close the connection because of what the
// client did wrong on it. The close is the demand; what is sent before it is
// observed. In 5.0 a DISCONNECT should come first on an established
// connection: its absence is a warning beside the matter of the scenario. At
// the end of the scenario the broker must be seen alive for others.
func (c *Client) ExpectClosed() {
	c.t.proveAlive()
	// A broker that answers a later PINGREQ has gone on past the error; asking
	// spares waiting for the whole deadline, and proves more.
	established := c.Connack != nil && c.Connack.Code == 0
	// A DISCONNECT should go before the close for an error in any packet but a
	// CONNECT (5.0, 4.13.1).
	owed := established && c.wire.lastSent != codec.CONNECT
	if !c.t.await(c.t.timeouts.CarriesOn, c.isClosed) {
		if established {
			c.Send(&codec.Pingreq{})
			if _, ok := c.take(c.t.timeouts.Answer, isPingresp); ok && !c.t.await(2*c.t.timeouts.CarriesOn, c.isClosed) {
				c.t.Fail("the broker closes the connection of "+c.name, "it stays open and a PINGREQ after it is answered", -1)
			}
		}
		if !c.t.await(c.t.timeouts.Answer, c.isClosed) {
			c.t.Fail("the broker closes the connection of "+c.name, "it stays open: "+c.instead(c.t.timeouts.Answer), -1)
		}
	}
	c.observeClose(owed)
}

// ExpectClosedWithin expects the close for a reason that is not an error on the
// wire (a takeover, a keep alive) within the limit.
func (c *Client) ExpectClosedWithin(limit time.Duration) {
	if !c.t.await(limit, c.isClosed) {
		c.t.Fail(fmt.Sprintf("the broker closes the connection of %s within %s", c.name, limit),
			"it stays open: "+c.instead(limit), -1)
	}
}

func (c *Client) observeClose(disconnectOwed bool) {
	var how string
	c.t.rec.locked(func() { how = c.wire.closed })
	if c.version != spec.V5 {
		c.t.Observe("close", "%s", how)
		return
	}
	p, ok := c.Taken(func(p codec.Packet) bool { _, is := p.(*codec.Disconnect); return is })
	if ok {
		c.t.Observe("close", "DISCONNECT 0x%02X, then %s", p.(*codec.Disconnect).Code, how)
		return
	}
	c.t.Observe("close", "%s, no DISCONNECT", how)
	if disconnectOwed {
		c.t.Warn([]spec.Ref{{Version: spec.V5, ID: "U5-4.13.1-u2"}},
			"a DISCONNECT with a Reason Code before the close", "the connection was "+how+" without one")
	}
}

// ExpectRefused expects that a CONNECT is not served: the connection is closed
// and no CONNACK with code 0 comes. Which refusing CONNACK came, if any, is
// returned (nil for none): 5.0 allows one or none, 3.1.1 differs by case.
func (c *Client) ExpectRefused() *codec.Connack {
	c.t.proveAlive()
	var connack *codec.Connack
	if r, ok := c.take(c.t.timeouts.Answer, isConnack); ok {
		connack = r.packet.(*codec.Connack)
		if connack.Code == 0 {
			c.Connack = connack
			c.t.Fail("the CONNECT of "+c.name+" is refused", "it is accepted: "+connack.String(), r.event)
		}
	}
	if !c.t.await(c.t.timeouts.Answer, c.isClosed) {
		c.t.Fail("the broker closes the connection of "+c.name, "it stays open: "+c.instead(c.t.timeouts.Answer), -1)
	}
	if connack != nil {
		c.t.Observe("refusal", "CONNACK 0x%02X", connack.Code)
	} else {
		c.t.Observe("refusal", "closed without CONNACK")
	}
	return connack
}

// RefusesSilently reports, without judging, that the answer to a CONNECT is the
// close alone. 5.0 allows that wherever it allows to refuse (3.1.4, 4.13.1), and
// 3.1.1 for a failed login (3.1.4). What came before the close is left for an
// expectation.
func (c *Client) RefusesSilently() bool {
	var answered, closed bool
	c.t.await(c.t.timeouts.Answer, func() bool {
		c.t.rec.locked(func() {
			answered = slices.ContainsFunc(c.wire.inbox, func(r *received) bool { return !r.taken })
			closed = c.wire.closed != ""
		})
		return answered || closed
	})
	return closed && !answered
}

// StillOpen expects that the connection is alive: PINGREQ is answered.
func (c *Client) StillOpen() {
	c.Send(&codec.Pingreq{})
	expect[*codec.Pingresp](c, c.t.cites(), "the connection stays open and PINGRESP comes", nil)
}

// CarriesOn reports, without judging, whether the connection survives what was
// just sent: true when a PINGREQ is answered, false when it was closed.
func (c *Client) CarriesOn() bool {
	c.t.proveAlive()
	c.Send(&codec.Pingreq{})
	_, ok := c.take(c.t.timeouts.Answer, isPingresp)
	return ok
}

func isPingresp(p codec.Packet) bool { _, ok := p.(*codec.Pingresp); return ok }
func isConnack(p codec.Packet) bool  { _, ok := p.(*codec.Connack); return ok }

// proveAlive makes the executor show, after the scenario, that the broker
// still serves others.
func (t *T) proveAlive() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.negative = true
}
