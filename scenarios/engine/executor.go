package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Options of a run.
type Options struct {
	// Versions in which scenarios run; nil means 3.1.1 and 5.0, as far as the
	// broker speaks them.
	Versions []spec.Version
	// Timeouts is the table of waits; the zero value means DefaultTimeouts.
	Timeouts Timeouts
	// Parallel is how many scenarios are in flight at once; 0 means 256. They
	// mostly wait.
	Parallel int
	// Prefix begins every topic and ClientPrefix every client identifier, for
	// brokers with access rules. The defaults are "mqttproof/" and "mp".
	Prefix, ClientPrefix string
	// Without lists features that the broker is declared to lack.
	Without []Feature
	// Literal uses the topics of the scenarios without a prefix, one scenario
	// after the other.
	Literal bool
	// Seed repeats a run. 0 is a seed like any other.
	Seed uint64
	// Replay gives the command that runs one scenario again; nil for none.
	Replay func(id string, v spec.Version) string
}

func (o *Options) defaults() {
	if o.Timeouts == (Timeouts{}) {
		o.Timeouts = DefaultTimeouts()
	}
	if o.Parallel <= 0 {
		o.Parallel = 256
	}
	if o.Prefix == "" {
		o.Prefix = "mqttproof/"
	}
	if o.ClientPrefix == "" {
		o.ClientPrefix = "mp"
	}
	if o.Replay == nil {
		o.Replay = func(string, spec.Version) string { return "" }
	}
}

type executor struct {
	target Target
	opts   Options
	tag    string // tells this run's topics and client ids from others'
	greets map[spec.Version]greeting
	each   func(*result.Result)
	beside beside

	mu      sync.Mutex
	results []*result.Result

	pace pace

	// Used by the goroutine of Run alone, or under the lock of runTogether.
	doubtful []job // to be run again when few run beside them
	calm     bool  // few scenarios run beside each other
	crashes  int
	dead     error // why the broker is gone for good; nil while it may serve
}

// ErrNoBroker is wrapped by Run's error when no version of MQTT is answered.
var ErrNoBroker = errors.New("no MQTT broker answers at the target")

// ErrNothingToRun is wrapped by Run's error when no scenario was left to run:
// a run that checks nothing must not look like one that passed.
var ErrNothingToRun = errors.New("no scenario was run")

// Run runs the scenarios on the target, hundreds at once, and gives all
// results, sorted by id and version. each, if not nil, gets every result as it
// comes, one call at a time; results that stand for what the judge saw outside
// every scenario's own requirements come last. When ctx ends, the results so
// far are given and the run is not complete. The error is ErrNoBroker,
// ErrNothingToRun, or nil: a broker that fails is not an error.
func Run(ctx context.Context, target Target, all []Scenario, opts Options, each func(*result.Result)) (*result.Run, error) {
	asked := len(opts.Versions) > 0
	if !asked {
		opts.Versions = []spec.Version{spec.V311, spec.V5}
	}
	opts.defaults()
	x := &executor{target: target, opts: opts, each: each, greets: map[spec.Version]greeting{}}
	x.tag = base36(int((opts.Seed ^ opts.Seed>>32) % (36 * 36 * 36 * 36)))
	started := time.Now()
	run := &result.Run{Header: result.Header{
		Kind: "header", Versions: opts.Versions, Transport: target.Transport(),
		Seed: opts.Seed, Timeouts: opts.Timeouts.Table(), Started: started.UTC(),
	}}
	err := x.greetAll(ctx, asked)
	if err == nil {
		x.runAll(ctx, all)
		for _, res := range x.beside.results() {
			x.deliver(res)
		}
	}
	run.Results = x.results
	slices.SortFunc(run.Results, func(a, b *result.Result) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	run.Footer = result.Footer{
		Kind: "footer", Counts: map[result.Verdict]int{}, Complete: err == nil && ctx.Err() == nil,
		DurationMS: float64(time.Since(started).Microseconds()) / 1000,
	}
	ran := 0
	for _, r := range run.Results {
		run.Footer.Counts[r.Verdict]++
		if r.Verdict != result.Skip {
			ran++
		}
	}
	if err == nil && ran == 0 && ctx.Err() == nil {
		err = fmt.Errorf("%w: %d were selected and all of them skipped", ErrNothingToRun, len(run.Results))
	}
	return run, err
}

// greetAll asks for every version. A version that the broker declines is
// skipped, unless the user asked for it by name.
func (x *executor) greetAll(ctx context.Context, asked bool) error {
	var failures []error
	spoken, silent := 0, false
	for _, v := range x.opts.Versions {
		g, err := greet(ctx, x.target, v, x.opts.ClientPrefix+x.tag+"probe", x.opts.Timeouts.Answer)
		switch {
		case err != nil:
			failures = append(failures, err)
			// A close is how some brokers decline a version. Silence is none.
			silent = silent || errors.Is(err, os.ErrDeadlineExceeded)
			g = greeting{refused: err.Error()}
		case g.refused == "":
			spoken++
		case asked:
			failures = append(failures, errors.New(g.refused))
		}
		x.greets[v] = g
	}
	if spoken == 0 || silent || (asked && len(failures) > 0) {
		return fmt.Errorf("%w: %w", ErrNoBroker, errors.Join(failures...))
	}
	return nil
}

// runAll runs the scenarios that can stand beside each other, the late ones last,
// then the serial ones.
func (x *executor) runAll(ctx context.Context, all []Scenario) {
	var early, together, late, alone []job
	number := 0
	for _, v := range x.opts.Versions {
		for _, s := range all {
			if !s.In(v) {
				continue
			}
			number++
			j := job{s, v, number}
			reason := x.gate(j)
			switch {
			case reason != "":
				x.deliver(x.skip(j, reason))
			case s.Serial || x.opts.Literal:
				alone = append(alone, j)
			case s.Late:
				late = append(late, j)
			case s.Early:
				early = append(early, j)
			default:
				together = append(together, j)
			}
		}
	}
	jobs := slices.Concat(early, together, late)
	for len(jobs) > 0 && ctx.Err() == nil {
		if x.dead != nil {
			x.giveUp(jobs, x.dead)
			break
		}
		jobs = x.runTogether(ctx, jobs)
	}
	x.confirm(ctx)
	for _, j := range alone {
		x.runAlone(ctx, j)
	}
}

// gate gives the reason why a scenario is skipped; empty if it runs.
func (x *executor) gate(j job) string {
	g := x.greets[j.version]
	if g.refused != "" {
		return g.refused
	}
	for _, f := range j.scenario.Needs {
		if reason := g.lacks(f, x.opts.Without, x.target); reason != "" {
			return reason
		}
	}
	return ""
}

func (x *executor) skip(j job, reason string) *result.Result {
	return &result.Result{
		Kind: "scenario", ID: j.scenario.ID, Area: j.scenario.Area(), Title: j.scenario.Title, Version: j.version,
		Transport: x.target.Transport(), Verdict: result.Skip, Reason: reason, Requirements: map[spec.Ref]result.Verdict{},
	}
}

// runTogether runs jobs at once and gives those that are still to be run. When
// the broker is lost, what is in flight is discarded and the broker started
// again; then the culprit is looked for.
func (x *executor) runTogether(ctx context.Context, jobs []job) (left []job) {
	batch, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go x.watch(batch, cancel, watched)
	var (
		mu     sync.Mutex
		struck []suspect
		most   = x.parallel()
		slots  = make(chan struct{}, most)
		group  sync.WaitGroup
		busy   sync.WaitGroup // those in flight that do more than wait
	)
	for i, j := range jobs {
		if j.scenario.Late {
			busy.Wait()
		}
		takes := j.slots(most)
		for range takes {
			select {
			case slots <- struct{}{}:
			case <-batch.Done():
			}
		}
		if batch.Err() != nil {
			left = jobs[i:]
			break
		}
		waits := j.scenario.Early || j.scenario.Late
		if !waits {
			busy.Add(1)
		}
		group.Go(func() {
			defer func() {
				if !waits {
					busy.Done()
				}
				for range takes {
					<-slots
				}
			}()
			o := x.try(batch, j, false)
			switch {
			case o.gone:
				mu.Lock()
				struck = append(struck, suspect{j, o.provocation})
				mu.Unlock()
				cancel(errTargetDied)
			case ctx.Err() != nil:
			case x.doubts(o):
				mu.Lock()
				x.doubtful = append(x.doubtful, j)
				mu.Unlock()
			default:
				x.beside.add(o.res, o.beside)
				x.deliver(o.res)
			}
		})
	}
	group.Wait()
	cancel(nil)
	<-watched
	if ctx.Err() != nil || len(struck) == 0 {
		return nil
	}
	how, exited := x.target.Exited()
	if err := x.revive(ctx); err != nil {
		x.giveUp(append(jobsOf(struck), left...), err)
		return nil
	}
	innocent, found := x.accuse(ctx, struck)
	if !found && exited && ctx.Err() == nil {
		x.unexplained(how, len(struck))
	}
	return append(innocent, left...)
}

// usual is how many connections most scenarios have open at once, at the most.
const usual = 4

// slots is as how many of those in flight the job counts.
func (j job) slots(parallel int) int {
	return min(max(1, (j.scenario.Connections+usual-1)/usual), parallel)
}

// suspect is a job that was in flight when the broker was lost.
type suspect struct {
	job
	provocation
}

// accuse runs suspects one at a time until the one that ends the broker is
// found, and gives the others back: those whose clients did nothing wrong, and
// those behind the culprit. Who sent a wrong packet last is tried first.
func (x *executor) accuse(ctx context.Context, struck []suspect) (innocent []job, found bool) {
	slices.SortFunc(struck, func(a, b suspect) int {
		return cmp.Or(-cmp.Compare(a.wrong, b.wrong), b.at.Compare(a.at), cmp.Compare(a.number, b.number))
	})
	provoking := slices.ContainsFunc(struck, func(s suspect) bool { return !s.at.IsZero() })
	for i, s := range struck {
		if provoking && s.at.IsZero() {
			return jobsOf(struck[i:]), false
		}
		if x.runAlone(ctx, s.job) {
			return jobsOf(struck[i+1:]), true
		}
	}
	return nil, false
}

// unexplained reports a broker that ended and was ended by no scenario alone.
func (x *executor) unexplained(how string, inFlight int) {
	x.crashes++
	x.deliver(&result.Result{
		Kind: "scenario", ID: fmt.Sprintf("judge.process-ended-%d", x.crashes), Area: "judge",
		Title: "the broker stays alive", Version: x.opts.Versions[0], Transport: x.target.Transport(),
		Verdict: result.Error, Requirements: map[spec.Ref]result.Verdict{},
		Reason: fmt.Sprintf("the broker's process ended (%s) with %d scenarios in flight, and none of those that sent something wrong ends it alone",
			how, inFlight),
	})
}

func jobsOf(struck []suspect) []job {
	jobs := make([]job, len(struck))
	for i, s := range struck {
		jobs[i] = s.job
	}
	return jobs
}

// revive brings a lost broker back, or waits until it serves again where we
// cannot start it.
func (x *executor) revive(ctx context.Context) error {
	if x.target.CanRestart() {
		err := x.target.Restart(ctx) // which has limits of its own
		x.dead = err
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, x.opts.Timeouts.Ready)
	defer cancel()
	v := x.opts.Versions[0]
	for w, g := range x.greets {
		if g.refused == "" {
			v = w
		}
	}
	for {
		_, err := greet(ctx, x.target, v, x.opts.ClientPrefix+x.tag+"probe", x.opts.Timeouts.Answer)
		if x.dead = err; err == nil {
			return nil
		}
		pause := time.NewTimer(100 * time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

// watch ends the batch as soon as the broker's process is gone.
func (x *executor) watch(ctx context.Context, cancel context.CancelCauseFunc, watched chan<- struct{}) {
	defer close(watched)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, exited := x.target.Exited(); exited {
				cancel(errTargetDied)
			}
		}
	}
}

// runAlone runs one job with no other beside it, and says whether the broker
// was lost in it: then it was ended by it.
func (x *executor) runAlone(ctx context.Context, j job) (lost bool) {
	if ctx.Err() != nil {
		return false
	}
	if x.dead != nil {
		x.giveUp([]job{j}, x.dead)
		return false
	}
	if _, exited := x.target.Exited(); exited {
		if err := x.revive(ctx); err != nil {
			x.giveUp([]job{j}, err)
			return false
		}
	}
	o := x.try(ctx, j, true)
	if ctx.Err() != nil {
		return false
	}
	if o.gone {
		how, _ := x.target.Exited()
		x.killed(o, how)
	} else {
		x.beside.add(o.res, o.beside)
	}
	x.deliver(o.res)
	if o.gone || o.unserved {
		_ = x.revive(ctx) // where it fails the next job says so
		return true
	}
	return false
}

// killed makes the end of the broker the finding of the scenario.
func (x *executor) killed(o outcome, how string) {
	res := o.res
	res.Reason, res.Findings = "", nil
	res.Requirements = map[spec.Ref]result.Verdict{}
	for _, ref := range o.cites {
		res.Findings = append(res.Findings, result.Finding{
			Requirement: ref, Level: spec.Must, Source: result.FromScenario, Step: o.step,
			Expected: "the broker survives and serves others", Got: "the broker's process ended: " + how,
			Event: len(res.Trace) - 1,
		})
	}
	if len(res.Findings) == 0 {
		res.Verdict, res.Reason = result.Error, "it ends the broker's process, and cites no requirement: "+how
	}
	res.Settle()
}

// giveUp reports jobs that could not be run because the broker is gone.
func (x *executor) giveUp(jobs []job, err error) {
	x.dead = err
	how, _ := x.target.Exited()
	for _, j := range jobs {
		res := x.skip(j, strings.TrimSpace("the broker is gone and could not be brought back: "+err.Error()+" "+how))
		res.Verdict = result.Error
		x.deliver(res)
	}
}

// waitExited gives the process a moment to be seen ended after its connections
// broke; it has ended by then, the news has not arrived.
func (x *executor) waitExited() (how string, exited bool) {
	deadline := time.NewTimer(x.opts.Timeouts.Farewell)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if how, exited := x.target.Exited(); exited {
			return how, true
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return "", false
		}
	}
}

// deliver keeps the result and hands it on, one at a time. The trace of what
// passed explains nothing and is let go.
func (x *executor) deliver(res *result.Result) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if res.Verdict == result.Pass || res.Verdict == result.Skip {
		res.Trace, res.Replay = nil, ""
	}
	x.results = append(x.results, res)
	if x.each != nil {
		x.each(res)
	}
}

func base36(n int) string { return strconv.FormatInt(int64(n), 36) }
