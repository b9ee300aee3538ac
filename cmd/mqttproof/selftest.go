package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/reference"
	"github.com/mqttproof/mqttproof/suites/selftest"
)

// selftestCmd is the flags of selftest.
type selftestCmd struct {
	Fault   []string `sep:"none" placeholder:"NAME,..." help:"Run these faults only, each in turn, and not the correct broker: names of list --faults, behaviours in all versions, or requirements."`
	Part    string   `placeholder:"K/N" help:"Run the K-th of N parts of the faults, for a sample that moves on from day to day."`
	Correct bool     `help:"Run the correct broker in all its behaviours only, and no fault."`
	Record  string   `placeholder:"FILE" help:"Write the states there: suites/selftest/recorded.tsv is what list --requirements tells."`
	JSON    bool     `name:"json" help:"Print an array of {fault, requirement, state, scenarios, judge} alone."`
}

// Run proves the scenarios with the reference broker.
func (c *selftestCmd) Run(o out) error {
	faults, err := c.faults()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(o)
	defer stop()
	progress := o.std
	if c.JSON {
		progress = o.err
	}
	var accused []selftest.Broken
	if len(c.Fault) == 0 {
		sets, done := selftest.Sets(), 0
		accused, err = selftest.Correct(ctx, func([]string, int) { done++ })
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(progress, "the correct broker: %d ways to behave, %d wrong accusations\n", len(sets), len(accused))
		for _, b := range accused {
			tellAccused(progress, b)
		}
	}
	if c.Correct {
		faults = nil
	}
	rows, err := selftest.Faults(ctx, faults, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := writeJSON(o.std, rows); err != nil {
			return err
		}
	} else if err := tellRows(o.std, rows); err != nil {
		return err
	}
	lost, err := selftest.Lost(rows)
	if err != nil {
		return err
	}
	for _, text := range lost {
		complain(o.err, errors.New(text))
	}
	if c.Record != "" {
		if err := os.WriteFile(c.Record, []byte(selftest.Record(rows)), 0o644); err != nil {
			return usage("--record: %w", err)
		}
	}
	survived := slices.ContainsFunc(rows, func(r selftest.Row) bool { return r.State == selftest.Survived })
	if survived || len(accused) > 0 || len(lost) > 0 {
		return exitCode(reports.ExitBroken)
	}
	return nil
}

func (c *selftestCmd) faults() (list []reference.Fault, err error) {
	list = reference.Faults()
	if len(c.Fault) > 0 {
		list = nil
		for _, name := range split(c.Fault) {
			found, err := reference.FindFaults(name)
			if err != nil {
				return nil, usage("%w", err)
			}
			for _, f := range found {
				if !slices.ContainsFunc(list, func(g reference.Fault) bool { return g.Name == f.Name }) {
					list = append(list, f)
				}
			}
		}
	}
	if c.Part == "" {
		return list, nil
	}
	var k, n int
	if _, err := fmt.Sscanf(c.Part, "%d/%d", &k, &n); err != nil || k < 1 || k > n || fmt.Sprintf("%d/%d", k, n) != c.Part {
		return nil, usage("--part %q is not K/N with K from 1 to N, such as 3/8", c.Part)
	}
	var part []reference.Fault
	for i, f := range list {
		if i%n == k-1 {
			part = append(part, f)
		}
	}
	return part, nil
}

func tellAccused(w io.Writer, b selftest.Broken) {
	_, _ = fmt.Fprintf(w, "  %s in MQTT %s, with [%s]: %s %s\n", b.Result.ID, b.Result.Version, strings.Join(b.Behaviours, " "), b.Result.Verdict, b.Result.Reason)
	for _, f := range b.Result.Findings {
		_, _ = fmt.Fprintf(w, "    %s expected %s, got %s\n", f.Requirement, f.Expected, f.Got)
	}
}

// tellRows prints what was not killed, one line each, and the counts.
func tellRows(out io.Writer, rows []selftest.Row) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	order := []selftest.State{selftest.Survived, selftest.Open, selftest.KilledElsewhere, selftest.Killed}
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b selftest.Row) int {
		return cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State))
	})
	for _, r := range sorted {
		seen := strings.Join(r.Scenarios, ", ")
		const most = 3
		if len(r.Scenarios) > most {
			seen = fmt.Sprintf("%s and %d more", strings.Join(r.Scenarios[:most], ", "), len(r.Scenarios)-most)
		}
		if r.State == selftest.Killed && len(rows) > 40 {
			continue // of so many, those that need work are shown
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.State, r.Fault, r.Requirement, seen)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, v := range []spec.Version{spec.V311, spec.V5} {
		count, judge, n := map[selftest.State]int{}, 0, 0
		proven := map[spec.Ref]bool{}
		for _, r := range rows {
			if r.Requirement.Version != v {
				continue
			}
			n++
			count[r.State]++
			if r.Judge {
				judge++
			}
			killed := r.State == selftest.Killed
			if before, seen := proven[r.Requirement]; seen {
				killed = killed && before
			}
			proven[r.Requirement] = killed
		}
		good := 0
		for killed := range maps.Values(proven) {
			if killed {
				good++
			}
		}
		_, _ = fmt.Fprintf(out, "MQTT %s: %d faults: %d killed, %d killed elsewhere, %d survived, %d open; the judge alone notices %d; %d of %d requirements proven\n",
			v, n, count[selftest.Killed], count[selftest.KilledElsewhere], count[selftest.Survived], count[selftest.Open], judge, good, len(proven))
	}
	return nil
}

// writeJSON prints a value as JSON that people can read.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
