package broker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

var (
	numbers    = regexp.MustCompile(`0x[0-9a-fA-F]+|\d+`)
	goFrame    = regexp.MustCompile(`(?m)^([\w./*()\-]+)\(.*\)$`)
	sanitizer  = regexp.MustCompile(`(?m)^.*(ERROR: \w+Sanitizer: [\w-]+|runtime error: .*)`)
	cFrame     = regexp.MustCompile(`(?m)^\s*#\d+ 0x[0-9a-f]+ in (\S+)`)
	goCrash    = regexp.MustCompile(`(?m)^(panic: .*|fatal error: .*)$`)
	repanicked = regexp.MustCompile(` \[recovered[^\]]*\]`)
	assertion  = regexp.MustCompile(`(?m)^.*(Assertion .* failed|assertion failed).*$`)
)

// afterLast stands in a signature before the packet that was sent last, where nothing
// says more about the place.
const afterLast = " after "

// nobodyListens is the signature of a broker at an address that is gone: how it ended
// cannot be seen from outside.
const nobodyListens = "nobody listens any more"

// framesKept is how many functions of a stack make its signature.
const framesKept = 3

// ofCrash makes a signature of how a process ended: what it said and the functions
// where it was, without numbers and addresses, so that one bug is one finding. Where
// it said nothing, the packet that was sent last stands for the place.
func ofCrash(how string, trace result.Trace) string {
	first, _, _ := strings.Cut(how, "\n")
	for _, kind := range []struct{ said, frame *regexp.Regexp }{{goCrash, goFrame}, {sanitizer, cFrame}, {assertion, cFrame}} {
		said := kind.said.FindString(how)
		if said == "" {
			continue
		}
		_, stack, _ := strings.Cut(how, said)
		var frames []string
		for _, f := range kind.frame.FindAllStringSubmatch(stack, -1) {
			if len(frames) > 0 && strings.HasPrefix(strings.TrimSpace(f[0]), "#0 ") {
				break // the stack of the next report
			}
			if name := f[1]; len(frames) < framesKept && !strings.HasPrefix(name, "runtime.") && !strings.HasPrefix(name, "panic") && !strings.HasPrefix(name, "sync.(*WaitGroup)") && !strings.Contains(name, "__asan") {
				frames = append(frames, numbers.ReplaceAllString(name, "N"))
			}
		}
		return strings.Join(append([]string{numbers.ReplaceAllString(strings.TrimSpace(repanicked.ReplaceAllString(said, "")), "N")}, frames...), " < ")
	}
	return first + afterLast + lastSent(trace)
}

// lastSent names the last packet that was sent, by its type: what it breaks may be
// another thing each time the session of one bug is made small. A PINGREQ is named only
// where there is nothing else: each client sends one at its end, to see whether it is
// still answered.
func lastSent(trace result.Trace) string {
	last := "nothing"
	for i := len(trace) - 1; i >= 0; i-- {
		e := &trace[i]
		if e.Dir != result.Out || len(e.Data) == 0 {
			continue
		}
		if t := codec.Type(e.Data[0] >> 4); t != codec.PINGREQ {
			return t.String()
		}
		last = codec.PINGREQ.String()
	}
	return last
}

// ofJudge makes a signature of a wrong answer: the requirement, and what it shows in.
func ofJudge(f result.Finding, trace result.Trace) string {
	if f.Event < 0 || f.Event >= len(trace) {
		return f.Requirement.String()
	}
	e := &trace[f.Event]
	what := string(e.Dir)
	if len(e.Data) > 0 {
		what += " " + codec.Type(e.Data[0]>>4).String()
	}
	return fmt.Sprintf("%s %s", f.Requirement, what)
}

// id is a short name for a signature, for folders.
func id(class Class, signature string) string {
	sum := sha256.Sum256([]byte(signature))
	return string(class) + "-" + hex.EncodeToString(sum[:4])
}
