package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// T is what a scenario is written against: it opens clients, names things so
// that no two scenarios meet, and records what is found. One T serves one
// scenario in one version. Its methods are for the scenario's own goroutine.
type T struct {
	ctx      context.Context
	scenario Scenario
	version  spec.Version
	target   Target
	timeouts Timeouts
	prefix   string // of topics, with a slash at its end, or empty in literal mode
	idPrefix string // of client ids
	random   *rand.Rand
	rec      *recorder
	secrets  result.Secrets

	step     string
	cited    []spec.Ref        // of the step; nil before the first
	causes   []spec.Ref        // of the step: what the client breaks in it on purpose
	accused  []spec.Ref        // what was cited when something wrong was sent
	reached  map[spec.Ref]bool // every requirement that was cited so far
	clients  []*Client
	wires    []*wire
	ids      int
	fences   int
	sessions map[string]spec.Version // client ids whose session may outlive its connection
	retained map[string]bool         // topics that may hold a retained message
	back     chan struct{}           // closed when the last restart is over; nil before the first
	pace     *pace
	missed   bool // an answer was awaited in vain

	mu       sync.Mutex
	findings []result.Finding
	// fatal says that a finding ended the scenario; it is fatalFrom and those
	// behind it.
	fatal     bool
	fatalFrom int
	observed  []result.Observation
	negative  bool // a client broke the protocol; the broker must be shown alive after it
}

// stop ends the scenario's goroutine from any depth; the executor recovers it.
type stop struct{}

// notThere is why a scenario ended when the broker could not be reached:
// nothing is known about its behaviour then.
type notThere struct{ err error }

func (e notThere) Error() string { return e.err.Error() }

// skipped is why a scenario ended when the broker lacks what it needs.
type skipped struct{ reason string }

func (e skipped) Error() string { return e.reason }

// Version is the version of MQTT that the scenario runs in.
func (t *T) Version() spec.Version { return t.version }

// V5 says whether the scenario runs in 5.0.
func (t *T) V5() bool { return t.version == spec.V5 }

// Random gives the scenario's own source of randomness; it repeats with the
// seed of the run.
func (t *T) Random() *rand.Rand { return t.random }

// Context ends when the scenario's time is over or the run is interrupted.
func (t *T) Context() context.Context { return t.ctx }

// Topic gives a Topic Name or Topic Filter that belongs to this scenario
// alone, made of the suffix.
func (t *T) Topic(suffix string) string { return t.prefix + suffix }

// ClientID gives a fresh client identifier of at most 23 characters from 0-9,
// a-z and A-Z, which every broker must accept (MQTT-3.1.3-5).
func (t *T) ClientID() string {
	t.ids++
	return fmt.Sprintf("%s%d", t.idPrefix, t.ids)
}

// Step names what comes next and the requirements that the expectations in it
// stand for, until the next Step. A failed expectation is a finding on each of
// them that belongs to the version of the run. Before the first Step the first
// requirement of Proves is cited.
//
// A statement that binds the client alone is the cause: see Because.
func (t *T) Step(title string, refs ...spec.Ref) {
	t.step = title
	t.cite(title, refs)
	t.rec.note(title)
}

func (t *T) cite(title string, refs []spec.Ref) {
	t.cited, t.causes = nil, nil
	for _, ref := range inVersion(t.version, refs) {
		r, ok := spec.Lookup(ref)
		if !ok {
			t.end(fmt.Errorf("the step %q cites %s, which the standard does not have", title, ref))
		}
		if r.Actor == "client" {
			t.Because(ref)
			continue
		}
		t.reached[ref] = true
		t.cited = append(t.cited, ref)
	}
}

// Because names the statements that the client breaks in this step on purpose.
// A failed expectation is a finding on what binds the broker, with these as its
// cause: on what the step cites, or else on the general duty to close.
func (t *T) Because(refs ...spec.Ref) {
	for _, ref := range inVersion(t.version, refs) {
		t.reached[ref] = true
		t.causes = append(t.causes, ref)
	}
	if len(t.cited) == 0 && len(t.causes) > 0 {
		t.cited = inVersion(t.version, refsClose)
	}
}

// refsClose are the duty of a server for any error of a client that it detects.
var refsClose = []spec.Ref{{Version: spec.V311, ID: "MQTT-4.8.0-1"}, {Version: spec.V5, ID: "MQTT-4.13.1-1"}}

// cites gives the requirements that an expectation stands for now.
func (t *T) cites() []spec.Ref {
	if len(t.cited) > 0 {
		return t.cited
	}
	if own := t.scenario.ProvesIn(t.version); len(own) > 0 {
		t.cite(t.step, own[:1])
	}
	return t.cited
}

// lastCites gives what the scenario cited when a client last broke the
// protocol, or cites now if none did.
func (t *T) lastCites() []spec.Ref {
	if len(t.accused) > 0 {
		return t.accused
	}
	return t.cites()
}

// Observe records the use that the broker made of a freedom of the standard.
func (t *T) Observe(what, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := result.Observation{What: what, Value: fmt.Sprintf(format, args...)}
	if !slices.Contains(t.observed, o) {
		t.observed = append(t.observed, o)
	}
}

// Skip ends the scenario because the broker declares that it lacks what is
// needed. A failure is never a reason to skip.
func (t *T) Skip(format string, args ...any) {
	t.end(skipped{fmt.Sprintf(format, args...)})
}

// end stops the scenario with a cause that is no finding.
func (t *T) end(cause error) {
	t.rec.setCause(cause)
	panic(stop{})
}

// Broken records a finding on the requirements of the step and goes on. event
// is the index of the event that shows it, -1 for the latest.
func (t *T) Broken(expected, got string, event int) {
	t.find(t.cites(), expected, got, event)
}

// Fail records a finding on the requirements of the step and ends the scenario.
func (t *T) Fail(expected, got string, event int) {
	t.failOn(t.cites(), expected, got, event)
}

// Warn records a finding on other requirements than those of the step and goes
// on. It is for what a SHOULD asks beside the matter of the scenario.
func (t *T) Warn(refs []spec.Ref, expected, got string) {
	t.find(inVersion(t.version, refs), expected, got, -1)
}

func (t *T) failOn(refs []spec.Ref, expected, got string, event int) {
	t.mu.Lock()
	t.fatal, t.fatalFrom = true, len(t.findings)
	t.mu.Unlock()
	t.find(refs, expected, got, event)
	panic(stop{})
}

func (t *T) find(refs []spec.Ref, expected, got string, event int) {
	// An interrupted wait has shown nothing.
	if t.ctx.Err() != nil {
		t.end(context.Cause(t.ctx))
	}
	if len(refs) == 0 {
		t.end(fmt.Errorf("scenario %s has an expectation that cites no requirement of %s: expected %s, got %s",
			t.scenario.ID, t.version, expected, got))
	}
	if event < 0 {
		event = t.rec.last()
	}
	var cause []spec.Ref
	if len(t.causes) > 0 && slices.Equal(refs, t.cited) {
		cause = t.causes
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, ref := range refs {
		level := spec.Must
		if r, ok := spec.Lookup(ref); ok {
			level = r.Level
		}
		if t.version == spec.V31 && level == spec.Must {
			level = spec.Should // the sentence is that of 3.1.1
		}
		t.findings = append(t.findings, result.Finding{
			Requirement: ref, Level: level, Source: result.FromScenario, Step: t.step, Cause: cause,
			Expected: expected, Got: got, Event: event,
		})
	}
}

// Equal is an expectation: got must be want, else it is a finding and the
// scenario goes on. what names the thing compared, such as "RETAIN flag".
func (t *T) Equal(what string, got, want any) bool { return t.equalAt(what, got, want, -1) }

func (t *T) equalAt(what string, got, want any, event int) bool {
	if reflect.DeepEqual(got, want) {
		return true
	}
	t.Broken(fmt.Sprintf("%s %s", what, show(want)), fmt.Sprintf("%s %s", what, show(got)), event)
	return false
}

// OneOf is an expectation: got must be one of the alternatives, all of them
// legal; which one it was is observed.
func (t *T) OneOf(what string, got any, want ...any) bool {
	var names []string
	for _, w := range want {
		if reflect.DeepEqual(got, w) {
			t.Observe(what, "%s", show(got))
			return true
		}
		names = append(names, show(w))
	}
	t.Broken(fmt.Sprintf("%s %s", what, strings.Join(names, " or ")), fmt.Sprintf("%s %s", what, show(got)), -1)
	return false
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []byte:
		return fmt.Sprintf("%q", v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	}
	return fmt.Sprint(v)
}

// Sleep waits for a span that the standard counts in seconds (a keep alive, a
// delay, an expiry). It is never for anything else.
func (t *T) Sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		t.end(context.Cause(t.ctx))
	}
}

// Timeouts gives the table of waits of the run.
func (t *T) Timeouts() Timeouts { return t.timeouts }

// await waits until done says so; it is asked again after every event of the
// scenario. It reports false when the deadline came first, and ends the
// scenario when the run is over.
func (t *T) await(limit time.Duration, done func() bool) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	// Other waits are for what must not come, or for what the standard counts in
	// seconds.
	answer := limit >= t.timeouts.Answer && limit <= max(t.timeouts.Answer, t.timeouts.Delivery)
	began := time.Now()
	for {
		changed := t.rec.changed()
		if done() {
			if answer {
				t.pace.answered(time.Since(began))
			}
			return true
		}
		select {
		case <-changed:
		case <-deadline.C:
			came := done()
			t.missed = t.missed || answer && !came
			return came
		case <-t.ctx.Done():
			t.end(context.Cause(t.ctx))
		}
	}
}
