package suites

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
	"github.com/mqttproof/mqttproof/suites/session"
	"github.com/onsi/ginkgo/v2"
)

// running is one run of the engine, on which specs wait.
type running struct {
	cancel context.CancelFunc
	first  chan struct{} // closed with the first result
	done   chan struct{} // closed when run and err are there
	run    *result.Run
	err    error

	mu      sync.Mutex
	results map[key]*result.Result
	changed chan struct{} // closed, and made anew, with every result
}

// start runs the scenarios that were selected, all at once, beside the specs.
func (s *suite) start() *running {
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{
		cancel: cancel, first: make(chan struct{}), done: make(chan struct{}),
		results: map[key]*result.Result{}, changed: make(chan struct{}),
	}
	cfg := s.session
	cfg.Scenarios = s.narrowed()
	cfg.All = cfg.All && len(s.selected) == len(s.specs)
	cfg.Started = func(st session.Started) {
		ginkgo.GinkgoWriter.Printf("%s: %s over %s at %s\n", cfg.Target.Name(), st.Software, st.Broker.Transport(), st.Broker.URL())
		if st.Known != nil && len(st.Known.Deviations) > 0 {
			ginkgo.GinkgoWriter.Printf("known deviations listed for %s: %d\n", st.Known.Broker, len(st.Known.Deviations))
		}
		if st.Note != "" {
			ginkgo.GinkgoWriter.Println(st.Note)
		}
	}
	go func() {
		defer close(r.done)
		r.run, r.err = session.Run(ctx, cfg, r.add)
	}()
	return r
}

func (r *running) add(res *result.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.results) == 0 {
		close(r.first)
	}
	r.results[key{res.ID, res.Version}] = res
	close(r.changed)
	r.changed = make(chan struct{})
}

// get gives the result of a spec, or what to wait for until it may be there.
func (r *running) get(k key) (*result.Result, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.results[k], r.changed
}

// begin starts broker and run. That there is no broker is said once, here, and
// not by each spec.
func (s *suite) begin(ctx ginkgo.SpecContext) {
	if len(s.selected) == 0 {
		return // only the judge was selected, who has nothing to see
	}
	s.run = s.start()
	select {
	case <-s.run.first:
	case <-s.run.done:
		if s.run.err != nil && len(s.run.run.Results) == 0 {
			ginkgo.Fail(s.run.err.Error())
		}
	case <-ctx.Done():
	}
}

// end ends what is left of the run, and the broker.
func (s *suite) end() {
	if s.run != nil {
		s.run.cancel()
		<-s.run.done
	}
}

// await is the body of a spec.
func (s *suite) await(ctx ginkgo.SpecContext, k key) {
	ginkgo.GinkgoHelper()
	if s.run == nil || !s.selected[k] {
		ginkgo.Fail("this spec was not to be run when the suite was registered; call suites.Register in the test function, " +
			"after the flags were read, and give RunSpecs a configuration that selects no more than they do")
	}
	for {
		res, changed := s.run.get(k)
		if res != nil {
			s.conclude(res)
			return
		}
		select {
		case <-changed:
		case <-s.run.done:
			if res, _ := s.run.get(k); res == nil {
				ginkgo.Fail(fmt.Sprintf("there is no result, because the run ended early: %v", s.run.err))
			}
		case <-ctx.Done():
			ginkgo.Fail("interrupted while the scenario was running")
		}
	}
}

// judge is the last spec: what was seen outside the requirements of every
// scenario, and what is wrong with the run as a whole.
func (s *suite) judge(ctx ginkgo.SpecContext) {
	if s.run == nil {
		return
	}
	select {
	case <-s.run.done:
	case <-ctx.Done():
		ginkgo.Fail("interrupted while scenarios were running")
	}
	var wrong []string
	for _, res := range s.run.run.Results {
		if res.Area != "judge" {
			continue
		}
		switch {
		case res.Verdict >= result.Fail || (res.Verdict == result.Warn && s.level == spec.Should):
			wrong = append(wrong, s.block(res))
		case res.Verdict == result.Warn:
			ginkgo.AddReportEntry("warning", s.block(res), ginkgo.ReportEntryVisibilityFailureOrVerbose)
		case res.Verdict == result.Known:
			ginkgo.AddReportEntry("known deviation", reasons(res), ginkgo.ReportEntryVisibilityFailureOrVerbose)
		}
	}
	if s.run.err != nil {
		wrong = append(wrong, s.run.err.Error())
	}
	for _, stale := range s.run.run.Footer.Unmatched {
		wrong = append(wrong, "a known deviation no longer holds: "+stale)
	}
	ginkgo.GinkgoWriter.Println(reports.Sentence(s.run.run, s.level))
	if len(wrong) > 0 {
		ginkgo.Fail(strings.Join(wrong, "\n\n"))
	}
}
