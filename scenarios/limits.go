package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// small is a Maximum Packet Size for which our short messages are small enough,
// and those of tooLarge are not.
const small = 200

// tooLarge is a payload that fits into no packet of the size small.
var tooLarge = strings.Repeat("too large ", small/10)

// takesSmall is the option of a client that takes packets up to small.
func takesSmall() Option { return With(codec.Int(codec.MaximumPacketSize, small)) }

var _ = add(Scenario{
	ID:     "limits.packet-size",
	Title:  "a client never gets a packet above its Maximum Packet Size, counted with its fixed header, and gets those that fit",
	Why:    "the size is that of the client's buffer: one byte more ends its connection, or overruns it",
	Proves: V5("MQTT-3.1.2-24", "MQTT-3.1.2-25"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("sizes")
		sub, pub := pair(t, topic, 1, takesSmall())
		witness := t.Connect(Name("witness")) // which takes all, and shows how large each one is
		witness.Subscribe(topic, 1)
		header := (&codec.Publish{Topic: codec.Text(topic), QoS: 1, PacketID: 1, Payload: make([]byte, small)}).Size(codec.V5) - small
		var fitting []string
		for size := small - 10; size <= small+5; size++ {
			payload := strings.Repeat("0123456789", small/10)[:size-header]
			pub.Publish(topic, payload, 1)
			// At the border nobody is accused of caution.
			if handedOn(t, witness, topic, payload).Size(codec.V5) <= small-5 {
				fitting = append(fitting, payload)
			}
		}
		for _, payload := range fitting {
			handedOn(t, sub, topic, payload)
		}
		t.Step("a small message comes after those that were too large", V5("MQTT-3.1.2-25")...)
		pub.Publish(topic, "small", 1)
		sub.ExpectMessage(topic, "small")
		t.Step("no packet is too large", V5("MQTT-3.1.2-24")...)
		largest := 0
		for _, m := range sub.Pending() {
			if largest = max(largest, m.Size(codec.V5)); largest > small {
				m.Unwanted(fmt.Sprintf("no packet above %d bytes", small))
			}
		}
		t.Observe("largest packet near the limit", "%d of %d bytes", largest, small)
	},
})

var _ = add(Scenario{
	ID:     "limits.too-large-dropped",
	Title:  "a message that is too large for a client is left out as if it had been sent: the next ones come, and it takes no place under the Receive Maximum",
	Why:    "one large message on a topic must not cut a small client off from all the others",
	Proves: V5("MQTT-3.1.2-25", "MQTT-3.1.2-24"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		for qos := range byte(3) {
			topic := t.Topic(fmt.Sprintf("at-%d", qos))
			sub, pub := pair(t, topic, qos, takesSmall(), Manual(),
				With(codec.Int(codec.ReceiveMaximum, 2)), Name(fmt.Sprintf("subscriber at QoS %d", qos)))
			for range 4 {
				pub.Publish(topic, tooLarge, qos)
			}
			for n := range 3 {
				payload := fmt.Sprintf("small %d", n)
				if qos == 0 { // which may lose it
					arrives(t, pub, sub, topic, payload, 0)
					continue
				}
				pub.Publish(topic, payload, qos)
				t.Step("a small message comes after those that were too large", V5("MQTT-3.1.2-25")...)
				acknowledge(sub, sub.ExpectMessage(topic, payload))
			}
			t.Step("nothing comes of those that were too large", V5("MQTT-3.1.2-25", "MQTT-3.1.2-24")...)
			sub.Sync()
			sub.NothingPending()
		}
	},
})

var _ = add(Scenario{
	ID:     "limits.too-large-on-return",
	Title:  "a client that comes back with a Maximum Packet Size gets of what waited for it all that fits, and nothing else",
	Why:    "a message that waits and cannot be sent must not block the session for ever",
	Proves: V5("MQTT-3.1.2-25", "MQTT-3.1.2-24"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("waiting")
		sub, pub := pair(t, topic, 1, Keep())
		sub.Disconnect()
		pub.Publish(topic, "first", 1)
		pub.Publish(topic, tooLarge, 1)
		pub.Publish(topic, "last", 1)
		resume(t, sub, takesSmall())
		t.Step("the connection goes on", V5("MQTT-3.1.2-25")...)
		sub.StillOpen()
		handedOn(t, sub, topic, "first")
		t.Step("what comes after the message that is too large is delivered", V5("MQTT-3.1.2-25")...)
		sub.ExpectMessage(topic, "last")
		t.Step("nothing comes of the message that is too large", V5("MQTT-3.1.2-25", "MQTT-3.1.2-24")...)
		t.FenceOn(topic, 1, pub, sub)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "limits.too-large-retained",
	Title:  "a retained message that is too large for a client does not hinder its subscription",
	Why:    "one large state among many must not keep a small client from all of them",
	Proves: V5("MQTT-3.1.2-25", "MQTT-3.1.2-24"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		topic := t.Topic("state")
		pub := t.Connect(Name("publisher"))
		t.Step("the message is stored", V5("MQTT-3.3.1-5")...)
		pub.Publish(topic, tooLarge, 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, tooLarge)
		sub := t.Connect(Name("small subscriber"), takesSmall())
		t.Step("the subscription is made and serves", V5("MQTT-3.1.2-25")...)
		id := sub.NextID()
		sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(topic, 1)}})
		sub.ExpectSuback(id)
		pub.Publish(topic, "small", 1)
		sub.ExpectMessage(topic, "small")
		t.Step("nothing comes of the retained message", V5("MQTT-3.1.2-25", "MQTT-3.1.2-24")...)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "limits.too-large-will",
	Title:  "a will that is too large for a client reaches the others, and does not hinder what this one gets",
	Why:    "one device with a long last word must not cut a small client off",
	Proves: V5("MQTT-3.1.2-25", "MQTT-3.1.2-24"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("gone")
		sub, pub := pair(t, topic, 1, takesSmall())
		witness := willWatcher(t, topic)
		t.Connect(Name("device"), WithWill(will(topic, tooLarge, 1))).Drop()
		t.Step("the will is published", V5("MQTT-3.1.2-8")...)
		willNow(t, witness, topic, tooLarge)
		pub.Publish(topic, "small", 1)
		t.Step("a small message comes after it", V5("MQTT-3.1.2-25")...)
		sub.ExpectMessage(topic, "small")
		t.Step("nothing comes of the will", V5("MQTT-3.1.2-25", "MQTT-3.1.2-24")...)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "limits.smallest",
	Title:  "a client with a Maximum Packet Size of a few bytes gets a CONNACK that fits, or the close",
	Why:    "a broker that answers with more than the client can take, or not at all, leaves it hanging",
	Proves: V5("MQTT-3.1.2-24"),
	Run: func(t *T) {
		for _, most := range []uint32{20, 10, 5, 4, 2, 1} {
			c := t.New(Name(fmt.Sprintf("client that takes %d bytes", most)), With(codec.Int(codec.MaximumPacketSize, most)))
			c.Dial()
			c.SendConnect()
			answer := c.AnswerWithin(t.Timeouts().Answer)
			if answer == nil {
				t.Observe(fmt.Sprintf("at most %d bytes", most), "closed without an answer: %v", c.ClosedWithin(0))
				c.Drop()
				continue
			}
			size := answer.Size(codec.V5)
			t.Observe(fmt.Sprintf("at most %d bytes", most), "%s of %d bytes", answer.Type(), size)
			t.Step("what the broker sends fits", V5("MQTT-3.1.2-24")...)
			t.Equal(fmt.Sprintf("a %s of %d bytes is within %d", answer.Type(), size, most), size <= int(most), true)
			c.Drop()
		}
	},
})

var _ = add(Scenario{
	ID:    "limits.acknowledgements",
	Title: "no Reason String and no User Property makes an acknowledgement larger than the client's Maximum Packet Size",
	Why:   "a text that is meant to help would end the connection of a small client",
	Proves: V5("MQTT-3.1.2-24", "MQTT-3.4.2-2", "MQTT-3.4.2-3", "MQTT-3.5.2-2", "MQTT-3.5.2-3",
		"MQTT-3.6.2-2", "MQTT-3.6.2-3", "MQTT-3.7.2-2", "MQTT-3.7.2-3",
		"U5-3.4.2.2.2-u1", "U5-3.5.2.2.2-u2", "U5-3.6.2.2.2-u2", "U5-3.7.2.2.2-u2"),
	Needs: []Feature{QoS2},
	Run: func(t *T) {
		// Every packet is measured when it is read; here each kind is provoked.
		topic := t.Topic("acks")
		for _, most := range []uint32{100, 1000} {
			sub, pub := pair(t, topic, 2, With(codec.Int(codec.MaximumPacketSize, most)), Name(fmt.Sprintf("client that takes %d bytes", most)))
			pub.Publish(topic, "to the client", 2) // PUBREL
			handedOn(t, sub, topic, "to the client")
			sub.Publish(t.Topic("nobody"), "at 1", 1) // PUBACK
			sub.Publish(t.Topic("nobody"), "at 2", 2) // PUBREC, PUBCOMP
			sub.Send(pubrel(40_000))                  // PUBCOMP, with a code for the unknown one
			t.Step("PUBREL is answered by PUBCOMP", answersPubrel...)
			sub.ExpectPubcomp(40_000)
			sub.Disconnect()
		}
	},
})
