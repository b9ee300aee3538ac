package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// The requirements that say what Session Present tells.
var (
	sessionThere    = Requirements(V311("MQTT-3.2.2-2"), V5("MQTT-3.2.2-3"))
	sessionNotThere = Requirements(V311("MQTT-3.2.2-3"), V5("MQTT-3.2.2-3"))
)

// kept connects a client whose session outlives its connection.
func kept(t *T, opts ...Option) *Client {
	c := t.Connect(append([]Option{Keep()}, opts...)...)
	needsSession(t, c)
	return c
}

// needsSession skips where the broker says that it keeps no session.
func needsSession(t *T, c *Client) {
	if t.V5() && expiryInForce(c) < 60 {
		t.Skip("the broker lowers the Session Expiry Interval to %d s", expiryInForce(c))
	}
}

var _ = add(Scenario{
	ID:    "session.resumed",
	Title: "a kept session is there after DISCONNECT and after a loss of the connection, with its subscriptions",
	Why:   "a device on a bad link must not have to subscribe again each time, and not miss what came in between",
	Proves: Requirements(V311("MQTT-3.1.2-4", "MQTT-3.2.2-2", "MQTT-4.1.0-1"),
		V5("MQTT-3.1.2-5", "MQTT-3.1.2-23", "MQTT-3.2.2-3")),
	Run: func(t *T) {
		sub, pub := kept(t, Name("subscriber")), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		sub.Subscribe(topic, 1)
		for _, end := range []struct {
			name string
			how  func()
		}{{"DISCONNECT", sub.Disconnect}, {"a loss of the connection", sub.Drop}} {
			sub.Sync()
			end.how()
			sub.Reconnect()
			t.Step("the session's subscription delivers after "+end.name,
				Requirements(V311("MQTT-3.1.2-4", "MQTT-4.1.0-1"), V5("MQTT-3.1.2-5", "MQTT-3.1.2-23"))...)
			pub.Publish(topic, "after "+end.name, 1)
			sub.ExpectMessage(topic, "after "+end.name).HasQoS(1)
			// Now that the session is there, CONNACK must have said so.
			t.Step("CONNACK tells of the session after "+end.name, sessionThere...)
			t.Equal("Session Present", sub.Connack.SessionPresent, true)
		}
	},
})

var _ = add(Scenario{
	ID:     "session.first",
	Title:  "the first CONNECT that wants a kept session finds none and makes one",
	Why:    "a client that is told of a session that is not its own takes it for granted that it is subscribed",
	Proves: Requirements(V311("MQTT-3.1.2-4", "MQTT-3.2.2-3"), V5("MQTT-3.1.2-6", "MQTT-3.1.2-23", "MQTT-3.2.2-3")),
	Run: func(t *T) {
		t.Step("a client whose session is not there is let in", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-6"))...)
		c := t.Open(Keep())
		c.SendConnect()
		if connack := c.ExpectConnack(); connack.Code != 0 {
			t.Fail("a CONNACK that accepts the client", connack.String(), -1)
		}
		t.Step("there is no session yet", sessionNotThere...)
		t.Equal("Session Present", c.Connack.SessionPresent, false)
		needsSession(t, c)
		t.Step("the new session works", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-6"))...)
		topic := t.Topic("t")
		c.Subscribe(topic, 0)
		c.Publish(topic, "to itself", 0)
		c.ExpectMessage(topic, "to itself")
		t.Step("the new session is kept", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-23"))...)
		c.Disconnect()
		t.Equal("Session Present", c.Reconnect().SessionPresent, true)
	},
})

var cleanDiscards = Requirements(V311("MQTT-3.1.2-6", "MQTT-3.1.4-3"), V5("MQTT-3.1.2-4", "MQTT-3.1.4-4"))

var _ = add(Scenario{
	ID:     "session.clean-discards",
	Title:  "a clean start discards the earlier session: its subscriptions and the messages that wait in it",
	Why:    "a device that was reset asks for a clean start and must not get orders that were meant for its former life",
	Proves: Requirements(cleanDiscards, V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub, topic := sessionWithMail(t)
		t.Step("a clean start finds no session", Requirements(V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2"))...)
		t.Equal("Session Present", sub.Reconnect(Clean(true)).SessionPresent, false)
		t.Step("no waiting message comes", cleanDiscards...)
		sub.ExpectNothing(pub)
		t.Step("no old subscription delivers", cleanDiscards...)
		pub.Publish(topic, "to nobody", 1)
		sub.ExpectNothing(pub)
	},
})

// sessionWithMail gives a disconnected client with a kept session, one
// subscription, and a message that waits for it. That this works is shown
// first, so that a later absence means something.
func sessionWithMail(t *T, opts ...Option) (sub, pub *Client, topic string) {
	sub, pub = kept(t, append(opts, Name("subscriber"))...), t.Connect(Name("publisher"))
	topic = t.Topic("t")
	sub.Subscribe(topic, 1)
	sub.Disconnect()
	pub.Publish(topic, "first message that waits", 1)
	t.Step("the session keeps messages", Requirements(V311("MQTT-3.1.2-5"), V5("MQTT-4.5.0-1"))...)
	sub.Reconnect()
	sub.ExpectMessage(topic, "first message that waits")
	sub.Sync()
	sub.Disconnect()
	pub.Publish(topic, "second message that waits", 1)
	return sub, pub, topic
}

var _ = add(Scenario{
	ID:     "session.clean-leaves-nothing",
	Title:  "nothing of a session that a clean start discarded comes back later",
	Why:    "a broker that only hides the old session hands it to whoever asks next",
	Proves: cleanDiscards,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub, topic := sessionWithMail(t)
		sub.Reconnect(Clean(true), expiry(0)) // the session of the clean start does not live on
		ends := !t.V5() || expiryInForce(sub) == 0
		sub.Disconnect()
		t.Step("the session before the clean start is gone", cleanDiscards...)
		connack := sub.Reconnect(Clean(false), expiry(300))
		if ends {
			t.Equal("Session Present", connack.SessionPresent, false)
		}
		pub.Publish(topic, "to nobody", 1)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "session.clean-forgets-incoming-qos2",
	Title:  "after a clean start a Packet Identifier of an unfinished QoS 2 exchange stands for a new message",
	Why:    "a broker that takes the new message for the old one acknowledges it and throws it away",
	Proves: cleanDiscards,
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber")), kept(t, Name("publisher"))
		topic := t.Topic("t")
		sub.Subscribe(topic, 2)
		m := &codec.Publish{Topic: codec.Text(topic), QoS: 2, PacketID: 700, Payload: []byte("of the old session")}
		t.Step("PUBLISH is answered with PUBREC", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))...)
		pub.Send(m)
		pub.ExpectPubrec(700)
		pub.Drop()
		pub.Reconnect(Clean(true))
		t.Step("the new message is completed", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))...)
		m.Payload = []byte("of the new session")
		pub.Send(m)
		pub.ExpectPubrec(700)
		pub.Send(&codec.Pubrel{Ack: codec.Ack{PacketID: 700}})
		pub.ExpectPubcomp(700)
		t.Step("the new message is delivered", cleanDiscards...)
		sub.ExpectMessage(topic, "of the new session")
	},
})

var endsWithConnection = Requirements(V311("MQTT-3.1.2-6"), V5("MQTT-4.1.0-2"))

var _ = add(Scenario{
	ID:     "session.ends-with-connection",
	Title:  "a session that is not to be kept ends with its connection",
	Why:    "a broker that keeps it fills its memory with queues for clients that never come back",
	Proves: Requirements(endsWithConnection, V5("U5-3.1.2.11.2-u2")),
	Needs:  []Feature{QoS1},
	Tries:  3,
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("t")
		// No interval is an interval of 0 (5.0, 3.1.2.11.2).
		absent := Requirements(endsWithConnection, V5("U5-3.1.2.11.2-u2"))
		for _, begun := range []struct {
			name string
			with []Option
			ends []spec.Ref
		}{
			{"clean session without expiry", []Option{Clean(true)}, absent},
			{"no clean start, and expiry 0", []Option{Clean(false), With(codec.Int(codec.SessionExpiryInterval, 0))}, endsWithConnection},
			{"no clean start, and no expiry", []Option{Clean(false)}, absent},
		} {
			if !t.V5() && begun.name != "clean session without expiry" {
				continue // in 3.1.1 these sessions are kept
			}
			for _, drop := range []bool{false, true} {
				c := t.Connect(begun.with...)
				if t.V5() && expiryInForce(c) > 0 {
					t.Observe(begun.name, "the broker sets Session Expiry Interval %d", expiryInForce(c))
					continue
				}
				c.Subscribe(topic, 1)
				c.Publish(topic, "while connected", 1)
				c.ExpectMessage(topic, "while connected")
				c.Sync()
				ending := "DISCONNECT"
				if drop {
					ending = "a loss of the connection"
					c.Drop()
				} else {
					c.Disconnect()
				}
				t.Step(fmt.Sprintf("%s, then %s: no session is found", begun.name, ending), begun.ends...)
				pub.Publish(topic, "while away", 1)
				t.Equal("Session Present", c.Reconnect(Clean(false)).SessionPresent, false)
				t.Step(fmt.Sprintf("%s, then %s: no subscription is left", begun.name, ending), begun.ends...)
				pub.Publish(topic, "to nobody", 1)
				c.ExpectNothing(pub)
				c.Disconnect()
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "session.offline-messages",
	Title:  "QoS 1 and QoS 2 messages for a client that is away wait for it, in their order",
	Why:    "it is why a device has a session at all",
	Proves: Requirements(V311("MQTT-3.1.2-5", "MQTT-4.5.0-1", "MQTT-4.6.0-6", "U3-3.1.2.4-u1"), V5("MQTT-4.5.0-1", "MQTT-3.1.2-23", "MQTT-4.6.0-5")),
	Needs:  []Feature{QoS1, QoS2},
	Run: func(t *T) {
		const each = 10
		sub, pub := kept(t, Name("subscriber")), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		sub.Subscribe(topic, 2)
		sub.Disconnect()
		pub.Publish(topic, "of QoS 0", 0)
		for i := range each {
			pub.Publish(topic, fmt.Sprint("1.", i), 1)
			pub.Publish(topic, fmt.Sprint("2.", i), 2)
		}
		sub.Reconnect()
		t.Step("all messages of QoS 1 and 2 come", Requirements(V311("MQTT-3.1.2-5", "MQTT-4.5.0-1"), V5("MQTT-4.5.0-1", "MQTT-3.1.2-23"))...)
		var order [3][]string
		for len(order[1])+len(order[2]) < 2*each {
			m := sub.Next()
			if payload := string(m.Payload); payload == "of QoS 0" {
				order[0] = append(order[0], payload)
			} else {
				published := payload[0] - '0'
				m.HasQoS(published)
				order[published] = append(order[published], payload)
			}
		}
		t.Step("the message of QoS 0 may come too", V311("U3-3.1.2.4-u1")...)
		t.Observe("QoS 0 message for a client that is away", "%s", map[int]string{0: "dropped", 1: "delivered"}[len(order[0])])
		t.Step("they come in the order of their publication", Requirements(V311("MQTT-4.6.0-6"), V5("MQTT-4.6.0-5"))...)
		for qos := 1; qos <= 2; qos++ {
			var want []string
			for i := range each {
				want = append(want, fmt.Sprintf("%d.%d", qos, i))
			}
			t.Equal(fmt.Sprintf("messages of QoS %d", qos), strings.Join(order[qos], " "), strings.Join(want, " "))
		}
	},
})

var _ = add(Scenario{
	ID:     "session.offline-receive-maximum",
	Title:  "waiting messages are delivered no faster than the client's Receive Maximum allows, and all of them",
	Why:    "a small device that comes back after a week is not to be drowned in what it missed",
	Proves: V5("MQTT-4.5.0-1", "MQTT-3.3.4-9", "U5-4.9-u2", "U5-3.1.2.11.3-u2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		const messages, maximum = 20, 2 // the first connection had 65,535
		sub, pub := kept(t, Name("subscriber")), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		sub.Subscribe(topic, 1)
		sub.Disconnect()
		open := map[string]bool{}
		for i := range messages {
			payload := fmt.Sprint("message ", i)
			pub.Publish(topic, payload, 1)
			open[payload] = true
		}
		sub.Reconnect(Manual(), With(codec.Int(codec.ReceiveMaximum, maximum)))
		t.Step("every waiting message comes", V5("MQTT-4.5.0-1")...)
		waiting := []*Message{sub.Next()}
		sub.Sync()
		waiting = append(waiting, sub.Pending()...)
		t.Step("the Receive Maximum of this connection holds", V5("MQTT-3.3.4-9", "U5-4.9-u2", "U5-3.1.2.11.3-u2")...)
		if len(waiting) > maximum {
			t.Broken(fmt.Sprintf("at most %d messages that are not acknowledged", maximum), fmt.Sprint(len(waiting)), -1)
		}
		t.Step("every waiting message comes", V5("MQTT-4.5.0-1")...)
		for len(open) > 0 {
			if len(waiting) == 0 {
				waiting = append(waiting, sub.Next())
			}
			m := waiting[0]
			waiting = waiting[1:]
			delete(open, string(m.Payload))
			sub.Sync() // time for a broker to send too many; the judge counts them
			sub.Send(&codec.Puback{Ack: codec.Ack{PacketID: m.PacketID}})
		}
	},
})
