package reference

import (
	"slices"

	"github.com/mqttproof/mqttproof/codec"
)

// sending breaks the bytes of the packets of a type that are sent.
func (f *flaw) sending(t codec.Type, mutations ...codec.Mutation) *flaw {
	return f.spoiling(func(c *conn, p codec.Packet, data []byte) []byte {
		if p.Type() != t {
			return data
		}
		spoilt, err := codec.Mutate(p, c.version, mutations...)
		if err != nil {
			return data // one that has not got the field
		}
		return spoilt
	})
}

// The fixed header of what is sent (2.1.3; 2.2.2 in 3.1.1).
var _ = []*flaw{
	broken("connack-flags-sent", "sends CONNACK with a flag in its fixed header", both(v311("MQTT-2.2.2-1"), v5("MQTT-2.1.3-1"))...).
		sending(codec.CONNACK, codec.Flags(1)),
	broken("puback-flags-sent", "sends PUBACK with a flag in its fixed header", both(v311("MQTT-2.2.2-1"), v5("MQTT-2.1.3-1"))...).
		sending(codec.PUBACK, codec.Flags(2)),
	broken("pubrec-flags-sent", "sends PUBREC with a flag in its fixed header", both(v311("MQTT-2.2.2-1"), v5("MQTT-2.1.3-1"))...).
		sending(codec.PUBREC, codec.Flags(2)),
	broken("pubcomp-flags-sent", "sends PUBCOMP with the flags of a PUBREL", both(v311("MQTT-2.2.2-1"), v5("MQTT-2.1.3-1"))...).
		sending(codec.PUBCOMP, codec.Flags(2)),
	broken("suback-flags-sent", "sends SUBACK with the flags of a SUBSCRIBE", both(v311("MQTT-2.2.2-1"), v5("MQTT-2.1.3-1"))...).
		sending(codec.SUBACK, codec.Flags(2)),
	broken("unsuback-flags-sent", "sends UNSUBACK with the flags of an UNSUBSCRIBE", both(v311("MQTT-2.2.2-1"), v5("MQTT-2.1.3-1"))...).
		sending(codec.UNSUBACK, codec.Flags(2)),
	broken("pingresp-flags-sent", "sends PINGRESP with a flag in its fixed header", both(v311("MQTT-2.2.2-1"), v5("MQTT-2.1.3-1"))...).
		sending(codec.PINGRESP, codec.Flags(8)),
	broken("disconnect-flags-sent", "sends DISCONNECT with a flag in its fixed header", v5("MQTT-3.14.1-1")...).
		sending(codec.DISCONNECT, codec.Flags(1)),
	broken("auth-flags-sent", "sends AUTH with a flag in its fixed header", v5("MQTT-3.15.1-1")...).
		sending(codec.AUTH, codec.Flags(1)),
	broken("qos-3-sent", "sends messages with QoS 3", both(v311("MQTT-3.3.1-4"), v5("MQTT-3.3.1-4"))...).
		spoiling(func(_ *conn, p codec.Packet, data []byte) []byte {
			if publish, ok := p.(*codec.Publish); ok && publish.QoS > 0 {
				data = slices.Clone(data)
				data[0] |= 6
			}
			return data
		}),
	broken("pingreq-sent", "answers PINGREQ by a PINGREQ", both(v311("U3-2.2.1-u1"), v5("U5-2.1.2-u1"))...).
		sending(codec.PINGRESP, codec.PacketType(codec.PINGREQ)),
	broken("suback-cut-sent", "sends SUBACK with one byte of its Packet Identifier", both(v311("U3-2.2.3-u2"), v5("U5-2.1.4-u2"))...).
		sending(codec.SUBACK, codec.CutAt(3, true)),
	broken("pingresp-with-a-byte", "sends PINGRESP with a byte behind its header", both(v311("U3-2.2.3-u2"), v5("U5-2.1.4-u2"))...).
		sending(codec.PINGRESP, codec.Trailing(0)),
	broken("length-not-shortest-sent", "sends SUBACK with a Remaining Length that has a byte more than it needs", v5("MQTT-1.5.5-1")...).
		sending(codec.SUBACK, codec.NonMinimalLength()),
	broken("property-length-not-shortest-sent", "sends CONNACK with a Property Length that has a byte more than it needs", v5("MQTT-1.5.5-1")...).
		sending(codec.CONNACK, codec.NonMinimalPropertyLength()),
}

// Texts and properties of what is sent (1.5.4, 2.2.2; 1.5.3 in 3.1.1).
var _ = []*flaw{
	broken("surrogate-sent", "sends messages with a surrogate in the Topic Name", both(v311("MQTT-1.5.3-1"), v5("MQTT-1.5.4-1"))...).
		sending(codec.PUBLISH, codec.FieldText("Topic Name", []byte{0xED, 0xA0, 0x80})),
	broken("null-sent", "sends messages with U+0000 in the Topic Name", both(v311("MQTT-1.5.3-2"), v5("MQTT-1.5.4-2"))...).
		sending(codec.PUBLISH, codec.FieldText("Topic Name", []byte{'a', 0})),
	broken("empty-topic-sent", "sends messages with an empty Topic Name", v311("MQTT-4.7.3-1")...).
		sending(codec.PUBLISH, codec.FieldText("Topic Name", nil)),
	broken("topic-beyond-packet-sent", "sends messages whose Topic Name is longer than the packet", both(v311("MQTT-3.3.2-1"), v5("MQTT-3.3.2-1"))...).
		sending(codec.PUBLISH, codec.FieldLength("Topic Name", 0xFFFF)),
	broken("reason-string-not-utf-8-sent", "sends PUBACK with a Reason String that is not UTF-8", v5("MQTT-1.5.4-1")...).
		sending(codec.PUBACK, codec.AddProperty(codec.Data(codec.ReasonString, "\xFF"))),
	broken("user-property-not-utf-8-sent", "sends SUBACK with a User Property that is not UTF-8", v5("MQTT-1.5.7-1")...).
		sending(codec.SUBACK, codec.AddProperty(codec.User("key", "\xFF"))),
	broken("connack-property-length-left-out", "sends CONNACK without a Property Length", v5("MQTT-2.2.2-1")...).
		sending(codec.CONNACK, codec.CutAt(4, true)),
	broken("property-length-too-large-sent", "sends UNSUBACK with a Property Length beyond its end", v5("U5-2.2.2.1-u1")...).
		sending(codec.UNSUBACK, codec.PropertyLength(100)),
	broken("foreign-property-sent", "sends SUBACK with a Topic Alias", v5("U5-2.2.2.2-u1")...).
		sending(codec.SUBACK, codec.AddProperty(codec.Int(codec.TopicAlias, 1))),
	broken("foreign-property-in-puback-sent", "sends PUBACK with a Server Keep Alive", v5("U5-2.2.2.2-u1")...).
		sending(codec.PUBACK, codec.AddProperty(codec.Int(codec.ServerKeepAlive, 10))),
}
