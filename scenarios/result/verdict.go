// Package result is the leaf that engine, judge, suites and reports share:
// events, traces, findings, verdicts and results, with their JSON form. The
// JSON form is the published one (reports/schema).
package result

import "fmt"

// Verdict is the outcome of a scenario, a requirement or a run. Verdicts
// compare: a parent takes the worst of its children.
type Verdict uint8

// The verdicts from best to worst.
const (
	// Skip: the target declares that it lacks what the scenario needs.
	Skip Verdict = iota + 1
	// Pass: all that was judged holds.
	Pass
	// Known: all its findings are listed as known deviations.
	Known
	// Warn: a SHOULD is broken.
	Warn
	// Fail: a MUST is broken.
	Fail
	// Error: our fault, or the target was not there. Nothing is known about
	// the target's behaviour.
	Error
)

var verdictNames = map[Verdict]string{Skip: "skip", Pass: "pass", Known: "known", Warn: "warn", Fail: "fail", Error: "error"}

// String gives the name used in results and on the command line.
func (v Verdict) String() string {
	if s, ok := verdictNames[v]; ok {
		return s
	}
	return "none"
}

// MarshalText writes the verdict as String does.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (v *Verdict) UnmarshalText(b []byte) error {
	for k, s := range verdictNames {
		if s == string(b) {
			*v = k
			return nil
		}
	}
	return fmt.Errorf("no verdict %q", b)
}

// Worst gives the worst of the verdicts, the zero Verdict where there are none.
func Worst(vs ...Verdict) Verdict {
	var worst Verdict
	for _, v := range vs {
		worst = max(worst, v)
	}
	return worst
}
