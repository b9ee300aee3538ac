package engine

import (
	"bytes"
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// recorder keeps the trace of one scenario and wakes whoever waits for news.
type recorder struct {
	start time.Time

	mu    sync.Mutex
	trace result.Trace
	news  chan struct{} // closed and renewed at every event
	mask  secrets
	conns int
	cause error // why the scenario ended early, if not by a finding
}

func newRecorder(mask secrets) *recorder {
	return &recorder{start: time.Now(), news: make(chan struct{}), mask: mask}
}

// add appends the event with the time of now. then, if not nil, gets its index
// and runs under the same lock, so that whoever wakes sees its effect.
func (r *recorder) add(e result.Event, then func(index int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.At = time.Since(r.start)
	e.Text = r.mask.maskText(e.Text)
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

// secrets are the credentials of the target. They are masked before anything
// is recorded, so that no trace, report or log can show them.
type secrets [][]byte

func newSecrets(user, password string) secrets {
	var s secrets
	for _, v := range []string{password, user} {
		if v != "" {
			s = append(s, []byte(v))
		}
	}
	return s
}

// maskResult masks the words of a result: a broker may repeat in a Reason String
// what it was told in CONNECT.
func (s secrets) maskResult(res *result.Result, beside []result.Finding) {
	if len(s) == 0 {
		return
	}
	res.Reason = s.maskText(res.Reason)
	for i := range res.Observed {
		res.Observed[i].Value = s.maskText(res.Observed[i].Value)
	}
	for _, findings := range [][]result.Finding{res.Findings, beside} {
		for i := range findings {
			findings[i].Expected, findings[i].Got = s.maskText(findings[i].Expected), s.maskText(findings[i].Got)
		}
	}
}

func (s secrets) maskText(text string) string { return string(s.mask([]byte(text))) }

// shortSecret is the length below which a secret is masked in CONNECT alone:
// replacing every "a" in a trace would make it unreadable and hide nothing.
const shortSecret = 3

// mask gives data with every secret replaced by as many asterisks, so that the
// bytes still parse. It copies, so that the caller may reuse data.
func (s secrets) mask(data []byte) []byte {
	out := bytes.Clone(data)
	connect := len(data) > 0 && codec.Type(data[0]>>4) == codec.CONNECT
	for _, secret := range s {
		if len(secret) < shortSecret && !connect {
			continue
		}
		stars := bytes.Repeat([]byte("*"), len(secret))
		out = bytes.ReplaceAll(out, secret, stars)
	}
	return out
}
