package scenarios

import (
	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// leaveTaking are the statements on a DISCONNECT of the broker that its bytes
// show.
var leaveTaking = V5("MQTT-3.14.2-1", "MQTT-3.14.2-2", "MQTT-3.14.2-3", "MQTT-3.14.2-4",
	"U5-3.14.2.2.2-u1", "U5-3.14.2.2.3-u2", "U5-3.14.2.2.5-u1")

var _ = add(Scenario{
	ID:     "session.server-disconnect",
	Title:  "the broker's DISCONNECT has a code and properties of its own, nothing comes behind it, and the connection is closed",
	Why:    "a client that is told to go and is not let go hangs between two connections",
	Proves: Requirements(leaveTaking, V5("MQTT-3.14.4-1", "MQTT-3.14.4-2", "U5-4.13.1-u2")),
	Run: func(t *T) {
		told := 0
		// Small enough that a text which is not to be there does not fit.
		size := takesSmall()
		dismissed := func(c *Client, owed bool, why string) {
			t.Step(why+": a DISCONNECT of the broker is well-formed", leaveTaking...)
			p, is := c.AnswerWithin(t.Timeouts().Answer).(*codec.Disconnect)
			if !is {
				// A broker that carries on is for other scenarios.
				if c.ClosedWithin(t.Timeouts().Answer) && owed {
					t.Warn(V5("U5-4.13.1-u2"), "a DISCONNECT with a Reason Code before the close", "no DISCONNECT")
				}
				return
			}
			told++
			t.Observe("code of DISCONNECT for "+why, "0x%02X", p.Code)
			t.Step(why+": the close follows", V5("MQTT-3.14.4-2")...)
			c.ExpectClosedWithin(t.Timeouts().Answer)
			t.Step(why+": nothing is between DISCONNECT and the close", V5("MQTT-3.14.4-1")...)
			if p, more := c.Taken(func(codec.Packet) bool { return true }); more {
				t.Broken("the close behind the DISCONNECT", p.String(), -1)
			}
		}
		first := t.Connect(Name("client that is taken over"), size)
		t.Connect(Name("client that takes over"), ID(first.ID()))
		dismissed(first, false, "a takeover")
		wrong := t.Connect(Name("client with an error"), size)
		wrong.Send(&codec.Auth{Code: 0x19, Properties: codec.Properties{codec.Data(codec.AuthenticationMethod, "none was named")}})
		dismissed(wrong, true, "an AUTH without a method in CONNECT")
		if told == 0 {
			t.Skip("the broker closes without a DISCONNECT")
		}
	},
})

var _ = add(Scenario{
	ID:     "session.client-disconnect",
	Title:  "the broker closes the connection behind the client's DISCONNECT, if the client does not",
	Why:    "a connection that nobody closes takes a place among those that the broker can have",
	Proves: Requirements(V311("U3-3.14.4-u1"), V5("U5-3.14.4-u1")),
	Run: func(t *T) {
		c := t.Connect()
		t.Step("the close follows DISCONNECT", Requirements(V311("U3-3.14.4-u1"), V5("U5-3.14.4-u1"))...)
		c.Send(&codec.Disconnect{})
		c.ExpectClosedWithin(t.Timeouts().Answer)
	},
})
