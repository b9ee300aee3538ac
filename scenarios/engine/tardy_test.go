package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// A broker that closes the connection of a client of ours which was silent for
// too long does what it must (3.1.2.10): it is not accused, however the client
// came to be late. One that closes earlier is.
func TestTardyClientsAccuseNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pause time.Duration // before the CONNACK, and then the connection is closed
		want  result.Verdict
	}{
		"late":    {1600 * time.Millisecond, result.Error},
		"in time": {0, result.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{behave: func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
				if p, ok := p.(*codec.Connect); ok && p.KeepAlive == 1 {
					time.Sleep(c.pause)
					write(&codec.Connack{})
					return false
				}
				return polite(p, v, write)
			}}
			timeouts := short()
			timeouts.Answer = 4 * time.Second
			done, err := engine.Run(t.Context(), f, []engine.Scenario{{
				ID: "test.keep-alive", Proves: []spec.Ref{ref("MQTT-3.12.4-1")},
				Run: func(t *engine.T) { t.Connect(engine.KeepAlive(1)).StillOpen() },
			}}, engine.Options{Timeouts: timeouts}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := find(t, done, "test.keep-alive")
			if got.Verdict != c.want || (c.want == result.Error) != strings.Contains(got.Reason, "too slow for this: client had sent nothing before the broker closed its connection") {
				t.Errorf("%s: %s %+v", got.Verdict, got.Reason, got.Findings)
			}
		})
	}
}

// A scenario whose clients are late is tried again, and is an error, not a finding,
// where they are late each time.
func TestInTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late int // how many of the tries
		want result.Verdict
	}{
		"in time":       {0, result.Fail},
		"late at first": {2, result.Fail},
		"late in all":   {3, result.Error},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			done, err := engine.Run(t.Context(), &fake{behave: polite}, []engine.Scenario{{
				ID: "test.in-time", Proves: []spec.Ref{ref("MQTT-3.12.4-1")},
				Run: func(t *engine.T) {
					t.Connect()
					limit := time.Hour
					if tries++; tries <= c.late {
						limit = 0
					}
					t.InTime(t.Elapsed(), limit, "coming back")
					t.Step("it is wrong", ref("MQTT-3.12.4-1"))
					t.Equal("what is wrong", 1, 2)
				},
			}}, engine.Options{Timeouts: short()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := find(t, done, "test.in-time")
			if got.Verdict != c.want || (c.want == result.Error) != strings.Contains(got.Reason, "too slow for this: coming back") {
				t.Errorf("%s: %s %+v", got.Verdict, got.Reason, got.Findings)
			}
		})
	}
}
