package scenarios

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// What a broker makes of bytes for which the standard names no reaction: that is
// observed, and that it goes on serving others is demanded.

// othersServed is what a client that does nothing wrong is owed.
var othersServed = Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1"))

func goesOn(c *Client) string {
	if c.CarriesOn() {
		return "the connection goes on"
	}
	return "the connection is closed"
}

var _ = add(Scenario{
	ID:     "wire.longer-lengths",
	Title:  "what a broker does with a length that has more bytes than it needs is observed, and it goes on serving others",
	Why:    "5.0 forbids such lengths to senders and 3.1.1 does not; either way a broker closes or carries on as it likes",
	Proves: othersServed,
	Run: func(t *T) {
		other := t.Connect(Name("other"))
		observe := func(what string, p codec.Packet, m codec.Mutation) {
			c := t.Connect(Name("client with " + what))
			c.SendBroken(p, m)
			t.Observe(what, "%s", goesOn(c))
		}
		observe("Remaining Length 80 00", &codec.Pingreq{}, codec.LengthBytes(0x80, 0))
		observe("Remaining Length 80 80 80 00", &codec.Pingreq{}, codec.LengthBytes(0x80, 0x80, 0x80, 0))
		observe("Remaining Length of a PUBLISH with a byte too many", message(t.Topic("a"), "x", 0, 0), codec.NonMinimalLength())
		if t.V5() {
			observe("Property Length of a PUBLISH with a byte too many", message(t.Topic("a"), "x", 0, 0), codec.NonMinimalPropertyLength())
			observe("Subscription Identifier 81 00",
				&codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{filterAt(t.Topic("a"), 0)}},
				codec.PropertyBytes(byte(codec.SubscriptionIdentifier), 0x81, 0))
		}
		t.Step("the other client is served", othersServed...)
		other.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "wire.huge-lengths",
	Title:  "what a broker does with packets of 256 MB of which only the beginning comes is observed, with its memory, and it goes on serving others",
	Why:    "a few bytes from a few clients, not even let in, must not fill the memory of the broker",
	Proves: othersServed,
	Serial: true, // alone its memory says something
	Run: func(t *T) {
		const clients = 8
		other := t.Connect(Name("other"))
		before, known := t.Memory()
		begun := map[string][]*Client{}
		begin := func(what string, c *Client, data []byte) {
			c.SendRaw(data)
			begun[what] = append(begun[what], c)
		}
		for i := range clients {
			c := t.Connect(Name(fmt.Sprintf("publisher %d", i+1)))
			begin("PUBLISH of 256 MB", c, []byte{0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1, 'a'})
			begin("CONNECT of 256 MB", t.Open(Name(fmt.Sprintf("newcomer %d", i+1))), []byte{0x10, 0xFF, 0xFF, 0xFF, 0x7F, 0, 4, 'M', 'Q', 'T', 'T'})
		}
		begin("type 0 with 256 MB", t.Connect(Name("client with type 0")), []byte{0, 0xFF, 0xFF, 0xFF, 0x7F, 0})
		until := t.Elapsed() + t.Timeouts().CarriesOn // one wait for all of them
		for _, what := range slices.Sorted(maps.Keys(begun)) {
			for _, c := range begun[what] {
				if c.ClosedWithin(max(0, until-t.Elapsed())) {
					t.Observe(what, "the connection is closed")
				} else {
					t.Observe(what, "the broker waits for the rest")
				}
			}
		}
		if after, ok := t.Memory(); ok && known {
			t.Observe(fmt.Sprintf("memory of the broker for %d packets of 256 MB", 2*clients+1), "%+d MB", (after-before)>>20)
		}
		t.Step("the other client is served", othersServed...)
		other.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "wire.old-bugs",
	Title:  "the broker survives packets and sequences by which brokers of the past were ended",
	Why:    "what has ended one broker is the first that an attacker tries on another",
	Proves: othersServed,
	Serial: true, // each of them has ended a broker
	Run: func(t *T) {
		other := t.Connect(Name("other"))
		for _, bug := range oldBugs {
			if bug.only5 && !t.V5() {
				continue
			}
			t.Step(bug.name, othersServed...)
			c := t.Open(Name("client with " + bug.name))
			if !bug.first {
				c.SendConnect()
				acceptedByBroker(t, c)
			}
			bug.run(t, c)
			t.Observe(bug.name, "%s", goesOn(c))
			c.Drop()
			other.StillOpen()
		}
	},
})

// oldBugs are in our words what was published about brokers. The filter of many
// slashes (CVE-2019-11779) is in wildcard.long-filters, and a SUBSCRIBE without its
// options in malformed.subscribe-cut.
var oldBugs = []struct {
	name         string
	first, only5 bool // before CONNECT; in 5.0 only
	run          func(t *T, c *Client)
}{
	// mosquitto before 1.5.3, CVE-2018-12543.
	{"a PUBLISH to a topic that begins with $", false, false, func(_ *T, c *Client) { c.Send(message("$test/test", "x", 0, 0)) }},
	// mosquitto before 2.0.8, CVE-2021-34432.
	{"a PUBLISH with an empty topic", false, false, func(_ *T, c *Client) { c.Send(message("", "x", 0, 0)) }},
	// mosquitto before 2.0.10, CVE-2021-28166.
	{"a CONNACK from a client", false, false, func(_ *T, c *Client) { c.SendRaw([]byte{0x20, 3, 0, 0, 0}) }},
	// mosquitto before 1.6.5, CVE-2019-11778.
	{"a Will Delay Interval beyond the Session Expiry Interval", true, true, func(t *T, c *Client) {
		p := c.Packet()
		w := delayed(will(t.Topic("will"), "x", 0), 60)
		p.Will, p.Properties = &w, codec.Properties{codec.Int(codec.SessionExpiryInterval, 1)}
		c.Send(p)
		c.ClosedWithin(t.Timeouts().CarriesOn)
		c.Drop()
		c.Dial()
		c.SendConnect()
	}},
	// mosquitto before 2.0.16, CVE-2023-3592.
	{"a will with a property of CONNECT", true, true, func(t *T, c *Client) {
		p := c.Packet()
		w := will(t.Topic("will"), "x", 0)
		p.Will = &w
		c.SendBroken(p, codec.WillPropertyBytes(byte(codec.ReceiveMaximum), 0, 1))
	}},
	// mosquitto before 2.0.16, CVE-2023-28366.
	{"two hundred PUBLISHes at QoS 2 under one identifier", false, false, func(t *T, c *Client) {
		frames := make([][]byte, 200)
		for i := range frames {
			frames[i] = bytesOf(t, message(t.Topic("a"), "x", 2, 10))
		}
		c.SendFrames(frames...)
	}},
	// mosquitto before 2.0.19, CVE-2024-8376.
	{"SUBSCRIBE, UNSUBSCRIBE and PUBLISH behind a DISCONNECT", false, false, func(t *T, c *Client) {
		topic := t.Topic("a")
		c.SendFrames(bytesOf(t, &codec.Disconnect{}),
			bytesOf(t, &codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{filterAt(topic, 1)}}),
			bytesOf(t, &codec.Unsubscribe{PacketID: 11, Filters: []codec.Text{codec.Text(topic)}}),
			bytesOf(t, message(topic, "x", 1, 12)))
	}},
	// Filters whose tree some brokers took down with the subscription.
	{"SUBSCRIBE and UNSUBSCRIBE of unusual filters at once", false, false, func(t *T, c *Client) {
		for i, filter := range []string{"/", "//", "$share/g//", "$share/g/" + t.Topic("a"), "$SYS/#", t.Topic("a/+/#")} {
			id := uint16(10 + 2*i)
			c.SendFrames(bytesOf(t, &codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(filter, 0)}}),
				bytesOf(t, &codec.Unsubscribe{PacketID: id + 1, Filters: []codec.Text{codec.Text(filter), codec.Text(filter)}}))
		}
	}},
	// mosquitto before 2.0.12, CVE-2021-41039.
	{"a CONNECT with thousands of User Properties", true, true, func(_ *T, c *Client) {
		p := c.Packet()
		for range 5000 {
			p.Properties = append(p.Properties, codec.User("a", "b"))
		}
		c.Send(p)
	}},
}
