package scenarios

import (
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var takesOver = Requirements(V311("MQTT-3.1.4-2"), V5("MQTT-3.1.4-3"))

// takeOver connects a second client with the identifier of the first and
// expects the first to be closed. The first keeps its own name in the trace.
func takeOver(t *T, first *Client, opts ...Option) *Client {
	t.Step("the second client is let in", takesOver...)
	second := t.Open(append([]Option{Name("second " + t.Version().String()), ID(first.ID())}, opts...)...)
	second.SendConnect()
	if connack := second.ExpectConnack(); connack.Code != 0 {
		t.Fail("a CONNACK that accepts the second client, and the close of the first", connack.String(), -1)
	}
	t.Step("the first connection is closed", takesOver...)
	first.ExpectClosedWithin(t.Timeouts().Answer)
	return second
}

var _ = add(Scenario{
	ID:     "session.takeover",
	Title:  "a second client with the same identifier takes the place of the first",
	Why:    "a device whose old connection hangs must be able to come back at once",
	Proves: Requirements(takesOver, V5("U5-3.1.4-u2", "MQTT-3.14.2-2")),
	Run: func(t *T) {
		first := t.Connect(Name("first"))
		topic := t.Topic("t")
		first.Subscribe(topic, 0)
		second := takeOver(t, first)
		t.Step("the second client is served", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		second.Subscribe(topic, 0)
		second.Publish(topic, "hello", 0)
		second.ExpectMessage(topic, "hello")
		second.StillOpen()
		if !t.V5() {
			return
		}
		t.Step("the first client is told why", V5("U5-3.1.4-u2")...)
		p, ok := first.Taken(isDisconnect)
		if !ok {
			t.Warn(V5("U5-3.1.4-u2"), "DISCONNECT 0x8E (Session taken over) for the first client", "the close without a DISCONNECT")
			return
		}
		t.Equal("DISCONNECT code", p.(*codec.Disconnect).Code, byte(0x8E))
		t.Step("without an expiry in it", V5("MQTT-3.14.2-2")...)
		_, has := p.(*codec.Disconnect).Properties.Find(codec.SessionExpiryInterval)
		t.Equal("Session Expiry Interval in the DISCONNECT", has, false)
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-resumes",
	Title:  "a client that takes over a kept session continues it",
	Why:    "most reconnects of a mobile device are takeovers: the broker has not noticed the break yet",
	Proves: Requirements(V311("MQTT-3.1.2-4", "MQTT-3.2.2-2"), V5("MQTT-3.1.2-5", "MQTT-3.2.2-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		first, pub := kept(t, Name("first")), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		first.Subscribe(topic, 1)
		second := takeOver(t, first, Keep())
		t.Step("the session's subscription delivers to the second client", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
		pub.Publish(topic, "after the takeover", 1)
		second.ExpectMessage(topic, "after the takeover")
		t.Step("CONNACK tells of the session", sessionThere...)
		t.Equal("Session Present", second.Connack.SessionPresent, true)
		t.Step("and goes on to be kept", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
		second.Disconnect()
		pub.Publish(topic, "while away", 1)
		t.Equal("Session Present", second.Reconnect().SessionPresent, true)
		second.ExpectMessage(topic, "while away")
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-clean",
	Title:  "a client that takes over with a clean start begins anew",
	Why:    "a device that was reset is not to be fed with the subscriptions of its former life",
	Proves: Requirements(cleanDiscards, V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		first, pub := kept(t, Name("first"), Manual()), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		first.Subscribe(topic, 1)
		pub.Publish(topic, "never acknowledged", 1)
		first.ExpectMessage(topic, "never acknowledged")
		second := takeOver(t, first, Clean(true))
		t.Step("a clean start finds no session", Requirements(V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2"))...)
		t.Equal("Session Present", second.Connack.SessionPresent, false)
		t.Step("neither message nor subscription is left", cleanDiscards...)
		pub.Publish(topic, "to nobody", 1)
		second.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-not-kept",
	Title:  "a client that takes over a session that is not to be kept begins anew",
	Why:    "that session ended with its connection; what is left of it belongs to nobody",
	Proves: endsWithConnection,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		first, pub := t.Connect(Name("first"), Clean(true)), t.Connect(Name("publisher"))
		if t.V5() && expiryInForce(first) > 0 {
			t.Skip("the broker sets Session Expiry Interval %d", expiryInForce(first))
		}
		topic := t.Topic("t")
		first.Subscribe(topic, 1)
		pub.Publish(topic, "for the first", 1)
		first.ExpectMessage(topic, "for the first")
		second := takeOver(t, first, Keep())
		t.Step("no session is found", endsWithConnection...)
		t.Equal("Session Present", second.Connack.SessionPresent, false)
		t.Step("no subscription is left", endsWithConnection...)
		pub.Publish(topic, "to nobody", 1)
		second.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-unacknowledged-qos1",
	Title:  "a QoS 1 message that the first client did not acknowledge is sent again to the second",
	Why:    "at least once means that a broken connection is no excuse",
	Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-3.3.1-1"), V5("MQTT-4.4.0-1", "MQTT-3.3.1-1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		first, pub := kept(t, Name("first"), Manual()), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		first.Subscribe(topic, 1)
		pub.Publish(topic, "not acknowledged", 1)
		before := first.ExpectMessage(topic, "not acknowledged")
		second := takeOver(t, first, Keep())
		t.Step("the message comes again with its identifier", Requirements(V311("MQTT-4.4.0-1"), V5("MQTT-4.4.0-1"))...)
		after := second.ExpectMessage(topic, "not acknowledged")
		after.Is("Packet Identifier", after.PacketID, before.PacketID)
		t.Step("and with DUP 1", Requirements(V311("MQTT-3.3.1-1"), V5("MQTT-3.3.1-1"))...)
		after.HasDup(true)
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-unacknowledged-qos2",
	Title:  "a QoS 2 exchange goes on with the second client where it stopped with the first",
	Why:    "a step too far back delivers a message twice, a step too far on loses it",
	Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.3-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.3-6")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		resent := Requirements(V311("MQTT-4.4.0-1"), V5("MQTT-4.4.0-1"))

		first := kept(t, Name("first, no PUBREC sent"), Manual())
		topic := t.Topic("no-pubrec")
		first.Subscribe(topic, 2)
		pub.Publish(topic, "m", 2)
		before := first.ExpectMessage(topic, "m")
		second := takeOver(t, first, Keep(), Name("second, no PUBREC sent"))
		t.Step("without a PUBREC the PUBLISH comes again with its identifier", resent...)
		after := second.ExpectMessage(topic, "m")
		after.Is("Packet Identifier", after.PacketID, before.PacketID)
		after.HasDup(true)

		first = kept(t, Name("first, PUBREC sent"), Manual())
		topic = t.Topic("pubrec")
		first.Subscribe(topic, 2)
		pub.Publish(topic, "m", 2)
		id := first.ExpectMessage(topic, "m").PacketID
		first.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: id}})
		second = takeOver(t, first, Keep(), Manual(), Name("second, PUBREC sent"))
		t.Step("after a PUBREC that may be lost the PUBLISH comes again, or the PUBREL comes", resent...)
		second.ExpectWhere("PUBLISH or PUBREL with the identifier", func(p codec.Packet) bool {
			switch p := p.(type) {
			case *codec.Publish:
				return p.PacketID == id && p.Dup
			case *codec.Pubrel:
				return p.PacketID == id
			}
			return false
		})

		first = kept(t, Name("first, PUBREL read"), Manual())
		topic = t.Topic("pubrel")
		first.Subscribe(topic, 2)
		pub.Publish(topic, "m", 2)
		id = first.ExpectMessage(topic, "m").PacketID
		t.Step("PUBREC is answered with PUBREL", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4"))...)
		first.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: id}})
		first.ExpectPubrel(id)
		second = takeOver(t, first, Keep(), Manual(), Name("second, PUBREL read"))
		t.Step("after the PUBREL it is the PUBREL that comes again", resent...)
		second.ExpectPubrel(id)
		second.Send(&codec.Pubcomp{Ack: codec.Ack{PacketID: id}})
		t.Step("and not the PUBLISH", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-6"))...)
		second.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-will",
	Title:  "the will of a client that is taken over is published",
	Why:    "whoever watches the device learns that its connection broke, also if it came back at once",
	Proves: Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		watcher, topic := t.Connect(Name("watcher")), t.Topic("will")
		watcher.Subscribe(topic, 1)
		first := t.Connect(Name("first"), WithWill(codec.Will{QoS: 1, Topic: codec.Text(topic), Payload: []byte("gone")}))
		takeOver(t, first)
		t.Step("the will comes", Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8"))...)
		watcher.ExpectMessage(topic, "gone")
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-delayed-will",
	Title:  "a will with a delay is not published when the session is continued by a takeover",
	Why:    "the delay is there so that a short break is not announced to all the world",
	Proves: V5("MQTT-3.1.3-9"),
	Needs:  []Feature{QoS1},
	// A broker may still be busy with the end of the first connection, which the
	// second has overtaken.
	Tries: 3,
	Run: func(t *T) {
		watcher, topic := t.Connect(Name("watcher")), t.Topic("will")
		watcher.Subscribe(topic, 1)
		will := codec.Will{QoS: 1, Topic: codec.Text(topic), Payload: []byte("gone"),
			Properties: codec.Properties{codec.Int(codec.WillDelayInterval, 1)}}
		t.Step("a client with the delayed will that is not continued has it published", V5("MQTT-3.1.2-8")...)
		lost := kept(t, Name("lost client"), WithWill(will))
		lost.Drop()
		watcher.ExpectMessageWithin(time.Second, topic, "gone")
		first := kept(t, Name("first"), WithWill(will))
		second := takeOver(t, first, Keep())
		t.Step("no will comes, also when its delay has passed", V5("MQTT-3.1.3-9")...)
		t.Equal("Session Present", second.Connack.SessionPresent, true)
		t.Sleep(2 * time.Second)
		watcher.ExpectNothing(second)
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-versions",
	Title:  "a client takes over its session in the other version of MQTT",
	Why:    "a device that gets new software comes back with its old name in a new version",
	Proves: takesOver,
	Run: func(t *T) {
		other := spec.V5
		if t.V5() {
			other = spec.V311
		}
		if !t.Speaks(other) {
			t.Skip("the broker speaks one version")
		}
		old := t.Connect(Name("of "+other.String()), In(other), Keep())
		c := takeOver(t, old, Keep())
		t.Observe("session of the other version", "%s", map[bool]string{true: "continued", false: "left behind"}[c.Connack.SessionPresent])
		c.StillOpen()
		back := t.Connect(Name("back in "+other.String()), In(other), ID(old.ID()), Keep())
		t.Step("and back again", takesOver...)
		c.ExpectClosedWithin(t.Timeouts().Answer)
		back.Sync()
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-race",
	Title:  "of many clients that connect at once with one identifier, one stays",
	Why:    "two clients that both believe in one session break the order and the count of its messages",
	Proves: takesOver,
	Racing: true,
	Run: func(t *T) {
		const rounds, many = 40, 20
		for round := range rounds {
			// A broker that is slow to accept connections is no worse for it.
			if t.Elapsed() > t.Timeouts().Scenario/4 {
				t.Observe("rounds", "%d of %d in the time there is", round, rounds)
				break
			}
			id := t.ClientID()
			var clients []*Client
			for i := range many {
				clients = append(clients, t.Open(Name(fmt.Sprint("client ", i+1)), ID(id)))
			}
			for _, c := range clients {
				c.SendConnect()
			}
			t.Step("all but one are closed", takesOver...)
			served := 0
			for _, c := range t.AwaitClosed(many-1, clients...) {
				if connack, ok := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack); ok && connack.Code == 0 && c.CarriesOn() {
					served++
				}
			}
			if served > 1 {
				t.Fail("one client that is served", fmt.Sprintf("%d that are, each with its CONNACK and PINGRESP", served), -1)
			}
			t.Step("one is left", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
			t.Equal("clients that are served", served, 1)
		}
	},
})
