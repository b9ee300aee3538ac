package reports

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// The exit codes of everything that judges a target; 2 is wrong usage and is
// known before there is a run.
const (
	ExitConforms = 0
	ExitBroken   = 1
	ExitNotRun   = 3
)

// Verdict is what a run says about its target: Error where anything could not
// be judged (an error, an interrupted run, nothing run), Fail where a
// requirement of the level or above is broken, else the worst of its results.
// With spec.Should a warning is a Fail.
func Verdict(run *result.Run, level spec.Level) result.Verdict {
	worst := result.Worst()
	ran := false
	for _, r := range run.Results {
		worst = max(worst, r.Verdict)
		ran = ran || r.Verdict > result.Skip
	}
	if !run.Footer.Complete || !ran {
		return result.Error
	}
	return raise(worst, level)
}

// raise turns a warning into a failure where the user asked for SHOULD.
func raise(v result.Verdict, level spec.Level) result.Verdict {
	if v == result.Warn && asksShould(level) {
		return result.Fail
	}
	return v
}

func asksShould(level spec.Level) bool { return level == spec.Should || level == spec.May }

// ExitCode is the exit code for the runs of one command: 0 conforms, 1 does
// not, or an entry of the known deviations no longer holds and that counts, 3
// could not be judged in full. Over several runs 3 comes before 1 before 0; no
// run at all is 3.
func ExitCode(runs []*result.Run, level spec.Level, unmatchedIsFailure bool) int {
	if len(runs) == 0 {
		return ExitNotRun
	}
	code := ExitConforms
	for _, run := range runs {
		switch v := Verdict(run, level); {
		case v == result.Error:
			return ExitNotRun
		case v == result.Fail, unmatchedIsFailure && len(run.Footer.Unmatched) > 0:
			code = ExitBroken
		}
	}
	return code
}

// Sentence states the verdict on a target in one sentence, such as
//
//	embedded:mochi: 214 of 230 hold; 16 known deviations; nothing else is broken - CONFORMS (with known deviations)
//
// It counts scenarios, each in each version, and leaves out those skipped.
func Sentence(run *result.Run, level spec.Level) string {
	s := sentence(run, level)
	return strings.Join(s.parts, "; ") + " - " + s.verdict
}

type verdictSentence struct {
	parts   []string
	verdict string // in capitals, with what qualifies it
}

func sentence(run *result.Run, level spec.Level) verdictSentence {
	c := counts(run.Results)
	judged := len(run.Results) - c[result.Skip]
	s := verdictSentence{parts: []string{fmt.Sprintf("%s: %d of %d hold", Printable(targetName(run)), c[result.Pass], judged)}}
	add := func(n int, one, many string) {
		if n > 0 {
			s.parts = append(s.parts, count(n, one, many))
		}
	}
	add(c[result.Known], "known deviation", "known deviations")
	add(c[result.Warn], "warning", "warnings")
	if n := c[result.Fail]; n > 0 {
		s.parts = append(s.parts, count(n, "is broken", "are broken"))
	}
	add(c[result.Error], "could not be judged", "could not be judged")
	if judged > 0 && c[result.Fail]+c[result.Error] == 0 {
		if c[result.Pass] == judged {
			s.parts = append(s.parts, "nothing is broken")
		} else {
			s.parts = append(s.parts, "nothing else is broken")
		}
	}
	add(c[result.Skip], "skipped", "skipped")
	add(len(run.Footer.Unmatched), "known deviation no longer holds", "known deviations no longer hold")
	s.verdict = verdictWords(run, level, c, judged)
	return s
}

const notConform = "DOES NOT CONFORM"

func verdictWords(run *result.Run, level spec.Level, c map[result.Verdict]int, judged int) string {
	broken := c[result.Fail] > 0 || (asksShould(level) && c[result.Warn] > 0)
	var open string // why the verdict does not stand on everything
	switch {
	case !run.Footer.Complete:
		open = "the run is incomplete"
	case judged == 0:
		open = "nothing was run"
	case c[result.Error] > 0:
		open = count(c[result.Error], "scenario", "scenarios") + " could not be judged"
	}
	switch {
	case broken && open != "":
		return notConform + ", and " + open
	case broken:
		return notConform
	case open != "":
		return "NO VERDICT: " + open
	}
	var with []string
	if c[result.Known] > 0 {
		with = append(with, "known deviations")
	}
	if c[result.Warn] > 0 {
		with = append(with, "warnings")
	}
	if len(run.Footer.Unmatched) > 0 {
		return "CONFORMS, BUT THE LIST OF KNOWN DEVIATIONS DOES NOT"
	}
	if len(with) > 0 {
		return "CONFORMS (with " + strings.Join(with, " and ") + ")"
	}
	return "CONFORMS"
}

// count writes a number with its word.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// targetName is what the user called the target.
func targetName(run *result.Run) string {
	if run.Header.Target == "" {
		return "target"
	}
	return run.Header.Target
}
