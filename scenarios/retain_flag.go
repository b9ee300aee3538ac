package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "retain.flag-on-subscribe",
	Title:  "a retained message sent because of a new subscription has RETAIN 1",
	Why:    "a client could not tell an old state from an event that happens now",
	Proves: Requirements(V311("MQTT-3.3.1-8"), V5("U5-3.8.3.1-u3")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "on", 1, Retained())
		_, first := t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("RETAIN is 1", Requirements(V311("MQTT-3.3.1-8"), V5("U5-3.8.3.1-u3"))...)
		first.HasRetain(true)
		_, second := t.ExpectRetained(filterAt(topic, 0), topic, "on")
		second.HasRetain(true)
		if t.V5() {
			s := filterAt(topic, 1)
			s.RetainAsPublished = true
			_, third := t.ExpectRetained(s, topic, "on")
			third.HasRetain(true)
		}
	},
})

// clearedFlag is the RETAIN 0 of a message that comes through a subscription
// which was there before it.
var clearedFlag = Requirements(V311("MQTT-3.3.1-9"), V5("MQTT-3.3.1-12"))

// live expects a message through a subscription that is there. A broker may still be
// about to look for the retained messages of that subscription when the message
// becomes one: then it comes with RETAIN 1 because of that, and once more.
func live(t *T, sub *Client, topic, payload string) *Message {
	m := sub.ExpectMessage(topic, payload)
	if m.Retain {
		if other, ok := sub.Gets(topic, payload, t.Timeouts().Settle); ok {
			t.Observe("a message in the moment of the SUBSCRIBE", "comes as a retained one as well")
			return other
		}
	}
	return m
}

var _ = add(Scenario{
	ID:     "retain.flag-live",
	Title:  "a message published with RETAIN 1 reaches those who are subscribed already with RETAIN 0",
	Why:    "a client would take an event that happens now for an old state",
	Proves: clearedFlag,
	Needs:  []Feature{QoS1, QoS2, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		for qos := byte(1); qos <= 2; qos++ {
			topic := t.Topic(fmt.Sprintf("qos-%d", qos))
			sub.Subscribe(topic, qos)
			t.Step("the message comes", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
			pub.Publish(topic, "on", qos, Retained())
			m := live(t, sub, topic, "on")
			t.Step(fmt.Sprintf("its RETAIN is 0 at QoS %d", qos), clearedFlag...)
			m.HasRetain(false)
		}
	},
})

var _ = add(Scenario{
	ID:     "retain.flag-queued",
	Title:  "a message published with RETAIN 1 that waited for an offline session comes with RETAIN 0",
	Why:    "a client that was away for a moment would take what happened meanwhile for an old state",
	Proves: clearedFlag,
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"), Keep())
		topic := t.Topic("state")
		sub.Subscribe(topic, 1)
		sub.Disconnect()
		pub.Publish(topic, "on", 1, Retained())
		t.Step("the message waits for the session", Requirements(V311("MQTT-3.1.2-5"), V5("MQTT-4.5.0-1"))...)
		sub.Reconnect()
		m := sub.ExpectMessage(topic, "on")
		t.Step("its RETAIN is 0", clearedFlag...)
		m.HasRetain(false)
	},
})

var _ = add(Scenario{
	ID:     "retain.as-published",
	Title:  "Retain As Published 1 keeps the RETAIN flag of what is forwarded, 0 clears it",
	Why:    "a bridge with the option would store nothing at the other side, one without it would store everything",
	Proves: V5("MQTT-3.3.1-12", "MQTT-3.3.1-13"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		for _, asPublished := range []bool{true, false} {
			sub := t.Connect(Name(fmt.Sprintf("subscriber with Retain As Published %t", asPublished)))
			topic := t.Topic(fmt.Sprintf("as-published-%t", asPublished))
			s := filterAt(topic, 1)
			s.RetainAsPublished = asPublished
			sub.SubscribeAs(s)
			for _, retain := range []bool{true, false} {
				payload := fmt.Sprintf("published with RETAIN %t", retain)
				t.Step("the message comes", V5("MQTT-4.5.0-1")...)
				pub.Publish(topic, payload, 1, func(p *codec.Publish) { p.Retain = retain })
				m := live(t, sub, topic, payload)
				if asPublished {
					t.Step("the flag is kept", V5("MQTT-3.3.1-13")...)
				} else {
					t.Step("the flag is cleared", V5("MQTT-3.3.1-12")...)
				}
				m.HasRetain(retain && asPublished)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "retain.resubscribe",
	Title:  "a second SUBSCRIBE with the same filter brings the retained message again",
	Why:    "a client asks for the current state in this way; without an answer it keeps waiting",
	Proves: Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-4", "MQTT-3.3.1-9")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "on", 1, Retained())
		sub, _ := t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("it comes again", Requirements(V311("MQTT-3.8.4-3"), V5("MQTT-3.8.4-4", "MQTT-3.3.1-9"))...)
		for range 2 {
			sub.Subscribe(topic, 1)
			sub.ExpectMessage(topic, "on")
		}
	},
})

// withHandling is a subscription at QoS 1 with a Retain Handling option.
func withHandling(filter string, option byte) codec.Subscription {
	return codec.Subscription{Filter: codec.Text(filter), QoS: 1, RetainHandling: option}
}

var _ = add(Scenario{
	ID:     "retain.handling-new",
	Title:  "Retain Handling 1 brings the retained message to a new subscription, and not to one that is there",
	Why:    "a client that subscribes again after every reconnect would act again on a state that it knows",
	Proves: V5("MQTT-3.3.1-10"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", V5("MQTT-3.3.1-5")...)
		pub.Publish(topic, "on", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("a new subscription brings it", V5("MQTT-3.3.1-10")...)
		sub, _ := t.ExpectRetained(withHandling(topic, 1), topic, "on")
		t.Step("the same again brings nothing", V5("MQTT-3.3.1-10")...)
		sub.SubscribeAs(withHandling(topic, 1))
		sub.ExpectNoRetained(pub)
	},
})

var _ = add(Scenario{
	ID:     "retain.handling-resumed",
	Title:  "Retain Handling 1 brings nothing when the subscription is there from an earlier connection",
	Why:    "this is the use the option was made for: a resumed session subscribes again without harm",
	Proves: V5("MQTT-3.3.1-10"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"), Keep())
		topic := t.Topic("state")
		t.Step("a message is stored", V5("MQTT-3.3.1-5")...)
		pub.Publish(topic, "on", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("the first subscription brings it", V5("MQTT-3.3.1-10")...)
		sub.SubscribeAs(withHandling(topic, 1))
		sub.ExpectMessage(topic, "on")
		sub.Sync()
		sub.Disconnect()
		resume(t, sub)
		t.Step("the same in the resumed session brings nothing", V5("MQTT-3.3.1-10")...)
		sub.SubscribeAs(withHandling(topic, 1))
		sub.ExpectNoRetained(pub)
	},
})

var _ = add(Scenario{
	ID:     "retain.handling-never",
	Title:  "Retain Handling 2 brings no retained message, and the messages that follow",
	Why:    "a client that wants events only would act on an old state",
	Proves: V5("MQTT-3.3.1-11"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", V5("MQTT-3.3.1-5")...)
		pub.Publish(topic, "on", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("it does not come", V5("MQTT-3.3.1-11")...)
		sub := t.LateSubscriber(withHandling(topic, 2))
		sub.ExpectNoRetained(pub)
		t.Step("what is published then comes", V5("MQTT-4.5.0-1")...)
		pub.Publish(topic, "off", 1)
		sub.ExpectMessage(topic, "off")
	},
})

var _ = add(Scenario{
	ID:     "retain.handling-changed",
	Title:  "a second SUBSCRIBE with the same filter obeys its own Retain Handling",
	Why:    "a client that wants no state first and asks for it later would never get it",
	Proves: V5("MQTT-3.8.4-4", "MQTT-3.3.1-11"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", V5("MQTT-3.3.1-5")...)
		pub.Publish(topic, "on", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("never, so it does not come", V5("MQTT-3.3.1-11")...)
		sub := t.LateSubscriber(withHandling(topic, 2))
		sub.ExpectNoRetained(pub)
		t.Step("then always, so it comes", V5("MQTT-3.8.4-4")...)
		sub.SubscribeAs(withHandling(topic, 0))
		sub.ExpectMessage(topic, "on")
		t.Step("then never, so it does not come", V5("MQTT-3.3.1-11")...)
		sub.SubscribeAs(withHandling(topic, 2))
		sub.ExpectNoRetained(pub)
	},
})

var _ = add(Scenario{
	ID:     "retain.handling-reserved",
	Title:  "a SUBSCRIBE with Retain Handling 3 ends the connection",
	Why:    "the value has no meaning; a client that sends it would get what it did not ask for",
	Proves: V5("MQTT-4.13.1-1"),
	Run: func(t *T) {
		c := t.Connect()
		t.Step("Retain Handling 3 is called a Protocol Error (U5-3.8.3.1-u2)", V5("MQTT-4.13.1-1")...)
		c.Send(&codec.Subscribe{PacketID: c.NextID(), Subscriptions: []codec.Subscription{withHandling(t.Topic("state"), 3)}})
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "retain.undeclared",
	Title:  "retained messages work where CONNACK says nothing of them",
	Why:    "a client goes by what it is told: it must not learn by the end of its connection that there are none",
	Proves: V5("U5-3.2.2.3.5-u4", "MQTT-3.3.1-5"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		if p, declared := pub.Connack.Properties.Find(codec.RetainAvailable); declared {
			t.Skip("the broker declares Retain Available %d", p.Int)
		}
		topic := t.Topic("state")
		p := message(topic, "on", 1, pub.NextID())
		p.Retain = true
		t.Step("a message with RETAIN 1 is taken", V5("U5-3.2.2.3.5-u4")...)
		pub.Send(p)
		pub.ExpectPuback(p.PacketID)
		t.Step("and stored", V5("U5-3.2.2.3.5-u4", "MQTT-3.3.1-5")...)
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
	},
})
