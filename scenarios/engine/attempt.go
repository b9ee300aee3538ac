package engine

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/judge"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// job is one scenario in one version.
type job struct {
	scenario Scenario
	version  spec.Version
	number   int
}

// errTargetDied ends the scenarios in flight when the broker's process is gone.
var errTargetDied = errors.New("the broker's process has ended")

// outcome is what came of one attempt at a job.
type outcome struct {
	res *result.Result
	// gone says that the broker was lost while it ran, so that res means nothing.
	gone bool
	// tardy says that our own clients were too late for what the standard counts.
	tardy bool
	// missed says that an answer was awaited in vain.
	missed bool
	// unserved says that the broker runs and serves nobody any more.
	unserved bool
	provocation
	// beside are findings on requirements that the scenario does not cite.
	beside []result.Finding
	// cites and step are where the scenario stood at its last provocation.
	cites []spec.Ref
	step  string
}

// provocation says whether and when a scenario gave the broker a reason to
// fail. The last one to do so most likely ended the broker.
type provocation struct {
	at    time.Time // zero if its clients broke no rule
	wrong int       // 1 if a packet was wrong by itself, 0 if only where it stood
}

// inTime is how often a scenario is tried whose clients were not in time.
const inTime = 3

// try runs the job as often as it may need, until it finds nothing.
func (x *executor) try(ctx context.Context, j job, alone bool) outcome {
	o := x.attempt(ctx, j, alone)
	for n := 1; n < inTime && o.tardy && ctx.Err() == nil; n++ {
		o = x.attempt(ctx, j, alone)
	}
	for n := 1; n < j.scenario.Tries && !o.gone && (o.res.Verdict == result.Fail || o.res.Verdict == result.Warn); n++ {
		first := o.res.Findings[0]
		o = x.attempt(ctx, j, alone)
		if o.res.Verdict == result.Pass {
			o.res.Observed = append(o.res.Observed, result.Observation{
				What: fmt.Sprintf("in try %d of %d only", n, j.scenario.Tries), Value: first.Requirement.String() + ": " + first.Got,
			})
		}
	}
	return o
}

// attempt runs the job once. alone says that nothing else runs beside it: only
// then is a broker that stops serving this scenario's doing.
func (x *executor) attempt(ctx context.Context, j job, alone bool) outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, x.opts.Timeouts.Scenario,
		fmt.Errorf("not finished after %s, the limit for one scenario", x.opts.Timeouts.Scenario))
	defer cancel()
	t := x.newT(ctx, j)
	cause := t.run()
	var lost error
	if ctx.Err() == nil {
		if lost = t.checkAlive(ctx, x); ctx.Err() != nil {
			lost = nil // our time was over, not the broker's
		}
	}
	t.closeAll()
	if lost == nil {
		x.cleanup(ctx, t)
	}
	o := outcome{
		tardy:       errors.As(cause, new(tardy)),
		missed:      t.missed,
		gone:        lost != nil || errors.Is(context.Cause(ctx), errTargetDied),
		provocation: t.provoked(), cites: t.lastCites(), step: t.step,
	}
	if lost != nil && alone {
		if _, exited := x.waitExited(); !exited && ctx.Err() == nil {
			o.gone, o.unserved = false, true
			cause = t.unserved(lost, cause)
		}
	}
	if !o.gone && o.wrong > 0 && !x.outlives(ctx, o.at) {
		o.gone = true
	}
	o.res, o.beside = x.conclude(t, cause)
	return o
}

// outlives waits until the broker has had time to die of a wrong packet, and
// says whether it has not. A process that is about to end may serve others
// while it still writes down why.
func (x *executor) outlives(ctx context.Context, wrong time.Time) bool {
	if !x.target.CanRestart() {
		return true // no process that we could watch
	}
	deadline := time.NewTimer(time.Until(wrong.Add(2 * x.opts.Timeouts.Settle)))
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, exited := x.target.Exited(); exited {
			return false
		}
		select {
		case <-ctx.Done():
			return !errors.Is(context.Cause(ctx), errTargetDied)
		case <-tick.C:
		case <-deadline.C:
			return true
		}
	}
}

func (x *executor) newT(ctx context.Context, j job) *T {
	hash := fnv.New64a()
	_, _ = fmt.Fprintf(hash, "%s %s", j.scenario.ID, j.version)
	user, password := x.target.Credentials()
	t := &T{
		ctx: ctx, scenario: j.scenario, version: j.version, target: x.target, timeouts: x.opts.Timeouts, pace: &x.pace,
		// Without dots, which nats-server refuses in topics.
		prefix: x.opts.Prefix + strings.ReplaceAll(fmt.Sprintf("%s/%s/%s/", x.tag, j.scenario.ID, j.version), ".", "-"),
		// The capital, which base 36 does not have, keeps the number of the scenario
		// apart from the number of the client.
		idPrefix: fmt.Sprintf("%s%s%sC", x.opts.ClientPrefix, x.tag, base36(j.number)),
		random:   rand.New(rand.NewPCG(x.opts.Seed, hash.Sum64())),
		rec:      newRecorder(result.NewSecrets(user, password)), secrets: result.NewSecrets(user, password),
		reached: map[spec.Ref]bool{}, sessions: map[string]spec.Version{}, retained: map[string]bool{},
	}
	if x.opts.Literal {
		t.prefix = ""
	}
	return t
}

// run gives why the scenario ended early, nil if it did not or if a finding
// ended it.
func (t *T) run() (cause error) {
	defer func() {
		switch p := recover().(type) {
		case nil, stop:
		default:
			t.rec.setCause(fmt.Errorf("the scenario panicked, which is a bug of mqttproof: %v\n%s", p, debug.Stack()))
		}
		t.rec.locked(func() { cause = t.rec.cause })
	}()
	t.scenario.Run(t)
	return nil
}

// checkAlive asks the broker for a fresh connection where the scenario gives a
// reason to doubt that it still serves: a client broke the protocol, or a
// connection was closed by the broker, or the scenario did not pass.
func (t *T) checkAlive(ctx context.Context, x *executor) error {
	provoked := !t.provoked().at.IsZero()
	doubt := provoked || len(t.findings) > 0
	t.rec.locked(func() {
		doubt = doubt || t.rec.cause != nil
		for _, w := range t.wires {
			doubt = doubt || (w.closed != "" && !w.ours)
		}
	})
	if !doubt {
		return nil
	}
	steps := []step{{plainConnect(x.target, t.idPrefix+"alive"), codec.CONNACK}}
	if provoked {
		// One that was not provoked may be a broker that never answers PINGREQ:
		// that is for the scenarios to find, and no reason to doubt that it is there.
		steps = append(steps, step{&codec.Pingreq{}, codec.PINGRESP})
	}
	p, err := exchange(ctx, x.target, t.version, t.timeouts.Answer, steps...)
	if connack, ok := p.(*codec.Connack); err == nil && ok && connack.Code != 0 {
		err = fmt.Errorf("CONNACK refuses: %v", p)
	}
	return err
}

// unserved makes it a finding that the broker, still running, serves nobody
// after what the scenario's client did. Where the client did nothing wrong it
// gives the cause of an error instead.
func (t *T) unserved(lost, cause error) error {
	if t.provoked().at.IsZero() {
		return notThere{lost}
	}
	t.rec.note("a fresh client is not served")
	for _, ref := range t.lastCites() {
		t.findings = append(t.findings, result.Finding{
			Requirement: ref, Level: spec.Must, Source: result.FromScenario, Step: t.step,
			Expected: "the broker goes on serving other clients", Got: lost.Error(), Event: t.rec.last(),
		})
	}
	return cause
}

// provoked gives when the scenario last sent something wrong to a connection
// that still stood; zero if its clients broke no rule. Bytes that go to a
// connection which has ended provoke nobody.
func (t *T) provoked() provocation {
	closed := map[int]bool{}
	var any, wrong time.Duration
	for _, e := range t.rec.snapshot() {
		switch {
		case e.Dir == result.Close:
			closed[e.Conn] = true
		case e.Dir == result.Out && !closed[e.Conn]:
			any = e.At
			if len(e.Violations) > 0 || e.Packet == nil {
				wrong = e.At
			}
		}
	}
	switch {
	case wrong > 0:
		return provocation{t.rec.start.Add(wrong), 1}
	case t.negative: // a packet that is wrong only where it stands
		return provocation{t.rec.start.Add(any), 0}
	}
	return provocation{}
}

func (t *T) closeAll() {
	for _, w := range t.wires {
		w.close()
	}
}

// cleanup ends the sessions and removes the retained messages that the
// scenario may have left. It does its best: what a broker does not let go is
// named apart by its prefix.
func (x *executor) cleanup(ctx context.Context, t *T) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), x.opts.Timeouts.Cleanup)
	defer cancel()
	for id, v := range t.sessions {
		_, _ = exchange(ctx, x.target, v, x.opts.Timeouts.Cleanup,
			step{plainConnect(x.target, id), codec.CONNACK}, step{&codec.Disconnect{}, 0})
	}
	steps := []step{{plainConnect(x.target, t.idPrefix+"clean"), codec.CONNACK}}
	for topic := range t.retained {
		if topic == "" || strings.ContainsAny(topic, "+#\x00") {
			continue
		}
		p := &codec.Publish{Topic: codec.Text(topic), Retain: true, QoS: 1, PacketID: uint16(len(steps))}
		steps = append(steps, step{p, codec.PUBACK})
	}
	if len(steps) > 1 {
		_, _ = exchange(ctx, x.target, t.version, x.opts.Timeouts.Cleanup, append(steps, step{&codec.Disconnect{}, 0})...)
	}
}

// conclude makes the result from what was recorded, and the findings on
// requirements that the scenario does not cite.
func (x *executor) conclude(t *T, cause error) (res *result.Result, beside []result.Finding) {
	defer func() { maskResult(t.secrets, res, beside) }()
	trace := t.rec.snapshot()
	own := t.scenario.ProvesIn(t.version)
	res = &result.Result{
		Kind: "scenario", ID: t.scenario.ID, Area: t.scenario.Area(), Title: t.scenario.Title,
		Version: t.version, Transport: x.target.Transport(), Observed: t.observed,
		Requirements: map[spec.Ref]result.Verdict{}, Trace: trace,
		DurationMS: float64(time.Since(t.rec.start).Microseconds()) / 1000,
		Replay:     x.opts.Replay(t.scenario.ID, t.version),
	}
	var missing notThere
	var lacks skipped
	switch {
	case errors.As(cause, &lacks):
		res.Verdict, res.Reason = result.Skip, lacks.reason
		// What the judge saw until then still stands.
	case errors.As(cause, &missing):
		res.Verdict, res.Reason = result.Error, "the broker could not be reached: "+missing.Error()
		return res, nil
	case cause != nil:
		// What was found until then was seen all the same.
		res.Verdict, res.Reason = result.Error, cause.Error()
	default:
		res.Verdict = result.Pass
	}
	mine := map[spec.Ref]bool{}
	for _, ref := range own {
		mine[ref] = true
		if t.reached[ref] && !t.fatal && res.Verdict == result.Pass {
			res.Requirements[ref] = result.Pass
		}
	}
	// What ended the scenario counts against it, whatever it cites; other
	// findings outside its own requirements stand for themselves.
	report := judge.Judge(trace, judge.Patience{
		Answer: t.timeouts.Answer, Delivery: t.timeouts.Delivery, Late: t.timeouts.Late,
	})
	for i, f := range append(t.findings, report.Findings...) {
		if t.scenario.Racing && i >= len(t.findings) && !mine[f.Requirement] {
			continue
		}
		caused := slices.ContainsFunc(f.Cause, func(ref spec.Ref) bool { return mine[ref] })
		if mine[f.Requirement] || caused || (t.fatal && i >= t.fatalFrom && i < len(t.findings)) {
			res.Findings = append(res.Findings, f)
		} else {
			beside = append(beside, f)
		}
	}
	res.Settle()
	return res, beside
}
