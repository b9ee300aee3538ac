package scenarios

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// serverCloses is the duty of the broker towards a client that breaks the
// protocol.
var serverCloses = Requirements(V311("MQTT-4.8.0-1"), V5("MQTT-4.13.1-1"))

var _ = add(Scenario{
	ID:    "qos.publish-answered",
	Title: "a PUBLISH is answered as its QoS asks: not at all, by PUBACK, or by PUBREC, with the same Packet Identifier",
	Why:   "a publisher waits for ever, or forgets too early, when the answer is of the wrong kind or for another message",
	Proves: Requirements(V311("MQTT-3.3.4-1", "U3-3.3.4-u1", "MQTT-2.3.1-6"),
		V5("MQTT-3.3.4-1", "MQTT-2.2.1-5", "MQTT-3.4.2-1", "MQTT-3.5.2-1", "MQTT-3.7.2-1", "U5-3.4.2.1-u1")),
	Needs: []Feature{QoS2},
	Run: func(t *T) {
		c := t.Connect()
		topic := t.Topic("nobody")
		for _, id := range []uint16{1, 255, 256, 0x1234, 65535} {
			t.Step(fmt.Sprintf("QoS 1 with identifier %d", id), Requirements(V311("MQTT-3.3.4-1", "U3-3.3.4-u1", "MQTT-2.3.1-6"), V5("MQTT-3.3.4-1", "MQTT-2.2.1-5"))...)
			c.Send(message(topic, "one", 1, id))
			ack := c.ExpectPuback(id)
			t.Step(fmt.Sprintf("QoS 2 with identifier %d", id), Requirements(V311("MQTT-3.3.4-1", "MQTT-2.3.1-6"), V5("MQTT-3.3.4-1", "MQTT-2.2.1-5"))...)
			c.Send(message(topic, "two", 2, id))
			rec := c.ExpectPubrec(id)
			if rec.Code >= 0x80 {
				t.Skip("the broker refuses the message: PUBREC 0x%02X", rec.Code)
			}
			t.Step("the exchange is completed", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-11"))...)
			c.Send(pubrel(id))
			comp := c.ExpectPubcomp(id)
			if !t.V5() {
				continue
			}
			// Nobody subscribes: 0x00 and 0x10 are both usual, others are legal.
			t.Step("the Reason Codes are defined for their packets", V5("MQTT-3.4.2-1")...)
			t.Equal("PUBACK has a defined Reason Code", codec.ReasonName(codec.PUBACK, codec.V5, ack.Code) != "", true)
			t.Step("the Reason Codes are defined for their packets", V5("MQTT-3.5.2-1")...)
			t.Equal("PUBREC has a defined Reason Code", codec.ReasonName(codec.PUBREC, codec.V5, rec.Code) != "", true)
			t.Step("the Reason Codes are defined for their packets", V5("MQTT-3.7.2-1")...)
			t.Equal("PUBCOMP has a defined Reason Code", codec.ReasonName(codec.PUBCOMP, codec.V5, comp.Code) != "", true)
			t.Step("which of 0x00 and 0x10 says that nobody has subscribed is the broker's choice", V5("U5-3.4.2.1-u1")...)
			t.Observe("code without a subscriber", "PUBACK 0x%02X, PUBREC 0x%02X", ack.Code, rec.Code)
		}
		t.Step("QoS 0 is not answered", Requirements(V311("MQTT-3.3.4-1", "U3-3.3.4-u1"), V5("MQTT-3.3.4-1"))...)
		c.Publish(topic, "zero", 0)
		c.Sync()
		_, answered := c.Taken(func(p codec.Packet) bool { return p.Type() == codec.PUBACK || p.Type() == codec.PUBREC })
		t.Equal("answered", answered, false)
	},
})

var _ = add(Scenario{
	ID:    "qos.publish-qos-3",
	Title: "a PUBLISH with QoS 3 ends the connection and reaches nobody",
	Why:   "a broker that hands it on breaks the connection of every subscriber, who must close when they get one",
	Proves: Requirements(V311("MQTT-3.3.1-4"),
		V5("U5-3.3.1.2-u1", "MQTT-4.13.1-1", "MQTT-3.3.1-4")),
	Run: func(t *T) {
		topic := t.Topic("three")
		sub, pub := pair(t, topic, 0)
		t.Step("QoS 3 ends the connection", Requirements(V311("MQTT-3.3.1-4"), V5("U5-3.3.1.2-u1", "MQTT-4.13.1-1"))...)
		t.Because(V5("MQTT-3.3.1-4")...)
		bad := t.Connect(Name("wrongdoer"))
		bad.SendBroken(message(topic, "three", 1, 3), codec.QoS3())
		bad.ExpectClosed()
		t.Step("the message reaches nobody", Requirements(V311("MQTT-3.3.1-4"), V5("U5-3.3.1.2-u1"))...)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-dup-at-qos-0",
	Title:  "a QoS 0 PUBLISH with DUP 1 never reaches a subscriber with DUP 1",
	Why:    "there are no repetitions at QoS 0; a flag that is handed on is a lie to every subscriber",
	Proves: Requirements(V311("MQTT-3.3.1-3", "MQTT-3.3.1-2"), V5("MQTT-3.3.1-3", "MQTT-3.3.1-2")),
	Run: func(t *T) {
		topic := t.Topic("dup")
		sub, pub := pair(t, topic, 0)
		bad := t.Connect(Name("wrongdoer"))
		p := message(topic, "dup", 0, 0)
		p.Dup = true
		bad.Send(p)
		// Neither version names a reaction. 3.1.1 has MQTT-4.8.0-1 for every violation
		// that a server encounters, and this flag it need not look at: it means
		// nothing at QoS 0. A Packet Identifier of 0 it must: its answer holds it.
		t.Observe("DUP 1 at QoS 0", "carries on: %v", bad.CarriesOn())
		t.Step("DUP 1 is not handed on", Requirements(V311("MQTT-3.3.1-3", "MQTT-3.3.1-2"), V5("MQTT-3.3.1-3", "MQTT-3.3.1-2"))...)
		t.Fence(pub, sub)
		for _, m := range sub.Pending() {
			m.HasDup(false)
		}
	},
})

var _ = add(Scenario{
	ID:       "qos.publish-identifier-0",
	Title:    "a QoS 1 or QoS 2 PUBLISH with the Packet Identifier 0 ends the connection in 3.1.1",
	Why:      "0 stands for no identifier in most implementations: a broker that takes it can mix up exchanges",
	Proves:   V311("MQTT-4.8.0-1", "MQTT-2.3.1-1"),
	Versions: []codec.Version{codec.V311, codec.V5},
	Needs:    []Feature{QoS2},
	Run: func(t *T) {
		for qos := byte(1); qos <= 2; qos++ {
			c := t.Connect(Name(fmt.Sprintf("wrongdoer at QoS %d", qos)))
			c.Send(message(t.Topic("zero"), "zero", qos, 0))
			if t.V5() { // the reaction is not named
				t.Observe(fmt.Sprintf("identifier 0 at QoS %d", qos), "carries on: %v", c.CarriesOn())
				continue
			}
			t.Step("the client is disconnected", V311("MQTT-4.8.0-1")...)
			t.Because(V311("MQTT-2.3.1-1")...)
			c.ExpectClosed()
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-empty-topic",
	Title:  "a PUBLISH with an empty Topic Name ends the connection",
	Why:    "a message without a topic cannot be meant for anybody; a broker that takes it hides the sender's fault",
	Proves: Requirements(V311("MQTT-4.8.0-1", "MQTT-4.7.3-1"), V5("U5-3.3.2.1-u1", "MQTT-4.13.1-1", "MQTT-4.7.3-1")),
	Run: func(t *T) {
		t.Step("the client is disconnected", Requirements(V311("MQTT-4.8.0-1"), V5("U5-3.3.2.1-u1", "MQTT-4.13.1-1"))...)
		t.Because(Requirements(V311("MQTT-4.7.3-1"), V5("MQTT-4.7.3-1"))...)
		c := t.Connect()
		c.Send(message("", "nowhere", 0, 0))
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-wildcard",
	Title:  "a PUBLISH whose Topic Name holds a wildcard is handed on to nobody; in 3.1.1 it ends the connection",
	Why:    "a message to # or + could reach consumers of every topic, past all rules about who may write where",
	Proves: Requirements(V311("MQTT-4.8.0-1", "MQTT-3.3.2-2", "MQTT-4.7.1-1"), V5("MQTT-3.3.2-2", "MQTT-4.7.0-1")),
	Needs:  []Feature{Wildcard},
	Run: func(t *T) {
		sub, pub := pair(t, t.Topic("wild/#"), 1)
		pub.Publish(t.Topic("wild/one"), "proof", 1)
		handedOn(t, sub, t.Topic("wild/one"), "proof")
		for _, topic := range []string{"wild/+", "wild/#", "wild/a+", "wild/#/b"} {
			bad := t.Connect(Name("wrongdoer with " + topic))
			t.Step("no wildcard reaches a subscriber", Requirements(V311("MQTT-3.3.2-2", "MQTT-4.7.1-1"), V5("MQTT-3.3.2-2", "MQTT-4.7.0-1"))...)
			bad.Send(message(t.Topic(topic), "wild", 1, 7))
			// 5.0 names no reaction: a close or PUBACK 0x90 are usual.
			t.Observe("topic "+topic, "carries on: %v", bad.CarriesOn())
			if !t.V5() {
				t.Step("a client that breaks MQTT-3.3.2-2 is disconnected", V311("MQTT-4.8.0-1")...)
				bad.ExpectClosed()
			}
		}
		t.Step("no wildcard reaches a subscriber", Requirements(V311("MQTT-3.3.2-2", "MQTT-4.7.1-1"), V5("MQTT-3.3.2-2", "MQTT-4.7.0-1"))...)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:    "qos.publish-not-utf-8",
	Title: "a PUBLISH whose Topic Name is not well-formed UTF-8 ends the connection",
	Why:   "a topic that two parts of a system read differently is a way around access rules, and breaks strict subscribers",
	Proves: Requirements(V311("MQTT-1.5.3-1", "MQTT-1.5.3-2"),
		V5("U5-1.5.4-u1", "U5-1.5.4-u2", "MQTT-4.13.1-1")),
	Needs: []Feature{Wildcard},
	Run: func(t *T) {
		sub, pub := pair(t, t.Topic("#"), 0)
		cases := []struct{ name, text string }{
			{"a lone continuation byte", "a\x80b"},
			{"an overlong slash", "a\xc0\xafb"},
			{"a surrogate", "a\xed\xa0\x80b"},
			{"a code point above U+10FFFF", "a\xf4\x90\x80\x80b"},
			{"a sequence that is cut", "a\xe2\x82"},
			{"a sequence of five bytes", "a\xf8\x88\x80\x80\x80b"},
			{"the byte 0xFF", "a\xffb"},
		}
		for _, bad := range cases {
			t.Step(bad.name, Requirements(V311("MQTT-1.5.3-1"), V5("U5-1.5.4-u1", "MQTT-4.13.1-1"))...)
			c := t.Connect(Name("wrongdoer with " + bad.name))
			c.Send(message(t.Topic(bad.text), "bad", 0, 0))
			c.ExpectClosed()
		}
		t.Step("U+0000", Requirements(V311("MQTT-1.5.3-2"), V5("U5-1.5.4-u2", "MQTT-4.13.1-1"))...)
		c := t.Connect(Name("wrongdoer with U+0000"))
		c.Send(message(t.Topic("a\x00b"), "bad", 0, 0))
		c.ExpectClosed()
		t.Step("nothing of it reaches a subscriber", Requirements(V311("MQTT-1.5.3-1"), V5("U5-1.5.4-u1"))...)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-topic-past-the-end",
	Title:  "a PUBLISH whose Topic Name claims more bytes than the packet holds ends the connection",
	Why:    "a broker that reads on past the packet leaks its memory or loses the place in the stream",
	Proves: serverCloses,
	Run: func(t *T) {
		c := t.Connect()
		c.SendBroken(message(t.Topic("long"), "payload", 0, 0), codec.FieldLength("Topic Name", 60000))
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-subscription-identifier",
	Title:  "a PUBLISH from a client with a Subscription Identifier ends the connection",
	Why:    "the identifier steers a subscriber's own dispatch; a publisher that could set it would reach handlers that were never meant for it",
	Proves: V5("MQTT-3.3.4-6", "MQTT-4.13.1-1", "U5-3.3.4-u1"),
	Run: func(t *T) {
		topic := t.Topic("steered")
		sub, pub := pair(t, topic, 1)
		// 3.3.4 names it: an identifier other than those of the SUBSCRIBE that caused
		// the PUBLISH to flow is a Protocol Error, and no SUBSCRIBE caused this one.
		t.Step("a client that sends an identifier is disconnected", V5("MQTT-4.13.1-1", "MQTT-3.3.4-6")...)
		bad := t.Connect(Name("wrongdoer"))
		p := message(topic, "steered", 1, 9)
		p.Properties = codec.Properties{codec.Int(codec.SubscriptionIdentifier, 5)}
		bad.Send(p)
		closed := bad.ClosedWithin(t.Timeouts().CarriesOn)
		t.Step("the identifier reaches no subscriber", V5("U5-3.3.4-u1", "MQTT-3.3.4-6")...)
		t.Fence(pub, sub)
		for _, m := range sub.Pending() {
			_, has := m.Properties.Find(codec.SubscriptionIdentifier)
			m.Is("Subscription Identifier", has, false)
		}
		t.Observe("Subscription Identifier from a client", "closed at once: %v", closed)
		t.Step("a client that sends an identifier is disconnected", V5("MQTT-4.13.1-1", "MQTT-3.3.4-6")...)
		bad.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-topic-kept",
	Title:  "a delivery carries a topic, in well-formed UTF-8, that matches the subscription's filter",
	Why:    "a client tells by the topic what a message is about and which of its handlers it is for",
	Proves: Requirements(V311("MQTT-3.3.2-3", "MQTT-3.3.2-1"), V5("MQTT-3.3.2-3", "MQTT-3.3.2-1", "U5-3.3.2.1-u1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("Ünï/ /one//two")
		sub, pub := pair(t, topic, 1)
		pub.Publish(topic, "kept", 1)
		t.Step("the message is delivered", ownership...)
		m := sub.Next()
		t.Step("there is a topic", Requirements(V311("MQTT-3.3.2-1"), V5("U5-3.3.2.1-u1"))...)
		m.Is("a topic is there", len(m.Topic) > 0, true)
		t.Step("it is well-formed UTF-8", Requirements(V311("MQTT-3.3.2-1"), V5("MQTT-3.3.2-1"))...)
		m.Is("the topic is well-formed UTF-8", utf8.Valid(m.Topic), true)
		// The filter has no wildcard, so it is matched by itself alone.
		t.Step("the topic matches", Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3"))...)
		m.Is("topic", m.Topic.String(), topic)
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-topic-of-wildcard",
	Title:  "what a subscription with wildcards brings has a topic that its filter matches",
	Why:    "a consumer of many topics knows by the topic alone which of its devices speaks",
	Proves: Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3")),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		base := t.Topic("site/")
		sub, pub := pair(t, base+"+/state", 1)
		for _, device := range []string{"a", "", "ü"} {
			pub.Publish(base+device+"/state", "state of "+device, 1)
			t.Step("the message is delivered", ownership...)
			m := sub.Next()
			level, under := strings.CutPrefix(m.Topic.String(), base)
			level, ends := strings.CutSuffix(level, "/state")
			t.Step("the filter matches its topic", Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3"))...)
			m.Is("a topic that "+base+"+/state matches", under && ends && !strings.Contains(level, "/"), true)
			// A server may map or override the name (3.3.2.1).
			t.Observe("topic as it was published", "%v", level == device)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-longest-topic",
	Title:  "a message on a topic of 65,535 bytes is refused, or reaches the subscriber with all of its topic",
	Why:    "a length of two bytes that is read as signed, or a buffer that is too small, sends it to the wrong topic",
	Proves: Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		for _, topic := range []string{t.Topic("short"), longest(t.Topic("a"), "a")} {
			sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
			what := fmt.Sprintf("a topic of %d bytes", len(topic))
			id := sub.NextID()
			sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(topic, 1)}})
			if len(topic) < 1000 {
				t.Step("the subscription is made", Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1"))...)
				sub.ExpectSuback(id)
			} else if !sub.CarriesOn() { // wildcard.long-filters is about that
				t.Observe(what, "the subscription is refused by the close")
				continue
			}
			pub.Send(message(topic, "here", 1, 7))
			alive := pub.CarriesOn()
			m, ok := sub.GetsAny(t.Timeouts().Settle)
			if !ok && len(topic) < 1000 {
				m, ok = handedOn(t, sub, topic, "here"), true
			}
			t.Observe(what, "carries on: %v, delivered: %v", alive, ok)
			if ok {
				t.Step("the topic is whole", Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3"))...)
				m.Is("topic as it was published", m.Topic.String() == topic, true)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-any-bytes",
	Title:  "every payload is delivered unchanged: empty, all 256 byte values, bytes that look like packets",
	Why:    "a payload belongs to the applications; a broker that interprets it corrupts images, firmware and compressed data",
	Proves: ownership,
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("opaque")
		sub, pub := pair(t, topic, 2)
		var all strings.Builder
		for b := range 256 {
			all.WriteByte(byte(b))
		}
		cases := []struct{ name, payload string }{
			{"no bytes", ""},
			{"all bytes", all.String()},
			{"zeros", "\x00\x00\x00"},
			{"what looks like PINGREQ and DISCONNECT", "\xc0\x00\xe0\x00"},
			{"ill-formed UTF-8", "\xff\xfe\x80"},
		}
		for _, c := range cases {
			for qos := byte(1); qos <= 2; qos++ {
				pub.Publish(topic, c.payload, qos)
				t.Step(fmt.Sprintf("%s at QoS %d", c.name, qos), ownership...)
				sub.ExpectMessage(topic, c.payload)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-sizes",
	Title:  "messages at the borders of the length field are delivered unchanged",
	Why:    "an off-by-one at 128 or 16,384 bytes loses the one message in thousands that has just this size",
	Proves: ownership,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("sizes")
		sub, pub := pair(t, topic, 1)
		// Of the Remaining Length, what is not payload: topic, identifier, properties.
		overhead := 2 + len(topic) + 2
		if t.V5() {
			overhead++
		}
		limit := uint32(codec.MaxRemaining)
		if t.V5() {
			limit = pub.Connack.Properties.Int(codec.MaximumPacketSize, limit)
		}
		for _, remaining := range []int{126, 127, 128, 129, 16382, 16383, 16384, 16385} {
			if remaining < overhead || uint32(remaining)+5 > limit {
				t.Observe("size", "%d bytes not tried", remaining)
				continue
			}
			payload := strings.Repeat("0123456789abcdef", 1+remaining/16)[:remaining-overhead]
			pub.Publish(topic, payload, 1)
			t.Step(fmt.Sprintf("a Remaining Length of %d", remaining), ownership...)
			sub.ExpectMessage(topic, payload)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-above-maximum-qos",
	Title:  "a PUBLISH above the Maximum QoS that the broker declares ends the connection",
	Why:    "a publisher that is not told would trust in a guarantee that nobody gives",
	Proves: V5("U5-3.2.2.3.4-u2", "MQTT-4.13.1-1", "MQTT-3.2.2-11"),
	Run: func(t *T) {
		c := t.Connect()
		maximum := c.Connack.Properties.Int(codec.MaximumQoS, 2)
		if maximum >= 2 {
			t.Skip("the broker declares no Maximum QoS: it supports all")
		}
		t.Step("a client that goes above it is disconnected", V5("U5-3.2.2.3.4-u2", "MQTT-4.13.1-1", "MQTT-3.2.2-11")...)
		c.Send(message(t.Topic("above"), "above", byte(maximum)+1, 3))
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "qos.publish-retain-unavailable",
	Title:  "a PUBLISH with RETAIN 1 to a broker that declares Retain Available 0 ends the connection",
	Why:    "a publisher that is not told believes that late subscribers will find its message",
	Proves: V5("U5-3.2.2.3.5-u2", "U5-3.2.2.3.5-u3", "MQTT-4.13.1-1", "MQTT-3.2.2-14"),
	Run: func(t *T) {
		c := t.Connect()
		if c.Connack.Properties.Int(codec.RetainAvailable, 1) == 1 {
			t.Skip("the broker supports retained messages")
		}
		t.Step("a client that sets RETAIN is disconnected", V5("U5-3.2.2.3.5-u2", "MQTT-4.13.1-1", "MQTT-3.2.2-14")...)
		p := message(t.Topic("retained"), "retained", 0, 0)
		p.Retain = true
		c.Send(p)
		answer, told := c.AnswerWithin(t.Timeouts().Answer).(*codec.Disconnect)
		c.ExpectClosedWithin(t.Timeouts().Answer)
		t.Step("a DISCONNECT says so", V5("U5-3.2.2.3.5-u3")...)
		switch {
		case !told:
			t.Broken("DISCONNECT 0x9A before the close", "no DISCONNECT", -1)
		default:
			t.Equal("DISCONNECT code", answer.Code, byte(0x9A))
		}
	},
})
