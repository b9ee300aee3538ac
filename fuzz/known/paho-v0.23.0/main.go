// Command paho-v0.23.0 looks for the memory that the packets of paho.golang v0.23.0
// take: as much as a packet announces, up to 256 MiB, before its bytes are there.
package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/known"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

func main() {
	known.Main(10*time.Second, func(ctx context.Context, seed uint64) string {
		paho := parser.Parser{Version: codec.V5, Parse: func(packet []byte) error {
			_, err := packets.ReadPacket(bytes.NewReader(packet))
			return err
		}}
		for f := range paho.Run(ctx, seed) {
			if f.Class == parser.Memory {
				return fmt.Sprintf("%s, by % x: %s", f.Signature(), f.Packet, f.Text)
			}
		}
		return ""
	})
}
