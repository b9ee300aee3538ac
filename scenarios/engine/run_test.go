package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

func TestVerdicts(t *testing.T) {
	warning := ref("U5-4.13.1-u2")
	for _, c := range []struct {
		name   string
		run    func(t *engine.T)
		want   result.Verdict
		reason string
		broken []spec.Ref
	}{
		{name: "what holds passes", run: func(t *engine.T) { t.Connect().Sync() }, want: result.Pass},
		{name: "a false expectation fails on what the step cites", run: func(t *engine.T) {
			t.Step("a step", ref("MQTT-3.1.0-2"))
			t.Equal("answer", 41, 42)
		}, want: result.Fail, broken: []spec.Ref{ref("MQTT-3.1.0-2")}},
		{name: "before a step the first requirement is cited", run: func(t *engine.T) { t.Equal("answer", 41, 42) },
			want: result.Fail, broken: []spec.Ref{ref("MQTT-3.12.4-1")}},
		{name: "an expectation goes on, a missing answer ends", run: func(t *engine.T) {
			t.Equal("answer", 41, 42)
			t.Step("another", ref("MQTT-3.1.0-2"))
			t.Connect().ExpectSuback(7)
			panic("not reached")
		}, want: result.Fail, broken: []spec.Ref{ref("MQTT-3.12.4-1"), ref("MQTT-3.1.0-2")}},
		{name: "a broken SHOULD warns", run: func(t *engine.T) {
			t.Step("a step", warning)
			t.Equal("answer", 41, 42)
		}, want: result.Warn, broken: []spec.Ref{warning}},
		{name: "a helper cites its own requirement", run: func(t *engine.T) {
			t.Step("a step", ref("MQTT-3.1.0-2"))
			t.Connect().SubscribeTo(codec.Subscription{Filter: codec.Text("a")})
		}, want: result.Fail, broken: []spec.Ref{ref("MQTT-3.8.4-1")}},
		{name: "a declared lack skips", run: func(t *engine.T) { t.Skip("the broker has no %s", "luck") },
			want: result.Skip, reason: "the broker has no luck"},
		{name: "a panic is our error", run: func(*engine.T) { panic("oops") }, want: result.Error, reason: "oops"},
		{name: "citing nothing is our error", run: func(t *engine.T) {
			t.Warn([]spec.Ref{{Version: spec.V311, ID: "MQTT-3.1.0-2"}}, "a", "b")
		}, want: result.Error, reason: "cites no requirement"},
		{name: "a scenario without end is ended", run: func(t *engine.T) { t.Sleep(time.Hour) }, want: result.Error, reason: "not finished after 3s"},
		{name: "freedom is observed", run: func(t *engine.T) { t.OneOf("code", 2, 1, 2) }, want: result.Pass},
		{name: "none of the alternatives fails", run: func(t *engine.T) { t.OneOf("code", 3, 1, 2) },
			want: result.Fail, broken: []spec.Ref{ref("MQTT-3.12.4-1")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := engine.Scenario{ID: "test.it", Proves: []spec.Ref{ref("MQTT-3.12.4-1"), ref("MQTT-3.1.0-2"), warning}, Run: c.run}
			// A second scenario runs, so that a skipped one is not all there is.
			got := find(t, run(t, &fake{behave: polite}, s, ping("test.other")), "test.it")
			if got.Verdict != c.want || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("verdict %s (%s), want %s (%s)", got.Verdict, got.Reason, c.want, c.reason)
			}
			var broken []spec.Ref
			for _, f := range got.Findings {
				broken = append(broken, f.Requirement)
			}
			if len(broken) != len(c.broken) {
				t.Fatalf("findings on %v, want %v", broken, c.broken)
			}
			for i := range broken {
				if broken[i] != c.broken[i] {
					t.Errorf("findings on %v, want %v", broken, c.broken)
				}
			}
		})
	}
}

// A broker is not accused of what a client does: the finding stands on its own
// duty, with the client's statement as the cause.
func TestCause(t *testing.T) {
	first, wildcard := ref("MQTT-3.1.0-1"), ref("MQTT-3.3.2-2")
	for _, c := range []struct {
		name        string
		run         func(t *engine.T)
		want, cause spec.Ref
	}{
		{"a statement that binds the client alone", func(t *engine.T) {
			t.Step("a step", first)
			t.Equal("answer", 41, 42)
		}, ref("MQTT-4.13.1-1"), first},
		{"one that binds senders, said to be the cause", func(t *engine.T) {
			t.Step("a step", ref("MQTT-3.1.4-1"))
			t.Because(wildcard)
			t.Equal("answer", 41, 42)
		}, ref("MQTT-3.1.4-1"), wildcard},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := engine.Scenario{ID: "test.it", Proves: []spec.Ref{c.cause}, Run: c.run}
			got := find(t, run(t, &fake{behave: polite}, s), "test.it")
			if len(got.Findings) != 1 || got.Findings[0].Requirement != c.want || !slices.Contains(got.Findings[0].Cause, c.cause) {
				t.Errorf("%+v; want one finding on %s because of %s", got.Findings, c.want, c.cause)
			}
			if v, judged := got.Requirements[c.cause]; judged {
				t.Errorf("%s is judged: %s", c.cause, v)
			}
		})
	}
}

func TestABrokerThatNeverAnswersIsNoBroker(t *testing.T) {
	f := &fake{behave: func(codec.Packet, spec.Version, func(codec.Packet)) bool { return true }}
	got, err := engine.Run(t.Context(), f, []engine.Scenario{ping("test.ping")}, engine.Options{Timeouts: short()}, nil)
	if !errors.Is(err, engine.ErrNoBroker) || got.Footer.Complete {
		t.Errorf("error %v, complete %v; want ErrNoBroker and a run that is not complete", err, got.Footer.Complete)
	}
}

func TestNothingRunIsAnError(t *testing.T) {
	skip := engine.Scenario{ID: "test.skip", Proves: []spec.Ref{ref("MQTT-3.12.4-1")}, Run: func(t *engine.T) { t.Skip("no") }}
	_, err := engine.Run(t.Context(), &fake{behave: polite}, []engine.Scenario{skip}, engine.Options{Timeouts: short()}, nil)
	if !errors.Is(err, engine.ErrNothingToRun) {
		t.Errorf("a run that skipped all gives %v, want ErrNothingToRun", err)
	}
}

func TestAVersionThatIsDeclinedIsSkipped(t *testing.T) {
	old := func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		if _, ok := p.(*codec.Connect); ok && v == spec.V5 {
			write(&codec.Connack{Code: 0x84})
			return false
		}
		return polite(p, v, write)
	}
	s := ping("test.ping")
	s.Proves = append(s.Proves, spec.Ref{Version: spec.V311, ID: "MQTT-3.12.4-1"})
	got, err := engine.Run(t.Context(), &fake{behave: old}, []engine.Scenario{s}, engine.Options{Timeouts: short()}, nil)
	if err != nil || got.Footer.Counts[result.Pass] != 1 || got.Footer.Counts[result.Skip] != 1 {
		t.Errorf("%v, %v; want one pass and one skip", got.Footer.Counts, err)
	}
	_, err = engine.Run(t.Context(), &fake{behave: old}, []engine.Scenario{s},
		engine.Options{Timeouts: short(), Versions: []spec.Version{spec.V5}}, nil)
	if !errors.Is(err, engine.ErrNoBroker) {
		t.Errorf("asked for 5.0 by name: %v, want ErrNoBroker", err)
	}
}

func TestTheScenarioThatKillsTheBrokerIsFound(t *testing.T) {
	f := &fake{restartable: true}
	connects := map[string]int{}
	f.behave = func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		if c, ok := p.(*codec.Connect); ok {
			f.mu.Lock()
			connects[c.ClientID.String()]++
			again := connects[c.ClientID.String()] > 1
			f.mu.Unlock()
			if again {
				go f.die()
				return true
			}
		}
		return polite(p, v, write)
	}
	slow := ping("test.slow")
	slow.Run = func(t *engine.T) {
		c := t.Connect()
		t.Sleep(100 * time.Millisecond) // in flight while the other one kills
		c.StillOpen()
	}
	other := ping("test.innocent")
	other.Run = func(t *engine.T) {
		c := t.Connect()
		c.SendRaw([]byte{0xC1, 0}) // PINGREQ with a wrong flag: a wrong packet that this broker survives
		t.Sleep(100 * time.Millisecond)
		c.StillOpen()
	}
	// Client ids repeat when a scenario runs again, so forget them at a restart.
	f.restarted = func() { clear(connects) }
	got := run(t, f, second("test.killer"), slow, other, ping("test.ping"))
	killer := find(t, got, "test.killer")
	if killer.Verdict != result.Fail || !strings.Contains(killer.Findings[0].Got, "boom") {
		t.Errorf("the killer: %s %+v; want a fail that shows how the broker ended", killer.Verdict, killer.Findings)
	}
	for _, id := range []string{"test.slow", "test.ping", "test.innocent"} {
		if r := find(t, got, id); r.Verdict != result.Pass {
			t.Errorf("%s: %s %s %+v; want a verdict of its own", id, r.Verdict, r.Reason, r.Findings)
		}
	}
	if f.restarts < 2 {
		t.Errorf("%d restarts; it died in flight and again alone", f.restarts)
	}
}

func TestABrokerLostAtAnAddressAccusesNobody(t *testing.T) {
	f := &fake{}
	f.behave = func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		if _, ok := p.(*codec.Subscribe); ok {
			go f.die()
		}
		return polite(p, v, write)
	}
	lose := engine.Scenario{ID: "test.lose", Proves: []spec.Ref{ref("MQTT-3.8.4-1")}, Run: func(t *engine.T) {
		t.Connect().Subscribe("a", 0)
	}}
	got := run(t, f, lose)
	if r := find(t, got, "test.lose"); r.Verdict != result.Error {
		t.Errorf("%s %+v; want an error: nothing is known of a broker that is not there", r.Verdict, r.Findings)
	}
}

// How long a restart may take is for the target to know: brokers of Erlang take
// longer than a client waits for any answer.
func TestASlowRestartIsNoFinding(t *testing.T) {
	f := &fake{restartable: true, behave: polite, slow: 2 * short().Ready}
	s := engine.Scenario{ID: "test.restart", Serial: true, Proves: []spec.Ref{ref("MQTT-3.12.4-1")}, Needs: []engine.Feature{engine.Restart},
		Run: func(t *engine.T) {
			c := t.Connect()
			t.RestartBroker(func() { c.ReconnectWithBackoff() })
			c.StillOpen()
		}}
	if r := find(t, run(t, f, s), "test.restart"); r.Verdict != result.Pass {
		t.Errorf("verdict %s (%s), findings %+v", r.Verdict, r.Reason, r.Findings)
	}
}

func TestABrokerThatHangsIsStartedAgain(t *testing.T) {
	f := &fake{restartable: true}
	hung := false
	f.restarted = func() { hung = false }
	f.behave = func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		f.mu.Lock()
		if _, ok := p.(*codec.Subscribe); ok {
			hung = true
		}
		silent := hung
		f.mu.Unlock()
		return silent || polite(p, v, write)
	}
	hang := engine.Scenario{ID: "test.a-hang", Serial: true, Proves: []spec.Ref{ref("MQTT-3.8.3-5")}, Run: func(t *engine.T) {
		c := t.Connect()
		c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text("a"), Reserved: 0x40}}})
		c.ClosedWithin(20 * time.Millisecond)
	}}
	later := ping("test.b-later")
	later.Serial = true
	got := run(t, f, hang, later)
	if r := find(t, got, "test.a-hang"); r.Verdict != result.Fail || !strings.Contains(r.Findings[0].Expected, "goes on serving") {
		t.Errorf("what hangs the broker: %s %+v", r.Verdict, r.Findings)
	}
	if r := find(t, got, "test.b-later"); r.Verdict != result.Pass || f.restarts == 0 {
		t.Errorf("the one behind it: %s %s, %d restarts", r.Verdict, r.Reason, f.restarts)
	}
}

func TestABrokerThatTurnsAwayEverybodyIsAnError(t *testing.T) {
	closed := false
	f := &fake{}
	f.behave = func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		f.mu.Lock()
		refuse := closed
		f.mu.Unlock()
		if _, ok := p.(*codec.Connect); ok && refuse {
			write(&codec.Connack{Code: 0x87})
			return false
		}
		return polite(p, v, write)
	}
	s := engine.Scenario{ID: "test.late", Serial: true, Proves: []spec.Ref{ref("MQTT-3.12.4-1")}, Run: func(t *engine.T) {
		c := t.Connect()
		f.mu.Lock()
		closed = true
		f.mu.Unlock()
		c.Send(&codec.Disconnect{}) // closed by the broker, so that it is asked for a fresh connection
		c.ClosedWithin(time.Second)
	}}
	if r := find(t, run(t, f, s), "test.late"); r.Verdict != result.Error {
		t.Errorf("%s; nothing is known of a broker that serves nobody", r.Verdict)
	}
}

func TestASilentVersionIsNotSkipped(t *testing.T) {
	f := &fake{behave: func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		return v == spec.V5 || polite(p, v, write)
	}}
	_, err := engine.Run(t.Context(), f, []engine.Scenario{ping("test.ping")}, engine.Options{Timeouts: short()}, nil)
	if !errors.Is(err, engine.ErrNoBroker) {
		t.Errorf("%v; want ErrNoBroker: silence declines no version", err)
	}
}

func TestTheJudgeReportsARequirementOnce(t *testing.T) {
	twice := func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		if _, ok := p.(*codec.Connect); ok {
			write(&codec.Connack{})
		}
		return polite(p, v, write)
	}
	got := run(t, &fake{behave: twice}, ping("test.a"), ping("test.b"))
	r := find(t, got, "judge.MQTT-3.2.0-2")
	if r.Verdict != result.Fail || len(r.SeenIn) != 2 || len(r.Trace) == 0 {
		t.Errorf("%s, seen in %v, %d events; want one fail, seen in both, with its trace", r.Verdict, r.SeenIn, len(r.Trace))
	}
	if a := find(t, got, "test.a"); a.Verdict != result.Pass {
		t.Errorf("test.a is %s: what it does not cite is not its failure", a.Verdict)
	}
}

func TestInterruptedRunsAreNotComplete(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := ping("test.wait")
	s.Run = func(t *engine.T) { cancel(); t.Sleep(time.Hour) }
	f := &fake{behave: polite}
	got, err := engine.Run(ctx, f, []engine.Scenario{s}, engine.Options{Timeouts: short(), Versions: []spec.Version{spec.V5}}, nil)
	f.open.Wait()
	if err != nil || got.Footer.Complete || len(got.Results) != 0 {
		t.Errorf("%v, complete %v, %d results; want an incomplete run", err, got.Footer.Complete, len(got.Results))
	}
}

func TestSecretsNeverReachATrace(t *testing.T) {
	f := &fake{user: "secret-user", password: "secret-password"}
	f.behave = func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
		if _, ok := p.(*codec.Connect); ok { // a broker that repeats what it was told
			write(&codec.Connack{Properties: codec.Properties{codec.Data(codec.ReasonString, "secret-user may, with secret-password")}})
			return true
		}
		return polite(p, v, write)
	}
	s := second("test.second") // fails, so that its trace is kept
	fails := s.Run
	s.Run = func(t *engine.T) {
		c := t.Connect()
		t.Observe("greeting", "%s", c.Connack)
		t.Equal("greeting", c.Connack.String(), "none")
		fails(t)
	}
	got := find(t, run(t, f, s), s.ID)
	if got.Verdict != result.Fail || len(got.Trace) == 0 {
		t.Fatalf("%s with %d events; the test needs a trace", got.Verdict, len(got.Trace))
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, e := range got.Trace {
		all = append(all, e.Data...)
	}
	for _, secret := range []string{"secret-user", "secret-password"} {
		if strings.Contains(string(text), secret) || strings.Contains(string(all), secret) {
			t.Errorf("%q is in the result", secret)
		}
	}
	if !strings.Contains(string(all), "***********") {
		t.Error("the credentials were not sent at all")
	}
}
