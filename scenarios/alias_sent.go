package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// aliasesOf are the topics that the broker has set for its aliases on one
// connection of a client.
type aliasesOf map[uint32]string

// topic gives the topic of a delivery, with or without an alias, and expects that
// it has one.
func (a aliasesOf) topic(t *T, m *Message) string {
	topic := m.Topic.String()
	alias, used := m.Properties.Find(codec.TopicAlias)
	switch {
	case !used:
	case topic == "":
		topic = a[alias.Int]
	default:
		a[alias.Int] = topic
	}
	t.Step("there is a topic, or an alias that stands for one", V5("U5-3.3.4-u3", "U5-3.3.2.1-u1")...)
	m.Is("there is a topic", topic != "", true)
	return topic
}

// numberedTopics subscribes to some topics.
func numberedTopics(t *T, sub *Client, count int) (topics []string) {
	for n := range count {
		topics = append(topics, t.Topic(fmt.Sprintf("topic/%d", n)))
		sub.Subscribe(topics[n], 1)
	}
	return topics
}

// withPayload awaits a delivery by its payload: its topic may be an alias.
func withPayload(t *T, sub *Client, payload string) *Message {
	t.Step("the message is delivered", ownership...)
	m, ok := sub.GetsWhere(t.Timeouts().Delivery, func(m *codec.Publish) bool { return string(m.Payload) == payload })
	if !ok {
		t.Fail(fmt.Sprintf("a PUBLISH with payload %q", payload), "none", -1)
	}
	return m
}

var _ = func() (done bool) {
	for _, maximum := range []uint32{1, 3} {
		add(Scenario{
			ID:    fmt.Sprintf("alias.sent-up-to-%d", maximum),
			Title: fmt.Sprintf("a client that allows %d Topic Aliases gets none above that, and each stands for the right topic", maximum),
			Why:   "a small client has a table of that size; an alias beyond it leaves the message without a topic, or writes past the table",
			Proves: V5("MQTT-3.1.2-26", "MQTT-3.3.2-11", "MQTT-3.3.2-8",
				"U5-3.3.4-u2", "U5-3.3.4-u3", "U5-3.3.2.1-u1", "U5-3.3.2.3.4-u1"),
			Needs: []Feature{QoS1},
			Run: func(t *T) {
				sub := t.Connect(Name("subscriber"), With(codec.Int(codec.TopicAliasMaximum, maximum)))
				pub := t.Connect(Name("publisher"))
				set := aliasesOf{}
				topics := numberedTopics(t, sub, int(maximum)+2)
				for round := range 3 {
					for n, topic := range topics {
						payload := fmt.Sprintf("round %d of topic %d", round, n)
						pub.Publish(topic, payload, 1)
						m := withPayload(t, sub, payload)
						if alias, used := m.Properties.Find(codec.TopicAlias); used {
							t.Step("an alias is within what the client allows", V5("MQTT-3.1.2-26", "MQTT-3.3.2-11", "U5-3.3.4-u2")...)
							m.Is(fmt.Sprintf("alias %d is at most %d", alias.Int, maximum), alias.Int <= maximum, true)
							t.Step("an alias is not 0", V5("MQTT-3.3.2-8")...)
							m.Is("alias 0", alias.Int == 0, false)
							t.Observe("aliases", "used")
						}
						got := set.topic(t, m)
						t.Step("the topic matches the subscription", V5("MQTT-3.3.2-3")...)
						m.Is("topic", got, topic)
					}
				}
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:     "alias.none-unless-allowed",
	Title:  "a client that allows no Topic Aliases, by 0 or by saying nothing, gets none",
	Why:    "most clients have no table for them, and drop what comes without a topic",
	Proves: V5("MQTT-3.1.2-27", "U5-3.1.2.11.5-u2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		silent := t.Connect(Name("client that says nothing"))
		zero := t.Connect(Name("client that says 0"), With(codec.Int(codec.TopicAliasMaximum, 0)))
		pub := t.Connect(Name("publisher"))
		for _, sub := range []*Client{silent, zero} {
			refs := V5("MQTT-3.1.2-27")
			if sub == silent {
				refs = V5("MQTT-3.1.2-27", "U5-3.1.2.11.5-u2")
			}
			topic := t.Topic("plain/" + sub.ID())
			sub.Subscribe(topic, 1)
			for n := range 3 {
				payload := fmt.Sprintf("message %d", n)
				// The publisher's own aliases end with the broker.
				alias := func(p *codec.Publish) {
					if pub.Connack.Properties.Int(codec.TopicAliasMaximum, 0) > 0 {
						p.Properties = append(p.Properties, codec.Int(codec.TopicAlias, 1))
					}
				}
				pub.Publish(topic, payload, 1, alias)
				m := withPayload(t, sub, payload)
				_, used := m.Properties.Find(codec.TopicAlias)
				t.Step("no alias comes", refs...)
				m.Is("Topic Alias", used, false)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "alias.set-again-on-return",
	Title:  "on a new connection of its session a client gets no Topic Alias that was not set on it",
	Why:    "a client begins each connection with no aliases; the message would reach it without a topic",
	Proves: V5("U5-3.3.4-u3", "U5-3.3.2.1-u1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"), Keep(), With(codec.Int(codec.TopicAliasMaximum, 5)))
		pub := t.Connect(Name("publisher"))
		topic := numberedTopics(t, sub, 1)[0]
		set := aliasesOf{}
		for _, payload := range []string{"one", "two"} {
			pub.Publish(topic, payload, 1)
			set.topic(t, withPayload(t, sub, payload))
		}
		sub.Disconnect()
		pub.Publish(topic, "while away", 1)
		resume(t, sub)
		pub.Publish(topic, "after the return", 1)
		set = aliasesOf{}
		for _, payload := range []string{"while away", "after the return"} {
			set.topic(t, withPayload(t, sub, payload))
		}
	},
})

var _ = add(Scenario{
	ID:     "alias.again-with-topic",
	Title:  "a message that was sent by its Topic Alias alone comes again on a new connection with its topic",
	Why:    "what is sent again is a copy of what was sent before, in many brokers; its alias is gone by then",
	Proves: V5("U5-3.3.4-u3", "U5-3.3.2.1-u1", "MQTT-4.4.0-1"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		for qos := byte(1); qos <= 2; qos++ {
			topic := t.Topic(fmt.Sprintf("at-%d", qos))
			sub, pub := pair(t, topic, qos, Keep(), Manual(), With(codec.Int(codec.TopicAliasMaximum, 5)), Name(fmt.Sprintf("subscriber at QoS %d", qos)))
			set := aliasesOf{}
			pub.Publish(topic, "sets the alias", qos)
			first := withPayload(t, sub, "sets the alias")
			set.topic(t, first)
			acknowledge(sub, first)
			pub.Publish(topic, "stays open", qos)
			open := withPayload(t, sub, "stays open")
			set.topic(t, open)
			t.Observe("first attempt", "by its alias alone: %v", len(open.Topic) == 0)
			sub.Drop()
			resume(t, sub)
			t.Step("it comes again", V5("MQTT-4.4.0-1")...)
			again, ok := sub.GetsWhere(t.Timeouts().Delivery, func(m *codec.Publish) bool { return m.PacketID == open.PacketID })
			if !ok {
				t.Fail("the message that was not acknowledged", "none under its Packet Identifier", -1)
			}
			got := aliasesOf{}.topic(t, again)
			t.Step("with its topic", V5("U5-3.3.4-u3", "U5-3.3.2.1-u1")...)
			again.Is("topic", got, topic)
			acknowledge(sub, again)
		}
	},
})
