package result

import (
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// Result is the outcome of one scenario in one version.
type Result struct {
	Kind      string       `json:"kind"` // always "scenario"
	ID        string       `json:"id"`
	Area      string       `json:"area"`
	Title     string       `json:"title"`
	Version   spec.Version `json:"version"`
	Transport string       `json:"transport"`
	Verdict   Verdict      `json:"verdict"`
	// Reason says why a scenario was skipped or ended in an error.
	Reason string `json:"reason,omitempty"`
	// Requirements has the verdict of every requirement that the scenario
	// cites or that a finding names.
	Requirements map[spec.Ref]Verdict `json:"requirements"`
	DurationMS   float64              `json:"duration_ms"`
	// Observed lists what was seen where the standard leaves freedom.
	Observed []Observation `json:"observed,omitempty"`
	Findings []Finding     `json:"findings,omitempty"`
	// Trace is kept in the results unless the scenario passed or was skipped.
	Trace Trace `json:"trace,omitempty"`
	// Replay is a command that runs the scenario again.
	Replay string `json:"replay,omitempty"`
	// Capture is the trace as a capture file, with slashes and relative to the
	// folder in which the results are written; empty where there is none.
	Capture string `json:"capture,omitempty"`
	// SeenIn lists the scenarios in which the judge made the finding, for a
	// result that stands for a requirement outside every scenario's own
	// (its ID begins with "judge.").
	SeenIn []string `json:"seen_in,omitempty"`
}

// Observation is one freedom of the standard and the use the broker made of it.
type Observation struct {
	What  string `json:"what"`
	Value string `json:"value"`
}

// Source says who made a finding.
type Source string

// The sources of findings.
const (
	FromScenario Source = "scenario" // an expectation of the scenario
	FromJudge    Source = "judge"    // a rule over the whole trace
)

// Finding is one requirement seen broken.
type Finding struct {
	Requirement spec.Ref   `json:"requirement"`
	Level       spec.Level `json:"level"`
	Source      Source     `json:"source"`
	// Cause lists the statements that bind the client and that ours broke on
	// purpose: what the broker had to answer for (4.13.1; 4.8 in 3.1.1).
	Cause []spec.Ref `json:"cause,omitempty"`
	// Step is the title of the scenario's step in which it was made.
	Step     string `json:"step,omitempty"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	// Event is the index in the trace of the event that shows it, -1 if none does.
	Event int `json:"event"`
	// Known is the reason given in a list of known deviations, if listed.
	Known string `json:"known,omitempty"`
}

// Verdict is what the finding means for the broker: a MUST fails, a SHOULD
// warns; in 3.1, whose text has no numbered statements, all is a warning.
func (f Finding) Verdict() Verdict {
	switch {
	case f.Known != "":
		return Known
	case f.Level == spec.Must && f.Requirement.Version != spec.V31:
		return Fail
	case f.Level == spec.May:
		return Pass
	}
	return Warn
}

// Settle sets the verdicts of the result and of its requirements from its
// findings. It is called again when findings are marked as known deviations.
func (r *Result) Settle() {
	if len(r.Findings) == 0 {
		return
	}
	if r.Requirements == nil {
		r.Requirements = map[spec.Ref]Verdict{}
	}
	r.Verdict = 0
	for _, f := range r.Findings {
		r.Requirements[f.Requirement] = 0
		for _, cause := range f.Cause {
			delete(r.Requirements, cause) // neither upheld nor the broker's to break
		}
	}
	for _, f := range r.Findings {
		r.Requirements[f.Requirement] = max(r.Requirements[f.Requirement], f.Verdict())
		r.Verdict = max(r.Verdict, f.Verdict())
	}
}

// Header opens the results of a run on one target.
type Header struct {
	Kind      string            `json:"kind"` // always "header"
	Schema    string            `json:"schema"`
	Tool      string            `json:"tool"`
	Target    string            `json:"target"` // as given, without secrets
	Broker    string            `json:"broker,omitempty"`
	Versions  []spec.Version    `json:"versions"`
	Transport string            `json:"transport"`
	Seed      uint64            `json:"seed"`
	Timeouts  map[string]string `json:"timeouts"`
	Started   time.Time         `json:"started"`
	Options   []string          `json:"options,omitempty"` // redacted
}

// Footer closes the results of a run on one target.
type Footer struct {
	Kind       string          `json:"kind"` // always "footer"
	Counts     map[Verdict]int `json:"counts"`
	DurationMS float64         `json:"duration_ms"`
	// Complete is false where the run was interrupted or results are missing.
	Complete bool `json:"complete"`
	// Unmatched lists entries of the known deviations that no longer hold.
	Unmatched []string `json:"unmatched_known,omitempty"`
}

// Run is all results of one target, sorted by id and version.
type Run struct {
	Header  Header
	Results []*Result
	Footer  Footer
}
