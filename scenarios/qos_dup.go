package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "qos.dup-each-time",
	Title:  "a message that is sent a third time has DUP 1 too, under the same Packet Identifier",
	Why:    "a client with a bad line needs the flag most, and it is there that the same message comes again and again",
	Proves: Requirements(V311("MQTT-3.3.1-1", "MQTT-4.4.0-1", "MQTT-2.3.1-4"), V5("MQTT-3.3.1-1", "MQTT-4.4.0-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		for qos := byte(1); qos <= 2; qos++ {
			topic := t.Topic(fmt.Sprintf("again-%d", qos))
			sub, pub := pair(t, topic, qos, Keep(), Manual(), Name(fmt.Sprintf("subscriber at QoS %d", qos)))
			pub.Publish(topic, "again", qos)
			first := handedOn(t, sub, topic, "again")
			for range 2 {
				sub.Drop()
				resume(t, sub)
				redelivered(t, sub, first)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.dup-lowered",
	Title:  "a message that is published at QoS 1 or 2 and delivered at QoS 0 has DUP 0",
	Why:    "there are no repetitions at QoS 0; a client that drops what is marked as one never gets the message",
	Proves: Requirements(V311("MQTT-3.3.1-2", "MQTT-4.3.1-1"), V5("MQTT-3.3.1-2", "MQTT-4.3.1-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("lowered")
		sub, pub := pair(t, topic, 0)
		for qos := byte(1); qos <= 2; qos++ {
			m := arrives(t, pub, sub, topic, fmt.Sprintf("published at %d", qos), qos)
			t.Step("it is a QoS 0 message with DUP 0", Requirements(V311("MQTT-3.3.1-2", "MQTT-4.3.1-1"), V5("MQTT-3.3.1-2", "MQTT-4.3.1-1"))...)
			m.HasQoS(0)
			m.HasDup(false)
		}
	},
})

var _ = add(Scenario{
	ID:     "retain.dup-not-kept",
	Title:  "a retained message that was published with DUP 1 is sent to a new subscriber with DUP 0",
	Why:    "a subscriber that drops what is marked as a repetition would never learn the state",
	Proves: Requirements(V311("MQTT-3.3.1-3"), V5("MQTT-3.3.1-3")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		topic := t.Topic("state")
		// To the broker this is a repetition whose first attempt was lost with the
		// connection before.
		pub := t.Connect(Name("publisher"), Keep())
		pub.Drop()
		resume(t, pub)
		t.Step("the message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "on", 1, Retained(), again)
		_, m := t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("its first delivery to this subscriber has DUP 0", Requirements(V311("MQTT-3.3.1-3"), V5("MQTT-3.3.1-3"))...)
		m.HasDup(false)
	},
})

var _ = add(Scenario{
	ID:     "qos.1-puback-for-one",
	Title:  "a PUBACK acknowledges the one message with its Packet Identifier, be it the later of two",
	Why:    "a client that works on several messages at once acknowledges each when it is done; the others must not be forgotten",
	Proves: Requirements(V311("MQTT-4.3.2-1", "MQTT-4.4.0-1"), V5("MQTT-4.3.2-3", "MQTT-4.4.0-1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("several")
		sub, pub := pair(t, topic, 1, Keep(), Manual())
		pub.Publish(topic, "open", 1)
		open := handedOn(t, sub, topic, "open")
		pub.Publish(topic, "done", 1)
		done := handedBeside(t, sub, topic, "done", open)
		sub.Send(puback(done.PacketID))
		sub.Sync()
		sub.Drop()
		resume(t, sub)
		t.Step("the other message is still unacknowledged", Requirements(V311("MQTT-4.3.2-1", "MQTT-4.4.0-1"), V5("MQTT-4.3.2-3", "MQTT-4.4.0-1"))...)
		acknowledge(sub, sub.ExpectMessage(topic, "open"))
		t.FenceOn(topic, 1, pub, sub)
		t.Step("the one that was acknowledged does not come again", qos1Done...)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "qos.2-pubrec-codes",
	Title:  "a PUBREC with the Reason Code 0x10, which is no error, is answered by PUBREL",
	Why:    "a client that says that it has no use for a message still completes the exchange; its identifier would stay blocked",
	Proves: V5("MQTT-4.3.3-4"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("codes")
		sub, _, m := underWay(t, topic, "codes")
		t.Step("PUBREC with a code below 0x80 is answered by PUBREL", V5("MQTT-4.3.3-4")...)
		sub.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: m.PacketID, Code: 0x10}})
		sub.ExpectPubrel(m.PacketID)
		sub.Send(pubcomp(m.PacketID))
	},
})
