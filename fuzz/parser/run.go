package parser

import (
	"context"
	"errors"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// Run fuzzes the parser without coverage, in any program, and gives the first
// finding of each signature as it comes. The same seed gives the same packets in the
// same order. It goes on until the context is done or the caller leaves the loop; a
// parser that does not come back ends it too, with its goroutine left behind. It
// panics where the Parser is declared wrongly or its Corpus cannot be read, as Fuzz
// would fail.
func (p Parser) Run(ctx context.Context, seed uint64) iter.Seq[*Finding] {
	more, err := p.more()
	if err := errors.Join(p.validate(), err); err != nil {
		panic(err)
	}
	return func(yield func(*Finding) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		r := &runner{Parser: p, rand: rand.New(rand.NewPCG(seed, 0)), seen: map[string]bool{}, known: map[uint64]bool{}}
		for _, packet := range slices.Concat(Seeds(p.Version, p.From), more) {
			r.corpus = append(r.corpus, Packet(packet, p.Version, p.From))
		}
		found := make(chan *Finding)
		go func() {
			defer close(found)
			r.loop(ctx, found)
		}()
		watch := time.NewTicker(p.timeout())
		defer watch.Stop()
		var before *[]byte // under way when the last tick came
		stopped := false
		for {
			select {
			case finding, ok := <-found:
				if !ok {
					return
				}
				if !stopped && !yield(finding) {
					stopped = true
					cancel() // and wait for the call under way
				}
				before = nil
			case <-watch.C:
				now := r.now.Load()
				if now != nil && now == before {
					if !stopped {
						yield(p.hang(*now))
					}
					return
				}
				before = now
			}
		}
	}
}

// runner is one run.
type runner struct {
	Parser
	rand   *rand.Rand
	corpus [][]byte
	seen   map[string]bool        // signatures
	known  map[uint64]bool        // answers, for each type of packet
	now    atomic.Pointer[[]byte] // the packet that the parser has
}

// mostKept is how many packets that got a new answer are kept.
const mostKept = 1 << 14

func (r *runner) loop(ctx context.Context, found chan<- *Finding) {
	var answer error
	parse := r.Parse
	r.Parse = func(packet []byte) error {
		answer = parse(packet)
		return answer
	}
	seeds := r.rand.Perm(len(r.corpus))
	for n := 0; ctx.Err() == nil; n++ {
		var packet []byte
		if n < len(seeds) {
			packet = r.corpus[seeds[n]]
		} else {
			packet = r.fresh()
		}
		r.now.Store(&packet)
		finding := r.check(packet)
		r.now.Store(nil)
		if finding == nil {
			r.keep(packet, answer, len(seeds)+mostKept)
			continue
		}
		if s := finding.Signature(); !r.seen[s] {
			r.seen[s] = true
			finding.Packet = slices.Clone(finding.Packet)
			select {
			case found <- finding:
			case <-ctx.Done():
			}
		}
	}
}

// keep adds a packet to the corpus that got an answer which packets of its type have
// not got before.
func (r *runner) keep(packet []byte, answer error, most int) {
	if len(packet) == 0 || len(r.corpus) >= most {
		return
	}
	h := fnv.New64a()
	h.Write(packet[:1])
	if answer != nil {
		for _, c := range []byte(answer.Error()) {
			if c < '0' || c > '9' { // numbers say nothing new
				h.Write([]byte{c})
			}
		}
	}
	if sum := h.Sum64(); !r.known[sum] {
		r.known[sum] = true
		r.corpus = append(r.corpus, packet)
	}
}

// fresh changes a packet of the corpus, or puts the rest of another one behind its
// start.
func (r *runner) fresh() []byte {
	packet := r.corpus[r.rand.IntN(len(r.corpus))]
	if r.rand.IntN(16) == 0 {
		other := r.corpus[r.rand.IntN(len(r.corpus))]
		packet = slices.Concat(packet[:r.rand.IntN(len(packet)+1)], other[r.rand.IntN(len(other)+1):])
	}
	choices := make([]byte, 1+r.rand.IntN(24))
	for i := range choices {
		choices[i] = byte(r.rand.Uint32())
	}
	return one(change(packet, choices, r.Version, r.From))
}
