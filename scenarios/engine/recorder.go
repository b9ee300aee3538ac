package engine

import (
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

// recorder keeps the trace of one scenario and wakes whoever waits for news.
type recorder struct {
	start time.Time

	mu    sync.Mutex
	trace result.Trace
	news  chan struct{} // closed and renewed at every event
	mask  result.Secrets
	conns int
	cause error // why the scenario ended early, if not by a finding
}

func newRecorder(mask result.Secrets) *recorder {
	return &recorder{start: time.Now(), news: make(chan struct{}), mask: mask}
}

// add appends the event with the time of now. then, if not nil, gets its index
// and runs under the same lock, so that whoever wakes sees its effect.
func (r *recorder) add(e result.Event, then func(index int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.At = time.Since(r.start)
	e.Text = r.mask.MaskText(e.Text)
	r.trace = append(r.trace, e)
	if then != nil {
		then(len(r.trace) - 1)
	}
	close(r.news)
	r.news = make(chan struct{})
}

func (r *recorder) note(text string) {
	r.add(result.Event{Dir: result.Note, Text: text}, nil)
}

// changed gives a channel that is closed at the next event.
func (r *recorder) changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.news
}

// last gives the index of the latest event.
func (r *recorder) last() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.trace) - 1
}

// locked runs f while no event can be added.
func (r *recorder) locked(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func (r *recorder) snapshot() result.Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(result.Trace(nil), r.trace...)
}

func (r *recorder) nextConn() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns++
	return r.conns
}

func (r *recorder) setCause(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cause == nil {
		r.cause = err
	}
}

// maskResult masks the words of a result: a broker may repeat in a Reason String
// what it was told in CONNECT.
func maskResult(s result.Secrets, res *result.Result, beside []result.Finding) {
	if len(s) == 0 {
		return
	}
	res.Reason = s.MaskText(res.Reason)
	for i := range res.Observed {
		res.Observed[i].Value = s.MaskText(res.Observed[i].Value)
	}
	for _, findings := range [][]result.Finding{res.Findings, beside} {
		for i := range findings {
			findings[i].Expected, findings[i].Got = s.MaskText(findings[i].Expected), s.MaskText(findings[i].Got)
		}
	}
}
