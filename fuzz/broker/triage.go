package broker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/reports"
)

// Finding is something wrong with the broker, confirmed or marked as unstable.
type Finding struct {
	ID        string `json:"id"`
	Class     Class  `json:"class"`
	Signature string `json:"signature"`
	// Detail says what was expected and what was seen.
	Detail string `json:"detail"`
	// Requirement and Level are those that a wrong answer breaks.
	Requirement string `json:"requirement,omitempty"`
	Level       string `json:"level,omitempty"`
	// Seen is how often it was reproduced in Tries; it counts when it always was.
	Seen   int  `json:"seen"`
	Tries  int  `json:"tries"`
	Stable bool `json:"stable"`
	// Number is that of the session that showed it first, After when that was.
	Number uint64  `json:"session"`
	After  float64 `json:"after_s"`
	// Target, Software and Seed say what was attacked and how to do it again.
	Target   string `json:"target"`
	Software string `json:"software,omitempty"`
	Seed     uint64 `json:"seed"`
	Replay   string `json:"replay"`

	Session *session.Session `json:"-"`
	last    sighting
}

// suspicion is what a run saw and has not confirmed.
type suspicion struct {
	class     Class
	signature string
	// suspects are the sessions that may be the cause, the likeliest first.
	suspects []*session.Session
	number   uint64
	after    time.Duration
	detail   string
	output   string
}

const (
	// confirmations is how often a finding is reproduced before it counts.
	confirmations = 3
	// mostTries bounds what making a finding smaller costs, triesOfWrong where an
	// answer is wrong: there are many of those, and fewer of all else.
	mostTries, triesOfWrong = 400, 150
	// triageLimit bounds all that is done for one suspicion.
	triageLimit = time.Minute
)

// investigate finds the session that is the cause, makes it small and reproduces it.
// Where no single one can be shown to be the cause the finding is unstable, or nil
// where it was a wrong answer that others in flight may explain.
func (l *lab) investigate(ctx context.Context, q suspicion) (*Finding, error) {
	// A wrong answer is a matter of its session; all else may be one of the broker's
	// state.
	look := search{class: q.class, restart: q.class != Wrong}
	until := time.Now().Add(triageLimit)
	var seen sighting
	shows := func(s *session.Session, look search) (bool, error) {
		all, err := l.try(ctx, s, look)
		if err != nil {
			return false, err
		}
		for _, one := range all {
			// What a crash says is known only where it crashed; where the class is
			// right, that of the lab is the better witness.
			if one.class == q.class && (q.class != Wrong || one.signature == q.signature) {
				seen = one
				return true, nil
			}
		}
		return false, nil
	}
	var cause *session.Session
	if q.class == Crash {
		var err error
		if q.suspects, err = l.narrow(ctx, q.suspects); err != nil {
			return nil, err
		}
		until = time.Now().Add(triageLimit)
	}
	for _, s := range q.suspects {
		if time.Now().After(until) {
			break
		}
		yes, err := shows(s, look)
		if err != nil {
			return nil, err
		}
		if yes {
			cause = s
			break
		}
	}
	f := &Finding{Class: q.class, Signature: q.signature, Detail: q.detail, Number: q.number, After: q.after.Seconds()}
	if cause == nil {
		if q.class == Wrong {
			return nil, nil
		}
		if len(q.suspects) > 0 {
			f.Session = q.suspects[0]
		}
		f.last.output = q.output
		f.ID = id(f.Class, f.Signature)
		return f, nil
	}
	f.Signature = seen.signature
	var failed error
	tries, most := 0, mostTries
	if q.class == Wrong {
		most = triesOfWrong
	}
	same := func(s *session.Session) bool {
		if tries++; failed != nil || tries > most || time.Now().After(until) {
			return false
		}
		yes, err := shows(s, look)
		if err != nil {
			failed = err
		}
		return yes && sameBug(f, seen)
	}
	// Most tries show nothing and leave the broker as it was; it is started again where
	// one has shown something, and for the last word.
	if q.class == Crash {
		look.restart = false
	}
	f.Session = session.Minimise(cause, same)
	if failed != nil {
		return nil, failed
	}
	look.restart = true
	for range confirmations {
		yes, err := shows(f.Session, look)
		if err != nil {
			return nil, err
		}
		f.Tries++
		if yes && sameBug(f, seen) {
			f.Seen++
			f.last = seen
		}
	}
	f.Stable = f.Seen == f.Tries
	f.tell()
	return f, nil
}

// narrow runs all suspects one after the other until the broker is gone, and puts
// those first that ran last. That is quicker than a fresh broker for each.
func (l *lab) narrow(ctx context.Context, suspects []*session.Session) ([]*session.Session, error) {
	if err := l.fresh(ctx); err != nil {
		return nil, err
	}
	ran := 0
	for ran < len(suspects) && ctx.Err() == nil {
		l.number++
		start := time.Now()
		l.runner.Run(ctx, suspects[ran], session.Name(l.number))
		ran++
		if _, gone := l.broker.Exited(); gone {
			break
		}
		if time.Since(start) > l.limits.slow/4 { // it would keep the others waiting as well
			if err := l.fresh(ctx); err != nil {
				return nil, err
			}
		}
	}
	first := slices.Clone(suspects[:ran])
	slices.Reverse(first)
	return append(first, suspects[ran:]...), ctx.Err()
}

// sameBug keeps the minimiser from walking from one bug to another. Where the place
// is named by the packet that was sent last, it may well become another one.
func sameBug(f *Finding, seen sighting) bool {
	switch f.Class {
	case Wrong:
		return seen.signature == f.Signature
	case Crash:
		was, _, _ := strings.Cut(f.Signature, afterLast)
		is, _, _ := strings.Cut(seen.signature, afterLast)
		return was == is
	}
	return true
}

// tell fills in what the last sighting says.
func (f *Finding) tell() {
	if f.last.detail != "" {
		f.Detail = f.last.detail
	}
	if f.last.signature != "" {
		f.Signature = f.last.signature // of the smallest session
	}
	if f.Class == Wrong {
		f.Requirement, f.Level = f.last.finding.Requirement.String(), f.last.finding.Level.String()
	}
	f.ID = id(f.Class, f.Signature)
}

func (f *Finding) String() string {
	state := fmt.Sprintf("reproduced %d of %d", f.Seen, f.Tries)
	if f.Tries == 0 {
		state = "not reproduced"
	}
	// A broker may have chosen the words of its own crash.
	return fmt.Sprintf("%s %s (%s)", f.Class, reports.Printable(f.Signature), state)
}
