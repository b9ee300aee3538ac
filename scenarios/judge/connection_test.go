package judge_test

import (
	"testing"

	"github.com/mqttproof/mqttproof/codec"
)

func TestOneConnection(t *testing.T) {
	connect := out(&codec.Connect{CleanStart: true, ClientID: codec.Text("a"), KeepAlive: 9})
	limited := func(ps ...codec.Property) step {
		return out(&codec.Connect{CleanStart: true, ClientID: codec.Text("a"), Properties: ps})
	}
	connack := in(&codec.Connack{})
	publish := func(id uint16, dup bool) codec.Packet {
		return &codec.Publish{Topic: codec.Text("t"), QoS: 1, PacketID: id, Dup: dup}
	}
	subscribe := out(&codec.Subscribe{PacketID: 5, Subscriptions: []codec.Subscription{
		{Filter: codec.Text("a"), QoS: 1}, {Filter: codec.Text("b"), QoS: 0}}})
	judged(t, []trace{
		{"a good connection", bothVersions, steps(connect, connack, out(&codec.Pingreq{}), in(&codec.Pingresp{})), "", ""},
		{"something before CONNACK", bothVersions, steps(connect, in(&codec.Pingresp{}), connack), "MQTT-3.2.0-1", "MQTT-3.2.0-1"},
		{"a second CONNACK", only5, steps(connect, connack, connack), "", "MQTT-3.2.0-2"},
		{"DISCONNECT before CONNACK", only5, steps(connect, in(&codec.Disconnect{Code: 0x82})), "", "MQTT-3.14.0-1"},
		{"DISCONNECT behind a refusal", only5, steps(connect, in(&codec.Connack{Code: 0x87}), in(&codec.Disconnect{Code: 0x87})), "", "MQTT-3.14.0-1"},
		{"a packet behind DISCONNECT", only5, steps(connect, connack, in(&codec.Disconnect{Code: 0x8B}), in(&codec.Pingresp{})), "", "MQTT-3.14.4-1"},
		{"a session where none can be", bothVersions, steps(connect, in(&codec.Connack{SessionPresent: true})), "MQTT-3.2.2-1", "MQTT-3.2.2-2"},
		{"PUBACK of what was sent", bothVersions, steps(connect, connack, out(publish(7, false)), in(puback(7))), "", ""},
		{"PUBACK of what was sent twice", bothVersions, steps(connect, connack, out(publish(7, false)), out(publish(7, true)), in(puback(7)), in(puback(7))), "", ""},
		{"PUBACK of another", bothVersions, steps(connect, connack, out(publish(7, false)), in(puback(8))), "MQTT-2.3.1-6", "MQTT-2.2.1-5"},
		{"PUBACK of nothing, in a resumed session", bothVersions, steps(out(&codec.Connect{ClientID: codec.Text("a")}), in(&codec.Connack{SessionPresent: true}), in(puback(8))), "", ""},
		{"SUBACK of nothing", bothVersions, steps(connect, connack, in(&codec.Suback{PacketID: 5, Codes: []byte{0}})), "MQTT-2.3.1-7", "MQTT-2.2.1-6"},
		{"SUBACK as asked", bothVersions, steps(connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}})), "", ""},
		{"SUBACK with less and a refusal", bothVersions, steps(connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{0, 0x80}})), "", ""},
		{"SUBACK with a code too few", bothVersions, steps(connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1}})), "MQTT-3.8.4-5", "MQTT-3.8.4-6"},
		{"SUBACK with more than asked", bothVersions, steps(connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 1}})), "MQTT-3.8.4-5", "MQTT-3.8.4-7"},
		{"SUBACK without a code", bothVersions, steps(connect, connack, subscribe, in(&codec.Suback{PacketID: 5})), "MQTT-3.8.4-5", "MQTT-3.8.4-6"},
		{"SUBACK without a code, as no filter was asked for", bothVersions, steps(connect, connack, out(&codec.Subscribe{PacketID: 5}), in(&codec.Suback{PacketID: 5})), "", ""},
		{"UNSUBACK without a code, as no filter was asked for", bothVersions, steps(connect, connack, out(&codec.Unsubscribe{PacketID: 5}), in(&codec.Unsuback{PacketID: 5})), "", ""},
		{"an identifier in use", bothVersions, steps(connect, connack, in(publish(3, false)), in(publish(3, false))), "MQTT-2.3.1-4", "MQTT-2.2.1-4"},
		{"an identifier free again", bothVersions, steps(connect, connack, in(publish(3, false)), out(puback(3)), in(publish(3, false))), "", ""},
		{"sent again on a live connection", bothVersions, steps(connect, connack, in(publish(3, false)), in(publish(3, true))), "", "MQTT-4.4.0-1"},
		{"within Receive Maximum", only5, steps(limited(codec.Int(codec.ReceiveMaximum, 1)), connack, in(publish(3, false)), out(puback(3)), in(publish(4, false))), "", ""},
		{"above Receive Maximum", only5, steps(limited(codec.Int(codec.ReceiveMaximum, 1)), connack, in(publish(3, false)), in(publish(4, false))), "", "MQTT-3.3.4-9"},
		{"above Maximum Packet Size", only5, steps(limited(codec.Int(codec.MaximumPacketSize, 8)), connack, in(&codec.Publish{Topic: codec.Text("long topic")})), "", "MQTT-3.1.2-24"},
		{"a Reason String that makes a packet too large", only5, steps(limited(codec.Int(codec.MaximumPacketSize, 20)), connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}, Properties: codec.Properties{codec.Data(codec.ReasonString, "a long reason string")}})), "", "MQTT-3.1.2-24 MQTT-3.9.2-1"},
		{"a User Property that makes a packet too large", only5, steps(limited(codec.Int(codec.MaximumPacketSize, 20)), connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}, Properties: codec.Properties{codec.User("key", "a long value"), codec.Data(codec.ReasonString, "a")}})), "", "MQTT-3.1.2-24 MQTT-3.9.2-2"},
		{"two properties that make a packet too large together", only5, steps(limited(codec.Int(codec.MaximumPacketSize, 30)), connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}, Properties: codec.Properties{codec.User("key", "a value"), codec.Data(codec.ReasonString, "a reason str")}})), "", "MQTT-3.1.2-24"},
		{"an alias that was not allowed", only5, steps(connect, connack, in(&codec.Publish{Topic: codec.Text("t"), Properties: codec.Properties{codec.Int(codec.TopicAlias, 1)}})), "", "MQTT-3.1.2-27"},
		{"an alias above the maximum", only5, steps(limited(codec.Int(codec.TopicAliasMaximum, 1)), connack, in(&codec.Publish{Topic: codec.Text("t"), Properties: codec.Properties{codec.Int(codec.TopicAlias, 2)}})), "", "MQTT-3.1.2-26"},
		{"what the codec sees", bothVersions, steps(connect, in(&codec.Connack{Code: 0x77})), "MQTT-3.2.2-6", "MQTT-3.2.2-8"},
		{"a CONNACK to a level that is none of ours", bothVersions, steps(out(&codec.Connect{Level: 9, ClientID: codec.Text("a")}), in(&codec.Connack{Code: 0x77})), "", ""},
		{"a CONNACK to a protocol that is not ours", bothVersions, steps(out(&codec.Connect{Protocol: codec.Text("MQTTX"), ClientID: codec.Text("a")}), in(&codec.Connack{Code: 0x77})), "", ""},
		{"two SUBSCRIBEs with one identifier", bothVersions, steps(connect, connack, subscribe, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}}), in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}})), "", ""},
		{"after the client's error its requests bind no more", bothVersions, steps(connect, connack, connect, in(puback(9))), "", ""},
	})
}
