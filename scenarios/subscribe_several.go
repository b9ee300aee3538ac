package scenarios

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// Subscriptions beside each other: in one SUBSCRIBE, or in many.

var _ = add(Scenario{
	ID:     "subscribe.wrong-one-among-others",
	Title:  "where one filter of a SUBSCRIBE is wrong, the codes of SUBACK say what becomes of the others, or the connection ends",
	Why:    "a client with ten filters of which one has a typing error believes what the codes say of the other nine",
	Proves: Requirements(V311("MQTT-3.8.4-5"), V5("MQTT-3.8.4-6", "MQTT-3.8.4-7")),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		number := Requirements(V311("MQTT-3.8.4-5"), V5("MQTT-3.8.4-6"))
		held := Requirements(V311("MQTT-3.8.4-5"), V5("MQTT-3.8.4-7"))
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		good := []string{t.Topic("first"), t.Topic("last")}
		id := sub.NextID()
		t.Step("the SUBSCRIBE is answered, or the connection ends", number...)
		t.Because(V311("MQTT-4.7.1-2")...)
		t.Because(V5("MQTT-4.7.1-1")...)
		sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{
			filterAt(good[0], 1), filterAt(t.Topic("wr#ng"), 1), filterAt(good[1], 1)}})
		if !sub.CarriesOn() {
			t.Observe("a wrong filter among others", "the connection was closed")
			return
		}
		codes := sub.ExpectSuback(id).Codes
		t.Observe("a wrong filter among others", "SUBACK 0x%02X", codes)
		if !t.Equal("number of codes", len(codes), 3) {
			return
		}
		for i, code := range []byte{codes[0], codes[2]} {
			pub.Publish(good[i], "message", 1)
			switch {
			case code >= 0x80:
				t.Step("a refused filter brings nothing", held...)
				sub.ExpectNothing(pub)
			case code == 1:
				t.Step("a granted filter brings its messages", held...)
				sub.ExpectMessage(good[i], "message")
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.one-by-one",
	Title:  "each of two hundred subscriptions of a client that is granted brings its messages",
	Why:    "a gateway subscribes for each device behind it; one that is forgotten is a device that cannot be reached",
	Proves: refsMatch,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		const n = 200
		sub, pub := t.Connect(Name("gateway")), t.Connect(Name("publisher"))
		topic := func(i int) string { return t.Topic(fmt.Sprintf("device/%d/command", i)) }
		ids := make([]uint16, n)
		for i := range ids {
			ids[i] = sub.NextID()
			sub.Send(&codec.Subscribe{PacketID: ids[i], Subscriptions: []codec.Subscription{filterAt(topic(i), 1)}})
		}
		t.Step("each SUBSCRIBE is answered", Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1"))...)
		var granted []int
		for i, id := range ids {
			if codes := sub.ExpectSuback(id).Codes; len(codes) == 1 && codes[0] == 1 {
				granted = append(granted, i)
			}
		}
		t.Observe("subscriptions granted of 200", "%d", len(granted))
		for _, i := range granted {
			pub.Publish(topic(i), "command", 1)
		}
		t.Step("each brings its messages", refsMatch...)
		for _, i := range granted {
			sub.ExpectMessage(topic(i), "command")
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.identifier-sizes",
	Title:  "Subscription Identifiers of one, two, three and four bytes come back as they were given",
	Why:    "a client with more than 127 handlers would run the wrong one",
	Proves: V5("MQTT-3.3.4-3", "U5-3.3.4-u1"),
	Needs:  []Feature{QoS1, SubscriptionID},
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		for _, id := range []uint32{1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455} {
			topic := t.Topic(fmt.Sprint(id))
			sub.SubscribeAs(filterAt(topic, 1), codec.Int(codec.SubscriptionIdentifier, id))
			pub.Publish(topic, "message", 1)
			m := handedOn(t, sub, topic, "message")
			t.Step(fmt.Sprintf("identifier %d comes back", id), V5("MQTT-3.3.4-3", "U5-3.3.4-u1")...)
			m.Is("Subscription Identifiers", fmt.Sprint(identifiersOf(m)), fmt.Sprint([]uint32{id}))
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.identifier-beside-none",
	Title:  "where one of two subscriptions that match has a Subscription Identifier, it comes once, and no other with it",
	Why:    "the handler of one subscription would be left out, or run for each of them",
	Proves: V5("MQTT-3.3.4-3", "MQTT-3.3.4-4", "U5-3.3.4-u1"),
	Needs:  []Feature{QoS1, SubscriptionID, Wildcard},
	Run: func(t *T) {
		topic := t.Topic("a/b")
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		sub.SubscribeAs(filterAt(topic, 1), codec.Int(codec.SubscriptionIdentifier, 7))
		sub.Subscribe(t.Topic("a/+"), 1)
		pub.Publish(topic, "message", 1)
		copies := []*Message{handedOn(t, sub, topic, "message")}
		t.Fence(pub, sub)
		copies = append(copies, sub.Pending()...)
		t.Observe("copies for two subscriptions that match", "%d", len(copies))
		named := 0
		for _, m := range copies {
			if ids := identifiersOf(m); len(ids) > 0 {
				t.Step("no other identifier comes", V5("U5-3.3.4-u1")...)
				m.Is("Subscription Identifiers", fmt.Sprint(ids), "[7]")
				named++
			}
		}
		refs := V5("MQTT-3.3.4-3")
		if len(copies) == 1 {
			refs = V5("MQTT-3.3.4-3", "MQTT-3.3.4-4")
		}
		t.Step("the identifier comes", refs...)
		t.Equal("a copy with the identifier", named > 0, true)
	},
})

var _ = add(Scenario{
	ID:     "subscribe.identifier-not-reverted",
	Title:  "a message that came with the new Subscription Identifier of a filter never comes again with the old one",
	Why:    "the client has given the old number to another handler by then",
	Proves: V5("U5-3.8.4-u5", "MQTT-3.8.4-3"),
	Needs:  []Feature{QoS1, SubscriptionID},
	Run: func(t *T) {
		topic := t.Topic("again")
		sub, pub := t.Connect(Name("subscriber"), Keep(), Manual()), t.Connect(Name("publisher"))
		sub.SubscribeAs(filterAt(topic, 1), codec.Int(codec.SubscriptionIdentifier, 5))
		pub.Publish(topic, "before", 1)
		before := handedOn(t, sub, topic, "before")
		sub.SubscribeAs(filterAt(topic, 1), codec.Int(codec.SubscriptionIdentifier, 6))
		pub.Publish(topic, "after", 1)
		after := handedBeside(t, sub, topic, "after", before)
		t.Step("the new identifier comes", V5("MQTT-3.8.4-3")...)
		after.Is("Subscription Identifiers", fmt.Sprint(identifiersOf(after)), "[6]")
		renewed := map[string]bool{"after": true}
		for range 2 {
			sub.Drop()
			resume(t, sub)
			for _, payload := range []string{"before", "after"} {
				t.Step("what is not acknowledged comes again", V5("MQTT-4.4.0-1")...)
				m := sub.ExpectMessage(topic, payload)
				ids := fmt.Sprint(identifiersOf(m))
				if renewed[payload] {
					t.Step("with the new identifier", V5("U5-3.8.4-u5")...)
					m.Is("Subscription Identifiers", ids, "[6]")
					continue
				}
				// For a message under way at that time both are right.
				t.Observe("a message from before the second SUBSCRIBE comes again with", "%s", ids)
				renewed[payload] = ids == "[6]"
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.before-suback",
	Title:  "a subscription brings its messages and its SUBACK, whichever comes first",
	Why:    "a client must be ready for a message that comes before the answer; what a broker does should be known",
	Proves: Requirements(V311("MQTT-3.8.4-1", "MQTT-3.3.1-6", "U3-3.8.4-u1"), V5("MQTT-3.8.4-1", "MQTT-3.3.1-9", "U5-3.8.4-u1")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		topic, pub := t.Topic("state"), t.Connect(Name("publisher"))
		pub.Publish(topic, "on", 1, Retained())
		t.Step("a message is stored", dueRetained...)
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		sub := t.Connect(Name("subscriber"))
		sub.Send(&codec.Subscribe{PacketID: sub.NextID(), Subscriptions: []codec.Subscription{filterAt(topic, 1)}})
		var order []string
		for len(order) < 2 {
			p := sub.AnswerWithin(t.Timeouts().Delivery)
			if p == nil {
				break
			}
			order = append(order, p.Type().String())
		}
		t.Step("SUBSCRIBE is answered", Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1"))...)
		t.Equal("a SUBACK", slices.Contains(order, codec.SUBACK.String()), true)
		t.Step("the retained message comes", dueRetained...)
		t.Equal("a PUBLISH", slices.Contains(order, codec.PUBLISH.String()), true)
		t.Observe("what comes first", "%s", order[0])
	},
})

var _ = add(Scenario{
	ID:    "subscribe.refused-filter",
	Title: "a filter that the broker refuses brings nothing, and those beside it in the SUBSCRIBE work",
	Why:   "a client without a right to one of ten filters would lose the other nine, or read what it may not",
	// What a broker lets nobody subscribe to is its own choice: topics that are its
	// own are the best guess.
	Proves: Requirements(V311("MQTT-3.8.4-5", "MQTT-3.9.3-2", "U3-3.9.3-u1", "U3-4.7.3-u2"), V5("MQTT-3.8.4-7", "MQTT-3.9.3-2")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		held := Requirements(V311("MQTT-3.8.4-5"), V5("MQTT-3.8.4-7"))
		for _, own := range []string{"$SYS/", "$CONTROL/", "$"} {
			own += t.Topic("own")
			sub, pub, other := t.Connect(Name("subscriber")), t.Connect(Name("publisher")), t.Connect(Name("publisher to the broker's own"))
			first, last := t.Topic("first"), t.Topic("last")
			id := sub.NextID()
			sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(first, 1), filterAt(own, 1), filterAt(last, 1)}})
			if !sub.CarriesOn() {
				t.Observe("SUBSCRIBE to "+own, "the connection was closed")
				continue
			}
			codes := sub.ExpectSuback(id).Codes
			t.Observe("SUBSCRIBE to "+own, "SUBACK 0x%02X", codes)
			for i, code := range codes {
				t.Step("its codes are defined", Requirements(V311("MQTT-3.9.3-2"), V5("MQTT-3.9.3-2"))...)
				t.Equal(fmt.Sprintf("code %d, 0x%02X, is defined", i+1, code), code <= 2 || codec.ReasonName(codec.SUBACK, t.Version(), code) != "", true)
			}
			if len(codes) != 3 || codes[0] != 1 || codes[2] != 1 {
				t.Skip("the broker answers three subscriptions at QoS 1 with codes 0x%02X", codes)
			}
			t.Step("what is granted brings its messages", held...)
			for _, topic := range []string{first, last} {
				pub.Publish(topic, "message", 1)
				sub.ExpectMessage(topic, "message")
			}
			if codes[1] < 0x80 {
				continue
			}
			other.Send(message(own, "not for you", 1, other.NextID()))
			other.CarriesOn() // or it is refused that as well
			t.Step("what is refused brings nothing", held...)
			sub.ExpectNothing(pub)
		}
	},
})
