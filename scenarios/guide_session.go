package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var (
	guideStored = Requirements(V311("MQTT-3.3.1-5", "MQTT-3.3.1-6"), V5("MQTT-3.3.1-5", "MQTT-3.3.1-9"))
	// markedRetained is what a retained message without the flag breaks.
	markedRetained = Requirements(V311("MQTT-3.3.1-8"), V5("U5-3.8.3.1-u3"))

	guidePresent = Requirements(V311("MQTT-3.2.2-2"), V5("MQTT-3.2.2-3"))
	guideQueued  = Requirements(V311("MQTT-3.1.2-5"), V5("MQTT-3.1.2-5", "MQTT-3.1.2-23"))
)

// laterSubscriber is a client that subscribes to the topic now and must get the
// retained message.
func laterSubscriber(t *T, topic, payload string) (*Client, *Message) {
	return t.ExpectRetained(filterAt(topic, 1), topic, payload)
}

var _ = add(Scenario{
	ID:     "guide.retained-message",
	Title:  "of two retained messages on a topic a later subscriber gets the second alone",
	Why:    "a dashboard that starts up shows nothing, or a temperature of yesterday",
	Proves: Requirements(V311("MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-8"), V5("MQTT-3.3.1-5", "MQTT-3.3.1-9", "U5-3.8.3.1-u3")),
	Needs:  []Feature{Retain, QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("retained_message")
		pub.Publish(topic, "retained message 1", 1, Retained())
		pub.Publish(topic, "retained message 2", 1, Retained())
		t.Step("the second message is kept for later subscribers", guideStored...)
		sub, m := laterSubscriber(t, topic, "retained message 2")
		t.Step("it is marked as retained", markedRetained...)
		m.HasRetain(true)
		t.Step("the first one is gone", Requirements(V311("MQTT-3.3.1-6"), V5("MQTT-3.3.1-5"))...)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "guide.clean-session-false",
	Title:  "what was published at QoS 1 while a client with clean session false was away comes when it is back",
	Why:    "a phone that was in a tunnel misses the alarm",
	Proves: Requirements(V311("MQTT-3.1.2-4", "MQTT-3.1.2-5", "MQTT-3.2.2-2"), V5("MQTT-3.1.2-5", "MQTT-3.1.2-23", "MQTT-3.2.2-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("clean_session_false")
		sub := t.Connect(Name("subscriber"), Keep())
		keptSession(t, sub)
		sub.Subscribe(topic, 1)
		t.Step("the subscription works", guideDelivers...)
		pub.Publish(topic, "message 0", 1)
		sub.ExpectMessage(topic, "message 0")
		sub.Sync()
		sub.Disconnect()
		for i := 1; i <= 3; i++ {
			pub.Publish(topic, fmt.Sprintf("message %d", i), 1)
		}
		t.Step("the session is found again by the client id", guidePresent...)
		t.Equal("Session Present", sub.Reconnect(Keep()).SessionPresent, true)
		t.Step("the three messages come without subscribing again", guideQueued...)
		for i := 1; i <= 3; i++ {
			sub.ExpectMessage(topic, fmt.Sprintf("message %d", i)).HasRetain(false)
		}
		t.Step("and so does what is published now", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
		pub.Publish(topic, "message 4", 1)
		sub.ExpectMessage(topic, "message 4")
	},
})

// keptSession skips the scenario where a broker of 5.0 declares that it keeps no
// session, as it may.
func keptSession(t *T, c *Client) {
	const asked = 300
	if in := c.Connack.Properties.Int(codec.SessionExpiryInterval, asked); t.V5() && in < 60 {
		t.Skip("the broker lowers the Session Expiry Interval to %d s", in)
	}
}

// sessionEnds gives the broker time to end a session that expires with its
// connection, as for every expiry. (mochi closes the connection first; who is
// back in the same moment loses the new session to the clean-up of the old one.)
func sessionEnds(t *T) { t.Sleep(6 * t.Timeouts().Settle) }

// noSessionKept skips the scenario where a broker of 5.0 declares that it keeps
// the session although the client did not ask for it, as it may.
func noSessionKept(t *T, c *Client) {
	if in := c.Connack.Properties.Int(codec.SessionExpiryInterval, 0); t.V5() && in > 0 {
		t.Skip("the broker raises the Session Expiry Interval to %d s", in)
	}
}

var _ = add(Scenario{
	ID:     "guide.clean-session-true",
	Title:  "what was published while a client with clean session true was away does not come when it is back",
	Why:    "a client that wants only the news of now is fed with old messages",
	Proves: Requirements(V311("MQTT-3.1.2-6", "MQTT-3.2.2-1"), V5("MQTT-3.1.2-4", "MQTT-3.2.2-2")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("clean_session_true")
		sub := t.Connect(Name("subscriber"), Clean(true))
		sub.Subscribe(topic, 1)
		t.Step("the subscription works", guideDelivers...)
		pub.Publish(topic, "message 0", 1)
		sub.ExpectMessage(topic, "message 0")
		sub.Sync()
		sub.Disconnect()
		for i := 1; i <= 3; i++ {
			pub.Publish(topic, fmt.Sprintf("message %d", i), 1)
		}
		sessionEnds(t)
		t.Step("the client starts afresh", Requirements(V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2"))...)
		t.Equal("Session Present", sub.Reconnect(Clean(true)).SessionPresent, false)
		t.Step("it gets nothing old, not even after it subscribed again",
			Requirements(V311("MQTT-3.1.2-6"), V5("MQTT-3.1.2-4"))...)
		sub.ExpectNothing(pub)
		sub.Subscribe(topic, 1)
		t.FenceOn(topic, 1, pub, sub)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "guide.clean-start-with-expiry",
	Title:  "Clean Start begins a new session, and the Session Expiry Interval keeps it over the end of the connection",
	Why:    "5.0 splits clean session in two; whoever takes over settings of 3.1.1 loses messages",
	Proves: V5("MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-3.1.2-23", "MQTT-4.1.0-2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("clean_start")
		t.Step("Clean Start 1 begins a new session", V5("MQTT-3.2.2-2")...)
		sub := t.Connect(Name("subscriber"), Clean(true), With(codec.Int(codec.SessionExpiryInterval, 300)))
		t.Equal("Session Present", sub.Connack.SessionPresent, false)
		keptSession(t, sub)
		sub.Subscribe(topic, 1)
		sub.Disconnect()
		pub.Publish(topic, "while away", 1)

		t.Step("Clean Start 0 finds it again within the Session Expiry Interval", V5("MQTT-3.2.2-3")...)
		connack := sub.Reconnect(Clean(false), With(codec.Int(codec.SessionExpiryInterval, 0)))
		t.Equal("Session Present", connack.SessionPresent, true)
		noSessionKept(t, sub)
		t.Step("with the message of the meantime", V5("MQTT-3.1.2-23")...)
		sub.ExpectMessage(topic, "while away")
		sub.Sync()
		sub.Disconnect()

		sessionEnds(t)
		t.Step("with a Session Expiry Interval of 0 it ends with the connection", V5("MQTT-4.1.0-2")...)
		t.Equal("Session Present", sub.Reconnect().SessionPresent, false)
	},
})

// The guide's client has a keep alive of 5 seconds and this will.
func lastWill(t *T) []Option {
	return []Option{Name("device"), KeepAlive(5), WithWill(codec.Will{
		Topic: codec.Text(t.Topic("last_will")), Payload: []byte("offline"), QoS: 1, Retain: true,
	})}
}

var _ = add(Scenario{
	ID:     "guide.last-will",
	Title:  "a client that falls silent is reported by its last will, now and to later subscribers",
	Why:    "nobody learns that a device has lost its network",
	Proves: Requirements(V311("MQTT-3.1.2-8", "MQTT-3.1.2-24", "MQTT-3.1.2-17"), V5("MQTT-3.1.2-8", "MQTT-3.1.2-22", "MQTT-3.1.2-15")),
	Needs:  []Feature{Retain, QoS1},
	Run: func(t *T) {
		topic := t.Topic("last_will")
		pub := t.Connect(Name("publisher"))
		pub.Publish(topic, "", 1, Retained()) // nothing of an earlier run
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 1)
		device := t.Connect(lastWill(t)...)
		device.Sync()
		silent := t.Elapsed()
		due := serverKeepAlive(t, device, 5) * 3 / 2
		t.Step("the will comes after one and a half times the keep alive",
			Requirements(V311("MQTT-3.1.2-8", "MQTT-3.1.2-24"), V5("MQTT-3.1.2-8", "MQTT-3.1.2-22"))...)
		m := sub.ExpectMessageWithin(due, topic, "offline")
		t.Observe("silence until the will came", "%.1f s", (m.Came() - silent).Seconds())
		t.Step("at its QoS", guideQoS...)
		m.HasQoS(1)
		t.Step("through an existing subscription it is not marked as retained",
			Requirements(V311("MQTT-3.3.1-9"), V5("MQTT-3.3.1-12"))...)
		m.HasRetain(false)
		t.Step("it is kept for later subscribers", Requirements(V311("MQTT-3.1.2-17"), V5("MQTT-3.1.2-15"))...)
		laterSubscriber(t, topic, "offline")
	},
})

var _ = add(Scenario{
	ID:     "guide.last-will-disconnect",
	Title:  "a client that says goodbye with DISCONNECT is not reported by its last will",
	Why:    "every planned shutdown raises an alarm",
	Proves: Requirements(V311("MQTT-3.14.4-3", "MQTT-3.1.2-10"), V5("MQTT-3.14.4-3", "MQTT-3.1.2-10")),
	Needs:  []Feature{Retain, QoS1},
	Run: func(t *T) {
		topic := t.Topic("last_will")
		pub := t.Connect(Name("publisher"))
		pub.Publish(topic, "", 1, Retained())
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 1)
		t.Step("the last will works", Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8"))...)
		device := t.Connect(lastWill(t)...)
		device.Drop()
		willNow(t, sub, topic, "offline")
		pub.Publish(topic, "", 1, Retained())
		sub.ExpectMessage(topic, "")
		// SUBSCRIBE and the will may have raced: then it came twice, once as the
		// retained message of a new subscription.
		t.FenceOn(topic, 1, pub, sub)
		sub.Pending()
		t.Step("the last will is forgotten on DISCONNECT",
			Requirements(V311("MQTT-3.14.4-3", "MQTT-3.1.2-10"), V5("MQTT-3.14.4-3", "MQTT-3.1.2-10"))...)
		device.Reconnect()
		device.Disconnect()
		t.FenceOn(topic, 1, pub, sub)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "guide.reconnect",
	Title:  "a client comes back by itself after the broker was restarted",
	Why:    "after an update of the broker the devices stay away, or all come back empty-handed",
	Proves: Requirements(V311("MQTT-3.1.4-4", "U3-3.1.2.5-u2"), V5("MQTT-3.1.4-5")),
	Needs:  []Feature{Restart, Retain, QoS1, Wildcard},
	Serial: true,
	Run: func(t *T) {
		topic := t.Topic("reconnect")
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"), Keep())
		sub.Subscribe(topic, 1)
		t.Step("the subscription works", guideDelivers...)
		pub.Publish(topic, "before", 1)
		sub.ExpectMessage(topic, "before")
		pub.Publish(t.Topic("reconnect/kept"), "retained", 1, Retained())
		away := t.Connect(Name("away"), Keep())
		away.Subscribe(topic, 1)
		away.Disconnect()
		pub.Publish(topic, "queued", 1)
		sub.ExpectMessage(topic, "queued")
		sub.Sync()
		hasty := t.Connect(Name("client that acknowledges nothing"), Keep(), Manual())
		hasty.Subscribe(t.Topic("under-way"), 1)
		pub.Publish(t.Topic("under-way"), "not acknowledged", 1)
		hasty.ExpectMessage(t.Topic("under-way"), "not acknowledged")
		t.Connect(Name("device"), WithWill(codec.Will{
			Topic: codec.Text(t.Topic("reconnect/will")), Payload: []byte("offline"), QoS: 1, Retain: true,
		}))

		t.Step("both clients are accepted again", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		t.RestartBroker(func() {
			sub.ReconnectWithBackoff()
			pub.ReconnectWithBackoff()
		})

		t.Step("what has survived; a will may be put off until now", V311("U3-3.1.2.5-u2")...)
		away.Reconnect()
		hasty.Reconnect()
		late := t.Connect(Name("later subscriber"))
		late.Subscribe(t.Topic("reconnect/#"), 1)
		pub.Publish(topic, "after", 1)
		t.Fence(pub, late)
		survived := func(what string, yes bool) {
			t.Observe(what, "%s", map[bool]string{true: "survived the restart", false: "lost in the restart"}[yes])
		}
		came := func(c *Client, topic, payload string) bool { _, ok := c.Gets(topic, payload, 0); return ok }
		survived("session", sub.Connack.SessionPresent)
		survived("subscription", came(sub, topic, "after"))
		survived("queued message", came(away, topic, "queued"))
		survived("message that was not acknowledged", came(hasty, t.Topic("under-way"), "not acknowledged"))
		survived("retained message", came(late, t.Topic("reconnect/kept"), "retained"))
		survived("will of a connected client, published and retained,", came(late, t.Topic("reconnect/will"), "offline"))

		t.Step("messages pass again", guideDelivers...)
		sub.Subscribe(topic, 1)
		pub.Publish(topic, "as ever", 1)
		sub.ExpectMessage(topic, "as ever")
	},
})
