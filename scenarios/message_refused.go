package scenarios

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "message.acknowledged-or-refused",
	Title:  "a message that the broker does not let a client publish is acknowledged all the same, or ends the connection",
	Why:    "a publisher that gets neither waits for ever, and blocks behind this one message all others",
	Proves: Requirements(V311("MQTT-3.3.5-2"), V5("MQTT-3.3.4-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		// A topic of the server's own (4.7.2): what it does with it is free.
		topic := "$SYS/" + t.Topic("forbidden")
		watcher := t.Connect(Name("watcher"))
		watcher.Send(&codec.Subscribe{PacketID: watcher.NextID(), Subscriptions: []codec.Subscription{filterAt(topic, 1)}})
		answered := watcher.AnswerWithin(t.Timeouts().Answer)
		for qos := byte(1); qos <= 2; qos++ {
			c := t.Connect(Name(fmt.Sprintf("publisher at QoS %d", qos)))
			c.Send(message(topic, "forbidden", qos, 9))
			t.Step("an acknowledgement or the close", Requirements(V311("MQTT-3.3.5-2"), V5("MQTT-3.3.4-1"))...)
			answer := c.AnswerWithin(t.Timeouts().Answer)
			closed := c.ClosedWithin(0)
			ok := closed || answer != nil && slices.Contains([]codec.Type{codec.PUBACK, codec.PUBREC}, answer.Type())
			t.Equal("PUBACK, PUBREC or the close", ok, true)
			t.Observe("topic that begins with $SYS", "%v, closed: %v", answer, closed)
		}
		t.Sleep(t.Timeouts().Settle)
		t.Observe("messages for a subscriber of the topic", "%d, after %v", len(watcher.Pending()), answered)
	},
})

var _ = add(Scenario{
	ID:     "message.refused-identifier-free",
	Title:  "after a PUBREC that refuses a message a PUBLISH under its Packet Identifier is a new message",
	Why:    "a client takes the identifier for free; what it publishes under it next would be swallowed as a repetition",
	Proves: V5("MQTT-4.3.3-9"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("allowed")
		sub, pub := pair(t, topic, 2)
		const id = 9
		// What a server may refuse, and some do: a topic of its own (4.7.2), and a
		// payload that is not of the format which it is said to have (3.3.2.3.2).
		forbidden := message("$SYS/"+t.Topic("forbidden"), "forbidden", 2, id)
		ill := message(t.Topic("ill-formed"), "\xff", 2, id)
		ill.Properties = codec.Properties{codec.Int(codec.PayloadFormatIndicator, 1)}
		for _, p := range []*codec.Publish{forbidden, ill} {
			pub.Send(p)
			rec, _ := pub.AnswerWithin(t.Timeouts().Answer).(*codec.Pubrec)
			if rec == nil || rec.Code < 0x80 {
				pub.Drop()
				pub.Reconnect()
				continue
			}
			t.Observe("refusal", "PUBREC 0x%02X", rec.Code)
			pub.Publish(topic, "under another identifier", 2)
			handedOn(t, sub, topic, "under another identifier")
			t.Step("the identifier is free", V5("MQTT-4.3.3-9")...)
			pub.Send(message(topic, "allowed", 2, id))
			pub.ExpectPubrec(id)
			release(t, pub, id)
			t.Step("the message is new", V5("MQTT-4.3.3-9")...)
			sub.ExpectMessage(topic, "allowed")
			return
		}
		t.Skip("the broker refuses no message that a test could send")
	},
})
