// Package scenarios holds the scenarios, one file per behaviour. A scenario is
// a value: the command, Ginkgo and the fuzzer are front ends to the same list.
package scenarios

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

// registry is the one global state of the project.
var registry []engine.Scenario

// add registers a scenario and notes where it is written.
func add(s engine.Scenario) engine.Scenario {
	if slices.ContainsFunc(registry, func(r engine.Scenario) bool { return r.ID == s.ID }) {
		panic(fmt.Sprintf("scenario %s is registered twice", s.ID))
	}
	_, s.File, s.Line, _ = runtime.Caller(1)
	registry = append(registry, s)
	return s
}

// All gives every scenario, sorted by id.
func All() []engine.Scenario {
	all := slices.Clone(registry)
	for i := range all {
		all[i].In31, all[i].Early = in31(all[i]), early(all[i])
	}
	slices.SortFunc(all, func(a, b engine.Scenario) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// V311 names requirements of MQTT 3.1.1.
func V311(ids ...string) []spec.Ref { return refs(spec.V311, ids) }

// V5 names requirements of MQTT 5.0.
func V5(ids ...string) []spec.Ref { return refs(spec.V5, ids) }

func refs(v spec.Version, ids []string) []spec.Ref {
	list := make([]spec.Ref, len(ids))
	for i, id := range ids {
		list[i] = spec.Ref{Version: v, ID: id}
	}
	return list
}

// Requirements joins requirements of several versions.
func Requirements(lists ...[]spec.Ref) []spec.Ref { return slices.Concat(lists...) }
