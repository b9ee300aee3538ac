package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// lasting keeps the session of a client of 5.0 for so many seconds after the
// end of its connection.
func lasting(seconds uint32) Option { return With(codec.Int(codec.SessionExpiryInterval, seconds)) }

// willAt expects a will that is due so long after the connection ended, which
// was at ended. A second before it is no early one: brokers count whole seconds.
func willAt(t *T, sub *Client, topic, payload string, ended, due time.Duration) {
	m := sub.ExpectMessageWithin(due, topic, payload)
	after := m.Came() - ended
	t.Observe("will due after "+due.String()+" came after", "%.1f s", after.Seconds())
	m.Is("published more than a second early", after < due-time.Second, false)
}

var _ = add(Scenario{
	ID:     "will.delay",
	Title:  "a will with a Will Delay Interval is published when the delay is over, and not before",
	Why:    "every short gap in the radio link raises an alarm",
	Proves: V5("MQTT-3.1.2-8", "MQTT-3.1.2-7"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), lasting(60), WithWill(delayed(will(topic, "gone for good", 1), 2)))
		keptSession(t, c)
		c.Sync()
		ended := t.Elapsed()
		c.Drop()
		t.Step("the will is kept with the session, and published after its delay", V5("MQTT-3.1.2-8", "MQTT-3.1.2-7")...)
		willAt(t, sub, topic, "gone for good", ended, 2*time.Second)
	},
})

var _ = add(Scenario{
	ID:     "will.delay-resumed",
	Title:  "a will is not published when the session is resumed before the Will Delay Interval is over",
	Why:    "the delay is there for clients that come back; else it only makes the false alarm late",
	Proves: V5("MQTT-3.1.3-9", "MQTT-3.1.2-8"),
	Needs:  []Feature{QoS1},
	Run: willResumed(func(c *Client) {
		c.Drop()
		c.Reconnect(NoWill(), Clean(false))
	}),
})

var _ = add(Scenario{
	ID:     "will.delay-takeover",
	Title:  "a will with a Will Delay Interval is not published when another connection takes its session over",
	Why:    "a client that comes back before the broker has noticed its absence raises an alarm",
	Proves: V5("MQTT-3.1.3-9", "MQTT-3.1.2-8"),
	Needs:  []Feature{QoS1},
	Run: willResumed(func(c *Client) {
		c.Reconnect(NoWill(), Clean(false))
	}),
})

// willResumed gives a scenario in which a client comes back to its session in
// time.
func willResumed(comeBack func(c *Client)) func(t *T) {
	const delay = 2 * time.Second
	return func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), lasting(60), WithWill(delayed(will(topic, "not to be seen", 1), 2)))
		keptSession(t, c)
		c.Sync()
		ended := t.Elapsed()
		comeBack(c)
		back := t.Elapsed() - ended
		t.Step("the session is resumed", V5("MQTT-3.2.2-3")...)
		t.Equal("Session Present", c.Connack.SessionPresent, true)
		if back > delay-time.Second {
			t.Skip("this machine is too busy: the client was back after %s, too near to the delay", back)
		}
		t.Sleep(delay + time.Second - back)
		t.Step("its will is not published", V5("MQTT-3.1.3-9")...)
		sub.ExpectNothing(sub)
		t.Step("while those of others are", V5("MQTT-3.1.2-8")...)
		t.Connect(Name("other device"), WithWill(will(topic, "the other device's will", 1))).Drop()
		willNow(t, sub, topic, "the other device's will")
	}
}

var _ = add(Scenario{
	ID:     "will.delay-clean-start",
	Title:  "a delayed will whose session is ended by Clean Start is published at most once",
	Why:    "the standard says two things about this case; what a broker does must be known before it is relied on",
	Proves: V5("MQTT-3.1.2-8", "MQTT-3.1.2-10"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 2)
		c := t.Connect(Name("device"), lasting(60), WithWill(delayed(will(topic, "old session", 2), 1)))
		keptSession(t, c)
		c.Drop()
		c.Reconnect(NoWill(), Clean(true))
		t.Sleep(2 * time.Second)
		t.Fence(sub, sub)
		came := len(sub.Pending())
		t.Observe("wills published when Clean Start ends the session within the delay", "%d", came)
		t.Step("a will is published once at most", V5("MQTT-3.1.2-10")...)
		t.Equal("more than one will", came > 1, false)
		t.Step("wills are published at all", V5("MQTT-3.1.2-8")...)
		t.Connect(Name("other device"), WithWill(will(topic, "the other device's will", 2))).Drop()
		willNow(t, sub, topic, "the other device's will")
	},
})

var _ = add(Scenario{
	ID:     "will.delay-session-ends",
	Title:  "a will is published when its session ends, although the Will Delay Interval is longer",
	Why:    "the session is gone and with it the only chance to report it",
	Proves: V5("MQTT-3.1.2-8"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), lasting(1), WithWill(delayed(will(topic, "session over", 1), 60)))
		if in := c.Connack.Properties.Int(codec.SessionExpiryInterval, 1); in != 1 {
			t.Skip("the broker changes the Session Expiry Interval to %d s", in)
		}
		ended := t.Elapsed()
		c.Drop()
		t.Step("the will is published at the end of the session", V5("MQTT-3.1.2-8")...)
		willAt(t, sub, topic, "session over", ended, time.Second)
	},
})

var _ = add(Scenario{
	ID:     "will.delay-absent",
	Title:  "a will without a Will Delay Interval is published at once, although the session lasts",
	Why:    "a client that keeps its session for an hour would be reported an hour late",
	Proves: V5("MQTT-3.1.2-8", "U5-3.1.3.2.2-u2", "U5-3.1.2.5-u1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), lasting(60), WithWill(will(topic, "gone", 1)))
		keptSession(t, c)
		c.Drop()
		t.Step("the will is published without delay", V5("MQTT-3.1.2-8", "U5-3.1.3.2.2-u2")...)
		willNow(t, sub, topic, "gone")
	},
})

var _ = add(Scenario{
	ID:     "will.delay-no-session",
	Title:  "a will is published at once when the session ends with the connection, whatever its Will Delay Interval",
	Why:    "a client that keeps no session sets a delay and is never reported",
	Proves: V5("MQTT-3.1.2-8"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), WithWill(delayed(will(topic, "session over", 1), 60)))
		noSessionKept(t, c)
		c.Drop()
		t.Step("the will is published", V5("MQTT-3.1.2-8")...)
		willNow(t, sub, topic, "session over")
	},
})

var _ = add(Scenario{
	ID:     "will.expired",
	Title:  "a will whose Message Expiry Interval is over is not delivered to a client that comes back later",
	Why:    "an alarm that was good for a second goes off hours later",
	Proves: V5("MQTT-3.3.2-5", "MQTT-3.1.2-8"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		away := t.Connect(Name("away"), Keep())
		keptSession(t, away)
		away.Subscribe(topic, 1)
		away.Disconnect()
		sub := willWatcher(t, topic)
		short := will(topic, "good for a second", 1)
		short.Properties = codec.Properties{codec.Int(codec.MessageExpiryInterval, 1)}
		t.Connect(Name("device"), WithWill(short)).Drop()
		t.Connect(Name("other device"), WithWill(will(topic, "good for ever", 1))).Drop()
		t.Step("both wills are published", V5("MQTT-3.1.2-8")...)
		willNow(t, sub, topic, "good for a second")
		willNow(t, sub, topic, "good for ever")
		t.Sleep(2500 * time.Millisecond)
		away.Reconnect()
		t.Step("the one that lasts is delivered", guideDelivers...)
		away.ExpectMessage(topic, "good for ever")
		t.Step("the other one is deleted", V5("MQTT-3.3.2-5")...)
		away.ExpectNothing(sub)
	},
})

var _ = add(Scenario{
	ID:     "will.disconnect-with-will",
	Title:  "DISCONNECT with Reason Code 0x04 publishes the will",
	Why:    "a device that shuts down by itself and wants it known has no other way to say so",
	Proves: V5("MQTT-3.1.2-8", "U5-3.14-u1"),
	Needs:  []Feature{QoS1},
	Run:    willAfterCode(0x04),
})

var _ = add(Scenario{
	ID:     "will.disconnect-with-error",
	Title:  "DISCONNECT with the Reason Code of an error publishes the will",
	Why:    "a client that gives up because of an error is taken for one that left as planned",
	Proves: V5("MQTT-3.1.2-8", "U5-3.14-u1"),
	Needs:  []Feature{QoS1},
	Run:    willAfterCode(0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99),
})

var _ = add(Scenario{
	ID:     "will.disconnect-short",
	Title:  "DISCONNECT with Reason Code 0x04 and nothing behind it publishes the will",
	Why:    "the code may stand alone; a broker that reads it only with properties behind it takes it for a normal end",
	Proves: V5("MQTT-3.1.2-8", "U5-3.14-u1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), WithWill(will(topic, "on purpose", 1)))
		t.Step("the will is published", V5("MQTT-3.1.2-8", "U5-3.14-u1")...)
		c.SendRaw([]byte{0xE0, 1, 0x04}) // Remaining Length 1: no Property Length
		c.ClosedWithin(t.Timeouts().Farewell)
		c.Drop() // the close is the client's to do
		willNow(t, sub, topic, "on purpose")
	},
})

// willAfterCode gives a scenario in which clients leave with Reason Codes that
// leave the will alive.
func willAfterCode(codes ...byte) func(t *T) {
	return func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		for _, code := range codes {
			c := t.Connect(Name("device"), WithWill(will(topic, reasonText(code), 1)))
			// The will is due when the connection is closed, which is for the
			// client to do (MQTT-3.14.4-1) and for the server only a SHOULD.
			c.DisconnectWith(&codec.Disconnect{Code: code})
		}
		t.Step("the wills are published", V5("MQTT-3.1.2-8", "U5-3.14-u1")...)
		var missing []string
		began := t.Elapsed()
		for _, code := range codes {
			if _, ok := sub.Gets(topic, reasonText(code), max(0, willLimit(t)-(t.Elapsed()-began))); !ok {
				missing = append(missing, reasonText(code))
			}
		}
		t.Equal("wills that do not come after", strings.Join(missing, ", "), "")
	}
}

func reasonText(code byte) string {
	return fmt.Sprintf("0x%02X %s", code, codec.ReasonName(codec.DISCONNECT, codec.V5, code))
}

var _ = add(Scenario{
	ID:     "will.disconnect-invalid",
	Title:  "a DISCONNECT that sets a Session Expiry Interval where CONNECT had none is an error and does not discard the will",
	Why:    "a client that breaks the protocol leaves as if all were well",
	Proves: V5("MQTT-3.1.2-8", "MQTT-4.13.1-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), WithWill(will(topic, "no valid DISCONNECT", 1)))
		c.Send(&codec.Disconnect{Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, 60)}})
		t.Step("the broker closes the connection", V5("MQTT-4.13.1-1")...)
		c.ExpectClosed()
		t.Step("the will is published", V5("MQTT-3.1.2-8")...)
		willNow(t, sub, topic, "no valid DISCONNECT")
	},
})
