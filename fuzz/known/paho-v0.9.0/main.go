// Command paho-v0.9.0 looks for the crashes that the packets of paho.golang v0.9.0
// have: properties are put into a map that is not there.
package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
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
			if f.Class == parser.Panic && strings.Contains(f.Signature(), ".(*Properties).") {
				return fmt.Sprintf("%s, by % x", f.Signature(), f.Packet)
			}
		}
		return ""
	})
}
