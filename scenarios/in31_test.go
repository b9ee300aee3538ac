package scenarios

import (
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// What is left out of MQTT 3.1 must be a scenario that would run there.
func TestLeftOutOf31(t *testing.T) {
	left := map[string]bool{}
	for _, s := range All() {
		left[s.ID] = s.In(spec.V311) && !s.In31
	}
	for id, reason := range not31 {
		if !left[id] || reason == "" {
			t.Errorf("%s is left out of MQTT 3.1 because %q, and is no scenario of 3.1.1", id, reason)
		}
	}
}
