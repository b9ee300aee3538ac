package scenarios

import (
	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "connect.accepted",
	Title:  "a valid CONNECT is answered by exactly one CONNACK that accepts it",
	Why:    "without it a client cannot do anything at all",
	Proves: Requirements(V311("MQTT-3.1.4-4", "MQTT-3.2.0-1"), V5("MQTT-3.1.4-5", "MQTT-3.2.0-1", "MQTT-3.2.0-2")),
	Run: func(t *T) {
		c := t.Open()
		t.Step("CONNECT is answered", Requirements(V311("MQTT-3.1.4-4", "MQTT-3.2.0-1"), V5("MQTT-3.1.4-5", "MQTT-3.2.0-1"))...)
		c.SendConnect()
		connack := c.ExpectConnack()
		t.Equal("CONNACK code", connack.Code, byte(0))
		t.Step("the connection serves, and no second CONNACK comes", V5("MQTT-3.2.0-2")...)
		c.Sync()
		c.Sync()
	},
})

var _ = add(Scenario{
	ID:     "connect.second-connect",
	Title:  "a second CONNECT on one connection ends the connection",
	Why:    "a broker that accepts it lets a client change its identity after it was let in",
	Proves: Requirements(V311("MQTT-3.1.0-2"), V5("MQTT-3.1.0-2")),
	Run: func(t *T) {
		c := t.Connect()
		c.SendConnect()
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "connect.reserved-flag",
	Title:  "a CONNECT with the reserved bit of the Connect Flags set is refused",
	Why:    "the bit is kept for later versions; a broker that ignores it may take a future client for one of today",
	Proves: Requirements(V311("MQTT-3.1.2-3"), V5("MQTT-3.1.2-3")),
	Run: func(t *T) {
		c := t.Open(Modify(func(p *codec.Connect) { p.Reserved = true }))
		c.SendConnect()
		c.ExpectRefused()
	},
})
