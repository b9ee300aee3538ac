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
	// Runs is how often the session runs in one try, where what it shows depends on
	// chance: on the order in which a broker does two things.
	Runs int `json:"runs,omitempty"`
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
	triageLimit = 20 * time.Second
	// chances is how often a session runs that may crash the broker by chance, and
	// rounds how often all suspects run.
	chances, rounds = 20, 5
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
		look.runs = chances
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
		if look.runs = 1; l.ran > 1 {
			look.runs = min(4*l.ran, 2*chances)
		}
	}
	f.Session = session.Minimise(cause, same)
	if failed != nil {
		return nil, failed
	}
	look.restart = true
	confirm := func() error {
		f.Seen, f.Tries = 0, 0
		for range confirmations {
			yes, err := shows(f.Session, look)
			if err != nil {
				return err
			}
			f.Tries++
			if yes && sameBug(f, seen) {
				f.Seen++
				f.last = seen
			}
		}
		return nil
	}
	err := confirm()
	if q.class == Crash && err == nil && f.Seen < f.Tries && look.runs < 2*chances {
		look.runs = 2 * chances // it was luck to see it so soon
		err = confirm()
	}
	if err != nil {
		return nil, err
	}
	if look.runs > 1 {
		f.Runs = look.runs
	}
	f.Stable = f.Seen == f.Tries
	f.tell()
	return f, nil
}

// narrow looks for the session that ends the broker among the suspects, and gives them
// with the likeliest first. One after the other is quicker than a fresh broker for each.
func (l *lab) narrow(ctx context.Context, suspects []*session.Session) ([]*session.Session, error) {
	if err := l.fresh(ctx); err != nil {
		return nil, err
	}
	for i, s := range suspects {
		start := time.Now()
		out := l.burst(ctx, []*session.Session{s})
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, gone := l.broker.Exited(); gone || out.Refused != nil {
			first := slices.Clone(suspects[:i+1])
			slices.Reverse(first)
			return append(first, suspects[i+1:]...), nil //nolint:nilerr // that it refuses is what was looked for
		}
		if time.Since(start) > l.limits.slow/4 { // it would keep the others waiting as well
			if err := l.fresh(ctx); err != nil {
				return nil, err
			}
		}
	}
	return l.halve(ctx, suspects)
}

// halve looks for it where it depends on chance: as many suspects as were in flight run
// together until the broker is gone, then half of them, and so on.
func (l *lab) halve(ctx context.Context, suspects []*session.Session) ([]*session.Session, error) {
	until := time.Now().Add(triageLimit / 2)
	dies := func(some []*session.Session) (bool, error) {
		for range rounds {
			for group := range slices.Chunk(some, together) {
				for len(group) < together {
					group = append(slices.Clone(group), group[:min(len(group), together-len(group))]...)
				}
				out := l.burst(ctx, group)
				if err := ctx.Err(); err != nil {
					return false, err
				}
				wait := time.Duration(0)
				if out.Refused != nil {
					wait = time.Second
				}
				if _, gone := exited(l.broker, wait); gone {
					return true, l.fresh(ctx)
				}
				if time.Now().After(until) {
					return false, nil
				}
			}
		}
		return false, nil
	}
	some := suspects[:min(workers, len(suspects))]
	if yes, err := dies(some); err != nil || !yes {
		return suspects, err
	}
	for len(some) > 1 {
		first, second := some[:len(some)/2], some[len(some)/2:]
		yes, err := dies(first)
		if err != nil {
			return nil, err
		}
		if yes {
			some = first
			continue
		}
		if yes, err = dies(second); err != nil {
			return nil, err
		}
		if !yes {
			break // it was luck to see it
		}
		some = second
	}
	rest := slices.DeleteFunc(slices.Clone(suspects), func(s *session.Session) bool { return slices.Contains(some, s) })
	return append(slices.Clone(some), rest...), nil
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
