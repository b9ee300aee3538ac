package broker

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/embedded"
)

// of gives the findings of a class.
func of(r *Report, class Class) (list []*Finding) {
	for _, f := range r.Findings {
		if f.Class == class {
			list = append(list, f)
		}
	}
	return list
}

// TestOneBugIsOneFinding: a broker that dies of every UNSUBSCRIBE, with other numbers
// in its panic each time, has one finding; the run goes on with fresh brokers.
func TestOneBugIsOneFinding(t *testing.T) {
	for _, how := range []string{"panic", "exit"} {
		t.Run(how, func(t *testing.T) {
			report, dir := fuzzed(t, bad(t, how), Options{For: time.Minute, Sessions: 400})
			crashes := of(report, Crash)
			if len(crashes) != 1 || !crashes[0].Stable || !report.Broken() || !report.Complete || report.Ended != "" {
				t.Fatalf("%d crashes %v, complete %v, ended %q", len(crashes), crashes, report.Complete, report.Ended)
			}
			if report.Stats.Starts < 2 || report.Stats.Sessions < 400 {
				t.Errorf("it was started %d times more in %d sessions", report.Stats.Starts, report.Stats.Sessions)
			}
			for _, name := range []string{"finding.json", "session.yaml", "output.txt", "trace.pcapng", "connection-1.bin"} {
				if _, err := os.Stat(filepath.Join(dir, "findings", crashes[0].ID, name)); err != nil {
					t.Error(err)
				}
			}
			replayed(t, bad(t, how), filepath.Join(dir, "findings", crashes[0].ID), true)
			replayed(t, embedded.Reference(), filepath.Join(dir, "findings", crashes[0].ID), false)
		})
	}
}

// replayed runs a finding that was written again.
func replayed(t *testing.T, target containers.Target, dir string, again bool) {
	t.Helper()
	f, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Replay(t.Context(), target, f, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Again != again {
			t.Errorf("%s: it happens again: %v, want %v; %+v", target.Name(), r.Again, again, r.Seen)
		}
	}
}

// TestUnstable: what cannot be shown again is told, and does not count.
func TestUnstable(t *testing.T) {
	t.Setenv(badOnce, filepath.Join(t.TempDir(), "it has crashed"))
	report, _ := fuzzed(t, bad(t, "once"), Options{For: time.Minute, Sessions: 300})
	crashes := of(report, Crash)
	if len(crashes) != 1 || crashes[0].Stable || crashes[0].Seen != 0 || report.Broken() || report.Stats.Unstable != 1 {
		t.Fatalf("%d crashes: %+v; %+v", len(crashes), crashes, report.Stats)
	}
}

// reached starts a bad broker that the run only knows by its address.
func reached(t *testing.T, how string) (at containers.Target, b *containers.Broker) {
	t.Helper()
	b, err := bad(t, how).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	return containers.Address(b.URL()), b
}

// TestDeathAtAnAddress: where nobody can start the broker again its death ends the
// run, which says what would help.
func TestDeathAtAnAddress(t *testing.T) {
	target, _ := reached(t, "exit")
	report, dir := fuzzed(t, target, Options{For: time.Minute})
	if len(report.Findings) != 1 || report.Findings[0].Class != Crash || report.Findings[0].Stable || report.Findings[0].Tries != 0 {
		t.Errorf("%+v", report.Findings)
	}
	if !strings.Contains(report.Ended, "--restart-cmd") || report.Complete || !report.Broken() || report.Stats.Elapsed > 30*time.Second {
		t.Errorf("ended %q after %v, complete %v", report.Ended, report.Stats.Elapsed, report.Complete)
	}
	if _, err := os.Stat(filepath.Join(dir, "findings", report.Findings[0].ID, "session.yaml")); err != nil {
		t.Error(err)
	}
}

// TestRestartAtAnAddress: with a way to start it again the run goes on, and the crash
// is reproduced.
func TestRestartAtAnAddress(t *testing.T) {
	target, b := reached(t, "exit")
	restarts := 0
	report, _ := fuzzed(t, target, Options{For: 30 * time.Second, Sessions: 300, Restart: func(ctx context.Context) error {
		restarts++ // never twice at once
		return b.Restart(ctx)
	}})
	crashes := of(report, Crash)
	if restarts == 0 || report.Ended != "" || len(crashes) == 0 || !crashes[0].Stable {
		t.Errorf("%d restarts, ended %q, %d crashes %v", restarts, report.Ended, len(crashes), crashes)
	}
}

// TestInterrupt: what was found until then is kept.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := t.TempDir()
	report, err := Run(ctx, bad(t, "panic"), Options{For: time.Minute, Seed: 1, Clients: 2, Dir: dir, Found: func(*Finding) { cancel() }})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Save(dir); err != nil {
		t.Fatal(err)
	}
	if report.Complete || len(of(report, Crash)) != 1 {
		t.Errorf("complete %v, %v", report.Complete, report.Findings)
	}
	for _, name := range []string{"report.json", "summary.md", "report.html", "corpus", "findings/" + report.Findings[0].ID + "/session.yaml"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// TestCorrectBroker: a run finds nothing wrong with the reference broker.
func TestCorrectBroker(t *testing.T) {
	report, _ := fuzzed(t, embedded.Reference(), Options{For: time.Minute, Sessions: 500})
	if len(report.Findings) != 0 || report.Broken() || !report.Complete {
		t.Errorf("%v", report.Findings)
	}
}

// TestWrongAnswers: the judge's findings are found, each once, with its requirement.
func TestWrongAnswers(t *testing.T) {
	report, _ := fuzzed(t, embedded.Reference(embedded.Faults("3.1.1/pingresp-flags-sent")), Options{For: time.Minute, Sessions: 200})
	wrong := of(report, Wrong)
	if len(wrong) != 1 || !wrong[0].Stable || wrong[0].Requirement != "3.1.1/MQTT-2.2.2-1" || wrong[0].Level != "MUST" {
		t.Errorf("%d: %+v", len(wrong), wrong)
	}
}

// TestCareSeesWhatGrows: the run itself notices memory and a busy CPU, and hands what
// was in flight to the lab.
func TestCareSeesWhatGrows(t *testing.T) {
	needProc(t)
	for _, c := range []struct {
		how   string
		class Class
		ready func(*fuzzer)
	}{
		{"memory", Memory, func(f *fuzzer) { f.life = life{sessions: warm + 1, memory: 1, checked: time.Now()} }},
		{"spin", Spin, func(*fuzzer) {}}, // it was never looked at
	} {
		t.Run(c.how, func(t *testing.T) {
			l := laboratory(t, bad(t, c.how), defaultLimits())
			runs := 1
			if c.class == Memory {
				runs = 80
			}
			for range runs {
				if _, err := l.try(t.Context(), guilty(t), search{class: Wrong}); err != nil {
					t.Fatal(err)
				}
			}
			f := &fuzzer{target: l.target, limits: defaultLimits(), start: time.Now(), report: &Report{}, known: map[string]*Finding{},
				tried: map[string]int{}, looking: map[string]bool{}}
			f.broker.Store(l.broker)
			f.recent.add(guilty(t))
			c.ready(f)
			err := f.care(t.Context())
			fresh := f.broker.Load()
			defer func() { _ = fresh.Close(context.WithoutCancel(t.Context())) }()
			if err != nil || len(f.queue) != 1 || f.queue[0].class != c.class || len(f.queue[0].suspects) != 1 || fresh == l.broker {
				t.Errorf("%v; %+v", err, f.queue)
			}
		})
	}
}
