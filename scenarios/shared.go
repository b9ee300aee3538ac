package scenarios

import (
	"fmt"
	"strconv"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// share is the filter of a Shared Subscription of a group (4.8.2).
func share(group, filter string) string { return "$share/" + group + "/" + filter }

// group connects two members of one Shared Subscription, with options, and a
// publisher.
func group(t *T, topic string, qos byte, opts ...Option) (members []*Client, pub *Client) {
	for i := range 2 {
		c := t.Connect(append([]Option{Name(fmt.Sprintf("member %d", i+1))}, opts...)...)
		c.Subscribe(share("group", topic), qos)
		members = append(members, c)
	}
	return members, t.Connect(Name("publisher"))
}

// toOne awaits the message at one of the members, whichever it is, and gives that
// member and the others.
func toOne(t *T, members []*Client, topic, payload string) (m *Message, chosen *Client, others []*Client) {
	deadline := t.Elapsed() + t.Timeouts().Delivery
	for t.Elapsed() < deadline {
		for i, c := range members {
			if m, ok := c.Gets(topic, payload, t.Timeouts().Settle/10); ok {
				others = append(append([]*Client{}, members[:i]...), members[i+1:]...)
				return m, c, others
			}
		}
	}
	t.Fail(fmt.Sprintf("one of the members gets %q", payload), "none of them", -1)
	return nil, nil, nil
}

// staysAway expects that no member gets anything more.
func staysAway(members ...*Client) {
	for _, c := range members {
		c.StaysQuiet()
	}
}

var _ = add(Scenario{
	ID:     "shared.one-of-members",
	Title:  "a message goes to one member of each Shared Subscription, and each name makes a subscription of its own",
	Why:    "members share the work: what two of them get is done twice, what none gets is not done",
	Proves: V5("U5-4.8.2-u2", "MQTT-4.8.2-1", "MQTT-4.8.2-2", "MQTT-4.5.0-1", "U5-3.2.2.3.13-u3"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work/to/do")
		members, pub := group(t, topic, 1)
		other := t.Connect(Name("member of another group"))
		other.Subscribe(share("others", topic), 1)
		plain := t.Connect(Name("plain subscriber"))
		plain.Subscribe(topic, 1)
		for i := range 6 {
			payload := fmt.Sprintf("task %d", i)
			pub.Publish(topic, payload, 1)
			t.Step("it goes to one member", V5("MQTT-4.8.2-1", "MQTT-4.8.2-2", "U5-4.8.2-u2")...)
			_, _, rest := toOne(t, members, topic, payload)
			t.Step("the other group gets it too", V5("U5-4.8.2-u2", "MQTT-4.8.2-1")...)
			if _, ok := other.Gets(topic, payload, t.Timeouts().Delivery); !ok {
				t.Fail("the group of another name gets "+payload, "nothing", -1)
			}
			t.Step("who has subscribed without $share gets it as well", V5("MQTT-4.5.0-1")...)
			plain.ExpectMessage(topic, payload)
			t.Step("no second member gets it", V5("U5-4.8.2-u2")...)
			for _, c := range rest {
				c.Sync()
				c.NothingPending()
			}
		}
		staysAway(append(members, other, plain)...)
	},
})

var _ = add(Scenario{
	ID:     "shared.granted-qos",
	Title:  "each member of a Shared Subscription gets messages at the QoS that was granted to it",
	Why:    "a member that asked for QoS 0 has no room for acknowledgements, and one at QoS 1 relies on them",
	Proves: V5("MQTT-4.8.2-3"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		low, high := t.Connect(Name("member at QoS 0")), t.Connect(Name("member at QoS 1"))
		low.Subscribe(share("group", topic), 0)
		high.Subscribe(share("group", topic), 1)
		pub := t.Connect(Name("publisher"))
		got := map[*Client]int{}
		const most = 20 // which member gets one is up to the broker
		for i := 0; i < most && (got[low] == 0 || got[high] == 0); i++ {
			payload := fmt.Sprintf("task %d", i)
			pub.Publish(topic, payload, 1)
			t.Step("a member gets it", V5("U5-4.8.2-u2")...)
			m, chosen, _ := toOne(t, []*Client{low, high}, topic, payload)
			got[chosen]++
			t.Step("at the QoS granted to this member", V5("MQTT-4.8.2-3")...)
			want := byte(1)
			if chosen == low {
				want = 0
			}
			m.HasQoS(want)
		}
		t.Observe("messages to the members", "%d at QoS 0, %d at QoS 1", got[low], got[high])
	},
})

var _ = add(Scenario{
	ID:     "shared.qos-2-resumed",
	Title:  "a QoS 2 message under way to a member whose connection breaks waits for this member, and goes to no other",
	Why:    "two members that both take an order deliver it twice; none at all loses it",
	Proves: V5("MQTT-4.8.2-4"),
	Needs:  []Feature{QoS2, Shared},
	Run: func(t *T) {
		topic := t.Topic("order")
		members, pub := group(t, topic, 2, Keep(), Manual())
		pub.Publish(topic, "order", 2)
		t.Step("a member gets it", V5("U5-4.8.2-u2")...)
		m, chosen, others := toOne(t, members, topic, "order")
		t.Step("while the member is away no other gets it", V5("MQTT-4.8.2-4")...)
		chosen.Drop()
		staysAway(others...)
		resume(t, chosen)
		t.Step("its delivery is completed on its return", V5("MQTT-4.8.2-4")...)
		again := chosen.ExpectMessage(topic, "order")
		again.Is("Packet Identifier", again.PacketID, m.PacketID)
		acknowledge(chosen, again)
		staysAway(others...)
	},
})

var _ = func() (done bool) {
	for _, stage := range []struct{ id, title string }{
		{"begun", "before its PUBREC"}, {"released", "behind its PUBREL"},
	} {
		add(Scenario{
			ID:     "shared.qos-2-session-ends-" + stage.id,
			Title:  "a QoS 2 message under way to a member whose session ends, " + stage.title + ", goes to no other member",
			Why:    "the member may have acted on it already; exactly once means that nobody else does",
			Proves: V5("MQTT-4.8.2-5"),
			Needs:  []Feature{QoS2, Shared},
			Run: func(t *T) {
				topic := t.Topic("order")
				members, pub := group(t, topic, 2, Keep(), Manual())
				pub.Publish(topic, "order", 2)
				t.Step("a member gets it", V5("U5-4.8.2-u2")...)
				m, chosen, others := toOne(t, members, topic, "order")
				if stage.id == "released" {
					received(t, chosen, m.PacketID)
				}
				chosen.Drop()
				chosen.Reconnect(Clean(true)) // which ends the session
				t.Step("no other member gets it", V5("MQTT-4.8.2-5")...)
				staysAway(others...)
				t.Step("what follows goes to who is left", V5("U5-4.8.2-u2")...)
				pub.Publish(topic, "next", 2)
				next, _, _ := toOne(t, others, topic, "next")
				acknowledge(others[0], next)
				t.Step("no other member gets it", V5("MQTT-4.8.2-5")...)
				staysAway(others...)
			},
		})
	}
	for qos := byte(1); qos <= 2; qos++ {
		add(Scenario{
			ID:     fmt.Sprintf("shared.refused-at-%d", qos),
			Title:  fmt.Sprintf("a QoS %d message that a member refuses with a Reason Code of 0x80 or more goes to no other member", qos),
			Why:    "a message that breaks one worker would go round and break them all",
			Proves: V5("MQTT-4.8.2-6"),
			Needs:  []Feature{QoS2, Shared},
			Run: func(t *T) {
				topic := t.Topic("poison")
				members, pub := group(t, topic, qos, Manual())
				pub.Publish(topic, "poison", qos)
				t.Step("a member gets it", V5("U5-4.8.2-u2")...)
				m, chosen, others := toOne(t, members, topic, "poison")
				t.Step("refused by one it goes to no other", V5("MQTT-4.8.2-6")...)
				if qos == 1 {
					chosen.Send(&codec.Puback{Ack: codec.Ack{PacketID: m.PacketID, Code: 0x80}})
				} else {
					chosen.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: m.PacketID, Code: 0x80}})
				}
				chosen.Sync()
				staysAway(others...)
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:     "shared.qos-1-session-ends",
	Title:  "a QoS 1 message under way to a member whose session ends goes to another member",
	Why:    "the worker is gone for good, and its task with it, if nobody takes it over",
	Proves: V5("U5-4.8.2-u1"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("task")
		members, pub := group(t, topic, 1, Keep(), Manual())
		pub.Publish(topic, "task", 1)
		t.Step("a member gets it", V5("U5-4.8.2-u2")...)
		_, chosen, others := toOne(t, members, topic, "task")
		chosen.Drop()
		chosen.Reconnect(Clean(true)) // which ends the session
		t.Step("another member takes it over", V5("U5-4.8.2-u1")...)
		others[0].ExpectMessage(topic, "task")
	},
})

var _ = add(Scenario{
	ID:     "shared.beside-plain",
	Title:  "a client with a plain subscription gets its copy of every message, also where it is a member of a Shared Subscription",
	Why:    "a worker that also keeps the log would miss the tasks of its colleagues",
	Proves: V5("U5-4.8.2-u5"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		members, pub := group(t, topic, 1)
		members[0].Subscribe(topic, 1)
		for i := range 4 {
			payload := fmt.Sprintf("task %d", i)
			pub.Publish(topic, payload, 1)
			t.Step("the plain subscription brings it", V5("U5-4.8.2-u5")...)
			members[0].ExpectMessage(topic, payload)
		}
		t.Step("the Shared Subscription brings each to one member beside", V5("U5-4.8.2-u5")...)
		t.Equal("copies through the Shared Subscription", count(spread(t, members, 4)), 4)
	},
})

var _ = add(Scenario{
	ID:     "shared.only-member-beside-plain",
	Title:  "the only member of a Shared Subscription that has a plain subscription as well gets a copy through each",
	Why:    "a worker tells the task from the entry in its log by the subscription that brings it",
	Proves: V5("U5-4.8.2-u5"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		c, pub := t.Connect(Name("only member")), t.Connect(Name("publisher"))
		c.Subscribe(share("group", topic), 1)
		c.Subscribe(topic, 1)
		pub.Publish(topic, "task", 1)
		t.Step("a copy comes through each of the two", V5("U5-4.8.2-u5")...)
		c.ExpectMessage(topic, "task")
		c.ExpectMessage(topic, "task")
	},
})

// spread gives what the members get until so many messages have come, or the
// time for a delivery is over.
func spread(t *T, members []*Client, most int) map[*Client][]*Message {
	got := map[*Client][]*Message{}
	deadline := t.Elapsed() + t.Timeouts().Delivery
	for count(got) < most && t.Elapsed() < deadline {
		for _, c := range members {
			if m, ok := c.GetsAny(t.Timeouts().Settle / 10); ok {
				got[c] = append(got[c], m)
			}
		}
	}
	return got
}

func count(got map[*Client][]*Message) (n int) {
	for _, ms := range got {
		n += len(ms)
	}
	return n
}

var _ = add(Scenario{
	ID:     "shared.spread",
	Title:  "of a hundred messages for a Shared Subscription each goes to one of its members",
	Why:    "how the work is shared out is for the broker to choose; that none of it is lost or done twice is not",
	Proves: V5("U5-4.8.2-u2", "MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		const tasks = 100
		topic := t.Topic("work")
		members, pub := group(t, topic, 1)
		for i := range tasks {
			pub.Publish(topic, fmt.Sprint(i), 1)
		}
		got := spread(t, members, tasks)
		times := map[string]int{}
		for i, c := range members {
			// The members may be chosen unevenly, and there is no order in what they get
			// (4.8.2, MQTT-4.6.0-6).
			inOrder, last := true, -1
			for _, m := range got[c] {
				times[string(m.Payload)]++
				task, _ := strconv.Atoi(string(m.Payload))
				inOrder, last = inOrder && task > last, task
			}
			t.Observe(fmt.Sprintf("messages to member %d", i+1), "%d of %d, in order: %v", len(got[c]), tasks, inOrder)
		}
		t.Step("each comes", V5("MQTT-4.5.0-1")...)
		t.Equal("messages that reach a member", len(times), tasks)
		t.Step("none comes twice", V5("U5-4.8.2-u2")...)
		staysAway(members...)
		t.Equal("deliveries", count(got), len(times))
	},
})
