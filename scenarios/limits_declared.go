package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "limits.declared-packet-size",
	Title:  "a packet above the Maximum Packet Size that the broker declares ends the connection",
	Why:    "the limit protects the memory of the broker; one that is not kept protects nothing",
	Proves: V5("MQTT-3.2.2-15", "U5-3.2.2.3.6-u2", "MQTT-4.13.1-1"),
	Run: func(t *T) {
		c := t.Connect(Name("wrongdoer"))
		size, declared := c.Connack.Properties.Find(codec.MaximumPacketSize)
		const most = 4 << 20
		if !declared || size.Int > most {
			t.Skip("the broker declares no Maximum Packet Size that a test would go beyond")
		}
		p := message(t.Topic("large"), "", 0, 0)
		p.Payload = make([]byte, size.Int)
		for p.Size(codec.V5) > int(size.Int) {
			p.Payload = p.Payload[1:]
		}
		c.Send(p)
		t.Observe("a packet of the very size", "carries on: %v", c.CarriesOn())
		c.Reconnect()
		t.Step("a byte more is too much", V5("U5-3.2.2.3.6-u2", "MQTT-4.13.1-1")...)
		t.Because(V5("MQTT-3.2.2-15")...)
		for p.Size(codec.V5) <= int(size.Int) { // the length field may grow with it
			p.Payload = append(p.Payload, 0)
		}
		c.Send(p)
		// A DISCONNECT may be lost when the connection is closed on what is not read,
		// so the close alone is looked at.
		c.ExpectClosedWithin(t.Timeouts().Answer)
		if t.Speaks(codec.V311) { // which knows no such limit; a broker may have one all the same
			old := t.Connect(Name("client of 3.1.1"), In(codec.V311))
			old.Send(p)
			t.Observe("the same packet in 3.1.1", "carries on: %v", old.CarriesOn())
		}
	},
})

var _ = add(Scenario{
	ID:     "limits.declared-size-of-connect",
	Title:  "a CONNECT above the Maximum Packet Size of the broker is answered as any, or ends the connection",
	Why:    "the client cannot know the limit before CONNACK tells it; what becomes of it should be known",
	Proves: V5("MQTT-3.2.2-8", "MQTT-3.2.2-7"),
	Run: func(t *T) {
		size, declared := t.Connect().Connack.Properties.Find(codec.MaximumPacketSize)
		const most = 1 << 20
		if !declared || size.Int > most {
			t.Skip("the broker declares no Maximum Packet Size that a test would go beyond")
		}
		c := t.New(Name("large client"), Modify(func(p *codec.Connect) {
			for p.Size(codec.V5) <= int(size.Int) {
				p.Properties = append(p.Properties, codec.User("large", strings.Repeat("x", 60_000)))
			}
		}))
		c.Dial()
		c.SendConnect()
		ack, _ := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
		if ack == nil {
			t.Observe("CONNECT above the limit", "no CONNACK; closed: %v", c.ClosedWithin(0))
			return
		}
		t.Observe("CONNECT above the limit", "CONNACK 0x%02X", ack.Code)
		t.Step("a CONNACK has a code that exists, and the close follows where it refuses", V5("MQTT-3.2.2-8", "MQTT-3.2.2-7")...)
		t.Equal("a defined Reason Code", codec.ReasonName(codec.CONNACK, codec.V5, ack.Code) != "", true)
		if ack.Code != 0 {
			c.ExpectClosedWithin(t.Timeouts().Answer)
		}
	},
})

var _ = add(Scenario{
	ID:     "limits.declared-receive-maximum",
	Title:  "the broker takes as many QoS 2 messages at once as its Receive Maximum says, again and again; one more ends the connection",
	Why:    "a publisher counts on the places that were promised to it, and a broker on no more than that",
	Proves: V5("MQTT-3.3.4-7", "U5-3.3.4-u4", "MQTT-4.13.1-1", "MQTT-4.3.3-8"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		c := t.Connect(Name("publisher"))
		maximum := c.Connack.Properties.Int(codec.ReceiveMaximum, 65535)
		const most = 2000
		if maximum > most {
			t.Skip("the broker declares Receive Maximum %d, which a test would not go beyond", maximum)
		}
		topic := t.Topic("open")
		for round := range 2 {
			first := uint16(1)
			for id := first; id < first+uint16(maximum); id++ {
				c.Send(message(topic, "open", 2, id))
			}
			for id := first; id < first+uint16(maximum); id++ {
				expectPubrec(t, c, id)
			}
			if round == 1 {
				break // these stay open
			}
			for id := first; id < first+uint16(maximum); id++ {
				release(t, c, id)
			}
		}
		t.Step("one more is too much", V5("U5-3.3.4-u4", "MQTT-4.13.1-1")...)
		t.Because(V5("MQTT-3.3.4-7")...)
		c.Send(message(topic, "one more", 2, uint16(maximum)+1))
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "limits.undeclared-receive-maximum",
	Title:  "a broker that declares no Receive Maximum takes a hundred QoS 2 messages at once",
	Why:    "a publisher that was told of no limit counts on 65,535 places, and is cut off in the midst of its data",
	Proves: V5("U5-3.2.2.3.3-u2"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		const many = 100
		c := t.Connect(Name("publisher"))
		if declared, is := c.Connack.Properties.Find(codec.ReceiveMaximum); is {
			t.Skip("the broker declares Receive Maximum %d", declared.Int)
		}
		for id := uint16(1); id <= many; id++ {
			c.Send(message(t.Topic("open"), "open", 2, id))
		}
		t.Step("each gets its PUBREC, and the connection goes on", V5("U5-3.2.2.3.3-u2")...)
		for id := uint16(1); id <= many; id++ {
			c.ExpectPubrec(id)
		}
		c.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "limits.declared-maximum-qos",
	Title:  "every QoS up to the Maximum QoS that the broker declares, or up to 2 if it declares none, may be published",
	Why:    "a publisher that keeps to what it was told must not lose its connection",
	Proves: V5("MQTT-3.2.2-9", "U5-3.2.2.3.4-u3"),
	Run: func(t *T) {
		maximum, declared := t.Connect().Connack.Properties.Find(codec.MaximumQoS)
		most := byte(2)
		if declared {
			most = byte(maximum.Int)
		}
		refs := V5("MQTT-3.2.2-9")
		if !declared {
			refs = append(refs, V5("U5-3.2.2.3.4-u3")...)
		}
		for qos := range most + 1 {
			c := t.Connect(Name(fmt.Sprintf("publisher at QoS %d", qos)))
			t.Step(fmt.Sprintf("QoS %d is supported", qos), refs...)
			c.Send(message(t.Topic("up-to"), "up to", qos, uint16(qos)))
			switch qos {
			case 1:
				c.ExpectPuback(1)
			case 2:
				c.ExpectPubrec(2)
			}
			c.StillOpen()
		}
	},
})

var _ = add(Scenario{
	ID:     "limits.subscribe-above-maximum-qos",
	Title:  "a broker with a Maximum QoS takes subscriptions at every QoS",
	Why:    "a subscriber need not know the limit: it is told in SUBACK what it gets",
	Proves: V5("MQTT-3.2.2-10"),
	Run: func(t *T) {
		c := t.Connect(Name("subscriber"))
		maximum := c.Connack.Properties.Int(codec.MaximumQoS, 2)
		if maximum >= 2 {
			t.Skip("the broker declares no Maximum QoS: it supports all")
		}
		for qos := range byte(3) {
			id := c.NextID()
			filter := codec.Text(t.Topic(fmt.Sprintf("asked-%d", qos)))
			t.Step(fmt.Sprintf("a subscription at QoS %d is taken", qos), V5("MQTT-3.2.2-10")...)
			c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{{Filter: filter, QoS: qos}}})
			ack := c.ExpectSuback(id)
			if t.Equal("one code that grants a QoS", len(ack.Codes) == 1 && ack.Codes[0] <= 2, true) {
				t.Observe("granted", "QoS %d where %d was asked", ack.Codes[0], qos)
			}
		}
	},
})
