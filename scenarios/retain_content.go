package scenarios

import (
	"bytes"
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "retain.properties",
	Title:  "a retained message keeps the properties that it was published with",
	Why:    "a late subscriber cannot read a payload whose content type is lost, nor answer a request without its topic",
	Proves: V5("MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-18", "MQTT-3.3.2-20"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		users := []codec.Property{codec.User("unit", "C"), codec.User("room", "7"), codec.User("unit", "F"), codec.User("", "")}
		single := []struct {
			is  codec.Property
			ref string
		}{
			{codec.Int(codec.PayloadFormatIndicator, 1), "MQTT-3.3.2-4"},
			{codec.Data(codec.ContentType, "text/plain; ü"), "MQTT-3.3.2-20"},
			{codec.Data(codec.ResponseTopic, "answers/to/ü"), "MQTT-3.3.2-15"},
			{codec.Data(codec.CorrelationData, "\x00\xff\x01"), "MQTT-3.3.2-16"},
		}
		all := users
		for _, s := range single {
			all = append(all, s.is)
		}
		t.Step("the message is stored", V5("MQTT-3.3.1-5")...)
		pub.Publish(topic, "21", 1, Retained(), Properties(all...))
		_, m := t.ExpectRetained(filterAt(topic, 1), topic, "21")
		for _, s := range single {
			t.Step(s.is.ID.String()+" is unaltered", V5(s.ref)...)
			got, ok := m.Properties.Find(s.is.ID)
			m.Is(s.is.ID.String(), propertyValue(got, ok), propertyValue(s.is, true))
		}
		var got []codec.Property
		for _, p := range m.Properties {
			if p.ID == codec.UserProperty {
				got = append(got, p)
			}
		}
		t.Step("every User Property is there", V5("MQTT-3.3.2-17")...)
		for _, u := range users {
			m.Is("number of User Properties "+userPair(u)+" (at least)", min(countUser(got, u), countUser(users, u)), countUser(users, u))
		}
		t.Step("they are in order", V5("MQTT-3.3.2-18")...)
		var order []string
		for _, u := range got {
			if countUser(users, u) > 0 {
				order = append(order, userPair(u))
			}
		}
		if len(order) == len(users) {
			m.Is("order of the User Properties", fmt.Sprint(order), fmt.Sprint([]string{userPair(users[0]), userPair(users[1]), userPair(users[2]), userPair(users[3])}))
		}
	},
})

func userPair(p codec.Property) string { return fmt.Sprintf("%q=%q", p.Name.String(), p.Data) }

func countUser(ps []codec.Property, p codec.Property) (n int) {
	for _, q := range ps {
		if bytes.Equal(p.Name, q.Name) && bytes.Equal(p.Data, q.Data) {
			n++
		}
	}
	return n
}

// propertyValue shows the value of a property that a message has or has not.
func propertyValue(p codec.Property, ok bool) string {
	switch {
	case !ok:
		return "absent"
	case p.Data != nil:
		return fmt.Sprintf("%q", p.Data)
	}
	return fmt.Sprint(p.Int)
}

var _ = add(Scenario{
	ID:     "retain.subscription-id",
	Title:  "a retained message carries the Subscription Identifier of the subscription that brings it",
	Why:    "a client that finds its handler by the identifier would drop the state it asked for",
	Proves: V5("MQTT-3.3.4-3"),
	Needs:  []Feature{QoS1, Retain, SubscriptionID},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", V5("MQTT-3.3.1-5")...)
		pub.Publish(topic, "on", 1, Retained())
		_, m := t.ExpectRetained(filterAt(topic, 1), topic, "on", codec.Int(codec.SubscriptionIdentifier, 77))
		t.Step("it carries the identifier", V5("MQTT-3.3.4-3")...)
		p, ok := m.Properties.Find(codec.SubscriptionIdentifier)
		m.Is("Subscription Identifier", propertyValue(p, ok), "77")
	},
})

var _ = add(Scenario{
	ID:     "retain.expiry-counts",
	Title:  "a retained message comes with what is left of its Message Expiry Interval",
	Why:    "a client that passes the message on would keep it alive for longer than its publisher wanted",
	Proves: V5("MQTT-3.3.2-6"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		const interval = 100
		t.Step("a message is stored", V5("MQTT-3.3.1-5")...)
		published := t.Elapsed()
		pub.Publish(topic, "on", 1, Retained(), Properties(codec.Int(codec.MessageExpiryInterval, interval)))
		stored := t.Elapsed() // at the latest: PUBACK has come
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Sleep(2 * time.Second)
		waited := t.Elapsed() - stored
		_, m := t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("the interval is what is left", V5("MQTT-3.3.2-6")...)
		got, ok := m.Properties.Find(codec.MessageExpiryInterval)
		if !ok {
			m.Is("Message Expiry Interval", "absent", fmt.Sprintf("about %d", interval-2))
			return
		}
		// A second of rounding either way, and the time that the answer took.
		most := interval - int(waited/time.Second) + 1
		least := interval - int((t.Elapsed()-published)/time.Second) - 2
		if left := int(got.Int); left > most || left < least {
			m.Is("Message Expiry Interval", left, fmt.Sprintf("from %d to %d", least, most))
		}
		t.Observe("Message Expiry Interval 100 after two seconds", "%d", got.Int)
	},
})

var _ = add(Scenario{
	ID:     "retain.expiry-ends",
	Title:  "a retained message is gone when its Message Expiry Interval has passed",
	Why:    "a client that starts late acts on what its publisher declared to be void",
	Proves: V5("MQTT-3.3.2-5"),
	Needs:  []Feature{QoS1, Retain},
	Tries:  3, // on a busy machine the first subscriber may come too late
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("a message is stored", V5("MQTT-3.3.1-5")...)
		const interval = 2 * time.Second
		pub.Publish(topic, "on", 1, Retained(), Properties(codec.Int(codec.MessageExpiryInterval, 2)))
		published := t.Elapsed()
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("it is gone when the time is over", V5("MQTT-3.3.2-5")...)
		t.Sleep(interval - (t.Elapsed() - published))
		for {
			sub := t.LateSubscriber(filterAt(topic, 1))
			t.Fence(pub, sub)
			late := t.Elapsed() - published - interval
			got := sub.Pending()
			if len(got) == 0 {
				t.Observe("the expired message was gone", "at most %s after the interval", late.Round(100*time.Millisecond))
				return
			}
			if late > t.Timeouts().Late {
				got[0].Is(fmt.Sprintf("message %s after it expired", late.Round(time.Second)), got[0].String(), "none")
				return
			}
			sub.Drop()
			t.Sleep(t.Timeouts().Settle)
		}
	},
})

var _ = add(Scenario{
	ID:     "retain.overlapping",
	Title:  "two new subscriptions that match a retained message bring it at least once",
	Why:    "a client that subscribes to several filters at once would start without the state",
	Proves: dueRetained,
	Needs:  []Feature{QoS1, Retain, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("hall/lamp")
		t.Step("a message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "on", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("it comes for two filters of one SUBSCRIBE", dueRetained...)
		sub := t.Connect(Name("late subscriber"))
		for _, code := range sub.SubscribeTo(filterAt(topic, 1), filterAt(t.Topic("hall/+"), 1)) {
			if code != 1 {
				t.Skip("the broker does not grant QoS 1: code 0x%02X", code)
			}
		}
		sub.ExpectMessage(topic, "on")
		t.Fence(pub, sub)
		t.Observe("copies of a retained message for two filters of one SUBSCRIBE", "%d", 1+len(sub.Pending()))
	},
})

var _ = add(Scenario{
	ID:     "retain.race",
	Title:  "a retained message is stored also when clients subscribe to its topic in the very moment",
	Why:    "a device that starts beside its controller would never learn the state, once in a hundred starts",
	Proves: dueRetained,
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		sub := t.Connect(Name("subscriber"))
		const rounds = 20
		topic := func(i int) string { return t.Topic(fmt.Sprintf("race-%d", i)) }
		t.Step("SUBSCRIBE and PUBLISH are answered", Requirements(V311("MQTT-3.8.4-1", "MQTT-3.3.4-1"), V5("MQTT-3.8.4-1", "MQTT-3.3.4-1"))...)
		for i := range rounds {
			p := &codec.Publish{Topic: codec.Text(topic(i)), Payload: []byte("on"), QoS: 1, Retain: true, PacketID: pub.NextID()}
			s := &codec.Subscribe{PacketID: sub.NextID(), Subscriptions: []codec.Subscription{filterAt(topic(i), 1)}}
			pub.Send(p)
			sub.Send(s)
			pub.ExpectPuback(p.PacketID)
			sub.ExpectSuback(s.PacketID)
		}
		// No sentence makes the two one step: a broker may route before the
		// subscription is there and store after it looked. So this is observed.
		came := 0
		wait := t.Timeouts().Delivery / 2
		for i := range rounds {
			if _, ok := sub.Gets(topic(i), "on", wait); ok {
				came++
			} else {
				wait = 0
			}
		}
		t.Observe("messages that a subscriber in the same moment got", "%d of %d", came, rounds)
		t.Step("who comes later gets the message", dueRetained...)
		for i := range rounds {
			t.ExpectRetained(filterAt(topic(i), 1), topic(i), "on")
		}
	},
})
