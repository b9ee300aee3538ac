package parser

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Fuzz is the body of a fuzz test, func FuzzX(f *testing.F). It first gives the
// parser all packets of the tables; where answers are wrong it fails with one
// example of each rule, and the rules as Tolerate wants them. After that it is
// coverage-guided fuzzing: go test -fuzz=FuzzX -fuzzminimizetime=10x.
func (p Parser) Fuzz(f *testing.F) {
	f.Helper()
	corpus, err := p.more()
	if err := errors.Join(p.validate(), err); err != nil {
		f.Fatal(err)
	}
	// A few: go test runs each seed in a test of its own.
	few := slices.Concat(FewSeeds(p.Version, p.From), corpus)
	if report := p.report(slices.Concat(Seeds(p.Version, p.From), few)); report != "" {
		f.Fatal(report)
	}
	for _, input := range few {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if finding := p.Check(input); finding != nil {
			t.Error(finding)
		}
	})
}

// more are the inputs of the Corpus.
func (p *Parser) more() ([][]byte, error) {
	if p.Corpus == "" {
		return nil, nil
	}
	return ReadCorpus(p.Corpus)
}

// report checks all inputs and tells each cause once; "" is no finding.
func (p *Parser) report(inputs [][]byte) string {
	var order []string
	first, count := map[string]*Finding{}, map[string]int{}
	for _, input := range inputs {
		finding := p.Check(input)
		if finding == nil {
			continue
		}
		s := finding.Signature()
		if count[s]++; first[s] == nil {
			first[s] = finding
			order = append(order, s)
		}
	}
	if len(order) == 0 {
		return ""
	}
	slices.SortStableFunc(order, func(a, b string) int {
		return slices.Index(gravity, first[a].Class) - slices.Index(gravity, first[b].Class)
	})
	var b, rules strings.Builder
	total := 0
	for _, s := range order {
		total += count[s]
		fmt.Fprintf(&b, "%d x, such as %v\n", count[s], first[s])
		if first[s].Class == Accepts {
			fmt.Fprintf(&rules, "\t%q,\n", first[s].Rule.String())
		}
	}
	head := fmt.Sprintf("%d of %d packets made from the tables of the standard get a wrong answer, for %d causes:\n", total, len(inputs), len(order))
	if rules.Len() > 0 {
		fmt.Fprintf(&b, "What the parser accepts on purpose goes into Tolerate:\n%s", rules.String())
	}
	return head + b.String()
}
