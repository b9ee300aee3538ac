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
	"github.com/mqttproof/mqttproof/suites/selftest"
)

// listCmd is the flags of list.
type listCmd struct {
	Faults       bool `xor:"what" help:"List the faults of the reference broker, with the requirements that they break."`
	Requirements bool `xor:"what" help:"List the requirements: proven, covered, untestable with the reason, or open."`
	Behaviours   bool `xor:"what" help:"List the ways in which the reference broker can behave and conform."`
	JSON         bool `name:"json" help:"Print an array of objects."`
}

// Run prints every area with its scenarios, or what else was asked for.
func (c listCmd) Run(o out) error {
	switch {
	case c.Faults:
		return listFaults(o.std, c.JSON)
	case c.Behaviours:
		return listBehaviours(o.std, c.JSON)
	case c.Requirements:
		return listRequirements(o.std, c.JSON)
	case c.JSON:
		return listScenarios(o.std)
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

// listScenarios prints the scenarios as JSON.
func listScenarios(out io.Writer) error {
	type row struct {
		ID           string         `json:"id"`
		Area         string         `json:"area"`
		Title        string         `json:"title"`
		Why          string         `json:"why"`
		Versions     []spec.Version `json:"versions"`
		Requirements []spec.Ref     `json:"requirements"`
	}
	rows := []row{}
	for _, s := range scenarios.All() {
		r := row{s.ID, s.Area(), s.Title, s.Why, []spec.Version{}, s.Proves}
		for _, v := range []spec.Version{spec.V31, spec.V311, spec.V5} {
			if s.In(v) {
				r.Versions = append(r.Versions, v)
			}
		}
		rows = append(rows, r)
	}
	return writeJSON(out, rows)
}

func listFaults(out io.Writer, asJSON bool) error {
	type row struct {
		Fault        string     `json:"fault"`
		What         string     `json:"what"`
		Requirements []spec.Ref `json:"requirements"`
	}
	rows := []row{}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, f := range reference.Faults() {
		if asJSON {
			rows = append(rows, row{f.Name, f.What, f.Breaks})
			continue
		}
		var breaks []string
		for _, ref := range f.Breaks {
			breaks = append(breaks, ref.ID)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, strings.Join(breaks, ", "), f.What)
	}
	if asJSON {
		return writeJSON(out, rows)
	}
	return w.Flush()
}

func listBehaviours(out io.Writer, asJSON bool) error {
	type row struct {
		Behaviour string `json:"behaviour"`
		What      string `json:"what"`
	}
	rows := []row{}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, b := range reference.Behaviours() {
		rows = append(rows, row{b.Name, b.What})
		_, _ = fmt.Fprintf(w, "%s\t%s\n", b.Name, b.What)
	}
	if asJSON {
		return writeJSON(out, rows)
	}
	return w.Flush()
}

func listRequirements(out io.Writer, asJSON bool) error {
	list, err := selftest.Requirements()
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(out, list)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, r := range list {
		why := r.Reason
		if len(r.Scenarios) > 0 {
			why = strings.TrimPrefix(strings.Join(r.Scenarios, ", ")+"; "+r.Reason, "; ")
			why = strings.TrimSuffix(why, "; ")
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", r.Requirement, r.State, why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, v := range []spec.Version{spec.V311, spec.V5} {
		n, err := selftest.Count(v)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out, n)
	}
	return nil
}
