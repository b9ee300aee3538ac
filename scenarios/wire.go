package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// How packets lie in the stream of bytes, and what an error in it is to others
// (4.2 and 4.13 in 5.0, 4.2 and 4.8 in 3.1.1).

// asStream are the statements that the bytes of a connection are one stream.
var asStream = Requirements(V311("MQTT-7.1.1-1"), V5("MQTT-4.2-1"))

var _ = add(Scenario{
	ID:     "wire.any-pieces",
	Title:  "packets mean the same one by one, all in one segment, and a byte at a time",
	Why:    "TCP cuts and joins as it likes: a broker that sees its segments works in the laboratory and fails over a slow link",
	Proves: Requirements(asStream, V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1")),
	Needs:  []Feature{QoS2, Wildcard},
	Run: func(t *T) {
		for i, manner := range []struct {
			name string
			send func(c *Client, packets ...codec.Packet)
		}{
			{"one by one", func(c *Client, packets ...codec.Packet) {
				for _, p := range packets {
					c.Send(p)
				}
			}},
			{"all in one segment", (*Client).SendTogether},
			{"a byte at a time", func(c *Client, packets ...codec.Packet) {
				for _, p := range packets {
					c.SendInPieces(p, 1)
				}
			}},
		} {
			topic := t.Topic(fmt.Sprint(i))
			sub := t.Connect(Name("subscriber"))
			sub.Subscribe(topic+"/+", 2)
			c := t.Connect(Name("client that sends " + manner.name))
			t.Step("packets "+manner.name+" are answered", asStream...)
			manner.send(c,
				&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{filterAt(topic+"/x", 1)}},
				message(topic+"/a", "at QoS 1", 1, 2),
				message(topic+"/b", "at QoS 2", 2, 3),
				&codec.Pingreq{})
			c.ExpectSuback(1)
			c.ExpectPuback(2)
			c.ExpectPubrec(3)
			c.ExpectPingresp()
			manner.send(c,
				pubrel(3),
				message(topic+"/a", "and again", 1, 4),
				&codec.Unsubscribe{PacketID: 5, Filters: []codec.Text{codec.Text(topic + "/x")}},
				&codec.Pingreq{})
			c.ExpectPubcomp(3)
			c.ExpectPuback(4)
			c.ExpectUnsuback(5)
			c.ExpectPingresp()
			t.Step("messages sent "+manner.name+" are delivered", Requirements(asStream, V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
			sub.ExpectMessage(topic+"/a", "at QoS 1")
			sub.ExpectMessage(topic+"/b", "at QoS 2")
			sub.ExpectMessage(topic+"/a", "and again")
		}
	},
})

// wrongPacket is a packet that every broker must see to be wrong.
type wrongPacket struct {
	name string
	data []byte
}

// wrongPackets are of each sort: by its first bits, by its flags, by its type.
func wrongPackets(v spec.Version) []wrongPacket {
	broken := func(p codec.Packet, m codec.Mutation) []byte {
		data, err := codec.Mutate(p, v, m)
		if err != nil {
			panic(err) // they are our own
		}
		return data
	}
	return []wrongPacket{
		{"a PUBLISH with QoS 3", broken(message("a", "x", 1, 10), codec.Flags(6))},
		{"a SUBSCRIBE with the flags 0000", broken(&codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{filterAt("a", 0)}}, codec.Flags(0))},
		{"a packet of type 0", broken(&codec.Pingreq{}, codec.PacketType(0))},
	}
}

// bytesOf is a packet that is right.
func bytesOf(t *T, p codec.Packet) []byte {
	data, err := p.Append(nil, t.Version())
	if err != nil {
		panic(err)
	}
	return data
}

var _ = add(Scenario{
	ID:     "wire.behind-an-error",
	Title:  "nothing comes of what lies behind a malformed packet in the same segment",
	Why:    "behind an error nobody can tell where packets begin: what is read there may be a message that was never meant",
	Proves: refsClose,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("a")
		sub, marker := t.Connect(Name("subscriber")), t.Connect(Name("marker"))
		sub.Subscribe(topic, 1)
		for _, wrong := range wrongPackets(t.Version()) {
			c := t.Connect(Name("client with " + wrong.name))
			c.Publish(topic, "first", 1)
			t.Step("a message is delivered", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
			sub.ExpectMessage(topic, "first")
			t.Step(wrong.name+" between two messages ends the connection", refsClose...)
			c.SendFrames(bytesOf(t, message(topic, "before", 1, 1)), wrong.data, bytesOf(t, message(topic, "behind", 1, 2)))
			// A DISCONNECT before the close may be lost: bytes that nobody reads any
			// more make TCP reset the connection.
			c.ExpectClosedWithin(t.Timeouts().Answer)
			t.Step("the message behind "+wrong.name+" reaches nobody", refsClose...)
			t.Fence(marker, sub)
			before := "not delivered" // as a server may choose: nobody has acknowledged it
			for _, m := range sub.Pending() {
				if string(m.Payload) == "before" {
					before = "delivered"
					continue
				}
				m.Unwanted("no message from behind the error")
			}
			t.Observe("the message before "+wrong.name, "%s", before)
		}
	},
})

var _ = add(Scenario{
	ID:     "wire.others-undisturbed",
	Title:  "the error of one client ends its own connection and no other, and it can come back at once",
	Why:    "whoever can write one wrong packet could take the broker from all others",
	Proves: Requirements(refsClose, V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("a")
		sub, pub := pair(t, topic, 1)
		for _, wrong := range wrongPackets(t.Version()) {
			c := t.Connect(Name("client with " + wrong.name))
			pub.Publish(topic, "before "+wrong.name, 1)
			t.Step(wrong.name+" ends the connection", refsClose...)
			c.SendRaw(wrong.data)
			c.ExpectClosed()
			t.Step("others are served behind "+wrong.name, refsClose...)
			sub.StillOpen()
			pub.StillOpen()
			pub.Publish(topic, "behind "+wrong.name, 1)
			sub.ExpectMessage(topic, "before "+wrong.name)
			sub.ExpectMessage(topic, "behind "+wrong.name)
			t.Step("the client can come back", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
			c.Dial()
			c.SendConnect()
			// A server may ban whom it likes, for a while (5.0, 3.2.2.2).
			code := c.ExpectConnack().Code
			t.Observe("the return behind "+wrong.name, "CONNACK 0x%02X", code)
			c.Drop()
		}
	},
})

var _ = add(Scenario{
	ID:     "wire.several-errors",
	Title:  "a packet with several errors ends the connection, whichever of them the broker names",
	Why:    "each of two checks that rely on the other lets the packet pass",
	Proves: V5("MQTT-4.13.1-1", "U5-4.13.2-u2"),
	Run: func(t *T) {
		for _, wrong := range []struct {
			name      string
			packet    codec.Packet
			mutations []codec.Mutation
		}{
			{"a SUBSCRIBE with the flags 0000 and no filter", &codec.Subscribe{PacketID: 10}, []codec.Mutation{codec.Flags(0)}},
			{"a PUBLISH with QoS 3 and no topic", message("", "x", 1, 10), []codec.Mutation{codec.Flags(6)}},
			{"a PUBLISH with QoS 3 and an unknown property", message("a", "x", 1, 10), []codec.Mutation{codec.PropertyBytes(0x7F, 0), codec.Flags(6)}},
		} {
			c := t.Connect(Name("client with " + wrong.name))
			c.Sync()
			t.Step(wrong.name, V5("MQTT-4.13.1-1", "U5-4.13.2-u2")...)
			c.SendBroken(wrong.packet, wrong.mutations...)
			p, _ := c.AnswerWithin(t.Timeouts().Answer).(*codec.Disconnect)
			if p != nil {
				t.Observe(wrong.name, "DISCONNECT 0x%02X", p.Code)
			}
			c.ExpectClosedWithin(t.Timeouts().Answer)
		}
	},
})

var _ = add(Scenario{
	ID:     "wire.error-code",
	Title:  "the DISCONNECT or CONNACK that answers an error has the Reason Code of an error",
	Why:    "a client that is told that all is well connects again and does the same for ever",
	Proves: V5("U5-4.13.1-u4", "U5-2.2.2.2-u2", "U5-3.3.1.2-u2", "U5-4.13.1-u5"),
	Run: func(t *T) {
		told := 0
		code := func(what, asked string, c *Client) {
			var got int
			switch p := c.AnswerWithin(t.Timeouts().Answer).(type) {
			case *codec.Disconnect:
				got = int(p.Code)
			case *codec.Connack:
				got = int(p.Code)
			default:
				t.Observe(what, "no code")
				return
			}
			told++
			// Which code it is is no MUST, and 0x80 tells no secrets (4.13.1).
			t.Observe(what, "0x%02X, where %s is meant", got, asked)
			if got < 0x80 {
				t.Broken("the code of an error, "+asked+" or one that says more", fmt.Sprintf("0x%02X", got), -1)
			}
		}
		t.Step("PUBLISH with QoS 3", V5("U5-3.3.1.2-u2", "U5-4.13.1-u4")...)
		c := t.Connect(Name("publisher"))
		c.SendBroken(message("a", "x", 1, 10), codec.Flags(6))
		code("PUBLISH with QoS 3", "0x81", c)
		t.Step("SUBSCRIBE with a property of another packet", V5("U5-2.2.2.2-u2", "U5-4.13.1-u4")...)
		c = t.Connect(Name("subscriber"))
		c.SendBroken(&codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{filterAt("a", 0)}}, codec.PropertyBytes(byte(codec.TopicAlias), 0, 1))
		code("SUBSCRIBE with a Topic Alias", "0x81", c)
		t.Step("SUBSCRIBE without a filter", V5("U5-4.13.1-u4")...)
		c = t.Connect(Name("subscriber of nothing"))
		c.Send(&codec.Subscribe{PacketID: 10})
		code("SUBSCRIBE without a filter", "0x82", c)
		t.Step("CONNECT with the reserved flag", V5("U5-4.13.1-u5", "U5-4.13.1-u4")...)
		c = t.Open(Name("refused client"))
		c.SendBroken(c.Packet(), codec.ConnectFlags(0x03))
		if connack, is := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack); is {
			t.Observe("CONNECT with the reserved flag", "CONNACK 0x%02X", connack.Code) // 0x00 is for malformed.connect-flags
		} else {
			t.Observe("CONNECT with the reserved flag", "no CONNACK")
		}
		if told == 0 {
			t.Skip("the broker closes without telling why")
		}
	},
})

var _ = add(Scenario{
	ID:     "wire.error-acknowledged",
	Title:  "an acknowledgement of 0x80 or more is about its own packet: the connection and all else on it go on",
	Why:    "a client that refuses one message, or asks for one filter too many, would lose all others with it",
	Proves: V5("U5-4.13.2-u1"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("a")
		sub, pub := pair(t, topic, 2, Manual())
		for qos := byte(1); qos <= 2; qos++ {
			pub.Publish(topic, "refused", qos)
			m := handedOn(t, sub, topic, "refused")
			t.Step(fmt.Sprintf("the client refuses a message at QoS %d", qos), V5("U5-4.13.2-u1")...)
			ack := codec.Ack{PacketID: m.PacketID, Code: 0x83}
			if qos == 1 {
				sub.Send(&codec.Puback{Ack: ack})
			} else {
				sub.Send(&codec.Pubrec{Ack: ack})
			}
			sub.StillOpen()
			pub.Publish(topic, "the next", qos)
			acknowledge(sub, sub.ExpectMessage(topic, "the next"))
		}
		t.Step("the broker does not know a PUBREL", V5("U5-4.13.2-u1")...)
		pub.Send(pubrel(9))
		if p, is := pub.AnswerWithin(t.Timeouts().Answer).(*codec.Pubcomp); is && p.Code >= 0x80 {
			pub.StillOpen()
		}
		t.Step("the client asks for a filter that is wrong, which the broker may refuse by SUBACK", V5("U5-4.13.2-u1")...)
		id := sub.NextID()
		sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt("wr#ng", 0)}})
		if p, is := sub.AnswerWithin(t.Timeouts().Answer).(*codec.Suback); is && p.PacketID == id {
			t.Observe("SUBSCRIBE to a filter that is wrong", "SUBACK 0x%02X", p.Codes)
			sub.StillOpen()
		}
	},
})
