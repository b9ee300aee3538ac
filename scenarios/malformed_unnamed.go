package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/matrix"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "malformed.no-local-on-shared",
	Title:  "a SUBSCRIBE with No Local on a Shared Subscription ends the connection",
	Why:    "a message that nobody in the group may have but its sender would be lost",
	Proves: V5("MQTT-4.13.1-1", "MQTT-3.8.3-4"),
	Needs:  []Feature{Shared},
	Run: func(t *T) {
		c := t.Connect()
		t.Step("No Local with $share", V5("MQTT-4.13.1-1")...)
		t.Because(V5("MQTT-3.8.3-4")...)
		s := codec.Subscription{Filter: codec.Text("$share/group/" + t.Topic("a")), NoLocal: true}
		c.Send(&codec.Subscribe{PacketID: c.NextID(), Subscriptions: []codec.Subscription{s}})
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "malformed.unfinished",
	Title:  "a PUBLISH of which the connection ends before its last byte reaches nobody",
	Why:    "half a message is a wrong message: the receiver cannot tell that the rest is missing",
	Proves: Requirements(V311("U3-2.2.3-u2"), V5("U5-2.1.4-u2")),
	Run: func(t *T) {
		topic := t.Topic("a")
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 0)
		for left := range 3 {
			c := t.Connect(Name(fmt.Sprintf("client that leaves %d bytes out", left+1)))
			p := message(topic, "a message", 0, 0)
			c.SendBroken(p, codec.CutAt(p.Size(t.Version())-1-left, false))
			c.Drop()
		}
		t.Step("nothing comes of the packets that are not whole", Requirements(V311("U3-2.2.3-u2"), V5("U5-2.1.4-u2"))...)
		sub.ExpectNothing(t.Connect(Name("marker")))
	},
})

// mostUnnamed is how many cases of one packet and kind are sent.
const mostUnnamed = 3

// unnamedCases are errors of clients for which the standard names no reaction.
// Topics and filters with wildcards in a wrong place are tested where messages
// are; names and levels of the protocol where CONNECT is.
func unnamedCases() (kept []matrix.Case) {
	groups := map[string][]matrix.Case{}
	var order []string
	for _, c := range matrix.Cases() {
		packet := c.Packet.Type()
		if c.From != codec.FromClient || c.Duty != matrix.MayClose || c.Kind == matrix.Syntax || c.Kind == matrix.ZeroID ||
			packet == codec.CONNECT || packet == codec.AUTH {
			continue
		}
		key := fmt.Sprint(c.Version, packet, c.Kind)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], c)
	}
	for _, key := range order {
		g := groups[key]
		n := min(len(g), mostUnnamed)
		for i := range n {
			kept = append(kept, g[i*len(g)/n])
		}
	}
	return kept
}

var unnamed = unnamedCases()

var _ = add(Scenario{
	ID:     "malformed.unnamed",
	Title:  "the broker goes on serving others after each error for which the standard names no reaction",
	Why:    "whether it closes the connection or carries on is its choice, to fall over it is not",
	Proves: Requirements(refsClose, V5("U5-4.13.1-u6")),
	// All at once.
	Connections: len(unnamed),
	Run: func(t *T) {
		var clients []*Client
		cases := map[*Client]*matrix.Case{}
		for i := range unnamed {
			if unnamed[i].Version == t.Version() {
				c := openFor(t, unnamed[i].Packet.Type(), &unnamed[i])
				clients, cases[c] = append(clients, c), &unnamed[i]
			}
		}
		for _, c := range clients {
			t.Step(packetAnd(cases[c]), refsClose...)
			c.SendRaw(malformedBytes(t, c, cases[c]))
		}
		t.Step("a check that the standard does not ask for may be left out", V5("U5-4.13.1-u6")...)
		alive := map[*Client]bool{}
		for _, s := range t.Survivors(clients...) {
			alive[s.Client] = true
		}
		for _, c := range clients {
			did := "closes"
			if alive[c] {
				did = "carries on"
			}
			t.Observe(packetAnd(cases[c]), "%s", did)
		}
	},
})

func packetAnd(c *matrix.Case) string { return fmt.Sprintf("%s, %s", c.Packet.Type(), detail(c)) }
