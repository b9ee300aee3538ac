package engine

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// beside collects findings on requirements that the scenario in which they
// were made does not cite. They are reported once for each requirement, not
// once for each scenario.
type beside struct {
	mu   sync.Mutex
	seen map[broken][]witness
}

// broken is a requirement as it shows in a version: that of the requirement, or
// 3.1, where one of 3.1.1 is no more than a warning.
type broken struct {
	version spec.Version
	spec.Ref
}

type witness struct {
	res     *result.Result
	trace   result.Trace // kept by itself: the result may let its trace go
	replay  string
	finding result.Finding
}

func (b *beside) add(res *result.Result, findings []result.Finding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen == nil {
		b.seen = map[broken][]witness{}
	}
	for _, f := range findings {
		what := broken{f.Requirement.Version, f.Requirement}
		if res.Version == spec.V31 {
			what.version = spec.V31
		}
		ws := b.seen[what]
		if len(ws) > 0 && ws[len(ws)-1].res == res {
			continue // one finding of a scenario shows it
		}
		b.seen[what] = append(ws, witness{res, res.Trace, res.Replay, f})
	}
}

// results gives one result for each requirement, shown by the witness that
// comes first in the order of scenarios, so that runs compare.
func (b *beside) results() []*result.Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*result.Result
	for _, ref := range slices.SortedFunc(maps.Keys(b.seen), func(a, b broken) int {
		return cmp.Or(cmp.Compare(a.String(), b.String()), cmp.Compare(a.version, b.version))
	}) {
		ws := b.seen[ref]
		slices.SortFunc(ws, func(a, b witness) int {
			return cmp.Or(cmp.Compare(a.res.ID, b.res.ID), cmp.Compare(a.res.Version, b.res.Version))
		})
		first := ws[0]
		title := "nothing else is broken"
		if r, ok := spec.Lookup(ref.Ref); ok {
			title = r.Summary
		}
		res := &result.Result{
			Kind: "scenario", ID: "judge." + ref.ID, Area: "judge", Title: title, Version: ref.version,
			Transport: first.res.Transport, Findings: []result.Finding{first.finding},
			Trace: first.trace, Replay: first.replay, Requirements: map[spec.Ref]result.Verdict{},
		}
		for _, w := range ws {
			if !slices.Contains(res.SeenIn, w.res.ID) {
				res.SeenIn = append(res.SeenIn, w.res.ID)
			}
		}
		res.Settle()
		all = append(all, res)
	}
	return all
}
