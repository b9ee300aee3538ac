package scenarios

import (
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// Wills that a broker may refuse, or take and then has to be careful with. The
// standard names no reaction to their CONNECT.

// leaves connects a client with the will, whether it is let in or not, and cuts it
// off. It says what became of its CONNECT.
func leaves(t *T, name string, w codec.Will) string {
	c := t.Open(Name(name), WithWill(w))
	c.SendConnect()
	answer := "refused without CONNACK"
	if p := c.AnswerWithin(t.Timeouts().Answer); p != nil {
		answer = p.String()
	}
	c.Drop()
	return answer
}

var _ = add(Scenario{
	ID:     "will.topic-empty",
	Title:  "a will with an empty topic is never published on such a topic",
	Why:    "subscribers of all get a message without a topic, and their libraries give up",
	Proves: Requirements(V311("MQTT-4.7.3-1"), V5("MQTT-4.7.3-1", "U5-3.3.2.1-u1")),
	Needs:  []Feature{QoS1, Wildcard},
	Late:   true,
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber of all"))
		sub.Subscribe("#", 1)
		t.Observe("CONNECT with an empty will topic", "%s", leaves(t, "device without a will topic", will("", "on no topic", 1)))
		t.Step("other wills are published", willComes...)
		t.Connect(Name("other device"), WithWill(will(t.Topic("a"), "the other device's will", 1))).Drop()
		willNow(t, sub, t.Topic("a"), "the other device's will")
		t.Step("none comes on an empty topic", Requirements(V311("MQTT-4.7.3-1"), V5("MQTT-4.7.3-1", "U5-3.3.2.1-u1"))...)
		t.Fence(sub, sub)
		for _, m := range sub.Pending() {
			if len(m.Topic) == 0 {
				m.Unwanted("no empty topic")
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "will.topic-dollar",
	Title:  "clients cannot use a will on a topic that begins with $ to pass messages to each other",
	Why:    "a client could speak where others take for granted that only the broker does, by going away",
	Proves: Requirements(V311("U3-4.7.2-u1"), V5("U5-4.7.2-u1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		plain := t.Topic("will")
		sub := willWatcher(t, plain)
		for _, hidden := range []string{"$" + plain, "$SYS/" + plain} {
			if code := sub.SubscribeTo(filterAt(hidden, 1))[0]; code >= 0x80 {
				t.Observe("SUBSCRIBE to "+hidden, "code 0x%02X", code)
				continue
			}
			t.Observe("CONNECT with a will on "+hidden, "%s", leaves(t, "device with "+hidden, will(hidden, "on $", 1)))
		}
		t.Step("other wills are published", willComes...)
		t.Connect(Name("other device"), WithWill(will(plain, "plain", 1))).Drop()
		willNow(t, sub, plain, "plain")
		t.Step("none comes on a topic that begins with $", Requirements(V311("U3-4.7.2-u1"), V5("U5-4.7.2-u1"))...)
		t.Fence(sub, sub)
		for _, m := range sub.Pending() {
			if strings.HasPrefix(m.Topic.String(), "$") {
				m.Unwanted("no will of a client on a topic that begins with $")
			}
		}
	},
})

var _ = add(Scenario{
	ID:    "will.payload-format",
	Title: "a will that is said to be text comes as such; one that is none may be refused, or comes as it is",
	Why:   "who shows what is said to be text breaks on what is none: a device should know whether its broker looks",
	// To look at the payload is the broker's choice, so is the code (3.1.3.2.3).
	Proves: V5("MQTT-3.3.2-4", "MQTT-3.1.2-8", "U5-3.1.3.2.3-u1", "U5-3.1.3.2.3-u3"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		text, none := will(topic, "text: ü", 1), will(topic, "no text: \xff", 1)
		for _, w := range []*codec.Will{&text, &none} {
			w.Properties = codec.Properties{codec.Int(codec.PayloadFormatIndicator, 1)}
		}
		t.Observe("a will that is said to be text and is none", "%s", leaves(t, "device without text", none))
		_, came := sub.Gets(topic, "no text: \xff", t.Timeouts().Settle)
		t.Observe("a will that is said to be text and is none", "published: %v", came)
		t.Connect(Name("device with text"), WithWill(text)).Drop()
		t.Step("text is published", V5("MQTT-3.1.2-8")...)
		m := willNow(t, sub, topic, "text: ü")
		t.Step("and said to be text", V5("MQTT-3.3.2-4")...)
		m.Is("property", propertyText(m.Properties, codec.PayloadFormatIndicator), propertyText(text.Properties, codec.PayloadFormatIndicator))
	},
})
