package inprocess_test

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/fuzz/inprocess"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/nats-io/nats-server/v2/server"
)

// FuzzNATS fuzzes nats-server, which serves MQTT only where it listens.
func FuzzNATS(f *testing.F) {
	known, _ := reports.KnownFor("nats " + server.VERSION)
	inprocess.FuzzAddress(f, func(tb testing.TB) (string, func()) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close() // nats opens it by itself and does not tell one that it chose
		opts := &server.Options{ServerName: "fuzz", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: tb.TempDir()}
		opts.MQTT.Host, opts.MQTT.Port = "127.0.0.1", port
		s, err := server.NewServer(opts)
		if err != nil {
			tb.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(10 * time.Second) {
			tb.Fatal("nats is not ready within 10 s")
		}
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), func() { s.Shutdown(); s.WaitForShutdown() }
	}, inprocess.Options{Known: known, Largest: 16 << 10})
}
