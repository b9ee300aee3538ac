// Package outside is another module that judges its broker in one line of its
// go test. A test of mqttproof runs it.
package outside

import (
	"os"
	"testing"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/suites"
)

func TestMQTT(t *testing.T) {
	suites.Run(t, containers.Address(os.Getenv("BROKER")), suites.Only("connect.accepted"))
}

// TestAgain is a second suite in one process, which Ginkgo by itself refuses.
func TestAgain(t *testing.T) {
	suites.Run(t, containers.Address(os.Getenv("BROKER")), suites.Only("guide.qos-0"))
}
