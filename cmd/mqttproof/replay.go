package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/mqttproof/mqttproof/fuzz/broker"
	"github.com/mqttproof/mqttproof/reports"
)

// replayCmd is the flags of replay.
type replayCmd struct {
	File string `arg:"" help:"A finding of fuzz: its folder, its finding.json, or a session.yaml."`

	reachFlags

	Target      string `placeholder:"TARGET" help:"The broker (default: that of the finding, or embedded:mochi)."`
	Times       int    `default:"1" help:"How often, each time on a fresh broker where it can be started."`
	GoTest      string `placeholder:"FILE" help:"Write a Go test that does the same without mqttproof, and run nothing."`
	AllowRemote bool   `help:"Attack an address that is not of this machine."`
}

// Run runs a finding again. It ends with 1 where it happens again.
func (c *replayCmd) Run(o out) error {
	f, err := broker.Load(c.File)
	if err != nil {
		return usage("%w", err)
	}
	if c.Times < 1 {
		return usage("--times is %d, and must be 1 or more", c.Times)
	}
	if c.GoTest != "" {
		source, err := f.GoTest()
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.GoTest, source, 0o666); err != nil {
			return usage("--go-test: %w", err)
		}
		_, err = fmt.Fprintf(o.std, "%s: MQTT_ADDRESS=127.0.0.1:1883 go test -count=1 %s\n", c.GoTest, c.GoTest)
		return err
	}
	list, err := c.targets([]string{cmp.Or(c.Target, f.Target, "embedded:")})
	if err != nil {
		return err
	}
	if err := local(list[0], c.AllowRemote); err != nil {
		return err
	}
	ctx, stop := interruptible(o)
	defer stop()
	runs, err := broker.Replay(ctx, list[0], f, c.Times)
	if err != nil {
		return err
	}
	again := 0
	for i, r := range runs {
		if r.Again {
			again++
		}
		if i > 0 {
			continue // the first one is shown, the others are counted
		}
		if err := (reports.Text{}).Timeline(o.std, r.Trace); err != nil {
			return err
		}
		for _, s := range r.Seen {
			_, _ = fmt.Fprintf(o.std, "%s  %s\n    %s\n", s.Class, reports.Printable(s.Signature), reports.Printable(s.Detail))
		}
	}
	what := "something was wrong"
	if f.Class != "" {
		what = "it happened again"
	}
	_, _ = fmt.Fprintf(o.std, "%s: %s %d of %d times\n", list[0].Name(), what, again, len(runs))
	if again > 0 {
		return exitCode(reports.ExitBroken)
	}
	return nil
}
