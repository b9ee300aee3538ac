package suites_test

import (
	"flag"
	"os"
	"testing"

	"github.com/mqttproof/mqttproof/cmd/mqttproof/target"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/suites"
	_ "github.com/onsi/ginkgo/v2" // by this the ginkgo command knows a Ginkgo suite
)

var (
	targetFlag = flag.String("target", "embedded:", "broker to judge, as mqttproof run takes it")
	userFlag   = flag.String("user", "", "user name; the password is in MQTTPROOF_PASSWORD")
	caFlag     = flag.String("ca", "", "file with the certificates that may sign the broker's")
	insecure   = flag.Bool("insecure", false, "accept any certificate of the broker")
	knownFlag  = flag.String("known", "", "list of known deviations; none turns off the one of embedded:")
)

// TestConformance runs all scenarios on any target:
//
//	go test -count=1 ./suites -args -target=exec:mosquitto --ginkgo.label-filter=retain
func TestConformance(t *testing.T) {
	broker, err := target.Parse(*targetFlag, containers.Credentials(*userFlag, os.Getenv("MQTTPROOF_PASSWORD")),
		containers.CA(*caFlag), containers.Insecure(*insecure))
	if err != nil {
		t.Fatal(err)
	}
	suites.Run(t, broker, suites.Known(*knownFlag))
}

// ourselves skips a test of this package where a target was named: then that
// target is to be judged, and nothing else.
func ourselves(t *testing.T) {
	t.Helper()
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "target" {
			t.Skip("a target was named: only that is judged")
		}
	})
}
