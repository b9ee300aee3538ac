package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// stored is the duty to keep the state of a session between two connections.
var stored = Requirements(V311("MQTT-4.1.0-1"), V5("MQTT-3.1.2-23"))

// departure is a way in which a client goes away for a while.
type departure struct {
	name string
	now  func()
}

func departures(c *Client) []departure {
	return []departure{{"DISCONNECT", c.Disconnect}, {"a loss of the connection", c.Drop}}
}

var _ = add(Scenario{
	ID:     "session.stored-subscriptions",
	Title:  "all subscriptions of a session are there after a break, each with its QoS",
	Why:    "a client that is told that its session is there does not subscribe again",
	Proves: Requirements(stored, V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub := kept(t, Name("subscriber")), t.Connect(Name("publisher"))
		var topics []string
		for i := range 5 {
			topics = append(topics, t.Topic(fmt.Sprint("topic/", i)))
			sub.Subscribe(topics[i], 1)
		}
		for _, leave := range departures(sub) {
			name := leave.name
			sub.Sync()
			leave.now()
			sub.Reconnect()
			t.Step("after "+name+" each subscription delivers", Requirements(stored, V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
			for _, topic := range topics {
				pub.Publish(topic, "after "+name, 1)
				sub.ExpectMessage(topic, "after "+name).HasQoS(1)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "session.stored-messages",
	Title:  "messages that wait for a client, or that it has not acknowledged, are there after a break",
	Why:    "what a device missed while it was away, or in the moment of the break, is what it comes back for",
	Proves: stored,
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		const many = 3
		pub := t.Connect(Name("publisher"))
		for _, qos := range []byte{1, 2} {
			sub := kept(t, Name(fmt.Sprintf("subscriber at QoS %d", qos)))
			for i, leave := range departures(sub) {
				topic := t.Topic(fmt.Sprintf("qos%d/%d", qos, i))
				sub.Reconnect(Manual())
				sub.Subscribe(topic, qos)
				for i := range many {
					pub.Publish(topic, fmt.Sprint("before the break ", i), qos)
				}
				// The broker may hold the others back until this one is acknowledged.
				sub.ExpectMessage(topic, "before the break 0")
				leave.now()
				for i := range many {
					pub.Publish(topic, fmt.Sprint("while away ", i), qos)
				}
				t.Step(fmt.Sprintf("at QoS %d after %s: what was not acknowledged comes again, and what has waited comes", qos, leave.name), stored...)
				sub.Reconnect(Automatic())
				for i := range many {
					sub.ExpectMessage(topic, fmt.Sprint("before the break ", i))
				}
				for i := range many {
					sub.ExpectMessage(topic, fmt.Sprint("while away ", i))
				}
				sub.Sync()
				sub.Disconnect()
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "session.stored-release",
	Title:  "a QoS 2 message of which the client has sent PUBREC is completed after a break",
	Why:    "a client that waits for the PUBREL holds the message back for ever",
	Proves: stored,
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		sub, pub := kept(t, Name("subscriber"), Manual()), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		sub.Subscribe(topic, 2)
		pub.Publish(topic, "to be completed", 2)
		id := sub.ExpectMessage(topic, "to be completed").PacketID
		t.Step("PUBREC is answered with PUBREL", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4"))...)
		sub.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: id}})
		sub.ExpectPubrel(id)
		sub.Drop()
		sub.Reconnect()
		t.Step("the PUBREL comes again", stored...)
		sub.ExpectPubrel(id)
		sub.Send(&codec.Pubcomp{Ack: codec.Ack{PacketID: id}})
	},
})
