package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

const idCharacters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

var _ = add(Scenario{
	ID:     "connect.client-id",
	Title:  "client identifiers of up to 23 digits and letters are accepted",
	Why:    "it is what a device maker may rely on with every broker",
	Proves: Requirements(V311("MQTT-3.1.3-5"), V5("MQTT-3.1.3-5")),
	Run: func(t *T) {
		var ids []string
		if strings.HasPrefix(t.ClientID(), "mp") { // no prefix is asked for, so that any id will do
			// Each version has characters of its own: it runs beside the others, and
			// one of them would take over the connection (3.1.4).
			i := t.Random().IntN(len(idCharacters)/3)*3 + int(t.Version())%3
			ids = append(ids, string(idCharacters[i]))
		}
		// Every length, as far as none is another scenario's; those are longer.
		for n := 2; n < 23; n++ {
			id := t.ClientID()
			for len(id) < n {
				id += string(idCharacters[t.Random().IntN(len(idCharacters))])
			}
			if len(id) == n {
				ids = append(ids, id)
			}
		}
		for characters := idCharacters; characters != ""; {
			id := t.ClientID()
			n := min(23-len(id), len(characters))
			ids, characters = append(ids, id+characters[:n]), characters[n:]
		}
		ids = append(ids, (t.ClientID() + strings.Repeat("0", 23))[:23])
		for _, id := range ids {
			t.Step(fmt.Sprintf("%q, %d bytes", id, len(id)), Requirements(V311("MQTT-3.1.3-5"), V5("MQTT-3.1.3-5"))...)
			c := t.Open(ID(id))
			c.SendConnect()
			t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
			c.Disconnect()
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.client-id-unusual",
	Title:  "a client identifier beyond the guaranteed ones is accepted, or refused in the right way",
	Why:    "a client that is told 0x02 or 0x85 knows that its name is the trouble and not the network",
	Proves: Requirements(V311("MQTT-3.1.3-9", "U3-3.1.3.1-u1", "U3-3.1.3.1-u2"), V5("MQTT-3.1.3-8")),
	Run: func(t *T) {
		for _, unusual := range []struct {
			name, tail string
			size       int
		}{
			{"24 bytes", "", 24}, {"100 bytes", "", 100}, {"1000 bytes", "", 1000}, {"65,535 bytes", "", 65535},
			{"a space", " a b ", 0}, {"punctuation", "-_.:/@", 0}, {"wildcards", "+/#", 0}, {"letters beyond ASCII", "é漢😀", 0},
		} {
			name, id := unusual.name, t.ClientID()+unusual.tail
			id += strings.Repeat("x", max(0, unusual.size-len(id)))
			// Whether it takes such a name is up to the broker (3.1.3.1).
			may := "U3-3.1.3.1-u2"
			if unusual.size > 0 {
				may = "U3-3.1.3.1-u1"
			}
			t.Step("a broker may take a client identifier with "+name, V311(may)...)
			t.Step("a client identifier with "+name, Requirements(V311("MQTT-3.1.3-9"), V5("MQTT-3.1.3-8"))...)
			c := t.Open(ID(id))
			c.SendConnect()
			connack, answered := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
			switch {
			case answered && connack.Code == 0:
				t.Observe("client identifier with "+name, "accepted")
				c.Disconnect()
				continue
			case answered:
				t.Observe("client identifier with "+name, "refused with 0x%02X", connack.Code)
			}
			if !t.V5() && unusual.size < 65535 { // which may be more than a packet can have
				t.Equal("refused with CONNACK 0x02", answered && connack.Code == 2, true)
			}
			c.ExpectClosedWithin(t.Timeouts().Answer)
		}
	},
})

var sameClient = Requirements(V311("MQTT-3.1.3-2"), V5("MQTT-3.1.3-2"))

var _ = add(Scenario{
	ID:     "connect.client-id-end",
	Title:  "client identifiers that differ at their end alone name different sessions",
	Why:    "a broker that cuts names takes all devices of one maker for the same",
	Proves: sameClient,
	Run: func(t *T) {
		id := t.ClientID()
		const most = 23 // bytes that every broker must take
		if len(id) >= most {
			t.Skip("with this --client-prefix there is no room for an end")
		}
		id += strings.Repeat("0", most-1-len(id))
		one := t.Connect(Name("one"), ID(id+"1"), Keep())
		t.Step("the other finds no session", sameClient...)
		other := t.Connect(Name("other"), ID(id+"2"), Keep())
		t.Equal("Session Present", other.Connack.SessionPresent, false)
		t.Step("and takes nobody's connection", sameClient...)
		one.StillOpen()
		other.StillOpen()
		needsSession(t, one)
		t.Step("the first finds its own", sameClient...)
		one.Disconnect()
		t.Equal("Session Present", one.Reconnect().SessionPresent, true)
	},
})

var _ = add(Scenario{
	ID:     "connect.client-id-space",
	Title:  "client identifiers that differ in a space at the end name different sessions, where the broker takes such names",
	Why:    "a broker that trims names, or a store that does, takes two devices for the same",
	Proves: sameClient,
	Run: func(t *T) {
		one := t.Connect(Name("one"), ID(t.ClientID()), Keep())
		t.Step("the name with a space is another's", sameClient...)
		other := t.Open(Name("other"), ID(one.ID()+" "), Keep())
		other.SendConnect()
		connack, answered := other.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
		if !answered || connack.Code != 0 {
			t.Skip("the broker takes no client identifier with a space")
		}
		t.Equal("Session Present", connack.SessionPresent, false)
		t.Step("and takes nobody's connection", sameClient...)
		one.StillOpen()
		needsSession(t, one)
		t.Step("the first finds its own", sameClient...)
		one.Disconnect()
		t.Equal("Session Present", one.Reconnect().SessionPresent, true)
	},
})

var _ = add(Scenario{
	ID:     "connect.client-id-case",
	Title:  "client identifiers that differ in one letter's case name different sessions",
	Why:    "two devices that share a session steal each other's messages",
	Proves: sameClient,
	Run: func(t *T) {
		id := t.ClientID()
		lower := t.Connect(Name("lower"), ID(id+"a"), Keep())
		topic := t.Topic("t")
		lower.Subscribe(topic, 0)
		t.Step("the other case finds no session", Requirements(V311("MQTT-3.1.3-2"), V5("MQTT-3.1.3-2"))...)
		upper := t.Connect(Name("upper"), ID(id+"A"), Keep())
		t.Equal("Session Present", upper.Connack.SessionPresent, false)
		t.Step("and takes nobody's connection", Requirements(V311("MQTT-3.1.3-2"), V5("MQTT-3.1.3-2"))...)
		lower.StillOpen()
		upper.Publish(topic, "for lower", 0)
		lower.ExpectMessage(topic, "for lower")
		upper.NothingPending()
		t.Step("the same case finds its session", Requirements(V311("MQTT-3.1.3-2"), V5("MQTT-3.1.3-2"))...)
		lower.Disconnect()
		t.Equal("Session Present", lower.Reconnect().SessionPresent, true)
	},
})

var _ = add(Scenario{
	ID:     "connect.client-id-empty",
	Title:  "clients without a client identifier are different clients",
	Why:    "anonymous clients that share one invented name throw each other out",
	Proves: Requirements(V311("MQTT-3.1.3-6", "MQTT-3.1.3-9"), V5("MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.1.3-8", "MQTT-3.2.2-16")),
	Run: func(t *T) {
		one, two := openWithoutID(t), openWithoutID(t)
		if t.V5() {
			t.Step("each is told its name", V5("MQTT-3.1.3-7", "MQTT-3.2.2-16")...)
			t.Equal("Assigned Client Identifier is there", assignedID(one) != "" && assignedID(two) != "", true)
			t.Step("the names differ", V5("MQTT-3.1.3-6", "MQTT-3.2.2-16")...)
			t.Equal("the Assigned Client Identifiers differ", assignedID(one) != assignedID(two), true)
		}
		t.Step("both are served", Requirements(V311("MQTT-3.1.3-6"), V5("MQTT-3.1.3-6"))...)
		one.StillOpen()
		two.StillOpen()
		topic := t.Topic("t")
		one.Subscribe(topic, 0)
		two.Publish(topic, "from the other", 0)
		one.ExpectMessage(topic, "from the other")
		two.NothingPending()
	},
})

// openWithoutID connects with an empty client identifier. A broker may refuse it:
// in 5.0 also by the close alone (MQTT-3.1.3-8).
func openWithoutID(t *T, opts ...Option) *Client {
	t.Step("a CONNECT without a client identifier is accepted, or refused as the standard says", Requirements(V311("MQTT-3.1.3-9"), V5("MQTT-3.1.3-8"))...)
	c := t.Open(append(opts, ID(""))...)
	c.SendConnect()
	if t.V5() && c.RefusesSilently() {
		t.Skip("the broker wants a client identifier: it closes without a CONNACK")
	}
	connack := c.ExpectConnack()
	if connack.Code == 0 {
		return c
	}
	if !t.V5() && !deniesLogin(connack) {
		t.Equal("CONNACK code", connack.Code, byte(2))
	}
	c.ExpectClosedWithin(t.Timeouts().Answer)
	t.Skip("the broker wants a client identifier: %s", connack)
	return nil
}

func assignedID(c *Client) string {
	p, _ := c.Connack.Properties.Find(codec.AssignedClientIdentifier)
	return string(p.Data)
}

var _ = add(Scenario{
	ID:     "connect.client-id-assigned",
	Title:  "a client can come back to its session by the client identifier that it was assigned",
	Why:    "a device that leaves the factory without a name gets one for life",
	Proves: V5("MQTT-3.1.3-7", "MQTT-3.2.2-16"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		c := openWithoutID(t, Clean(true), With(codec.Int(codec.SessionExpiryInterval, 300)))
		id, pub := assignedID(c), t.Connect(Name("publisher"))
		if expiryInForce(c) == 0 {
			t.Skip("the broker lowers the Session Expiry Interval to 0")
		}
		topic := t.Topic("t")
		c.Subscribe(topic, 1)
		c.Disconnect()
		pub.Publish(topic, "while away", 1)
		other := openWithoutID(t, Name("other client"), Clean(true))
		t.Step("while its client is away the identifier is given to nobody else", V5("MQTT-3.2.2-16")...)
		t.Equal("the Assigned Client Identifiers differ", assignedID(other) != id, true)
		t.Step("the assigned identifier names the session", V5("MQTT-3.1.3-7")...)
		t.Equal("Assigned Client Identifier is there", id != "", true)
		t.Equal("Session Present", c.Reconnect(ID(id), Keep()).SessionPresent, true)
		c.ExpectMessage(topic, "while away")
	},
})

var _ = add(Scenario{
	ID:     "connect.client-id-empty-kept",
	Title:  "a client without a client identifier that wants its session kept is refused with 0x02",
	Why:    "nobody could ever come back to that session, and the broker would keep it for ever",
	Proves: V311("MQTT-3.1.3-7", "MQTT-3.1.3-8"),
	Run: func(t *T) {
		t.Step("CleanSession 0 without a client identifier", V311("MQTT-3.1.3-8", "MQTT-3.1.3-7")...)
		c := t.Open(ID(""), Clean(false))
		c.SendConnect()
		connack := c.ExpectRefused()
		if connack == nil {
			t.Broken("CONNACK 0x02 before the close", "no CONNACK", -1)
			return
		}
		t.Equal("CONNACK code", connack.Code, byte(2))
	},
})
