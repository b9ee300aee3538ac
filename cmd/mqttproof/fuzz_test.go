package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/cmd/mqttproof/target"
)

// TestFuzzStaysHere: what is not of this machine is attacked only where the user says
// so, and the refusal says why.
func TestFuzzStaysHere(t *testing.T) {
	for _, c := range []struct {
		target  string
		allowed bool
		refused bool
	}{
		{"mqtt://127.0.0.1:1883", false, false},
		{"mqtt://127.8.9.1:1883", false, false},
		{"mqtt://localhost:1883", false, false},
		{"mqtt://[::1]:1883", false, false},
		{"ws://localhost/mqtt", false, false},
		{"embedded:mochi", false, false},
		{"exec:mosquitto", false, false},
		{"mqtt://192.0.2.7:1883", false, true},
		{"mqtt://[2001:db8::1]:1883", false, true},
		{"mqtts://broker.example", false, true},
		{"mqtt://localhost.example:1883", false, true},
		{"mqtt://0.0.0.0:1883", false, true},
		{"mqtt://192.0.2.7:1883", true, false},
	} {
		to, err := target.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		err = local(to, c.allowed)
		if (err != nil) != c.refused {
			t.Errorf("%s, allowed %v: %v", c.target, c.allowed, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "--allow-remote") || !strings.Contains(err.Error(), "can crash a broker")) {
			t.Errorf("%s: %v does not say why, and what to do", c.target, err)
		}
	}
}

// TestRestartCmd: the command runs in a shell, and its failure tells what it printed.
func TestRestartCmd(t *testing.T) {
	dir := t.TempDir()
	options := func(target, command string) (func() error, error) {
		c := &fuzzCmd{Target: target, For: time.Second, Clients: 1, Out: filepath.Join(dir, "out"), RestartCmd: command}
		c.ConnectTimeout = time.Second
		_, o, err := c.options(out{})
		return func() error { return o.Restart(t.Context()) }, err
	}
	restart, err := options("mqtt://127.0.0.1:1883", "echo again > '"+filepath.Join(dir, "restarted")+"'")
	if err != nil {
		t.Fatal(err)
	}
	if err := restart(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "restarted")); err != nil || string(text) != "again\n" {
		t.Errorf("%q, %v", text, err)
	}
	if restart, err = options("mqtt://127.0.0.1:1883", "echo no such service; exit 5"); err != nil {
		t.Fatal(err)
	}
	if err := restart(); err == nil || !strings.Contains(err.Error(), "no such service") || !strings.Contains(err.Error(), "--restart-cmd") {
		t.Errorf("got %v", err)
	}
	if _, err := options("embedded:mochi", "true"); err == nil || !strings.Contains(err.Error(), "for a broker at an address") {
		t.Errorf("got %v", err)
	}
}
