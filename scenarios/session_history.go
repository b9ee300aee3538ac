package scenarios

import (
	"fmt"

	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// visit is one connection of a client in a history of several: does it begin
// clean, and is its session to be kept? In 3.1.1 the two are one bit.
type visit struct{ clean, keep bool }

func (v visit) String() string {
	return map[bool]string{true: "clean", false: "continue"}[v.clean] + map[bool]string{true: ", keep", false: ", do not keep"}[v.keep]
}

// visits gives a history in which each kind of visit follows each kind.
func visits(t *T) []visit {
	a, d := visit{false, true}, visit{true, false}
	if !t.V5() {
		return []visit{a, a, d, d, a}
	}
	b, c := visit{false, false}, visit{true, true}
	return []visit{a, a, b, a, c, a, d, b, b, c, b, d, c, c, d, d, a}
}

var _ = add(Scenario{
	ID:    "session.history",
	Title: "whatever came before, a session is continued exactly if the last visit kept it and this one is not clean",
	Why:   "what a client finds must follow from two visits alone; anything else is a session lost, or one come back from the dead",
	Proves: Requirements(cleanDiscards, endsWithConnection, sessionThere, sessionNotThere, V311("MQTT-3.1.2-4", "MQTT-3.2.2-1"),
		V5("MQTT-3.1.2-5", "MQTT-3.2.2-2")),
	Needs: []Feature{QoS1},
	Tries: 3,
	Run: func(t *T) {
		c, topic := t.New(), t.Topic("t")
		before := "nothing"
		kept := false // by the visit before
		for i, v := range visits(t) {
			seconds := uint32(0)
			if v.keep {
				seconds = 300
			}
			c.Reconnect(Clean(v.clean), expiry(seconds))
			if t.V5() && (expiryInForce(c) > 0) != v.keep {
				t.Skip("the broker sets Session Expiry Interval %d for %d", expiryInForce(c), seconds)
			}
			name := fmt.Sprintf("%s after %s", v, before)
			payload := fmt.Sprint("visit ", i+1)
			c.Publish(topic, payload, 1)
			if kept && !v.clean {
				t.Step(name+": the subscription is there", Requirements(V311("MQTT-3.1.2-4"), V5("MQTT-3.1.2-5"))...)
				c.ExpectMessage(topic, payload)
				t.Step(name+": CONNACK tells of the session", sessionThere...)
				t.Equal("Session Present", c.Connack.SessionPresent, true)
			} else {
				gone := endsWithConnection
				if v.clean {
					gone = cleanDiscards
					t.Step(name+": CONNACK tells of no session", Requirements(V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2"))...)
					t.Equal("Session Present", c.Connack.SessionPresent, false)
				} else {
					refs := gone
					if i == 0 {
						refs = sessionNotThere
					}
					t.Step(name+": no session is found", refs...)
					t.Equal("Session Present", c.Connack.SessionPresent, false)
				}
				t.Step(name+": no subscription is there", gone...)
				c.Subscribe(topic, 1)
				t.FenceOn(topic, 1, c, c)
				c.NothingPending()
			}
			c.Sync()
			c.Disconnect()
			before, kept = v.String(), v.keep
		}
	},
})
