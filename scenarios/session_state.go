package scenarios

import (
	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "session.subscription-options",
	Title:  "a resumed session has its subscriptions with all their options",
	Why:    "a client that comes back does not subscribe again, so what the broker forgets stays forgotten",
	Proves: V5("MQTT-3.1.2-5", "MQTT-3.3.4-3"),
	Needs:  []Feature{QoS1, Retain, SubscriptionID},
	Run: func(t *T) {
		sub, pub := kept(t, Name("subscriber")), t.Connect(Name("publisher"))
		topic, own := t.Topic("t"), t.Topic("own")
		sub.SubscribeWith(codec.Properties{codec.Int(codec.SubscriptionIdentifier, 7)},
			codec.Subscription{Filter: codec.Text(topic), QoS: 1, RetainAsPublished: true})
		sub.SubscribeTo(codec.Subscription{Filter: codec.Text(own), QoS: 1, NoLocal: true})
		options := func(payload string) {
			pub.Publish(topic, payload, 1, Retained())
			m := sub.ExpectMessage(topic, payload)
			m.HasQoS(1)
			m.HasRetain(true)
			m.Is("Subscription Identifier", m.Properties.Int(codec.SubscriptionIdentifier, 0), uint32(7))
			pub.Publish(own, payload, 1)
			sub.ExpectMessage(own, payload)
			sub.Publish(own, payload+", from itself", 1)
			sub.ExpectNothing(sub)
		}
		t.Step("the subscription has its options", V5("MQTT-3.3.1-13", "MQTT-3.3.4-3", "MQTT-3.8.3-3")...)
		options("before")
		sub.Disconnect()
		sub.Reconnect()
		t.Step("the subscription has its options still", V5("MQTT-3.1.2-5")...)
		options("after")
	},
})

var _ = add(Scenario{
	ID:     "session.unsubscribed",
	Title:  "a subscription that was removed does not come back with the session",
	Why:    "a broker that stores its sessions late hands out messages that nobody wants any more",
	Proves: Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub := kept(t, Name("subscriber")), t.Connect(Name("publisher"))
		stays, goes := t.Topic("stays"), t.Topic("goes")
		sub.Subscribe(stays, 1)
		sub.Subscribe(goes, 1)
		sub.Disconnect()
		sub.Reconnect()
		sub.Unsubscribe(goes)
		sub.Disconnect()
		pub.Publish(goes, "not wanted", 1)
		pub.Publish(stays, "wanted", 1)
		t.Step("one subscription is there", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
		sub.Reconnect()
		sub.ExpectMessage(stays, "wanted")
		t.Step("the other one is not", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
		pub.Publish(goes, "not wanted either", 1)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "session.incoming-qos2",
	Title:  "the broker remembers over a break which QoS 2 messages of a client it has got",
	Why:    "otherwise a message that the client repeats after the break is delivered twice",
	Proves: Requirements(V311("MQTT-4.1.0-1", "MQTT-4.3.3-2"), V5("MQTT-3.1.2-23", "MQTT-4.3.3-10")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber")), kept(t, Name("publisher"))
		topic := t.Topic("t")
		sub.Subscribe(topic, 2)
		m := &codec.Publish{Topic: codec.Text(topic), QoS: 2, PacketID: 700, Payload: []byte("once")}
		t.Step("PUBLISH is answered with PUBREC", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))...)
		pub.Send(m)
		pub.ExpectPubrec(700)
		pub.Drop()
		t.Step("the session is there", Requirements(V311("MQTT-4.1.0-1"), V5("MQTT-3.1.2-23"))...)
		t.Equal("Session Present", pub.Reconnect().SessionPresent, true)
		t.Step("the repeated PUBLISH is answered and completed", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-10"))...)
		again := *m
		again.Dup = true
		pub.Send(&again)
		pub.ExpectPubrec(700)
		pub.Send(&codec.Pubrel{Ack: codec.Ack{PacketID: 700}})
		pub.ExpectPubcomp(700)
		t.Step("the message comes", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
		sub.ExpectMessage(topic, "once")
		t.Step("the message comes once", Requirements(V311("MQTT-4.1.0-1", "MQTT-4.3.3-2"), V5("MQTT-3.1.2-23", "MQTT-4.3.3-10"))...)
		t.FenceOn(topic, 2, pub, sub)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "session.second-connect",
	Title:  "a session is there after the broker has closed its connection because of a second CONNECT",
	Why:    "the error of one moment must not cost a client what waits for it",
	Proves: stored,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub := kept(t, Name("subscriber")), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		sub.Subscribe(topic, 1)
		t.Step("the connection is closed", Requirements(V311("MQTT-3.1.0-2"), V5("MQTT-3.1.0-2"))...)
		sub.SendConnect()
		sub.ExpectClosed()
		t.Step("the session is there, with what came in between", stored...)
		pub.Publish(topic, "while away", 1)
		t.Equal("Session Present", sub.Reconnect().SessionPresent, true)
		sub.ExpectMessage(topic, "while away")
	},
})

var _ = add(Scenario{
	ID:     "session.retained-survives",
	Title:  "a retained message outlives the session of the client that published it",
	Why:    "it is the last known state of a thing, and a thing that is switched off has one too",
	Proves: Requirements(V311("MQTT-3.1.2-7"), V5("U5-4.1-u1")),
	Needs:  []Feature{Retain, QoS1},
	Run: func(t *T) {
		topic := t.Topic("state")
		pub := kept(t, Name("publisher"))
		pub.Publish(topic, "last state", 1, Retained())
		t.Step("the retained message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		early := t.Connect(Name("early subscriber"))
		early.Subscribe(topic, 1)
		early.ExpectMessage(topic, "last state").HasRetain(true)
		t.Step("it is there after the end of the session", Requirements(V311("MQTT-3.1.2-7"), V5("U5-4.1-u1"))...)
		pub.Disconnect()
		pub.Reconnect(Clean(true), With(codec.Int(codec.SessionExpiryInterval, 0)))
		pub.Disconnect()
		late := t.Connect(Name("late subscriber"))
		late.Subscribe(topic, 1)
		late.ExpectMessage(topic, "last state").HasRetain(true)
	},
})

var _ = add(Scenario{
	ID:     "session.lasts-as-long-as-connection",
	Title:  "a clean session works for as long as its connection, through all that others do",
	Why:    "a broker that drops it in passing leaves a client that believes it is subscribed",
	Proves: Requirements(V311("MQTT-4.1.0-2"), V5("MQTT-4.1.0-1")),
	Run: func(t *T) {
		c, other := t.Connect(), t.Connect(Name("other"))
		topic := t.Topic("t")
		c.Subscribe(topic, 0)
		other.Subscribe(topic, 0)
		other.Unsubscribe(topic)
		other.Disconnect()
		for _, clean := range []bool{true, false} {
			other.Reconnect(Clean(clean))
			other.Subscribe(topic, 0)
			other.Drop()
		}
		other.Reconnect(Clean(true))
		t.Step("the subscription delivers", Requirements(V311("MQTT-4.1.0-2"), V5("MQTT-4.1.0-1"))...)
		other.Publish(topic, "still there", 0)
		c.ExpectMessage(topic, "still there")
	},
})
