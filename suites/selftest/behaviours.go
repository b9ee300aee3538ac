package selftest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/reference"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Correct runs every scenario on reference brokers without a fault: with the
// defaults, over WebSocket and over TLS, with each behaviour alone, and with enough combinations
// that each two behaviours stand together in one. It gives what was found, where nothing
// should be. each, if not nil, is told of each broker when it is done.
func Correct(ctx context.Context, each func(behaviours []string, broken int)) ([]Broken, error) {
	sets := append(Sets(), over["ws"], over["tls"])
	found := make([][]Broken, len(sets))
	err := parallel(ctx, len(sets), correctAtOnce, func(ctx context.Context, i int) error {
		run, err := correct(ctx, sets[i])
		if err != nil {
			return fmt.Errorf("the reference broker with [%s]: %w", strings.Join(sets[i], " "), err)
		}
		for _, res := range run.Results {
			if res.Verdict > result.Pass && !allowed(sets[i], res) {
				found[i] = append(found[i], Broken{sets[i], res})
			}
		}
		return context.Cause(ctx)
	}, func(i int) {
		if each != nil {
			each(sets[i], len(found[i]))
		}
	})
	var all []Broken
	for _, f := range found {
		all = append(all, f...)
	}
	return all, err
}

// over stands for the defaults, with all connections over a transport.
var over = map[string][]string{"ws": {"over WebSocket"}, "tls": {"over TLS"}}

// correct runs every scenario on a correct broker with these behaviours.
func correct(ctx context.Context, set []string) (*result.Run, error) {
	for transport, name := range over {
		if slices.Equal(set, name) {
			return judgeOver(ctx, transport, reference.Defaults(), nil, scenarios.All())
		}
	}
	opts, err := reference.Defaults().With(set...)
	if err != nil {
		return nil, err
	}
	return judge(ctx, opts, nil, scenarios.All())
}

// allowed says that a result has nothing but warnings which one of the behaviours
// earns.
func allowed(set []string, res *result.Result) bool {
	if res.Verdict != result.Warn {
		return false
	}
	for _, f := range res.Findings {
		if !slices.ContainsFunc(reference.Behaviours(), func(b reference.Behaviour) bool {
			return slices.Contains(set, b.Name) && slices.Contains(b.Warns, f.Requirement)
		}) {
			return false
		}
	}
	return true
}

// Sets lists the sets of behaviours to run with: none, each alone, and a few
// large ones in which every two that do not exclude each other meet, both on,
// and one on without the other.
func Sets() [][]string {
	behaviours := reference.Behaviours()
	sets := [][]string{nil}
	for _, b := range behaviours {
		sets = append(sets, []string{b.Name})
	}
	return append(sets, pairwise(behaviours)...)
}

// pairwise adds sets until every pair is covered, each chosen greedily: a
// behaviour joins where that covers more pairs than staying out.
func pairwise(behaviours []reference.Behaviour) (sets [][]string) {
	type pair struct {
		a, b     int
		aOn, bOn bool
	}
	open := map[pair]bool{}
	for a := range behaviours {
		for b := a + 1; b < len(behaviours); b++ {
			excluded := behaviours[a].Apart != "" && behaviours[a].Apart == behaviours[b].Apart
			if !excluded {
				open[pair{a, b, true, true}] = true
			}
			open[pair{a, b, true, false}] = true
			open[pair{a, b, false, true}] = true
		}
	}
	for len(open) > 0 {
		on := make([]bool, len(behaviours))
		// covers counts the open pairs of behaviour i with those before it.
		covers := func(i int, value bool) (n int) {
			for j := range i {
				if open[pair{j, i, on[j], value}] {
					n++
				}
			}
			return n
		}
		// The first pair that is open is set, so that each set covers something.
		forced := map[int]bool{}
	first:
		for a := range behaviours {
			for b := a + 1; b < len(behaviours); b++ {
				for _, p := range []pair{{a, b, true, true}, {a, b, true, false}, {a, b, false, true}} {
					if open[p] {
						forced[a], forced[b] = p.aOn, p.bOn
						break first
					}
				}
			}
		}
		taken := map[string]bool{} // of those that exclude each other
		for i, value := range forced {
			if value && behaviours[i].Apart != "" {
				taken[behaviours[i].Apart] = true
			}
		}
		var names []string
		for i, b := range behaviours {
			value, must := forced[i]
			if !must {
				value = !(b.Apart != "" && taken[b.Apart]) && covers(i, true) >= covers(i, false)
			}
			on[i] = value
			if value {
				names = append(names, b.Name)
				if b.Apart != "" {
					taken[b.Apart] = true
				}
			}
		}
		for a := range on {
			for b := a + 1; b < len(on); b++ {
				delete(open, pair{a, b, on[a], on[b]})
			}
		}
		sets = append(sets, names)
	}
	return sets
}
