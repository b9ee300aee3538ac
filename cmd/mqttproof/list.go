package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

type listCmd struct{}

// Run prints every area with its scenarios.
func (listCmd) Run(o out) error {
	all := scenarios.All()
	w := tabwriter.NewWriter(o.std, 0, 8, 2, ' ', 0)
	for i, area := range scenarios.Areas(all) {
		if i > 0 {
			_, _ = fmt.Fprintln(w)
		}
		_, _ = fmt.Fprintln(w, area)
		for _, s := range all {
			if s.Area() == area {
				_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\n", s.ID, versionsOf(s), s.Title)
			}
		}
	}
	return w.Flush()
}

// versionsOf lists the versions in which a scenario runs.
func versionsOf(s engine.Scenario) string {
	var names []string
	for _, v := range []spec.Version{spec.V31, spec.V311, spec.V5} {
		if s.In(v) {
			names = append(names, v.String())
		}
	}
	return strings.Join(names, ", ")
}
