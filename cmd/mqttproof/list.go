package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// listCmd is the flags of list.
type listCmd struct {
	Faults     bool `xor:"what" help:"List the faults of the reference broker, with the requirements that they break."`
	Behaviours bool `xor:"what" help:"List the ways in which the reference broker can behave and conform."`
}

// Run prints every area with its scenarios, or what else was asked for.
func (c listCmd) Run(o out) error {
	switch {
	case c.Faults:
		return listFaults(o.std)
	case c.Behaviours:
		return listBehaviours(o.std)
	}
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

func listFaults(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, f := range reference.Faults() {
		var breaks []string
		for _, ref := range f.Breaks {
			breaks = append(breaks, ref.ID)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, strings.Join(breaks, ", "), f.What)
	}
	return w.Flush()
}

func listBehaviours(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, b := range reference.Behaviours() {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", b.Name, b.What)
	}
	return w.Flush()
}
