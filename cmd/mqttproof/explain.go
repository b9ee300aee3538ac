package main

import (
	"io"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/reference"
	"github.com/mqttproof/mqttproof/suites/selftest"
)

// explainCmd is the flags of explain.
type explainCmd struct {
	ID []string `arg:"" help:"A scenario (retain.cleared), a requirement with or without its version (5.0/MQTT-3.3.1-6), or a fault of the reference broker (5.0/dup-never-set)."`
}

// Run says in words what stands behind each id.
func (c explainCmd) Run(o out) error {
	e, err := newExplainer(o.std)
	if err != nil {
		return err
	}
	for i, id := range c.ID {
		if i > 0 {
			e.line(0, "")
		}
		if !e.explain(id) {
			return usage("nothing is called %q: it is no scenario (mqttproof list), no requirement (list --requirements) and no fault (list --faults)", id)
		}
	}
	return e.err
}

// explainer prints what is known of scenarios, requirements and faults.
type explainer struct {
	folded
	scenarios    []engine.Scenario
	requirements []selftest.Requirement
	faults       []reference.Fault
	states       map[string]selftest.State
}

func newExplainer(out io.Writer) (*explainer, error) {
	requirements, err := selftest.Requirements()
	if err != nil {
		return nil, err
	}
	states, err := selftest.Recorded()
	return &explainer{folded{out: out, width: 100}, scenarios.All(), requirements, reference.Faults(), states}, err
}

// explain prints all that the id names, and says whether there is any.
func (e *explainer) explain(id string) bool {
	found := 0
	next := func() {
		if found++; found > 1 {
			e.line(0, "")
		}
	}
	for _, s := range e.scenarios {
		if s.ID == id {
			next()
			e.scenario(s)
		}
	}
	for _, r := range e.requirements {
		if r.Requirement.String() == id || r.Requirement.ID == id {
			next()
			e.requirement(r)
		}
	}
	for _, f := range e.faults {
		if _, behaviour, _ := strings.Cut(f.Name, "/"); f.Name == id || behaviour == id {
			next()
			e.fault(f)
		}
	}
	return found > 0
}

func (e *explainer) scenario(s engine.Scenario) {
	e.line(0, "%s, a scenario for MQTT %s", s.ID, versionsOf(s))
	e.line(2, "A conforming broker: %s.", s.Title)
	e.line(2, "Why it matters: %s.", s.Why)
	if len(s.Needs) > 0 {
		var needs []string
		for _, f := range s.Needs {
			needs = append(needs, string(f))
		}
		e.line(2, "It is skipped where the broker declares that it lacks one of: %s.", strings.Join(needs, ", "))
	}
	e.line(2, "Run it: mqttproof run TARGET --only %s", s.ID)
	e.line(0, "It stands for")
	for _, ref := range s.Proves {
		e.statement(ref)
	}
	if len(s.Proves) == 0 {
		e.line(2, "no statement of the standard")
	}
	e.breaking("Faults of the reference broker that it has to notice", s.Proves)
}

func (e *explainer) requirement(c selftest.Requirement) {
	r, _ := spec.Lookup(c.Requirement)
	numbered := ""
	if !r.Numbered() {
		numbered = ", an obligation of the text without a number of its own"
	}
	e.line(0, "%s, a %s for the %s, section %s of MQTT %s%s", r.Ref, r.Level, r.Actor, r.Section, r.Version, numbered)
	e.line(2, "%s", r.Summary)
	if r.Note != "" {
		e.line(2, "How it shows: %s.", strings.TrimSuffix(r.Note, "."))
	}
	e.line(2, "%s", verdictOf(c))
	var citing []engine.Scenario
	for _, s := range e.scenarios {
		if slices.Contains(s.Proves, r.Ref) {
			citing = append(citing, s)
		}
	}
	if len(citing) > 0 {
		e.line(2, "Why it matters: %s.", citing[0].Why)
		e.line(0, "Scenarios that stand for it")
		for _, s := range citing {
			e.line(2, "%s: %s", s.ID, s.Title)
		}
	}
	e.breaking("Faults of the reference broker that break it", []spec.Ref{r.Ref})
}

// verdictOf says in a sentence how far a requirement is checked.
func verdictOf(c selftest.Requirement) string {
	switch c.State {
	case selftest.Proven:
		return "Checked and proven: a broker that breaks nothing passes, and each fault below is noticed."
	case selftest.Covered:
		return "Checked, not proven: " + c.Reason + "."
	case selftest.Untestable:
		return "Not checked: nothing about it can be seen from outside of a broker."
	default:
		return "Not checked yet: " + c.Reason + "."
	}
}

func (e *explainer) fault(f reference.Fault) {
	e.line(0, "%s, a fault of the reference broker", f.Name)
	e.line(2, "It %s.", f.What)
	e.line(2, "See what it does: mqttproof run embedded:reference --fault %s", f.Name)
	e.line(0, "It breaks")
	for _, ref := range f.Breaks {
		e.statement(ref)
	}
}

// statement prints a requirement in one sentence.
func (e *explainer) statement(ref spec.Ref) {
	r, _ := spec.Lookup(ref)
	e.line(2, "%s %s: %s", ref, r.Level, r.Summary)
}

// breaking lists the faults that break one of the requirements.
func (e *explainer) breaking(title string, refs []spec.Ref) {
	for _, f := range e.faults {
		for _, ref := range f.Breaks {
			if !slices.Contains(refs, ref) {
				continue
			}
			if title != "" {
				e.line(0, "%s", title)
				title = ""
			}
			state := e.states[f.Name+"\t"+ref.String()]
			if state == "" {
				state = "not run yet"
			}
			e.line(2, "%s (%s): %s", f.Name, state, f.What)
			break
		}
	}
}
