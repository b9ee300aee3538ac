// Package selftest proves the scenarios: the reference broker passes all of
// them, in every way that the standard allows it to behave, and with one fault
// it fails a scenario that cites the requirement which the fault breaks.
package selftest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/reference"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// State says what the scenarios make of a fault.
type State string

// The states of a fault with regard to one requirement that it breaks.
const (
	// Killed: a scenario that cites the requirement finds it broken.
	Killed State = "killed"
	// KilledElsewhere: only other scenarios, or the judge beside them, find
	// anything.
	KilledElsewhere State = "killed-elsewhere"
	// Survived: nothing is found, though a scenario cites the requirement.
	Survived State = "survived"
	// Open: nothing is found, and no scenario cites the requirement yet.
	Open State = "open"
)

// Row is what came of one fault and one requirement that it breaks.
type Row struct {
	Fault       string   `json:"fault"`
	Requirement spec.Ref `json:"requirement"`
	State       State    `json:"state"`
	// Scenarios are those that noticed: with Killed those that cite the
	// requirement and find it broken.
	Scenarios []string `json:"scenarios"`
	// Judge says that a rule of the judge, without any scenario's own
	// expectation, noticed the fault in the scenarios that were run.
	Judge bool `json:"judge"`
}

// Broken is something that was found on a broker that breaks nothing.
type Broken struct {
	Behaviours []string // that it had; none are the defaults
	Result     *result.Result
}

// timeouts are the waits of a self-test: a broker in this process answers at
// once, and what a fault leaves out must not be awaited for long. A correct one is
// given time: only on a busy machine is anything of it awaited at all.
func timeouts(faulty bool) engine.Timeouts {
	t := engine.DefaultTimeouts()
	t.Answer, t.Delivery, t.Farewell = 8*time.Second, 8*time.Second, 4*time.Second
	if faulty {
		t.Answer, t.Delivery, t.Late = 1500*time.Millisecond, 1500*time.Millisecond, 5*time.Second
		t.Farewell = 300 * time.Millisecond
	}
	t.CarriesOn, t.Settle, t.Unwind = 200*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond
	return t
}

// judge runs scenarios on a reference broker: over the transport over which a fault
// shows only, if it is such a one.
func judge(ctx context.Context, opts reference.Options, faults []reference.Fault, list []engine.Scenario, versions ...spec.Version) (*result.Run, error) {
	for _, f := range faults {
		if transport := f.Over(); transport != "" {
			return judgeOver(ctx, transport, opts, faults, list, versions...)
		}
	}
	b, err := start(opts, faults...)
	if err != nil {
		return nil, err
	}
	defer b.close()
	return engine.Run(ctx, b, list, engine.Options{Versions: versions, Timeouts: timeouts(len(faults) > 0)}, nil)
}

// Faults runs each fault, several at a time, and gives the rows in the order of
// the faults. each, if not nil, gets the rows of a fault as they come, one call
// at a time. When ctx ends, rows are missing and its error is given.
func Faults(ctx context.Context, faults []reference.Fault, each func([]Row)) ([]Row, error) {
	all := scenarios.All()
	rows := make([][]Row, len(faults))
	err := parallel(ctx, len(faults), faultyAtOnce, func(ctx context.Context, i int) (err error) {
		rows[i], err = probe(ctx, faults[i], all)
		return err
	}, func(i int) {
		if each != nil {
			each(rows[i])
		}
	})
	return slices.Concat(rows...), err
}

// How many brokers run at the same time. Scenarios mostly wait; but all of them on
// a broker are a crowd, in which clients and brokers with a Keep Alive of a second
// must still be in time.
const (
	faultyAtOnce  = 12
	correctAtOnce = 6
)

// parallel calls do for each number below n, several at a time, and done after
// each, one at a time. The first error ends it.
func parallel(ctx context.Context, n, atOnce int, do func(context.Context, int) error, done func(int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-slots }()
			if err := do(ctx, i); err != nil {
				cancel(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			done(i)
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// probe runs first what should notice the fault, and all the rest only where
// that does not.
func probe(ctx context.Context, f reference.Fault, all []engine.Scenario) ([]Row, error) {
	version := f.Breaks[0].Version
	var citing, others []engine.Scenario
	for _, s := range all {
		if !s.In(version) {
			continue
		}
		if slices.ContainsFunc(f.Breaks, func(r spec.Ref) bool { return slices.Contains(s.Proves, r) }) {
			citing = append(citing, s)
		} else {
			others = append(others, s)
		}
	}
	opts := reference.Defaults()
	f.Set(&opts)
	var results []*result.Result
	run := func(list []engine.Scenario) error {
		if len(list) == 0 {
			return nil
		}
		done, err := judge(ctx, opts, []reference.Fault{f}, list, version)
		if err != nil && done == nil || ctx.Err() != nil {
			return fmt.Errorf("fault %s: %w", f.Name, cmp.Or(err, context.Cause(ctx)))
		}
		results = append(results, done.Results...)
		return nil
	}
	if err := run(citing); err != nil {
		return nil, err
	}
	rows := judged(f, results, all)
	if slices.ContainsFunc(rows, func(r Row) bool { return r.State != Killed }) {
		if err := run(others); err != nil {
			return nil, err
		}
		rows = judged(f, results, all)
	}
	return rows, nil
}

// judged makes the rows of a fault from what was found with it.
func judged(f reference.Fault, results []*result.Result, all []engine.Scenario) (rows []Row) {
	proves := map[string][]spec.Ref{}
	for _, s := range all {
		proves[s.ID] = s.Proves
	}
	for _, ref := range f.Breaks {
		row := Row{Fault: f.Name, Requirement: ref, State: Open, Scenarios: []string{}}
		for _, refs := range proves {
			if slices.Contains(refs, ref) {
				row.State = Survived
			}
		}
		var killing, noticing []string
		for _, res := range results {
			if res.Verdict == result.Error {
				continue // nothing is known
			}
			for _, found := range res.Findings {
				row.Judge = row.Judge || found.Source == result.FromJudge
				noticing = append(noticing, res.ID)
				shows := found.Requirement == ref || slices.Contains(found.Cause, ref)
				if shows && found.Verdict() != result.Pass && slices.Contains(proves[res.ID], ref) {
					killing = append(killing, res.ID)
				}
			}
		}
		switch {
		case len(killing) > 0:
			row.State, row.Scenarios = Killed, unique(killing)
		case len(noticing) > 0:
			row.State, row.Scenarios = KilledElsewhere, unique(noticing)
		}
		rows = append(rows, row)
	}
	return rows
}

func unique(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}
