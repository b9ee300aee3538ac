package known

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/fuzz/broker"
)

// Broker is Main for a broker, which the fuzzer looks for crashes of. What counts is a
// crash that was reproduced and made small and has one of the places in its signature.
// serve runs the broker at an address, with a folder for what it keeps, until the process
// ends: the program starts itself as the broker, since that does not survive.
func Broker(limit time.Duration, serve func(address, folder string) error, places ...string) {
	listen := flag.String("listen", "", "be the broker at this address")
	folder := flag.String("folder", "", "what the broker may write to")
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "-listen") { // Main has the other flags
		flag.Parse()
		fmt.Fprintln(os.Stderr, serve(*listen, *folder))
		os.Exit(1)
	}
	Main(limit, func(ctx context.Context, seed uint64) (what string) {
		self, err := os.Executable()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return ""
		}
		target := containers.Executable(containers.Preset{
			Name: "self", Ready: 10 * time.Second, Stop: 2 * time.Second,
			Executable: &containers.PresetExecutable{
				Transports: []string{"tcp"},
				Command:    []string{self, "-listen", "{{.Address}}:{{.Ports.tcp}}", "-folder", "{{.Folder}}"},
				PortTaken:  "address already in use",
			},
		}, "tcp")
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		report, err := broker.Run(ctx, target, broker.Options{Seed: seed, For: time.Hour, Clients: 4, Found: func(f *broker.Finding) {
			fmt.Fprintln(os.Stderr, f)
			for _, place := range places {
				if f.Class == broker.Crash && f.Stable && what == "" && strings.Contains(f.Signature, place) {
					what = fmt.Sprintf("%s, by %d bytes", f.Signature, f.Session.Size())
					stop()
				}
			}
		}})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		} else if report.Ended != "" {
			fmt.Fprintln(os.Stderr, report.Ended)
		}
		return what
	})
}
