package scenarios

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// What a broker breaks that repeats a QoS 2 message or a PUBREL after it has
// read the last acknowledgement.
var qos2Done = Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.4.0-1"))

// underWay brings a QoS 2 message on its way to a subscriber that acknowledges
// by hand and keeps its session.
func underWay(t *T, topic, payload string) (sub, pub *Client, m *Message) {
	sub, pub = pair(t, topic, 2, Keep(), Manual())
	pub.Publish(topic, payload, 2)
	return sub, pub, handedOn(t, sub, topic, payload)
}

// received answers PUBREC and expects PUBREL.
func received(t *T, sub *Client, id uint16) {
	t.Step("PUBREC is answered by PUBREL", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4"))...)
	sub.Send(pubrec(id))
	sub.ExpectPubrel(id)
}

// finished expects that, on the resumed session, nothing is left of an exchange.
func finished(t *T, sub, pub *Client, topic string, id uint16) {
	sub.Sync()
	sub.Disconnect()
	resume(t, sub)
	t.FenceOn(topic, 1, pub, sub) // at QoS 1, as a fence at QoS 2 has a PUBREL of its own
	t.Step("an exchange that is completed is over", qos2Done...)
	t.Equal("another PUBREL", has[*codec.Pubrel](sub, id), false)
	t.FenceOn(topic, 2, pub, sub)
	sub.NothingPending()
}

var _ = add(Scenario{
	ID:    "qos.2-sent",
	Title: "a QoS 2 message is sent in four steps under one Packet Identifier: PUBREL follows PUBREC and not earlier",
	Why:   "a subscriber that gets PUBREL too early, or none, cannot tell when it may act on the message",
	Proves: Requirements(V311("MQTT-4.3.3-1", "MQTT-3.6.1-1"),
		V5("MQTT-4.3.3-2", "MQTT-4.3.3-4", "MQTT-3.6.1-1", "MQTT-3.6.2-1", "MQTT-2.2.1-5")),
	Needs: []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("steps")
		sub, pub, m := underWay(t, topic, "steps")
		t.Step("the first attempt has DUP 0", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-2"))...)
		m.HasDup(false)
		t.Step("no PUBREL before PUBREC", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4"))...)
		sub.StaysQuiet() // a message to it might have to wait for an acknowledgement
		t.Equal("PUBREL before PUBREC", has[*codec.Pubrel](sub, m.PacketID), false)
		t.Step("PUBREC is answered by PUBREL with the identifier", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4", "MQTT-2.2.1-5"))...)
		sub.Send(pubrec(m.PacketID))
		rel := sub.ExpectPubrel(m.PacketID)
		if t.V5() {
			t.Step("its Reason Code is defined", V5("MQTT-3.6.2-1")...)
			t.OneOf("code of PUBREL", rel.Code, byte(0), byte(0x92))
		}
		// The flags 0010 are checked on every PUBREL that is read.
		t.Step("the exchange is completed", Requirements(V311("MQTT-3.6.1-1"), V5("MQTT-3.6.1-1"))...)
		sub.Send(pubcomp(m.PacketID))
		sub.StillOpen()
		finished(t, sub, pub, topic, m.PacketID)
	},
})

var _ = func() (done bool) {
	for _, way := range leaving {
		add(Scenario{
			ID:    "qos.2-publish-again-after-" + way.id,
			Title: "a QoS 2 message that a client has not answered by PUBREC when " + way.how + " comes again on its return, with DUP 1 and the same Packet Identifier",
			Why:   "exactly once must hold over breaks: the message comes again, and the client can tell that it is the same",
			Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-2.3.1-4", "MQTT-3.3.1-1", "MQTT-4.3.3-1"),
				V5("MQTT-4.4.0-1", "MQTT-3.3.1-1", "MQTT-4.3.3-3")),
			Needs: []Feature{QoS2},
			Run: func(t *T) {
				topic := t.Topic("again")
				sub, pub, first := underWay(t, topic, "again")
				way.leave(sub)
				resume(t, sub)
				t.Step("without a PUBREC it stays unacknowledged", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-3"))...)
				second := sub.Next()
				t.Step("it is sent again under its identifier", sameIdentifier...)
				second.Is("Packet Identifier", second.PacketID, first.PacketID)
				second.Is("payload", string(second.Payload), "again")
				second.HasQoS(2)
				t.Step("it says that it is a repetition", Requirements(V311("MQTT-3.3.1-1"), V5("MQTT-3.3.1-1"))...)
				second.HasDup(true)
				received(t, sub, second.PacketID)
				sub.Send(pubcomp(second.PacketID))
				finished(t, sub, pub, topic, second.PacketID)
			},
		})
		add(Scenario{
			ID:    "qos.2-pubrel-again-after-" + way.id,
			Title: "a QoS 2 exchange in which the client has not answered PUBREL when " + way.how + " goes on with the same PUBREL on its return, never with the PUBLISH",
			Why:   "the client has handed the message on and forgotten it; a PUBLISH now would be a second message",
			Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.3-1", "MQTT-3.6.1-1"),
				V5("MQTT-4.4.0-1", "MQTT-4.3.3-5", "MQTT-4.3.3-6", "MQTT-3.6.1-1")),
			Needs: []Feature{QoS2},
			Run: func(t *T) {
				topic := t.Topic("release")
				sub, pub, m := underWay(t, topic, "release")
				received(t, sub, m.PacketID)
				way.leave(sub)
				resume(t, sub)
				// Its flags are 0010 as before, which is checked on every PUBREL that is read.
				t.Step("PUBREL is sent again under its identifier", Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.3-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.3-5"))...)
				sub.ExpectPubrel(m.PacketID)
				sub.Send(pubcomp(m.PacketID))
				t.FenceOn(topic, 2, pub, sub)
				t.Step("the PUBLISH is not sent again after its PUBREL", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-6"))...)
				sub.NothingPending()
				finished(t, sub, pub, topic, m.PacketID)
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:     "qos.2-cut-after-pubrec",
	Title:  "a QoS 2 exchange that is cut just after the client's PUBREC goes on by PUBLISH with DUP 1 or by PUBREL, under the same Packet Identifier",
	Why:    "the broker cannot know whether it was heard; whichever step it repeats, the client must be able to finish",
	Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-3.3.1-1"), V5("MQTT-4.4.0-1", "MQTT-3.3.1-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("cut")
		sub, pub, m := underWay(t, topic, "cut")
		sub.Send(pubrec(m.PacketID))
		sub.Drop()
		resume(t, sub)
		t.Step("the exchange goes on", resent...)
		next := sub.ExpectWhere("PUBLISH or PUBREL", func(p codec.Packet) bool {
			return p.Type() == codec.PUBLISH || p.Type() == codec.PUBREL
		})
		t.Observe("after a cut behind PUBREC", "%s", next.Type())
		switch p := next.(type) {
		case *codec.Publish:
			t.Equal("Packet Identifier", p.PacketID, m.PacketID)
			t.Step("it says that it is a repetition", Requirements(V311("MQTT-3.3.1-1"), V5("MQTT-3.3.1-1"))...)
			t.Equal("DUP", p.Dup, true)
			received(t, sub, m.PacketID)
		case *codec.Pubrel:
			t.Equal("Packet Identifier", p.PacketID, m.PacketID)
		}
		sub.Send(pubcomp(m.PacketID))
		finished(t, sub, pub, topic, m.PacketID)
	},
})

var _ = add(Scenario{
	ID:     "qos.2-identifier-held-until-pubcomp",
	Title:  "the Packet Identifier of a QoS 2 message is not used for another one before its PUBCOMP",
	Why:    "the client takes a new message under a held identifier for the old one, and drops it",
	Proves: Requirements(V311("MQTT-2.3.1-4"), V5("MQTT-2.2.1-4")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("held")
		sub, pub, m := underWay(t, topic, "held")
		received(t, sub, m.PacketID) // and no PUBCOMP
		for _, payload := range []string{"two", "three", "four", "five"} {
			pub.Publish(topic, payload, 1)
			next := handedBeside(t, sub, topic, payload, m)
			t.Step("the identifier is held until PUBCOMP", Requirements(V311("MQTT-2.3.1-4"), V5("MQTT-2.2.1-4"))...)
			next.Is("the held identifier is used", next.PacketID == m.PacketID, false)
			sub.Send(puback(next.PacketID))
			sub.Sync()
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.2-pubrel-order",
	Title:  "each PUBREC is answered by PUBREL, in 3.1.1 in the order of the PUBRECs",
	Why:    "a subscriber that hands on its messages at PUBREL would hand them on in the wrong order",
	Proves: Requirements(V311("MQTT-4.6.0-6"), V5("MQTT-4.3.3-4")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("order")
		sub, pub := pair(t, topic, 2, Manual())
		var held []*Message
		for _, payload := range []string{"one", "two", "three", "four"} {
			pub.Publish(topic, payload, 2)
			held = append(held, handedBeside(t, sub, topic, payload, held...))
		}
		for _, m := range held {
			sub.Send(pubrec(m.PacketID))
		}
		t.Step("PUBREL in the order of PUBREC (MQTT-4.6.0-4)", Requirements(V311("MQTT-4.6.0-6"), V5("MQTT-4.3.3-4"))...)
		for _, m := range held {
			rel := sub.ExpectWhere("a PUBREL", func(p codec.Packet) bool { return p.Type() == codec.PUBREL }).(*codec.Pubrel)
			if t.V5() { // where the order binds clients alone
				t.Observe("PUBREL in the order of PUBREC", "%v", rel.PacketID == m.PacketID)
			} else {
				t.Equal("identifier of the next PUBREL", rel.PacketID, m.PacketID)
			}
			sub.Send(pubcomp(rel.PacketID))
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.2-negative-pubrec",
	Title:  "a message that a subscriber refuses by a PUBREC of 0x80 or more is done: no PUBREL follows, and it is never sent again",
	Why:    "a message that one client cannot take would come back on every connection and block its session",
	Proves: V5("MQTT-4.4.0-2"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("refused")
		sub, pub, refused := underWay(t, topic, "refused")
		pub.Publish(topic, "open", 2)
		open := handedBeside(t, sub, topic, "open", refused)
		sub.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: refused.PacketID, Code: 0x80}})
		sub.StaysQuiet()
		// That no PUBREL should follow is said of codes below 0x80 only.
		t.Observe("PUBREL after a refusal", "%v", has[*codec.Pubrel](sub, refused.PacketID))
		sub.Disconnect()
		resume(t, sub)
		acknowledge(sub, redelivered(t, sub, open)) // so that silence about the other one means something
		t.FenceOn(topic, 2, pub, sub)
		t.Step("what was refused does not come again", V5("MQTT-4.4.0-2")...)
		sub.NothingPending()
		t.Observe("PUBREL after a refusal, resumed", "%v", has[*codec.Pubrel](sub, refused.PacketID))
	},
})

var _ = add(Scenario{
	ID:     "qos.2-second-pubrec",
	Title:  "a client that sends PUBREC twice can finish its exchange, and the session goes on",
	Why:    "a client that is unsure repeats its PUBREC; neither its message nor the next one may be lost by it",
	Proves: Requirements(V311("MQTT-4.3.3-1", "MQTT-4.5.0-1"), V5("MQTT-4.3.3-6", "MQTT-4.5.0-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("twice")
		sub, pub, m := underWay(t, topic, "twice")
		received(t, sub, m.PacketID)
		// How a second PUBREC is answered is left open: PUBREL, PUBREL 0x92, nothing.
		sub.Send(pubrec(m.PacketID))
		alive := sub.CarriesOn()
		t.Observe("second PUBREC", "carries on: %v, another PUBREL: %v", alive, has[*codec.Pubrel](sub, m.PacketID))
		if !alive {
			sub.Drop()
			resume(t, sub)
		}
		sub.Send(pubcomp(m.PacketID))
		t.FenceOn(topic, 2, pub, sub)
		t.Step("the PUBLISH is not sent again after its PUBREL", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-6"))...)
		sub.NothingPending()
		pub.Publish(topic, "next", 2)
		next := handedOn(t, sub, topic, "next")
		received(t, sub, next.PacketID)
		sub.Send(pubcomp(next.PacketID))
	},
})

var _ = add(Scenario{
	ID:     "qos.2-wrong-acknowledgement",
	Title:  "PUBACK or PUBCOMP in place of PUBREC does not acknowledge a QoS 2 message",
	Why:    "a confused client must not make the broker forget a message that nobody has taken over",
	Proves: Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-3")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		for _, wrong := range []string{"PUBACK", "PUBCOMP"} {
			topic := t.Topic(wrong)
			sub, _, open := underWay(t, topic, "open")
			if wrong == "PUBACK" {
				sub.Send(puback(open.PacketID))
			} else {
				sub.Send(pubcomp(open.PacketID))
			}
			// No sentence names the reaction; to go on and to close are both usual.
			t.Observe(wrong+" for QoS 2", "carries on: %v", sub.CarriesOn())
			sub.Drop()
			resume(t, sub)
			t.Step("after "+wrong+" the message is still unacknowledged", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-3"))...)
			sub.ExpectMessage(topic, "open")
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.2-sent-past-expiry",
	Title:  "a QoS 2 message that was sent once comes again although it has expired meanwhile",
	Why:    "the client waits for the end of an exchange that it has begun; without it the identifier is blocked",
	Proves: V5("MQTT-4.3.3-7"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("expiry")
		sub, pub := pair(t, topic, 2, Keep(), Manual())
		pub.Publish(topic, "expiry", 2, Properties(shortest()))
		first := handedOn(t, sub, topic, "expiry")
		at1 := t.Connect(Name("subscriber at QoS 1"), Keep(), Manual())
		at1.Subscribe(t.Topic("at-1"), 1)
		pub.Publish(t.Topic("at-1"), "expiry", 1, Properties(shortest()))
		handedOn(t, at1, t.Topic("at-1"), "expiry")
		sub.Disconnect()
		at1.Disconnect()
		t.Sleep(4200 * time.Millisecond) // the interval, and time for a broker that looks each second
		resume(t, sub)
		t.Step("the message comes again past its expiry", V5("MQTT-4.3.3-7")...)
		second := sub.ExpectMessage(topic, "expiry")
		second.Is("Packet Identifier", second.PacketID, first.PacketID)
		// At QoS 1 nothing forbids either: it was sent before it expired.
		resume(t, at1)
		_, came := at1.Gets(t.Topic("at-1"), "expiry", t.Timeouts().Settle)
		t.Observe("QoS 1 message past its expiry", "sent again: %v", came)
	},
})

var _ = add(Scenario{
	ID:     "qos.2-stray-acknowledgements",
	Title:  "PUBREC and PUBCOMP for an unknown message acknowledge nothing",
	Why:    "a broker that ticks off the wrong message loses it for good at the next break",
	Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.3-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.3-3")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("stray")
		sub, _, open := underWay(t, topic, "open")
		id := open.PacketID + 1000
		for _, stray := range []codec.Packet{pubrec(id), pubcomp(id)} {
			// No sentence names the reaction; to go on and to close are both usual.
			sub.Send(stray)
			t.Observe("stray "+stray.Type().String(), "carries on: %v", sub.CarriesOn())
			sub.Drop()
			resume(t, sub)
			t.Step("the message is still unacknowledged", Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.3-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.3-3"))...)
			m := sub.ExpectMessage(topic, "open")
			t.Step("it keeps its identifier", resent...)
			m.Is("Packet Identifier", m.PacketID, open.PacketID)
		}
	},
})
