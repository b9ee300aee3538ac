package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// filterAt is a subscription to the filter with the QoS and no other option.
func filterAt(filter string, qos byte) codec.Subscription {
	return codec.Subscription{Filter: codec.Text(filter), QoS: qos}
}

// dueRetained is what a broker owes a new subscriber that it has a retained
// message for.
// outlives is the duty to keep a retained message apart from every session.
var outlives = Requirements(V311("MQTT-3.1.2-7", "U3-3.8.4-u2", "U3-4.1-u1"), V5("U5-3.8.4-u2", "U5-4.1-u1"))

var dueRetained = Requirements(V311("MQTT-3.3.1-6"), V5("MQTT-3.3.1-9"))

var _ = add(Scenario{
	ID:     "retain.stored",
	Title:  "a message with RETAIN 1 is stored and given to a client that subscribes later",
	Why:    "a dashboard that starts now shows nothing until every sensor has reported again",
	Proves: Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		pub.Publish(topic, "on", 1, Retained())
		_, m := t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Observe("QoS of a retained message published and subscribed to at QoS 1", "%d", m.QoS)
	},
})

var _ = add(Scenario{
	ID:     "retain.every-subscriber",
	Title:  "a retained message is given to every client that subscribes, and stays",
	Why:    "the second device to start after a power cut would never learn the state that the first one read",
	Proves: Requirements(dueRetained, outlives),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		pub.Publish(topic, "on", 1, Retained())
		t.Step("it is stored, and comes to a new subscriber", Requirements(V311("MQTT-3.3.1-5", "U3-3.8.4-u2"), V5("MQTT-3.3.1-5", "U5-3.8.4-u2"))...)
		first, _ := t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("it belongs to no session and lasts: it stays when they end, and when a second has passed", outlives...)
		first.Disconnect()
		t.Sleep(1200 * time.Millisecond) // some brokers look for what to drop each second
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		t.Step("others get it too", Requirements(dueRetained, outlives)...)
		for range 3 {
			t.ExpectRetained(filterAt(topic, 1), topic, "on")
		}
	},
})

var _ = add(Scenario{
	ID:     "retain.replaced",
	Title:  "a second retained message on a topic takes the place of the first",
	Why:    "a client that starts late acts on a state that is no longer true",
	Proves: Requirements(V311("MQTT-3.3.1-6", "MQTT-3.3.1-5"), V5("MQTT-3.3.1-5")),
	Needs:  []Feature{QoS1, QoS2, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("state")
		t.Step("the first is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "one", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "one")
		t.Step("only the second comes then", Requirements(V311("MQTT-3.3.1-6"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "two", 1, Retained())
		sub, _ := t.ExpectRetained(filterAt(topic, 1), topic, "two")
		sub.ExpectNoRetained(pub)
		t.Step("it takes its QoS too", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "three", 2, Retained())
		_, m := t.ExpectRetained(filterAt(topic, 2), topic, "three")
		m.HasQoS(2)
		pub.Publish(topic, "four", 1, Retained())
		_, m = t.ExpectRetained(filterAt(topic, 2), topic, "four")
		m.HasQoS(1)
	},
})

var _ = add(Scenario{
	ID:     "retain.cleared",
	Title:  "a retained message without payload is delivered and removes the one that is stored",
	Why:    "there is no other way to take a retained message back: it would haunt every new subscriber",
	Proves: Requirements(V311("MQTT-3.3.1-10"), V5("MQTT-3.3.1-6")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		live := t.Connect(Name("live subscriber"))
		topic := t.Topic("state")
		t.Step("a message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "on", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "on")
		live.Subscribe(topic, 1)
		t.Step("the empty message is delivered as any other", Requirements(V311("MQTT-3.3.1-10"), V5("MQTT-3.3.1-6"))...)
		pub.Publish(topic, "", 1, Retained())
		live.ExpectMessage(topic, "")
		t.Step("later subscribers get nothing", Requirements(V311("MQTT-3.3.1-10"), V5("MQTT-3.3.1-6"))...)
		t.ExpectNoRetained(filterAt(topic, 1), pub)
	},
})

var _ = add(Scenario{
	ID:     "retain.empty-not-stored",
	Title:  "a message without payload is never stored as a retained message",
	Why:    "a new subscriber would take the empty message for a state, or the removal for an event of now",
	Proves: Requirements(V311("MQTT-3.3.1-11"), V5("MQTT-3.3.1-7")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		live := t.Connect(Name("live subscriber"))
		empty, full := t.Topic("empty"), t.Topic("full")
		live.Subscribe(empty, 1)
		pub.Publish(empty, "", 1, Retained())
		pub.Publish(full, "on", 1, Retained())
		t.Step("the empty message is delivered", Requirements(V311("MQTT-3.3.1-10"), V5("MQTT-3.3.1-6"))...)
		live.ExpectMessage(empty, "")
		t.Step("a message with payload is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		t.ExpectRetained(filterAt(full, 1), full, "on")
		t.Step("the empty one is not", Requirements(V311("MQTT-3.3.1-11"), V5("MQTT-3.3.1-7"))...)
		t.ExpectNoRetained(filterAt(empty, 1), pub)
	},
})

var _ = add(Scenario{
	ID:     "retain.plain-message",
	Title:  "a message with RETAIN 0 is not stored, and leaves a retained one as it is",
	Why:    "events would come again as if they happened now, or wipe out the state that late clients rely on",
	Proves: Requirements(V311("MQTT-3.3.1-12"), V5("MQTT-3.3.1-8")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		live := t.Connect(Name("live subscriber"))
		kept, never := t.Topic("kept"), t.Topic("never")
		t.Step("a message is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(kept, "on", 1, Retained())
		t.ExpectRetained(filterAt(kept, 1), kept, "on")
		t.Step("messages with RETAIN 0 are delivered", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
		live.Subscribe(kept, 1)
		live.Subscribe(never, 1)
		for _, payload := range []string{"event", ""} {
			pub.Publish(kept, payload, 1)
			live.ExpectMessage(kept, payload)
		}
		pub.Publish(never, "event", 1)
		live.ExpectMessage(never, "event")
		t.Step("the stored message is still the same", Requirements(V311("MQTT-3.3.1-12"), V5("MQTT-3.3.1-8"))...)
		sub, _ := t.ExpectRetained(filterAt(kept, 1), kept, "on")
		sub.ExpectNoRetained(pub)
		t.Step("nothing is stored where nothing was", Requirements(V311("MQTT-3.3.1-12"), V5("MQTT-3.3.1-8"))...)
		t.ExpectNoRetained(filterAt(never, 1), pub)
	},
})

var _ = add(Scenario{
	ID:    "retain.qos0-replaces",
	Title: "a retained message of QoS 0 removes the one stored before, even one of QoS 1",
	Why:   "the old state would come back as soon as the broker lets go of the new one",
	// That the new one should be kept is no more than observed: it may be discarded
	// whenever the broker chooses.
	Proves: Requirements(V311("MQTT-3.3.1-7", "U3-3.3.1.3-u1"), V5("MQTT-3.3.1-5", "U5-3.3.1.3-u1")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		live := t.Connect(Name("live subscriber"))
		topic := t.Topic("state")
		t.Step("a message of QoS 1 is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "old", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "old")
		live.Subscribe(topic, 0)
		if !passesQoS0(pub, live, topic, "new", Retained()) {
			t.Skip("the broker passed on none of three messages of QoS 0, so that nothing shows whether it got them")
		}
		t.Step("the old one is gone", Requirements(V311("MQTT-3.3.1-7"), V5("MQTT-3.3.1-5"))...)
		sub := freshUntil(t, pub, filterAt(topic, 1), func(ms []*Message) bool { return !hasPayload(ms, "old") })
		for _, m := range sub {
			if string(m.Payload) != "new" {
				m.Unwanted("not the message that was replaced")
			}
		}
		t.Observe("retained message of QoS 0", "%s", keptOrNot(len(sub) > 0))
	},
})

// passesQoS0 publishes a message of QoS 0, which may be lost, up to three times
// and says whether the subscriber got it.
func passesQoS0(pub, sub *Client, topic, payload string, opts ...PublishOption) bool {
	for range 3 {
		pub.Publish(topic, payload, 0, opts...)
		if _, ok := sub.Gets(topic, payload, time.Second); ok {
			return true
		}
	}
	return false
}

// freshUntil gives what a fresh subscriber gets at once. While good says no
// others are tried, a few times: storing and removing take their time.
func freshUntil(t *T, from *Client, s codec.Subscription, good func([]*Message) bool) (got []*Message) {
	for range 5 {
		sub := t.LateSubscriber(s)
		t.Fence(from, sub)
		if got = sub.Pending(); good(got) {
			break
		}
		sub.Drop()
	}
	return got
}

func hasPayload(ms []*Message, payload string) bool {
	for _, m := range ms {
		if string(m.Payload) == payload {
			return true
		}
	}
	return false
}

func keptOrNot(yes bool) string {
	if yes {
		return "kept"
	}
	return "not kept, as is allowed"
}

var _ = add(Scenario{
	ID:     "retain.qos",
	Title:  "a retained message comes at the QoS it was published with, or at the QoS granted if that is lower",
	Why:    "a late subscriber would lose the guarantee that publisher and subscriber agreed on",
	Proves: Requirements(V311("MQTT-3.8.4-6", "MQTT-3.3.1-5"), V5("MQTT-3.8.4-8", "MQTT-3.3.1-5")),
	Needs:  []Feature{QoS1, QoS2, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		for stored := range byte(3) {
			topic := t.Topic(fmt.Sprintf("stored-%d", stored))
			pub.Publish(topic, "state", stored, Retained())
			for granted := range byte(3) {
				if stored == 0 {
					// A retained message of QoS 0 may be discarded at any time.
					got := freshUntil(t, pub, filterAt(topic, granted), func(ms []*Message) bool { return len(ms) > 0 })
					t.Observe("retained message of QoS 0", "%s", keptOrNot(len(got) > 0))
					t.Step(fmt.Sprintf("stored at QoS 0, granted %d", granted), Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
					for _, m := range got {
						m.HasQoS(0)
					}
					continue
				}
				t.Step("the retained message comes", Requirements(dueRetained, V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
				_, m := t.ExpectRetained(filterAt(topic, granted), topic, "state")
				t.Step(fmt.Sprintf("stored at QoS %d, granted %d", stored, granted), Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
				m.HasQoS(min(stored, granted))
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "retain.outlives-publisher",
	Title:  "a retained message is still there when the session of its publisher has ended",
	Why:    "a sensor that reports and goes to sleep would leave nothing behind",
	Proves: Requirements(V311("MQTT-3.1.2-7"), V5("U5-4.1-u1")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		for _, end := range []struct {
			name  string
			leave func(*Client)
		}{{"disconnected", (*Client).Disconnect}, {"dropped", (*Client).Drop}} {
			pub := t.Connect(Name("publisher"))
			topic := t.Topic(end.name)
			t.Step("it is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
			pub.Publish(topic, "on", 1, Retained())
			t.ExpectRetained(filterAt(topic, 1), topic, "on")
			t.Step("its publisher goes: "+end.name, Requirements(V311("MQTT-3.1.2-7"), V5("U5-4.1-u1"))...)
			end.leave(pub)
			// The session has certainly ended when the same client starts anew.
			pub.Reconnect()
			pub.Disconnect()
			t.ExpectRetained(filterAt(topic, 1), topic, "on")
		}
	},
})

var _ = add(Scenario{
	ID:    "retain.wildcard",
	Title: "a new subscription with wildcards brings the retained message of every topic that it matches",
	Why:   "a client that watches a whole building would see the rooms that happened to change, and miss the rest",
	// RETAIN 1 is looked at by the judge.
	Proves: Requirements(dueRetained, V311("MQTT-3.3.2-3", "MQTT-3.3.1-8"), V5("MQTT-3.3.2-3", "U5-3.8.3.1-u3")),
	Needs:  []Feature{QoS1, Retain, Wildcard},
	Run: func(t *T) {
		retainedBelow(t, "hall/#", []string{"hall/lamp", "hall/lamp/left", "hall/door"}, []string{"hallway", "kitchen/lamp"})
		retainedBelow(t, "floor/+/lamp", []string{"floor/1/lamp", "floor/2/lamp"}, []string{"floor/lamp", "floor/1/2/lamp"})
	},
})

var _ = add(Scenario{
	ID:     "retain.wildcard-parent",
	Title:  "a new subscription to a/# brings the retained message of a itself",
	Why:    "the state of a device stands often one level above its parts; who subscribes to all of it would miss it",
	Proves: dueRetained,
	Needs:  []Feature{QoS1, Retain, Wildcard},
	Run: func(t *T) {
		retainedBelow(t, "hall/#", []string{"hall/lamp", "hall"}, nil)
	},
})

// retainedBelow stores retained messages, each of which is seen to be stored,
// and then subscribes to the filter, which matches some of them.
func retainedBelow(t *T, filter string, matching, others []string) {
	pub := t.Connect(Name("publisher"))
	for _, suffix := range slices.Concat(matching, others) {
		topic := t.Topic(suffix)
		t.Step(suffix+" is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		pub.Publish(topic, "state of "+suffix, 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "state of "+suffix)
	}
	sub := t.LateSubscriber(filterAt(t.Topic(filter), 1))
	for _, suffix := range matching {
		t.Step("all that "+filter+" matches come", dueRetained...)
		m := sub.ExpectMessage(t.Topic(suffix), "state of "+suffix)
		t.Step("it came because of the new subscription, so RETAIN is 1", Requirements(V311("MQTT-3.3.1-8"), V5("U5-3.8.3.1-u3"))...)
		m.HasRetain(true)
	}
	t.Step("no others come with "+filter, Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3"))...)
	t.Fence(pub, sub)
	for _, m := range sub.Pending() {
		suffix := strings.TrimPrefix(string(m.Payload), "state of ")
		if slices.Contains(matching, suffix) {
			t.Observe("comes twice on one subscription", "%s", suffix)
			continue
		}
		m.Unwanted("only messages that " + filter + " matches")
	}
}

var _ = add(Scenario{
	ID:     "retain.many",
	Title:  "fifty retained topics below one wildcard all come, also to a client that takes ten at a time",
	Why:    "a restart of a client with many topics would leave holes that nobody notices",
	Proves: Requirements(dueRetained, V5("MQTT-3.3.4-9")),
	Needs:  []Feature{QoS1, Retain, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		const n = 50
		topic := func(i int) string { return t.Topic(fmt.Sprintf("many/%d", i)) }
		for i := range n {
			pub.Publish(topic(i), fmt.Sprintf("state %d", i), 1, Retained())
		}
		t.Step("the last one is stored", Requirements(V311("MQTT-3.3.1-5"), V5("MQTT-3.3.1-5"))...)
		t.ExpectRetained(filterAt(topic(n-1), 1), topic(n-1), fmt.Sprintf("state %d", n-1))
		t.Step("all fifty come", dueRetained...)
		want := map[string]bool{}
		for i := range n {
			want[topic(i)] = true
		}
		missing := len(want)
		for try := 0; try < 2 && missing > 0; try++ {
			sub := t.Connect(Name("late subscriber"), With(codec.Int(codec.ReceiveMaximum, 10)))
			sub.Subscribe(t.Topic("many/+"), 1)
			got := map[string]bool{}
			for len(got) < n {
				m, ok := sub.GetsAny(t.Timeouts().Delivery / 2)
				if !ok {
					break
				}
				got[m.Topic.String()] = true
			}
			missing = n - len(got)
			sub.Drop()
		}
		t.Equal("retained messages that are missing", missing, 0)
	},
})

var _ = add(Scenario{
	ID:     "retain.each-filter",
	Title:  "a SUBSCRIBE with several filters brings the retained messages of each of them",
	Why:    "a client that asks for all it needs in one packet would start with a part of it",
	Proves: Requirements(V311("MQTT-3.8.4-4"), V5("MQTT-3.8.4-5")),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		var filters []codec.Subscription
		for i := range 3 {
			topic := t.Topic(fmt.Sprintf("state-%d", i))
			pub.Publish(topic, "on", 1, Retained())
			t.Step("it is stored", dueRetained...)
			t.ExpectRetained(filterAt(topic, 1), topic, "on")
			filters = append(filters, filterAt(topic, 1))
		}
		sub := t.Connect(Name("late subscriber"))
		sub.SubscribeTo(filters...)
		for _, f := range filters {
			t.Step("each filter brings its own", Requirements(V311("MQTT-3.8.4-4"), V5("MQTT-3.8.4-5"))...)
			sub.ExpectMessage(f.Filter.String(), "on")
		}
	},
})
