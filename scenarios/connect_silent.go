package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:    "connect.silent",
	Title: "how long a connection without a whole CONNECT lives is observed, and the broker goes on serving others",
	Why:   "connections that cost their owner nothing can take all the places that a broker has",
	// It should close them within a reasonable time, for which there is no number.
	Proves: Requirements(V311("U3-3.1.4-u2", "MQTT-3.12.4-1"), V5("U5-3.1.4-u1", "MQTT-3.12.4-1")),
	Run: func(t *T) {
		other := t.Connect(Name("other"))
		silent, half := t.Open(Name("client that says nothing")), t.Open(Name("client with half a CONNECT"))
		half.SendBroken(half.Packet(), codec.CutAt(half.Packet().Size(t.Version())/2, false))
		began, patience := t.Elapsed(), t.Timeouts().Late
		t.Step("both are closed in the end", Requirements(V311("U3-3.1.4-u2"), V5("U5-3.1.4-u1"))...)
		for i, c := range []*Client{silent, half} {
			what := []string{"connection without a byte", "connection with half a CONNECT"}[i]
			if c.ClosedWithin(max(0, began+patience-t.Elapsed())) {
				t.Observe(what, "closed within %.0f s", (t.Elapsed() - began).Seconds())
			} else {
				t.Observe(what, "open after %.0f s", patience.Seconds())
			}
		}
		t.Step("the other client is served", Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1"))...)
		other.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "connect.unfinished",
	Title:  "a CONNECT of which the end has not come yet is not accepted, wherever it stops",
	Why:    "a broker that does not wait for the rest lets a client in without its will or its password",
	Proves: connectFormat,
	// All at once.
	Connections: 100,
	Run: func(t *T) {
		full := []Option{someWill, someCredentials}
		acceptedWithoutError(t, full...)
		size := t.New(full...).Packet().Size(t.Version())
		var clients []*Client
		for n := 1; n < size; n++ {
			c := t.Open(append(full, Name(fmt.Sprintf("client with %d of %d bytes", n, size)))...)
			c.SendBroken(c.Packet(), codec.CutAt(n, false))
			clients = append(clients, c)
		}
		// Whatever comes later is missed, and nobody is accused.
		t.Connect(Name("marker")).Sync()
		t.Sleep(t.Timeouts().Settle)
		t.Step("none is accepted", connectFormat...)
		for _, c := range clients {
			if p, ok := c.Taken(isConnack); ok && p.(*codec.Connack).Code == 0 {
				t.Broken("no CONNACK that accepts before CONNECT is whole", p.String(), -1)
				return // one shows it
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.old-version",
	Title:  "whether a client of MQTT 3.1 is served beside those of later versions is observed",
	Why:    "the oldest devices speak nothing else; they need a broker that takes them, or a clear no",
	Proves: V311("U3-3.1.4-u1"),
	Run: func(t *T) {
		t.Step("a server may serve several versions", V311("U3-3.1.4-u1")...)
		c := t.Open(Name("client of 3.1"), In(spec.V31))
		c.SendConnect()
		connack, answered := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
		switch {
		case answered && connack.Code == 0:
			t.Observe("a client of MQTT 3.1", "accepted, and served: %v", c.CarriesOn())
		case answered:
			t.Observe("a client of MQTT 3.1", "refused with 0x%02X", connack.Code)
		default:
			t.Observe("a client of MQTT 3.1", "no answer")
		}
	},
})
