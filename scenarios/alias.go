package scenarios

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// aliased is a QoS 1 message with a Topic Alias; an empty topic leaves the topic
// to the alias.
func aliased(c *Client, topic, payload string, alias uint32) *codec.Publish {
	p := message(topic, payload, 1, c.NextID())
	p.Properties = codec.Properties{codec.Int(codec.TopicAlias, alias)}
	return p
}

// aliasMaximum is how many aliases the broker allows a client; without any the
// scenario is skipped.
func aliasMaximum(t *T, c *Client) uint32 {
	maximum := c.Connack.Properties.Int(codec.TopicAliasMaximum, 0)
	if maximum == 0 {
		t.Skip("the broker declares Topic Alias Maximum 0: it takes no aliases")
	}
	return maximum
}

var _ = add(Scenario{
	ID:     "alias.accepted",
	Title:  "every Topic Alias up to the broker's maximum is taken, stands for its topic, and can be set anew",
	Why:    "a publisher uses aliases to save bytes on a slow line; what goes to a wrong topic, or ends the connection, is lost to its readers",
	Proves: V5("MQTT-3.3.2-12"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		maximum := aliasMaximum(t, pub)
		aliases := []uint32{1, 2, (maximum + 1) / 2, maximum - 1, maximum}
		slices.Sort(aliases)
		aliases = slices.DeleteFunc(slices.Compact(aliases), func(a uint32) bool { return a < 1 || a > maximum })
		topic := func(alias uint32) string { return t.Topic(fmt.Sprintf("of/%d", alias)) }
		other := t.Topic("another")
		sub.Subscribe(other, 1)
		arrives := func(topic, payload string, p *codec.Publish) {
			t.Step(fmt.Sprintf("%s, of %d", payload, maximum), V5("MQTT-3.3.2-12")...)
			pub.Send(p)
			pub.ExpectPuback(p.PacketID)
			m, ok := sub.GetsWhere(t.Timeouts().Delivery, func(m *codec.Publish) bool { return string(m.Payload) == payload })
			if !ok {
				t.Fail("the message is delivered", "it is acknowledged, and does not come", -1)
			}
			m.Is("topic", m.Topic.String(), topic)
		}
		for _, a := range aliases {
			sub.Subscribe(topic(a), 1)
			payload := fmt.Sprintf("alias %d is set", a)
			arrives(topic(a), payload, aliased(pub, topic(a), payload, a))
		}
		for _, a := range aliases {
			payload := fmt.Sprintf("alias %d stands alone", a)
			arrives(topic(a), payload, aliased(pub, "", payload, a))
		}
		last := aliases[len(aliases)-1]
		arrives(other, "the last alias is set anew", aliased(pub, other, "the last alias is set anew", last))
		arrives(other, "the last alias stands for the new topic", aliased(pub, "", "the last alias stands for the new topic", last))
	},
})

var _ = add(Scenario{
	ID:     "alias.zero",
	Title:  "a PUBLISH with Topic Alias 0 ends the connection",
	Why:    "0 stands for no alias in most implementations: a broker that takes it files messages under a topic that nobody set",
	Proves: V5("MQTT-3.3.2-8", "U5-3.3.4-u2", "MQTT-4.13.1-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		for _, topic := range []string{t.Topic("zero"), ""} {
			c := t.Connect(Name(fmt.Sprintf("wrongdoer with topic %q", topic)))
			t.Step("the client is disconnected", V5("U5-3.3.4-u2", "MQTT-4.13.1-1")...)
			t.Because(V5("MQTT-3.3.2-8")...)
			c.Send(aliased(c, topic, "zero", 0))
			c.ExpectClosed()
		}
	},
})

var _ = add(Scenario{
	ID:    "alias.above-maximum",
	Title: "a PUBLISH with a Topic Alias above the broker's maximum ends the connection; where there is no maximum, with any",
	Why:   "a broker that drops the alias in silence sends all that follows without a topic to nobody",
	Proves: V5("MQTT-3.3.2-9", "MQTT-3.2.2-17", "MQTT-3.2.2-18",
		"U5-3.3.4-u2", "U5-3.2.2.3.8-u2", "MQTT-4.13.1-1"),
	Needs: []Feature{QoS1},
	Run: func(t *T) {
		connack := t.Connect().Connack
		_, declared := connack.Properties.Find(codec.TopicAliasMaximum)
		maximum := connack.Properties.Int(codec.TopicAliasMaximum, 0)
		if maximum == 65535 {
			t.Skip("the broker declares Topic Alias Maximum 65,535: there is none above it")
		}
		for _, alias := range []uint32{maximum + 1, 65535} {
			c := t.Connect(Name(fmt.Sprintf("wrongdoer with %d", alias)))
			refs := V5("U5-3.3.4-u2", "MQTT-4.13.1-1")
			if !declared {
				refs = append(refs, V5("U5-3.2.2.3.8-u2")...)
			}
			t.Step(fmt.Sprintf("the client is disconnected, with a maximum of %d", maximum), refs...)
			t.Because(V5("MQTT-3.3.2-9")...)
			if maximum == 0 {
				t.Because(V5("MQTT-3.2.2-18")...)
			} else {
				t.Because(V5("MQTT-3.2.2-17")...)
			}
			c.Send(aliased(c, t.Topic("above"), "above", alias))
			c.ExpectClosed()
		}
	},
})

// withoutMeaning expects that an alias which stands for no topic brings its
// message to nobody and ends the connection.
func withoutMeaning(t *T, bad, sub, pub *Client, alias uint32) {
	bad.Send(aliased(bad, "", "to nobody", alias))
	closed := bad.ClosedWithin(t.Timeouts().CarriesOn)
	t.Step("an alias means nothing but on the connection on which it was set", V5("MQTT-3.3.2-7")...)
	sub.ExpectNothing(pub)
	t.Observe("alias without a topic", "closed at once: %v", closed)
	t.Step("an alias without a topic ends the connection", V5("U5-3.3.4-u3", "MQTT-4.13.1-1")...)
	bad.ExpectClosed()
}

var _ = add(Scenario{
	ID:     "alias.unknown",
	Title:  "a PUBLISH without a topic, whose Topic Alias was not set, ends the connection",
	Why:    "nobody can tell where the message belongs; a broker that guesses delivers it to the wrong readers",
	Proves: V5("U5-3.3.4-u3", "MQTT-4.13.1-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("known")
		sub, pub := pair(t, topic, 1)
		for _, set := range []bool{false, true} {
			bad := t.Connect(Name(fmt.Sprintf("wrongdoer, another alias set: %v", set)))
			maximum := aliasMaximum(t, bad)
			if set && maximum < 2 {
				continue
			}
			if set {
				p := aliased(bad, topic, "known", 1)
				t.Step("another alias is taken", V5("MQTT-3.3.2-12")...)
				bad.Send(p)
				bad.ExpectPuback(p.PacketID)
				handedOn(t, sub, topic, "known")
			}
			withoutMeaning(t, bad, sub, pub, maximum)
		}
	},
})

var _ = add(Scenario{
	ID:     "alias.ends-with-connection",
	Title:  "a Topic Alias ends with the connection on which it was set, though the session goes on",
	Why:    "a client begins each connection with no aliases; an old one would carry its message to an old topic",
	Proves: V5("MQTT-3.3.2-7", "U5-3.3.4-u3", "MQTT-4.13.1-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("old")
		sub, pub := pair(t, topic, 1)
		c := t.Connect(Name("returning client"), Keep())
		aliasMaximum(t, c)
		p := aliased(c, topic, "set", 1)
		t.Step("the alias is taken", V5("MQTT-3.3.2-12")...)
		c.Send(p)
		c.ExpectPuback(p.PacketID)
		handedOn(t, sub, topic, "set")
		c.Drop()
		resume(t, c)
		withoutMeaning(t, c, sub, pub, 1)
	},
})

var _ = add(Scenario{
	ID:     "alias.own-to-each-client",
	Title:  "a Topic Alias of one client means nothing on the connection of another",
	Why:    "all clients count from 1: with one list for all, each would write on the topics of the others",
	Proves: V5("MQTT-3.3.2-7", "U5-3.3.4-u3", "MQTT-4.13.1-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("mine")
		sub, pub := pair(t, topic, 1)
		aliasMaximum(t, pub)
		p := aliased(pub, topic, "set", 1)
		t.Step("the alias is taken", V5("MQTT-3.3.2-12")...)
		pub.Send(p)
		pub.ExpectPuback(p.PacketID)
		handedOn(t, sub, topic, "set")
		withoutMeaning(t, t.Connect(Name("other client")), sub, pub, 1)
	},
})

var _ = add(Scenario{
	ID:     "alias.full-topic-later",
	Title:  "a message that was published by its Topic Alias alone comes with its topic to those who are away, and to late subscribers",
	Why:    "the alias is gone by then; without its topic the message can never be read",
	Proves: V5("MQTT-3.3.2-12", "MQTT-3.3.2-3"),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		topic := t.Topic("state")
		away, pub := pair(t, topic, 1, Keep())
		aliasMaximum(t, pub)
		away.Disconnect()
		for _, p := range []*codec.Publish{aliased(pub, topic, "set", 1), aliased(pub, "", "by its alias", 1)} {
			p.Retain = true
			t.Step("the alias is taken", V5("MQTT-3.3.2-12")...)
			pub.Send(p)
			pub.ExpectPuback(p.PacketID)
		}
		resume(t, away)
		t.Step("the topic comes with it", V5("MQTT-3.3.2-12", "MQTT-3.3.2-3")...)
		away.ExpectMessage(topic, "by its alias")
		t.ExpectRetained(filterAt(topic, 1), topic, "by its alias")
	},
})

var _ = add(Scenario{
	ID:     "alias.of-refused-message",
	Title:  "a Topic Alias of a message that the broker does not pass on can be set anew",
	Why:    "a publisher that is refused once must not lose the alias, or have its next messages go to the refused topic",
	Proves: V5("MQTT-3.3.2-12"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("allowed")
		sub, pub := pair(t, topic, 1)
		aliasMaximum(t, pub)
		// A topic of the server's own (4.7.2): what it does with it is free, and so is
		// whether the alias counts.
		for _, p := range []*codec.Publish{aliased(pub, "$SYS/"+t.Topic("forbidden"), "forbidden", 1), aliased(pub, "", "by the alias", 1)} {
			pub.Send(p)
			answer := pub.AnswerWithin(t.Timeouts().Answer)
			alive := pub.CarriesOn()
			t.Observe("alias of a refused message, "+string(p.Payload), "%v; carries on: %v", answer, alive)
			if !alive {
				pub.Drop()
				pub.Reconnect()
			}
		}
		for _, p := range []*codec.Publish{aliased(pub, topic, "set anew", 1), aliased(pub, "", "by the new one", 1)} {
			t.Step("the alias is set anew", V5("MQTT-3.3.2-12")...)
			pub.Send(p)
			pub.ExpectPuback(p.PacketID)
			sub.ExpectMessage(topic, string(p.Payload))
		}
	},
})
