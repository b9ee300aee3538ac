package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/mqttproof/mqttproof/cmd/mqttproof/target"
	"github.com/mqttproof/mqttproof/fuzz/broker"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/suites/session"
)

// fuzzCmd is the flags of fuzz.
type fuzzCmd struct {
	Target string `arg:"" optional:"" name:"target" help:"The broker to attack, as run takes it; embedded:mochi is the default."`

	reachFlags

	For         time.Duration `default:"60s" help:"How long."`
	Sessions    uint64        `placeholder:"N" help:"End after so many sessions."`
	Seed        *uint64       `help:"Repeats what is generated, as far as the broker answers the same (default: a fresh one)."`
	Clients     int           `default:"4" help:"Clients in a session at most, 1 to 4."`
	Out         string        `default:"mqttproof-fuzz" placeholder:"DIR" help:"Write findings, corpus and report there."`
	Corpus      string        `placeholder:"DIR" help:"Sessions to begin with and to add to (default: corpus in --out)."`
	RestartCmd  string        `placeholder:"COMMAND" help:"Starts a broker at an address again."`
	AllowRemote bool          `help:"Attack an address that is not of this machine. It may crash or fill what runs there: have its owner's word."`
}

// Run fuzzes the broker and ends with 1 where something was found that counts.
func (c *fuzzCmd) Run(o out) error {
	t, opts, err := c.options(o)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(o)
	defer stop()
	_, _ = fmt.Fprintf(o.err, "fuzzing %s for %v, seed %d; findings go to %s\n", t.Name(), c.For, opts.Seed, c.Out)
	report, err := broker.Run(ctx, t, opts)
	if err != nil {
		return err
	}
	if err := report.Save(c.Out); err != nil {
		return err
	}
	if err := report.Text(o.std); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.std, "the report is %s\n", filepath.Join(c.Out, "report.html")); err != nil {
		return err
	}
	switch {
	case report.Ended != "":
		complain(o.err, errors.New(report.Ended))
		if !report.Broken() {
			return exitCode(exitNotRun)
		}
	case !report.Complete:
		complain(o.err, errors.New("the run was interrupted"))
		return exitCode(exitNotRun)
	}
	if report.Broken() {
		return exitCode(reports.ExitBroken)
	}
	return nil
}

func (c *fuzzCmd) options(o out) (t target.Target, opts broker.Options, err error) {
	var texts []string
	if c.Target != "" {
		texts = append(texts, c.Target)
	}
	list, err := c.targets(texts)
	if err != nil {
		return t, opts, err
	}
	t = list[0]
	if c.Clients < 1 || c.Clients > 4 {
		return t, opts, usage("--clients is %d, and a session has 1 to 4", c.Clients)
	}
	if c.For <= 0 {
		return t, opts, usage("--for must be above 0, for example 60s")
	}
	if err := local(t, c.AllowRemote); err != nil {
		return t, opts, err
	}
	opts = broker.Options{For: c.For, Sessions: c.Sessions, Clients: c.Clients, Dir: c.Out, Corpus: c.Corpus, Seed: rand.Uint64N(1 << 31)}
	if c.Seed != nil {
		opts.Seed = *c.Seed
	}
	if c.RestartCmd != "" {
		if t.Kind != target.Address {
			return t, opts, usage("--restart-cmd is for a broker at an address; %s is started by the harness", t.Name())
		}
		opts.Restart = func(ctx context.Context) error {
			printed, err := exec.CommandContext(ctx, "sh", "-c", c.RestartCmd).CombinedOutput()
			if err != nil {
				return fmt.Errorf("--restart-cmd: %w: %s", err, printed)
			}
			return nil
		}
	}
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return t, opts, usage("--out: %w", err)
	}
	opts.Progress = func(s broker.Stats) { _, _ = fmt.Fprintln(o.err, s) }
	opts.Found = func(f *broker.Finding) {
		_, _ = fmt.Fprintf(o.err, "found %s\n      %s\n", f, filepath.Join(c.Out, "findings", f.ID))
	}
	opts.Replay = func(path string) string {
		return session.Command(append([]string{"mqttproof", "replay", path, "--target", t.Name()}, c.again()...)...)
	}
	return t, opts, nil
}

// local refuses to attack what does not run on this machine.
func local(t target.Target, allowed bool) error {
	if t.Kind != target.Address || allowed {
		return nil
	}
	u, err := url.Parse(t.Name())
	if err != nil {
		return usage("%s: %w", t.Name(), err)
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return usage("%s is not of this machine. Fuzzing can crash a broker, fill its disk, and kick its clients out: do it to one that nobody else uses. If this is one, say --allow-remote", t.Name())
}
