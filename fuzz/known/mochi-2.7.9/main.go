// Command mochi-2.7.9 finds again how a SUBSCRIBE without its options ends mochi 2.7.9.
package main

import (
	"io"
	"log/slog"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/mqttproof/mqttproof/fuzz/known"
)

func main() {
	known.Broker(10*time.Second, func(address, _ string) error {
		server := mqtt.New(&mqtt.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err := server.AddHook(new(allowAll), nil); err != nil {
			return err
		}
		if err := server.AddListener(listeners.NewTCP(listeners.Config{ID: "tcp", Address: address})); err != nil {
			return err
		}
		if err := server.Serve(); err != nil {
			return err
		}
		select {}
	}, "packets.(*Packet).SubscribeDecode")
}

// allowAll lets everyone do everything.
type allowAll struct{ mqtt.HookBase }

func (*allowAll) ID() string { return "allow-all" }

func (*allowAll) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck
}

func (*allowAll) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

func (*allowAll) OnACLCheck(*mqtt.Client, string, bool) bool { return true }
