// Package session starts a target, runs scenarios on it, marks the known
// deviations and fills in what a report says about the run. The command and
// the suites share it; it knows no Ginkgo, no Docker and no broker, so who
// uses it compiles none of them.
package session

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Config says what to run on which target.
type Config struct {
	Target containers.Target
	// Scenarios are those selected.
	Scenarios []engine.Scenario
	// All says that nothing was left out of them and of the versions. Only then
	// an entry of the known deviations that nothing matches is out of date.
	All     bool
	Options engine.Options
	// Shown are the options for the report, without secrets.
	Shown []string
	// Software names the broker and its version where the target does not know
	// them; it goes before what the target says.
	Software string
	// Known is a list of known deviations that was asked for. Without it the one
	// that comes with mqttproof is applied where Software is set, or where the
	// broker is embedded, so that we know for certain what it is.
	Known *reports.Known
	// NoKnown applies no list at all.
	NoKnown bool
	// Started is called, if not nil, once the broker accepted a CONNECT.
	Started func(Started)
}

// Started is what is known when the broker accepted a CONNECT.
type Started struct {
	Broker   *containers.Broker
	Software string         // empty if unknown
	Known    *reports.Known // nil if no list is applied
	// Note says why a list that was asked for is not applied.
	Note string
}

// closing is how long a broker may take to end. It is not cut short by Ctrl-C:
// what we started must be gone when we are.
const closing = 20 * time.Second

// Run runs the scenarios. each, if not nil, gets every result as it comes,
// known deviations marked, one call at a time. The run is never nil; it is
// incomplete if ctx ended or an error is returned. Errors are those of
// Target.Start and engine.Run, and one for a broker that could not be ended.
func Run(ctx context.Context, cfg Config, each func(*result.Result)) (run *result.Run, err error) {
	started := time.Now()
	run = &result.Run{
		Header: result.Header{
			Kind: "header", Versions: cfg.Options.Versions, Seed: cfg.Options.Seed,
			Timeouts: cfg.Options.Timeouts.Table(), Started: started.UTC(),
		},
		Footer: result.Footer{Kind: "footer", Counts: map[result.Verdict]int{}},
	}
	software := cfg.Software
	defer func() {
		run.Header.Schema = reports.SchemaName
		run.Header.Tool = Tool()
		run.Header.Target = cfg.Target.Name()
		run.Header.Broker = software
		run.Header.Options = cfg.Shown
	}()
	broker, err := cfg.Target.Start(ctx)
	if err != nil {
		return run, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		if closeErr := broker.Close(ctx); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("%s could not be ended: %w", cfg.Target.Name(), closeErr))
		}
	}()
	if software == "" {
		software = broker.Software()
	}
	known, note := cfg.known(software)
	if cfg.Started != nil {
		cfg.Started(Started{broker, software, known, note})
	}
	run, err = engine.Run(ctx, broker, cfg.Scenarios, cfg.Options, func(res *result.Result) {
		if known != nil {
			known.Apply(res)
		}
		if each != nil {
			each(res)
		}
	})
	if known != nil {
		recount(run)
		if err == nil {
			run.Footer.Unmatched = unmatched(known, cfg.All && run.Footer.Complete, run.Results)
		}
	}
	return run, err
}

// known chooses the list of known deviations.
func (cfg *Config) known(software string) (known *reports.Known, note string) {
	switch {
	case cfg.NoKnown:
		return nil, ""
	case cfg.Known != nil:
		if software == "" || cfg.Known.Covers(software) {
			return cfg.Known, ""
		}
		return nil, fmt.Sprintf("the list of known deviations is for %s %s, which this is not: not applied",
			cfg.Known.Broker, strings.Join(cfg.Known.Versions, ", "))
	case cfg.Software == "" && !strings.HasPrefix(cfg.Target.Name(), "embedded:"):
		return nil, ""
	}
	known, covers := reports.KnownFor(software)
	if covers {
		return known, ""
	}
	return nil, fmt.Sprintf("no list of known deviations comes with mqttproof for %s", software)
}

// unmatched lists the entries that no longer hold. Where only a part was run,
// an entry with a pattern, or without a scenario, may hold in the other part:
// nothing is said of it.
func unmatched(known *reports.Known, all bool, results []*result.Result) []string {
	if all {
		return known.Unmatched(true, results...)
	}
	exact := *known
	exact.Deviations = slices.DeleteFunc(slices.Clone(known.Deviations), func(d reports.Deviation) bool {
		return d.Scenario == "" || d.Requirement == "" || strings.ContainsAny(d.Scenario+d.Requirement, "*?")
	})
	return exact.Unmatched(false, results...)
}

// Replay gives the command that runs one scenario again on the target; flags
// are those that it needs beside.
func Replay(target containers.Target, flags ...string) func(id string, v spec.Version) string {
	return func(id string, v spec.Version) string {
		return Command(append([]string{"mqttproof", "run", target.Name(), "--only", id, "--versions", v.String()}, flags...)...)
	}
}

// Command makes a line for a shell of words.
func Command(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

// quote makes one word for a shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// recount counts again once the verdicts changed because of known deviations.
func recount(run *result.Run) {
	run.Footer.Counts = map[result.Verdict]int{}
	for _, res := range run.Results {
		run.Footer.Counts[res.Verdict]++
	}
}

// modulePath finds our version where another module's tests are the program.
const modulePath = "github.com/mqttproof/mqttproof"

// Version is the version of mqttproof that was built in; "devel" if it was
// built from a folder.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	version := ""
	if info.Main.Path == modulePath {
		version = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == modulePath && dep.Replace == nil {
			version = dep.Version
		}
	}
	if version == "" || version == "(devel)" {
		return "devel"
	}
	return version
}

// Tool is the name and the version of mqttproof, as reports show them.
func Tool() string { return "mqttproof " + Version() }
