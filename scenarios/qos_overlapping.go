package scenarios

import (
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// highest is the duty to respect the highest QoS among the subscriptions of a
// client that a message matches. Further copies, one for each other one of
// them, are allowed.
var highest = Requirements(V311("MQTT-3.3.5-1"), V5("MQTT-3.3.4-2"))

// moreCopies is the freedom to send one for each matching subscription.
var moreCopies = Requirements(V311("U3-3.3.5-u1"), V5("U5-3.3.4-u6"))

// overlap is a subscription to a filter below the scenario's topic.
type overlap struct {
	filter string
	qos    byte
}

// expectCopies publishes to topic and expects one copy at the highest QoS that
// the subscriptions and the message give, and for each other subscription at
// most one more at its own.
func expectCopies(t *T, sub, pub *Client, topic string, published byte, granted []byte) {
	payload := fmt.Sprintf("at %d", published)
	top := byte(0)
	allowed := map[byte]int{}
	for _, g := range granted {
		qos := min(g, published)
		allowed[qos]++
		top = max(top, qos)
	}
	pub.Publish(topic, payload, published)
	t.Step("the message is delivered", ownership...)
	first := sub.ExpectMessage(topic, payload)
	copies := []*Message{first}
	t.Step(fmt.Sprintf("one copy at QoS %d, published at %d, granted %v", top, published, granted), highest...)
	for best := first.QoS; best != top; {
		// Another copy may follow: one for each subscription is allowed.
		m, ok := sub.Gets(topic, payload, t.Timeouts().Delivery)
		if !ok {
			t.Fail(fmt.Sprintf("a copy at QoS %d", top), fmt.Sprintf("%d at lower QoS, the best at %d", len(copies), best), -1)
		}
		copies = append(copies, m)
		best = max(best, m.QoS)
	}
	// What else comes.
	t.Fence(pub, sub)
	copies = append(copies, sub.Pending()...)
	t.Step("how many copies come, up to one for each subscription, is the broker's choice", moreCopies...)
	t.Observe("copies", "%d for %d subscriptions", len(copies), len(granted))
	t.Step("each copy has the QoS of a subscription", Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
	for _, m := range copies {
		m.Is("QoS of a matching subscription", allowed[m.QoS] > 0, true)
	}
	t.Step("there are no more copies than subscriptions", highest...)
	if most := len(granted); len(copies) > most {
		t.Broken(fmt.Sprintf("at most %d copies", most), fmt.Sprintf("%d copies", len(copies)), -1)
	}
	at := map[byte]int{}
	for _, m := range copies {
		if !m.Dup {
			at[m.QoS]++
		}
	}
	for qos, n := range at {
		refs := highest
		if qos == 2 {
			refs = Requirements(highest, V311("MQTT-4.3.3-1"), V5("MQTT-4.3.3-1"))
		}
		t.Step(fmt.Sprintf("at QoS %d there are no more copies than subscriptions", qos), refs...)
		if n > allowed[qos] && allowed[qos] > 0 {
			t.Broken(fmt.Sprintf("at most %d copies", allowed[qos]), fmt.Sprintf("%d copies", n), -1)
		}
	}
}

var _ = func() (done bool) {
	cases := []struct {
		id, title string
		subs      []overlap
	}{
		{"exact-higher", "an exact filter at QoS 2 and a wildcard at QoS 0", []overlap{{"a/b", 2}, {"a/#", 0}}},
		{"wildcard-higher", "an exact filter at QoS 0 and a wildcard at QoS 2", []overlap{{"a/b", 0}, {"a/#", 2}}},
		{"wildcard-first", "a wildcard at QoS 0 and then an exact filter at QoS 1", []overlap{{"a/+", 0}, {"a/b", 1}}},
		{"three", "three filters at QoS 0, 1 and 2", []overlap{{"a/+", 1}, {"a/#", 2}, {"a/b", 0}}},
		{"equal", "two filters at the same QoS 2", []overlap{{"a/b", 2}, {"+/b", 2}}},
	}
	for _, c := range cases {
		add(Scenario{
			ID:     "qos.overlapping-" + c.id,
			Title:  "a message that matches several subscriptions of a client comes at their highest QoS: " + c.title,
			Why:    "a client that adds a broad QoS 0 subscription for display would lose the guarantee of the narrow one for commands",
			Proves: Requirements(highest, moreCopies),
			Needs:  []Feature{QoS2, Wildcard},
			Run: func(t *T) {
				sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
				var granted []byte
				for _, s := range c.subs {
					g := sub.SubscribeTo(codec.Subscription{Filter: codec.Text(t.Topic(s.filter)), QoS: s.qos})[0]
					if g > 2 {
						t.Skip("the broker refuses a subscription: 0x%02X", g)
					}
					granted = append(granted, g)
				}
				for published := byte(1); published <= 2; published++ {
					expectCopies(t, sub, pub, t.Topic("a/b"), published, granted)
				}
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:     "qos.overlapping-while-away",
	Title:  "a message for several subscriptions of a client that is away waits for it at their highest QoS",
	Why:    "at the lower QoS 0 the message may be dropped instead of waiting",
	Proves: highest,
	Needs:  []Feature{QoS2, Wildcard},
	Run: func(t *T) {
		topic := t.Topic("a/b")
		sub, pub := pair(t, t.Topic("a/#"), 0, Keep())
		sub.Subscribe(topic, 2)
		sub.Disconnect()
		pub.Publish(topic, "waiting", 2)
		resume(t, sub)
		t.Step("it comes at QoS 2", highest...)
		deadline := t.Elapsed() + t.Timeouts().Delivery
		for best := byte(0); best < 2; {
			m, ok := sub.Gets(topic, "waiting", max(deadline-t.Elapsed(), time.Millisecond))
			if !ok {
				t.Fail("a copy at QoS 2", fmt.Sprintf("the best has QoS %d, or none came", best), -1)
			}
			best = max(best, m.QoS)
		}
	},
})
