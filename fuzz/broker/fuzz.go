// Package broker fuzzes a whole broker: it makes sessions of several clients, looks
// at what the broker does with them from outside, and turns what is wrong into
// findings that are small and can be run again.
package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/fuzz/grammar"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// Options are how a broker is fuzzed.
type Options struct {
	// Seed repeats what is generated, as far as the broker answers the same.
	Seed uint64
	// For ends the run; what was seen last has twenty seconds more to be confirmed.
	For time.Duration
	// Sessions ends the run after so many; 0 is no limit.
	Sessions uint64
	// Clients is how many a session has at most.
	Clients int
	// Dir is where findings, corpus and report are written; empty for nowhere.
	Dir string
	// Corpus is a folder of sessions to begin with and to add to; empty for the
	// folder corpus in Dir.
	Corpus string
	// Restart starts a broker again that is not ours: one at an address. Without it
	// the first death of such a broker ends the run.
	Restart func(context.Context) error
	// Progress is called about once a second.
	Progress func(Stats)
	// Found is called for each finding when it is confirmed.
	Found func(*Finding)
	// Replay is how a finding is run again: the command without the file.
	Replay func(path string) string

	limits limits // of a healthy broker; the zero value is defaultLimits
}

// Stats is how a run goes.
type Stats struct {
	Elapsed     time.Duration
	Sessions    uint64
	Connections uint64
	Packets     uint64
	Corpus      int
	Tuples      int // behaviours of the broker that were seen
	Starts      int // of the broker, after the first one
	Found       map[Class]int
	Unstable    int
	Waiting     int // suspicions that were not looked at yet
}

// Report is what a run found.
type Report struct {
	Target   string
	Software string
	Seed     uint64
	Started  time.Time
	Stats    Stats
	Findings []*Finding
	// Complete is false where the run was interrupted.
	Complete bool
	// Ended is why it ended before its time, if it did.
	Ended string
	// NotSaved is why a session of the corpus could not be written, if one could not.
	NotSaved string
}

const (
	workers = 32  // sessions in flight
	window  = 512 // how far a session may be made ahead of one that is not done
	// lifetime is how many sessions a broker sees before a fresh one takes its place:
	// what they leave behind is not to be taken for a leak.
	lifetime = 20000
	// graceAtEnd is how long what was seen last has to be confirmed.
	graceAtEnd = 20 * time.Second
	// crashAlone is how long the search for the cause of a crash keeps all else waiting.
	crashAlone = triageLimit
)

// Run fuzzes the target until the time or the count is over, or ctx is done.
func Run(ctx context.Context, target containers.Target, o Options) (*Report, error) {
	f := &fuzzer{target: target, o: o, start: time.Now(), feedback: newFeedback(), known: map[string]*Finding{}, tried: map[string]int{}, looking: map[string]bool{}, flight: map[uint64]*session.Session{}, done: map[uint64]done{}, limits: cmp.Or(o.limits, defaultLimits())}
	f.report = &Report{Target: target.Name(), Seed: o.Seed, Started: f.start}
	if f.o.Corpus == "" && o.Dir != "" {
		f.o.Corpus = o.Dir + "/corpus"
	}
	if f.o.Corpus != "" {
		corpus, err := LoadCorpus(f.o.Corpus)
		if err != nil {
			return nil, err
		}
		f.corpus = corpus
		f.saver = newSaver(f.o.Corpus)
		defer func() {
			if err := f.saver.close(); err != nil {
				f.report.NotSaved = err.Error()
			}
		}()
	}
	b, err := target.Start(ctx)
	if err != nil {
		return nil, err
	}
	for i := range f.lengths {
		f.lengths[i] = len(f.corpus)
	}
	f.broker.Store(b)
	defer func() { _ = f.broker.Load().Close(context.WithoutCancel(ctx)) }()
	f.report.Software = b.Software()
	if f.lab, err = newLab(ctx, target, b, o.Restart, f.limits); err != nil {
		return nil, err
	}
	defer func() { _ = f.lab.close(context.WithoutCancel(ctx)) }()
	return f.run(ctx)
}

// fuzzer is a run. All but the workers and the lab is one goroutine.
type fuzzer struct {
	target containers.Target
	o      Options
	start  time.Time
	report *Report
	limits limits
	broker atomic.Pointer[containers.Broker]

	feedback *feedback
	corpus   []*session.Session
	saver    *saver      // nil where the corpus is kept nowhere
	lengths  [window]int // of the corpus, when session n was done, at n % window

	jobs    chan job
	results chan done
	next    uint64 // number of the next session to be made
	ordered uint64 // all before it are done
	flight  map[uint64]*session.Session
	done    map[uint64]done
	recent  recent
	life    life

	lab      *lab
	queue    []suspicion
	busy     bool // the lab is
	asked    suspicion
	askedAt  time.Time
	stopCase context.CancelFunc
	stopLab  context.CancelFunc
	labTime  context.Context
	verdicts chan verdict
	known    map[string]*Finding // by class and signature
	tried    map[string]int      // how often a suspicion was looked at
	looking  map[string]bool     // it waits, or the lab looks at it
}

// life is what the broker at hand went through.
type life struct {
	sessions uint64
	sent     int64
	memory   int64 // when it was warm; 0 before
	checked  time.Time
	// pace is how many sessions were done in the last second, best the most in one.
	counted, pace, best uint64
}

type job struct {
	number  uint64
	session *session.Session
}

type done struct {
	job
	out  *session.Outcome
	seen []sighting
}

type verdict struct {
	suspicion
	finding *Finding
	err     error
}

func (f *fuzzer) run(ctx context.Context) (*Report, error) {
	f.jobs, f.results, f.verdicts = make(chan job, workers), make(chan done, workers), make(chan verdict, 1)
	working, stop := context.WithCancel(ctx)
	defer stop()
	f.labTime, f.stopLab = context.WithCancel(ctx)
	defer f.stopLab()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { f.work(working) })
	}
	defer wg.Wait()
	defer close(f.jobs)
	defer stop()

	end := f.start.Add(f.o.For)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	often := time.NewTicker(50 * time.Millisecond)
	defer often.Stop()
	health := make(chan healthOf, 1)
	asking := false
	f.life.checked = f.start
	for ctx.Err() == nil && time.Now().Before(end) && (f.o.Sessions == 0 || f.ordered < f.o.Sessions) {
		f.fill()
		f.dispatch()
		select {
		case <-ctx.Done():
		case d := <-f.results:
			f.finished(d)
			if _, gone := f.broker.Load().Exited(); gone || d.out.Refused != nil {
				if err := f.dead(ctx); err != nil {
					return f.ended(err), nil
				}
			}
		case v := <-f.verdicts:
			if err := f.judgedBy(v); err != nil {
				return f.ended(err), nil
			}
		case h := <-health:
			asking = false
			if f.lent() {
				break // what was seen is the lab's doing
			}
			if err := f.healthy(ctx, h); err != nil {
				return f.ended(err), nil
			}
		case <-often.C:
			if f.lent() {
				break
			}
			if _, gone := f.broker.Load().Exited(); gone {
				if err := f.dead(ctx); err != nil {
					return f.ended(err), nil
				}
			}
			if err := f.care(ctx); err != nil {
				return f.ended(err), nil
			}
		case <-second.C:
			if f.o.Progress != nil {
				f.o.Progress(f.stats())
			}
			if err := f.tired(ctx); err != nil {
				return f.ended(err), nil
			}
			if !asking && !f.lent() {
				asking = true
				go func(b *containers.Broker) {
					took, err := f.limits.ask(working, b)
					health <- healthOf{took, err}
				}(f.broker.Load())
			}
		}
	}
	f.drain()
	f.report.Complete = ctx.Err() == nil
	if err := f.settle(); err != nil {
		f.report.Ended = err.Error()
	}
	return f.ended(nil), nil
}

// healthOf is how a fresh CONNECT was answered.
type healthOf struct {
	took time.Duration
	err  error
}

// ended closes the report. What the lab did not come to, or not to an end with, is
// told where it is grave.
func (f *fuzzer) ended(err error) *Report {
	f.drain()
	f.stopLab()
	if f.busy {
		<-f.verdicts
		f.busy = false
		f.queue = append(f.queue, f.asked)
	}
	for _, q := range f.queue {
		if q.class != Wrong && q.class != Slow && len(q.suspects) > 0 {
			f.record(&Finding{Class: q.class, Signature: q.signature, Detail: q.detail, Number: q.number, After: q.after.Seconds(), Session: q.suspects[0], last: sighting{output: q.output}})
		}
	}
	if err != nil {
		f.report.Ended, f.report.Complete = err.Error(), false
	}
	f.report.Stats = f.stats()
	slices.SortStableFunc(f.report.Findings, func(a, b *Finding) int {
		return slices.Index(Classes(), a.Class) - slices.Index(Classes(), b.Class)
	})
	return f.report
}

// work runs sessions until there are no more.
func (f *fuzzer) work(ctx context.Context) {
	r := session.NewRunner(func(ctx context.Context) (net.Conn, error) { return f.broker.Load().Dial(ctx) }, session.DefaultLimits())
	r.Speaks(f.broker.Load().Versions())
	r.LogIn(f.broker.Load().Credentials())
	for j := range f.jobs {
		out := r.Run(ctx, j.session, session.Name(j.number))
		d := done{job: j, out: out}
		d.seen = judged(out)
		f.results <- d
	}
}

// lent says that the lab has the broker for itself: it is not to be looked at, nor
// started again, by anybody else.
func (f *fuzzer) lent() bool { return f.busy && f.lab.shared }

// fill keeps the workers busy.
func (f *fuzzer) fill() {
	if f.lent() {
		return
	}
	if f.busy && f.asked.class == Crash && time.Since(f.askedAt) < crashAlone {
		return // nothing is worse, so it has the CPU for itself
	}
	g := grammar.Generator{Seed: f.o.Seed, Clients: f.o.Clients, Versions: f.broker.Load().Versions()}
	for len(f.flight) < workers && f.next < f.ordered+window && (f.o.Sessions == 0 || f.next < f.o.Sessions) {
		// The corpus as it was when the session a window ago was done, whatever is
		// done meanwhile: so the seed decides.
		known := f.lengths[f.next%window]
		s := g.Session(f.next, f.corpus[:known])
		f.flight[f.next] = s
		f.jobs <- job{f.next, s}
		f.next++
	}
}

// finished takes a result, and all that waited for it in their order.
func (f *fuzzer) finished(d done) {
	delete(f.flight, d.number)
	f.done[d.number] = d
	f.recent.add(d.session)
	f.life.sessions++
	f.life.sent += int64(d.session.Size())
	for {
		d, ok := f.done[f.ordered]
		if !ok {
			return
		}
		delete(f.done, f.ordered)
		f.take(d)
		f.lengths[f.ordered%window] = len(f.corpus)
		f.ordered++
	}
}

// take counts a session, keeps it where it showed something new, and notes what was
// wrong.
func (f *fuzzer) take(d done) {
	st := &f.report.Stats
	st.Sessions++
	st.Connections += uint64(d.out.Connections)
	st.Packets += uint64(d.out.Packets)
	if f.feedback.look(d.out.Trace) > 0 {
		f.corpus = append(f.corpus, d.session)
		if f.saver != nil {
			f.saver.queue <- d.session
		}
	}
	for _, s := range d.seen {
		f.suspect(suspicion{class: Wrong, signature: s.signature, detail: s.detail, suspects: []*session.Session{d.session}, number: d.number})
	}
}

// triesOfOne is how many suspicions of one signature are looked at that come to
// nothing: what disturbs one another in flight is no finding.
const triesOfOne = 3

// suspect has the lab look at something, unless it is known.
func (f *fuzzer) suspect(q suspicion) {
	key := string(q.class) + " " + q.signature
	if f.known[key] != nil || f.looking[key] || f.tried[key] >= triesOfOne {
		return
	}
	f.tried[key]++
	f.looking[key] = true
	if q.class != Wrong && f.busy && f.asked.class == Wrong {
		f.stopCase() // it comes again later
	}
	q.after = time.Since(f.start)
	f.queue = append(f.queue, q)
	slices.SortStableFunc(f.queue, func(a, b suspicion) int {
		return slices.Index(Classes(), a.class) - slices.Index(Classes(), b.class)
	})
}

// dispatch gives the lab its next case. A broker that is shared with it stands still
// meanwhile.
func (f *fuzzer) dispatch() {
	if f.busy || len(f.queue) == 0 {
		return
	}
	q := f.queue[0]
	f.queue = f.queue[1:]
	f.busy, f.asked, f.askedAt = true, q, time.Now()
	if f.lab.shared {
		f.drain()
	}
	var ctx context.Context
	ctx, f.stopCase = context.WithCancel(f.labTime)
	go func(stop context.CancelFunc) {
		defer stop()
		found, err := f.lab.investigate(ctx, q)
		f.verdicts <- verdict{q, found, err}
	}(f.stopCase)
}

// judgedBy takes what the lab says.
func (f *fuzzer) judgedBy(v verdict) error {
	f.busy = false
	delete(f.looking, string(v.class)+" "+v.signature)
	if v.err != nil {
		if errors.Is(v.err, context.Canceled) { // for the sake of something worse
			f.tried[string(v.class)+" "+v.signature]--
			f.suspect(v.suspicion)
			return nil
		}
		return v.err
	}
	if v.finding == nil {
		return nil
	}
	found := v.finding
	key := string(found.Class) + " " + found.Signature
	if v.class == Wrong || v.class == Crash && !strings.Contains(v.signature, afterLast) {
		f.known[string(v.class)+" "+v.signature] = found // of the others each may be another bug
	}
	if f.known[key] != nil && slices.Contains(f.report.Findings, f.known[key]) {
		return nil // the same bug by another way
	}
	f.known[key] = found
	found.Target, found.Software, found.Seed = f.report.Target, f.report.Software, f.o.Seed
	f.report.Findings = append(f.report.Findings, found)
	if f.o.Dir != "" {
		if err := f.save(found); err != nil {
			return err
		}
	}
	if f.o.Found != nil {
		f.o.Found(found)
	}
	return nil
}

func (f *fuzzer) stats() Stats {
	s := f.report.Stats
	s.Elapsed, s.Corpus, s.Tuples, s.Waiting = time.Since(f.start), len(f.corpus), len(f.feedback.seen), len(f.queue)
	s.Found, s.Unstable = map[Class]int{}, 0
	for _, x := range f.report.Findings {
		if !x.Stable {
			s.Unstable++
			continue
		}
		s.Found[x.Class]++
	}
	return s
}

// drain waits for all sessions in flight.
func (f *fuzzer) drain() {
	for len(f.flight) > 0 {
		f.finished(<-f.results)
	}
}

// settle has the lab finish its case, and look at the rest as long as it may.
func (f *fuzzer) settle() error {
	late := time.AfterFunc(graceAtEnd, f.stopLab)
	defer late.Stop()
	for {
		if f.labTime.Err() == nil {
			f.dispatch()
		}
		if !f.busy {
			return nil
		}
		v := <-f.verdicts
		if v.err != nil && f.labTime.Err() != nil {
			f.busy = false
			f.queue = append(f.queue, v.suspicion)
			return nil
		}
		if err := f.judgedBy(v); err != nil {
			return err
		}
	}
}

var errEnded = errors.New("the broker is gone and cannot be started again from here; --restart-cmd says how, and exec: and docker: need none")

// replace ends the broker and starts a fresh one.
func (f *fuzzer) replace(ctx context.Context) error {
	f.drain()
	old := f.broker.Load()
	f.report.Stats.Starts++
	f.life = life{checked: time.Now()}
	if !old.CanRestart() {
		if f.o.Restart == nil {
			return errEnded
		}
		return f.limits.startAgain(ctx, old, f.o.Restart)
	}
	if err := old.Close(ctx); err != nil {
		return err
	}
	b, err := f.target.Start(ctx)
	if err != nil {
		return fmt.Errorf("starting the broker again: %w", err)
	}
	f.broker.Store(b)
	return nil
}

// replaceable says that replace can work.
func (f *fuzzer) replaceable() bool { return f.broker.Load().CanRestart() || f.o.Restart != nil }

// startAgain starts a broker that is not ours and waits until it answers.
func (l limits) startAgain(ctx context.Context, b *containers.Broker, restart func(context.Context) error) error {
	if err := restart(ctx); err != nil {
		return fmt.Errorf("starting the broker again: %w", err)
	}
	const ready = 10 * time.Second
	var err error
	for until := time.Now().Add(ready); time.Now().Before(until) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if _, err = l.ask(ctx, b); err == nil {
			return nil
		}
	}
	return fmt.Errorf("the broker does not answer %v after it was started again: %w", ready, err)
}
