package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "unsubscribe.answered",
	Title:  "every UNSUBSCRIBE is answered by an UNSUBACK with its identifier, also when there was no such subscription",
	Why:    "a client that cleans up after a restart would wait for ever",
	Proves: Requirements(V311("MQTT-3.10.4-4", "MQTT-3.10.4-5"), V5("MQTT-3.10.4-4", "MQTT-3.10.4-5")),
	Run: func(t *T) {
		for _, id := range []uint16{1, 65535, 0x0100} {
			c := t.Connect()
			for _, existing := range []bool{true, false} {
				topic := t.Topic("never")
				refs := Requirements(V311("MQTT-3.10.4-5"), V5("MQTT-3.10.4-5"))
				if existing {
					topic = t.Topic("existing")
					c.Subscribe(topic, 0)
					refs = Requirements(V311("MQTT-3.10.4-4"), V5("MQTT-3.10.4-4"))
				}
				t.Step(fmt.Sprintf("an UNSUBACK comes, existing %t", existing), refs...)
				c.Send(&codec.Unsubscribe{PacketID: id, Filters: []codec.Text{codec.Text(topic)}})
				p := c.ExpectPacket()
				ack, ok := p.(*codec.Unsuback)
				if !ok {
					t.Fail("an UNSUBACK", p.String(), -1)
				}
				t.Step("it has the identifier of the UNSUBSCRIBE", Requirements(V311("MQTT-3.10.4-4"), V5("MQTT-3.10.4-5"))...)
				t.Equal("Packet Identifier of the UNSUBACK", ack.PacketID, id)
			}
			c.Drop()
		}
	},
})

// refsUnsubscribed is broken by a message that came in after the UNSUBACK.
var refsUnsubscribed = Requirements(V311("MQTT-3.10.4-2"), V5("MQTT-3.10.4-2"))

var _ = add(Scenario{
	ID:     "unsubscribe.stops",
	Title:  "what is published after the UNSUBACK does not come any more",
	Why:    "a client could not get rid of a flood that it asked for by mistake",
	Proves: refsUnsubscribed,
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		filters := []struct{ filter, topic string }{{"a", "a"}, {"b/+", "b/1"}, {"c/#", "c/1/2"}}
		for _, f := range filters {
			sub.Subscribe(t.Topic(f.filter), 1)
			t.Step("the filter "+f.filter+" brings messages", refsMatch...)
			pub.Publish(t.Topic(f.topic), "before", 1)
			sub.ExpectMessage(t.Topic(f.topic), "before")
		}
		for _, f := range filters {
			sub.Unsubscribe(t.Topic(f.filter))
			for qos := range byte(2) {
				pub.Publish(t.Topic(f.topic), "after", qos)
			}
		}
		t.Step("nothing comes after the UNSUBACK", refsUnsubscribed...)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:    "unsubscribe.buffered",
	Title: "what is published after the UNSUBACK does not come either where messages wait for the client",
	Why:   "a slow client that gives up a flood would get it to its end, and what follows as well",
	// What waited already may still come (3.10.4): that is observed.
	Proves: Requirements(refsUnsubscribed, V311("U3-3.10.4-u1"), V5("U5-3.10.4-u1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		const waiting = 30
		topic := t.Topic("flood")
		// One at a time, where the version lets a client say so.
		sub, pub := pair(t, topic, 1, Manual(), With(codec.Int(codec.ReceiveMaximum, 1)))
		for i := range waiting {
			pub.Publish(topic, fmt.Sprintf("before %d", i), 1)
		}
		begun := append([]*Message{handedOn(t, sub, topic, "before 0")}, sub.Pending()...)
		sub.Unsubscribe(topic)
		pub.Publish(topic, "after", 1)
		for _, m := range begun {
			acknowledge(sub, m)
		}
		late := 0
		for limit := t.Timeouts().Delivery / 2; ; {
			m, ok := sub.GetsAny(limit)
			if !ok {
				break
			}
			if late++; string(m.Payload) == "after" {
				t.Step("nothing comes that was published after the UNSUBACK", refsUnsubscribed...)
				m.Unwanted("only what waited before the UNSUBSCRIBE")
			}
			acknowledge(sub, m)
			if late >= waiting-len(begun) {
				limit = t.Timeouts().Settle // all that may come has come
			}
		}
		t.Observe("messages under way and waiting at the UNSUBSCRIBE", "%d were under way of %d, %d came afterwards", len(begun), waiting, late)
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.in-flight",
	Title:  "deliveries that have begun are completed after the subscription is gone",
	Why:    "an exchange of QoS 2 that is cut off leaves both sides with an identifier that they cannot use again",
	Proves: Requirements(V311("MQTT-3.10.4-3"), V5("MQTT-3.10.4-3")),
	Needs:  []Feature{QoS1, QoS2},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"), Manual())
		before, during := t.Topic("before"), t.Topic("during")
		sub.Subscribe(before, 2)
		sub.Subscribe(during, 2)
		t.Step("two exchanges begin", refsMatch...)
		pub.Publish(before, "one", 2)
		one := sub.ExpectMessage(before, "one")
		pub.Publish(during, "two", 2)
		two := handedBeside(t, sub, during, "two", one)
		t.Step("one has come to its PUBREL", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4"))...)
		sub.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: two.PacketID}})
		sub.ExpectPubrel(two.PacketID)
		id := sub.NextID()
		t.Step("UNSUBSCRIBE is answered", Requirements(V311("MQTT-3.10.4-4"), V5("MQTT-3.10.4-4"))...)
		sub.Send(&codec.Unsubscribe{PacketID: id, Filters: []codec.Text{codec.Text(before), codec.Text(during)}})
		sub.ExpectUnsuback(id)
		t.Step("the other goes on to its PUBREL", Requirements(V311("MQTT-3.10.4-3"), V5("MQTT-3.10.4-3"))...)
		sub.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: one.PacketID}})
		if rel := sub.ExpectPubrel(one.PacketID); t.V5() && rel.Code != 0 {
			t.Equal("code of the PUBREL", fmt.Sprintf("0x%02X", rel.Code), "0x00")
		}
		sub.Send(&codec.Pubcomp{Ack: codec.Ack{PacketID: one.PacketID}})
		sub.Send(&codec.Pubcomp{Ack: codec.Ack{PacketID: two.PacketID}})
		sub.Sync()
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.in-flight-resumed",
	Title:  "a message that was sent before the UNSUBSCRIBE and not acknowledged is sent again when the client comes back",
	Why:    "the broker has promised to deliver it; a client that cleans up in a hurry would lose it",
	Proves: Requirements(V311("MQTT-3.10.4-3"), V5("MQTT-3.10.4-3")),
	Needs:  []Feature{QoS1, QoS2},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		for qos := byte(1); qos <= 2; qos++ {
			sub := t.Connect(Name(fmt.Sprintf("subscriber at QoS %d", qos)), Keep(), Manual())
			topic := t.Topic(fmt.Sprintf("at-%d", qos))
			sub.Subscribe(topic, qos)
			t.Step("a delivery begins", refsMatch...)
			pub.Publish(topic, "message", qos)
			sub.ExpectMessage(topic, "message")
			id := sub.NextID()
			t.Step("UNSUBSCRIBE is answered", Requirements(V311("MQTT-3.10.4-4"), V5("MQTT-3.10.4-4"))...)
			sub.Send(&codec.Unsubscribe{PacketID: id, Filters: []codec.Text{codec.Text(topic)}})
			sub.ExpectUnsuback(id)
			sub.Drop()
			resume(t, sub, Automatic())
			t.Step("it is completed", Requirements(V311("MQTT-3.10.4-3"), V5("MQTT-3.10.4-3"))...)
			sub.ExpectMessage(topic, "message")
		}
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.exact-filter",
	Title:  "UNSUBSCRIBE removes the subscription with exactly this filter and no other",
	Why:    "a client that gives up one subscription would lose others without a word",
	Proves: Requirements(V311("MQTT-3.10.4-1"), V5("MQTT-3.10.4-1")),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		// Each filter, what is unsubscribed in its place, and a topic to try it.
		cases := []struct{ filter, others, topic string }{
			{"a/b", "a/+ a/# a/b/ /a/b A/b a", "a/b"},
			{"b/+", "b/c b/# b/+/+ b +/+", "b/c"},
			{"c/#", "c c/+ c/d # c/d/#", "c/d"},
		}
		subs := make([]*Client, len(cases))
		for i, c := range cases {
			subs[i] = t.Connect(Name("subscriber of " + c.filter))
			subs[i].Subscribe(t.Topic(c.filter), 1)
			t.Step("the filter "+c.filter+" brings messages", refsMatch...)
			pub.Publish(t.Topic(c.topic), "before", 1)
			subs[i].ExpectMessage(t.Topic(c.topic), "before")
			for _, other := range strings.Fields(c.others) {
				subs[i].Unsubscribe(t.Topic(other))
				t.Step(c.filter+" is still there after UNSUBSCRIBE of "+other, Requirements(V311("MQTT-3.10.4-1"), V5("MQTT-3.10.4-1"))...)
				pub.Publish(t.Topic(c.topic), "after "+other, 1)
				subs[i].ExpectMessage(t.Topic(c.topic), "after "+other)
			}
			subs[i].Unsubscribe(t.Topic(c.filter))
		}
		t.Step("the same filter removes it", Requirements(V311("MQTT-3.10.4-1"), V5("MQTT-3.10.4-1"))...)
		for _, c := range cases {
			pub.Publish(t.Topic(c.topic), "afterwards", 1)
		}
		t.Fence(pub, subs...)
		for _, sub := range subs {
			sub.NothingPending()
		}
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.overlapping",
	Title:  "a message that a second filter matches still comes when the first is gone",
	Why:    "a client that narrows its interest would be cut off from what it kept",
	Proves: Requirements(V311("MQTT-3.10.4-1"), V5("MQTT-3.10.4-1")),
	Needs:  []Feature{QoS1, QoS2, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		for _, gone := range []string{"a/#", "a/b"} {
			sub := t.Connect(Name("subscriber without " + gone))
			sub.Subscribe(t.Topic("a/#"), 1)
			sub.Subscribe(t.Topic("a/b"), 2)
			t.Step("messages come", refsMatch...)
			pub.Publish(t.Topic("a/b"), "before "+gone, 1)
			sub.ExpectMessage(t.Topic("a/b"), "before "+gone)
			sub.Unsubscribe(t.Topic(gone))
			t.Step("they come through the other filter", Requirements(V311("MQTT-3.10.4-1"), V5("MQTT-3.10.4-1"))...)
			pub.Publish(t.Topic("a/b"), "after "+gone, 2)
			m := sub.ExpectMessage(t.Topic("a/b"), "after "+gone)
			want := byte(1)
			if gone == "a/#" {
				want = 2
			}
			t.Step("at the QoS of the other filter", Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
			m.HasQoS(want)
			sub.Drop()
		}
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.several-filters",
	Title:  "an UNSUBSCRIBE with several filters removes each of them, and is answered once",
	Why:    "a client would keep subscriptions that it believes to be gone",
	Proves: Requirements(V311("MQTT-3.10.4-6"), V5("MQTT-3.10.4-6")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		for _, name := range []string{"one", "two", "three", "kept"} {
			sub.Subscribe(t.Topic(name), 1)
			t.Step("the filter "+name+" brings messages", refsMatch...)
			pub.Publish(t.Topic(name), "before", 1)
			sub.ExpectMessage(t.Topic(name), "before")
		}
		sub.Unsubscribe(t.Topic("one"), t.Topic("unknown"), t.Topic("two"), t.Topic("three"))
		t.Step("nothing comes through any of them", Requirements(V311("MQTT-3.10.4-6"), V5("MQTT-3.10.4-6"))...)
		for _, name := range []string{"one", "two", "three"} {
			pub.Publish(t.Topic(name), "after", 1)
		}
		pub.Publish(t.Topic("kept"), "after", 1)
		sub.ExpectMessage(t.Topic("kept"), "after")
		sub.ExpectNothing(pub)
		t.Step("there was one UNSUBACK", Requirements(V311("MQTT-3.10.4-6"), V5("MQTT-3.10.4-6"))...)
		if p, again := sub.Taken(func(p codec.Packet) bool { _, is := p.(*codec.Unsuback); return is }); again {
			t.Broken("one UNSUBACK", "another one: "+p.String(), -1)
		}
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.codes",
	Title:  "an UNSUBACK has one code for each filter, in their order",
	Why:    "a client that mistyped a filter would believe that it is gone",
	Proves: V5("MQTT-3.11.3-1", "MQTT-3.11.3-2", "U5-3.11.3-u1"),
	Run: func(t *T) {
		c := t.Connect()
		var filters, want []string
		for i, there := range []bool{true, false, false, true, false} {
			topic := t.Topic(fmt.Sprint(i))
			filters = append(filters, topic)
			if there {
				c.Subscribe(topic, 0)
				want = append(want, "00")
			} else {
				want = append(want, "11")
			}
		}
		codes := c.Unsubscribe(filters...).Codes
		t.Step("one code for each filter", V5("MQTT-3.11.3-2")...)
		if !t.Equal("number of codes", len(codes), len(filters)) {
			return
		}
		none := 0
		for _, code := range codes {
			if code == 0x11 {
				none++
			}
		}
		t.Observe("codes for two filters that were there and three that were not", "%X", codes)
		// Only a broker that tells the two apart shows the order.
		if none == 3 {
			t.Step("they are in the order of the filters", V5("MQTT-3.11.3-1")...)
			t.Equal("codes", fmt.Sprintf("%X", codes), strings.Join(want, ""))
			return
		}
		t.Step("0x00 is for what was deleted, 0x11 for what was not there", V5("U5-3.11.3-u1")...)
		for i, code := range codes {
			if code < 0x80 { // else the broker did not try
				t.Equal(fmt.Sprintf("code for filter %d", i+1), fmt.Sprintf("%02X", code), want[i])
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.session",
	Title:  "a subscription that was removed is still gone when the session is resumed",
	Why:    "every reconnect would bring back what the client gave up",
	Proves: refsUnsubscribed,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"), Keep())
		gone, kept := t.Topic("gone"), t.Topic("kept")
		for _, topic := range []string{gone, kept} {
			sub.Subscribe(topic, 1)
			t.Step("the subscription works", refsMatch...)
			pub.Publish(topic, "before", 1)
			sub.ExpectMessage(topic, "before")
		}
		sub.Unsubscribe(gone)
		sub.Sync()
		sub.Disconnect()
		pub.Publish(gone, "while away", 1)
		pub.Publish(kept, "while away", 1)
		resume(t, sub)
		t.Step("the other subscription is still there", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
		sub.ExpectMessage(kept, "while away")
		pub.Publish(gone, "afterwards", 1)
		t.Step("nothing comes through the one that is gone", refsUnsubscribed...)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.then-subscribe",
	Title:  "a filter that was unsubscribed and subscribed again brings the retained message as a new one does",
	Why:    "a client that comes back to a topic would not learn its state",
	Proves: Requirements(V311("MQTT-3.3.1-6"), V5("MQTT-3.3.1-10")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "on", 1, Retained())
		s := withHandling(topic, 0)
		if t.V5() {
			s.RetainHandling = 1 // only if the subscription is new
		}
		sub, _ := t.ExpectRetained(s, topic, "on")
		sub.Unsubscribe(topic)
		t.Step("it comes again", Requirements(V311("MQTT-3.3.1-6"), V5("MQTT-3.3.1-10"))...)
		sub.SubscribeAs(s)
		sub.ExpectMessage(topic, "on")
	},
})

// unsubscribing sends an UNSUBSCRIBE of the filter, broken by the mutations.
func unsubscribing(filter string, mutations ...codec.Mutation) func(*T, *Client) {
	return func(t *T, c *Client) {
		c.SendBroken(&codec.Unsubscribe{PacketID: c.NextID(), Filters: []codec.Text{codec.Text(t.Topic(filter))}}, mutations...)
	}
}

var _ = add(Scenario{
	ID:     "unsubscribe.flags",
	Title:  "an UNSUBSCRIBE with other flags than 0010 in its fixed header ends the connection",
	Why:    "the flags are the first sign that client and broker no longer agree where a packet begins",
	Proves: Requirements(V311("MQTT-3.10.1-1"), V5("MQTT-3.10.1-1")),
	Run: func(t *T) {
		var cases []brokenPacket
		for _, flags := range wrongFlags {
			cases = append(cases, brokenPacket{fmt.Sprintf("flags %04b", flags), unsubscribing("a", codec.Flags(flags))})
		}
		expectClosedAfter(t, Requirements(V311("MQTT-3.10.1-1"), V5("MQTT-3.10.1-1")), cases...)
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.no-filter",
	Title:  "an UNSUBSCRIBE without any filter ends the connection",
	Why:    "the standard calls it an error in words; a broker that goes on lets a broken client run on",
	Proves: refsClose,
	Run: func(t *T) {
		expectClosedAfter(t, refsClose, brokenPacket{"no payload is a protocol error (3.1.1: MQTT-3.10.3-2, 5.0: U5-3.10.3-u1)", func(_ *T, c *Client) {
			c.Send(&codec.Unsubscribe{PacketID: c.NextID()})
		}})
	},
})

var _ = add(Scenario{
	ID:       "unsubscribe.packet-id-zero",
	Title:    "an UNSUBSCRIBE with Packet Identifier 0 ends the connection in 3.1.1",
	Why:      "its answer could not be told from none",
	Proves:   V311("MQTT-4.8.0-1", "MQTT-2.3.1-1"),
	Versions: []codec.Version{codec.V311, codec.V5},
	Run: func(t *T) {
		withoutIdentifier(t, unsubscribing("a", codec.ZeroID()))
	},
})

var _ = add(Scenario{
	ID:     "unsubscribe.ill-formed-filter",
	Title:  "an UNSUBSCRIBE whose filter is not well-formed UTF-8 ends the connection",
	Why:    "such a name cannot be told from others in a safe way",
	Proves: Requirements(V311("MQTT-1.5.3-1", "MQTT-1.5.3-2"), V5("U5-1.5.4-u1", "U5-1.5.4-u2")),
	Run: func(t *T) {
		var cases []brokenPacket
		for _, bad := range illFormed {
			cases = append(cases, brokenPacket{bad.name, unsubscribing(bad.text)})
		}
		expectClosedAfter(t, Requirements(V311("MQTT-1.5.3-1"), V5("U5-1.5.4-u1")), cases...)
		expectClosedAfter(t, Requirements(V311("MQTT-1.5.3-2"), V5("U5-1.5.4-u2")), brokenPacket{"U+0000", unsubscribing("a\x00b")})
	},
})
