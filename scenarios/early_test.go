package scenarios

import (
	"slices"
	"testing"

	"github.com/mqttproof/mqttproof/scenarios/engine"
)

func TestWaitingNamesScenarios(t *testing.T) {
	for _, pattern := range waiting {
		if !slices.ContainsFunc(All(), func(s engine.Scenario) bool { return glob(pattern, s.ID) }) {
			t.Errorf("no scenario is %q", pattern)
		}
	}
}
