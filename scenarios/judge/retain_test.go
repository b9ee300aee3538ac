package judge_test

import (
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

func TestRetain(t *testing.T) {
	pair := all(connected("s"), connected("p"))
	option := func(o codec.Subscription) step {
		o.Filter, o.QoS = codec.Text("t"), 1
		return subscribesAs("s", o)
	}
	sub := option(codec.Subscription{})
	asPublished := option(codec.Subscription{RetainAsPublished: true})
	never, onlyNew := option(codec.Subscription{RetainHandling: 2}), option(codec.Subscription{RetainHandling: 1})
	live, stored := publishes("p", "t", "m", 1), publishes("p", "t", "m", 1, retain)
	plain, flagged := gets("s", "t", "m", 1, 1), gets("s", "t", "m", 1, 1, retain)
	next := publishes("p", "t", "n", 1, retain)
	late := func(payload string) step {
		return all(connected("l"), subscribes("l", "t", 1), gets("l", "t", payload, 1, 1, retain))
	}
	idle := all(wait(5*time.Second), end())
	judged(t, []trace{
		{"what a new subscription brings", bothVersions, steps(pair, stored, sub, flagged), "", ""},
		{"what a new subscription brings, with 0", bothVersions, steps(pair, stored, wait(2*time.Second), sub, plain), "MQTT-3.3.1-8", "U5-3.8.3.1-u3"},
		{"SUBSCRIBE and PUBLISH race", bothVersions, steps(pair, stored, sub, plain), "", ""},
		{"through a subscription that is there, with 0", bothVersions, steps(pair, sub, stored, plain), "", ""},
		{"through a subscription that is there, with 1", bothVersions, steps(pair, sub, stored, flagged), "MQTT-3.3.1-9", "MQTT-3.3.1-12"},
		{"looked up while it passes", bothVersions, steps(pair, sub, stored, flagged, gets("s", "t", "m", 1, 2)), "", ""},
		{"published with 0, delivered with 1", bothVersions, steps(pair, sub, live, flagged), "MQTT-3.3.1-9", "MQTT-3.3.1-12"},
		{"as published, with 1", only5, steps(pair, asPublished, stored, flagged), "", ""},
		{"as published, with 0", only5, steps(pair, asPublished, stored, plain), "", "MQTT-3.3.1-13"},
		{"as published through one of two filters", only5, steps(pair, asPublished, subscribes("s", "+", 1), stored, plain), "", ""},
		{"as published through a shared filter, beside Retain Handling 2", only5, steps(pair, subscribesAs("s", codec.Subscription{Filter: codec.Text("$share/g/t"), QoS: 1, RetainAsPublished: true}), never, stored, flagged), "", ""},
		{"the will of a client whose CONNACK was lost", bothVersions, steps(pair, dial("w"), from("w", &codec.Connect{ClientID: codec.Text("w"), CleanStart: true,
			Will: &codec.Will{Topic: codec.Text("t"), Payload: []byte("m"), QoS: 1, Retain: true}}), cut("w"), sub, live, flagged), "", ""},
		{"as published through a shared filter, published again and again", only5, steps(pair, subscribesAs("s", codec.Subscription{Filter: codec.Text("$share/g/t"), QoS: 1, RetainAsPublished: true}), never,
			from("p", message("t", "m", 1, 7, retain)), from("p", message("t", "m", 1, 7, retain, dup)), from("p", message("t", "m", 1, 7, retain, dup)), flagged, flagged, flagged), "", ""},
		{"the will of a client whose CONNACK was lost, through a new subscription", bothVersions, steps(pair, dial("w"), from("w", &codec.Connect{ClientID: codec.Text("w"), CleanStart: true,
			Will: &codec.Will{Topic: codec.Text("t"), Payload: []byte("gone"), QoS: 1}}), cut("w"), sub, gets("s", "t", "gone", 1, 1)), "", ""},
		{"an empty one, retained", bothVersions, steps(pair, publishes("p", "t", "", 1, retain), sub, gets("s", "t", "", 1, 1, retain)), "MQTT-3.3.1-11", "MQTT-3.3.1-7"},
		{"an empty one, as it passes", bothVersions, steps(pair, sub, publishes("p", "t", "", 1, retain), gets("s", "t", "", 1, 1)), "", ""},
		{"at Retain Handling 2", only5, steps(pair, stored, never, flagged), "", "MQTT-3.3.1-11"},
		{"at Retain Handling 2, or for a shared filter, which is another error", only5, steps(pair, stored, subscribes("s", "$share/g/t", 1), never, flagged), "", ""},
		{"at Retain Handling 1, new", only5, steps(pair, stored, onlyNew, flagged), "", ""},
		{"at Retain Handling 1, again", only5, steps(pair, stored, onlyNew, flagged, onlyNew, gets("s", "t", "m", 1, 2, retain)), "", "MQTT-3.3.1-10"},
		{"at Retain Handling 0, again", only5, steps(pair, stored, sub, flagged, sub, gets("s", "t", "m", 1, 2, retain)), "", ""},
		{"replaced", bothVersions, steps(pair, stored, next, late("n"), late("m")), "MQTT-3.3.1-5", "MQTT-3.3.1-5"},
		{"replaced, the old one first", bothVersions, steps(pair, stored, next, late("m"), late("n")), "", ""},
		{"removed", bothVersions, steps(pair, stored, publishes("p", "t", "", 1, retain), wait(20*time.Second), late("m")), "MQTT-3.3.1-10", "MQTT-3.3.1-6"},
		{"removed just now", bothVersions, steps(pair, stored, publishes("p", "t", "", 1, retain), late("m")), "", ""},
		{"missing for the second client", bothVersions, steps(pair, stored, late("m"), sub, idle), "MQTT-3.3.1-6", "MQTT-3.3.1-9"},
		{"missing before anyone got it", bothVersions, steps(pair, stored, sub, idle), "", ""},
		{"missing at Retain Handling 2", only5, steps(pair, stored, late("m"), never, idle), "", ""},
		{"missing in a shared subscription", only5, steps(pair, stored, late("m"), subscribes("s", "$share/g/t", 1), idle), "", ""},
		{"missing at QoS 0", bothVersions, steps(pair, publishes("p", "t", "m", 0, retain), connected("l"), subscribes("l", "t", 1), gets("l", "t", "m", 0, 0, retain), sub, idle), "", ""},
	})
}
