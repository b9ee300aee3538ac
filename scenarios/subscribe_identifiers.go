package scenarios

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "subscribe.identifiers-overlapping",
	Title:  "where several subscriptions bring a message, one copy has the Subscription Identifiers of all, or each copy its own",
	Why:    "a client hands a message to the handlers that the numbers name; one that is missing is a handler that hears nothing",
	Proves: V5("MQTT-3.3.4-3", "MQTT-3.3.4-4", "MQTT-3.3.4-5", "U5-3.3.4-u1", "U5-3.3.2.3.8-u1"),
	Needs:  []Feature{QoS1, Wildcard, SubscriptionID},
	Run: func(t *T) {
		topic := t.Topic("a/b")
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		for _, s := range []struct {
			filter string
			id     uint32
		}{{"a/b", 7}, {"a/#", 268435455}, {"a/c", 9}} {
			sub.SubscribeAs(filterAt(t.Topic(s.filter), 1), codec.Int(codec.SubscriptionIdentifier, s.id))
		}
		bare := t.Connect(Name("subscriber without an identifier"))
		bare.Subscribe(topic, 1)
		pub.Publish(topic, "both", 1)
		m := handedOn(t, bare, topic, "both")
		t.Step("who gave no identifier gets none", V5("U5-3.3.4-u1")...)
		m.Is("Subscription Identifiers", fmt.Sprint(identifiersOf(m)), "[]")
		copies := []*Message{handedOn(t, sub, topic, "both")}
		t.Fence(pub, sub)
		copies = append(copies, sub.Pending()...)
		t.Observe("copies for two subscriptions that match", "%d", len(copies))
		var all []uint32
		for _, m := range copies {
			ids := identifiersOf(m)
			t.Step("each copy has an identifier", V5("MQTT-3.3.4-3")...)
			m.Is("a copy without Subscription Identifier", len(ids) == 0, false)
			t.Step("only subscriptions that match give theirs", V5("U5-3.3.4-u1")...)
			m.Is("identifiers of other subscriptions", slices.ContainsFunc(ids, func(id uint32) bool { return id != 7 && id != 268435455 }), false)
			all = append(all, ids...)
		}
		if len(copies) == 1 {
			t.Step("one copy has the identifiers of all", V5("MQTT-3.3.4-4")...)
		} else {
			t.Step("each of several copies has its own", V5("MQTT-3.3.4-5")...)
		}
		slices.Sort(all)
		t.Equal("identifiers of all copies", fmt.Sprint(slices.Compact(all)), "[7 268435455]")
	},
})

var _ = add(Scenario{
	ID:     "subscribe.identifier-replaced",
	Title:  "a filter that is subscribed again brings messages with the Subscription Identifier given last, or none where none is given",
	Why:    "a client that starts anew gives its numbers out anew, and the old ones lead to the wrong handler",
	Proves: V5("MQTT-3.8.4-3", "MQTT-3.3.4-3"),
	Needs:  []Feature{QoS1, SubscriptionID},
	Run: func(t *T) {
		topic := t.Topic("again")
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		for i, want := range [][]uint32{{5}, {6}, nil} {
			var ps []codec.Property
			for _, id := range want {
				ps = append(ps, codec.Int(codec.SubscriptionIdentifier, id))
			}
			sub.SubscribeAs(filterAt(topic, 1), ps...)
			payload := fmt.Sprintf("message %d", i)
			pub.Publish(topic, payload, 1)
			m := handedOn(t, sub, topic, payload)
			t.Step("the identifier is that of the last SUBSCRIBE", V5("MQTT-3.8.4-3", "MQTT-3.3.4-3")...)
			m.Is("Subscription Identifiers", fmt.Sprint(identifiersOf(m)), fmt.Sprint(want))
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.refused-brings-nothing",
	Title:  "each code of SUBACK is what holds: a granted filter brings messages at its QoS, and a refused one brings none",
	Why:    "a client that is told no looks elsewhere, and one that is told yes waits",
	Proves: Requirements(V311("MQTT-3.8.4-5", "MQTT-3.8.4-6", "MQTT-3.9.3-2"), V5("MQTT-3.8.4-7", "MQTT-3.8.4-8", "MQTT-3.9.3-2")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		var filters []codec.Subscription
		for qos := byte(0); qos <= 2; qos++ {
			filters = append(filters, filterAt(t.Topic(fmt.Sprintf("at-%d", qos)), qos))
		}
		t.Step("SUBSCRIBE is answered by codes that there are", Requirements(V311("MQTT-3.9.3-2"), V5("MQTT-3.9.3-2"))...)
		id := sub.NextID()
		sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: filters})
		codes := sub.ExpectSuback(id).Codes
		t.Equal("number of codes", len(codes), len(filters))
		for i, code := range codes[:min(len(codes), len(filters))] {
			topic := filters[i].Filter.String()
			defined := code <= 2 || codec.ReasonName(codec.SUBACK, t.Version(), code) != ""
			t.Step("SUBSCRIBE is answered by codes that there are", Requirements(V311("MQTT-3.9.3-2"), V5("MQTT-3.9.3-2"))...)
			t.Equal(fmt.Sprintf("code 0x%02X is defined", code), defined, true)
			pub.Publish(topic, "message", 2)
			if code >= 0x80 {
				t.Step("a refused filter brings nothing", Requirements(V311("MQTT-3.8.4-5"), V5("MQTT-3.8.4-7"))...)
				sub.StaysQuiet()
				continue
			}
			t.Step("a granted filter brings its messages", Requirements(V311("MQTT-3.8.4-5"), V5("MQTT-3.8.4-7"))...)
			m := sub.ExpectMessage(topic, "message")
			t.Step("at the QoS granted", Requirements(V311("MQTT-3.8.4-5", "MQTT-3.8.4-6"), V5("MQTT-3.8.4-7", "MQTT-3.8.4-8"))...)
			m.HasQoS(min(code, 2))
		}
	},
})

var _ = add(Scenario{
	ID:     "subscribe.again-keeps-waiting",
	Title:  "messages that wait for a client are not dropped when it subscribes to their filter again",
	Why:    "clients subscribe anew after each connect; with every restart they would lose what they came back for",
	Proves: Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-4")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("waiting")
		sub, pub := pair(t, topic, 1, Manual(), With(codec.Int(codec.ReceiveMaximum, 1)))
		pub.Publish(topic, "one", 1)
		one := handedOn(t, sub, topic, "one")
		pub.Publish(topic, "two", 1)
		sub.Subscribe(topic, 1)
		t.Step("what waited comes", Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-4"))...)
		acknowledge(sub, one)
		acknowledge(sub, sub.ExpectMessage(topic, "two"))
	},
})

// What a broker declares not to have is refused, by a code in SUBACK or by the
// close, and what it says nothing of must work (5.0, 3.2.2.3.11 to 3.2.2.3.13).
var _ = func() (done bool) {
	for _, c := range []struct {
		id, what       string
		property       codec.PropertyID
		absent, banned string // the requirements: it works, it is refused
		subscribe      func(topic string) *codec.Subscribe
	}{
		{"wildcards", "wildcards", codec.WildcardSubscriptionAvailable, "U5-3.2.2.3.11-u3", "U5-3.2.2.3.11-u2", func(topic string) *codec.Subscribe {
			return &codec.Subscribe{Subscriptions: []codec.Subscription{filterAt(topic+"/#", 1)}}
		}},
		{"identifiers", "Subscription Identifiers", codec.SubscriptionIdentifierAvailable, "U5-3.2.2.3.12-u3", "U5-3.2.2.3.12-u2", func(topic string) *codec.Subscribe {
			return &codec.Subscribe{Properties: codec.Properties{codec.Int(codec.SubscriptionIdentifier, 1)}, Subscriptions: []codec.Subscription{filterAt(topic, 1)}}
		}},
		{"shared", "Shared Subscriptions", codec.SharedSubscriptionAvailable, "U5-3.2.2.3.13-u3", "U5-3.2.2.3.13-u2", func(topic string) *codec.Subscribe {
			return &codec.Subscribe{Subscriptions: []codec.Subscription{filterAt(share("group", topic), 1)}}
		}},
	} {
		add(Scenario{
			ID:     "subscribe.declared-" + c.id,
			Title:  c.what + " work unless the broker declares that they are not available; then it refuses them",
			Why:    "a client goes by what it is told: it must not find out by messages that never come",
			Proves: V5("MQTT-4.5.0-1", c.absent, c.banned, "MQTT-3.8.4-1"),
			Needs:  []Feature{QoS1},
			Run: func(t *T) {
				client := t.Connect()
				available := client.Connack.Properties.Int(c.property, 1) == 1
				p := c.subscribe(t.Topic("declared"))
				p.PacketID = client.NextID()
				if available {
					t.Step(c.what+" are granted", V5(c.absent)...)
				} else {
					t.Step(c.what+" are refused", V5(c.banned)...)
				}
				client.Send(p)
				var code byte
				answered := false
				came := client.AnsweredOrClosed(func(q codec.Packet) bool {
					ack, ok := q.(*codec.Suback)
					if ok && len(ack.Codes) > 0 {
						code, answered = ack.Codes[0], true
					}
					return ok
				})
				switch {
				case !came:
					t.Fail("a SUBACK or the close", "neither", -1)
				case available && !answered:
					t.Step("SUBSCRIBE is answered", V5("MQTT-3.8.4-1", c.absent)...)
					t.Fail("a SUBACK", "the close", -1)
				case available:
					if !t.Equal("granted", answered && code < 0x80, true) || code == 0 {
						return
					}
					t.Connect(Name("publisher")).Publish(t.Topic("declared"), "as declared", 1)
					t.Step(c.what+" work", Requirements(ownership, V5(c.absent))...)
					client.ExpectMessage(t.Topic("declared"), "as declared")
				default:
					t.Equal("granted", answered && code < 0x80, false)
					if why, told := client.Taken(isDisconnect); told {
						t.Observe("told", "%s", why)
					}
					t.Observe("refused by", "%s", map[bool]string{true: fmt.Sprintf("SUBACK 0x%02X", code), false: "the close"}[answered])
				}
			},
		})
	}
	return true
}()
