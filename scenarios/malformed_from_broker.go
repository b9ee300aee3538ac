package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// wellFormed are the statements that whoever sends a packet must keep. The codec
// finds what breaks them in any packet of the broker.
var wellFormed = Requirements(
	V311("MQTT-1.5.3-1", "MQTT-1.5.3-2", "MQTT-2.2.2-1", "MQTT-3.3.1-4", "MQTT-3.3.2-1", "MQTT-4.7.3-1", "MQTT-3.9.3-2", "U3-2.2.1-u1", "U3-2.2.3-u2"),
	V5("MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.5-1", "MQTT-1.5.7-1", "MQTT-2.1.3-1", "MQTT-2.2.2-1", "MQTT-3.3.1-4", "MQTT-3.3.2-1",
		"MQTT-3.9.3-2", "MQTT-3.14.1-1", "MQTT-3.14.2-1", "U5-2.1.2-u1", "U5-2.1.4-u2", "U5-2.2.2.1-u1", "U5-2.2.2.2-u1"))

var _ = add(Scenario{
	ID:     "malformed.from-broker",
	Title:  "no packet that the broker sends is malformed",
	Why:    "a strict client leaves a broker whose packets it cannot read, and a lenient one misreads them",
	Proves: wellFormed,
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		t.Step("each kind of packet of the broker is well-formed", wellFormed...)
		topic := t.Topic("é")
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 2)
		pub := t.Connect(Name("publisher"))
		for qos := byte(0); qos <= 2; qos++ {
			pub.Publish(topic, "message", qos, Properties(codec.User("key", "välue"), codec.Data(codec.ContentType, "text/plain")))
			// QoS 0 may be lost.
			if qos > 0 {
				sub.ExpectMessage(topic, "message")
			}
		}
		sub.Unsubscribe(topic)
		sub.Sync()
		// In 5.0 it should bring a DISCONNECT.
		sub.SendBroken(&codec.Subscribe{PacketID: sub.NextID(), Subscriptions: []codec.Subscription{filterAt("a", 0)}}, codec.Flags(0))
		sub.ClosedWithin(t.Timeouts().Answer)
	},
})

var _ = add(Scenario{
	ID:     "malformed.text-of-broker",
	Title:  "no text that the broker itself writes has control characters or non-characters in it",
	Why:    "clients may refuse such a packet, and those that do not write it into their logs",
	Proves: V5("U5-1.5.4-u3"),
	Run: func(t *T) {
		t.Step("the texts of CONNACK, acknowledgements and DISCONNECT", V5("U5-1.5.4-u3")...)
		texts := 0
		look := func(p codec.Packet, properties codec.Properties) {
			for _, property := range properties {
				for _, text := range []codec.Text{property.Data, property.Name} {
					switch property.ID {
					case codec.AssignedClientIdentifier, codec.ReasonString, codec.ResponseInformation, codec.ServerReference, codec.UserProperty:
					default:
						continue // no text, or not its own
					}
					if len(text) == 0 {
						continue
					}
					texts++
					if i := strings.IndexFunc(text.String(), discouraged); i >= 0 {
						t.Broken("a text without control characters and non-characters", fmt.Sprintf("%+q in %s", text.String(), p.Type()), -1)
					}
				}
			}
		}
		c := t.Open(Modify(func(p *codec.Connect) { p.ClientID = codec.Text("") }),
			With(codec.Int(codec.RequestResponseInformation, 1)))
		c.SendConnect()
		// A broker that assigns no identifiers may close without a word.
		if connack, ok := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack); ok {
			look(connack, connack.Properties)
		}
		other := t.Connect(Name("client with errors"))
		id := other.NextID()
		other.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(t.Topic("wr#ng"), 0)}})
		for range 2 {
			switch p := other.AnswerWithin(t.Timeouts().CarriesOn).(type) {
			case *codec.Suback:
				look(p, p.Properties)
				other.SendBroken(message("a", "x", 1, 10), codec.Flags(6))
			case *codec.Disconnect:
				look(p, p.Properties)
			}
		}
		if texts == 0 {
			t.Skip("the broker writes no text of its own")
		}
	},
})

// discouraged says whether a character should not be in a text (1.5.4).
func discouraged(r rune) bool {
	control := r >= 0x01 && r <= 0x1F || r >= 0x7F && r <= 0x9F
	none := r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	return control || none
}

var _ = add(Scenario{
	ID:     "malformed.code-then-close",
	Title:  "a DISCONNECT or CONNACK with a Reason Code of 0x80 or above is followed by the close",
	Why:    "a client that waits for the close it was told of waits for ever",
	Proves: V5("MQTT-4.13.2-1"),
	Run: func(t *T) {
		told := 0
		after := func(what string, c *Client, data ...byte) {
			t.Step(what, V5("MQTT-4.13.2-1")...)
			c.SendRaw(data)
			var code byte
			switch p := c.AnswerWithin(t.Timeouts().Answer).(type) {
			case *codec.Disconnect:
				code = p.Code
			case *codec.Connack:
				code = p.Code
			}
			if code >= 0x80 {
				told++
				c.ExpectClosedWithin(t.Timeouts().Answer)
			}
		}
		established := t.Connect(Name("established client"))
		after("a PUBLISH with QoS 3", established, 0x36, 7, 0, 1, 'a', 0, 10, 0, 'x')
		other := t.Connect(Name("another client"))
		after("a SUBSCRIBE with the flags 0000", other, 0x80, 7, 0, 10, 0, 0, 1, 'a', 0)
		fresh := t.Open(Name("refused client"))
		after("a CONNECT with the reserved flag", fresh, 0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 5, 3, 0, 60, 0, 0, 1, 'm')
		if told == 0 {
			t.Skip("the broker closes without telling why")
		}
	},
})
