package inprocess_test

import (
	"log/slog"
	"net"
	"testing"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/mqttproof/mqttproof/fuzz/inprocess"
	"github.com/mqttproof/mqttproof/reports"
)

// FuzzMochi fuzzes mochi-mqtt, whose known deviations ship with mqttproof:
//
//	go test ./fuzz/inprocess -run=^$ -fuzz=FuzzMochi -fuzztime=60s -fuzzminimizetime=10x
func FuzzMochi(f *testing.F) {
	known, _ := reports.KnownFor("mochi " + mqtt.Version)
	inprocess.Fuzz(f, func(tb testing.TB) (func(net.Conn), func()) {
		limits := mqtt.NewDefaultServerCapabilities()
		limits.MaximumPacketSize = 64 << 10 // memory for it is taken before it has come
		server := mqtt.New(&mqtt.Options{Capabilities: limits, Logger: slog.New(slog.DiscardHandler)})
		if err := server.AddHook(new(allowAll), nil); err != nil {
			tb.Fatal(err)
		}
		if err := server.Serve(); err != nil {
			tb.Fatal(err)
		}
		return func(c net.Conn) { _ = server.EstablishConnection("memory", c) }, func() { _ = server.Close() }
	}, inprocess.Options{Known: known, Largest: 16 << 10, Tolerate: []string{
		"SubscribeDecode",   // reads the options of a SUBSCRIBE where there are none
		"5.0/MQTT-3.14.0-1", // ends a client that is taken over before its CONNACK with a DISCONNECT
	}})
}

// allowAll lets everyone do everything. mochi has one too, in a package that needs a
// YAML library more.
type allowAll struct{ mqtt.HookBase }

func (*allowAll) ID() string { return "allow-all" }

func (*allowAll) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck
}

func (*allowAll) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

func (*allowAll) OnACLCheck(*mqtt.Client, string, bool) bool { return true }
