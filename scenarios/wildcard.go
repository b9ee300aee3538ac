package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// matching is one Topic Filter and Topic Names that it matches, or does not.
type matching struct {
	filter string
	yes    []string
	no     []string
}

// Of a message that matches and does not come, and of one that comes and does
// not match.
var (
	refsMatch   = Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))
	refsNoMatch = Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3"))
	// refsNoWildcard is about the Topic Name of a delivery.
	refsNoWildcard = Requirements(V311("MQTT-3.3.2-2", "MQTT-4.7.1-1"), V5("MQTT-3.3.2-2", "MQTT-4.7.0-1"))
	// refsAnyLevel: + works at each level.
	refsAnyLevel = Requirements(V311("MQTT-4.7.1-3"), V5("MQTT-4.7.1-2"))
	// refsAsWritten: topics and filters are compared as they are written.
	refsAsWritten = Requirements(V311("MQTT-4.7.3-4"), V5("MQTT-4.7.3-4"))
)

// matchTable publishes to all topics of the table and expects each subscriber to
// get what its filter matches and nothing else; what a filter without wildcards
// gets beside breaks more as well. name makes a Topic Name or
// Topic Filter of an entry. Traffic of others is ignored.
func matchTable(t *T, name func(string) string, table []matching, more ...spec.Ref) {
	pub := t.Connect(Name("publisher"))
	subs := make([]*Client, len(table))
	var topics []string
	for i, row := range table {
		subs[i] = t.Connect(Name("subscriber of " + row.filter))
		subs[i].Subscribe(name(row.filter), 1)
		topics = slices.Concat(topics, row.no, row.yes)
	}
	slices.Sort(topics)
	for _, topic := range slices.Compact(topics) {
		pub.Publish(name(topic), "to "+topic, 1)
	}
	wait := t.Timeouts().Delivery
	for i, row := range table {
		refs := refsMatch
		if strings.Contains(row.filter, "+") && !strings.Contains(row.filter, "#") {
			refs = Requirements(refsMatch, refsAnyLevel)
		}
		t.Step(row.filter+" gets what it matches", refs...)
		for _, topic := range row.yes {
			if _, ok := subs[i].Gets(name(topic), "to "+topic, wait); !ok {
				t.Broken("the filter "+row.filter+" brings the message on "+topic, "nothing", -1)
				wait = 0 // all were published before this wait
			}
		}
	}
	t.Fence(pub, subs...)
	for i, row := range table {
		for _, m := range subs[i].Pending() {
			t.Step("no Topic Name holds a wildcard", refsNoWildcard...)
			m.Is("wildcard in the Topic Name", strings.ContainsAny(m.Topic.String(), "+#"), false)
			refs := refsNoMatch
			if !strings.ContainsAny(row.filter, "+#") {
				refs = Requirements(refsNoMatch, more)
			}
			t.Step(row.filter+" gets nothing else", refs...)
			topic := strings.TrimPrefix(string(m.Payload), "to ")
			if slices.Contains(row.no, topic) && m.Topic.String() == name(topic) {
				m.Unwanted("nothing on " + topic + " for the filter " + row.filter)
			}
		}
	}
}

// matchingScenario is a scenario about a part of the matching rules (4.7.1).
func matchingScenario(id, title, why string, more []spec.Ref, table []matching) Scenario {
	return add(Scenario{
		ID: id, Title: title, Why: why,
		Proves: Requirements(refsMatch, refsNoMatch, refsNoWildcard, refsAnyLevel, more),
		Needs:  []Feature{QoS1, Wildcard},
		Run:    func(t *T) { matchTable(t, t.Topic, table, more...) },
	})
}

var _ = []Scenario{
	matchingScenario("wildcard.multi-level",
		"# matches the level above it and all levels below",
		"who subscribes to a whole branch misses parts of it, or gets what is no part of it",
		nil, []matching{
			{"tennis/#", []string{"tennis", "tennis/player1", "tennis/player1/score", "tennis/a/b/c/d"}, []string{"tennis2", "tenni", "golf/tennis", "golf"}},
			{"tennis/player1/#", []string{"tennis/player1", "tennis/player1/score"}, []string{"tennis", "tennis/player2"}},
		}),
	matchingScenario("wildcard.single-level",
		"+ matches exactly one level",
		"who subscribes to all rooms of a floor misses some, or gets what happens below them as well",
		nil, []matching{
			{"floor/+", []string{"floor/1", "floor/2"}, []string{"floor", "floor/1/lamp", "attic/1"}},
			{"floor/+/lamp", []string{"floor/1/lamp", "floor/2/lamp"}, []string{"floor/lamp", "floor/1/2/lamp", "floor/1/door", "floor/1/lamp/left"}},
			{"+/1/lamp", []string{"floor/1/lamp", "attic/1/lamp"}, []string{"1/lamp", "floor/2/lamp"}},
			{"+/+/lamp", []string{"floor/1/lamp", "attic/1/lamp"}, []string{"1/lamp", "floor/1/2/lamp"}},
		}),
	matchingScenario("wildcard.combined",
		"+ and # work together in one filter",
		"filters of both kinds are what dashboards and bridges use",
		nil, []matching{
			{"+/lamp/#", []string{"hall/lamp", "hall/lamp/left", "yard/lamp/left/top"}, []string{"lamp", "hall/door/lamp"}},
			{"hall/+/#", []string{"hall/lamp", "hall/door/lamp", "hall/lamp/left"}, []string{"hall"}},
			{"+/+/#", []string{"hall/lamp", "hall/lamp/left"}, []string{"hall", "lamp"}},
		}),
	matchingScenario("wildcard.empty-levels",
		"a level without characters is a level, which + matches",
		"topics of one program with a slash more than those of another would be mixed up or lost",
		refsAsWritten, []matching{
			{"a/+/b", []string{"a//b", "a/x/b"}, []string{"a/b", "a///b"}},
			{"a/+", []string{"a/", "a/b"}, []string{"a", "a/x/b", "a//b"}},
			{"+/b", []string{"/b", "a/b"}, []string{"b", "a//b"}},
			{"a//#", []string{"a/", "a//b", "a///b"}, []string{"a", "a/b", "a/x/b"}},
			{"a//b", []string{"a//b"}, []string{"a/b", "a/x/b"}},
		}),
	matchingScenario("wildcard.slashes",
		"a slash at the start or the end makes another topic",
		"two devices that differ by a slash would get each other's commands",
		refsAsWritten, []matching{
			{"a", []string{"a"}, []string{"/a", "a/", "/a/"}},
			{"/a", []string{"/a"}, []string{"a", "a/", "/a/"}},
			{"a/", []string{"a/"}, []string{"a", "/a", "/a/"}},
		}),
	matchingScenario("wildcard.case",
		"upper and lower case letters are different",
		"commands for A would reach a",
		refsAsWritten, []matching{
			{"Room/A", []string{"Room/A"}, []string{"room/A", "Room/a", "ROOM/A"}},
			{"Room/+", []string{"Room/A", "Room/a"}, []string{"room/A", "ROOM/A"}},
			{"é", []string{"é"}, []string{"É"}},
		}),
	matchingScenario("wildcard.prefix",
		"a filter without wildcards matches the whole topic, not its beginning",
		"a client would get messages that are meant for its neighbours",
		nil, []matching{
			{"ab", []string{"ab"}, []string{"a", "abc", "ab/c"}},
			{"ab/c", []string{"ab/c"}, []string{"ab", "ab/cd", "ab/c/d"}},
		}),
}

var _ = add(Scenario{
	ID:     "wildcard.dollar-inside",
	Title:  "a $ at the start of a later level is a character as any other",
	Why:    "only the first level is the broker's; prices and variables below it would vanish",
	Proves: ownership,
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		matchTable(t, t.Topic, []matching{
			{"shop/+", []string{"shop/$price", "shop/$"}, nil},
			{"shop/#", []string{"shop/$price", "shop/$", "shop/$a/$b"}, nil},
		})
	},
})

var _ = add(Scenario{
	ID:     "wildcard.spaces",
	Title:  "spaces at the start and the end of a topic belong to it",
	Why:    "a broker that trims them lets one client read what is meant for another",
	Proves: Requirements(refsMatch, refsAsWritten),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		matchTable(t, t.Topic, []matching{
			{"room", []string{"room"}, []string{"room ", " room"}},
			{"room ", []string{"room "}, []string{"room", "room  "}},
		}, refsAsWritten...)
	},
})

var _ = add(Scenario{
	ID:     "wildcard.supported",
	Title:  "a broker of 3.1.1 grants filters with wildcards, and what it grants brings messages",
	Why:    "without them a client must know every topic before it is published to",
	Proves: V311("U3-3.8.3-u1", "MQTT-3.8.3-2"),
	Run: func(t *T) {
		c, pub := t.Connect(), t.Connect(Name("publisher"))
		for _, filter := range []string{"a/#", "+/b"} {
			t.Step("it is granted", V311("U3-3.8.3-u1")...)
			id, code := c.NextID(), byte(0xFF)
			c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(t.Topic(filter), 1)}})
			c.AnsweredOrClosed(func(p codec.Packet) bool {
				ack, ok := p.(*codec.Suback)
				if ok && len(ack.Codes) == 1 {
					code = ack.Codes[0]
				}
				return ok
			})
			if !t.Equal("granted: "+filter, code < 0x80, true) {
				pub.Publish(t.Topic("a/b"), "for nobody", 1)
				t.Step("what is refused brings nothing", V311("MQTT-3.8.3-2")...)
				c.StaysQuiet()
				return
			}
			if code == 0 {
				continue
			}
			t.Step("a filter whose wildcards are not supported must be refused", V311("MQTT-3.8.3-2")...)
			pub.Publish(t.Topic("a/b"), "for "+filter, 1)
			c.ExpectMessage(t.Topic("a/b"), "for "+filter)
			c.Unsubscribe(t.Topic(filter))
		}
	},
})

// underAny gives the topic with + in place of its first level; that of one level
// alone is +.
func underAny(topic string) string {
	if _, rest, ok := strings.Cut(topic, "/"); ok {
		return "+/" + rest
	}
	return "+"
}

var _ = add(Scenario{
	ID:     "wildcard.first-level",
	Title:  "# and + work at the first level of a filter",
	Why:    "who watches everything, a monitor or a bridge, would miss what it is there for",
	Proves: Requirements(refsMatch, refsNoMatch, refsNoWildcard, refsAnyLevel, refsAsWritten),
	Needs:  []Feature{QoS1, Wildcard},
	Late:   true,
	Run: func(t *T) {
		// Entries are filters and topics without a prefix, "T" stands for a
		// topic of this scenario and "+T" for it with + as first level.
		own := t.Topic("end")
		name := func(entry string) string {
			entry = strings.ReplaceAll(entry, "+T", underAny(own))
			return strings.ReplaceAll(entry, "T", own)
		}
		matchTable(t, name, []matching{
			{"#", []string{"T", "T/below", "/T"}, nil},
			{"+T", []string{"T"}, []string{"T/below", "/T"}},
			{"+T/#", []string{"T", "T/below"}, []string{"/T"}},
			{"+/#", []string{"T", "T/below", "/T"}, nil},
			{"+/T", []string{"/T"}, []string{"T", "T/below"}},
			{"/#", []string{"/T"}, []string{"T", "T/below"}},
			{"T", []string{"T"}, []string{"/T", "T/below"}},
		}, refsAsWritten...)
	},
})

var _ = add(Scenario{
	ID:     "wildcard.whole-filters",
	Title:  "filters that are wildcards and slashes alone match every topic of so many levels, and no other",
	Why:    "tools that look for all that is there begin with +, and go on with +/+",
	Proves: Requirements(refsMatch, refsNoMatch, refsNoWildcard, refsAnyLevel),
	Needs:  []Feature{QoS1, Wildcard},
	Late:   true,
	Run: func(t *T) {
		// T stands for a first level that is no other scenario's, without a prefix.
		own := t.ClientID()
		matchTable(t, func(entry string) string { return strings.ReplaceAll(entry, "T", own) }, []matching{
			{"+", []string{"T"}, []string{"T/", "/T", "T/a", "T/a/b"}},
			{"+/+", []string{"T/", "/T", "T/a"}, []string{"T", "T/a/b", "/T/"}},
			{"/+", []string{"/T"}, []string{"T", "T/", "T/a", "/T/"}},
			{"+/", []string{"T/"}, []string{"T", "/T", "T/a", "/T/"}},
			{"+/+/+", []string{"T/a/b", "/T/"}, []string{"T", "T/a", "/T"}},
			{"/+/#", []string{"/T", "/T/"}, []string{"T", "T/", "T/a/b"}},
			{"+/a", []string{"T/a"}, []string{"T", "T/a/b", "/T"}},
		})
	},
})

var _ = add(Scenario{
	ID:     "wildcard.overlapping",
	Title:  "a message that several filters of a client match comes at the highest QoS that they allow",
	Why:    "a broad subscription at QoS 0 would take away the guarantee of a narrow one at QoS 2",
	Proves: Requirements(V311("MQTT-3.3.5-1"), V5("MQTT-3.3.4-2")),
	Needs:  []Feature{QoS1, QoS2, Wildcard},
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		for _, order := range []struct {
			name    string
			filters []codec.Subscription
			highest byte
		}{
			{"narrow-last", []codec.Subscription{filterAt("#", 0), filterAt("lamp", 2)}, 2},
			{"narrow-first", []codec.Subscription{filterAt("lamp", 2), filterAt("#", 0)}, 2},
			{"broad-last", []codec.Subscription{filterAt("lamp", 1), filterAt("#", 2)}, 2},
			{"broad-first", []codec.Subscription{filterAt("+", 1), filterAt("lamp", 0)}, 1},
			{"three", []codec.Subscription{filterAt("+", 0), filterAt("lamp", 1), filterAt("#", 0)}, 1},
		} {
			sub := t.Connect(Name("subscriber " + order.name))
			topic := t.Topic(order.name + "/lamp")
			for _, f := range order.filters {
				sub.Subscribe(t.Topic(order.name+"/"+f.Filter.String()), f.QoS)
			}
			t.Step("the message comes", refsMatch...)
			pub.Publish(topic, order.name, 2)
			first := sub.ExpectMessage(topic, order.name)
			t.Fence(pub, sub)
			copies := append(sub.Pending(), first)
			highest := first
			for _, m := range copies {
				if m.QoS > highest.QoS {
					highest = m
				}
			}
			t.Step(fmt.Sprintf("%s: one copy at QoS %d", order.name, order.highest), Requirements(V311("MQTT-3.3.5-1"), V5("MQTT-3.3.4-2"))...)
			highest.Is("highest QoS of the copies", highest.QoS, order.highest)
			t.Observe("copies for overlapping subscriptions "+order.name, "%d", len(copies))
		}
	},
})

// misplaced sends a SUBSCRIBE whose filter has a wildcard in a wrong place. The
// standard names no reaction, so all are right but silence.
func misplaced(t *T, breaks []spec.Ref, filters ...string) {
	for _, filter := range filters {
		t.Step("the filter "+filter+" is answered, or the connection ends", Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1"))...)
		t.Because(breaks...)
		heard(t, filter, t.Topic(filter))
	}
}

// heard sends a SUBSCRIBE to a filter that no reaction is named for, and expects
// any but silence. The name is what the observation tells.
func heard(t *T, name, filter string) {
	c := t.Connect()
	id := c.NextID()
	c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(filter, 1)}})
	if c.CarriesOn() {
		t.Observe("filter "+name, "SUBACK 0x%02X", c.ExpectSuback(id).Codes)
	} else {
		t.Observe("filter "+name, "the connection was closed")
	}
	c.Drop()
}

var _ = add(Scenario{
	ID:     "wildcard.misplaced-multi-level",
	Title:  "a filter with # before its end or beside other characters is answered or ends the connection",
	Why:    "a client that never hears of its subscription waits for ever",
	Proves: Requirements(V311("MQTT-3.8.4-1", "MQTT-4.7.1-2"), V5("MQTT-3.8.4-1", "MQTT-4.7.1-1")),
	Needs:  []Feature{Wildcard},
	Run: func(t *T) {
		misplaced(t, Requirements(V311("MQTT-4.7.1-2"), V5("MQTT-4.7.1-1")), "a#", "#a", "a/#/b", "##", "a/#b")
	},
})

var _ = add(Scenario{
	ID:     "wildcard.misplaced-single-level",
	Title:  "a filter with + beside other characters of a level is answered or ends the connection",
	Why:    "a client that never hears of its subscription waits for ever",
	Proves: Requirements(V311("MQTT-3.8.4-1", "MQTT-4.7.1-3"), V5("MQTT-3.8.4-1", "MQTT-4.7.1-2")),
	Needs:  []Feature{Wildcard},
	Run: func(t *T) {
		misplaced(t, Requirements(V311("MQTT-4.7.1-3"), V5("MQTT-4.7.1-2")), "a+", "+a", "a/b+/c", "++", "a/+#")
	},
})

var _ = add(Scenario{
	ID:     "wildcard.in-topic-name",
	Title:  "a message whose Topic Name has a wildcard in it reaches nobody",
	Why:    "one client could write to all devices at once, past every rule about topics",
	Proves: Requirements(V311("MQTT-3.3.2-2", "MQTT-4.7.1-1"), V5("MQTT-3.3.2-2", "MQTT-4.7.0-1")),
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		good := t.Connect(Name("publisher"))
		all := t.Connect(Name("subscriber of all"))
		one := t.Connect(Name("subscriber of one"))
		all.Subscribe(t.Topic("#"), 1)
		one.Subscribe(t.Topic("room/lamp"), 1)
		t.Step("both subscriptions work", refsMatch...)
		good.Publish(t.Topic("room/lamp"), "right", 1)
		all.ExpectMessage(t.Topic("room/lamp"), "right")
		one.ExpectMessage(t.Topic("room/lamp"), "right")
		for _, suffix := range []string{"room/+", "#", "room/#", "ro+m/lamp"} {
			bad := t.Connect(Name("publisher to " + suffix))
			bad.Send(&codec.Publish{Topic: codec.Text(t.Topic(suffix)), Payload: []byte("wrong"), QoS: 1, PacketID: bad.NextID()})
			answer := "the connection was closed"
			if bad.CarriesOn() {
				answer = "carried on"
				if ack, ok := bad.Taken(func(p codec.Packet) bool { _, is := p.(*codec.Puback); return is }); ok {
					answer = ack.String()
				}
			}
			t.Observe("PUBLISH to "+suffix, "%s", answer)
			bad.Drop()
		}
		t.Step("nobody gets it", Requirements(V311("MQTT-3.3.2-2", "MQTT-4.7.1-1"), V5("MQTT-3.3.2-2", "MQTT-4.7.0-1"))...)
		t.Fence(good, all, one)
		all.NothingPending()
		one.NothingPending()
	},
})
