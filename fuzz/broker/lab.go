package broker

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/scenarios/judge"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Class says what is wrong with a broker.
type Class string

// The classes of findings, the worst first.
const (
	Crash  Class = "crash"  // the process is gone
	Hang   Class = "hang"   // a fresh CONNECT is not answered
	Slow   Class = "slow"   // it is answered far slower than before
	Memory Class = "memory" // memory grows with sessions
	Spin   Class = "spin"   // the CPU is busy after the session ended
	Wrong  Class = "wrong"  // an answer breaks a requirement
)

// Classes lists them, the worst first.
func Classes() []Class { return []Class{Crash, Hang, Slow, Memory, Spin, Wrong} }

// sighting is something wrong that a session was seen to do, once.
type sighting struct {
	class     Class
	signature string
	detail    string         // for people: what was expected and what was seen
	finding   result.Finding // of the judge
	output    string         // what the broker said
	trace     result.Trace
}

// lab runs one session at a time and looks at everything.
type lab struct {
	target containers.Target
	broker *containers.Broker
	// shared says that the broker is not ours to start, so that there is one only;
	// restart starts it again, and is nil where that cannot be done.
	shared  bool
	restart func(context.Context) error

	limits  limits
	dead    bool // a broker that is not ours was seen to be gone
	number  uint64
	ran     int               // how often the session of the last try ran
	runners []*session.Runner // the first one for a session that runs alone
}

// together is how many copies of a session run at a time where it depends on chance what
// they show: they are in each other's way then.
const together = 8

// newLab starts a broker of its own, if b is one that can be started.
func newLab(ctx context.Context, target containers.Target, b *containers.Broker, restart func(context.Context) error, limits limits) (*lab, error) {
	l := &lab{target: target, broker: b, shared: !b.CanRestart(), restart: restart, limits: limits}
	for range together {
		r := session.NewRunner(func(ctx context.Context) (net.Conn, error) { return l.broker.Dial(ctx) }, session.DefaultLimits())
		r.Speaks(b.Versions())
		r.LogIn(b.Credentials())
		l.runners = append(l.runners, r)
	}
	if !l.shared {
		l.broker = nil
		return l, l.fresh(ctx)
	}
	return l, nil
}

// close ends the broker of the lab.
func (l *lab) close(ctx context.Context) error {
	if l.shared || l.broker == nil {
		return nil
	}
	return l.broker.Close(ctx)
}

// fresh replaces the broker by one that has seen nothing, where it is ours to start.
// A restart would not do: many brokers keep on disk what they knew.
func (l *lab) fresh(ctx context.Context) error {
	if l.shared {
		if l.restart == nil {
			return nil
		}
		l.dead = false
		return l.limits.startAgain(ctx, l.broker, l.restart)
	}
	if err := l.close(ctx); err != nil {
		return err
	}
	b, err := l.target.Start(ctx)
	if err != nil {
		l.broker = nil
		return fmt.Errorf("starting a fresh broker: %w", err)
	}
	l.broker = b
	return nil
}

// search is what is looked for; it decides what a look costs.
type search struct {
	class Class
	// restart says that every try wants a broker that has seen nothing. Without it a
	// fresh name for the session has to do.
	restart bool
	// runs is how often the session runs in one try until it shows something, which is
	// more than once for a crash that depends on chance; 0 is once.
	runs int
}

// try runs the session and gives what is wrong.
func (l *lab) try(ctx context.Context, s *session.Session, look search) ([]sighting, error) {
	_, seen, err := l.run(ctx, s, look)
	return seen, err
}

// run runs the session and gives what is wrong, of the class asked for and of those
// that show by themselves.
func (l *lab) run(ctx context.Context, s *session.Session, look search) (*session.Outcome, []sighting, error) {
	gone := l.broker == nil || l.dead
	if !gone {
		_, gone = l.broker.Exited()
	}
	if look.restart || gone {
		if err := l.fresh(ctx); err != nil {
			return nil, nil, err
		}
	}
	before, measured := resident(l.broker)
	var out *session.Outcome
	for l.ran = 0; l.ran == 0 || l.ran < look.runs; {
		copies := slices.Repeat([]*session.Session{s}, min(max(look.runs-l.ran, 1), together))
		out = l.burst(ctx, copies)
		l.ran += len(copies)
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if how := l.gone(ctx, out, look); how != nil {
			return out, how, nil
		}
	}
	name := session.Name(l.number)
	switch look.class {
	case Hang, Slow:
		took, err := l.limits.ask(ctx, l.broker)
		if how, yes := exited(l.broker, 0); yes {
			return out, []sighting{crashed(how, out)}, nil
		}
		if err != nil {
			return out, seen(Hang, "no answer", out, "a fresh CONNECT got no answer within %v: %v", l.limits.answer, err), nil
		}
		if took > l.limits.slow {
			return out, seen(Slow, "slow", out, "a fresh CONNECT was answered after %v", took.Round(time.Millisecond)), nil
		}
	case Spin:
		if l.limits.spins(ctx, l.broker) {
			return out, seen(Spin, "busy", out, "no client is there, and the broker used most of a CPU for %v", l.limits.idle), nil
		}
	case Memory:
		const again = 100 // with the same names: what it may keep is kept once
		for range again {
			l.runners[0].Run(ctx, s, name)
		}
		after, ok := resident(l.broker)
		if measured && ok && grown(before, after, s, 1+again) {
			return out, seen(Memory, "grows", out, "%d runs of a session of %d bytes took memory from %d MiB to %d MiB", 1+again, s.Size(), before>>20, after>>20), nil
		}
	}
	return out, judged(out), nil
}

// burst runs up to together sessions at the same time, each under a name of its own, and
// gives the outcome of the one that did the most: a copy may find the broker gone.
func (l *lab) burst(ctx context.Context, list []*session.Session) *session.Outcome {
	outs := make([]*session.Outcome, len(list))
	var wg sync.WaitGroup
	for i, s := range list {
		l.number++
		name := session.Name(l.number)
		wg.Go(func() { outs[i] = l.runners[i].Run(ctx, s, name) })
	}
	wg.Wait()
	longest := outs[0]
	for _, out := range outs[1:] {
		if out.Refused != nil { // one of the others was quicker
			longest.Refused = out.Refused
		}
		if len(out.Trace) > len(longest.Trace) {
			out.Refused, longest = longest.Refused, out
		}
	}
	return longest
}

// gone gives how the broker has ended; nil where it has not.
func (l *lab) gone(ctx context.Context, out *session.Outcome, look search) []sighting {
	wait := time.Duration(0)
	if out.Refused != nil || look.class == Crash {
		// A process that is about to end closes its connections first. One that
		// answers a CONNECT hardly is: a Go program may while it prints its stack, for
		// which there is time only where a try is one of few.
		switch _, err := l.limits.ask(ctx, l.broker); {
		case err != nil && l.shared:
			if why := l.limits.refuses(ctx, l.broker); why != nil {
				l.dead = true // how it ended nobody can see
				return seen(Crash, nobodyListens, out, "a fresh CONNECT: %v", why)
			}
		case err != nil:
			wait = 2 * time.Second
		case look.restart:
			wait = 50 * time.Millisecond
		}
	}
	if how, yes := exited(l.broker, wait); yes {
		return []sighting{crashed(how, out)}
	}
	return nil
}

func crashed(how string, out *session.Outcome) sighting {
	return sighting{class: Crash, signature: ofCrash(how, out.Trace), detail: how, output: how, trace: out.Trace}
}

// seen is one sighting whose signature names the packet that was sent last.
func seen(class Class, what string, out *session.Outcome, format string, args ...any) []sighting {
	return []sighting{{class: class, signature: what + afterLast + lastSent(out.Trace), detail: fmt.Sprintf(format, args...), trace: out.Trace}}
}

// judged gives what the judge finds in a trace. What is missing is no finding: a
// session does not wait for it.
func judged(out *session.Outcome) (seen []sighting) {
	if len(judge.Trace(out.Trace)) == 0 {
		return nil
	}
	out.Describe() // now that somebody reads it
	for _, f := range judge.Trace(out.Trace) {
		if f.Verdict() == result.Pass {
			continue
		}
		f.Expected, f.Got = out.Secrets.MaskText(f.Expected), out.Secrets.MaskText(f.Got)
		seen = append(seen, sighting{class: Wrong, signature: ofJudge(f, out.Trace), finding: f, trace: out.Trace,
			detail: fmt.Sprintf("expected: %s; got: %s", f.Expected, f.Got)})
	}
	return seen
}
