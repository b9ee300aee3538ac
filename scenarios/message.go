package scenarios

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// carriedProperties are those that a message has at most once, and that travel
// with it unaltered (3.3.2.3).
var carriedProperties = []struct {
	id, why string
	is      codec.Property
	refs    []string // that it is unaltered, and what else is said of it
	text    string   // what says that it is well-formed UTF-8, or empty
}{
	{"payload-format", "a receiver tells by it whether the payload is text that it can show",
		codec.Int(codec.PayloadFormatIndicator, 1), []string{"MQTT-3.3.2-4"}, ""},
	{"content-type", "a receiver cannot read a payload whose type is lost",
		codec.Data(codec.ContentType, "Application/X-Example; charset=\"UTF-8\"; ü=Ä"), []string{"MQTT-3.3.2-20", "U5-3.3.2.3.9-u1"}, "MQTT-3.3.2-19"},
	{"response-topic", "a request is answered on this topic; on another one nobody waits",
		codec.Data(codec.ResponseTopic, "Answers/to/ü//x"), []string{"MQTT-3.3.2-15", "U5-3.3.2.3.5-u1"}, "MQTT-3.3.2-13"},
	{"content-type-empty", "a type that is empty is not the same as none: it says that there is nothing to tell",
		codec.Data(codec.ContentType, ""), []string{"MQTT-3.3.2-20"}, ""},
	{"correlation-data-empty", "the one who asked may count on getting back what was sent, be it nothing",
		codec.Data(codec.CorrelationData, ""), []string{"MQTT-3.3.2-16"}, ""},
	{"correlation-data", "the one who asked finds the question to an answer by these bytes alone",
		codec.Data(codec.CorrelationData, "\x00\xff\x01\x00Ab\x80"), []string{"MQTT-3.3.2-16", "U5-3.3.2.3.6-u1"}, ""},
}

// eachWay passes a message to subscribers: to one that is there at each QoS, to one
// that wants no problem information, and to one that is away; check looks at what
// comes. It needs QoS 1.
func eachWay(t *T, topic string, ps codec.Properties, check func(m *Message)) {
	sub, pub := pair(t, topic, 1)
	terse := t.Connect(Name("subscriber without problem information"), With(codec.Int(codec.RequestProblemInformation, 0)))
	terse.Subscribe(topic, 1)
	away := t.Connect(Name("subscriber that is away"), Keep())
	away.Subscribe(topic, 1)
	away.Disconnect()
	pub.Publish(topic, "payload", 1, Properties(ps...))
	check(handedOn(t, sub, topic, "payload"))
	check(handedOn(t, terse, topic, "payload"))
	resume(t, away)
	check(handedOn(t, away, topic, "payload"))
	pub.Publish(topic, "at QoS 0", 0, Properties(ps...))
	if m, ok := sub.Gets(topic, "at QoS 0", t.Timeouts().Settle); ok { // or it is lost, as it may be
		check(m)
	}
}

var _ = func() (done bool) {
	for _, c := range carriedProperties {
		proves := V5(c.refs...)
		if c.text != "" {
			proves = append(proves, V5(c.text)...)
		}
		if c.is.ID == codec.ResponseTopic {
			proves = append(proves, V5("MQTT-3.3.2-14")...)
		}
		add(Scenario{
			ID:     "message." + c.id,
			Title:  fmt.Sprintf("the %s of a message reaches every subscriber unaltered: %s", c.is.ID, propertyValue(c.is, true)),
			Why:    c.why,
			Proves: proves,
			Needs:  []Feature{QoS1},
			Run: func(t *T) {
				eachWay(t, t.Topic("carried"), codec.Properties{c.is}, func(m *Message) {
					got, ok := m.Properties.Find(c.is.ID)
					if c.text != "" && ok {
						t.Step("it is well-formed UTF-8", V5(c.text)...)
						m.Is("well-formed", utf8.Valid(got.Data), true)
					}
					t.Step("it is unaltered", V5(c.refs[0])...)
					m.Is(c.is.ID.String(), propertyValue(got, ok), propertyValue(c.is, true))
				})
				if c.is.ID != codec.ResponseTopic {
					return
				}
				eachWay(t, t.Topic("none"), nil, func(m *Message) {
					got, _ := m.Properties.Find(codec.ResponseTopic)
					t.Step("no Response Topic holds a wildcard", V5("MQTT-3.3.2-14")...)
					m.Is("a wildcard", strings.ContainsAny(string(got.Data), "+#"), false)
				})
			},
		})
	}
	return true
}()

// usersIn counts User Properties.
func usersIn(ps codec.Properties) (n int) {
	for _, p := range ps {
		if p.ID == codec.UserProperty {
			n++
		}
	}
	return n
}

var _ = add(Scenario{
	ID:     "message.long-properties",
	Title:  "properties of 65,535 bytes are delivered unaltered, or the message is not delivered at all",
	Why:    "a length of two bytes that is read as signed, or a buffer that is too small, shows here",
	Proves: V5("MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-4.5.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("long")
		sub, pub := pair(t, topic, 1)
		pub.Publish(topic, "short", 1)
		handedOn(t, sub, topic, "short")
		if pub.Connack.Properties.Int(codec.MaximumPacketSize, codec.MaxRemaining) < 300_000 {
			t.Skip("the broker declares a Maximum Packet Size below 300,000 bytes")
		}
		data := codec.Data(codec.CorrelationData, strings.Repeat("\x00\xff\x80", 65535/3))
		user := codec.User(strings.Repeat("name ", 65535/5), strings.Repeat("value", 65535/5))
		p := message(topic, "long", 1, pub.NextID())
		p.Properties = codec.Properties{data, user}
		pub.Send(p)
		m, ok := sub.GetsAny(t.Timeouts().Delivery)
		t.Observe("properties of 65,535 bytes", "delivered: %v", ok)
		if !ok { // stores have limits that need not be told (4.1)
			return
		}
		got, has := m.Properties.Find(codec.CorrelationData)
		t.Step("the Correlation Data is unaltered", V5("MQTT-3.3.2-16")...)
		m.Is("the Correlation Data as it was published", has && string(got.Data) == string(data.Data), true)
		t.Step("the User Property is unaltered", V5("MQTT-3.3.2-17")...)
		m.Is("the User Property as it was published", countUser(m.Properties, user), 1)
	},
})

var _ = add(Scenario{
	ID:     "message.user-properties",
	Title:  "the User Properties of a message reach every subscriber: all of them, unaltered and in order, though names are repeated",
	Why:    "they are the headers of an application: what is merged, sorted or lost changes what a message means",
	Proves: V5("MQTT-3.3.2-17", "MQTT-3.3.2-18"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		users := codec.Properties{
			codec.User("Unit", "C"), codec.User("room", "7"), codec.User("Unit", "F"), codec.User("unit", "K"),
			codec.User("", ""), codec.User("Unit", "C"), codec.User("ü/#", strings.Repeat("long ", 100)), codec.User("a", "z"),
		}
		eachWay(t, t.Topic("headers"), users, func(m *Message) {
			var order []string
			t.Step("every User Property is there", V5("MQTT-3.3.2-17")...)
			for _, u := range users {
				m.Is("number of User Properties "+userPair(u)+" (at least)", min(countUser(m.Properties, u), countUser(users, u)), countUser(users, u))
			}
			for _, p := range m.Properties { // a broker may have added others
				if p.ID == codec.UserProperty && countUser(users, p) > 0 {
					order = append(order, userPair(p))
				}
			}
			t.Observe("User Properties that the broker adds", "%d", usersIn(m.Properties)-len(order))
			var want []string
			for _, u := range users {
				want = append(want, userPair(u))
			}
			t.Step("they are in order", V5("MQTT-3.3.2-18")...)
			if len(order) == len(want) {
				m.Is("order of the User Properties", fmt.Sprint(order), fmt.Sprint(want))
			}
		})
	},
})

var _ = func() (done bool) {
	for _, way := range []struct {
		id, title string
		from, to  codec.Version
	}{
		{"from-3-to-5", "a message from a client of 3.1.1 reaches a subscriber of 5.0 as it is, at each QoS", codec.V311, codec.V5},
		{"from-5-to-3", "a message with properties from a client of 5.0 reaches a subscriber of 3.1.1 without them and otherwise as it is, at each QoS", codec.V5, codec.V311},
	} {
		add(Scenario{
			ID:     "message." + way.id,
			Title:  way.title,
			Why:    "devices in the field and new services meet on one broker; bytes of the other version in front of a payload make it unreadable",
			Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.3.2-3", "MQTT-3.8.4-6"), V5("MQTT-4.5.0-1", "MQTT-3.3.2-3", "MQTT-3.8.4-8")),
			// The versions of the clients are the scenario's own: it runs once, for
			// the one who reads.
			Versions: []codec.Version{way.to},
			Needs:    []Feature{QoS2},
			Run: func(t *T) {
				if !t.Speaks(way.from) {
					t.Skip("the broker does not speak MQTT %s", way.from)
				}
				topic := t.Topic("across")
				sub := t.Connect(Name("subscriber"))
				sub.Subscribe(topic, 2)
				pub := t.Connect(Name("publisher"), In(way.from))
				for qos := byte(1); qos <= 2; qos++ {
					payload := fmt.Sprintf("\x00at QoS %d\xff", qos)
					pub.Publish(topic, payload, qos, func(p *codec.Publish) {
						if way.from == codec.V5 {
							p.Properties = codec.Properties{
								codec.Int(codec.PayloadFormatIndicator, 0), codec.Int(codec.MessageExpiryInterval, 300),
								codec.Data(codec.ContentType, "x"), codec.Data(codec.ResponseTopic, "answers"), codec.User("a", "b"),
							}
						}
					})
					m := handedOn(t, sub, topic, payload)
					t.Step("at its QoS", Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))...)
					m.HasQoS(qos)
				}
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:     "message.large",
	Title:  "a large message that is taken is delivered unchanged, or not at all",
	Why:    "firmware and images travel in one message; a part of it is worse than nothing",
	Proves: ownership,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("large")
		sub, pub := pair(t, topic, 1)
		pub.Publish(topic, "small", 1)
		handedOn(t, sub, topic, "small")
		overhead := 2 + len(topic) + 2
		if t.V5() {
			overhead++
		}
		// The last two stand on both sides of where the Remaining Length takes a fourth byte.
		for _, size := range []int{64 << 10, 256 << 10, 2_097_151 - overhead, 2_097_152 - overhead} {
			if t.V5() && uint32(size)+100 > pub.Connack.Properties.Int(codec.MaximumPacketSize, codec.MaxRemaining) {
				t.Observe("large message", "%d bytes are above the Maximum Packet Size", size)
				break
			}
			payload := strings.Repeat("0123456789abcdef", 1+size/16)[:size]
			pub.Send(message(topic, payload, 1, pub.NextID()))
			// Stores have limits that need not be told (4.1): a refusal is recorded.
			m, ok := sub.GetsAny(t.Timeouts().Delivery)
			if !ok {
				t.Observe("large message", "%d bytes do not come", size)
				break
			}
			t.Step(fmt.Sprintf("%d bytes come unchanged", size), ownership...)
			m.Is("payload unchanged", string(m.Payload) == payload, true)
			t.Observe("large message", "%d bytes come", size)
		}
	},
})
