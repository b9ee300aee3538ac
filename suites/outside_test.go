package suites_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/containers/embedded"
)

// outside copies testdata/outside, so that go may complete its go.mod, and
// gives a function that runs go in it.
func outside(t *testing.T, env ...string) func(args ...string) (string, error) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/outside")); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		// GOFLAGS of the caller (-count=1, -race) are not for this module.
		cmd.Env = append(os.Environ(), append(env, "GOFLAGS=-mod=mod", "GOWORK=off")...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("mod", "edit", "-replace=github.com/mqttproof/mqttproof="+root); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return run
}

// A broker that has gone must not be passed because it was there yesterday.
func TestOutsideModuleIsNotCached(t *testing.T) {
	ourselves(t)
	broker, err := embedded.Mochi().Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	t.Cleanup(func() {
		if !closed {
			_ = broker.Close(t.Context())
		}
	})
	run := outside(t, "BROKER="+broker.URL())
	for range 2 {
		out, err := run("test", ".", "./control")
		if err != nil {
			t.Fatalf("with a broker: %v\n%s", err, out)
		}
		if line := lineOf(out, "example.com/outside\t"); strings.Contains(line, "(cached)") {
			t.Fatalf("the pass is taken from the cache:\n%s", out)
		}
	}
	closed = true
	if err := broker.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, err := run("test", ".", "./control")
	if err == nil || !strings.Contains(out, "no broker at "+broker.URL()) {
		t.Errorf("without a broker: %v\n%s", err, out)
	}
	if line := lineOf(out, "example.com/outside/control"); !strings.Contains(line, "(cached)") {
		t.Errorf("go test uses no cache here, so nothing was shown:\n%s", out)
	}
}

// A suite of one's own has the scenarios beside its specs, selects them by
// labels, and a failure says what was expected, what came, and how to see it
// again.
func TestOutsideModuleRegisters(t *testing.T) {
	ourselves(t)
	run := outside(t, "BROKER="+nullBroker(t))
	out, err := run("test", "./own", "-args", "--ginkgo.no-color")
	if err == nil {
		t.Errorf("a broker that does nothing passes:\n%s", out)
	}
	for _, want := range []string{
		"Will run 6 of 6 specs", "4 Passed | 2 Failed",
		"[FAIL] MQTT conformance of mqtt://127.0.0.1:", "guide.qos-1 in 5.0: ", "scenarios/guide",
		"expected  ", "got       ", "-> PUBLISH", "replay    mqttproof run mqtt://127.0.0.1:",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not there", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
	out, err = run("test", "-v", "./own", "-args", "--ginkgo.no-color", "--ginkgo.v", "--ginkgo.label-filter=connect && v5.0")
	if err != nil || !strings.Contains(out, "2 Passed | 0 Failed | 0 Pending | 4 Skipped") ||
		!strings.Contains(out, "1 of 1 hold") { // the others were not even run
		t.Errorf("%v\n%s", err, out)
	}
}

// lineOf gives the line that go test prints for a package.
func lineOf(out, of string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, of) {
			return line
		}
	}
	return ""
}

// Who tests a broker of their own does not compile testcontainers or a broker.
func TestOutsideModuleCompilesNoBroker(t *testing.T) {
	ourselves(t)
	run := outside(t)
	out, err := run("list", "-deps", "-test", "./...")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for dep := range strings.Lines(out) {
		for _, unwanted := range []string{"testcontainers", "mochi", "moby", "docker", "alecthomas/kong", "cmd/mqttproof"} {
			if strings.Contains(dep, unwanted) {
				t.Errorf("%s is compiled", strings.TrimSpace(dep))
			}
		}
	}
	if !strings.Contains(out, "mqttproof/suites") {
		t.Errorf("suites is not there:\n%s", out)
	}
}
