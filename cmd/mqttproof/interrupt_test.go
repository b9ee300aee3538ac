package main

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/containers/need"
)

// TestInterrupt: Ctrl-C leaves no process and no file behind, and a report that
// says it is not complete.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no interrupt to send")
	}
	targets := map[string]func(*testing.T){
		"embedded:mochi": func(*testing.T) {},
		"exec:mosquitto": func(t *testing.T) { need.Mosquitto(t) },
	}
	for target, needs := range targets {
		for _, how := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			t.Run(target+" "+how.String(), func(t *testing.T) {
				needs(t)
				t.Parallel()
				interrupt(t, target, how)
			})
		}
	}
}

// listening finds the address of the broker in what the command says.
var listening = regexp.MustCompile(`over tcp at mqtt://(127\.0\.0\.1:\d+)`)

func interrupt(t *testing.T, target string, how os.Signal) {
	report, temporary := t.TempDir(), t.TempDir()
	// These take seconds, so there is something to interrupt.
	cmd := exec.CommandContext(t.Context(), "mqttproof", "run", target, "--only", "guide.keep-alive,guide.last-will", "--report", report)
	cmd.Env = append(os.Environ(), "TMPDIR="+temporary)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	address := ""
	for address == "" && lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	asked := time.Now()
	for range 2 { // timeout(1) sends it twice, which is not meant twice
		if err := cmd.Process.Signal(how); err != nil {
			t.Fatal(err)
		}
	}
	for lines.Scan() { // until the command has closed it
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitNotRun {
		t.Errorf("%v, not exit code 3:\n%s", err, stderr.String())
	}
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
	if !strings.Contains(stderr.String(), "the run was interrupted") {
		t.Errorf("nothing is said of it:\n%s", stderr.String())
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Errorf("the broker still listens at %s", address)
	}
	results, err := os.ReadFile(filepath.Join(report, "results.jsonl"))
	if err != nil || !bytes.Contains(results, []byte(`"complete":false`)) {
		t.Errorf("the report is not there or not marked incomplete: %v\n%s", err, results)
	}
	left, err := os.ReadDir(temporary)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("%s is left behind", entry.Name())
	}
}
