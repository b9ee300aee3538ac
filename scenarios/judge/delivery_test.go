package judge_test

import (
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

func TestDelivery(t *testing.T) {
	pair := all(connected("s"), connected("p"))
	sub := subscribes("s", "a/b", 1)
	pub := publishes("p", "a/b", "m", 1)
	local := subscribesAs("s", codec.Subscription{Filter: codec.Text("a/b"), QoS: 1, NoLocal: true})
	judged(t, []trace{
		{"through its subscription", bothVersions, steps(pair, sub, pub, gets("s", "a/b", "m", 1, 1)), "", ""},
		{"before the SUBACK", bothVersions, steps(pair, from("s", &codec.Subscribe{PacketID: 5, Subscriptions: []codec.Subscription{{Filter: codec.Text("a/#"), QoS: 1}}}),
			pub, gets("s", "a/b", "m", 1, 1), to("s", &codec.Suback{PacketID: 5, Codes: []byte{1}})), "", ""},
		{"without a subscription", bothVersions, steps(pair, pub, gets("s", "a/b", "m", 1, 1)), "MQTT-3.3.2-3", "MQTT-3.3.2-3"},
		{"through another filter", bothVersions, steps(pair, subscribes("s", "a/c", 1), pub, gets("s", "a/b", "m", 1, 1)), "MQTT-3.3.2-3", "MQTT-3.3.2-3"},
		{"through a subscription that was refused", bothVersions, steps(pair, from("s", &codec.Subscribe{PacketID: 5, Subscriptions: []codec.Subscription{{Filter: codec.Text("a/b"), QoS: 1}}}),
			to("s", &codec.Suback{PacketID: 5, Codes: []byte{0x80}}), pub, gets("s", "a/b", "m", 1, 1)), "MQTT-3.3.2-3", "MQTT-3.3.2-3"},
		{"in a session with an unknown past", bothVersions, steps(connected("p"), resumed("s"), pub, gets("s", "a/b", "m", 1, 1)), "", ""},
		{"what nobody here published", bothVersions, steps(pair, gets("s", "other", "m", 1, 1)), "", ""},
		{"a topic with $ through #", bothVersions, steps(pair, subscribes("s", "#", 1), publishes("p", "$a/b", "m", 1), gets("s", "$a/b", "m", 1, 1)), "MQTT-4.7.2-1", "MQTT-4.7.2-1"},
		{"a topic with $ through $a/#", bothVersions, steps(pair, subscribes("s", "$a/#", 1), publishes("p", "$a/b", "m", 1), gets("s", "$a/b", "m", 1, 1)), "", ""},
		{"the parent level through #", bothVersions, steps(pair, subscribes("s", "a/b/#", 1), pub, gets("s", "a/b", "m", 1, 1)), "", ""},
		{"after UNSUBACK", bothVersions, steps(pair, sub, unsubscribes("s", "a/b"), pub, gets("s", "a/b", "m", 1, 1)), "MQTT-3.10.4-2", "MQTT-3.10.4-2"},
		{"after UNSUBACK, published before", bothVersions, steps(pair, sub, pub, unsubscribes("s", "a/b"), gets("s", "a/b", "m", 1, 1)), "", ""},
		{"after UNSUBACK, by another subscription", bothVersions, steps(pair, sub, subscribes("s", "a/+", 1), unsubscribes("s", "a/b"), pub, gets("s", "a/b", "m", 1, 1)), "", ""},
		{"of the session before", bothVersions, steps(kept("s"), sub, cut("s"), wait(time.Second), connected("s"), connected("p"), pub, gets("s", "a/b", "m", 1, 1)), "MQTT-3.1.2-6", "MQTT-3.1.2-4"},
		{"of its own, at No Local", only5, steps(connected("s"), local, publishes("s", "a/b", "m", 1), gets("s", "a/b", "m", 1, 1)), "", "MQTT-3.8.3-3"},
		{"of another, at No Local", only5, steps(pair, local, pub, gets("s", "a/b", "m", 1, 1)), "", ""},
		{"of its own, at No Local on one of two filters", only5, steps(connected("s"), local, subscribes("s", "a/+", 1), publishes("s", "a/b", "m", 1), gets("s", "a/b", "m", 1, 1)), "", ""},
		{"from 3.1.1 to 5.0", only5, steps(speaks("p", spec.V311), pair, sub, pub, gets("s", "a/b", "m", 1, 1)), "", ""},
	})
}

func TestQoSOfDeliveries(t *testing.T) {
	pair := all(connected("s"), connected("p"))
	again := all(subscribes("s", "t", 2), subscribes("s", "t", 0))
	judged(t, []trace{
		{"the smaller one", bothVersions, steps(pair, subscribes("s", "t", 1), publishes("p", "t", "m", 2), gets("s", "t", "m", 1, 1)), "", ""},
		{"above what was granted", bothVersions, steps(pair, subscribes("s", "t", 0), publishes("p", "t", "m", 1), gets("s", "t", "m", 1, 1)), "MQTT-3.8.4-6", "MQTT-3.8.4-8"},
		{"above what was published", bothVersions, steps(pair, subscribes("s", "t", 2), publishes("p", "t", "m", 1), gets("s", "t", "m", 2, 1)), "MQTT-3.8.4-6", "MQTT-3.8.4-8"},
		{"below both", bothVersions, steps(pair, subscribes("s", "t", 2), publishes("p", "t", "m", 2), gets("s", "t", "m", 1, 1)), "MQTT-3.8.4-6", "MQTT-3.8.4-8"},
		{"under the old grant or the new", bothVersions, steps(pair, again, publishes("p", "t", "m", 2), publishes("p", "t", "n", 2), gets("s", "t", "m", 2, 1), gets("s", "t", "n", 0, 0)), "", ""},
		{"of one of two filters", bothVersions, steps(pair, subscribes("s", "t", 0), subscribes("s", "+", 2), publishes("p", "t", "m", 2), gets("s", "t", "m", 2, 1), gets("s", "t", "m", 0, 0)), "", ""},
		{"above the grant of a shared subscription", only5, steps(pair, subscribes("s", "$share/g/t", 0), publishes("p", "t", "m", 1), gets("s", "t", "m", 1, 1)), "", "MQTT-4.8.2-3"},
		{"only the lower one of two filters", bothVersions, steps(pair, subscribes("s", "t", 0), subscribes("s", "+", 1), publishes("p", "t", "m", 1), gets("s", "t", "m", 0, 0), wait(5*time.Second), end()), "MQTT-3.3.5-1", "MQTT-3.3.4-2"},
		{"the lower one first", bothVersions, steps(pair, subscribes("s", "t", 0), subscribes("s", "+", 1), publishes("p", "t", "m", 1), gets("s", "t", "m", 0, 0), wait(3*time.Second), end()), "", ""},
	})
}

func TestCopies(t *testing.T) {
	pair := all(connected("s"), connected("p"))
	two := all(gets("s", "t", "m", 2, 1), gets("s", "t", "m", 2, 2))
	judged(t, []trace{
		{"QoS 2 twice", bothVersions, steps(pair, subscribes("s", "t", 2), publishes("p", "t", "m", 2), two), "MQTT-4.3.3-2", "MQTT-4.3.3-10"},
		{"QoS 2 twice, published twice", bothVersions, steps(pair, subscribes("s", "t", 2), publishes("p", "t", "m", 2), publishes("p", "t", "m", 2), two), "", ""},
		{"QoS 2 twice, for two filters", bothVersions, steps(pair, subscribes("s", "t", 2), subscribes("s", "+", 2), publishes("p", "t", "m", 2), two), "", ""},
		{"QoS 2 twice, once as retained", bothVersions, steps(pair, publishes("p", "t", "m", 2, retain), subscribes("s", "t", 2), subscribes("s", "t", 2), gets("s", "t", "m", 2, 1, retain), gets("s", "t", "m", 2, 2, retain)), "", ""},
		{"QoS 1 twice", bothVersions, steps(pair, subscribes("s", "t", 1), publishes("p", "t", "m", 1), gets("s", "t", "m", 1, 1), gets("s", "t", "m", 1, 2)), "", ""},
		{"QoS 2 repeated by its publisher", bothVersions, steps(pair, subscribes("s", "t", 2), from("p", message("t", "m", 2, 7)), to("p", pubrec(7)), from("p", message("t", "m", 2, 7, dup)),
			to("p", pubrec(7)), from("p", pubrel(7)), to("p", pubcomp(7)), two), "MQTT-4.3.3-2", "MQTT-4.3.3-10"},
		{"QoS 2 to two sessions", bothVersions, steps(pair, connected("r"), subscribes("s", "t", 2), subscribes("r", "t", 2), publishes("p", "t", "m", 2), gets("s", "t", "m", 2, 1), gets("r", "t", "m", 2, 1)), "", ""},
		{"a filter subscribed again", bothVersions, steps(pair, subscribes("s", "t", 0), subscribes("s", "t", 0), publishes("p", "t", "m", 0), gets("s", "t", "m", 0, 0), gets("s", "t", "m", 0, 0)), "MQTT-3.8.4-3", "MQTT-3.8.4-3"},
	})
}

func TestOrder(t *testing.T) {
	pair := all(connected("s"), connected("p"))
	published := func(qos byte) step {
		return all(publishes("p", "t", "one", qos), publishes("p", "t", "two", qos))
	}
	turned := all(gets("s", "t", "two", 1, 1), gets("s", "t", "one", 1, 2))
	there := all(kept("s"), subscribes("s", "t", 1), connected("p"), published(1), reads("s", "t", "one", 1, 1), reads("s", "t", "two", 1, 2), cut("s"), resumed("s"))
	judged(t, []trace{
		{"in order", bothVersions, steps(pair, subscribes("s", "t", 1), published(1), gets("s", "t", "one", 1, 1), gets("s", "t", "two", 1, 2)), "", ""},
		{"turned round", bothVersions, steps(pair, subscribes("s", "t", 1), published(1), turned), "MQTT-4.6.0-6", "MQTT-4.6.0-5"},
		{"turned round at QoS 0", bothVersions, steps(pair, subscribes("s", "t", 0), published(0), gets("s", "t", "two", 0, 0), gets("s", "t", "one", 0, 0)), "MQTT-4.6.0-6", "MQTT-4.6.0-5"},
		{"through two filters", bothVersions, steps(pair, subscribes("s", "t", 1), subscribes("s", "+", 1), published(1), turned), "", ""},
		{"of two QoS", bothVersions, steps(pair, subscribes("s", "t", 2), publishes("p", "t", "one", 1), publishes("p", "t", "two", 2), gets("s", "t", "two", 2, 1), gets("s", "t", "one", 1, 2)), "", ""},
		{"on two topics", bothVersions, steps(pair, subscribes("s", "#", 1), publishes("p", "t", "one", 1), publishes("p", "u", "two", 1), gets("s", "u", "two", 1, 1), gets("s", "t", "one", 1, 2)), "", ""},
		{"of two publishers", bothVersions, steps(pair, connected("q"), subscribes("s", "t", 1), publishes("p", "t", "one", 1), publishes("q", "t", "two", 1), turned), "", ""},
		{"through a shared subscription", only5, steps(pair, subscribes("s", "$share/g/t", 1), published(1), turned), "", ""},
		{"in the order of the PUBRELs", bothVersions, steps(pair, subscribes("s", "t", 2), from("p", message("t", "one", 2, 7)), to("p", pubrec(7)), from("p", message("t", "two", 2, 8)), to("p", pubrec(8)),
			from("p", pubrel(8)), from("p", pubrel(7)), gets("s", "t", "two", 2, 1), gets("s", "t", "one", 2, 2)), "", ""},
		{"again in order", bothVersions, steps(there, gets("s", "t", "one", 1, 1, dup), gets("s", "t", "two", 1, 2, dup)), "", ""},
		{"again, turned round", bothVersions, steps(there, gets("s", "t", "two", 1, 2, dup), gets("s", "t", "one", 1, 1, dup)), "MQTT-4.6.0-6", ""},
	})
}

func TestMissing(t *testing.T) {
	pair := all(connected("s"), connected("p"), subscribes("s", "t", 1))
	published := all(publishes("p", "t", "one", 1), publishes("p", "t", "two", 1))
	second := gets("s", "t", "two", 1, 1)
	idle := all(wait(5*time.Second), end())
	away := all(kept("s"), subscribes("s", "t", 1), connected("p"), cut("s"), wait(time.Second))
	lacking := all(connected("s"), connected("p"))
	judged(t, []trace{
		{"behind its fence", bothVersions, steps(pair, published, second), "MQTT-4.5.0-1", "MQTT-4.5.0-1"},
		{"behind a fence at another QoS", bothVersions, steps(lacking, subscribes("s", "t", 2), publishes("p", "t", "one", 1), publishes("p", "t", "two", 2), gets("s", "t", "two", 2, 1)), "", ""},
		{"behind a fence of another client", bothVersions, steps(pair, connected("q"), publishes("q", "t", "one", 1), publishes("p", "t", "two", 1), second), "", ""},
		{"behind a fence through two filters", bothVersions, steps(pair, subscribes("s", "+", 1), published, second), "", ""},
		{"published before the subscription", bothVersions, steps(lacking, publishes("p", "t", "one", 1), subscribes("s", "t", 1), publishes("p", "t", "two", 1), second), "", ""},
		{"at QoS 0", bothVersions, steps(lacking, subscribes("s", "t", 0), published, gets("s", "t", "two", 0, 0), idle), "", ""},
		{"refused", only5, steps(pair, from("p", message("t", "one", 1, 7)), to("p", &codec.Puback{Ack: codec.Ack{PacketID: 7, Code: 0x87}}), publishes("p", "t", "two", 1), second), "", ""},
		{"with an expiry", only5, steps(pair, publishes("p", "t", "one", 1, with(codec.Int(codec.MessageExpiryInterval, 1))), publishes("p", "t", "two", 1), second), "", ""},
		{"at the deadline", bothVersions, steps(pair, publishes("p", "t", "one", 1), idle), "MQTT-4.5.0-1", "MQTT-4.5.0-1"},
		{"before the deadline", bothVersions, steps(pair, publishes("p", "t", "one", 1), wait(3*time.Second), end()), "", ""},
		{"at the deadline, with another one unanswered", bothVersions, steps(pair, published, reads("s", "t", "one", 1, 1), idle), "", ""},
		{"at the deadline, on a connection that the broker closed", bothVersions, steps(pair, publishes("p", "t", "one", 1), wait(5*time.Second), dropped("s"), end()), "", ""},
		{"at the deadline, never acknowledged to its publisher", bothVersions, steps(pair, from("p", message("t", "one", 1, 7)), idle), "MQTT-3.3.4-1", "MQTT-3.3.4-1"},
		{"through a shared subscription", only5, steps(lacking, subscribes("s", "$share/g/t", 1), published, second, idle), "", ""},
		{"published while the client was away", bothVersions, steps(away, publishes("p", "t", "one", 1), resumed("s"), idle), "MQTT-3.1.2-5", "MQTT-4.5.0-1"},
		{"published while it was away, to a new session", bothVersions, steps(away, publishes("p", "t", "one", 1), connected("s"), idle), "", ""},
		{"published while it was away, before a restart", bothVersions, steps(away, publishes("p", "t", "one", 1), restarted(), resumed("s"), idle), "", ""},
	})
}
