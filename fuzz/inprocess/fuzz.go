// Package inprocess fuzzes a broker that is written in Go and runs in the process of
// its own tests: go test -fuzz chooses sessions of several clients by the code that
// they reach, and every session is judged.
//
// Fuzz gives the broker connections in memory and runs it in a bubble of
// testing/synctest. There the clock is not the real one: where all goroutines wait, it
// goes on at once to when the first of them wakes. So it is known, and not guessed,
// when the broker has answered all that it wants to answer, no session waits for what
// never comes, and each begins with a broker that has seen nothing.
package inprocess

import (
	"context"
	"flag"
	"fmt"
	"net"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/fuzz/grammar"
	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/reports"
)

// Start starts a fresh broker. serve takes a new connection; it may return at once or
// when the connection has ended. stop ends the broker with all that it has begun. The
// broker must live in memory: a goroutine of it that waits for the network, or for a
// channel that is older than the broker, never comes to rest.
type Start func(testing.TB) (serve func(net.Conn), stop func())

// Listen starts a broker that listens by itself, at an address such as 127.0.0.1:1883.
type Listen func(testing.TB) (address string, stop func())

// Options are how a broker is fuzzed; the zero value is fine.
type Options struct {
	// Clients is how many a session has at most, 1 to 4; 0 is 4.
	Clients int
	// Tolerate lists what is known and is passed over: requirements such as
	// 5.0/MQTT-3.3.1-7 or */MQTT-3.3.1-7, and parts of the signature of a panic, such
	// as the name of the function.
	Tolerate []string
	// Known is a list of known deviations whose requirements are passed over, whatever
	// scenario shows them; nil is none.
	Known *reports.Known
	// Largest is how many bytes a session may send; 0 is no limit. A broker that is slow
	// with long topics keeps its fuzzer from all else.
	Largest int
}

// Fuzz is the body of a fuzz test for a broker that can be given its connections. It
// fails where the broker panics, hangs, leaves goroutines behind, does not answer a
// fresh CONNECT, or gives an answer that breaks a MUST.
//
// Run it with -fuzzminimizetime=10x: what fails is made small here, in words of MQTT,
// and the minimising of go test would only take time.
func Fuzz(f *testing.F, start Start, o Options) {
	z := newFuzzer(f, o)
	z.once = func(t *testing.T, s *session.Session) *attempt { return z.bubble(t, start, s) }
	z.fuzz()
}

// FuzzAddress is Fuzz for a broker that only serves what it listens for. It is started
// once in each process of go test and sees one session after the other, over loopback
// and in real time: that is slower, and what fails may need the sessions before it.
func FuzzAddress(f *testing.F, start Listen, o Options) {
	z := newFuzzer(f, o)
	address, stop := start(f)
	f.Cleanup(stop)
	z.address(address)
	z.fuzz()
}

// seeds is how many sessions of the grammar the corpus begins with.
const seeds = 64

const gcPercent = 1000

// fuzzer is one fuzz test.
type fuzzer struct {
	f         *testing.F
	o         Options
	generator grammar.Generator
	runner    *session.Runner
	dial      session.Dial // of the session that runs
	alive     []byte       // the CONNECT that the broker answers
	// limit is how long a session may take in real time, and stuck is called where it
	// takes longer.
	limit time.Duration
	stuck func(text string)
	// once runs a session and says what was wrong.
	once func(t *testing.T, s *session.Session) *attempt
}

func newFuzzer(f *testing.F, o Options) *fuzzer {
	f.Helper()
	if o.Clients < 0 || o.Clients > session.MaxClients {
		f.Fatalf("Options.Clients is %d, and a session has 1 to %d", o.Clients, session.MaxClients)
	}
	if o.Clients == 0 {
		o.Clients = session.MaxClients
	}
	// Each session makes a broker and drops it. With the usual percentage the collector
	// would run all the time over a heap that is small.
	usual := debug.SetGCPercent(gcPercent)
	f.Cleanup(func() { debug.SetGCPercent(usual) })
	z := &fuzzer{f: f, o: o, limit: hangLimit, stuck: func(text string) { panic(text) }, generator: grammar.Generator{Clients: o.Clients}}
	z.runner = session.NewRunner(z.dials, session.DefaultLimits())
	return z
}

// fuzz adds the seeds and hands the rest to go test.
func (z *fuzzer) fuzz() {
	for n := range seeds {
		data, err := z.generator.Session(uint64(n), nil).AppendBinary(nil)
		if err != nil {
			z.f.Fatal(err)
		}
		z.f.Add(data, []byte(nil))
	}
	worker := flag.Lookup("test.fuzzworker")
	tell := worker == nil || worker.Value.String() != "true"
	z.f.Fuzz(func(t *testing.T, data, changes []byte) {
		if z.alive == nil { // what a session is depends on the versions of the broker
			if a := z.once(t, &session.Session{}); a.fatal != "" {
				t.Fatal(a.fatal)
			}
		}
		s := z.session(data, changes)
		if len(s.Steps) > 0 && (z.o.Largest == 0 || s.Size() <= z.o.Largest) {
			if tell && testing.Verbose() {
				// A panic in a goroutine of the broker leaves no time to tell it later.
				t.Logf("the session:\n%s", inWords(s))
			}
			if wrong := z.check(t, s); wrong != "" {
				t.Error(wrong)
			}
		}
	})
}

const (
	// bytesOfChange choose one operator, and what it is applied to.
	bytesOfChange = 3
	mostChanges   = 8
)

// session makes a session of what go test has chosen: steps in binary, which it changes
// as bytes, and choices of named operators, which change packets and steps. Without
// steps it is one of the grammar.
func (z *fuzzer) session(data, changes []byte) *session.Session {
	next := func() (n uint64) {
		for i := range min(bytesOfChange, len(changes)) {
			n = n<<8 | uint64(changes[i])
		}
		changes = changes[min(bytesOfChange, len(changes)):]
		return n
	}
	s := session.Decode(data)
	if len(s.Steps) == 0 && len(changes) > 0 {
		s = z.generator.Session(next(), nil)
	}
	for range mostChanges {
		if len(changes) == 0 || len(s.Steps) == 0 {
			break
		}
		z.generator.Change(s, next())
	}
	return s
}

const (
	// mostTries and longestTries bound what making a session small costs.
	mostTries    = 500
	longestTries = 5 * time.Second
	// hangLimit is how long a session and all that belongs to it may take in real
	// time: all of it is work of the CPU.
	hangLimit = 20 * time.Second
)

// attempts is how often a session runs to see again what it has shown: what comes of the
// order in which goroutines run shows now and then.
const attempts = 10

// check runs one session and tells what was wrong, with the smallest session that shows
// it; an empty text is nothing.
func (z *fuzzer) check(t *testing.T, s *session.Session) string {
	first := z.once(t, s)
	if first.fatal != "" {
		return first.fatal
	}
	bad := z.bad(first)
	if len(bad) == 0 {
		return ""
	}
	worst, report, tries := bad[0], first, 0
	until := time.Now().Add(longestTries)
	shows := func(c *session.Session) bool {
		if tries++; tries > mostTries || time.Now().After(until) {
			return false
		}
		a := z.once(t, c)
		for _, seen := range z.bad(a) {
			if seen.signature == bad[0].signature {
				worst, report = seen, a
				return true
			}
		}
		return false
	}
	for n := range attempts {
		if !shows(s) {
			continue
		}
		if n == 0 { // it shows each time
			s = session.Minimise(s, shows)
		} else {
			worst.title += fmt.Sprintf("\n(it depends on the order in which goroutines run: to see it again took %d tries)", n+1)
		}
		return z.message(s, report, worst, bad)
	}
	worst.title += fmt.Sprintf("\n(it depends on the order in which goroutines run: it did not show in %d tries more)", attempts)
	return z.message(s, report, worst, bad)
}

// bad gives what is wrong and not known.
func (z *fuzzer) bad(a *attempt) (list []sighting) {
	for _, s := range a.seen {
		if !z.tolerated(s) {
			list = append(list, s)
		}
	}
	return list
}

func inWords(s *session.Session) string {
	data, err := s.Marshal()
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// message tells all that somebody needs who has not seen it happen.
func (z *fuzzer) message(s *session.Session, a *attempt, worst sighting, all []sighting) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\nwhat happened:\n", worst.title, indent(printable(worst.detail)))
	a.out.Describe()
	_ = reports.Text{}.Timeline(&b, a.out.Trace, worst.findings()...)
	fmt.Fprintf(&b, "\nthe session, for a file that `mqttproof replay FILE --target ADDRESS` runs again:\n%s", indent(inWords(s)))
	for _, other := range all {
		if other.signature != worst.signature {
			fmt.Fprintf(&b, "\nthe session as it was found has also shown: %s", other.title)
		}
	}
	fmt.Fprintf(&b, "\nIf this is known, Options.Tolerate leaves it out: %q", worst.tolerate)
	return b.String()
}

// printable makes each line harmless on a screen: much of it comes from the broker.
func printable(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(reports.Printable(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String()
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n"
}

// dials opens a connection to the broker of the session that runs.
func (z *fuzzer) dials(ctx context.Context) (net.Conn, error) { return z.dial(ctx) }
