package inprocess

import (
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/scenarios/judge"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// attempt is what one run of a session showed.
type attempt struct {
	out  *session.Outcome
	seen []sighting // the worst first
	// fatal is why nothing could be run.
	fatal string
}

// sighting is something wrong.
type sighting struct {
	signature string // the same for the same bug
	title     string
	detail    string
	tolerate  string // the entry of Options.Tolerate that leaves it out
	finding   *result.Finding
}

func (s sighting) findings() []result.Finding {
	if s.finding == nil {
		return nil
	}
	return []result.Finding{*s.finding}
}

// tolerated says that the author knows it.
func (z *fuzzer) tolerated(s sighting) bool {
	for _, known := range z.o.Tolerate {
		if s.finding != nil {
			if matches(known, s.tolerate) {
				return true
			}
		} else if strings.Contains(s.signature, known) {
			return true
		}
	}
	if z.o.Known == nil || s.finding == nil {
		return false
	}
	for _, d := range z.o.Known.Deviations {
		if d.Requirement != "" && matches(d.Requirement, s.tolerate) {
			return true
		}
	}
	return false
}

// matches says whether a requirement is meant. A * stands for the version or a part
// of the id.
func matches(pattern, requirement string) bool {
	ok, err := path.Match(pattern, requirement)
	return err == nil && ok
}

// judged gives the answers that break a MUST.
func judged(out *session.Outcome) (seen []sighting) {
	for _, f := range judge.Trace(out.Trace) {
		if f.Verdict() != result.Fail {
			continue
		}
		what := f.Requirement.String()
		seen = append(seen, sighting{
			signature: what, tolerate: what, finding: &f,
			title:  "an answer of the broker breaks " + what,
			detail: fmt.Sprintf("expected: %s\ngot: %s", f.Expected, f.Got),
		})
	}
	return seen
}

// framesKept is how many functions of a stack make the signature of a panic.
const framesKept = 3

// panicked makes a sighting of a panic, from the goroutine that recovers it.
func panicked(value any) sighting {
	stack := string(debug.Stack())
	var frames []string
	pc := make([]uintptr, 64)
	list := runtime.CallersFrames(pc[:runtime.Callers(1, pc)])
	thrown := false
	for {
		frame, more := list.Next()
		switch {
		case strings.HasPrefix(frame.Function, "runtime."):
			thrown = true // what comes behind it has thrown
		case thrown && len(frames) < framesKept:
			frames = append(frames, frame.Function)
		}
		if !more {
			break
		}
	}
	s := sighting{title: fmt.Sprintf("the broker panics: %v", value), detail: stack}
	s.signature = "panic in " + strings.Join(frames, " < ")
	if len(frames) > 0 {
		s.tolerate = frames[0]
	}
	return s
}

// leaked makes a sighting of goroutines.
func leaked(what, stacks string) sighting {
	return sighting{signature: "goroutines left behind", tolerate: "goroutines left behind", title: what, detail: stacks}
}

// hanging makes a sighting of a CONNECT without an answer.
func hanging(what, stacks string) sighting {
	return sighting{signature: "no answer to a fresh CONNECT", tolerate: "no answer to a fresh CONNECT", title: what, detail: stacks}
}

// mostStacks is how much of the stacks is told.
const mostStacks = 16 << 10

// stacks gives the stacks of the goroutines whose header and text will do.
func stacks(will func(stack string) bool) string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var kept []string
	size := 0
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if will(stack) && size < mostStacks {
			kept = append(kept, stack)
			size += len(stack)
		}
	}
	return strings.Join(kept, "\n\n")
}
