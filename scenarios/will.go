package scenarios

import (
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var (
	// willComes is what a missing will breaks.
	willComes = Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8"))
	// willGone is what a will breaks that comes although it was discarded.
	willGone = Requirements(V311("MQTT-3.1.2-10", "MQTT-3.14.4-3"), V5("MQTT-3.1.2-10", "MQTT-3.14.4-3"))
	// willPrompt is what a will breaks that comes late.
	willPrompt = Requirements(V311("U3-3.1.2.5-u1"), V5("U5-3.1.2.5-u1"))
	// willDue is what a will breaks that does not come after an end of the
	// connection which the text lists (3.1.1, 3.1.2.5), or which is any other than
	// a DISCONNECT with code 0x00 (5.0, 3.14).
	willDue = Requirements(willComes, V311("U3-3.1.2.5-u3"), V5("U5-3.14-u1"))
)

// will makes a Will Message.
func will(topic, payload string, qos byte) codec.Will {
	return codec.Will{Topic: codec.Text(topic), Payload: []byte(payload), QoS: qos}
}

// delayed makes a Will Message of 5.0 that waits.
func delayed(w codec.Will, seconds uint32) codec.Will {
	w.Properties = append(w.Properties, codec.Int(codec.WillDelayInterval, seconds))
	return w
}

// willWatcher subscribes to a topic of wills at QoS 1.
func willWatcher(t *T, topic string) *Client {
	sub := t.Connect(Name("subscriber"))
	sub.Subscribe(topic, 1)
	return sub
}

// willLimit is how long a will may take that is due at once: longer than another
// message, since it hangs on the close of a connection, which some brokers look
// at from time to time only.
func willLimit(t *T) time.Duration { return t.Timeouts().Delivery * 3 / 2 }

// willNow expects a will that is due at once. Where it comes late that is against
// advice: promptly has no number (3.1.2.5).
func willNow(t *T, sub *Client, topic, payload string) *Message {
	if m, ok := sub.Gets(topic, payload, willLimit(t)); ok {
		return m
	}
	never := max(willLimit(t), t.Timeouts().Late)
	m, ok := sub.Gets(topic, payload, never-willLimit(t))
	if !ok {
		t.Fail(fmt.Sprintf("a will with payload %.40q", payload), fmt.Sprintf("none within %s", never), -1)
	}
	t.Warn(willPrompt, fmt.Sprintf("the will within %s", willLimit(t)), "it comes later")
	return m
}

// noWill expects, behind a will of another client on the same topic and a fence,
// that no other will has come. That other will shows that the broker was able
// to publish one.
func noWill(t *T, sub *Client, topic string) {
	t.Connect(Name("other client"), WithWill(will(topic, "the other client's will", 1))).Drop()
	willNow(t, sub, topic, "the other client's will")
	sub.ExpectNothing(sub)
}

var _ = add(Scenario{
	ID:     "will.closed",
	Title:  "a will is published when the client closes its connection without DISCONNECT",
	Why:    "nobody learns that a device has crashed",
	Proves: Requirements(willDue, willPrompt),
	Needs:  []Feature{QoS1},
	Run:    willAfter((*Client).Drop),
})

var _ = add(Scenario{
	ID:     "will.reset",
	Title:  "a will is published when the connection of the client is reset",
	Why:    "a device behind a router that drops its connections is lost without a word",
	Proves: Requirements(willDue, willPrompt),
	Needs:  []Feature{QoS1},
	Run:    willAfter((*Client).Reset),
})

var _ = add(Scenario{
	ID:     "will.protocol-error",
	Title:  "a will is published when the broker closes the connection because of a malformed packet",
	Why:    "a client that is thrown out is as lost as one that crashed, and nobody learns it",
	Proves: Requirements(willDue, V311("MQTT-3.3.1-4"), V5("MQTT-4.13.1-1")),
	Needs:  []Feature{QoS1},
	Run: willAfter(func(c *Client) {
		c.SendBroken(&codec.Publish{Topic: c.Packet().Will.Topic, QoS: 1, PacketID: c.NextID()}, codec.QoS3())
		c.ExpectClosed()
	}, Requirements(V311("MQTT-3.3.1-4"), V5("MQTT-4.13.1-1"))...),
})

var _ = add(Scenario{
	ID:     "will.second-connect",
	Title:  "a will is published when the broker closes the connection because of a second CONNECT",
	Why:    "a client that is thrown out is as lost as one that crashed, and nobody learns it",
	Proves: Requirements(willDue, V311("MQTT-3.1.0-2"), V5("MQTT-3.1.0-2")),
	Needs:  []Feature{QoS1},
	Run: willAfter(func(c *Client) {
		c.SendConnect()
		c.ExpectClosed()
	}, Requirements(V311("MQTT-3.1.0-2"), V5("MQTT-3.1.0-2"))...),
})

// willAfter gives a scenario in which the client's connection ends in a way
// that publishes its will. closing is what the broker breaks that does not
// close it.
func willAfter(end func(c *Client), closing ...spec.Ref) func(t *T) {
	return func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), WithWill(will(topic, "gone", 1)))
		c.Sync()
		t.Step("no will is published while the client is connected", willComes...)
		sub.ExpectNothing(c)
		t.Step("the connection ends", closing...)
		end(c)
		t.Step("the will is published", willDue...)
		willNow(t, sub, topic, "gone")
	}
}

var _ = add(Scenario{
	ID:     "will.keep-alive",
	Title:  "a will is published when the client has been silent for one and a half times its keep alive",
	Why:    "a cut cable closes no connection; without this nobody ever learns that the device is gone",
	Proves: Requirements(willDue, V311("MQTT-3.1.2-24"), V5("MQTT-3.1.2-22")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), KeepAlive(1), WithWill(will(topic, "gone", 1)))
		t.Step("the silent client is disconnected", Requirements(V311("MQTT-3.1.2-24"), V5("MQTT-3.1.2-22"))...)
		limit := serverKeepAlive(t, c, 1) * 3 / 2
		c.ExpectClosedWithin(limit + t.Timeouts().Late)
		t.Step("its will is published", willDue...)
		willNow(t, sub, topic, "gone")
	},
})

// serverKeepAlive gives the keep alive in force. The scenario is skipped where a
// broker of 5.0 sets one that takes too long to wait for.
func serverKeepAlive(t *T, c *Client, asked uint32) time.Duration {
	const longest = 5
	seconds := c.Connack.Properties.Int(codec.ServerKeepAlive, asked)
	if seconds != asked {
		t.Observe("Server Keep Alive", "%d s", seconds)
	}
	if seconds == 0 || seconds > longest {
		t.Skip("the broker sets a Server Keep Alive of %d s", seconds)
	}
	return time.Duration(seconds) * time.Second
}

var _ = add(Scenario{
	ID:     "will.takeover",
	Title:  "a will is published when another connection with the same client id takes over",
	Why:    "two devices with one name throw each other out, and nobody sees it",
	Proves: Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8", "U5-3.1.4-u3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		old := t.Connect(Name("first"), WithWill(will(topic, "taken over", 1)))
		t.Connect(Name("second"), ID(old.ID()))
		t.Step("the will of the first connection is published",
			Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8", "U5-3.1.4-u3"))...)
		willNow(t, sub, topic, "taken over")
	},
})

var _ = add(Scenario{
	ID:     "will.disconnect",
	Title:  "a will is discarded when the client says goodbye with DISCONNECT",
	Why:    "every planned shutdown raises an alarm, until nobody listens to alarms",
	Proves: willGone,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), WithWill(will(topic, "not to be seen", 1)))
		c.Disconnect()
		if t.V5() { // the same, in more bytes (3.14.2.1)
			for _, long := range [][]byte{{0xE0, 1, 0x00}, {0xE0, 2, 0x00, 0}} {
				c.Reconnect()
				c.SendRaw(long)
				c.ClosedWithin(t.Timeouts().Farewell)
				c.Drop()
			}
		}
		t.Step("no will after DISCONNECT", willGone...)
		noWill(t, sub, topic)
	},
})

var _ = add(Scenario{
	ID:     "will.disconnect-delayed",
	Title:  "a will that would wait is discarded by DISCONNECT too: it comes neither at once nor when its delay is over",
	Why:    "a device that was switched off as planned is reported dead later, when nobody thinks of it any more",
	Proves: V5("MQTT-3.1.2-10", "MQTT-3.14.4-3"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), lasting(60), WithWill(delayed(will(topic, "not to be seen", 1), 1)))
		keptSession(t, c)
		c.Disconnect()
		t.Sleep(2500 * time.Millisecond)
		t.Step("no will after DISCONNECT", willGone...)
		noWill(t, sub, topic)
	},
})

var _ = add(Scenario{
	ID:     "will.once",
	Title:  "a will is published once, and not again when a later connection of the client ends",
	Why:    "an alarm of yesterday goes off again",
	Proves: Requirements(V311("MQTT-3.1.2-8", "MQTT-3.1.2-10", "MQTT-3.1.2-12"), V5("MQTT-3.1.2-8", "MQTT-3.1.2-10")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 2)
		c := t.Connect(Name("device"), Keep(), WithWill(will(topic, "gone", 2)))
		c.Drop()
		t.Step("the will is published", willComes...)
		willNow(t, sub, topic, "gone")
		t.Step("it is not published again when a connection without a will ends",
			Requirements(V311("MQTT-3.1.2-10", "MQTT-3.1.2-12"), V5("MQTT-3.1.2-10"))...)
		c.Reconnect(NoWill())
		c.Drop()
		noWill(t, sub, topic)
	},
})

var _ = add(Scenario{
	ID:     "will.none",
	Title:  "a connection without a will publishes none, whatever an earlier one of the same client had",
	Why:    "a client that gave up its will is reported dead by a message that it no longer stands for",
	Proves: Requirements(V311("MQTT-3.1.2-12", "MQTT-3.1.2-10"), V5("MQTT-3.1.2-10")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), Keep(), WithWill(will(topic, "of an earlier connection", 1)))
		c.Disconnect()
		c.Reconnect(NoWill())
		c.Drop()
		t.Step("nothing is published", Requirements(V311("MQTT-3.1.2-12", "MQTT-3.1.2-10"), V5("MQTT-3.1.2-10"))...)
		noWill(t, sub, topic)
	},
})

var _ = add(Scenario{
	ID:     "will.replaced",
	Title:  "the will of a connection is the one that its own CONNECT gave",
	Why:    "a device that moved is reported missing at its old place",
	Proves: Requirements(V311("MQTT-3.1.2-8", "MQTT-3.1.2-10"), V5("MQTT-3.1.2-8", "MQTT-3.1.2-10")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("device"), Keep(), WithWill(will(topic, "old", 1)))
		c.Disconnect()
		c.Reconnect(WithWill(will(topic, "new", 1)))
		c.Drop()
		t.Step("the new will is published", willComes...)
		if _, ok := sub.Gets(topic, "new", willLimit(t)); !ok {
			t.Broken("the new will", fmt.Sprintf("not within %s", willLimit(t)), -1)
		}
		t.Step("the old one is not", Requirements(V311("MQTT-3.1.2-10"), V5("MQTT-3.1.2-10"))...)
		sub.ExpectNothing(sub)
	},
})

var _ = add(Scenario{
	ID:     "will.payload",
	Title:  "a will is published with the very bytes that CONNECT gave",
	Why:    "a will that is no text (a sealed or packed status) arrives broken",
	Proves: willComes,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		payload := make([]byte, 1024)
		for i := range payload {
			payload[i] = byte(i)
		}
		t.Connect(Name("device"), WithWill(will(topic, string(payload), 1))).Drop()
		t.Step("the will has its 1024 bytes, 0x00 and 0xFF among them", willComes...)
		willNow(t, sub, topic, string(payload)).HasQoS(1)
	},
})

var _ = add(Scenario{
	ID:     "will.to-session",
	Title:  "a will reaches a session that is offline, that of the client itself included",
	Why:    "the one who was away when the alarm went off never hears of it",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.1.2-5"), V5("MQTT-4.5.0-1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		away := t.Connect(Name("away"), Keep())
		away.Subscribe(topic, 1)
		away.Sync()
		away.Disconnect()
		c := t.Connect(Name("device"), Keep(), WithWill(will(topic, "gone", 1)))
		keptSession(t, c)
		c.Subscribe(topic, 1)
		watch := willWatcher(t, topic)
		c.Drop()
		t.Step("the will is published", willComes...)
		willNow(t, watch, topic, "gone")
		t.Step("the sessions of both have it", Requirements(V311("MQTT-4.5.0-1", "MQTT-3.1.2-5"), V5("MQTT-4.5.0-1"))...)
		for _, sub := range []*Client{away, c} {
			sub.Reconnect(NoWill())
			sub.ExpectMessage(topic, "gone")
		}
	},
})
