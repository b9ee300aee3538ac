package scenarios

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// refsClose is the server's duty to close the connection after an error that
// the text calls one, where no stricter sentence speaks of the case.
var refsClose = Requirements(V311("MQTT-4.8.0-1"), V5("MQTT-4.13.1-1"))

var _ = add(Scenario{
	ID:     "subscribe.answered",
	Title:  "every SUBSCRIBE is answered by a SUBACK with its identifier and one code for each filter",
	Why:    "a client could not tell whether it is subscribed, and to which of its filters",
	Proves: Requirements(V311("MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-3.8.4-4", "MQTT-3.8.4-5"), V5("MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-3.8.4-5", "MQTT-3.8.4-6")),
	Run: func(t *T) {
		for i, id := range []uint16{1, 65535, 0x0100, 0x8000} {
			c := t.Connect()
			s := &codec.Subscribe{PacketID: id}
			for n := range i + 1 {
				s.Subscriptions = append(s.Subscriptions, filterAt(t.Topic(fmt.Sprintf("%d/%d", i, n)), 0))
			}
			t.Step("a SUBACK comes", Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1"))...)
			c.Send(s)
			p := c.ExpectPacket()
			ack, ok := p.(*codec.Suback)
			if !ok {
				t.Fail("a SUBACK", p.String(), -1)
			}
			t.Step("it has the identifier of the SUBSCRIBE", Requirements(V311("MQTT-3.8.4-2"), V5("MQTT-3.8.4-2"))...)
			t.Equal("Packet Identifier of the SUBACK", ack.PacketID, id)
			t.Step("it has a code for each filter", Requirements(V311("MQTT-3.8.4-5"), V5("MQTT-3.8.4-6"))...)
			t.Equal("number of codes", len(ack.Codes), len(s.Subscriptions))
			t.Step("all its filters are answered at once", Requirements(V311("MQTT-3.8.4-4"), V5("MQTT-3.8.4-5"))...)
			c.Sync()
			_, more := c.Taken(func(p codec.Packet) bool { return p.Type() == codec.SUBACK })
			t.Equal("another SUBACK", more, false)
			c.Drop()
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.code-order",
	Title:  "the codes of a SUBACK stand in the order of the filters",
	Why:    "a client would believe in a guarantee for one filter that it has for another",
	Proves: Requirements(V311("MQTT-3.9.3-1"), V5("MQTT-3.9.3-1")),
	Needs:  []Feature{QoS1, QoS2},
	Run: func(t *T) {
		sub := t.Connect()
		asked := []byte{2, 0, 1, 1, 2, 0, 0}
		var s []codec.Subscription
		for i, qos := range asked {
			s = append(s, filterAt(t.Topic(fmt.Sprint(i)), qos))
		}
		t.Step("the order is that of the filters", Requirements(V311("MQTT-3.9.3-1"), V5("MQTT-3.9.3-1"))...)
		codes := sub.SubscribeTo(s...)
		sorted, same := slices.Clone(asked), slices.Clone(codes)
		slices.Sort(sorted)
		slices.Sort(same)
		if !slices.Equal(sorted, same) {
			// Only where all was granted as asked does the order show.
			t.Skip("the broker answers QoS %v with codes %v", asked, codes)
		}
		t.Equal("codes", fmt.Sprint(codes), fmt.Sprint(asked))
	},
})

var _ = add(Scenario{
	ID:     "subscribe.granted-qos",
	Title:  "a message comes at the QoS it was published with, or at the QoS granted if that is lower",
	Why:    "the guarantee that the SUBACK gave, or the lower cost that the client asked for, would be lost",
	Proves: Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8")),
	Needs:  []Feature{QoS2}, // qos.granted-minimum is the one without
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		for asked := range byte(3) {
			topic := t.Topic(fmt.Sprintf("asked-%d", asked))
			granted := sub.SubscribeTo(filterAt(topic, asked))[0]
			if granted > 2 {
				t.Skip("the broker answers a subscription at QoS %d with code 0x%02X", asked, granted)
			}
			for qos := range byte(3) {
				payload := fmt.Sprintf("published at QoS %d", qos)
				m := deliveredAt(t, pub, sub, topic, payload, qos, min(qos, granted))
				t.Step(fmt.Sprintf("published at QoS %d, granted %d", qos, granted), Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
				m.HasQoS(min(qos, granted))
			}
		}
	},
})

// deliveredAt publishes a message and gives what the subscriber gets of it. What
// has QoS 0 on its way may be lost, so then it is published up to three times.
func deliveredAt(t *T, pub, sub *Client, topic, payload string, qos, lowest byte) *Message {
	t.Step("the message comes", refsMatch...)
	if lowest == 0 {
		for range 2 {
			pub.Publish(topic, payload, qos)
			if m, ok := sub.Gets(topic, payload, t.Timeouts().Delivery/2); ok {
				return m
			}
		}
	}
	pub.Publish(topic, payload, qos)
	return sub.ExpectMessage(topic, payload)
}

var _ = add(Scenario{
	ID:     "subscribe.flags",
	Title:  "a SUBSCRIBE with other flags than 0010 in its fixed header ends the connection",
	Why:    "the flags are the first sign that client and broker no longer agree where a packet begins",
	Proves: Requirements(V311("MQTT-3.8.1-1"), V5("MQTT-3.8.1-1")),
	Run: func(t *T) {
		var cases []brokenPacket
		for _, flags := range wrongFlags {
			cases = append(cases, brokenPacket{fmt.Sprintf("flags %04b", flags), subscribing(filterAt("a", 0), codec.Flags(flags))})
		}
		expectClosedAfter(t, Requirements(V311("MQTT-3.8.1-1"), V5("MQTT-3.8.1-1")), cases...)
	},
})

// brokenPacket sends a packet with one error; its name says which, and which
// sentence calls it one where it is not the one cited.
type brokenPacket struct {
	name string
	send func(*T, *Client)
}

// expectClosedAfter expects each to end a connection of its own.
func expectClosedAfter(t *T, refs []spec.Ref, cases ...brokenPacket) {
	// All are connected first: where one error ends the broker, the finding is
	// on that error and not on the next CONNECT.
	clients := make([]*Client, len(cases))
	for i := range cases {
		clients[i] = t.Connect()
	}
	for i, b := range cases {
		t.Step(b.name, refs...)
		b.send(t, clients[i])
		clients[i].ExpectClosed()
	}
}

// because names the statement of clients that the packet breaks.
func because(refs []spec.Ref, send func(*T, *Client)) func(*T, *Client) {
	return func(t *T, c *Client) {
		t.Because(refs...)
		send(t, c)
	}
}

// subscribing sends a SUBSCRIBE with the subscription, broken by the mutations.
func subscribing(s codec.Subscription, mutations ...codec.Mutation) func(*T, *Client) {
	return func(t *T, c *Client) {
		s := s
		s.Filter = codec.Text(t.Topic(s.Filter.String()))
		c.SendBroken(&codec.Subscribe{PacketID: c.NextID(), Subscriptions: []codec.Subscription{s}}, mutations...)
	}
}

var _ = add(Scenario{
	ID:       "subscribe.packet-id-zero",
	Title:    "a SUBSCRIBE with Packet Identifier 0 ends the connection in 3.1.1",
	Why:      "its answer could not be told from none",
	Proves:   V311("MQTT-4.8.0-1", "MQTT-2.3.1-1"),
	Versions: []codec.Version{codec.V311, codec.V5},
	Run: func(t *T) {
		withoutIdentifier(t, subscribing(filterAt("a", 0), codec.ZeroID()))
	},
})

// withoutIdentifier expects a packet with the Packet Identifier 0 to end the
// connection, in 5.0, which names no reaction, to end it or not.
func withoutIdentifier(t *T, send func(*T, *Client)) {
	if t.V5() {
		c := t.Connect()
		send(t, c)
		t.Observe("Packet Identifier 0", "carries on: %v", c.CarriesOn())
		return
	}
	expectClosedAfter(t, refsClose, brokenPacket{"the identifier must not be 0", because(V311("MQTT-2.3.1-1"), send)})
}

var _ = add(Scenario{
	ID:     "subscribe.no-filter",
	Title:  "a SUBSCRIBE without any filter ends the connection",
	Why:    "the standard calls it an error in words; a broker that goes on lets a broken client run on",
	Proves: refsClose,
	Run: func(t *T) {
		expectClosedAfter(t, refsClose, brokenPacket{"no payload is a protocol error (3.1.1: MQTT-3.8.3-3, 5.0: U5-3.8.3-u1)", func(_ *T, c *Client) {
			c.Send(&codec.Subscribe{PacketID: c.NextID()})
		}})
	},
})

var _ = add(Scenario{
	ID:     "subscribe.truncated",
	Title:  "a SUBSCRIBE that ends inside its payload ends the connection, and only this one",
	Why:    "one short packet must not take the broker from everybody",
	Proves: refsClose,
	Serial: true, // brokers are known that end here; alone it costs the others nothing
	Run: func(t *T) {
		whole := &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{filterAt(t.Topic("a"), 0)}}
		size := whole.Size(t.Version())
		expectClosedAfter(t, refsClose,
			brokenPacket{"the options byte is missing", func(_ *T, c *Client) { c.SendBroken(whole, codec.CutAt(size-1, true)) }},
			brokenPacket{"the filter is cut", func(_ *T, c *Client) { c.SendBroken(whole, codec.CutAt(size-3, true)) }},
			brokenPacket{"the length of the filter reaches past the end", func(_ *T, c *Client) {
				c.SendBroken(whole, codec.FieldLength("Topic Filter", 0xFFFF))
			}},
		)
	},
})

var _ = add(Scenario{
	ID:     "subscribe.qos-3",
	Title:  "a SUBSCRIBE for QoS 3 ends the connection",
	Why:    "there is no QoS 3; whatever the broker grants instead is not what the client asked for",
	Proves: Requirements(V311("MQTT-3.8.3-4"), V5("MQTT-4.13.1-1")),
	Run: func(t *T) {
		expectClosedAfter(t, Requirements(V311("MQTT-3.8.3-4"), V5("MQTT-4.13.1-1")),
			brokenPacket{"QoS 3 (5.0: a Protocol Error by U5-3.8.3.1-u1)", subscribing(codec.Subscription{Filter: codec.Text("a"), QoS: 3})})
	},
})

var _ = add(Scenario{
	ID:     "subscribe.reserved-bits",
	Title:  "a SUBSCRIBE with a reserved bit set beside the QoS ends the connection",
	Why:    "the bits are kept for later versions; a broker that ignores them makes promises it does not know",
	Proves: Requirements(V311("MQTT-3.8.3-4"), V5("MQTT-3.8.3-5")),
	Run: func(t *T) {
		bits := []byte{1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7}
		if t.V5() {
			bits = []byte{1 << 6, 1 << 7}
		}
		var cases []brokenPacket
		for _, bit := range bits {
			cases = append(cases, brokenPacket{fmt.Sprintf("options %08b", bit), subscribing(codec.Subscription{Filter: codec.Text("a"), Reserved: bit})})
		}
		expectClosedAfter(t, Requirements(V311("MQTT-3.8.3-4"), V5("MQTT-3.8.3-5")), cases...)
	},
})

// wrongFlags are flags of the fixed header of SUBSCRIBE and UNSUBSCRIBE other
// than the 0010 that they must have.
var wrongFlags = []byte{0b0000, 0b0001, 0b0011, 0b0110, 0b1010, 0b1111}

// illFormed are texts that are no UTF-8, by what is wrong with them.
var illFormed = []struct{ name, text string }{
	{"the byte FF", "a\xffb"},
	{"a surrogate", "a\xed\xa0\x80b"},
	{"an overlong form", "a\xc0\xafb"},
	{"a sequence that is cut", "a\xe2\x82"},
	{"a code point above U+10FFFF", "a\xf4\x90\x80\x80b"},
}

var _ = add(Scenario{
	ID:     "subscribe.ill-formed-filter",
	Title:  "a SUBSCRIBE whose filter is not well-formed UTF-8 ends the connection",
	Why:    "others could be shown, or could store, names that break them",
	Proves: Requirements(V311("MQTT-1.5.3-1"), V5("U5-1.5.4-u1")),
	Run: func(t *T) {
		var cases []brokenPacket
		for _, bad := range illFormed {
			cases = append(cases, brokenPacket{bad.name, subscribing(codec.Subscription{Filter: codec.Text(bad.text)})})
		}
		expectClosedAfter(t, Requirements(V311("MQTT-1.5.3-1"), V5("U5-1.5.4-u1")), cases...)
	},
})

var _ = add(Scenario{
	ID:     "subscribe.null-in-filter",
	Title:  "a SUBSCRIBE whose filter holds U+0000 ends the connection",
	Why:    "programs that end a text at this character see another filter than the broker does",
	Proves: Requirements(V311("MQTT-1.5.3-2"), V5("U5-1.5.4-u2")),
	Run: func(t *T) {
		expectClosedAfter(t, Requirements(V311("MQTT-1.5.3-2"), V5("U5-1.5.4-u2")),
			brokenPacket{"U+0000", subscribing(codec.Subscription{Filter: codec.Text("a\x00b")})})
	},
})

var _ = add(Scenario{
	ID:     "subscribe.empty-filter",
	Title:  "a SUBSCRIBE with an empty filter is answered or ends the connection",
	Why:    "a client that never hears of its subscription waits for ever",
	Proves: Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1")),
	Run: func(t *T) {
		c := t.Connect()
		id := c.NextID()
		c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{{Filter: codec.Text("")}}})
		if c.CarriesOn() {
			t.Observe("empty filter", "SUBACK 0x%02X", c.ExpectSuback(id).Codes)
			return
		}
		t.Observe("empty filter", "the connection was closed")
	},
})

var _ = add(Scenario{
	ID:     "subscribe.replaced",
	Title:  "a second SUBSCRIBE with the same filter replaces the first: one copy, at the new QoS",
	Why:    "each reconnect of a client would add another copy of every message",
	Proves: Requirements(V311("MQTT-3.8.4-1", "MQTT-3.8.4-3"), V5("MQTT-3.8.4-1", "MQTT-3.8.4-3")),
	Needs:  []Feature{QoS1, QoS2},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		topic := t.Topic("a")
		for i, qos := range []byte{1, 2, 1, 2} {
			payload := fmt.Sprintf("message %d", i)
			sub.Subscribe(topic, qos)
			t.Step("a message comes", refsMatch...)
			pub.Publish(topic, payload, 2)
			m := sub.ExpectMessage(topic, payload)
			t.Step("it has the QoS of the new subscription", Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-3"))...)
			m.HasQoS(qos)
		}
		// At QoS 2 nothing may come twice but for a second subscription.
		t.Step("it does not come again", Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-3"))...)
		t.FenceOn(topic, 2, pub, sub)
		t.Fence(pub, sub)
		for _, m := range sub.Pending() {
			if m.QoS == 2 && string(m.Payload) == "message 3" {
				m.Unwanted("one copy")
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.replaced-in-flow",
	Title:  "no message is lost while a subscription is replaced",
	Why:    "a client that renews its subscriptions would have holes in what it gets",
	Proves: Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-4")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		topic := t.Topic("a")
		sub.Subscribe(topic, 1)
		t.Step("the subscription works", refsMatch...)
		pub.Publish(topic, "first", 1)
		sub.ExpectMessage(topic, "first")
		t.Step("every message comes", Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-4"))...)
		const rounds = 50
		for i := range rounds {
			p := &codec.Publish{Topic: codec.Text(topic), Payload: fmt.Appendf(nil, "message %d", i), QoS: 1, PacketID: pub.NextID()}
			s := &codec.Subscribe{PacketID: sub.NextID(), Subscriptions: []codec.Subscription{filterAt(topic, 1)}}
			pub.Send(p)
			sub.Send(s)
			pub.ExpectPuback(p.PacketID)
			sub.ExpectSuback(s.PacketID)
		}
		for i := range rounds {
			sub.ExpectMessage(topic, fmt.Sprintf("message %d", i))
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.many-filters",
	Title:  "a SUBSCRIBE with a hundred filters has the effect of a hundred SUBSCRIBEs and one SUBACK",
	Why:    "a client that subscribes to all it needs in one packet would miss some of it",
	Proves: Requirements(V311("MQTT-3.8.4-4"), V5("MQTT-3.8.4-5")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		var s []codec.Subscription
		for i := range 100 {
			s = append(s, filterAt(t.Topic(fmt.Sprint(i)), 1))
		}
		codes := sub.SubscribeTo(s...)
		t.Step("each filter that is granted works", Requirements(V311("MQTT-3.8.4-4"), V5("MQTT-3.8.4-5"))...)
		refused := 0
		for i, code := range codes {
			if code != 1 {
				refused++
				continue
			}
			pub.Publish(t.Topic(fmt.Sprint(i)), fmt.Sprintf("message %d", i), 1)
		}
		t.Observe("filters refused of 100 in one SUBSCRIBE", "%d", refused)
		for i, code := range codes {
			if code == 1 {
				sub.ExpectMessage(t.Topic(fmt.Sprint(i)), fmt.Sprintf("message %d", i))
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.same-filter-twice",
	Title:  "of two equal filters in one SUBSCRIBE the last holds, and both have a code",
	Why:    "the standard makes it a sequence; a broker with another order grants another QoS than it says",
	Proves: Requirements(V311("MQTT-3.8.4-4"), V5("MQTT-3.8.4-5")),
	Needs:  []Feature{QoS1, QoS2},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		for _, order := range [][]byte{{1, 2}, {2, 1}} {
			sub := t.Connect(Name("subscriber"))
			topic := t.Topic(fmt.Sprintf("%d-then-%d", order[0], order[1]))
			codes := sub.SubscribeTo(filterAt(topic, order[0]), filterAt(topic, order[1]))
			if !slices.Equal(codes, order) {
				t.Skip("the broker answers QoS %v with codes %v", order, codes)
			}
			t.Step("a message comes", refsMatch...)
			pub.Publish(topic, "message", 2)
			m := sub.ExpectMessage(topic, "message")
			t.Step(fmt.Sprintf("QoS %d, then %d: the last holds", order[0], order[1]), Requirements(V311("MQTT-3.8.4-4"), V5("MQTT-3.8.4-5"))...)
			m.HasQoS(order[1])
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.no-local",
	Title:  "No Local 1 keeps a client's own messages from it, also after it has connected again",
	Why:    "bridges are built on it: without it a message runs in circles between two brokers",
	Proves: V5("MQTT-3.8.3-3", "MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		c := t.Connect(Keep())
		other := t.Connect(Name("other client"))
		topic := t.Topic("a")
		c.SubscribeAs(codec.Subscription{Filter: codec.Text(topic), QoS: 1, NoLocal: true})
		for _, when := range []string{"first connection", "second connection"} {
			t.Step("the messages of others come: "+when, V5("MQTT-4.5.0-1")...)
			c.Publish(topic, "own, "+when, 1)
			other.Publish(topic, "of another, "+when, 1)
			c.ExpectMessage(topic, "of another, "+when)
			t.Step("its own do not: "+when, V5("MQTT-3.8.3-3")...)
			// By the same publisher: what it sent to itself would have come.
			c.ExpectNothing(c)
			c.Sync()
			c.Disconnect()
			resume(t, c)
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.no-local-off",
	Title:  "No Local 0 brings a client its own messages",
	Why:    "many programs learn from the echo that their message has passed",
	Proves: V5("MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		c := t.Connect()
		topic := t.Topic("a")
		c.Subscribe(topic, 1)
		c.Publish(topic, "own", 1)
		c.ExpectMessage(topic, "own")
		t.Step("a second filter without No Local beside one with it", V5("MQTT-4.5.0-1")...)
		c.SubscribeAs(codec.Subscription{Filter: codec.Text(t.Topic("b")), QoS: 1, NoLocal: true})
		c.SubscribeAs(filterAt(t.Topic("+"), 1))
		c.Publish(t.Topic("b"), "own, two filters", 1)
		t.Fence(c, c)
		// The text speaks of the connection, so none is right as well.
		t.Observe("own message, No Local on one of two matching filters", "%d copies", len(c.Pending()))
	},
})

var _ = add(Scenario{
	ID:     "subscribe.same-identifier",
	Title:  "a SUBSCRIBE may use the Packet Identifier of a message that the broker has under way to the client",
	Why:    "both sides count on their own; a broker that mixes them up refuses subscriptions by chance",
	Proves: Requirements(V311("U3-2.3.1-u1"), V5("U5-2.2.1-u1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"), Manual())
		topic := t.Topic("a")
		sub.Subscribe(topic, 1)
		t.Step("a message is under way", refsMatch...)
		pub.Publish(topic, "message", 1)
		m := sub.ExpectMessage(topic, "message")
		t.Step("a SUBSCRIBE with its identifier is granted", Requirements(V311("U3-2.3.1-u1"), V5("U5-2.2.1-u1"))...)
		sub.Send(&codec.Subscribe{PacketID: m.PacketID, Subscriptions: []codec.Subscription{filterAt(t.Topic("b"), 0)}})
		ack := sub.ExpectSuback(m.PacketID)
		t.Equal("code", ack.Codes[0], byte(0))
		sub.Send(&codec.Puback{Ack: codec.Ack{PacketID: m.PacketID}})
		sub.Sync()
	},
})
