package scenarios

import (
	"fmt"
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
		sub.Sync() // the place is free before there is another message for it
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

// expiring are messages that wait for a client that is away: when it comes back
// after some seconds, each has come that should.
func expiring(t *T, seconds time.Duration, topic string, messages ...*codec.Publish) (sub, pub *Client, published time.Duration) {
	sub, pub = pair(t, topic, 1, Keep())
	sub.Disconnect()
	published = t.Elapsed()
	for _, p := range messages {
		pub.Publish(topic, string(p.Payload), 1, Properties(p.Properties...))
	}
	t.Sleep(seconds)
	resume(t, sub)
	return sub, pub, published
}

// until is a message with a Message Expiry Interval.
func until(payload string, seconds uint32) *codec.Publish {
	return &codec.Publish{Payload: []byte(payload), Properties: codec.Properties{codec.Int(codec.MessageExpiryInterval, seconds)}}
}

var _ = add(Scenario{
	ID:     "message.expiry-while-away",
	Title:  "a message that has waited for a client comes with what is left of its Message Expiry Interval, and one without has none",
	Why:    "a client that passes the message on would keep it alive for longer than its publisher wanted, or not long enough",
	Proves: V5("MQTT-3.3.2-6", "MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("waiting")
		const interval = 10
		sub, _, published := expiring(t, 2*time.Second, topic, until("expires", interval), &codec.Publish{Payload: []byte("stays")})
		m := handedOn(t, sub, topic, "expires")
		waited := m.Came() - published
		t.Step("the interval is what is left", V5("MQTT-3.3.2-6")...)
		left, has := m.Properties.Find(codec.MessageExpiryInterval)
		if m.Is("a Message Expiry Interval", has, true) {
			// A second of rounding either way; it has waited for two at least.
			least, most := interval-uint32(waited/time.Second)-2, uint32(interval-2+1)
			if left.Int < least || left.Int > most {
				m.Is("Message Expiry Interval", left.Int, fmt.Sprintf("from %d to %d", least, most))
			}
			t.Observe("Message Expiry Interval 10 after two seconds", "%d", left.Int)
		}
		// 3.3.2.3.3 says that such a message does not expire; that no interval may be
		// added is said nowhere.
		_, has = handedOn(t, sub, topic, "stays").Properties.Find(codec.MessageExpiryInterval)
		t.Observe("Message Expiry Interval where none was published", "%v", has)
	},
})

var _ = add(Scenario{
	ID:     "message.expired-while-away",
	Title:  "a message that expires while a client is away is not delivered on its return, and one that does not expire is",
	Why:    "a command that comes hours too late opens the door for nobody",
	Proves: V5("MQTT-3.3.2-5", "MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("waiting")
		// The interval of 2, and time for a broker that looks each second.
		sub, pub, _ := expiring(t, 4200*time.Millisecond, topic, until("expires", 2), until("stays for long", 100), &codec.Publish{Payload: []byte("stays")})
		handedOn(t, sub, topic, "stays for long")
		handedOn(t, sub, topic, "stays")
		t.FenceOn(topic, 1, pub, sub)
		t.Step("what has expired is deleted", V5("MQTT-3.3.2-5")...)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "message.expiry-zero",
	Title:  "a message with a Message Expiry Interval of 0 disturbs no other; whether it is delivered is observed",
	Why:    "zero is written by those who mean at once, and by those who mean no limit; what a broker takes it for should be known",
	Proves: V5("MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		// 3.3.2.3.3 gives 0 no meaning of its own: it has passed at once, or is taken
		// for no interval at all, as most brokers do.
		topic := t.Topic("now")
		sub, pub, _ := expiring(t, 2*time.Second, topic, until("at once", 0), until("stays", 100))
		handedOn(t, sub, topic, "stays")
		t.FenceOn(topic, 1, pub, sub)
		t.Observe("interval 0 to a client that was away for two seconds", "delivered: %v", len(sub.Pending()) > 0)
		pub.Publish(topic, "at once", 1, Properties(codec.Int(codec.MessageExpiryInterval, 0)))
		t.FenceOn(topic, 1, pub, sub)
		t.Observe("interval 0 to a client that is there", "delivered: %v", len(sub.Pending()) > 0)
	},
})
