package broker_test

import (
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/fuzz/broker"
)

// BenchmarkRun is how fast the broker that is built in is fuzzed, every session
// judged: sessions, connections and packets a second.
func BenchmarkRun(b *testing.B) {
	report, err := broker.Run(b.Context(), embedded.Mochi(), broker.Options{Seed: 1, For: time.Hour, Sessions: uint64(b.N), Clients: 4})
	if err != nil {
		b.Fatal(err)
	}
	s := report.Stats
	b.ReportMetric(float64(s.Sessions)/s.Elapsed.Seconds(), "sessions/s")
	b.ReportMetric(float64(s.Connections)/s.Elapsed.Seconds(), "connections/s")
	b.ReportMetric(float64(s.Packets)/s.Elapsed.Seconds(), "packets/s")
}
