package scenarios

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/scenarios/engine"
)

// Select keeps the scenarios that one of the only expressions matches (all, if
// there are none) and no skip expression does. An expression is a scenario id,
// an area or a requirement (with or without its version), with * for any run
// of characters. One that matches no scenario at all is an error: a typing
// mistake must not shrink a run in silence.
func Select(all []engine.Scenario, only, skip []string) ([]engine.Scenario, error) {
	for _, expression := range slices.Concat(only, skip) {
		if !slices.ContainsFunc(all, func(s engine.Scenario) bool { return matches(s, expression) }) {
			return nil, fmt.Errorf("%q matches no scenario, area or requirement; the areas are %s, and 'mqttproof list' shows the scenarios",
				expression, strings.Join(Areas(all), ", "))
		}
	}
	var kept []engine.Scenario
	for _, s := range all {
		match := func(expression string) bool { return matches(s, expression) }
		if (len(only) == 0 || slices.ContainsFunc(only, match)) && !slices.ContainsFunc(skip, match) {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

// Areas gives the areas of the scenarios, sorted.
func Areas(all []engine.Scenario) []string {
	set := map[string]bool{}
	for _, s := range all {
		set[s.Area()] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func matches(s engine.Scenario, expression string) bool {
	if glob(expression, s.ID) || glob(expression, s.Area()) {
		return true
	}
	for _, ref := range s.Proves {
		if glob(expression, ref.String()) || glob(expression, ref.ID) {
			return true
		}
	}
	return false
}

// glob matches with * for any run of characters, a slash included: requirement
// references have one in them.
func glob(pattern, name string) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x01") }
	ok, err := path.Match(flat(pattern), flat(name))
	return err == nil && ok
}
