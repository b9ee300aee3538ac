package scenarios

import (
	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "ping.reserved-flags",
	Title:  "a PINGREQ with flags set ends the connection",
	Why:    "the flags are kept for later; a broker that does not look takes broken bytes for a sign of life",
	Proves: Requirements(V311("MQTT-2.2.2-2"), V5("MQTT-4.13.1-1", "U5-2.1.3-u1")),
	Run: func(t *T) {
		for _, flags := range []byte{1, 2, 4, 8} {
			c := t.Connect()
			c.Sync()
			t.Step("reserved flags in PINGREQ (MQTT-2.2.2-1, in 5.0 MQTT-2.1.3-1)",
				Requirements(V311("MQTT-2.2.2-2"), V5("MQTT-4.13.1-1", "U5-2.1.3-u1"))...)
			c.SendBroken(&codec.Pingreq{}, codec.Flags(flags))
			c.ExpectClosed()
		}
	},
})

var _ = add(Scenario{
	ID:     "ping.unusual",
	Title:  "a PINGREQ with a payload, or a PINGRESP from a client, harms nobody but its sender",
	Why:    "whether the sender is closed is up to the broker; that it serves all others is not",
	Proves: Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1")),
	Run: func(t *T) {
		other := t.Connect(Name("other"))
		observe := func(what string, c *Client) {
			if c.CarriesOn() {
				t.Observe(what, "the connection goes on")
			} else {
				t.Observe(what, "the connection is closed")
			}
		}
		c := t.Connect(Name("with payload"))
		c.SendBroken(&codec.Pingreq{}, codec.Trailing(0))
		// A broker that goes on may have answered it.
		observe("PINGREQ with a payload", c)
		c = t.Connect(Name("with PINGRESP"))
		c.Send(&codec.Pingresp{})
		observe("PINGRESP from a client", c)
		t.Step("the other client is served", Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1"))...)
		other.StillOpen()
	},
})
