package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// acknowledgements of a message by its Packet Identifier, for clients that
// acknowledge by hand.
func puback(id uint16) *codec.Puback   { return &codec.Puback{Ack: codec.Ack{PacketID: id}} }
func pubrec(id uint16) *codec.Pubrec   { return &codec.Pubrec{Ack: codec.Ack{PacketID: id}} }
func pubrel(id uint16) *codec.Pubrel   { return &codec.Pubrel{Ack: codec.Ack{PacketID: id}} }
func pubcomp(id uint16) *codec.Pubcomp { return &codec.Pubcomp{Ack: codec.Ack{PacketID: id}} }

// message is a PUBLISH with a chosen Packet Identifier.
func message(topic, payload string, qos byte, id uint16) *codec.Publish {
	return &codec.Publish{Topic: codec.Text(topic), Payload: []byte(payload), QoS: qos, PacketID: id}
}

// repeated is a PUBLISH with a chosen Packet Identifier and DUP 1.
func repeated(topic, payload string, qos byte, id uint16) *codec.Publish {
	p := message(topic, payload, qos, id)
	p.Dup = true
	return p
}

// again marks a PUBLISH as repeated.
func again(p *codec.Publish) { p.Dup = true }

// numbered chooses the Packet Identifier of a PUBLISH.
func numbered(id uint16) PublishOption { return func(p *codec.Publish) { p.PacketID = id } }

// ownership is the duty to hand on a message that the broker has taken over.
var ownership = Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))

// handedOn expects a message as a step of its own; its absence breaks the duty
// to deliver and nothing else.
func handedOn(t *T, sub *Client, topic, payload string) *Message {
	t.Step("the message is delivered", ownership...)
	return sub.ExpectMessage(topic, payload)
}

// handedBeside expects a message while others are under way to the same client,
// which acknowledges by hand. A server may have fewer under way than the client
// allows (5.0: 3.3.4 and 4.9; 3.1.1 sets no number): where the message comes as
// soon as the others are acknowledged, the scenario cannot be run, and is skipped.
func handedBeside(t *T, sub *Client, topic, payload string, others ...*Message) *Message {
	t.Step("the message is delivered", ownership...)
	if m, ok := sub.Gets(topic, payload, t.Timeouts().Delivery); ok {
		return m
	}
	for _, m := range others {
		acknowledge(sub, m)
	}
	sub.ExpectMessage(topic, payload)
	t.Skip("the broker has no more than %d messages under way to a client at a time", len(others))
	return nil
}

// acknowledge completes the delivery of a message by hand. A PUBREC that was
// sent before is answered again or not at all.
func acknowledge(sub *Client, m *Message) {
	if m.QoS == 1 {
		sub.Send(puback(m.PacketID))
		return
	}
	sub.Send(pubrec(m.PacketID))
	sub.Sync() // its PUBREL has been sent by then
	sub.Send(pubcomp(m.PacketID))
}

// pair connects a subscriber, with options, that has subscribed to the topic at
// the QoS, and a publisher. The subscriber's own Packet Identifiers stay clear of
// those that a broker uses first: brokers which confuse the two have scenarios
// of their own (qos.identifiers-independent).
func pair(t *T, topic string, qos byte, opts ...Option) (sub, pub *Client) {
	sub = t.Connect(append([]Option{Name("subscriber")}, opts...)...)
	for range 1000 {
		sub.NextID()
	}
	pub = t.Connect(Name("publisher"))
	sub.Subscribe(topic, qos)
	return sub, pub
}

// arrives publishes a message that is delivered at QoS 0, where it may be lost:
// only three in a row that stay away are a finding.
func arrives(t *T, pub, sub *Client, topic, payload string, qos byte) *Message {
	t.Step("one of three messages comes on an idle connection", ownership...)
	for range 2 {
		pub.Publish(topic, payload, qos)
		if m, ok := sub.Gets(topic, payload, t.Timeouts().Answer/2); ok {
			return m
		}
	}
	pub.Publish(topic, payload, qos)
	return sub.ExpectMessage(topic, payload)
}

// resume connects the client again to its session, which must still be there.
func resume(t *T, c *Client, opts ...Option) {
	if t.V5() && c.Connack.Properties.Int(codec.SessionExpiryInterval, 1) == 0 {
		t.Skip("the broker lowers the Session Expiry Interval to 0: it keeps no session")
	}
	connack := c.Reconnect(opts...)
	if !connack.SessionPresent && t.Version() != spec.V31 { // which does not tell
		t.Step("the session outlives its connection", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-23"))...)
		t.Fail("Session Present 1", connack.String(), -1)
	}
}

// has takes a packet of the Go type P with the identifier that has come already.
func has[P codec.Packet](c *Client, id uint16) bool {
	_, ok := c.Taken(func(p codec.Packet) bool {
		if _, ok := p.(P); !ok {
			return false
		}
		switch p := p.(type) {
		case *codec.Puback:
			return p.PacketID == id
		case *codec.Pubrec:
			return p.PacketID == id
		case *codec.Pubrel:
			return p.PacketID == id
		case *codec.Pubcomp:
			return p.PacketID == id
		}
		return false
	})
	return ok
}

var _ = add(Scenario{
	ID:     "qos.granted-minimum",
	Title:  "a message is delivered at the lower of its own QoS and the QoS that was granted",
	Why:    "a QoS that is lowered on the way loses messages, one that is raised burdens a small client with exchanges that it did not ask for",
	Proves: Requirements(V311("MQTT-3.8.4-6", "U3-3.8.4-u3"), V5("MQTT-3.8.4-8", "U5-3.8.4-u4")),
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"))
		pub := t.Connect(Name("publisher"))
		// Up to 1, so that it runs without QoS 2 too; subscribe.granted-qos publishes at 2.
		most := byte(1)
		if t.V5() {
			most = min(most, byte(pub.Connack.Properties.Int(codec.MaximumQoS, 2)))
		}
		for asked := range byte(3) {
			topic := t.Topic(fmt.Sprintf("asked-%d", asked))
			granted := sub.SubscribeTo(codec.Subscription{Filter: codec.Text(topic), QoS: asked})[0]
			if granted > 2 {
				t.Skip("the broker refuses a subscription: 0x%02X", granted)
			}
			t.Observe("granted", "QoS %d where %d was asked", granted, asked)
			for published := range most + 1 {
				want := min(published, granted)
				payload := fmt.Sprintf("at %d", published)
				var m *Message
				if want == 0 {
					m = arrives(t, pub, sub, topic, payload, published)
				} else {
					pub.Publish(topic, payload, published)
					m = handedOn(t, sub, topic, payload)
				}
				t.Step(fmt.Sprintf("published at QoS %d, granted QoS %d", published, granted),
					Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
				m.HasQoS(want)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.at-most-once",
	Title:  "a QoS 0 message comes as it was published: once, with DUP 0 and without a Packet Identifier",
	Why:    "a client that counts pulses counts a copy as a pulse, and stray bytes in front of a payload make it unreadable",
	Proves: Requirements(V311("MQTT-4.3.1-1", "MQTT-3.3.1-2", "MQTT-2.3.1-5"), V5("MQTT-4.3.1-1", "MQTT-3.3.1-2", "MQTT-2.2.1-2")),
	Run: func(t *T) {
		topic := t.Topic("zero")
		sub, pub := pair(t, topic, 0)
		t.Step("one of three messages comes on an idle connection", ownership...)
		var m *Message
		got := map[string]int{}
		for _, payload := range []string{"zero", "zero again", "zero at last"} {
			pub.Publish(topic, payload, 0)
			if m, _ = sub.GetsAny(t.Timeouts().Answer / 2); m != nil {
				break
			}
		}
		if m == nil {
			t.Fail("one of three QoS 0 messages on an idle connection", "none of them", -1)
		}
		t.Step("QoS 0 and DUP 0", Requirements(V311("MQTT-4.3.1-1", "MQTT-3.3.1-2"), V5("MQTT-4.3.1-1", "MQTT-3.3.1-2"))...)
		m.HasQoS(0)
		m.HasDup(false)
		t.Step("no Packet Identifier stands before the payload", Requirements(V311("MQTT-2.3.1-5"), V5("MQTT-2.2.1-2"))...)
		m.Is("payload begins as it was published", string(m.Payload[:min(4, len(m.Payload))]), "zero")
		m.Is("topic", m.Topic.String(), topic)
		t.Step("nothing comes twice", Requirements(V311("MQTT-4.3.1-1"), V5("MQTT-4.3.1-1"))...)
		pub.Publish(topic, "once", 0)
		t.Fence(pub, sub)
		got[string(m.Payload)]++
		for _, m := range sub.Pending() { // also those of an attempt that was slow
			m.HasDup(false)
			if got[string(m.Payload)]++; got[string(m.Payload)] == 2 {
				m.Unwanted("each message once")
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.once",
	Title:  "a QoS 2 message reaches a QoS 2 subscriber exactly once",
	Why:    "a command that is counted twice opens a valve twice",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-4.3.3-1"), V5("MQTT-4.5.0-1", "MQTT-4.3.3-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("once")
		sub, pub := pair(t, topic, 2)
		pub.Publish(topic, "one", 2)
		handedOn(t, sub, topic, "one")
		t.Step("it does not come again as if it were a new one", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-1"))...)
		t.FenceOn(topic, 2, pub, sub)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "qos.fan-out",
	Title:  "every subscriber gets the message, each at the QoS of its own subscription",
	Why:    "with one publisher and many consumers, a broker that serves only some of them loses data without a trace",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.8.4-6", "MQTT-4.3.3-1"), V5("MQTT-4.5.0-1", "MQTT-3.8.4-8", "MQTT-4.3.3-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("news")
		pub := t.Connect(Name("publisher"))
		var subs []*Client
		for i := range 6 {
			sub := t.Connect(Name(fmt.Sprintf("subscriber %d", i)))
			sub.Subscribe(topic, byte(i%3))
			subs = append(subs, sub)
		}
		pub.Publish(topic, "news", 2)
		for i, sub := range subs {
			qos := byte(i % 3)
			if qos == 0 {
				continue // may be lost
			}
			m := handedOn(t, sub, topic, "news")
			t.Step("at its own QoS", Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
			m.HasQoS(qos)
		}
		for i, sub := range subs {
			switch i % 3 {
			case 0:
				if m, ok := sub.Gets(topic, "news", t.Timeouts().Settle); ok {
					t.Step("at its own QoS", Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
					m.HasQoS(0)
				} else {
					t.Observe("QoS 0", "not delivered to %d", i)
				}
			case 1:
				if more := len(sub.Pending()); more > 0 {
					t.Observe("QoS 1", "%d more copies", more)
				}
			case 2:
				t.Step("at QoS 2 it comes once", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-1"))...)
				t.FenceOn(topic, 2, pub, sub)
				sub.NothingPending()
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.own-message",
	Title:  "a client that subscribes to its own topic gets its own messages",
	Why:    "clients test their connection, and keep several of their parts in step, by what comes back to them",
	Proves: Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		c := t.Connect()
		topic := t.Topic("echo")
		c.Subscribe(topic, 1)
		c.Publish(topic, "echo", 1)
		c.ExpectMessage(topic, "echo")
	},
})

var _ = add(Scenario{
	ID:     "qos.dup-not-passed-on",
	Title:  "the DUP flag of a publisher does not travel to the subscribers",
	Why:    "a subscriber that drops what is marked as a repetition would drop a message that it never had",
	Proves: Requirements(V311("MQTT-3.3.1-3"), V5("MQTT-3.3.1-3")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("dup")
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 2)
		// To the broker these are repetitions whose first attempt was lost with the
		// connection before.
		pub := t.Connect(Name("publisher"), Keep())
		pub.Drop()
		resume(t, pub)
		for qos := byte(1); qos <= 2; qos++ {
			payload := fmt.Sprintf("dup at %d", qos)
			pub.Publish(topic, payload, qos, again)
			m := handedOn(t, sub, topic, payload)
			t.Step("its first delivery has DUP 0", Requirements(V311("MQTT-3.3.1-3"), V5("MQTT-3.3.1-3"))...)
			m.HasDup(false)
		}
	},
})
