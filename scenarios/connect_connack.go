package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// connackProperties are the statements on what CONNACK holds. The codec finds
// what breaks them in any CONNACK.
var connackProperties = V5("MQTT-3.2.2-8", "U5-3.2.2.3.2-u1", "U5-3.2.2.3.3-u1", "U5-3.2.2.3.4-u1", "U5-3.2.2.3.5-u1", "U5-3.2.2.3.6-u1",
	"U5-3.2.2.3.7-u1", "U5-3.2.2.3.8-u1", "U5-3.2.2.3.9-u2", "U5-3.2.2.3.11-u1", "U5-3.2.2.3.12-u1", "U5-3.2.2.3.13-u1",
	"U5-3.2.2.3.14-u1", "U5-3.2.2.3.15-u1", "U5-3.2.2.3.16-u1", "U5-3.2.2.3.17-u1", "U5-3.2.2.3.18-u1")

var _ = add(Scenario{
	ID:     "connect.connack-properties",
	Title:  "each property of CONNACK is there once, with a value in its range",
	Why:    "a strict client must leave a broker that breaks this, and a lenient one goes by the wrong limit",
	Proves: connackProperties,
	Run: func(t *T) {
		t.Step("CONNACK for clients that ask for all that there is", connackProperties...)
		asking := []codec.Property{
			codec.Int(codec.RequestResponseInformation, 1), codec.Int(codec.RequestProblemInformation, 1),
			codec.Int(codec.ReceiveMaximum, 10), codec.Int(codec.TopicAliasMaximum, 10),
		}
		for _, c := range []*Client{
			t.Open(Name("client that asks for nothing")),
			t.Open(Name("client that asks for everything"), With(asking...)),
			t.Open(Name("client without a name"), ID(""), With(asking...)),
			t.Open(Name("client that wants its session"), Keep(), KeepAlive(65535)),
			t.Open(Name("client that wants it for ever"), expiry(0xFFFFFFFF), KeepAlive(0)),
		} {
			c.SendConnect()
			if connack, ok := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack); ok {
				c.Connack = connack
			}
		}
		// No sentence forbids to tell a client the name that it has given.
		_, told := t.Connect(Name("client with a name")).Connack.Properties.Find(codec.AssignedClientIdentifier)
		t.Observe("Assigned Client Identifier for a client with a name", "%t", told)
	},
})

var _ = add(Scenario{
	ID:     "connect.connack-texts",
	Title:  "CONNACK has no Reason String or User Property that makes it too large for the client",
	Why:    "a small device cannot read the packet, and is not let in for the sake of a text that it does not need",
	Proves: V5("MQTT-3.2.2-19", "MQTT-3.2.2-20"),
	Run: func(t *T) {
		t.Step("CONNACK for a client with a small Maximum Packet Size", V5("MQTT-3.2.2-19", "MQTT-3.2.2-20")...)
		c := t.Open(takesSmall())
		c.SendConnect()
		t.Observe(fmt.Sprintf("CONNACK within %d bytes", small), "%t", isConnack(c.AnswerWithin(t.Timeouts().Answer)))
	},
})

// subackTexts are the statements on texts in SUBACK and UNSUBACK.
var subackTexts = V5("MQTT-3.9.2-1", "MQTT-3.9.2-2", "MQTT-3.11.2-1", "MQTT-3.11.2-2", "U5-3.9.2.1.2-u2", "U5-3.11.2.1.2-u2")

var _ = add(Scenario{
	ID:     "connect.suback-texts",
	Title:  "SUBACK and UNSUBACK have one Reason String at most, and no text that makes them too large for the client",
	Why:    "a small device loses its connection over an explanation",
	Proves: subackTexts,
	Run: func(t *T) {
		t.Step("acknowledgements for a client with a small Maximum Packet Size", subackTexts...)
		c := t.Connect(takesSmall())
		answersTo(t, c)
	},
})
