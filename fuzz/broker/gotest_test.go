package broker_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/fuzz/broker"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// TestGoTest: the test made of a finding compiles by itself, fails against a broker that
// crashes, and passes against one that does not.
func TestGoTest(t *testing.T) {
	s, err := session.Unmarshal([]byte(`steps:
  - {client: a, do: send, hex: 100d00044d51545405020000000000}
  - {client: a, do: send, hex: "8206000100000161"}
`))
	if err != nil {
		t.Fatal(err)
	}
	source, err := (&broker.Finding{Class: broker.Crash, Signature: "it is gone", Session: s}).GoTest()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "finding_test.go")
	if err := os.WriteFile(file, source, 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(address string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", file)
		cmd.Env = append(os.Environ(), "MQTT_ADDRESS="+address)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	mochi, err := embedded.Mochi().Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer mochi.Close(t.Context())
	reference, err := embedded.Reference().Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reference.Close(t.Context())
	at := func(raw string) string {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return u.Host
	}
	if out, err := run(at(mochi.URL())); err == nil || !strings.Contains(out, "afterwards the broker") {
		t.Errorf("against mochi: %v\n%s", err, out)
	}
	if out, err := run(at(reference.URL())); err != nil {
		t.Errorf("against the reference broker: %v\n%s", err, out)
	}
}
