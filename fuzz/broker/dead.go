package broker

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/mqttproof/mqttproof/fuzz/session"
)

// inFlight gives the sessions that may be to blame: those in flight, then those that
// ended last.
func (f *fuzzer) inFlight() (list []*session.Session) {
	for n := f.ordered; n < f.next; n++ {
		if s := f.flight[n]; s != nil {
			list = append(list, s)
		}
	}
	return append(list, f.recent.latest()...)
}

// healthy takes how a fresh CONNECT was answered while sessions were in flight.
func (f *fuzzer) healthy(ctx context.Context, h healthOf) error {
	if h.err != nil {
		return f.notAnswering(ctx, h.err)
	}
	if h.took < f.limits.slow {
		return nil
	}
	// The lab sees whether it was one session or all of them. Whatever came next would
	// only wait, and be blamed for it.
	f.suspect(suspicion{class: Slow, signature: "slow", suspects: f.inFlight(), number: f.ordered})
	if f.replaceable() {
		return f.replace(ctx)
	}
	return nil
}

// silent says how a fresh CONNECT was not answered; nil where it was, and where the run
// is interrupted.
func (f *fuzzer) silent(ctx context.Context) error {
	_, err := f.limits.ask(ctx, f.broker.Load())
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the interruption is no matter of the broker
	}
	return err
}

// dead is called where the broker seems to be gone: its process has ended, or it
// accepts no connection.
func (f *fuzzer) dead(ctx context.Context) error {
	suspects := f.inFlight()
	b := f.broker.Load()
	how, gone := exited(b, 100*time.Millisecond)
	if !gone {
		err := f.silent(ctx)
		if err == nil {
			return nil // one connection was refused, no more
		}
		if f.lab.shared { // how it ends cannot be seen
			return f.notAnswering(ctx, err)
		}
		if how, gone = exited(b, 2*time.Second); !gone {
			return f.notAnswering(ctx, err)
		}
	}
	f.suspect(suspicion{class: Crash, signature: ofCrash(how, nil), detail: how, output: how, suspects: suspects, number: f.ordered})
	return f.replace(ctx)
}

// notAnswering is called where a fresh CONNECT got no answer.
func (f *fuzzer) notAnswering(ctx context.Context, why error) error {
	b := f.broker.Load()
	suspects := f.inFlight()
	f.drain()
	// Alone, it may well answer: then it was only busy.
	if f.silent(ctx) == nil {
		return nil
	}
	if f.lab.shared {
		if refused := f.limits.refuses(ctx, b); refused != nil {
			why = refused
		}
	} else if how, gone := exited(b, 2*time.Second); gone {
		f.suspect(suspicion{class: Crash, signature: ofCrash(how, nil), detail: how, output: how, suspects: suspects, number: f.ordered})
		return f.replace(ctx)
	}
	class, signature := Hang, "no answer"
	if errors.Is(why, syscall.ECONNREFUSED) {
		class, signature = Crash, nobodyListens
	}
	if !f.replaceable() {
		// Nothing can be reproduced at an address that is dead.
		x := &Finding{Class: class, Signature: signature, Detail: why.Error(), Number: f.ordered, After: time.Since(f.start).Seconds()}
		if len(suspects) > 0 {
			x.Session = suspects[0]
		}
		f.record(x)
		return errEnded
	}
	f.suspect(suspicion{class: class, signature: signature, detail: why.Error(), suspects: suspects, number: f.ordered})
	return f.replace(ctx)
}

// record adds a finding that was not reproduced.
func (f *fuzzer) record(x *Finding) {
	x.ID = id(x.Class, x.Signature)
	_ = f.judgedBy(verdict{suspicion{class: x.Class, signature: x.Signature}, x, nil})
}

// warm is after how many sessions the memory of the broker is taken for its usual one.
const warm = 1000

// care looks after the memory and the idleness of the broker, and gives it its end in
// time.
func (f *fuzzer) care(ctx context.Context) error {
	b := f.broker.Load()
	if now, ok := resident(b); ok {
		switch {
		case f.life.sessions < warm:
			f.life.memory, f.life.sent = now, 0
		case now-f.life.memory > memoryFree+memoryTimes*f.life.sent:
			f.suspect(suspicion{class: Memory, signature: "memory", suspects: f.inFlight(), number: f.ordered})
			if f.replaceable() {
				return f.replace(ctx)
			}
			f.life.memory, f.life.sent = now, 0
		}
	}
	if f.life.sessions >= lifetime && f.replaceable() {
		return f.replace(ctx)
	}
	if time.Since(f.life.checked) < f.limits.idleEvery || b.PID() == 0 {
		return nil
	}
	suspects := f.inFlight()
	f.drain()
	f.life.checked = time.Now()
	if !f.limits.spins(ctx, b) {
		return nil
	}
	f.suspect(suspicion{class: Spin, signature: "busy", suspects: suspects, number: f.ordered})
	if f.replaceable() {
		return f.replace(ctx)
	}
	return nil
}

// tiredTimes is how much slower than it was a broker may become.
const tiredTimes = 2

// tired is called once a second. A broker that has become slow, by what the sessions
// have left in it, gives way to a fresh one if that costs less.
func (f *fuzzer) tired(ctx context.Context) error {
	l := &f.life
	done := l.sessions - l.counted
	l.counted = l.sessions
	slow := l.best > 0 && done < l.best/tiredTimes && l.pace < l.best/tiredTimes // twice: once may be chance
	l.pace, l.best = done, max(l.best, done)
	if !slow || f.busy || !f.broker.Load().CanRestart() {
		return nil
	}
	return f.replace(ctx)
}
