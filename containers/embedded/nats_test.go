package embedded_test

import (
	"bytes"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/containers/internal/leak"
)

func TestNATS(t *testing.T) {
	for _, test := range []struct {
		name      string
		target    containers.Target
		wantName  string
		transport string
	}{
		{"tcp", embedded.NATS(), "embedded:nats", "tcp"},
		{"ws", embedded.NATS(embedded.WebSocket()), "embedded:nats?transport=ws", "ws"},
		{"tls", embedded.NATS(embedded.TLS()), "embedded:nats?transport=tls", "tls"},
	} {
		t.Run(test.name, func(t *testing.T) {
			leak.Check(t)
			b := start(t, test.target)
			if b.Name() != test.wantName || b.Transport() != test.transport {
				t.Errorf("%s over %s, want %s over %s", b.Name(), b.Transport(), test.wantName, test.transport)
			}
			if want := []codec.Version{codec.V311}; !slices.Equal(b.Versions(), want) {
				t.Errorf("versions %v, want %v", b.Versions(), want)
			}
			resume(t, b, false)
		})
	}
}

// What nats has stored outlives its process.
func TestNATSRestart(t *testing.T) {
	leak.Check(t)
	b := start(t, embedded.NATS())
	resume(t, b, false)
	url, pid := b.URL(), b.PID()
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.URL() != url || b.PID() == pid {
		t.Errorf("after the restart %s, process %d; before %s, process %d", b.URL(), b.PID(), url, pid)
	}
	resume(t, b, true)
}

// resume connects with Clean Session 0 and subscribes, and wants a certain
// Session Present.
func resume(t *testing.T, b *containers.Broker, present bool) {
	t.Helper()
	conn, err := b.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	exchange := func(packet string, want []byte) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := conn.Write([]byte(packet)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("% x is answered by % x, %v; want % x", packet, got, err, want)
		}
	}
	connack := []byte{0x20, 2, 0, 0}
	if present {
		connack[2] = 1
	}
	exchange("\x10\x0d\x00\x04MQTT\x04\x00\x00\x3c\x00\x01s", connack)
	exchange("\x82\x06\x00\x01\x00\x01t\x01", []byte{0x90, 3, 0, 1, 1})
	if host, _, _ := net.SplitHostPort(conn.RemoteAddr().String()); host != "127.0.0.1" {
		t.Errorf("connected to %v", conn.RemoteAddr())
	}
}
