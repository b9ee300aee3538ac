package scenarios

import (
	"slices"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

// areasIn31 are the areas whose scenarios run in MQTT 3.1 too, where a user asks
// for it. Its text is older and looser, and close to that of 3.1.1 there.
var areasIn31 = []string{"connect", "ping", "qos", "retain", "session", "subscribe", "unsubscribe", "wildcard", "will"}

// What 3.1 does not say, or says otherwise.
const (
	noPresence = "its CONNACK has no Session Present flag (3.2)"
	noDuty     = "the text names no reaction to this error"
	flagsFree  = "the flags of the fixed header that a packet does not use are ignored (2.1)"
	noDollar   = "the text does not speak of topics that begin with $"
	willText   = "a Will Message is text there (3.1)"
)

// not31 lists the scenarios of those areas that do not run in 3.1, each with
// what is different there.
var not31 = map[string]string{
	"connect.client-id-case":          noPresence,
	"connect.client-id-end":           noPresence,
	"connect.client-id-space":         noPresence,
	"connect.cut-short":               noDuty,
	"connect.fixed-header-flags":      flagsFree,
	"connect.password-missing":        noDuty,
	"connect.refused-not-processed":   noDuty,
	"connect.reserved-flag":           "the bit is unused, and ignored (3.1)",
	"connect.user-missing":            "the flag may be set without the field, for older clients (3.1)",
	"connect.will-flags-without-will": "Will QoS and Will Retain are unused then, and ignored (3.1)",
	"ping.reserved-flags":             flagsFree,
	"qos.2-pubrel-flags":              "PUBREL may have the DUP flag (3.6)",
	"qos.publish-not-utf-8":           noDuty,
	"session.first":                   noPresence,
	"session.history":                 noPresence,
	"session.incoming-qos2":           noPresence,
	"session.resumed":                 noPresence,
	"session.second-connect":          noPresence,
	"session.takeover-resumes":        noPresence,
	"subscribe.flags":                 "SUBSCRIBE may have the DUP flag (3.8)",
	"subscribe.ill-formed-filter":     noDuty,
	"subscribe.no-filter":             noDuty,
	"unsubscribe.no-filter":           noDuty,
	"wildcard.dollar":                 noDollar,
	"wildcard.dollar-exchange":        noDollar,
	"subscribe.null-in-filter":        noDuty,
	"subscribe.reserved-bits":         "the bits are unused, and ignored (3.8)",
	"unsubscribe.flags":               "UNSUBSCRIBE may have the DUP flag (3.10)",
	"unsubscribe.ill-formed-filter":   noDuty,
	"unsubscribe.session":             noPresence,
	"will.payload":                    willText,
	"will.refused-connect":            noDuty,
	"subscribe.refused-filter":        "its SUBACK has no code for a refusal (3.9)",
	"will.topic-dollar":               noDollar,
	"will.topic-ill-formed":           noDuty,
	"will.topic-null":                 noDuty,
}

// in31 says whether a scenario runs in 3.1.
func in31(s engine.Scenario) bool {
	return slices.Contains(areasIn31, s.Area()) && not31[s.ID] == "" && s.In(spec.V311)
}
