// Command mochi is what the image mqttproof/mochi:local runs: the mochi broker
// on the ports of its preset. Built by `go tool mage images`.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/mqttproof/mqttproof/containers/internal/mochi"
)

func main() {
	// The first process of a container ignores SIGTERM unless it asks for it.
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	fail := func() { os.Exit(1) }
	if _, err := mochi.Serve(mochi.Listen{TCP: ":1883", WS: ":8083"}, os.Stderr, fail); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, mochi.Software, "is ready")
	<-end
}
