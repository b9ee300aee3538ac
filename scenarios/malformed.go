package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/matrix"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// The scenarios of this file are made from the matrix of broken packets: one for
// each packet of a client and each way to break it, in which every case is a valid
// packet with one error, on a connection of its own. They hold the cases that the
// standard names, which the broker must answer by the close; see malformed_unnamed.go
// for the others.

// breakage is a way to break a packet.
type breakage struct {
	kind matrix.Kind
	name string // in the id of a scenario
	what string // behind "a PUBLISH": what is wrong with it
	why  string
}

var breakages = []breakage{
	{matrix.HeaderFlags, "header-flags", "whose fixed header has flags that are not allowed",
		"who ignores these bits takes a packet of a later version for one of today"},
	{matrix.HeaderLength, "length", "whose Remaining Length has five bytes",
		"the parser of the broker runs out of step with the stream, or out of memory"},
	{matrix.HeaderType, "type", "whose type in the fixed header does not exist",
		"a broker that skips what it does not know hides the errors of clients, and stays open to what comes later"},
	{matrix.Truncated, "cut", "that ends early",
		"a parser that reads behind the end of a packet is the way into many a broker"},
	{matrix.TrailingBytes, "trailing", "with bytes behind its last field",
		"bytes that nobody reads are where two implementations begin to differ"},
	{matrix.BadText, "text", "with a text that is not well-formed, or holds U+0000, or is longer than the packet",
		"the text reaches other clients, logs and databases, which break on it"},
	{matrix.Syntax, "topic", "with an empty topic",
		"nobody can tell to whom the message belongs"},
	{matrix.ConnectFlags, "flags", "whose Connect Flags contradict each other or its payload",
		"the broker has to guess who connects, and what shall be published when that client dies"},
	{matrix.Options, "options", "with subscription options that do not exist",
		"the broker has to guess what the client wants, and the client will not know what it gets"},
	{matrix.PropertyPlace, "property-foreign", "with a property that belongs to another packet",
		"a property in the wrong place is a client's bug that nobody finds as long as brokers are silent about it"},
	{matrix.PropertyTwice, "property-twice", "that repeats a property",
		"one part of a system follows the first value and one the second"},
	{matrix.PropertyCut, "property-cut", "with a property that is cut, or a wrong Property Length",
		"a reader that trusts the length reads the memory behind the packet"},
	{matrix.PropertyRange, "property-range", "with a property whose value is out of its range",
		"each broker would make something else of the value"},
	{matrix.PropertyUnknown, "property-unknown", "with a property that does not exist",
		"the length of its value is unknown, so all behind it would be misread"},
	{matrix.PropertyText, "property-text", "with a property whose text is not well-formed or holds U+0000",
		"properties travel to other clients, which break on the text"},
	{matrix.Authentication, "method", "without its Authentication Method",
		"an answer to a question that was not asked could be taken for the right one"},
}

// namedCases gives the cases of one packet of a client which must be answered by
// the close.
func namedCases(all []matrix.Case, t codec.Type, kind matrix.Kind) (kept []matrix.Case) {
	for _, c := range all {
		if c.From == codec.FromClient && c.Duty == matrix.Close && c.Packet.Type() == t && c.Kind == kind && !elsewhere(c) {
			kept = append(kept, c)
		}
	}
	return kept
}

// elsewhere says that a case is not for this family.
func elsewhere(c matrix.Case) bool {
	switch p := c.Packet.(type) {
	case *codec.Connect:
		// Refused with CONNACK 0x02 (3.1.1/MQTT-3.1.3-8).
		return c.Requirement.ID == "MQTT-3.1.3-7"
	case *codec.Subscribe:
		// Not for brokers without Shared Subscriptions: malformed.no-local-on-shared.
		return c.Requirement.ID == "MQTT-3.8.3-4" && c.Version == codec.V5
	case *codec.Publish:
		// A broker that takes it would store it, and we could not name it to remove it.
		return c.Kind == matrix.HeaderFlags && strings.HasSuffix(c.Name, "1")
	case *codec.Auth:
		// The packet gets the method and the challenge of the broker, which moves its
		// bytes; and only the first step of an exchange is made (4.12).
		return c.Kind == matrix.Truncated || c.Kind == matrix.Authentication && p.Code != 0x18
	}
	return false
}

var _ = func() (all []Scenario) {
	cases := matrix.Cases()
	for t := codec.CONNECT; t <= codec.AUTH; t++ {
		for _, b := range breakages {
			if named := namedCases(cases, t, b.kind); len(named) > 0 {
				all = append(all, add(malformed(t, b, named)))
			}
		}
	}
	return all
}()

func malformed(packet codec.Type, b breakage, cases []matrix.Case) Scenario {
	ends := "ends the connection"
	if packet == codec.CONNECT {
		ends = "is refused"
	}
	var proves []spec.Ref
	count := map[codec.Version]int{}
	for i := range cases {
		count[cases[i].Version]++
		cited, causes := dutyOf(&cases[i])
		proves = append(proves, slices.Concat(cited, causes)...)
	}
	slices.SortFunc(proves, func(a, b spec.Ref) int { return strings.Compare(a.String(), b.String()) })
	return Scenario{
		ID:          fmt.Sprintf("malformed.%s-%s", strings.ToLower(packet.String()), b.name),
		Title:       fmt.Sprintf("%s %s %s %s", article(packet.String()), packet, b.what, ends),
		Why:         b.why,
		Proves:      slices.Compact(proves),
		Serial:      endsBrokers(packet, b.kind),
		Connections: min(atOnce, max(count[codec.V311], count[codec.V5])),
		Run:         func(t *T) { runMalformed(t, packet, cases, endsBrokers(packet, b.kind)) },
	}
}

// atOnce is how many cases are under way at the same time: brokers have limits.
const atOnce = 50

// endsBrokers says which of them are known to have ended a broker: alone they
// spare the search for the one that did it.
func endsBrokers(packet codec.Type, kind matrix.Kind) bool {
	return packet == codec.SUBSCRIBE && (kind == matrix.Truncated || kind == matrix.TrailingBytes)
}

func article(word string) string {
	if strings.ContainsRune("AEIOU", rune(word[0])) {
		return "an"
	}
	return "a"
}
