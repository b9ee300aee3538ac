package suites

import (
	"bytes"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// key names a spec: a scenario in a version.
type key struct {
	id      string
	version spec.Version
}

// suite is the specs of one target. They await what one run of the engine,
// started by the first of them, has to say.
type suite struct {
	*options
	title string
	specs map[string]key // by the text of the spec
	// selected are the specs that will run, as far as that is known.
	selected map[key]bool
	run      *running
}

func newSuite(target containers.Target, opts []Option) (*suite, error) {
	o, err := read(target, opts)
	if err != nil {
		return nil, err
	}
	s := &suite{options: o, title: "MQTT conformance of " + target.Name(), specs: map[string]key{}, selected: map[key]bool{}}
	for _, sc := range o.session.Scenarios {
		for _, v := range o.versions {
			if sc.In(v) {
				k := key{sc.ID, v}
				s.specs[specText(sc, v)] = k
				s.selected[k] = true
			}
		}
	}
	if len(s.specs) == 0 {
		return nil, fmt.Errorf("nothing is left to run: no scenario that was selected runs in %v", o.versions)
	}
	return s, nil
}

// specText is the text of a spec, the same in every run.
func specText(sc engine.Scenario, v spec.Version) string {
	return fmt.Sprintf("%s in %s: %s", sc.ID, v, sc.Title)
}

// register builds the tree. The container is ordered, for the broker is started
// before its first spec and ended after its last one, and serial, for all specs
// share one run: with several processes the first one does them all.
func (s *suite) register() {
	ginkgo.Describe(s.title, ginkgo.Ordered, ginkgo.ContinueOnFailure, ginkgo.Serial, func() {
		ginkgo.BeforeAll(s.begin)
		ginkgo.AfterAll(s.end)
		broad := []string{"judge"}
		for _, area := range scenarios.Areas(s.session.Scenarios) {
			ginkgo.Context(area, func() {
				for _, sc := range s.session.Scenarios {
					if sc.Area() != area {
						continue
					}
					for _, v := range s.versions {
						if !sc.In(v) {
							continue
						}
						labels := labelsOf(sc, v)
						broad = append(broad, labels[:3]...)
						k := key{sc.ID, v}
						ginkgo.It(specText(sc, v), types.CodeLocation{FileName: sc.File, LineNumber: sc.Line},
							ginkgo.Label(labels...), func(ctx ginkgo.SpecContext) { s.await(ctx, k) })
					}
				}
			})
		}
		// What the judge saw belongs to every selection by area, version or
		// level, so it has all those labels. Requirements would be hundreds.
		slices.Sort(broad)
		ginkgo.It("judge: nothing else is broken that the traces show", ginkgo.Label(slices.Compact(broad)...), s.judge)
	})
}

// labelsOf gives the labels of a spec: area, version, level, requirements.
// These go without their version: it needs a slash, which Ginkgo allows in no
// label, and the version is a label anyway.
func labelsOf(sc engine.Scenario, v spec.Version) []string {
	labels := []string{sc.Area(), "v" + v.String()}
	level := spec.May
	var ids []string
	for _, ref := range sc.ProvesIn(v) {
		ids = append(ids, ref.ID)
		if r, ok := spec.Lookup(ref); ok {
			level = max(level, r.Level)
		}
	}
	return append(append(labels, level.String()), ids...)
}

// preview asks Ginkgo which specs will run, so that the others are not run for
// nothing. Before the flags are read nobody knows, and all are run.
func (s *suite) preview() {
	if !flag.Parsed() {
		return
	}
	selected := map[key]bool{}
	for _, r := range ginkgo.PreviewSpecs(s.title).SpecReports {
		if k, ours := s.specs[r.LeafNodeText]; ours && len(r.ContainerHierarchyTexts) > 0 &&
			r.ContainerHierarchyTexts[0] == s.title && r.State.Is(types.SpecStatePassed) {
			selected[k] = true
		}
	}
	s.selected = selected
}

// narrowed are the scenarios with the versions in which their specs will run.
func (s *suite) narrowed() (kept []engine.Scenario) {
	for _, sc := range s.session.Scenarios {
		var versions []spec.Version
		for _, v := range s.versions {
			if s.selected[key{sc.ID, v}] {
				versions = append(versions, v)
			}
		}
		if len(versions) > 0 {
			sc.Versions = versions
			kept = append(kept, sc)
		}
	}
	return kept
}

// conclude ends a spec as its result says.
func (s *suite) conclude(res *result.Result) {
	ginkgo.GinkgoHelper()
	switch res.Verdict {
	case result.Fail, result.Error:
		ginkgo.Fail(s.block(res))
	case result.Warn:
		if s.level == spec.Should {
			ginkgo.Fail(s.block(res))
		}
		ginkgo.AddReportEntry("warning", s.block(res), ginkgo.ReportEntryVisibilityFailureOrVerbose)
	case result.Known:
		ginkgo.AddReportEntry("known deviation", reasons(res), ginkgo.ReportEntryVisibilityFailureOrVerbose)
	case result.Skip:
		ginkgo.Skip(res.Reason)
	}
}

// block is what the command prints about the result.
func (s *suite) block(res *result.Result) string {
	var b bytes.Buffer
	_ = reports.Text{Level: s.level}.Result(&b, res)
	return strings.TrimRight(b.String(), "\n")
}

func reasons(res *result.Result) string {
	var lines []string
	for _, f := range res.Findings {
		if line := fmt.Sprintf("%s: %s", f.Requirement, f.Known); f.Known != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
