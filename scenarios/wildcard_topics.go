package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// inDollar publishes to a Topic Name that begins with $, which a broker may
// refuse, and says whether the subscriber of exactly this topic got it.
func inDollar(t *T, topic, payload string, opts ...PublishOption) bool {
	sub := t.Connect(Name("subscriber of the $ topic"))
	pub := t.Connect(Name("publisher to the $ topic"))
	fence := t.Connect(Name("publisher"))
	if code := sub.SubscribeTo(filterAt(topic, 1))[0]; code != 1 {
		t.Observe("SUBSCRIBE to a topic that begins with $", "code 0x%02X", code)
		return false
	}
	p := &codec.Publish{Topic: codec.Text(topic), Payload: []byte(payload), QoS: 1, PacketID: pub.NextID()}
	for _, o := range opts {
		o(p)
	}
	pub.Send(p)
	if !pub.CarriesOn() {
		t.Observe("PUBLISH to a topic that begins with $", "the connection was closed")
		return false
	}
	t.Fence(fence, sub)
	came := len(sub.Pending()) > 0
	if came {
		t.Observe("PUBLISH to a topic that begins with $", "delivered to who subscribes to exactly it")
	} else {
		t.Observe("PUBLISH to a topic that begins with $", "not delivered")
	}
	return came
}

var _ = add(Scenario{
	ID:     "wildcard.dollar",
	Title:  "filters that begin with # or + match no topic that begins with $",
	Why:    "who subscribes to everything would be flooded with the broker's own figures, and see what is kept from clients",
	Proves: Requirements(V311("MQTT-4.7.2-1"), V5("MQTT-4.7.2-1")),
	Needs:  []Feature{QoS1, Retain, Wildcard},
	Late:   true,
	Run: func(t *T) {
		own := t.Topic("end")
		hidden := "$" + own
		// $SYS and this retained message are what the filters could bring.
		stored := inDollar(t, hidden, "stored", Retained())
		pub := t.Connect(Name("publisher"))
		filters := []string{"#", "+/#", underAny(own), underAny(own) + "/#"}
		if t.V5() && pub.Connack.Properties.Int(codec.SharedSubscriptionAvailable, 1) == 1 {
			filters = append(filters, share("group", underAny(own)), share("all", "#"))
		}
		subs := make([]*Client, len(filters))
		for i, filter := range filters {
			subs[i] = t.Connect(Name("subscriber of " + filter))
			subs[i].Subscribe(filter, 1)
		}
		t.Step("the filters match a plain topic", refsMatch...)
		pub.Publish(own, "plain", 1)
		for _, sub := range subs {
			sub.ExpectMessage(own, "plain")
		}
		t.Step("they match no topic that begins with $", Requirements(V311("MQTT-4.7.2-1"), V5("MQTT-4.7.2-1"))...)
		if stored {
			pub.Publish(hidden, "live", 1)
		}
		t.Fence(pub, subs...)
		for _, sub := range subs {
			for _, m := range sub.Pending() {
				if strings.HasPrefix(m.Topic.String(), "$") {
					m.Unwanted("no topic that begins with $")
					break // one for each filter says it; a broker may send hundreds
				}
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "wildcard.dollar-exchange",
	Title:  "clients cannot use a topic that begins with $ to pass messages to each other",
	Why:    "a client could speak where others take for granted that only the broker does",
	Proves: Requirements(V311("U3-4.7.2-u1"), V5("U5-4.7.2-u1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		t.Step("a plain topic passes messages", refsMatch...)
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(t.Topic("plain"), 1)
		pub.Publish(t.Topic("plain"), "message", 1)
		sub.ExpectMessage(t.Topic("plain"), "message")
		t.Step("one that begins with $ does not", Requirements(V311("U3-4.7.2-u1"), V5("U5-4.7.2-u1"))...)
		if inDollar(t, "$"+t.Topic("x"), "message") {
			t.Broken("no message from one client to another on a topic that begins with $", "it is delivered", -1)
		}
	},
})

var _ = add(Scenario{
	ID:     "wildcard.sys",
	Title:  "$SYS/# brings only topics below $SYS, if any",
	Why:    "monitors read the broker's figures there",
	Proves: Requirements(refsNoMatch, V311("U3-4.7.2-u2")),
	Needs:  []Feature{Wildcard},
	Late:   true,
	Run: func(t *T) {
		c := t.Connect()
		if code := c.SubscribeTo(filterAt("$SYS/#", 0))[0]; code != 0 {
			t.Observe("SUBSCRIBE to $SYS/#", "code 0x%02X", code)
			return
		}
		t.Fence(t.Connect(Name("publisher")), c)
		got := c.Pending()
		t.Observe("topics below $SYS that come at once", "%d", len(got))
		for _, m := range got {
			if topic := m.Topic.String(); topic != "$SYS" && !strings.HasPrefix(topic, "$SYS/") {
				m.Unwanted("only topics below $SYS")
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "wildcard.unicode",
	Title:  "topics with spaces and with characters of any script are passed on unaltered",
	Why:    "names in people's own language would not work, or arrive as something else",
	Proves: Requirements(refsMatch, V311("MQTT-4.7.3-4"), V5("MQTT-4.7.3-4")),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		exact := t.Connect(Name("subscriber of each"))
		all := t.Connect(Name("subscriber of all"))
		all.Subscribe(t.Topic("+"), 1)
		for i, name := range []string{"a b", " ", " a ", "Küche", "部屋", "غرفة", "комната", "\U0001F4A1", "\U0010FFFD", "a\u00A0b", "%2F", "a\\b", "*", "?", "a|b"} {
			payload := fmt.Sprintf("message %d", i)
			topic := t.Topic(name)
			exact.Subscribe(topic, 1)
			pub.Publish(topic, payload, 1)
			t.Step(fmt.Sprintf("%q reaches its subscriber", name), refsMatch...)
			exact.ExpectMessage(topic, payload)
			t.Step(fmt.Sprintf("%q is unaltered", name), Requirements(V311("MQTT-4.7.3-4"), V5("MQTT-4.7.3-4"))...)
			m, ok := all.GetsWhere(t.Timeouts().Delivery, func(p *codec.Publish) bool { return string(p.Payload) == payload })
			if !ok {
				t.Step(fmt.Sprintf("%q reaches the subscriber of all", name), refsMatch...)
				t.Fail("the message", "nothing", -1)
			}
			m.Is("topic", m.Topic.String(), topic)
		}
	},
})

var _ = add(Scenario{
	ID:     "wildcard.no-normalization",
	Title:  "topics that look alike and are written with other characters stay different topics",
	Why:    "a broker that normalizes lets one client read and write the topics of another",
	Proves: Requirements(refsMatch, V311("MQTT-4.7.3-4"), V5("MQTT-4.7.3-4")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		names := []string{
			"caf\u00E9", "cafe\u0301", // composed, decomposed
			"\u212B", "\u00C5", "A\u030A", // Angstrom sign, A with ring, A and ring
			"\uFB01", "fi", // ligature
			"\uFF21", "A", // full width
			"stra\u00DFe", "strasse",
			"a b", "a\u00A0b", "a%20b", "ab", "a\u200Bb", // spaces, wide and narrow
		}
		subs := make([]*Client, len(names))
		for i, name := range names {
			subs[i] = t.Connect(Name(fmt.Sprintf("subscriber of %+q", name)))
			subs[i].Subscribe(t.Topic(name), 1)
		}
		for _, name := range names {
			pub.Publish(t.Topic(name), fmt.Sprintf("to %+q", name), 1)
		}
		t.Step("each gets its own", refsMatch...)
		for i, name := range names {
			subs[i].ExpectMessage(t.Topic(name), fmt.Sprintf("to %+q", name))
		}
		t.Step("none gets another's", Requirements(V311("MQTT-4.7.3-4"), V5("MQTT-4.7.3-4"))...)
		t.Fence(pub, subs...)
		for _, sub := range subs {
			sub.NothingPending()
		}
	},
})

var _ = add(Scenario{
	ID:     "wildcard.byte-order-mark",
	Title:  "U+FEFF in a topic is a character as any other, also at its start",
	Why:    "two topics would be one for the broker, and two for everybody else",
	Proves: Requirements(V311("MQTT-1.5.3-3"), V5("MQTT-1.5.4-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		with := t.Connect(Name("subscriber with U+FEFF"))
		without := t.Connect(Name("subscriber without"))
		for i, c := range []struct{ with, without string }{
			{"\uFEFF" + t.Topic("start"), t.Topic("start")},
			{t.Topic("\uFEFFlevel"), t.Topic("level")},
			{t.Topic("end\uFEFF"), t.Topic("end")},
			{t.Topic("in\uFEFFside"), t.Topic("inside")},
		} {
			with.Subscribe(c.with, 1)
			without.Subscribe(c.without, 1)
			t.Step("the topic without it works", refsMatch...)
			pub.Publish(c.without, fmt.Sprintf("without %d", i), 1)
			without.ExpectMessage(c.without, fmt.Sprintf("without %d", i))
			t.Step("the message with U+FEFF reaches who subscribed with it", Requirements(V311("MQTT-1.5.3-3"), V5("MQTT-1.5.4-3"))...)
			pub.Publish(c.with, fmt.Sprintf("with %d", i), 1)
			with.ExpectMessage(c.with, fmt.Sprintf("with %d", i))
		}
		t.Step("and nobody else", Requirements(V311("MQTT-1.5.3-3"), V5("MQTT-1.5.4-3"))...)
		t.Fence(pub, with, without)
		with.NothingPending()
		without.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "wildcard.control-characters",
	Title:  "a topic with control characters or non-characters is refused, or passed on unaltered",
	Why:    "such names should not be used; where a broker lets them pass, it must not make others of them",
	Proves: Requirements(V311("MQTT-4.7.3-4", "U3-1.5.3-u2"), V5("MQTT-4.7.3-4", "U5-1.5.4-u4")),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		good := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(t.Topic("+"), 1)
		t.Step("a plain topic is passed on", refsMatch...)
		good.Publish(t.Topic("plain"), "plain", 1)
		sub.ExpectMessage(t.Topic("plain"), "plain")
		t.Step("others are not altered", Requirements(V311("MQTT-4.7.3-4"), V5("MQTT-4.7.3-4"))...)
		names := []string{"a\u0001b", "a\tb", "a\u001Fb", "a\u007Fb", "a\u009Fb", "a\uFFFFb", "a\uFDD0b", "a\U0001FFFEb"}
		outcome := map[string]string{}
		for _, name := range names {
			pub := t.Connect(Name(fmt.Sprintf("publisher to %+q", name)))
			pub.Send(&codec.Publish{Topic: codec.Text(t.Topic(name)), Payload: []byte(name), QoS: 1, PacketID: pub.NextID()})
			outcome[name] = "not delivered"
			if !pub.CarriesOn() {
				outcome[name] = "the connection was closed"
			}
			pub.Drop()
		}
		t.Fence(good, sub)
		for _, m := range sub.Pending() {
			m.Is("topic", m.Topic.String(), t.Topic(string(m.Payload)))
			outcome[string(m.Payload)] = "delivered"
		}
		t.Step("a receiver may close at them, or let them pass", Requirements(V311("U3-1.5.3-u2"), V5("U5-1.5.4-u4"))...)
		for _, name := range names {
			t.Observe(fmt.Sprintf("PUBLISH to %+q", name), "%s", outcome[name])
		}
	},
})

var _ = add(Scenario{
	ID:     "wildcard.long-filters",
	Title:  "a filter of many levels, or of the greatest length, is answered or ends the connection, and the broker lives on",
	Why:    "one packet of one client would take the broker from all others",
	Proves: Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1")),
	Serial: true, // brokers are known that serve nobody else meanwhile
	Run: func(t *T) {
		for _, long := range []struct{ name, filter string }{
			{"200 levels", t.Topic(strings.Repeat("a/", 199) + "a")},
			{"5,000 levels without characters", t.Topic(strings.Repeat("/", 5000))},
			{"65,535 bytes", longest(t.Topic("a"), "a")},
		} {
			t.Step("SUBSCRIBE to "+long.name, Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1"))...)
			c := t.Connect()
			id := c.NextID()
			c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(long.filter, 0)}})
			if c.CarriesOn() {
				t.Observe("filter of "+long.name, "SUBACK 0x%02X", c.ExpectSuback(id).Codes)
				c.Unsubscribe(long.filter)
			} else {
				t.Observe("filter of "+long.name, "the connection was closed")
			}
			c.Drop()
			// The broker lives on for others.
			t.Connect(Name("other client")).Sync()
		}
	},
})

// longest fills up to 65,535 bytes with the character.
func longest(start, with string) string {
	return start + strings.Repeat(with, 65535-len(start))
}

var _ = add(Scenario{
	ID:     "wildcard.many-levels",
	Title:  "a message on a topic of ten thousand levels is passed on unaltered, or not at all, and the broker lives on",
	Why:    "one packet of one client would take the broker from all others",
	Proves: refsAsWritten,
	Needs:  []Feature{QoS1, Wildcard},
	Serial: true, // brokers are known that serve nobody else meanwhile
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		sub.Subscribe(t.Topic("deep/#"), 1)
		t.Step("a topic of few levels passes messages", refsMatch...)
		pub.Publish(t.Topic("deep/few"), "few", 1)
		sub.ExpectMessage(t.Topic("deep/few"), "few")
		t.Step("one of many levels is not altered", refsAsWritten...)
		many := t.Topic("deep" + strings.Repeat("/", 10_000))
		c := t.Connect(Name("publisher to many levels"))
		c.Send(message(many, "many", 1, c.NextID()))
		carriesOn, wait := c.CarriesOn(), t.Timeouts().Delivery
		if !carriesOn { // it was refused, and no delivery is awaited
			wait = t.Timeouts().Settle
		}
		t.Observe("PUBLISH to 10,000 levels", "carries on: %v", carriesOn)
		m, ok := sub.GetsWhere(wait, func(p *codec.Publish) bool { return string(p.Payload) == "many" })
		t.Observe("PUBLISH to 10,000 levels", "delivered: %v", ok)
		if ok {
			m.Is("the topic as it was published", m.Topic.String() == many, true)
		}
		t.Connect(Name("other client")).Sync()
	},
})

var _ = add(Scenario{
	ID:     "wildcard.new-topic",
	Title:  "a topic needs no preparation: who comes first, a subscriber or a publisher, makes it",
	Why:    "a device would have to be announced to the broker before it can report",
	Proves: Requirements(refsMatch, V311("U3-4.7.3-u1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		// A broker may have the topics of its administrator alone (4.7.3); then it refuses.
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		code := sub.SubscribeTo(filterAt(t.Topic("subscribed-first"), 1))[0]
		t.Observe("SUBSCRIBE to a topic that nobody used", "code 0x%02X", code)
		if code != 1 {
			t.Skip("the broker answers a subscription at QoS 1 with code 0x%02X", code)
		}
		t.Step("its first message comes", refsMatch...)
		pub.Publish(t.Topic("subscribed-first"), "first", 1)
		sub.ExpectMessage(t.Topic("subscribed-first"), "first")
		t.Step("messages come where one was published before", refsMatch...)
		pub.Publish(t.Topic("published-first"), "to nobody", 1)
		sub.Subscribe(t.Topic("published-first"), 1)
		pub.Publish(t.Topic("published-first"), "second", 1)
		sub.ExpectMessage(t.Topic("published-first"), "second")
	},
})
