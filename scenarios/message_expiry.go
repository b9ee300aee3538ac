package scenarios

import (
	"math"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// shortest is a Message Expiry Interval that is over soon. With 1 a broker that
// counts in whole seconds may have nothing left of it at once.
func shortest() codec.Property { return codec.Int(codec.MessageExpiryInterval, 2) }

var _ = add(Scenario{
	ID:     "message.completed-past-expiry",
	Title:  "the broker answers PUBREC by PUBREL although the message has expired meanwhile",
	Why:    "the client waits for the end of an exchange that it has begun; without it the identifier is blocked",
	Proves: V5("MQTT-4.3.3-7"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("expiry")
		sub, pub := pair(t, topic, 2, Manual())
		pub.Publish(topic, "expiry", 2, Properties(shortest()))
		m := handedOn(t, sub, topic, "expiry")
		t.Sleep(3200 * time.Millisecond) // the interval, and time for a broker that looks each second
		t.Step("the exchange goes on past the expiry", V5("MQTT-4.3.3-7")...)
		sub.Send(pubrec(m.PacketID))
		sub.ExpectPubrel(m.PacketID)
		sub.Send(pubcomp(m.PacketID))
	},
})

var _ = add(Scenario{
	ID:     "message.expires-while-held",
	Title:  "a message that expires while it waits for a place under the Receive Maximum is not delivered",
	Why:    "a client that is slow should spend its time on what is still true",
	Proves: V5("MQTT-3.3.2-5"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("held")
		sub, pub, _ := limited(t, topic, 1, 1)
		pub.Publish(topic, "first", 1)
		first := handedOn(t, sub, topic, "first") // which takes the only place
		pub.Publish(topic, "expires", 1, Properties(shortest()))
		t.Sleep(3200 * time.Millisecond) // the interval, and time for a broker that looks each second
		acknowledge(sub, first)
		pub.Publish(topic, "last", 1)
		t.Step("a message that has expired is not sent", V5("MQTT-3.3.2-5")...)
		if m, ok := sub.GetsAny(t.Timeouts().Delivery); ok {
			m.Is("payload of the next message", string(m.Payload), "last")
			return
		}
		handedOn(t, sub, topic, "last")
	},
})

var _ = add(Scenario{
	ID:     "message.expiry-largest",
	Title:  "a message with the longest Message Expiry Interval is kept for a client that is away, and the interval counts down from there",
	Why:    "a broker that adds it to the time of day in 32 bits takes the message for one that expired long ago",
	Proves: V5("MQTT-3.3.2-6", "MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("longest")
		sub, pub := pair(t, topic, 1, Keep())
		sub.Disconnect()
		published := t.Elapsed()
		pub.Publish(topic, "longest", 1, Properties(codec.Int(codec.MessageExpiryInterval, math.MaxUint32)))
		resume(t, sub)
		m := handedOn(t, sub, topic, "longest")
		waited := uint32((m.Came() - published) / time.Second)
		t.Step("the interval counts down", V5("MQTT-3.3.2-6")...)
		left, has := m.Properties.Find(codec.MessageExpiryInterval)
		if m.Is("a Message Expiry Interval", has, true) {
			m.Is("it is the one published, less the seconds that it waited", left.Int >= math.MaxUint32-waited-2, true)
		}
	},
})
