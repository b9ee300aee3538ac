package scenarios

import (
	"fmt"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// What a client should not send, and a broker may take all the same. Whether it
// refuses is its choice; what it hands on it hands on as it is.

// taken sends a PUBLISH from a client of its own and records what the broker does.
// It gives the message where that reaches the subscriber.
func taken(t *T, what string, p *codec.Publish, sub, pub *Client) *Message {
	c := t.Connect(Name("publisher of " + what))
	c.Send(p)
	answer := c.AnswerWithin(t.Timeouts().Answer)
	if _, ok := answer.(*codec.Pubrec); ok {
		c.Send(pubrel(p.PacketID)) // some pass it on at this point (4.3.3)
	}
	did := "carries on without an answer"
	switch {
	case !c.CarriesOn():
		did = "closes"
	case answer != nil:
		did = answer.String()
	}
	t.Fence(pub, sub)
	m, came := sub.GetsWhere(0, func(m *codec.Publish) bool { return string(m.Payload) == string(p.Payload) })
	t.Observe(what, "%s; delivered: %v", did, came)
	return m
}

var _ = add(Scenario{
	ID:     "message.response-topic-unusual",
	Title:  "a message whose Response Topic holds a wildcard or is empty is refused, or reaches the subscriber with this very Response Topic or none",
	Why:    "one that is mended on the way names a topic that nobody meant, and the answer goes there",
	Proves: V5("MQTT-3.3.2-15"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("request")
		sub, pub := pair(t, topic, 1)
		pub.Publish(topic, "usual", 1, Properties(codec.Data(codec.ResponseTopic, "answers")))
		handedOn(t, sub, topic, "usual")
		// The client breaks MQTT-3.3.2-14 (or MQTT-4.7.3-1), for which no reaction is
		// named. A broker that passes the message on is between two sentences: to send
		// no such Response Topic, and to send it unaltered (MQTT-3.3.2-15). It may keep
		// either; one that it makes up keeps neither.
		for _, unusual := range []string{"answers/+", "answers/#", "+", ""} {
			p := message(topic, fmt.Sprintf("with %q", unusual), 1, 7)
			p.Properties = codec.Properties{codec.Data(codec.ResponseTopic, unusual)}
			m := taken(t, fmt.Sprintf("Response Topic %q", unusual), p, sub, pub)
			if m == nil {
				continue
			}
			got, has := m.Properties.Find(codec.ResponseTopic)
			t.Observe(fmt.Sprintf("Response Topic %q", unusual), "passed on: %v", has)
			t.Step("what is passed on is unaltered", V5("MQTT-3.3.2-15")...)
			if has {
				m.Is("Response Topic", string(got.Data), unusual)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "message.payload-not-text",
	Title:  "a message whose payload is not the text that it is said to be is refused, or reaches the subscriber as it is",
	Why:    "the receiver must be able to see what it got; a payload that is mended hides the publisher's fault",
	Proves: V5("MQTT-3.3.2-4", "MQTT-4.5.0-1", "U5-3.3.2.3.2-u2"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("text")
		sub, pub := pair(t, topic, 2)
		pub.Publish(topic, "text", 1, Properties(codec.Int(codec.PayloadFormatIndicator, 1)))
		handedOn(t, sub, topic, "text")
		for qos := byte(1); qos <= 2; qos++ {
			p := message(topic, fmt.Sprintf("\xff\xfe at QoS %d", qos), qos, 7)
			p.Properties = codec.Properties{codec.Int(codec.PayloadFormatIndicator, 1)}
			t.Step("whether the payload is looked at is the broker's choice", V5("U5-3.3.2.3.2-u2")...)
			m := taken(t, fmt.Sprintf("ill-formed text at QoS %d", qos), p, sub, pub)
			if m == nil {
				continue
			}
			t.Step("what is passed on keeps its indicator", V5("MQTT-3.3.2-4")...)
			m.Is("Payload Format Indicator", m.Properties.Int(codec.PayloadFormatIndicator, 0), uint32(1))
		}
		t.Step("nothing else comes of it", ownership...)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "message.text",
	Title:  "a payload that is marked as text comes as well-formed text",
	Why:    "a receiver shows it, or stores it in a column for text, without looking at it again",
	Proves: V5("U5-3.3.2.3.2-u1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("text")
		sub, pub := pair(t, topic, 1)
		for _, text := range []string{"Grüße", "世界", "😀 \u0000 \ufeff", ""} {
			pub.Publish(topic, text, 1, Properties(codec.Int(codec.PayloadFormatIndicator, 1)))
			t.Step("the message is delivered", ownership...)
			m := sub.Next()
			if m.Properties.Int(codec.PayloadFormatIndicator, 0) != 1 {
				continue // message.payload-format is about that
			}
			t.Step("it is well-formed UTF-8", V5("U5-3.3.2.3.2-u1")...)
			m.Is("well-formed", utf8.Valid(m.Payload), true)
		}
	},
})
