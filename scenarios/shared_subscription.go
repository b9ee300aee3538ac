package scenarios

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// What a Shared Subscription has in common with any other: its filter, its end,
// its place in the session, and what goes with a message (5.0, 4.8.2).

var _ = add(Scenario{
	ID:     "shared.filter",
	Title:  "the filter behind the ShareName may have levels and wildcards, and brings what it matches and nothing else",
	Why:    "workers take the tasks of a whole branch; a part of it that nobody takes is never done",
	Proves: V5("MQTT-4.8.2-2", "MQTT-4.5.0-1", "MQTT-3.3.2-3"),
	Needs:  []Feature{QoS1, Shared, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		table := []struct {
			filter string
			brings []string
		}{
			{"a/b", []string{"a/b"}},
			{"a/+", []string{"a/", "a/b"}},
			{"a/#", []string{"a", "a/", "a/b", "a/b/c"}},
			{"+/b", []string{"/b", "a/b"}},
		}
		subs := make([]*Client, len(table))
		for i, row := range table {
			subs[i] = t.Connect(Name("only member of " + row.filter))
			subs[i].Subscribe(share("group", t.Topic(row.filter)), 1)
		}
		for _, topic := range []string{"a", "b", "ab", "/b", "a/", "a/b", "a/b/c"} {
			pub.Publish(t.Topic(topic), "to "+topic, 1)
		}
		for i, row := range table {
			t.Step(row.filter+" brings what it matches", V5("MQTT-4.8.2-2", "MQTT-4.5.0-1")...)
			for _, topic := range row.brings {
				subs[i].ExpectMessage(t.Topic(topic), "to "+topic)
			}
		}
		t.Fence(pub, subs...)
		for i, row := range table {
			t.Step(row.filter+" brings nothing else", V5("MQTT-4.8.2-2", "MQTT-3.3.2-3")...)
			subs[i].NothingPending()
		}
	},
})

var _ = add(Scenario{
	ID:     "shared.unusual-names",
	Title:  "a filter that begins with $share and has no ShareName, or a wildcard in it, or no filter behind it, is answered or ends the connection",
	Why:    "a worker that never hears of its subscription waits for ever",
	Proves: V5("MQTT-3.8.4-1", "MQTT-4.8.2-1", "MQTT-4.8.2-2"),
	Needs:  []Feature{Shared},
	Run: func(t *T) {
		for _, bad := range []struct{ filter, breaks string }{
			{"$share/", "MQTT-4.8.2-1"}, {"$share//TOPIC", "MQTT-4.8.2-1"},
			{"$share/group", "MQTT-4.8.2-2"}, {"$share/group/", "MQTT-4.8.2-2"},
			{"$share/gr+up/TOPIC", "MQTT-4.8.2-2"}, {"$share/+/TOPIC", "MQTT-4.8.2-2"},
			{"$share/gr#up/TOPIC", "MQTT-4.8.2-2"}, {"$share/#", "MQTT-4.8.2-2"},
		} {
			t.Step("the filter "+bad.filter+" is answered, or the connection ends", V5("MQTT-3.8.4-1")...)
			t.Because(V5(bad.breaks)...)
			heard(t, bad.filter, strings.ReplaceAll(bad.filter, "TOPIC", t.Topic("a")))
		}
	},
})

var _ = add(Scenario{
	ID:     "shared.left-at-once",
	Title:  "a member that has subscribed twice leaves the Shared Subscription with its first UNSUBSCRIBE",
	Why:    "a client that subscribes anew after each connect would never get rid of it, and swallow tasks",
	Proves: V5("U5-4.8.2-u4", "MQTT-3.10.4-2"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		c, pub := t.Connect(Name("member")), t.Connect(Name("publisher"))
		c.Subscribe(share("group", topic), 1)
		c.Subscribe(share("group", topic), 1)
		pub.Publish(topic, "one", 1)
		handedOn(t, c, topic, "one")
		c.Unsubscribe(share("group", topic))
		t.Step("it has left", V5("U5-4.8.2-u4", "MQTT-3.10.4-2")...)
		pub.Publish(topic, "two", 1)
		c.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "shared.joined-twice",
	Title:  "a member that subscribes once more to its Shared Subscription is one member still, at the QoS granted last",
	Why:    "a client that subscribes anew after each connect would get the tasks of two, or at a QoS that it gave up",
	Proves: V5("U5-4.8.2-u4", "MQTT-4.8.2-3"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		c, pub := t.Connect(Name("only member")), t.Connect(Name("publisher"))
		c.Subscribe(share("group", topic), 0)
		c.Subscribe(share("group", topic), 1)
		for i := range 4 {
			payload := fmt.Sprintf("task %d", i)
			pub.Publish(topic, payload, 1)
			m := handedOn(t, c, topic, payload)
			t.Step("at the QoS granted last", V5("MQTT-4.8.2-3")...)
			m.HasQoS(1)
		}
		t.Step("each comes once", V5("U5-4.8.2-u4")...)
		c.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "shared.not-left-by-plain-filter",
	Title:  "an UNSUBSCRIBE of the filter without $share, or with another ShareName, leaves the Shared Subscription alone",
	Why:    "a client that has both must be able to end one of them",
	Proves: V5("MQTT-3.10.4-1"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		c, pub := t.Connect(Name("member")), t.Connect(Name("publisher"))
		c.Subscribe(share("group", topic), 1)
		for _, other := range []string{topic, share("other", topic), share("Group", topic)} {
			c.Unsubscribe(other)
			pub.Publish(topic, "after "+other, 1)
			t.Step("the Shared Subscription is still there", V5("MQTT-3.10.4-1")...)
			c.ExpectMessage(topic, "after "+other)
		}
		c.Unsubscribe(share("group", topic))
		pub.Publish(topic, "afterwards", 1)
		t.Step("the whole filter removes it", V5("MQTT-3.10.4-1")...)
		c.ExpectNothing(pub)
	},
})

var _ = add(Scenario{
	ID:     "shared.left-to-others",
	Title:  "what is published after the UNSUBACK of a member goes to the members who are left, all of it",
	Why:    "each task that still goes to a worker who has left is a task that nobody does",
	Proves: V5("MQTT-3.10.4-2", "MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		members, pub := group(t, topic, 1)
		gone, left := members[0], members[1]
		gone.Unsubscribe(share("group", topic))
		const tasks = 6
		for i := range tasks {
			pub.Publish(topic, fmt.Sprintf("task %d", i), 1)
		}
		t.Step("the one who has left gets nothing", V5("MQTT-3.10.4-2")...)
		t.Fence(pub, gone)
		if wrong := gone.Pending(); len(wrong) > 0 {
			wrong[0].Unwanted("no task for the member who has left")
			return // what went there cannot come to the other one
		}
		t.Step("the one who is left gets all", V5("MQTT-4.5.0-1")...)
		for i := range tasks {
			left.ExpectMessage(topic, fmt.Sprintf("task %d", i))
		}
	},
})

var _ = add(Scenario{
	ID:     "shared.resumed",
	Title:  "the Shared Subscription of a session is there again when the session is resumed",
	Why:    "a worker that was away for a moment believes that it is still in the group, and gets no tasks",
	Proves: V5("MQTT-4.5.0-1", "MQTT-3.2.2-3"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		c, pub := t.Connect(Name("only member"), Keep()), t.Connect(Name("publisher"))
		c.Subscribe(share("group", topic), 1)
		pub.Publish(topic, "before", 1)
		handedOn(t, c, topic, "before")
		c.Sync() // its PUBACK has been read
		c.Disconnect()
		pub.Publish(topic, "meanwhile", 1)
		resume(t, c)
		// The text leaves open whether the work waits for members that are away.
		_, waited := c.Gets(topic, "meanwhile", t.Timeouts().Settle)
		t.Observe("a message that was published while the only member was away", "%s", keptOrNot(waited))
		t.Step("what is published then comes", V5("MQTT-4.5.0-1")...)
		pub.Publish(topic, "afterwards", 1)
		c.ExpectMessage(topic, "afterwards")
	},
})

var _ = add(Scenario{
	ID:     "shared.no-retained",
	Title:  "a new Shared Subscription brings no retained messages",
	Why:    "each worker that starts would do the last task once more",
	Proves: V5("U5-4.8.2-u3", "U5-3.8.4-u3"),
	Needs:  []Feature{QoS1, Retain, Shared},
	Run: func(t *T) {
		topic := t.Topic("task")
		pub := t.Connect(Name("publisher"))
		pub.Publish(topic, "retained", 1, Retained())
		t.ExpectRetained(filterAt(topic, 1), topic, "retained") // so that its absence means something
		c := t.Connect(Name("member"))
		c.Subscribe(share("group", topic), 1)
		t.Step("no retained message comes", V5("U5-4.8.2-u3", "U5-3.8.4-u3")...)
		c.ExpectNoRetained(pub)
	},
})

var _ = add(Scenario{
	ID:     "shared.identifiers",
	Title:  "a member gets the Subscription Identifier of its own SUBSCRIBE, and none of another member",
	Why:    "it dispatches by the number that it chose; another's means something else to it, or nothing",
	Proves: V5("U5-3.3.4-u5", "MQTT-3.3.4-3"),
	Needs:  []Feature{QoS1, Shared, SubscriptionID},
	Run: func(t *T) {
		topic := t.Topic("work")
		own := map[*Client]uint32{}
		var members []*Client
		for i := range uint32(2) {
			c := t.Connect(Name(fmt.Sprintf("member %d", i+1)))
			c.SubscribeAs(filterAt(share("group", topic), 1), codec.Int(codec.SubscriptionIdentifier, 21+i))
			members, own[c] = append(members, c), 21+i
		}
		pub := t.Connect(Name("publisher"))
		for i := range 4 {
			payload := fmt.Sprintf("task %d", i)
			pub.Publish(topic, payload, 1)
			t.Step("a member gets it", V5("U5-4.8.2-u2")...)
			m, chosen, _ := toOne(t, members, topic, payload)
			t.Step("with the identifier of the member", V5("U5-3.3.4-u5", "MQTT-3.3.4-3")...)
			m.Is("Subscription Identifiers", fmt.Sprint(identifiersOf(m)), fmt.Sprint([]uint32{own[chosen]}))
		}
	},
})

var _ = add(Scenario{
	ID:    "shared.properties",
	Title: "the properties of a message go with it through a Shared Subscription",
	Why:   "a worker needs the address for its answer, and the time that is left for it",
	Proves: V5("MQTT-3.3.2-4", "MQTT-3.3.2-6", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-18",
		"MQTT-3.3.2-20"),
	Needs: []Feature{QoS1, Shared},
	Run: func(t *T) {
		const lifetime = 60
		topic := t.Topic("request")
		c, pub := t.Connect(Name("only member")), t.Connect(Name("publisher"))
		c.Subscribe(share("group", topic), 1)
		sent := codec.Properties{
			codec.User("b", "1"), codec.Int(codec.PayloadFormatIndicator, 1), codec.User("a", "2"),
			codec.Data(codec.ContentType, "text/plain"), codec.Data(codec.ResponseTopic, t.Topic("answer")),
			codec.Data(codec.CorrelationData, "\x00\xff\x01"), codec.Int(codec.MessageExpiryInterval, lifetime),
			codec.User("b", "1"),
		}
		pub.Publish(topic, "question", 1, Properties(sent...))
		m := handedOn(t, c, topic, "question")
		for _, p := range []struct {
			id  codec.PropertyID
			ref string
		}{
			{codec.PayloadFormatIndicator, "MQTT-3.3.2-4"}, {codec.ResponseTopic, "MQTT-3.3.2-15"},
			{codec.CorrelationData, "MQTT-3.3.2-16"}, {codec.ContentType, "MQTT-3.3.2-20"},
		} {
			t.Step(p.id.String()+" is unaltered", V5(p.ref)...)
			m.Is("property", propertyText(m.Properties, p.id), propertyText(sent, p.id))
		}
		t.Step("the Message Expiry Interval is what is left of it", V5("MQTT-3.3.2-6")...)
		if left := m.Properties.Int(codec.MessageExpiryInterval, 0); left < lifetime/2 || left > lifetime {
			m.Is("Message Expiry Interval", left, uint32(lifetime))
		}
		t.Step("all User Properties are there, in their order", V5("MQTT-3.3.2-17", "MQTT-3.3.2-18")...)
		m.Is("User Properties", userProperties(m.Properties, sent), userProperties(sent, nil))
	},
})

// identifiersOf gives the Subscription Identifiers of a delivery, in its order.
func identifiersOf(m *Message) (list []uint32) {
	for _, p := range m.Properties {
		if p.ID == codec.SubscriptionIdentifier {
			list = append(list, p.Int)
		}
	}
	return list
}

var _ = add(Scenario{
	ID:     "shared.before-5",
	Title:  "a client of 3.1.1 that subscribes to a filter with $share is answered or loses its connection",
	Why:    "many brokers offer groups there as well; what one does should be known before it is relied on",
	Proves: V311("MQTT-3.8.4-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		// In 3.1.1 $share is a level as any other.
		topic := t.Topic("work")
		c, pub := t.Connect(), t.Connect(Name("publisher"))
		id := c.NextID()
		c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(share("group", topic), 1)}})
		if !c.CarriesOn() {
			t.Observe("$share in 3.1.1", "the connection was closed")
			return
		}
		if codes := c.ExpectSuback(id).Codes; len(codes) != 1 || codes[0] >= 0x80 {
			t.Observe("$share in 3.1.1", "SUBACK 0x%02X", codes)
			return
		}
		pub.Publish(topic, "task", 1)
		if _, ok := c.Gets(topic, "task", t.Timeouts().Settle); ok {
			t.Observe("$share in 3.1.1", "is a Shared Subscription as in 5.0")
		} else {
			t.Observe("$share in 3.1.1", "is a level as any other")
		}
	},
})
