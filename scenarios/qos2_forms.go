package scenarios

import (
	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "qos.2-acknowledgement-forms",
	Title:  "PUBREC, PUBREL and PUBCOMP count in each of their forms: without Reason Code, without properties, with none, with some",
	Why:    "client libraries write all four; a broker that misreads one never finishes an exchange",
	Proves: V5("U5-3.4.2.1-u2", "U5-3.4.2.2.1-u1", "MQTT-4.3.3-4", "MQTT-4.3.3-11"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("forms")
		sub, pub := pair(t, topic, 2, Keep(), Manual())
		text := codec.Properties{codec.Data(codec.ReasonString, "fine"), codec.User("a", "b")}
		for _, form := range []struct {
			name string
			refs []string // beside the duty to answer
			// ack makes the packet with the first byte given.
			ack func(first byte, id uint16, full codec.Packet) []byte
		}{
			{"length 2", []string{"U5-3.4.2.1-u2"}, func(b byte, id uint16, _ codec.Packet) []byte { return []byte{b, 2, byte(id >> 8), byte(id)} }},
			{"length 3", []string{"U5-3.4.2.2.1-u1"}, func(b byte, id uint16, _ codec.Packet) []byte { return []byte{b, 3, byte(id >> 8), byte(id), 0} }},
			{"length 4", nil, func(b byte, id uint16, _ codec.Packet) []byte { return []byte{b, 4, byte(id >> 8), byte(id), 0, 0} }},
			{"properties", nil, func(_ byte, _ uint16, p codec.Packet) []byte { return bytesOf(t, p) }},
		} {
			id := pub.NextID()
			with := codec.Ack{PacketID: id, Properties: text}
			pub.Send(message(topic, form.name, 2, id))
			t.Step("a PUBLISH is answered by PUBREC", V5("MQTT-4.3.3-8")...)
			pub.ExpectPubrec(id)
			t.Step("PUBREL with "+form.name+" is answered by PUBCOMP", V5(append(form.refs, "MQTT-4.3.3-11")...)...)
			pub.SendRaw(form.ack(0x62, id, &codec.Pubrel{Ack: with}))
			pub.ExpectPubcomp(id)
			m := handedOn(t, sub, topic, form.name)
			with.PacketID = m.PacketID
			t.Step("PUBREC with "+form.name+" is answered by PUBREL", V5(append(form.refs, "MQTT-4.3.3-4")...)...)
			sub.SendRaw(form.ack(0x50, m.PacketID, &codec.Pubrec{Ack: with}))
			sub.ExpectPubrel(m.PacketID)
			t.Step("PUBCOMP with "+form.name+" is taken", V5(append(form.refs, "MQTT-4.3.3-11")...)...)
			sub.SendRaw(form.ack(0x70, m.PacketID, &codec.Pubcomp{Ack: with}))
			sub.StillOpen()
		}
		sub.Disconnect()
		resume(t, sub)
		t.Step("each PUBCOMP has ended its exchange", V5("U5-3.4.2.1-u2", "U5-3.4.2.2.1-u1")...)
		sub.Sync()
		if p, again := sub.Taken(func(p codec.Packet) bool {
			_, rel := p.(*codec.Pubrel)
			_, pub := p.(*codec.Publish)
			return rel || pub
		}); again {
			t.Broken("nothing of the exchanges comes again", p.String(), -1)
		}
	},
})
