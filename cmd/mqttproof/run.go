package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mqttproof/mqttproof/cmd/mqttproof/target"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
	"github.com/mqttproof/mqttproof/suites/session"
)

const exitNotRun = reports.ExitNotRun

// judged is what came out of one target.
type judged struct {
	run *result.Run
	err error
}

// Run judges the targets and ends with the exit code.
func (c *runCmd) Run(o out) error {
	p, err := c.plan()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(o)
	defer stop()
	screen := newScreen(o.std, p.level, c.Verbose)
	all := c.judgeAll(ctx, p, screen)
	screen.finish()

	var runs, shown []*result.Run
	for _, j := range all {
		runs = append(runs, j.run)
		if len(j.run.Results) > 0 {
			shown = append(shown, j.run)
		}
	}
	// The reports first: whoever reads the screen may have closed it by now.
	if err := c.write(p, runs); err != nil {
		return err
	}
	dirs := map[*result.Run]string{}
	for i, dir := range reports.RunDirs(c.Report, runs...) {
		dirs[runs[i]] = dir
	}
	if err := c.tell(o, screen, shown, dirs); err != nil {
		return err
	}
	code := 0
	for i, j := range all {
		if j.err != nil && ctx.Err() == nil {
			complain(o.err, named(p.targets[i], j.err))
		}
		code = worse(code, j.code(p))
	}
	if ctx.Err() != nil {
		complain(o.err, errors.New("the run was interrupted"))
	}
	if code == 0 {
		return nil
	}
	return exitCode(code)
}

// named makes sure that an error says which target it is about.
func named(t target.Target, err error) error {
	if strings.Contains(err.Error(), t.Name()) {
		return err
	}
	return fmt.Errorf("%s: %w", t.Name(), err)
}

func (j judged) code(p *plan) int {
	if j.err != nil {
		return codeOf(j.err)
	}
	return reports.ExitCode([]*result.Run{j.run}, p.level, true)
}

// worse gives the exit code that goes first: 2 before 3 before 1 before 0.
func worse(a, b int) int {
	rank := map[int]int{0: 0, reports.ExitBroken: 1, exitNotRun: 2, exitUsage: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// again is how long after the first signal another one is the same one: a
// terminal and a wrapper such as timeout may both send it.
const again = 500 * time.Millisecond

// interruptible gives a context that ends with the first Ctrl-C, SIGTERM or
// SIGHUP. The second one ends the program at once. A screen that nobody reads
// any more (SIGPIPE) ends nothing: brokers must be ended and reports written.
func interruptible(o out) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-done:
			return
		}
		complain(o.err, errors.New("interrupted: ending brokers and writing the report; once more ends at once"))
		cancel()
		first := time.Now()
		for {
			select {
			case <-signals:
				if time.Since(first) > again {
					os.Exit(exitNotRun)
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// judgeAll judges the targets. Those that we start run at the same time, each
// on its own broker. Addresses run one after the other, since two of them may
// be two doors to the same broker.
func (c *runCmd) judgeAll(ctx context.Context, p *plan, s *screen) []judged {
	all := make([]judged, len(p.targets))
	lines := make([]*lane, len(p.targets))
	for i, t := range p.targets {
		lines[i] = s.lane(t.Name(), p.count)
	}
	var group sync.WaitGroup
	var doors []int
	for i, t := range p.targets {
		if t.Kind == target.Address {
			doors = append(doors, i)
			continue
		}
		group.Go(func() { all[i] = c.judge(ctx, p, t, lines[i]) })
	}
	group.Go(func() {
		for _, i := range doors {
			all[i] = c.judge(ctx, p, p.targets[i], lines[i])
		}
	})
	group.Wait()
	return all
}

func (c *runCmd) judge(ctx context.Context, p *plan, t target.Target, l *lane) judged {
	cfg := session.Config{
		Target: t, Scenarios: p.scenarios, All: p.all, Options: p.options, Shown: p.shown,
		Software: p.software, Known: p.known, NoKnown: p.noKnown,
		Started: func(s session.Started) {
			where := ""
			if url := s.Broker.URL(); url != t.Name() {
				where = " at " + url
			}
			l.say("%s over %s%s, %d scenarios", cmp.Or(s.Software, "a broker"), s.Broker.Transport(), where, p.count)
			if s.Known != nil && len(s.Known.Deviations) > 0 {
				l.say("known deviations listed for %s: %d (--known none judges without the list)", s.Known.Broker, len(s.Known.Deviations))
			} else if s.Note != "" {
				l.say("%s", s.Note)
			}
		},
	}
	cfg.Options.Replay = session.Replay(t, c.common()...)
	run, err := session.Run(ctx, cfg, l.result)
	l.end()
	return judged{run, err}
}

// tell prints what was found. dirs are where the reports of each run are.
func (c *runCmd) tell(o out, screen *screen, runs []*result.Run, dirs map[*result.Run]string) error {
	if len(runs) == 0 {
		return nil
	}
	for _, run := range runs {
		screen.text.Dir = dirs[run]
		if err := screen.details(run, len(runs) > 1); err != nil {
			return err
		}
	}
	if c.Report != "" {
		if _, err := fmt.Fprintf(o.std, "The reports are in %s\n\n", c.Report); err != nil {
			return err
		}
	}
	return screen.text.Summary(o.std, runs...)
}

// write writes the reports, where they were asked for.
func (c *runCmd) write(p *plan, runs []*result.Run) error {
	if c.Report == "" {
		return nil
	}
	if err := (reports.Options{Level: p.level}).WriteDir(c.Report, runs...); err != nil {
		return fmt.Errorf("the reports could not be written: %w", err)
	}
	return nil
}
