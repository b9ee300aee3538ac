package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:    "qos.identifiers-unused",
	Title: "every message under way to a client has a Packet Identifier of its own, not 0, and DUP 0 at first",
	Why:   "with two messages under one identifier an acknowledgement strikes off the wrong one",
	Proves: Requirements(V311("MQTT-2.3.1-1", "MQTT-2.3.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1"),
		V5("MQTT-2.2.1-4", "MQTT-4.3.2-1", "MQTT-4.3.2-2", "MQTT-4.3.3-1", "MQTT-4.3.3-2")),
	Needs: []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("ids")
		sub, pub := pair(t, topic, 2, Manual())
		under := map[uint16]bool{} // identifiers under way
		var held []*Message
		// Past 256, for those who count in a byte; a slow broker need not get there. The
		// full round of 65,535 is more than a test of seconds can send.
		const least, most = 40, 300
		for i := range most {
			if i >= least && t.Elapsed() > 2*t.Timeouts().Answer {
				break
			}
			payload, qos := fmt.Sprintf("message %d", i), byte(1+i%2)
			pub.Publish(topic, payload, qos)
			m := handedBeside(t, sub, topic, payload, held...)
			if qos == 1 {
				t.Step("an identifier that is not in use", Requirements(V311("MQTT-2.3.1-4", "MQTT-4.3.2-1"), V5("MQTT-2.2.1-4", "MQTT-4.3.2-1"))...)
			} else {
				t.Step("an identifier that is not in use", Requirements(V311("MQTT-2.3.1-4", "MQTT-4.3.3-1"), V5("MQTT-2.2.1-4", "MQTT-4.3.3-1"))...)
			}
			m.Is("identifier 0", m.PacketID == 0, false)
			m.Is(fmt.Sprintf("identifier %d in use already", m.PacketID), under[m.PacketID], false)
			if qos == 1 {
				t.Step("DUP 0 at first", Requirements(V311("MQTT-4.3.2-1"), V5("MQTT-4.3.2-2"))...)
			} else {
				t.Step("DUP 0 at first", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-2"))...)
			}
			m.HasDup(false)
			switch {
			case i < 4: // these four stay under way to the end
				under[m.PacketID] = true
				held = append(held, m)
			case qos == 1:
				sub.Send(puback(m.PacketID))
			default:
				t.Step("PUBREC is answered by PUBREL", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4"))...)
				sub.Send(pubrec(m.PacketID))
				sub.ExpectPubrel(m.PacketID)
				sub.Send(pubcomp(m.PacketID))
			}
		}
		for _, m := range held {
			t.Observe("identifier held", "%d", m.PacketID)
		}
	},
})

var _ = add(Scenario{
	ID:    "qos.identifiers-independent",
	Title: "a client and the broker may use the same Packet Identifier at the same time",
	Why:   "each side numbers its own packets; a broker with one list for both confuses the two within minutes of real traffic",
	Proves: Requirements(V311("U3-2.3.1-u1", "MQTT-4.3.3-2", "MQTT-4.3.3-1"),
		V5("U5-2.2.1-u1", "MQTT-4.3.3-8", "MQTT-4.3.3-11", "MQTT-4.3.3-4")),
	Needs: []Feature{QoS2},
	Run: func(t *T) {
		in, out := t.Topic("in"), t.Topic("out")
		c, peer := pair(t, in, 2, Manual())
		peer.Subscribe(out, 2)
		peer.Publish(in, "to the client", 2)
		id := handedOn(t, c, in, "to the client").PacketID
		t.Step("a SUBSCRIBE with the identifier is granted", Requirements(V311("U3-2.3.1-u1"), V5("U5-2.2.1-u1"))...)
		c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{{Filter: codec.Text(t.Topic("more")), QoS: 1}}})
		suback := c.ExpectSuback(id)
		t.Equal("granted", len(suback.Codes) == 1 && suback.Codes[0] < 0x80, true)
		t.Step("the client's exchange with the identifier goes on", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))...)
		c.Send(message(out, "from the client", 2, id))
		c.ExpectPubrec(id)
		t.Step("the broker's exchange goes on beside it", Requirements(V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-4"))...)
		c.Send(pubrec(id))
		c.ExpectPubrel(id)
		t.Step("the client's exchange is completed", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-11"))...)
		c.Send(pubrel(id))
		c.ExpectPubcomp(id)
		c.Send(pubcomp(id))
		handedOn(t, peer, out, "from the client")
	},
})

var _ = add(Scenario{
	ID:     "qos.identifiers-kept-apart",
	Title:  "a message from a client does not strike off the message to it that has the same Packet Identifier",
	Why:    "a device that reports while commands wait for it would lose one of them at the next break",
	Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.2-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.2-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("command")
		c, peer := pair(t, topic, 1, Keep(), Manual())
		peer.Publish(topic, "command", 1)
		first := handedOn(t, c, topic, "command")
		c.Publish(t.Topic("report"), "report", 1, numbered(first.PacketID))
		c.Drop()
		resume(t, c)
		t.Step("the message to the client is still unacknowledged", Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.2-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.2-3"))...)
		c.ExpectMessage(topic, "command")
	},
})

var _ = add(Scenario{
	ID:     "subscribe.identifiers-in-flight",
	Title:  "several SUBSCRIBEs and UNSUBSCRIBEs that are sent at once are each answered under their own Packet Identifier",
	Why:    "a client tells by the identifier which of its requests was granted",
	Proves: Requirements(V311("MQTT-2.3.1-7"), V5("MQTT-2.2.1-6")),
	Run: func(t *T) {
		c := t.Connect()
		topic := func(id uint16) codec.Text { return codec.Text(t.Topic(fmt.Sprintf("topic-%d", id))) }
		subscribes, unsubscribes := []uint16{300, 1, 65535}, []uint16{2, 0x0201}
		var together []codec.Packet
		for _, id := range subscribes {
			together = append(together, &codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{{Filter: topic(id)}}})
		}
		for _, id := range unsubscribes {
			together = append(together, &codec.Unsubscribe{PacketID: id, Filters: []codec.Text{topic(id)}})
		}
		c.SendTogether(together...)
		t.Step("each is answered under its identifier", Requirements(V311("MQTT-2.3.1-7"), V5("MQTT-2.2.1-6"))...)
		for _, id := range subscribes {
			c.ExpectSuback(id)
		}
		for _, id := range unsubscribes {
			c.ExpectUnsuback(id)
		}
	},
})
