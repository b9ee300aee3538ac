package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// will.qos-0, will.qos-1, will.qos-2
var _ = func() (all []Scenario) {
	for qos, feature := range []Feature{"", QoS1, QoS2} {
		s := Scenario{
			ID:     fmt.Sprintf("will.qos-%d", qos),
			Title:  fmt.Sprintf("a will of QoS %d is published at QoS %d, and lower where a subscriber asked for less", qos, qos),
			Why:    "the one message that must not get lost is sent with less care than was asked for",
			Proves: Requirements(V311("MQTT-3.1.2-8", "MQTT-3.8.4-6"), V5("MQTT-3.1.2-8", "MQTT-3.8.4-8")),
			Run:    willQoS(byte(qos)),
		}
		if feature != "" {
			s.Needs = []Feature{feature}
		}
		all = append(all, add(s))
	}
	return all
}()

func willQoS(qos byte) func(t *T) {
	return func(t *T) {
		topic := t.Topic("will")
		var subs []*Client
		for granted := range qos + 1 {
			sub := t.Connect(Name(fmt.Sprintf("QoS %d subscriber", granted)))
			sub.Subscribe(topic, granted)
			subs = append(subs, sub)
		}
		// A message of QoS 0 may be lost; three in a row are not.
		const tries = 3
		device := t.New(Name("device"), WithWill(will(topic, "gone", qos)))
		for granted, sub := range subs {
			var m *Message
			t.Step(fmt.Sprintf("the will comes to the subscriber of QoS %d", granted), willComes...)
			for try := 1; m == nil; try++ {
				if granted == 0 || try == 1 {
					device.Reconnect()
					device.Drop()
				}
				if granted == 0 && try < tries {
					m, _ = sub.Gets(topic, "gone", t.Timeouts().Delivery/tries)
				} else {
					m = willNow(t, sub, topic, "gone")
				}
			}
			t.Step("at the QoS that applies", guideQoS...)
			m.HasQoS(byte(granted))
			m.HasDup(false)
		}
	}
}

var _ = add(Scenario{
	ID:     "will.retained",
	Title:  "a will with Will Retain 1 is kept for later subscribers",
	Why:    "whoever starts watching after the crash takes the device for alive",
	Proves: Requirements(V311("MQTT-3.1.2-17", "MQTT-3.3.1-8", "MQTT-3.3.1-9"), V5("MQTT-3.1.2-15", "MQTT-3.3.1-12", "U5-3.8.3.1-u3")),
	Needs:  []Feature{Retain, QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		w := will(topic, "gone", 1)
		w.Retain = true
		t.Connect(Name("device"), WithWill(w)).Drop()
		t.Step("the will is published", willComes...)
		m := willNow(t, sub, topic, "gone")
		t.Step("through an existing subscription it is not marked as retained",
			Requirements(V311("MQTT-3.3.1-9"), V5("MQTT-3.3.1-12"))...)
		m.HasRetain(false)
		t.Step("a later subscriber gets it", Requirements(V311("MQTT-3.1.2-17"), V5("MQTT-3.1.2-15"))...)
		_, m = laterSubscriber(t, topic, "gone")
		t.Step("marked as retained", markedRetained...)
		m.HasRetain(true)
	},
})

var _ = add(Scenario{
	ID:     "will.not-retained",
	Title:  "a will with Will Retain 0 is not kept, and leaves the retained message of its topic alone",
	Why:    "a device that is long back is reported dead to everyone who starts watching",
	Proves: Requirements(V311("MQTT-3.1.2-16", "MQTT-3.3.1-12"), V5("MQTT-3.1.2-14", "MQTT-3.3.1-8")),
	Needs:  []Feature{Retain, QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		pub := t.Connect(Name("publisher"))
		pub.Publish(topic, "status", 1, Retained())
		t.Step("there is a retained message", guideStored...)
		laterSubscriber(t, topic, "status")
		sub := willWatcher(t, topic)
		sub.ExpectMessage(topic, "status")
		t.Connect(Name("device"), WithWill(will(topic, "gone", 1))).Drop()
		t.Step("the will is published", willComes...)
		willNow(t, sub, topic, "gone")
		t.Step("a later subscriber gets the earlier message", Requirements(V311("MQTT-3.1.2-16", "MQTT-3.3.1-12"), V5("MQTT-3.1.2-14", "MQTT-3.3.1-8"))...)
		late, _ := laterSubscriber(t, topic, "status")
		t.Step("and nothing else", Requirements(V311("MQTT-3.1.2-16"), V5("MQTT-3.1.2-14"))...)
		late.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "will.empty",
	Title:  "a will without payload is published, and with Will Retain 1 it removes the retained message",
	Why:    "this is how a device takes its own status back when it dies",
	Proves: Requirements(V311("MQTT-3.1.4-4", "MQTT-3.1.2-8", "MQTT-3.3.1-10", "MQTT-3.3.1-11"), V5("MQTT-3.1.4-5", "MQTT-3.1.2-8", "MQTT-3.3.1-6", "MQTT-3.3.1-7")),
	Needs:  []Feature{Retain, QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		pub := t.Connect(Name("publisher"))
		pub.Publish(topic, "online", 1, Retained())
		t.Step("there is a retained message", guideStored...)
		sub, _ := laterSubscriber(t, topic, "online")
		w := will(topic, "", 1)
		w.Retain = true
		t.Step("a CONNECT with an empty will is accepted", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		t.Connect(Name("device"), WithWill(w)).Drop()
		t.Step("the empty will is published", willComes...)
		willNow(t, sub, topic, "")
		t.Step("no later subscriber gets anything",
			Requirements(V311("MQTT-3.3.1-10", "MQTT-3.3.1-11"), V5("MQTT-3.3.1-6", "MQTT-3.3.1-7"))...)
		t.ExpectNoRetained(filterAt(topic, 1), pub)
	},
})

var _ = add(Scenario{
	ID:     "will.topic-with-wildcard",
	Title:  "a will with a wildcard in its topic is never published on such a topic",
	Why:    "subscribers get a message on a topic that does not exist, and their libraries give up",
	Proves: Requirements(V311("MQTT-3.3.2-2"), V5("MQTT-3.3.2-2")),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(t.Topic("#"), 1)
		for _, topic := range []string{"a/+", "a/#", "a+"} {
			c := t.Open(Name("device with "+topic), WithWill(will(t.Topic(topic), "on a wildcard", 1)))
			c.SendConnect()
			if c.CarriesOn() {
				t.Observe("will topic "+topic, "accepted")
			} else {
				t.Observe("will topic "+topic, "refused")
			}
			c.Drop()
		}
		t.Step("other wills are published", willComes...)
		t.Connect(Name("other device"), WithWill(will(t.Topic("a"), "the other device's will", 1))).Drop()
		willNow(t, sub, t.Topic("a"), "the other device's will")
		t.Step("none comes on a topic with a wildcard", Requirements(V311("MQTT-3.3.2-2"), V5("MQTT-3.3.2-2"))...)
		t.Fence(sub, sub)
		var wrong []string
		for _, m := range sub.Pending() {
			if strings.ContainsAny(m.Topic.String(), "+#") {
				wrong = append(wrong, m.Topic.String())
			}
		}
		t.Equal("topics with a wildcard:", strings.Join(wrong, " "), "")
	},
})

var _ = add(Scenario{
	ID:     "will.properties",
	Title:  "the properties of a will arrive with it, User Properties in their order",
	Why:    "the receiver does not know how to read the message, whom to answer, or to which request it belongs",
	Proves: V5("MQTT-3.1.2-8", "MQTT-3.1.3-10", "MQTT-3.3.2-4", "MQTT-3.3.2-6", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-20"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		const lifetime = 60
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		w := will(topic, "gone", 1)
		w.Properties = codec.Properties{
			codec.User("b", "1"), codec.Int(codec.PayloadFormatIndicator, 1), codec.User("a", "2"),
			codec.Data(codec.ContentType, "text/plain"), codec.Data(codec.ResponseTopic, t.Topic("answers")),
			codec.User("b", "1"), codec.Data(codec.CorrelationData, "\x00\xff\x01"),
			codec.Int(codec.MessageExpiryInterval, lifetime), codec.User("b", "0"),
		}
		t.Connect(Name("device"), WithWill(w)).Drop()
		t.Step("the will is published", V5("MQTT-3.1.2-8")...)
		m := willNow(t, sub, topic, "gone")
		for _, p := range []struct {
			id  codec.PropertyID
			ref string
		}{
			{codec.PayloadFormatIndicator, "MQTT-3.3.2-4"}, {codec.ContentType, "MQTT-3.3.2-20"},
			{codec.ResponseTopic, "MQTT-3.3.2-15"}, {codec.CorrelationData, "MQTT-3.3.2-16"},
		} {
			t.Step(p.id.String()+" is the one of the will", V5(p.ref)...)
			m.Is("property", propertyText(m.Properties, p.id), propertyText(w.Properties, p.id))
		}
		t.Step("the Message Expiry Interval counts down from the one of the will", V5("MQTT-3.3.2-6")...)
		if left := m.Properties.Int(codec.MessageExpiryInterval, 0); left < lifetime/2 || left > lifetime {
			m.Is("Message Expiry Interval", left, uint32(lifetime))
		}
		t.Step("all User Properties are there, in order", V5("MQTT-3.3.2-17", "MQTT-3.1.3-10")...)
		m.Is("User Properties", userProperties(m.Properties, w.Properties), userProperties(w.Properties, nil))
	},
})

// userProperties gives the User Properties on one line; of those whose names
// are known alone, if known is not nil: a broker may add its own.
func userProperties(ps, known codec.Properties) string {
	var list []string
	for _, p := range ps {
		ours := known == nil
		for _, k := range known {
			ours = ours || (k.ID == codec.UserProperty && k.Name.String() == p.Name.String())
		}
		if p.ID == codec.UserProperty && ours {
			list = append(list, p.Name.String()+"="+string(p.Data))
		}
	}
	return strings.Join(list, " ")
}

func propertyText(ps codec.Properties, id codec.PropertyID) string {
	if p, ok := ps.Find(id); ok {
		return p.String()
	}
	return "no " + id.String()
}

var _ = add(Scenario{
	ID:     "will.no-expiry",
	Title:  "a will without Message Expiry Interval is published without one",
	Why:    "an alarm that was to last until it is seen is thrown away by whoever forwards it",
	Proves: V5("MQTT-3.1.2-8", "U5-3.1.3.2.4-u2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		t.Connect(Name("device"), WithWill(will(topic, "gone", 1))).Drop()
		t.Step("the will is published", V5("MQTT-3.1.2-8")...)
		m := willNow(t, sub, topic, "gone")
		t.Step("without a Message Expiry Interval", V5("U5-3.1.3.2.4-u2")...)
		m.Is("property", propertyText(m.Properties, codec.MessageExpiryInterval), "no Message Expiry Interval")
	},
})
