package engine

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
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

// attempt runs the job once and gives its result. gone is true where the
// result says nothing, because the broker ended while it ran.
func (x *executor) attempt(ctx context.Context, j job) (res *result.Result, gone bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, x.opts.Timeouts.Scenario,
		fmt.Errorf("not finished after %s, the limit for one scenario", x.opts.Timeouts.Scenario))
	defer cancel()
	t := x.newT(ctx, j)
	cause := t.run()
	alive := t.checkAlive(ctx, x)
	t.closeAll()
	if alive == nil {
		x.cleanup(ctx, t)
	}
	res = x.conclude(t, cause)
	if alive != nil {
		if _, exited := x.waitExited(); exited {
			return res, true
		}
		if ctx.Err() == nil && res.Verdict != result.Fail {
			res.Verdict, res.Reason = result.Error, alive.Error()
		}
	}
	return res, errors.Is(context.Cause(ctx), errTargetDied)
}

func (x *executor) newT(ctx context.Context, j job) *T {
	hash := fnv.New64a()
	_, _ = fmt.Fprintf(hash, "%s %s", j.scenario.ID, j.version)
	user, password := x.target.Credentials()
	t := &T{
		ctx: ctx, scenario: j.scenario, version: j.version, target: x.target, timeouts: x.opts.Timeouts,
		prefix:   fmt.Sprintf("%s%s/%s/%s/", x.opts.Prefix, x.tag, j.scenario.ID, j.version),
		idPrefix: fmt.Sprintf("%s%s%s", x.opts.ClientPrefix, x.tag, base36(j.number)),
		random:   rand.New(rand.NewPCG(x.opts.Seed, hash.Sum64())),
		rec:      newRecorder(), secrets: newSecrets(user, password),
		sessions: map[string]spec.Version{}, retained: map[string]bool{},
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
	doubt := t.negative || len(t.findings) > 0
	t.rec.locked(func() {
		doubt = doubt || t.rec.cause != nil
		for _, w := range t.wires {
			doubt = doubt || (w.closed != "" && !w.ours)
		}
	})
	if !doubt || ctx.Err() != nil {
		return nil
	}
	p, err := exchange(ctx, x.target, t.version, t.timeouts.Answer,
		step{plainConnect(x.target, t.idPrefix+"alive"), codec.CONNACK}, step{&codec.Pingreq{}, codec.PINGRESP})
	if err == nil && p.Type() != codec.PINGRESP {
		err = fmt.Errorf("CONNACK refuses: %v", p)
	}
	if err == nil {
		return nil
	}
	if !t.negative {
		return fmt.Errorf("the broker does not serve a fresh client: %w", err)
	}
	// It was alive before this scenario; whether it is dead or only does not
	// answer, the client's error was not survived.
	if _, exited := x.waitExited(); !exited {
		t.rec.note("a fresh client is not served")
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, ref := range t.cites() {
			t.findings = append(t.findings, result.Finding{
				Requirement: ref, Level: spec.Must, Source: result.FromScenario, Step: t.step,
				Expected: "the broker goes on serving other clients", Got: err.Error(), Event: t.rec.last(),
			})
		}
	}
	return err
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

// conclude makes the result from what was recorded.
func (x *executor) conclude(t *T, cause error) *result.Result {
	trace := t.rec.snapshot()
	own := t.scenario.ProvesIn(t.version)
	res := &result.Result{
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
		return res
	case cause != nil:
		res.Verdict, res.Reason = result.Error, cause.Error()
		return res
	default:
		res.Verdict = result.Pass
	}
	mine := map[spec.Ref]bool{}
	for _, ref := range own {
		mine[ref] = true
		if !t.fatal && res.Verdict == result.Pass {
			res.Requirements[ref] = result.Pass
		}
	}
	// What ended the scenario counts against it, whatever it cites; other
	// findings outside its own requirements stand for themselves.
	var beside []result.Finding
	for i, f := range append(t.findings, judge.Trace(trace)...) {
		if mine[f.Requirement] || (t.fatal && i >= t.fatalFrom && i < len(t.findings)) {
			res.Findings = append(res.Findings, f)
		} else {
			beside = append(beside, f)
		}
	}
	res.Settle()
	x.beside.add(res, beside)
	return res
}
