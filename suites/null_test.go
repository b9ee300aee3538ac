package suites_test

import (
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// passesOnNull lists the scenarios that a server may pass which acknowledges
// everything and does nothing else, with the reason. Nothing about delivery,
// rejection or closing may be among them. A scenario counts for both versions,
// unless its id is followed by one.
var passesOnNull = map[string]string{
	// CONNECT is answered, and that is all there is to see.
	"connect.accepted":                  "a CONNACK",
	"connect.byte-by-byte":              "a CONNACK",
	"connect.bridge-level 3.1.1":        "a CONNACK: a broker may know such bridges",
	"connect.connack-properties 5.0":    "the properties of a CONNACK, of which it has none",
	"connect.connack-texts 5.0":         "a CONNACK without texts",
	"connect.suback-texts 5.0":          "acknowledgements without texts",
	"auth.not-named 5.0":                "a CONNACK without an Authentication Method",
	"connect.client-id":                 "a CONNACK",
	"connect.client-id-unusual":         "a CONNACK; refusing is legal, not asked for",
	"connect.connack-flags":             "the bits of a CONNACK",
	"connect.old-version 3.1.1":         "what a broker does with an old client is observed",
	"connect.silent":                    "how long it waits is observed, and a PINGRESP",
	"connect.unfinished":                "no CONNACK before CONNECT is whole",
	"connect.keep-alive-drip":           "how long it waits is observed, and a PINGRESP",
	"connect.keep-alive-none":           "a CONNACK; how long it waits is observed",
	"connect.keep-alive-range":          "a CONNACK and a PINGRESP",
	"connect.password-without-user 5.0": "a CONNACK: the form is legal in 5.0",
	"connect.problem-information 5.0":   "acknowledgements, which hold no Reason String",
	"connect.response-information 5.0":  "a CONNACK, which holds no Response Information",
	"connect.password-any-bytes":        "a CONNACK",
	"guide.connect":                     "a CONNACK",

	// PINGREQ is answered.
	"connect.keep-alive-ping": "a PINGRESP",
	"guide.keep-alive":        "a PINGRESP",
	"ping.unusual":            "what a broker does is observed, and that it lives on",

	"malformed.unnamed":     "what a broker does is observed, and that it lives on",
	"wire.longer-lengths":   "what a broker does is observed, and that it lives on",
	"wire.huge-lengths":     "what a broker does is observed, and that it lives on",
	"wire.old-bugs":         "that a broker lives on",
	"will.disconnect-wrong": "what a broker does is observed, and that it lives on",

	// PUBLISH and PUBREL are answered.
	"limits.declared-maximum-qos 5.0":       "a PUBACK and a PUBREC",
	"limits.undeclared-receive-maximum 5.0": "PUBRECs",
	"message.acknowledged-or-refused":       "a PUBACK and a PUBREC",
	"qos.2-received-past-expiry 5.0":        "a PUBREC and a PUBCOMP",
	"qos.2-unknown-pubrel":                  "a PUBCOMP",
	"qos.publish-answered":                  "a PUBACK and a PUBREC",
	"qos.publish-identifier-0 5.0":          "only 3.1.1 says that the connection ends",

	// SUBSCRIBE and UNSUBSCRIBE are answered. Of wrong filters the standard asks
	// no more.
	"shared.before-5 3.1.1":           "a SUBACK",
	"shared.unusual-names 5.0":        "a SUBACK",
	"subscribe.answered":              "a SUBACK",
	"subscribe.code-order":            "a SUBACK",
	"subscribe.empty-filter":          "a SUBACK",
	"subscribe.identifiers-in-flight": "SUBACKs and UNSUBACKs",
	"subscribe.packet-id-zero 5.0":    "only 3.1.1 says that the connection ends",
	"unsubscribe.packet-id-zero 5.0":  "only 3.1.1 says that the connection ends",
	"unsubscribe.answered":            "an UNSUBACK",
	"wildcard.long-filters":           "a SUBACK",
	"wildcard.misplaced-multi-level":  "a SUBACK",
	"wildcard.misplaced-single-level": "a SUBACK",
}

// TestNullBroker: a suite that passes a server which does nothing proves
// nothing about one that does something.
func TestNullBroker(t *testing.T) {
	ourselves(t)
	t.Parallel()
	broker, err := containers.Address(nullBroker(t)).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	timeouts, err := engine.DefaultTimeouts().Scale(0.1)
	if err != nil {
		t.Fatal(err)
	}
	timeouts.Scenario = time.Minute // seconds of the standard do not shrink
	run, err := engine.Run(t.Context(), broker, scenarios.All(), engine.Options{Timeouts: timeouts}, nil)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, res := range run.Results {
		if res.Area == "judge" || res.Verdict == result.Skip {
			continue
		}
		names := []string{res.ID, res.ID + " " + res.Version.String()}
		listed := false
		for _, name := range names {
			if _, ok := passesOnNull[name]; ok {
				listed, used[name] = true, true
			}
		}
		switch passed := res.Verdict == result.Pass; {
		case res.Verdict == result.Error:
			t.Errorf("%s in %s ends in an error, so nothing is known: %s", res.ID, res.Version, res.Reason)
		case passed && !listed:
			t.Errorf("%s in %s passes on a server that does nothing: %s", res.ID, res.Version, res.Title)
		case !passed && listed:
			t.Errorf("%s in %s is listed as passing on a server that does nothing, and does not", res.ID, res.Version)
		}
	}
	for name := range passesOnNull {
		if !used[name] {
			t.Errorf("%s is listed as passing on a server that does nothing, and there is no such result", name)
		}
	}
}
