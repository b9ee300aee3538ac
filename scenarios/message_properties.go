package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "message.payload-format-0",
	Title:  "a Payload Format Indicator of 0 is passed on or left out, which says the same, and never turned into 1",
	Why:    "a receiver would show bytes as text that are none",
	Proves: V5("MQTT-3.3.2-4"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		eachWay(t, t.Topic("bytes"), codec.Properties{codec.Int(codec.PayloadFormatIndicator, 0)}, func(m *Message) {
			t.Step("it is not 1", V5("MQTT-3.3.2-4")...)
			got, ok := m.Properties.Find(codec.PayloadFormatIndicator)
			m.Is("Payload Format Indicator, 0 if absent", got.Int, uint32(0))
			t.Observe("Payload Format Indicator 0", "%s", propertyValue(got, ok))
		})
	},
})

var _ = add(Scenario{
	ID:    "message.user-properties-apart",
	Title: "a message has its own User Properties; whether those of CONNECT and SUBSCRIBE come with it is told",
	Why:   "they are for the broker, and may tell what a subscriber should not see",
	// No sentence forbids a broker to add to a message.
	Proves: V5("MQTT-3.3.2-17"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic, own := t.Topic("a"), codec.User("of", "PUBLISH")
		sub := t.Connect(Name("subscriber"), With(codec.User("of", "CONNECT of the subscriber")))
		sub.SubscribeAs(filterAt(topic, 1), codec.User("of", "SUBSCRIBE"))
		pub := t.Connect(Name("publisher"), With(codec.User("of", "CONNECT of the publisher")))
		pub.Publish(topic, "message", 1, Properties(own))
		m := handedOn(t, sub, topic, "message")
		t.Step("it has its own", V5("MQTT-3.3.2-17")...)
		m.Is("number of User Properties "+userPair(own)+" (at least)", min(countUser(m.Properties, own), 1), 1)
		foreign := "none"
		for _, p := range m.Properties {
			if p.ID == codec.UserProperty && countUser(codec.Properties{own}, p) == 0 {
				foreign = userPair(p)
				t.Observe("User Properties that the publisher did not give", "%s", foreign)
			}
		}
		if foreign == "none" {
			t.Observe("User Properties that the publisher did not give", "%s", foreign)
		}
	},
})

var _ = add(Scenario{
	ID:     "message.request-response",
	Title:  "an answer finds its way to the one who asked, by the Response Topic and the Correlation Data of the request",
	Why:    "this is how devices are called; an answer to another question is worse than none",
	Proves: V5("MQTT-3.3.2-15", "MQTT-3.3.2-16"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		asks, answers := t.Connect(Name("one who asks")), t.Connect(Name("one who answers"))
		question, reply := t.Topic("question"), t.Topic("replies/to/the one who asks")
		answers.Subscribe(question, 1)
		asks.Subscribe(reply, 1)
		for i := range 3 {
			data := codec.Data(codec.CorrelationData, fmt.Sprintf("\x00question %d\xff", i))
			asks.Publish(question, fmt.Sprint(i), 1, Properties(codec.Data(codec.ResponseTopic, reply), data))
			request := handedOn(t, answers, question, fmt.Sprint(i))
			to, _ := request.Properties.Find(codec.ResponseTopic)
			with, _ := request.Properties.Find(codec.CorrelationData)
			t.Step("the request says where to answer", V5("MQTT-3.3.2-15")...)
			if !request.Is("Response Topic", string(to.Data), reply) {
				return
			}
			answers.Publish(string(to.Data), fmt.Sprintf("answer %d", i), 1, Properties(codec.Data(codec.CorrelationData, string(with.Data))))
			m := handedOn(t, asks, reply, fmt.Sprintf("answer %d", i))
			t.Step("the answer says what it answers", V5("MQTT-3.3.2-16")...)
			got, ok := m.Properties.Find(codec.CorrelationData)
			m.Is("Correlation Data", propertyValue(got, ok), propertyValue(data, true))
		}
	},
})
