package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "will.refused-connect",
	Title:  "the will of a CONNECT that was refused is never published",
	Why:    "anyone can publish anything, without a right to connect",
	Proves: Requirements(V311("MQTT-3.1.2-8", "MQTT-3.1.2-3"), V5("MQTT-3.1.2-8", "MQTT-3.1.2-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		t.Step("a CONNECT with the reserved bit set is refused", Requirements(V311("MQTT-3.1.2-3"), V5("MQTT-3.1.2-3"))...)
		c := t.Open(Name("refused"), WithWill(will(topic, "not to be seen", 1)))
		c.SendBroken(c.Packet(), codec.ReservedConnectFlag())
		c.ExpectRefused()
		t.Step("wills of accepted clients are published, its own is not", willComes...)
		noWill(t, sub, topic)
	},
})

// badWill is what may be wrong with the will in a CONNECT that must be refused.
type badWill struct {
	id, title, why string
	step           string // the error, and whose statement it breaks
	refs           []spec.Ref
	properties     codec.Properties // of the will while it is valid
	broken         codec.Mutation
}

var badWills = []badWill{
	{
		id: "will.topic-ill-formed", title: "a CONNECT whose will topic is no UTF-8 is refused",
		why:    "the broker would publish a topic that no other client can read",
		step:   "ill-formed UTF-8 in the will topic (MQTT-3.1.3-10, in 5.0 MQTT-3.1.3-11)",
		refs:   Requirements(V311("MQTT-1.5.3-1"), V5("MQTT-4.13.1-1", "U5-1.5.4-u1")),
		broken: codec.InvalidUTF8("Will Topic"),
	},
	{
		id: "will.topic-null", title: "a CONNECT whose will topic holds U+0000 is refused",
		why:    "a topic that ends at U+0000 for one program and goes on for the other slips through access rules",
		step:   "U+0000 in the will topic",
		refs:   Requirements(V311("MQTT-1.5.3-2"), V5("MQTT-4.13.1-1", "U5-1.5.4-u2")),
		broken: codec.NullIn("Will Topic"),
	},
	{
		id: "will.property-not-allowed", title: "a CONNECT with a property that no will may have is refused",
		why:    "the broker would publish the will with a property that breaks its receivers",
		step:   "Topic Alias among the Will Properties",
		refs:   V5("MQTT-4.13.1-1", "U5-2.2.2.2-u1"),
		broken: codec.AddWillProperty(codec.Int(codec.TopicAlias, 1)),
	},
	willTwice("delay", "U5-3.1.3.2.2-u1", codec.Int(codec.WillDelayInterval, 1)),
	willTwice("payload-format", "U5-3.1.3.2.3-u2", codec.Int(codec.PayloadFormatIndicator, 1)),
	willTwice("expiry", "U5-3.1.3.2.4-u1", codec.Int(codec.MessageExpiryInterval, 60)),
	willTwice("content-type", "U5-3.1.3.2.5-u1", codec.Data(codec.ContentType, "text/plain")),
	willTwice("response-topic", "U5-3.1.3.2.6-u1", codec.Data(codec.ResponseTopic, "answers")),
	willTwice("correlation", "U5-3.1.3.2.7-u1", codec.Data(codec.CorrelationData, "1")),
}

// willTwice is a will with one of its properties repeated, a Protocol Error by
// the statement named.
func willTwice(name, cause string, p codec.Property) badWill {
	return badWill{
		id:         "will.twice-" + name,
		title:      fmt.Sprintf("a CONNECT whose will has the property %s twice is refused", p.ID),
		why:        "one part of a system follows the first value and one the second",
		step:       fmt.Sprintf("%s twice in the will (%s)", p.ID, cause),
		refs:       V5("MQTT-3.1.4-1", "MQTT-4.13.1-1"),
		properties: codec.Properties{p},
		broken:     codec.AddWillProperty(p),
	}
}

var _ = func() (all []Scenario) {
	for _, bad := range badWills {
		proves := bad.refs
		if bad.refs[0].Version == spec.V311 {
			proves = Requirements(bad.refs, V311("MQTT-3.1.4-1"))
		}
		all = append(all, add(Scenario{
			ID: bad.id, Title: bad.title, Why: bad.why, Proves: proves,
			Run: func(t *T) {
				w := will(t.Topic("will"), "will", 0)
				w.Properties = bad.properties
				c := t.Connect(WithWill(w))
				c.Disconnect()
				t.Step(bad.step, bad.refs...)
				c.Dial()
				c.SendBroken(c.Packet(), bad.broken)
				expectMalformedConnectRefused(t, c)
			},
		}))
	}
	return all
}()

var _ = add(Scenario{
	ID:     "will.qos-unsupported",
	Title:  "a CONNECT whose Will QoS is above the Maximum QoS of the broker is refused",
	Why:    "the client relies on a QoS that its will is never sent with",
	Proves: V5("MQTT-3.2.2-12"),
	Run: func(t *T) {
		maximum := t.Connect().Connack.Properties.Int(codec.MaximumQoS, 2)
		if maximum == 2 {
			t.Skip("the broker supports QoS 2")
		}
		c := t.Open(WithWill(will(t.Topic("will"), "will", byte(maximum+1))))
		c.SendConnect()
		if connack := c.ExpectRefused(); connack != nil {
			t.Observe("refused with", "%s", connack)
		}
	},
})

var _ = add(Scenario{
	ID:     "will.retain-unsupported",
	Title:  "a CONNECT with Will Retain is refused by a broker that has no retained messages",
	Why:    "the client relies on later subscribers who will never see its will",
	Proves: V5("MQTT-3.2.2-13"),
	Run: func(t *T) {
		if t.Connect().Connack.Properties.Int(codec.RetainAvailable, 1) == 1 {
			t.Skip("the broker supports retained messages")
		}
		w := will(t.Topic("will"), "will", 0)
		w.Retain = true
		c := t.Open(WithWill(w))
		c.SendConnect()
		if connack := c.ExpectRefused(); connack != nil {
			t.Observe("refused with", "%s", connack)
		}
	},
})
