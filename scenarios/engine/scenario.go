// Package engine runs scenarios against a target: it opens connections,
// records every byte in both directions, enforces every deadline, and asks the
// judge. It knows no Ginkgo, no Docker and no broker by name.
package engine

import (
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// Scenario is a named, self-contained exchange with a broker.
type Scenario struct {
	// ID is stable: the area, a dot, and the behaviour, as in
	// connect.second-connect.
	ID string
	// Title says in a sentence what a conforming broker does.
	Title string
	// Why says what a user of MQTT loses where a broker does otherwise.
	Why string
	// Proves lists the requirements that the scenario cites. It runs in each
	// version that has one here, unless Versions says otherwise.
	Proves []spec.Ref
	// Versions is set where Proves alone does not say in which versions it runs.
	Versions []spec.Version
	// In31 says that it runs in MQTT 3.1 too, where that is asked for: the older
	// text, which has no numbers, says or means the same. What it finds there is a
	// warning under the id of 3.1.1.
	In31 bool
	// Needs lists what the broker may declare to lack; then it is skipped.
	Needs []Feature
	// Early scenarios start before the others: they mostly wait, and for long.
	Early bool
	// Late scenarios run together after the others, those apart that only wait:
	// they subscribe to # or + and would see all that passes.
	Late bool
	// Serial scenarios run one at a time after all others: they restart the
	// broker, or are known to have ended one.
	Serial bool
	// Tries, if above 1, is how often what the scenario finds must show, each
	// time from the start, before it counts. It is for what a broker may need a
	// moment for that nothing on the wire tells, such as clearing up behind a
	// connection. A finding of fewer tries is observed.
	Tries int
	// Racing says that clients race in it on purpose. What the judge sees beside
	// the scenario's own requirements then depends on who was faster, and would
	// differ from run to run; it is left out.
	Racing bool
	// Connections is how many connections it has open at once, where they are
	// many: the fewer other scenarios run beside it.
	Connections int
	// Run is the exchange.
	Run func(t *T)
	// File and Line are where it is written, for front ends that point there.
	File string
	Line int
}

// Area is the part of the ID before the dot: connect, session, qos, ...
func (s Scenario) Area() string {
	area, _, _ := strings.Cut(s.ID, ".")
	return area
}

// In says whether the scenario runs in the version.
func (s Scenario) In(v spec.Version) bool {
	if v == spec.V31 {
		return s.In31
	}
	if len(s.Versions) > 0 {
		return slices.Contains(s.Versions, v)
	}
	return slices.ContainsFunc(s.Proves, func(r spec.Ref) bool { return r.Version == v })
}

// ProvesIn gives the requirements that it cites in the version.
func (s Scenario) ProvesIn(v spec.Version) []spec.Ref { return inVersion(v, s.Proves) }

// inVersion keeps the references of one version. 3.1 has no numbers of its
// own: what is judged there is a warning under the id of 3.1.1.
func inVersion(v spec.Version, refs []spec.Ref) []spec.Ref {
	if v == spec.V31 {
		v = spec.V311
	}
	var kept []spec.Ref
	for _, r := range refs {
		if r.Version == v && !slices.Contains(kept, r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// Feature is something that a broker may declare to lack: in CONNACK, in its
// preset, or by --without.
type Feature string

// The features that gate scenarios.
const (
	QoS1           Feature = "qos1"
	QoS2           Feature = "qos2"
	Retain         Feature = "retain"
	Wildcard       Feature = "wildcard"
	Shared         Feature = "shared"
	SubscriptionID Feature = "subscription-id"
	// Restart is the ability of the target to be restarted by us.
	Restart Feature = "restart"
	// WebSocket is the transport of the run being ws or wss.
	WebSocket Feature = "websocket"
	// TLS is the transport of the run being tls or wss.
	TLS Feature = "tls"
)

// Features lists all features, for messages and for checking --without.
func Features() []Feature {
	return []Feature{QoS1, QoS2, Retain, Wildcard, Shared, SubscriptionID, Restart, WebSocket, TLS}
}
