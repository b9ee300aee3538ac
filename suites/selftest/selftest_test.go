package selftest

import (
	"slices"
	"testing"

	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// Each two behaviours must meet: both on where they do not exclude each other,
// and each without the other.
func TestSetsCoverAllPairs(t *testing.T) {
	sets, behaviours := Sets(), reference.Behaviours()
	if len(sets[0]) != 0 {
		t.Errorf("the first set is %v, not the defaults", sets[0])
	}
	for i, a := range behaviours {
		if !slices.ContainsFunc(sets, func(set []string) bool { return slices.Equal(set, []string{a.Name}) }) {
			t.Errorf("%s never stands alone", a.Name)
		}
		for _, b := range behaviours[i+1:] {
			var both, onlyA, onlyB bool
			for _, set := range sets {
				hasA, hasB := slices.Contains(set, a.Name), slices.Contains(set, b.Name)
				both, onlyA, onlyB = both || hasA && hasB, onlyA || hasA && !hasB, onlyB || hasB && !hasA
			}
			excluded := a.Apart != "" && a.Apart == b.Apart
			if both == excluded || !onlyA || !onlyB {
				t.Errorf("%s and %s: both %v, alone %v %v", a.Name, b.Name, both, onlyA, onlyB)
			}
		}
	}
	t.Logf("%d sets of %d behaviours", len(sets), len(behaviours))
}

// Every state of a fault can come out, and is told by the scenarios alone.
func TestStates(t *testing.T) {
	faults, err := reference.FindFaults("5.0/dup-never-set")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Faults(t.Context(), faults, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].State != Killed || !slices.Contains(rows[0].Scenarios, "qos.1-redelivered-after-loss") {
		t.Errorf("%+v; want one that is killed by qos.1-redelivered-after-loss", rows)
	}
}

// A fault that shows over WebSocket only is looked for there.
func TestWebSocket(t *testing.T) {
	faults, err := reference.FindFaults("5.0/rest-of-frame-lost")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Faults(t.Context(), faults, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].State != Killed || !slices.Contains(rows[0].Scenarios, "websocket.several-in-a-frame") {
		t.Errorf("%+v; want one that is killed by websocket.several-in-a-frame", rows)
	}
}
