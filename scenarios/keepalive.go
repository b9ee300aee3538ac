package scenarios

import (
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var keepAlive = Requirements(V311("MQTT-3.1.2-24"), V5("MQTT-3.1.2-22"))

// silenceLimit gives how long the broker may leave a silent client connected:
// one and a half times the Keep Alive in force. It skips where the broker sets
// one that is too long to wait for.
func silenceLimit(t *T, c *Client) time.Duration {
	seconds := c.Connack.Properties.Int(codec.ServerKeepAlive, uint32(c.Packet().KeepAlive))
	if seconds == 0 || seconds > 10 {
		t.Skip("the broker sets Server Keep Alive %d, too long to wait for", seconds)
	}
	return time.Duration(seconds) * 1500 * time.Millisecond
}

// expectTimedOut expects the close, for which coarse timers get some time.
func expectTimedOut(t *T, c *Client, limit time.Duration, began time.Time) {
	c.ExpectClosedWithin(max(0, limit+t.Timeouts().Late-time.Since(began)))
	t.Observe("closed after", "%.1f s, due by %.1f s", time.Since(began).Seconds(), limit.Seconds())
	if p, ok := c.Taken(func(p codec.Packet) bool { _, is := p.(*codec.Disconnect); return is }); ok {
		t.Observe("DISCONNECT before it", "0x%02X", p.(*codec.Disconnect).Code)
	}
}

var _ = add(Scenario{
	ID:     "connect.keep-alive-silence",
	Title:  "a client that is silent for one and a half times its Keep Alive is disconnected",
	Why:    "a device that lost its power is noticed only so, and its will goes out only then",
	Proves: Requirements(keepAlive, V5("MQTT-3.2.2-22")),
	Run: func(t *T) {
		c := t.Connect(KeepAlive(1))
		began := time.Now()
		refs := keepAlive
		if _, set := c.Connack.Properties.Find(codec.ServerKeepAlive); !set {
			refs = Requirements(keepAlive, V5("MQTT-3.2.2-22"))
		}
		t.Step("the silent client is closed", refs...)
		expectTimedOut(t, c, silenceLimit(t, c), began)
	},
})

var _ = add(Scenario{
	ID:     "connect.keep-alive-any-packet",
	Title:  "a client that sends any packet in time stays connected, without PINGREQ",
	Why:    "a sensor that publishes each second need not pay for pings as well",
	Proves: keepAlive,
	Run: func(t *T) {
		c, silent := t.Connect(KeepAlive(2)), t.Connect(Name("silent client"), KeepAlive(2))
		began, limit := time.Now(), silenceLimit(t, silent)
		topic := codec.Text(t.Topic("t"))
		for i, p := range []codec.Packet{
			&codec.Publish{Topic: topic, Payload: []byte("one")},
			&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: topic}}},
			&codec.Unsubscribe{PacketID: 2, Filters: []codec.Text{topic}},
			&codec.Publish{Topic: topic, Payload: []byte("two")},
		} {
			t.Step(fmt.Sprintf("after %d s of packets other than PINGREQ", i+1), keepAlive...)
			t.Sleep(time.Second)
			c.Send(p)
		}
		c.StillOpen()
		t.Step("a client that sends nothing in this time is closed", keepAlive...)
		expectTimedOut(t, silent, limit, began)
	},
})

var _ = add(Scenario{
	ID:     "connect.keep-alive-deliveries",
	Title:  "messages to a silent client do not keep its connection alive",
	Why:    "a broker that feeds a dead device counts it as living for as long as there is news",
	Proves: keepAlive,
	Run: func(t *T) {
		c, pub := t.Connect(Name("silent subscriber"), KeepAlive(1)), t.Connect(Name("publisher"))
		topic := t.Topic("t")
		c.Subscribe(topic, 0) // at QoS 0 the client acknowledges nothing
		began := time.Now()
		limit := silenceLimit(t, c)
		pub.Publish(topic, "news", 0)
		c.ExpectMessage(topic, "news")
		t.Step("the silent client is closed in the midst of deliveries", keepAlive...)
		for time.Since(began) < limit+t.Timeouts().Late && !c.ClosedWithin(250*time.Millisecond) {
			pub.Publish(topic, "more news", 0)
		}
		expectTimedOut(t, c, limit, began)
	},
})

var _ = add(Scenario{
	ID:     "connect.server-keep-alive",
	Title:  "where the broker sets a Server Keep Alive, it goes by that and not by the client's",
	Why:    "a client that keeps to what it was told is cut off, or one that is dead is kept",
	Proves: V5("MQTT-3.1.2-22"),
	Run: func(t *T) {
		sparing, eager := t.Connect(Name("silent client that asked for none"), KeepAlive(0)), t.Connect(Name("client that asked for 1 s"), KeepAlive(1))
		began := time.Now()
		told, set := sparing.Connack.Properties.Find(codec.ServerKeepAlive)
		if !set {
			t.Skip("the broker sets no Server Keep Alive")
		}
		limit := silenceLimit(t, sparing)
		if eagerLimit := silenceLimit(t, eager); eagerLimit > 2*time.Second {
			t.Step("a client that is silent for less than the Server Keep Alive is not cut off", V5("MQTT-3.1.2-22")...)
			t.Sleep(eagerLimit / 2) // three quarters of it
			eager.StillOpen()
		}
		t.Step(fmt.Sprintf("a client that is silent for longer than 1.5 times %d s is cut off", told.Int), V5("MQTT-3.1.2-22")...)
		expectTimedOut(t, sparing, limit, began)
	},
})

var _ = add(Scenario{
	ID:     "connect.keep-alive-half-packet",
	Title:  "a client that falls silent in the middle of a packet is disconnected",
	Why:    "a few such connections cost an attacker nothing, and a broker its memory",
	Proves: keepAlive,
	Run: func(t *T) {
		c := t.Connect(KeepAlive(1))
		limit := silenceLimit(t, c)
		began := time.Now()
		t.Step("half a PUBLISH, then silence", keepAlive...)
		c.SendBroken(&codec.Publish{Topic: codec.Text(t.Topic("t")), Payload: []byte("never whole")}, codec.CutAt(12, false))
		expectTimedOut(t, c, limit, began)
	},
})

var _ = add(Scenario{
	ID:     "connect.keep-alive-ping",
	Title:  "every PINGREQ is answered with a PINGRESP",
	Why:    "a client that hears nothing takes the connection for dead and dials again",
	Proves: Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1")),
	Run: func(t *T) {
		const many = 20
		c := t.Connect()
		t.Step("one by one", Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1"))...)
		c.Send(&codec.Pingreq{})
		c.ExpectPingresp()
		t.Step("many in one segment", Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1"))...)
		pings := make([]codec.Packet, many)
		for i := range pings {
			pings[i] = &codec.Pingreq{}
		}
		c.SendTogether(pings...)
		for range many {
			c.ExpectPingresp()
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.keep-alive-range",
	Title:  "a CONNECT with no Keep Alive, or with the longest, is accepted and served",
	Why:    "0 and 65,535 are what clients on cheap links ask for; a broker that counts them as errors locks them out",
	Proves: Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5")),
	Run: func(t *T) {
		for _, seconds := range []uint16{0, 65535} {
			t.Step(fmt.Sprintf("Keep Alive %d", seconds), Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
			c := t.Open(KeepAlive(seconds))
			c.SendConnect()
			t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
			if p, set := c.Connack.Properties.Find(codec.ServerKeepAlive); set && t.Version() == spec.V5 {
				t.Observe(fmt.Sprintf("Server Keep Alive for %d", seconds), "%d", p.Int)
			}
			c.StillOpen()
		}
	},
})

var _ = add(Scenario{
	ID:    "connect.keep-alive-none",
	Title: "a client without a Keep Alive may be silent; that the broker closes its connection all the same is observed",
	Why:   "a device that sleeps for hours asks for it, and should know whether it is let sleep",
	// A server need not end it, and may (3.1.2.10).
	Proves: Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5")),
	Run: func(t *T) {
		const silence = 4
		t.Step("Keep Alive 0 is accepted", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		c := t.Open(KeepAlive(0))
		c.SendConnect()
		t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
		if c.ClosedWithin(silence * time.Second) {
			t.Observe("silence with Keep Alive 0", "closed within %d s", silence)
		} else {
			t.Observe("silence with Keep Alive 0", "open after %d s", silence)
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.keep-alive-drip",
	Title:  "what becomes of a client that sends one packet a byte at a time is observed, and the broker goes on serving others",
	Why:    "a few hundred such clients bring down a server that gives each of them a place for as long as it likes",
	Proves: Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1")),
	Run: func(t *T) {
		other, c := t.Connect(Name("other")), t.Connect(Name("slow client"), KeepAlive(1))
		began, limit := t.Elapsed(), t.Timeouts().Late
		c.Drip(&codec.Publish{Topic: codec.Text(t.Topic("t")), Payload: []byte("never whole")}, time.Second, limit)
		if c.ClosedWithin(0) {
			t.Observe("a packet that comes a byte a second", "closed within %.0f s", (t.Elapsed() - began).Seconds())
		} else {
			t.Observe("a packet that comes a byte a second", "open after %.0f s", limit.Seconds())
		}
		t.Step("the other client is served", Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1"))...)
		other.StillOpen()
	},
})
