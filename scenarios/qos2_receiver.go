package scenarios

import (
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// The duties of the broker as the receiver of a QoS 2 message.
var (
	answersPublish = Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))
	answersPubrel  = Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-11"))
	noDuplicate    = Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-10"))
	newAfterwards  = Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-12"))
)

// expectPubrec expects PUBREC for a first PUBLISH with the identifier.
func expectPubrec(t *T, pub *Client, id uint16) {
	t.Step("PUBLISH is answered by PUBREC", answersPublish...)
	if rec := pub.ExpectPubrec(id); rec.Code >= 0x80 {
		t.Skip("the broker refuses the message: PUBREC 0x%02X", rec.Code)
	}
}

// release sends PUBREL and expects its PUBCOMP.
func release(t *T, pub *Client, id uint16) *codec.Pubcomp {
	t.Step("PUBREL is answered by PUBCOMP", answersPubrel...)
	pub.Send(pubrel(id))
	return pub.ExpectPubcomp(id)
}

// onlyOnce expects, behind a strong fence, that no further copy has come.
func onlyOnce(t *T, topic string, pub, sub *Client) {
	t.FenceOn(topic, 2, pub, sub)
	t.Step("the message is delivered once", noDuplicate...)
	sub.NothingPending()
}

// repeats makes the publisher ready to say something again: 5.0 lets a client do
// so only after it has connected again (MQTT-4.4.0-1), 3.1.1 at any time.
func repeats(t *T, pub *Client) {
	if t.V5() {
		pub.Drop()
		resume(t, pub)
	}
}

// keptPair is pair at QoS 2 with a publisher whose session is kept.
func keptPair(t *T, topic string) (sub, pub *Client) {
	sub = t.Connect(Name("subscriber"))
	sub.Subscribe(topic, 2)
	return sub, t.Connect(Name("publisher"), Keep())
}

var _ = add(Scenario{
	ID:    "qos.2-received",
	Title: "a QoS 2 message is received in four steps under one Packet Identifier, which is free afterwards",
	Why:   "identifiers wrap around; a broker that takes the next use for a repetition swallows messages",
	Proves: Requirements(V311("MQTT-4.3.3-2", "MQTT-2.3.1-6"),
		V5("MQTT-4.3.3-8", "MQTT-4.3.3-11", "MQTT-4.3.3-12", "MQTT-2.2.1-5")),
	Needs: []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("steps")
		sub, pub := pair(t, topic, 2)
		for i, payload := range []string{"first", "second", "third"} {
			p := message(topic, payload, 2, 700)
			p.Dup = i == 2
			pub.Send(p)
			t.Step("PUBREC with the identifier", Requirements(answersPublish, V311("MQTT-2.3.1-6"), V5("MQTT-2.2.1-5"))...)
			pub.ExpectPubrec(700)
			t.Step("PUBCOMP with the identifier", Requirements(answersPubrel, V5("MQTT-2.2.1-5"))...)
			pub.Send(pubrel(700))
			pub.ExpectPubcomp(700)
			if i > 0 {
				t.Step("the identifier now stands for a new message", newAfterwards...)
				sub.ExpectMessage(topic, payload)
			} else {
				handedOn(t, sub, topic, payload)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.2-repeated-publish",
	Title:  "a QoS 2 PUBLISH that comes again before its PUBREL is answered by PUBREC again and delivered once",
	Why:    "exactly once rests on this: the publisher that has missed the PUBREC must be able to ask without a copy being made",
	Proves: Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-10")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("repeat")
		sub, pub := keptPair(t, topic)
		pub.Send(message(topic, "repeat", 2, 11))
		if !t.V5() {
			// Before it reads any PUBREC: having one, the client must go on to PUBREL
			// (MQTT-4.3.3-1), and until then 3.1.1 lets it repeat at any time (4.4).
			pub.Send(repeated(topic, "repeat", 2, 11))
			pub.Send(repeated(topic, "repeat", 2, 11))
		}
		expectPubrec(t, pub, 11)
		for range 2 {
			if t.V5() {
				repeats(t, pub)
				pub.Send(repeated(topic, "repeat", 2, 11))
			}
			t.Step("the repetition is answered by PUBREC", noDuplicate...)
			rec := pub.ExpectPubrec(11)
			t.Observe("PUBREC for a repetition", "0x%02X", rec.Code)
		}
		release(t, pub, 11)
		handedOn(t, sub, topic, "repeat")
		onlyOnce(t, topic, pub, sub)
	},
})

var _ = add(Scenario{
	ID:     "qos.2-identifier-taken",
	Title:  "another QoS 2 message under an identifier whose exchange is not finished makes no second delivery",
	Why:    "the identifier alone tells the broker what is a repetition; going by the payload would break exactly once for equal messages",
	Proves: noDuplicate,
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("taken")
		sub, pub := keptPair(t, topic)
		pub.Send(message(topic, "the one", 2, 12))
		expectPubrec(t, pub, 12)
		// The client should not do this (MQTT-2.3.1-2, MQTT-2.2.1-3 of 5.0), so a close is no fault.
		pub.Send(message(topic, "the other", 2, 12))
		if rec, ok := pub.AnswerWithin(t.Timeouts().Answer).(*codec.Pubrec); ok {
			t.Observe("identifier in use", "PUBREC 0x%02X", rec.Code)
		} else {
			t.Observe("identifier in use", "no PUBREC")
			pub.Drop()
			resume(t, pub)
		}
		release(t, pub, 12)
		t.Step("one of them is delivered", ownership...)
		m := sub.Next()
		t.Observe("delivered", "%s", m.Payload)
		onlyOnce(t, topic, pub, sub)
	},
})

var _ = add(Scenario{
	ID:     "qos.2-repeated-pubrel",
	Title:  "a PUBREL that comes again is answered by PUBCOMP again and delivers nothing",
	Why:    "the publisher that has missed the PUBCOMP asks again; without an answer its session is blocked for good",
	Proves: Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-11", "MQTT-3.7.2-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("release")
		sub, pub := keptPair(t, topic)
		pub.Send(message(topic, "release", 2, 13))
		expectPubrec(t, pub, 13)
		release(t, pub, 13)
		repeats(t, pub)
		again := release(t, pub, 13)
		if t.V5() {
			t.Step("its Reason Code is defined", V5("MQTT-3.7.2-1")...)
			t.OneOf("code of the second PUBCOMP", again.Code, byte(0x92), byte(0))
		}
		handedOn(t, sub, topic, "release")
		t.FenceOn(topic, 2, pub, sub)
		t.Step("the second PUBREL delivers nothing", answersPubrel...)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "qos.2-unknown-pubrel",
	Title:  "a PUBREL for an identifier that the broker does not know is answered by PUBCOMP, and the connection lives",
	Why:    "after a broker has lost its memory the publisher must still be able to finish its exchanges",
	Proves: Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-11", "MQTT-3.7.2-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		c := t.Connect()
		comp := release(t, c, 999)
		if t.V5() {
			t.Step("its Reason Code is defined", V5("MQTT-3.7.2-1")...)
			t.OneOf("code of the PUBCOMP", comp.Code, byte(0x92), byte(0))
		}
		t.Step("the connection lives", answersPubrel...)
		c.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "qos.2-pubrel-not-found",
	Title:  "a PUBREL by which a client says that it does not know the Packet Identifier is answered by PUBCOMP, and the connection lives",
	Why:    "that is how two sides find together again after one has lost its memory; it is no error then",
	Proves: V5("MQTT-4.3.3-11", "U5-3.6.2.1-u1"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		c := t.Connect(Keep())
		c.Drop()
		resume(t, c) // this is recovery
		t.Step("PUBREL with 0x92 is answered by PUBCOMP", V5("MQTT-4.3.3-11")...)
		c.Send(&codec.Pubrel{Ack: codec.Ack{PacketID: 999, Code: 0x92}})
		comp := c.ExpectPubcomp(999)
		t.Observe("PUBCOMP for a PUBREL 0x92", "0x%02X", comp.Code)
		c.StillOpen()
		// The other way round: whether the broker says 0x92, nothing or goodbye is
		// said nowhere.
		t.Step("PUBREC for an unknown identifier", V5("U5-3.6.2.1-u1")...)
		c.Send(pubrec(998))
		rel, _ := c.AnswerWithin(t.Timeouts().Settle).(*codec.Pubrel)
		if rel != nil {
			t.Observe("PUBREC for an unknown identifier", "PUBREL 0x%02X", rel.Code)
			return
		}
		t.Observe("PUBREC for an unknown identifier", "no PUBREL; carries on: %v", c.CarriesOn())
	},
})

var _ = add(Scenario{
	ID:     "qos.2-publisher-cut-early",
	Title:  "a QoS 2 PUBLISH that is sent again because the connection was cut behind it is delivered once, whether or not it had arrived",
	Why:    "the publisher cannot know whether the broker has it; either way it must end as one message",
	Proves: Requirements(V311("MQTT-4.3.3-2", "MQTT-4.5.0-1"), V5("MQTT-4.3.3-8", "MQTT-4.3.3-10", "MQTT-4.5.0-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("cut")
		sub, pub := keptPair(t, topic)
		for i, cut := range []func(){pub.Drop, pub.Reset, pub.Drop} {
			id, payload := uint16(20+i), fmt.Sprintf("message %d", i)
			pub.Send(message(topic, payload, 2, id))
			cut() // before a PUBREC is read
			resume(t, pub)
			t.Step("the repetition is answered by PUBREC", answersPublish...)
			pub.Send(repeated(topic, payload, 2, id))
			if rec := pub.ExpectPubrec(id); rec.Code >= 0x80 {
				// The publisher knows that it was not taken, or not again.
				t.FenceOn(topic, 2, pub, sub)
				t.Observe("repetition", "PUBREC 0x%02X, delivered %d times", rec.Code, len(sub.Pending()))
				continue
			}
			release(t, pub, id)
			handedOn(t, sub, topic, payload)
			onlyOnce(t, topic, pub, sub)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.2-pubrel-flags",
	Title:  "a PUBREL whose flags are not 0010 ends the connection",
	Why:    "flags that are wrong show a sender that is out of step; what it says next cannot be trusted",
	Proves: Requirements(V311("MQTT-3.6.1-1"), V5("MQTT-3.6.1-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		for _, flags := range []byte{0b0000, 0b0001, 0b0011, 0b0110, 0b1010} {
			c := t.Connect(Name(fmt.Sprintf("wrongdoer with %04b", flags)))
			c.Send(message(t.Topic("flags"), "flags", 2, 8))
			expectPubrec(t, c, 8)
			t.Step(fmt.Sprintf("flags %04b", flags), Requirements(V311("MQTT-3.6.1-1"), V5("MQTT-3.6.1-1"))...)
			c.SendBroken(pubrel(8), codec.Flags(flags))
			c.ExpectClosed()
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.2-publisher-resumes-with-pubrel",
	Title:  "a publisher that breaks off after PUBREC finishes its exchange on return by PUBREL alone, and the message is delivered once",
	Why:    "the break in the middle is the case that QoS 2 exists for",
	Proves: Requirements(V311("MQTT-4.3.3-2", "MQTT-4.5.0-1"), V5("MQTT-4.3.3-11", "MQTT-4.5.0-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("resume")
		sub, pub := keptPair(t, topic)
		pub.Send(message(topic, "resume", 2, 15))
		expectPubrec(t, pub, 15)
		pub.Drop()
		resume(t, pub)
		comp := release(t, pub, 15)
		t.Observe("PUBCOMP after the break", "0x%02X", comp.Code)
		handedOn(t, sub, topic, "resume")
		onlyOnce(t, topic, pub, sub)
	},
})

var _ = add(Scenario{
	ID:     "qos.2-publisher-resends",
	Title:  "a QoS 2 PUBLISH that is sent again on the resumed session is answered by PUBREC and delivered once",
	Why:    "what the broker has received is part of the session; one that forgets it with the connection makes two messages of one",
	Proves: Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-10")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("resend")
		sub, pub := keptPair(t, topic)
		pub.Send(message(topic, "resend", 2, 16))
		expectPubrec(t, pub, 16) // the broker has it; to the publisher the PUBREC may be lost all the same
		pub.Drop()
		resume(t, pub)
		t.Step("the repetition is answered by PUBREC", noDuplicate...)
		pub.Send(repeated(topic, "resend", 2, 16))
		pub.ExpectPubrec(16)
		release(t, pub, 16)
		handedOn(t, sub, topic, "resend")
		onlyOnce(t, topic, pub, sub)
	},
})

var _ = add(Scenario{
	ID:     "qos.2-publisher-starts-anew",
	Title:  "a publisher that returns with a clean session may use every identifier again for a new message",
	Why:    "a device that has lost its memory starts at 1; its first message must not be taken for a repetition",
	Proves: Requirements(V311("MQTT-3.1.2-6"), V5("MQTT-3.1.2-4")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("anew")
		sub, pub := keptPair(t, topic)
		pub.Send(message(topic, "old", 2, 1))
		expectPubrec(t, pub, 1)
		pub.Drop()
		pub.Reconnect(Clean(true))
		pub.Send(message(topic, "new", 2, 1))
		expectPubrec(t, pub, 1)
		release(t, pub, 1)
		t.Step("the identifier stands for a new message", Requirements(V311("MQTT-3.1.2-6"), V5("MQTT-3.1.2-4"))...)
		sub.ExpectMessage(topic, "new")
		t.FenceOn(topic, 2, pub, sub)
		// Delivery may start at PUBLISH or at PUBREL, so the old one may come or not.
		t.Observe("message without PUBREL", "delivered %d times", len(sub.Pending()))
	},
})

var _ = add(Scenario{
	ID:     "qos.2-interleaved",
	Title:  "several QoS 2 exchanges at once are completed each under its own identifier, and each message is delivered once",
	Why:    "a busy publisher does not wait for one exchange to end before it begins the next",
	Proves: Requirements(V311("MQTT-4.3.3-2", "MQTT-4.5.0-1"), V5("MQTT-4.3.3-8", "MQTT-4.3.3-11", "MQTT-4.5.0-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("mixed")
		sub, pub := pair(t, topic, 2)
		ids := []uint16{40, 7, 300, 65535}
		for _, id := range ids {
			pub.Send(message(topic, fmt.Sprintf("message %d", id), 2, id))
		}
		// The broker's PUBRECs may come in any order; the client's PUBRELs follow them.
		for range ids {
			t.Step("every PUBLISH is answered by PUBREC", answersPublish...)
			id := nextPubrec(pub)
			pub.Send(pubrel(id))
		}
		t.Step("every PUBREL is answered by PUBCOMP", answersPubrel...)
		for _, id := range ids {
			pub.ExpectPubcomp(id)
		}
		for _, id := range ids {
			handedOn(t, sub, topic, fmt.Sprintf("message %d", id))
		}
		t.FenceOn(topic, 2, pub, sub)
		t.Step("each is delivered once", noDuplicate...)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "qos.2-received-past-expiry",
	Title:  "a QoS 2 exchange is completed although its message expires between PUBREC and PUBREL",
	Why:    "a publisher whose PUBREL is not answered, because there is no message any more, is stuck",
	Proves: V5("MQTT-4.3.3-13"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		p := message(t.Topic("expiry"), "expiry", 2, 19)
		p.Properties = codec.Properties{codec.Int(codec.MessageExpiryInterval, 1)}
		pub.Send(p)
		expectPubrec(t, pub, 19)
		t.Sleep(2100 * time.Millisecond) // the interval and the grain of a second
		t.Step("the exchange goes on past the expiry", V5("MQTT-4.3.3-13")...)
		pub.Send(pubrel(19))
		pub.ExpectPubcomp(19)
	},
})
