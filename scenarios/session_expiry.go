package scenarios

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// expiryInForce gives the Session Expiry Interval, in seconds, of a 5.0
// connection: the CONNACK may have changed what CONNECT asked for.
func expiryInForce(c *Client) uint32 {
	asked := c.Packet().Properties.Int(codec.SessionExpiryInterval, 0)
	return c.Connack.Properties.Int(codec.SessionExpiryInterval, asked)
}

func expiry(seconds uint32) Option { return With(codec.Int(codec.SessionExpiryInterval, seconds)) }

// needsExpiry skips where the broker sets another interval than was asked for,
// as it may: the scenario was written for that one.
func needsExpiry(t *T, c *Client, seconds uint32) {
	if got := expiryInForce(c); got != seconds {
		t.Skip("the broker sets Session Expiry Interval %d for %d", got, seconds)
	}
}

// disconnectWithExpiry ends the connection and changes the expiry.
func disconnectWithExpiry(c *Client, seconds uint32) {
	c.DisconnectWith(&codec.Disconnect{Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, seconds)}})
}

// expectExpired expects that one of the sessions, which end at the same time
// from now, is gone then. A broker may look at its sessions now and then only:
// each check resumes one session, so later checks need others. It gives the
// client that found its session gone.
func expectExpired(t *T, after time.Duration, clients ...*Client) *Client {
	ended := time.Now()
	late := t.Timeouts().Late
	for i, c := range clients {
		// Soon first, so that a broker on time is not waited for.
		share := float64(i) / float64(len(clients)-1)
		wait := after + time.Duration(share*share*float64(late)) + time.Second
		t.Sleep(wait - time.Since(ended))
		if !c.Reconnect(Clean(false)).SessionPresent {
			t.Observe("session expired by", "%.1f s, due by %.1f s", time.Since(ended).Seconds(), after.Seconds())
			return c
		}
	}
	t.Fail("Session Present 0 after the Session Expiry Interval", "Session Present 1, also "+late.String()+" later", -1)
	return nil
}

var _ = add(Scenario{
	ID:     "session.expiry",
	Title:  "a session is there within its Session Expiry Interval, and gone with its messages after it",
	Why:    "a message that is an hour too old may be worse than none",
	Proves: V5("MQTT-3.1.2-23", "MQTT-4.1.0-2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		const interval = 2
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("t")
		var clients []*Client
		for _, name := range []string{"first", "second", "third", "fourth"} {
			c := t.Connect(Name(name), Clean(false), expiry(interval))
			needsExpiry(t, c, interval)
			c.Subscribe(topic, 1)
			clients = append(clients, c)
		}
		t.Step("the session is there before the interval has passed", V5("MQTT-3.1.2-23")...)
		early, left := clients[0], t.Elapsed()
		early.Disconnect()
		present := early.Reconnect().SessionPresent
		t.InTime(left, interval*time.Second, "coming back within the Session Expiry Interval")
		t.Equal("Session Present", present, true)
		for _, c := range clients {
			c.Drop()
		}
		pub.Publish(topic, "too old by then", 1)
		t.Step("the session is gone after the interval", V5("MQTT-4.1.0-2")...)
		gone := expectExpired(t, interval*time.Second, clients...)
		t.Step("its messages are gone with it", V5("MQTT-4.1.0-2")...)
		gone.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "session.expiry-of-connack",
	Title:  "a session lives as long as CONNACK says, and as long as CONNECT asks where CONNACK is silent",
	Why:    "a client that was told nothing else relies on what it asked for, and stays away for as long",
	Proves: V5("U5-3.2.2.3.2-u2"),
	Run: func(t *T) {
		var clients []*Client
		for _, name := range []string{"first", "second", "third", "fourth"} {
			clients = append(clients, t.Connect(Name(name), Keep()))
		}
		const longest = 10 // seconds that can be waited for
		for _, c := range clients {
			if told, is := c.Connack.Properties.Find(codec.SessionExpiryInterval); is && told.Int > longest {
				t.Skip("the broker sets Session Expiry Interval %d, too long to wait for", told.Int)
			}
		}
		told, is := clients[0].Connack.Properties.Find(codec.SessionExpiryInterval)
		for _, c := range clients {
			c.Drop()
		}
		if is {
			t.Step("the session is gone after the interval of CONNACK", V5("U5-3.2.2.3.2-u2")...)
			expectExpired(t, time.Duration(told.Int)*time.Second, clients...)
			return
		}
		t.Step("the session is there within the interval of CONNECT", V5("U5-3.2.2.3.2-u2")...)
		t.Sleep(1500 * time.Millisecond)
		t.Equal("Session Present", clients[0].Reconnect().SessionPresent, true)
	},
})

var _ = add(Scenario{
	ID:     "session.expiry-starts-again",
	Title:  "coming back to a session starts its Session Expiry Interval again",
	Why:    "a device that reports each minute never loses a session that lives for an hour",
	Proves: V5("MQTT-3.1.2-23"),
	Run: func(t *T) {
		const interval, away = 3, 2 * time.Second
		c := t.Connect(Clean(false), expiry(interval))
		needsExpiry(t, c, interval)
		t.Step("the session is there each time, though more than the interval has passed in all", V5("MQTT-3.1.2-23")...)
		for range 2 {
			left := t.Elapsed()
			c.Disconnect()
			t.Sleep(away)
			present := c.Reconnect().SessionPresent
			t.InTime(left, interval*time.Second, "coming back within the Session Expiry Interval")
			t.Equal("Session Present", present, true)
		}
	},
})

var _ = add(Scenario{
	ID:     "session.expiry-never",
	Title:  "a session with the longest Session Expiry Interval is kept",
	Why:    "0xFFFFFFFF means for ever; a broker that adds it to the time of day may find that it has passed",
	Proves: V5("MQTT-3.1.2-23", "U5-3.1.2.11.2-u3"),
	Run: func(t *T) {
		const never = 0xFFFFFFFF
		c := t.Connect(Clean(false), expiry(never))
		if expiryInForce(c) < 60 {
			needsExpiry(t, c, never)
		}
		t.Observe("Session Expiry Interval in force", "%d", expiryInForce(c))
		long := t.Connect(Name("client for 100 years"), Clean(false), expiry(100*365*24*3600))
		if expiryInForce(long) < 60 {
			t.Skip("the broker lowers a long Session Expiry Interval to %d", expiryInForce(long))
		}
		c.Disconnect()
		long.Disconnect()
		t.Sleep(1500 * time.Millisecond)
		refs := V5("MQTT-3.1.2-23")
		if expiryInForce(c) == never {
			refs = V5("MQTT-3.1.2-23", "U5-3.1.2.11.2-u3")
		}
		t.Step("the session for ever is there", refs...)
		t.Equal("Session Present", c.Reconnect().SessionPresent, true)
		t.Step("the session for 100 years is there", V5("MQTT-3.1.2-23")...)
		t.Equal("Session Present of an interval above half the range", long.Reconnect().SessionPresent, true)
	},
})

var _ = add(Scenario{
	ID:     "session.expiry-while-connected",
	Title:  "a session does not expire while its client is connected",
	Why:    "the interval is for the time away; a quiet client must not lose its subscriptions",
	Proves: V5("MQTT-4.1.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber"), expiry(1)), t.Connect(Name("publisher"))
		needsExpiry(t, sub, 1)
		topic := t.Topic("t")
		sub.Subscribe(topic, 1)
		// With a reconnect on the way, after which the old clock must not run on.
		sub.Drop()
		sub.Reconnect(Clean(false))
		if !sub.Connack.SessionPresent {
			sub.Subscribe(topic, 1) // a busy machine took longer than the interval to come back
		}
		t.Sleep(2500 * time.Millisecond)
		t.Step("the subscription delivers after more than the interval", V5("MQTT-4.1.0-1")...)
		pub.Publish(topic, "still there", 1)
		sub.ExpectMessage(topic, "still there")
	},
})

var _ = add(Scenario{
	ID:     "session.clean-start-then-kept",
	Title:  "a session that began with a clean start is kept for its Session Expiry Interval",
	Why:    "5.0 divides what 3.1.1 had in one bit: how a session begins says nothing about how it ends",
	Proves: V5("MQTT-3.1.2-23", "MQTT-3.2.2-2", "MQTT-3.2.2-3"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber"), Clean(true), expiry(300)), t.Connect(Name("publisher"))
		needsSession(t, sub)
		t.Step("a clean start finds no session", V5("MQTT-3.2.2-2")...)
		t.Equal("Session Present", sub.Connack.SessionPresent, false)
		topic := t.Topic("t")
		sub.Subscribe(topic, 1)
		sub.Disconnect()
		pub.Publish(topic, "while away", 1)
		t.Step("the session is kept, with the messages that came", V5("MQTT-3.1.2-23")...)
		sub.Reconnect(Clean(false))
		sub.ExpectMessage(topic, "while away")
		t.Step("and CONNACK tells of it", V5("MQTT-3.2.2-3")...)
		t.Equal("Session Present", sub.Connack.SessionPresent, true)
	},
})

var _ = add(Scenario{
	ID:     "session.expiry-of-latest-connect",
	Title:  "the Session Expiry Interval of the latest CONNECT is in force",
	Why:    "a client that says at its last visit that it will not come back wants nothing kept",
	Proves: V5("MQTT-4.1.0-2", "MQTT-3.1.2-23"),
	Run: func(t *T) {
		c := kept(t)
		c.Disconnect()
		t.Step("the session is there for a CONNECT with expiry 0", V5("MQTT-3.1.2-23")...)
		t.Equal("Session Present", c.Reconnect(expiry(0)).SessionPresent, true)
		needsExpiry(t, c, 0)
		c.Disconnect()
		t.Step("and ends with that connection", V5("MQTT-4.1.0-2")...)
		t.Equal("Session Present", c.Reconnect().SessionPresent, false)
	},
})

var _ = add(Scenario{
	ID:     "session.disconnect-ends",
	Title:  "a DISCONNECT with Session Expiry Interval 0 ends the session",
	Why:    "it is how a client says goodbye for good, and frees what the broker holds for it",
	Proves: V5("MQTT-4.1.0-2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub, topic := sessionWithMail(t)
		sub.Reconnect()
		sub.ExpectMessage(topic, "second message that waits")
		sub.Sync()
		disconnectWithExpiry(sub, 0)
		t.Step("no session is left", V5("MQTT-4.1.0-2")...)
		pub.Publish(topic, "to nobody", 1)
		t.Equal("Session Present", sub.Reconnect().SessionPresent, false)
		t.Step("no message and no subscription is left", V5("MQTT-4.1.0-2")...)
		sub.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "session.disconnect-changes-expiry",
	Title:  "the Session Expiry Interval of a DISCONNECT takes the place of that of the CONNECT",
	Why:    "a client that leaves for a moment, or for long, says so when it leaves",
	Proves: V5("MQTT-4.1.0-2", "MQTT-3.1.2-23", "U5-3.14.2.2.2-u4"),
	Run: func(t *T) {
		const interval = 1
		raised := t.Connect(Name("client that raises it"), Clean(false), expiry(interval))
		needsExpiry(t, raised, interval)
		var lowered []*Client
		for _, name := range []string{"first", "second", "third", "fourth"} {
			lowered = append(lowered, kept(t, Name(name+" client that lowers it")))
		}
		t.Step("the session is there as long as nothing is changed", V5("MQTT-3.1.2-23", "U5-3.14.2.2.2-u4")...)
		lowered[0].Disconnect()
		t.Equal("Session Present", lowered[0].Reconnect().SessionPresent, true)
		disconnectWithExpiry(raised, 300)
		for _, c := range lowered {
			disconnectWithExpiry(c, interval)
		}
		t.Step("the lower interval ends the session", V5("MQTT-4.1.0-2")...)
		expectExpired(t, interval*time.Second, lowered...)
		// A broker may have a limit of its own, and no packet left to say so.
		t.Observe("session after DISCONNECT raised its expiry", "%s",
			map[bool]string{true: "kept", false: "gone"}[raised.Reconnect().SessionPresent])
	},
})

var _ = add(Scenario{
	ID:     "session.disconnect-revives",
	Title:  "a DISCONNECT cannot give an expiry to a session that was to end with its connection",
	Why:    "the broker may have refused already, in CONNACK, to keep anything for this client",
	Proves: V5("MQTT-4.1.0-2", "MQTT-3.1.2-23", "U5-3.14.2.2.2-u2", "U5-3.14.2.2.2-u3"),
	Run: func(t *T) {
		c := kept(t)
		c.Disconnect()
		t.Step("with an expiry the session is there", V5("MQTT-3.1.2-23")...)
		t.Equal("Session Present", c.Reconnect().SessionPresent, true)
		c.Disconnect()
		c.Reconnect(expiry(0))
		needsExpiry(t, c, 0)
		c.Send(&codec.Disconnect{Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, 300)}})
		t.Step("the Protocol Error is answered with a DISCONNECT (3.14.2.2.2)")
		answer, answered := c.AnswerWithin(t.Timeouts().Answer).(*codec.Disconnect)
		if answered {
			t.Observe("answer", "DISCONNECT 0x%02X", answer.Code)
		} else {
			t.Warn(V5("U5-3.14.2.2.2-u3"), "a DISCONNECT with Reason Code 0x82", "the connection was closed without one")
		}
		c.Drop()
		t.Step("the session ended with its connection", V5("MQTT-4.1.0-2", "U5-3.14.2.2.2-u2")...)
		t.Equal("Session Present", c.Reconnect().SessionPresent, false)
	},
})
