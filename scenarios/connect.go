package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "connect.accepted",
	Title:  "a valid CONNECT is answered by exactly one CONNACK that accepts it",
	Why:    "without it a client cannot do anything at all",
	Proves: Requirements(V311("MQTT-3.1.4-4", "MQTT-3.2.0-1", "MQTT-3.2.2-1"), V5("MQTT-3.1.4-5", "MQTT-3.2.0-1", "MQTT-3.2.0-2", "MQTT-3.2.2-2")),
	Run: func(t *T) {
		c := t.Open()
		t.Step("CONNECT is answered", Requirements(V311("MQTT-3.1.4-4", "MQTT-3.2.0-1"), V5("MQTT-3.1.4-5", "MQTT-3.2.0-1"))...)
		c.SendConnect()
		connack := c.ExpectConnack()
		t.Equal("CONNACK code", connack.Code, byte(0))
		t.Step("a clean start finds no session", Requirements(V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2"))...)
		t.Equal("Session Present", connack.SessionPresent, false)
		t.Step("the connection serves, and no second CONNACK comes", V5("MQTT-3.2.0-2")...)
		c.Sync()
		c.Sync()
		if p, again := c.Taken(isConnack); again {
			t.Broken("no second CONNACK", p.String(), -1)
		}
	},
})

func isConnack(p codec.Packet) bool    { _, is := p.(*codec.Connack); return is }
func isDisconnect(p codec.Packet) bool { _, is := p.(*codec.Disconnect); return is }

var _ = add(Scenario{
	ID:     "connect.second-connect",
	Title:  "a second CONNECT on one connection ends the connection",
	Why:    "a broker that accepts it lets a client change its identity after it was let in",
	Proves: Requirements(V311("MQTT-3.1.0-2"), V5("MQTT-3.1.0-2", "MQTT-3.2.0-2")),
	Run: func(t *T) {
		t.Step("the same CONNECT again", Requirements(V311("MQTT-3.1.0-2"), V5("MQTT-3.1.0-2"))...)
		same := t.Connect()
		same.SendConnect()
		same.ExpectClosed()
		t.Step("a CONNECT with another client identifier", Requirements(V311("MQTT-3.1.0-2"), V5("MQTT-3.1.0-2"))...)
		other := t.Connect()
		p := other.Packet()
		p.ClientID = codec.Text(t.ClientID())
		other.Send(p)
		other.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "connect.reserved-flag",
	Title:  "a CONNECT with the reserved bit of the Connect Flags set is refused",
	Why:    "the bit is kept for later versions; a broker that ignores it may take a future client for one of today",
	Proves: Requirements(V311("MQTT-3.1.2-3", "MQTT-3.1.4-1"), V5("MQTT-3.1.2-3", "U5-3.1.2.3-u1")),
	Run: func(t *T) {
		t.Step("the reserved bit is 1", Requirements(V311("MQTT-3.1.2-3"), V5("MQTT-3.1.2-3", "U5-3.1.2.3-u1"))...)
		c := t.Open(Modify(func(p *codec.Connect) { p.Reserved = true }))
		c.SendConnect()
		expectMalformedConnectRefused(t, c)
	},
})

var _ = add(Scenario{
	ID:     "connect.first-packet",
	Title:  "a connection on which anything but CONNECT comes first is closed, without a DISCONNECT",
	Why:    "whoever is served before CONNECT is served without a name, a password or rights",
	Proves: Requirements(V311("MQTT-4.8.0-1", "MQTT-3.1.0-1"), V5("MQTT-4.13.1-1", "MQTT-3.1.0-1", "MQTT-3.14.0-1")),
	Run: func(t *T) {
		ack := codec.Ack{PacketID: 1}
		topic := codec.Text(t.Topic("t"))
		packets := []codec.Packet{
			&codec.Publish{Topic: topic}, &codec.Publish{Topic: topic, QoS: 1, PacketID: 1},
			&codec.Puback{Ack: ack}, &codec.Pubrec{Ack: ack}, &codec.Pubrel{Ack: ack}, &codec.Pubcomp{Ack: ack},
			&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: topic}}},
			&codec.Unsubscribe{PacketID: 1, Filters: []codec.Text{topic}},
			&codec.Pingreq{}, &codec.Disconnect{},
			// Those that only a server sends (2.2.1).
			&codec.Connack{}, &codec.Suback{PacketID: 1, Codes: []byte{0}}, &codec.Unsuback{PacketID: 1, Codes: []byte{0}}, &codec.Pingresp{},
		}
		if t.V5() {
			packets = append(packets, &codec.Auth{Code: 0x19, Properties: codec.Properties{method(echoMethod)}})
		}
		for _, p := range packets {
			t.Step(p.Type().String()+" in place of CONNECT", Requirements(V311("MQTT-3.1.0-1"), V5("MQTT-3.1.0-1"))...)
			c := t.Open()
			c.Send(p)
			c.ExpectRefused()
			t.Step("no DISCONNECT before a CONNACK", V5("MQTT-3.14.0-1")...)
			if d, sent := c.Taken(isDisconnect); sent && t.V5() {
				t.Broken("the close without a DISCONNECT", d.String(), -1)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.connack-first",
	Title:  "CONNACK comes before the messages that wait for the client",
	Why:    "a client that gets a message first does not know yet whether its session is there, and many drop it",
	Proves: Requirements(V311("MQTT-3.2.0-1"), V5("MQTT-3.2.0-1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"), Keep())
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("backlog")
		sub.Subscribe(topic, 1)
		sub.Disconnect()
		for i := range 5 {
			pub.Publish(topic, fmt.Sprintf("waiting %d", i), 1)
		}
		t.Step("the first packet on the new connection is CONNACK", Requirements(V311("MQTT-3.2.0-1"), V5("MQTT-3.2.0-1"))...)
		sub.Dial()
		sub.SendConnect()
		first := sub.ExpectPacket()
		t.Equal("first packet", first.Type().String(), codec.CONNACK.String())
		t.Step("the messages come after it", Requirements(V311("MQTT-3.1.2-5"), V5("MQTT-4.5.0-1"))...)
		sub.ExpectMessage(topic, "waiting 4")
	},
})

var _ = add(Scenario{
	ID:     "connect.connack-first-retained",
	Title:  "CONNACK comes before the retained messages of a subscription that was sent right behind CONNECT",
	Why:    "a client that gets a message first does not know yet whether it was let in",
	Proves: Requirements(V311("MQTT-3.2.0-1"), V5("MQTT-3.2.0-1")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		topic := t.Topic("state")
		t.Connect(Name("publisher")).Publish(topic, "the last state", 1, Retained())
		t.Step("the retained message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		t.ExpectRetained(codec.Subscription{Filter: codec.Text(topic), QoS: 1}, topic, "the last state")
		t.Step("the first packet is CONNACK", Requirements(V311("MQTT-3.2.0-1"), V5("MQTT-3.2.0-1"))...)
		c := t.Open(Name("subscriber"))
		c.SendTogether(c.Packet(), &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text(topic), QoS: 1}}})
		t.Equal("first packet", c.ExpectPacket().Type().String(), codec.CONNACK.String())
		t.Step("the retained message comes after it", Requirements(V311("MQTT-3.3.1-6"), V5("MQTT-3.3.1-9"))...)
		c.ExpectMessage(topic, "the last state")
	},
})

var _ = add(Scenario{
	ID:     "connect.connack-flags",
	Title:  "bits 7 to 1 of the Connect Acknowledge Flags are 0",
	Why:    "a client of a later version would read a meaning into them",
	Proves: Requirements(V311("U3-3.2.2.1-u1"), V5("MQTT-3.2.2-1")),
	Run: func(t *T) {
		c := t.Connect(Keep())
		t.Step("in a CONNACK for a new session", Requirements(V311("U3-3.2.2.1-u1"), V5("MQTT-3.2.2-1"))...)
		t.Equal("reserved bits", c.Connack.Reserved, byte(0))
		c.Disconnect()
		t.Step("in a CONNACK for a session that is resumed", Requirements(V311("U3-3.2.2.1-u1"), V5("MQTT-3.2.2-1"))...)
		t.Equal("reserved bits", c.Reconnect().Reserved, byte(0))
		t.Step("in a CONNACK that refuses", Requirements(V311("U3-3.2.2.1-u1"), V5("MQTT-3.2.2-1"))...)
		refused := t.Open(ID(""), Keep())
		refused.SendConnect()
		if connack, ok := refused.AnswerWithin(t.Timeouts().Answer).(*codec.Connack); ok {
			t.Observe("CONNACK for an empty id that wants a session", "0x%02X", connack.Code)
			t.Equal("reserved bits", connack.Reserved, byte(0))
			if id, ok := connack.Properties.Find(codec.AssignedClientIdentifier); ok {
				refused.Disconnect()
				t.Connect(Name("cleaner"), ID(string(id.Data)))
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.pipelined",
	Title:  "packets sent right behind CONNECT, without waiting for CONNACK, are served",
	Why:    "a battery device saves a round trip that way; a broker that loses the packets loses its data",
	Proves: Requirements(V311("MQTT-3.1.4-4", "U3-3.1.4-u5"), V5("MQTT-3.1.4-5", "MQTT-3.8.4-1", "MQTT-4.5.0-1")),
	Run: func(t *T) {
		topic := t.Topic("t")
		c := t.Open()
		c.SendTogether(c.Packet(),
			&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text(topic), QoS: 1}}},
			&codec.Publish{Topic: codec.Text(topic), QoS: 0, Payload: []byte("in one segment")})
		t.Step("CONNECT is accepted", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
		t.Step("SUBSCRIBE behind it is answered", Requirements(V311("U3-3.1.4-u5"), V5("MQTT-3.8.4-1"))...)
		c.ExpectSuback(1)
		t.Step("PUBLISH behind that reaches the subscription", Requirements(V311("U3-3.1.4-u5"), V5("MQTT-4.5.0-1"))...)
		c.ExpectMessage(topic, "in one segment")
	},
})

var _ = add(Scenario{
	ID:     "connect.byte-by-byte",
	Title:  "a CONNECT that comes in segments of one byte is accepted",
	Why:    "TCP has no packets: a slow radio link cuts them anywhere",
	Proves: Requirements(V311("MQTT-3.1.4-4", "MQTT-7.1.1-1"), V5("MQTT-3.1.4-5", "MQTT-4.2-1")),
	Run: func(t *T) {
		c := t.Open(Modify(func(p *codec.Connect) { p.KeepAlive = 300 }))
		t.Step("one byte at a time", Requirements(V311("MQTT-3.1.4-4", "MQTT-7.1.1-1"), V5("MQTT-3.1.4-5", "MQTT-4.2-1"))...)
		c.SendInPieces(c.Packet(), 1)
		t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
		t.Step("what follows is understood", Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1"))...)
		c.SendInPieces(&codec.Pingreq{}, 1)
		c.ExpectPingresp()
	},
})

var _ = add(Scenario{
	ID:     "connect.versions-together",
	Title:  "clients of 3.1.1 and 5.0 exchange messages over one broker",
	Why:    "devices live for ten years; a broker that serves both versions must not divide them",
	Proves: Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		other := spec.V5
		if t.V5() {
			other = spec.V311
		}
		if !t.Speaks(other) {
			t.Skip("the broker speaks one version")
		}
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher of "+other.String()), In(other))
		topic := t.Topic("t")
		sub.Subscribe(topic, 1)
		t.Step("a message crosses from one version to the other", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
		pub.Publish(topic, "across", 1, Properties(codec.User("unit", "C"), codec.Int(codec.PayloadFormatIndicator, 1)))
		sub.ExpectMessage(topic, "across").HasQoS(1)
	},
})

var _ = add(Scenario{
	ID:     "connect.response-information",
	Title:  "Response Information is given only to a client that asks for it",
	Why:    "a small client has no room for what it did not ask for",
	Proves: V5("MQTT-3.1.2-28", "U5-3.1.2.11.6-u2"),
	Run: func(t *T) {
		asking := t.Connect(With(codec.Int(codec.RequestResponseInformation, 1)))
		_, given := asking.Connack.Properties.Find(codec.ResponseInformation)
		t.Observe("Response Information when asked for", "%t", given)
		t.Step("Response Information was declined", V5("MQTT-3.1.2-28")...)
		_, given = t.Connect(With(codec.Int(codec.RequestResponseInformation, 0))).Connack.Properties.Find(codec.ResponseInformation)
		t.Equal("Response Information in CONNACK", given, false)
		t.Step("not to ask is to decline", V5("U5-3.1.2.11.6-u2")...)
		_, given = t.Connect(Name("client that says nothing about it")).Connack.Properties.Find(codec.ResponseInformation)
		t.Equal("Response Information in CONNACK", given, false)
	},
})
