package reports_test

import (
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

func runOf(complete bool, vs ...result.Verdict) *result.Run {
	run := &result.Run{Header: result.Header{Target: "t"}, Footer: result.Footer{Complete: complete}}
	for _, v := range vs {
		run.Results = append(run.Results, newResult("a.b", "", spec.V5, v, 1))
	}
	return run
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name         string
		run          *result.Run
		must, should result.Verdict
		code, strict int // exit codes at MUST and at SHOULD
		sentence     string
	}{
		{"all hold", runOf(true, result.Pass, result.Pass), result.Pass, result.Pass, 0, 0, "t: 2 of 2 hold; nothing is broken - CONFORMS"},
		{"known", runOf(true, result.Pass, result.Known), result.Known, result.Known, 0, 0,
			"t: 1 of 2 hold; 1 known deviation; nothing else is broken - CONFORMS (with known deviations)"},
		{"warn", runOf(true, result.Pass, result.Known, result.Warn), result.Warn, result.Fail, 0, 1,
			"t: 1 of 3 hold; 1 known deviation; 1 warning; nothing else is broken - CONFORMS (with known deviations and warnings)"},
		{"fail", runOf(true, result.Pass, result.Fail, result.Fail, result.Skip), result.Fail, result.Fail, 1, 1,
			"t: 1 of 3 hold; 2 are broken; 1 skipped - DOES NOT CONFORM"},
		{"error", runOf(true, result.Pass, result.Error), result.Error, result.Error, 3, 3,
			"t: 1 of 2 hold; 1 could not be judged - NO VERDICT: 1 scenario could not be judged"},
		{"fail and error", runOf(true, result.Fail, result.Error), result.Error, result.Error, 3, 3,
			"t: 0 of 2 hold; 1 is broken; 1 could not be judged - DOES NOT CONFORM, and 1 scenario could not be judged"},
		{"interrupted", runOf(false, result.Pass), result.Error, result.Error, 3, 3,
			"t: 1 of 1 hold; nothing is broken - NO VERDICT: the run is incomplete"},
		{"all skipped", runOf(true, result.Skip), result.Error, result.Error, 3, 3, "t: 0 of 0 hold; 1 skipped - NO VERDICT: nothing was run"},
		{"nothing", runOf(true), result.Error, result.Error, 3, 3, "t: 0 of 0 hold - NO VERDICT: nothing was run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := reports.Verdict(c.run, spec.Must); got != c.must {
				t.Errorf("at MUST: %s, want %s", got, c.must)
			}
			if got := reports.Verdict(c.run, spec.Should); got != c.should {
				t.Errorf("at SHOULD: %s, want %s", got, c.should)
			}
			runs := []*result.Run{c.run}
			if got := reports.ExitCode(runs, spec.Must, true); got != c.code {
				t.Errorf("exit code at MUST %d, want %d", got, c.code)
			}
			if got := reports.ExitCode(runs, spec.Should, true); got != c.strict {
				t.Errorf("exit code at SHOULD %d, want %d", got, c.strict)
			}
			if got := reports.Sentence(c.run, spec.Must); got != c.sentence {
				t.Errorf("\n%s, want\n%s", got, c.sentence)
			}
		})
	}
}

func TestExitCodeOfSeveral(t *testing.T) {
	pass, fail, broken := runOf(true, result.Pass), runOf(true, result.Fail), runOf(true, result.Error)
	stale := runOf(true, result.Pass)
	stale.Footer.Unmatched = []string{"5.0/MQTT-1.5.4-1: is not broken any more"}
	for _, c := range []struct {
		runs   []*result.Run
		strict bool
		want   int
	}{
		{nil, true, 3},
		{[]*result.Run{pass, pass}, true, 0},
		{[]*result.Run{fail, pass}, true, 1},
		{[]*result.Run{fail, broken}, true, 3},
		{[]*result.Run{broken, fail}, true, 3},
		{[]*result.Run{stale, pass}, true, 1},
		{[]*result.Run{stale, pass}, false, 0},
	} {
		if got := reports.ExitCode(c.runs, spec.Must, c.strict); got != c.want {
			t.Errorf("%d runs: %d, want %d", len(c.runs), got, c.want)
		}
	}
}
