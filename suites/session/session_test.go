package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
	"github.com/mqttproof/mqttproof/suites/session"
)

// The scenarios of these tests: what mochi and everyone does, and what nobody
// does.
var (
	connack = spec.Ref{Version: spec.V311, ID: "MQTT-3.2.0-1"}
	ping    = spec.Ref{Version: spec.V311, ID: "MQTT-3.12.4-1"}
	holds   = engine.Scenario{ID: "test.holds", Title: "it holds", Proves: []spec.Ref{connack},
		Run: func(t *engine.T) { t.Connect() }}
	breaks = engine.Scenario{ID: "test.breaks", Title: "it breaks", Proves: []spec.Ref{ping},
		Run: func(t *engine.T) { t.Connect(); t.Broken("the moon", "the sun", -1) }}
)

func config() session.Config {
	return session.Config{Target: embedded.Mochi(), Scenarios: []engine.Scenario{holds, breaks}, NoKnown: true}
}

func list(deviations ...reports.Deviation) *reports.Known {
	return &reports.Known{Broker: "mochi", Deviations: deviations}
}

func TestHeader(t *testing.T) {
	cfg := config()
	cfg.Shown = []string{"--only test"}
	cfg.Options.Replay = session.Replay(cfg.Target)
	var started session.Started
	cfg.Started = func(s session.Started) { started = s }
	run, err := session.Run(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := run.Header
	if h.Schema != reports.SchemaName || h.Tool != session.Tool() || h.Target != "embedded:mochi" ||
		h.Broker != "mochi 2.7.9" || !slices.Equal(h.Options, cfg.Shown) || !run.Footer.Complete {
		t.Errorf("%+v %+v", h, run.Footer)
	}
	if started.Software != h.Broker || started.Broker == nil || started.Known != nil {
		t.Errorf("%+v", started)
	}
	if got := run.Results[0].Replay; got != "mqttproof run embedded:mochi --only test.breaks --versions 3.1.1" {
		t.Errorf("replay: %s", got)
	}
	if reports.Verdict(run, spec.Must) != result.Fail {
		t.Errorf("%s", reports.Sentence(run, spec.Must))
	}
}

func TestKnown(t *testing.T) {
	entry := reports.Deviation{Requirement: ping.String(), Scenario: breaks.ID, Reason: "moon and sun"}
	cases := map[string]struct {
		change func(*session.Config)
		want   result.Verdict
		note   string
	}{
		"listed":            {func(c *session.Config) { c.Known = list(entry) }, result.Known, ""},
		"turned off":        {func(c *session.Config) { c.Known, c.NoKnown = list(entry), true }, result.Fail, ""},
		"for others":        {func(c *session.Config) { c.Known = &reports.Known{Broker: "other"} }, result.Fail, "is for other"},
		"asked for, absent": {func(c *session.Config) { c.Software = "nobody 1.0" }, result.Fail, "no list"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			cfg.NoKnown = false
			c.change(&cfg)
			cfg.Started = func(s session.Started) {
				if (c.note == "") != (s.Note == "") || !strings.Contains(s.Note, c.note) {
					t.Errorf("note %q, not %q", s.Note, c.note)
				}
			}
			var seen []result.Verdict
			run, err := session.Run(t.Context(), cfg, func(res *result.Result) { seen = append(seen, res.Verdict) })
			if err != nil {
				t.Fatal(err)
			}
			if got := reports.Verdict(run, spec.Must); got != c.want || !slices.Contains(seen, c.want) || run.Footer.Counts[c.want] != 1 {
				t.Errorf("%s; as it went %v; counted %v", reports.Sentence(run, spec.Must), seen, run.Footer.Counts)
			}
		})
	}
}

// Of what was not run it is not known whether it still is broken.
func TestUnmatched(t *testing.T) {
	repaired := reports.Deviation{Requirement: connack.String(), Scenario: holds.ID, Reason: "was broken"}
	elsewhere := reports.Deviation{Requirement: connack.String(), Reason: "broken in a scenario that is not run"}
	for all, want := range map[bool]int{false: 1, true: 2} {
		cfg := config()
		cfg.NoKnown, cfg.All, cfg.Known = false, all, list(repaired, elsewhere)
		run, err := session.Run(t.Context(), cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := run.Footer.Unmatched; len(got) != want {
			t.Errorf("all is %v: %q", all, got)
		}
	}
}

func TestNoBroker(t *testing.T) {
	cfg := config()
	cfg.Target = containers.Address("mqtt://127.0.0.1:1")
	run, err := session.Run(t.Context(), cfg, nil)
	if !errors.Is(err, containers.ErrUnreachable) || run == nil || run.Footer.Complete || run.Header.Target != "mqtt://127.0.0.1:1" {
		t.Errorf("%v, %+v", err, run)
	}
}

// A run that is interrupted is not complete, and its broker is gone.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config()
	cfg.Scenarios = []engine.Scenario{holds, {ID: "test.waits", Title: "it waits", Proves: []spec.Ref{ping},
		Run: func(t *engine.T) { cancel(); <-t.Context().Done() }}}
	var broker *containers.Broker
	cfg.Started = func(s session.Started) { broker = s.Broker }
	run, err := session.Run(ctx, cfg, nil)
	if err != nil || run.Footer.Complete {
		t.Errorf("%v, %+v", err, run.Footer)
	}
	if conn, err := broker.Dial(t.Context()); err == nil {
		_ = conn.Close()
		t.Error("the broker still listens")
	}
}

func TestReplayIsQuoted(t *testing.T) {
	got := session.Replay(containers.Address("ws://localhost/a?b"), "--prefix", "it's/")("qos.once", spec.V5)
	if want := `mqttproof run ws://localhost/a --only qos.once --versions 5.0 --prefix 'it'\''s/'`; got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}
