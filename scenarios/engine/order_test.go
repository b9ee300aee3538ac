package engine_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

// Scenarios that see all that passes start when the others are done, but do not wait
// for those that only wait; a serial one has the broker for itself.
func TestOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var events []string
	note := func(event string) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, event)
	}
	lateBegan := make(chan struct{})
	scenario := func(name string, run func()) engine.Scenario {
		return engine.Scenario{ID: "test." + name, Proves: []spec.Ref{ref("MQTT-3.12.4-1")}, Run: func(t *engine.T) {
			note(name + " begins")
			t.Connect().StillOpen()
			if run != nil {
				run()
			}
			note(name + " ends")
		}}
	}
	serial, late, plain := scenario("serial", nil), scenario("late", func() { close(lateBegan) }), scenario("plain", nil)
	early := scenario("early", func() { <-lateBegan })
	serial.Serial, late.Late, early.Early = true, true, true
	_, err := engine.Run(t.Context(), &fake{behave: polite}, []engine.Scenario{serial, late, plain, early}, engine.Options{Timeouts: short()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := func(event string) int { return slices.Index(events, event) }
	for _, c := range [][2]string{
		{"plain ends", "late begins"},
		{"late begins", "early ends"},
		{"early ends", "serial begins"},
		{"late ends", "serial begins"},
	} {
		if before, after := at(c[0]), at(c[1]); before < 0 || after < 0 || before > after {
			t.Errorf("%q does not come before %q in %q", c[0], c[1], events)
		}
	}
}
