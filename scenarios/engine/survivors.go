package engine

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// Survivor is a client whose connection the broker did not close, though the
// client had done something wrong on it.
type Survivor struct {
	*Client
	// Instead says what was seen in place of the close.
	Instead string
	// Event is what the client did wrong: the last that it sent before.
	Event int
}

// Survivors waits until the broker has closed the connections of clients that did
// something wrong on them, for all at once, and gives those that stay open or
// were accepted. It is ExpectClosed and ExpectRefused for many, and judges nothing:
// see ObserveClose. At the end of the scenario the broker must be seen alive for others.
func (t *T) Survivors(clients ...*Client) (alive []Survivor) {
	t.proveAlive()
	wrong := map[*Client]int{}
	t.rec.locked(func() {
		for _, c := range clients {
			wrong[c] = c.wire.sent
		}
	})
	established := func(c *Client) bool { return c.Connack != nil && c.Connack.Code == 0 }
	asked, answers := map[*Client]bool{}, map[*Client]bool{}
	accepted := map[*Client]codec.Packet{}
	// ended says whether all is known of each client: closed, or served.
	ended := func() (all bool) {
		all = true
		for _, c := range clients {
			if asked[c] && !answers[c] {
				_, answers[c] = c.Taken(isPingresp)
			}
			if p, ok := c.Taken(accepts); ok {
				accepted[c] = p
			}
			all = all && (c.isClosed() || answers[c] || accepted[c] != nil)
		}
		return all
	}
	if !t.await(t.timeouts.CarriesOn, ended) {
		for _, c := range clients {
			// A broker that answers has gone on past the error; asking spares waiting
			// for the whole deadline.
			if established(c) && !c.isClosed() {
				last := c.wire.lastSent
				c.Send(&codec.Pingreq{})
				c.wire.lastSent, asked[c] = last, true
			}
		}
		t.await(t.timeouts.Answer, ended)
		t.await(2*t.timeouts.CarriesOn, func() bool { return t.allClosed(clients) })
	}
	for _, c := range clients {
		switch {
		case accepted[c] != nil:
			alive = append(alive, Survivor{c, fmt.Sprintf("it is accepted: %s", accepted[c]), wrong[c]})
		case !c.isClosed() && answers[c]:
			alive = append(alive, Survivor{c, "it stays open and a PINGREQ after it is answered", wrong[c]})
		case !c.isClosed():
			alive = append(alive, Survivor{c, "it stays open: " + c.instead(t.timeouts.Answer), wrong[c]})
		}
	}
	return alive
}

// ObserveClose notes how the connection of a client was closed that had done
// something wrong on it. In 5.0 a DISCONNECT should come first on an established
// connection: its absence is a warning beside the matter of the scenario.
func (c *Client) ObserveClose() {
	if c.Connack != nil && c.Connack.Code == 0 {
		// Behind a DISCONNECT, even a wrong one, the close may be what it asked for.
		c.observeClose(c.wire.lastSent != codec.CONNECT && c.wire.lastSent != codec.DISCONNECT)
	}
}

func accepts(p codec.Packet) bool {
	connack, is := p.(*codec.Connack)
	return is && connack.Code == 0
}

func (t *T) allClosed(clients []*Client) bool {
	for _, c := range clients {
		if !c.isClosed() {
			return false
		}
	}
	return true
}
