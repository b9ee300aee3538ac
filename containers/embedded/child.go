package embedded

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/mqttproof/mqttproof/containers/internal/mochi"
)

// orderVariable holds the order for a child; whoever has it is the broker.
const orderVariable = "MQTTPROOF_EMBEDDED_BROKER"

// order is what the harness wants of a child.
type order struct {
	Broker  string `json:"broker"`
	Scheme  string `json:"scheme"`
	Address string `json:"address"` // host:port to listen at
	// Store is the folder of a broker that keeps its state on disk.
	Store string `json:"store,omitempty"`
	// Behaviours and Faults are those of the reference broker, by name.
	Behaviours []string `json:"behaviours,omitempty"`
	Faults     []string `json:"faults,omitempty"`
}

// init makes a broker of a process that was started as one. It never returns
// there, so that neither main nor a test runs in the child.
func init() {
	text, ordered := os.LookupEnv(orderVariable)
	if !ordered {
		return
	}
	os.Unsetenv(orderVariable) // not for children of the child
	if err := serve(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve is the broker of the child until its standard input ends, as it does
// when the harness closes it, and also when the harness is killed.
func serve(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("%s is for children of mqttproof, not to be set by hand: %w", orderVariable, err)
	}
	var urls []string
	var err error
	shutdown := func() {}
	broken := func() { os.Exit(1) }
	switch o.Broker {
	case "mochi":
		listen := mochi.Listen{TCP: o.Address}
		if o.Scheme == "ws" {
			listen = mochi.Listen{WS: o.Address}
		}
		urls, err = mochi.Serve(listen, os.Stderr, broken)
	case "nats":
		urls, shutdown, err = serveNATS(o, broken)
	case "reference":
		urls, err = serveReference(o)
	default:
		err = fmt.Errorf("no embedded broker %q", o.Broker)
	}
	if err != nil {
		return err
	}
	fmt.Println(urls[0])
	_, err = io.Copy(io.Discard, os.Stdin)
	shutdown()
	return err
}
