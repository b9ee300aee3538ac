// Package judge reads a trace and says which requirements were broken in it,
// and which were kept, whatever produced the trace: a scenario, a fuzzer, a
// capture. It judges the broker alone. What one packet shows by itself comes
// from the codec; what needs the history of a connection or a session, or other
// clients, is decided here.
//
// A history of connections, sessions, subscriptions, messages and deliveries is
// made of the trace in one pass; the rules, a file for each family, ask it. All
// that is not certain in it is an interval: what a client wrote has perhaps
// arrived at once, and certainly only when something later proves it. A rule
// accuses where no order of events within these intervals is legal.
package judge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Report is what the judge makes of a trace.
type Report struct {
	// Findings has the first finding on each requirement that was broken, in the
	// order of the trace.
	Findings []result.Finding
	// Upheld holds the requirements that were really put to the test and kept,
	// and never broken.
	Upheld map[spec.Ref]bool
}

// Patience is how long a broker may take. What is still missing when it is over,
// on a connection that is open and idle, counts as missing. A zero value accuses
// nobody.
type Patience struct {
	Answer   time.Duration // for what must be done at once: an acknowledgement, a close
	Delivery time.Duration // for a message on its way
	Late     time.Duration // beyond a limit that the standard counts in seconds
}

// Trace judges a trace without its waits and gives the findings.
func Trace(trace result.Trace) []result.Finding { return Judge(trace, Patience{}).Findings }

// Judge judges all connections of a trace.
func Judge(trace result.Trace, patience Patience) Report {
	j := &judge{patience: patience, upheld: map[spec.Ref]bool{}}
	from := 0
	var before map[int]bool // connections to an earlier life of the broker
	for i := range trace {
		if trace[i].Restarted() {
			before = j.part(trace, from, i, before)
			from, j.restarted = i+1, true
		}
	}
	j.part(trace, from, len(trace), before)
	return j.report()
}

type judge struct {
	*history
	patience Patience
	// restarted says that the broker was restarted before this part of the trace:
	// it may have kept anything, or nothing.
	restarted bool
	found     []result.Finding
	upheld    map[spec.Ref]bool
}

// part judges what happened between two restarts.
func (j *judge) part(trace result.Trace, from, to int, before map[int]bool) map[int]bool {
	j.history = read(trace, from, to, before)
	for _, c := range j.conns {
		if c.foreign {
			continue
		}
		j.connection(c)
		j.limits(c)
		j.dup(c)
	}
	j.flows()
	if !j.restarted {
		j.sessionPresent()
		j.retain()
		j.delivery()
		j.content()
		j.wills()
	}
	seen := map[int]bool{}
	for _, c := range j.conns {
		seen[c.number] = true
	}
	for n := range before {
		seen[n] = true
	}
	return seen
}

// report sorts the findings and keeps the first of each requirement: it shows
// it, and a broker that goes on proves no more.
func (j *judge) report() Report {
	slices.SortStableFunc(j.found, func(a, b result.Finding) int { return cmp.Compare(a.Event, b.Event) })
	r := Report{Upheld: j.upheld}
	broken := map[spec.Ref]bool{}
	for _, f := range j.found {
		if !broken[f.Requirement] {
			broken[f.Requirement] = true
			r.Findings = append(r.Findings, f)
		}
	}
	for ref := range broken {
		delete(r.Upheld, ref)
	}
	return r
}

// rule names one requirement in the two versions; an empty id means that the
// version has no such rule.
type rule struct{ v311, v5 string }

// both is a rule that has the same id in both versions.
func both(id string) rule { return rule{id, id} }

// only5 is a rule of 5.0 alone.
func only5(id string) rule { return rule{"", id} }

func (r rule) in(v spec.Version) spec.Ref {
	id := r.v311
	if v == spec.V5 {
		id = r.v5
	} else {
		v = spec.V311 // 3.1 has no numbers of its own
	}
	if id == "" {
		return spec.Ref{}
	}
	return spec.Ref{Version: v, ID: id}
}

// broken makes a finding that the event shows, on the rule in the version of
// the connection.
func (j *judge) broken(c *conn, event int, r rule, expected, format string, args ...any) {
	j.brokenRef(c, event, r.in(c.version), expected, fmt.Sprintf(format, args...))
}

func (j *judge) brokenRef(c *conn, event int, ref spec.Ref, expected, got string) {
	if ref == (spec.Ref{}) {
		return
	}
	level := spec.Should // a section without a number is no MUST that we could cite
	if r, ok := spec.Lookup(ref); ok {
		level = r.Level
	}
	if c.version == spec.V31 {
		level = spec.Should // nor is what 3.1.1 says a duty of 3.1
	}
	j.found = append(j.found, result.Finding{
		Requirement: ref, Level: level, Source: result.FromJudge,
		Expected: expected, Got: got, Event: event,
	})
}

// kept notes that the rule was put to the test on the connection, and held.
func (j *judge) kept(c *conn, r rule) {
	if ref := r.in(c.version); ref != (spec.Ref{}) {
		j.upheld[ref] = true
	}
}
