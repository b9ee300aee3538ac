package main

import (
	"errors"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes a command of the test binary, so that the tests run what users
// run: a process of its own with an exit code.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mqttproof": main})
}

// TestScripts runs testdata/script. In them MOCHI is the address of a broker
// that runs, MQTTS one of the same with TLS, whose certificate is signed by that
// in the file CA, SILENT one of a server that lets every client in and then says
// nothing, DEAF one where connections open and CONNECT gets no answer, and
// NOBODY one where nobody listens.
func TestScripts(t *testing.T) {
	broker, err := embedded.Mochi().Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	mqtts, ca := encrypted(t, broker.URL())
	addresses := map[string]string{
		"MQTTS": mqtts, "CA": ca,
		"MOCHI":  broker.URL(),
		"SILENT": silent(t),
		"DEAF":   serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
		"NOBODY": nobody(t),
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for name, address := range addresses {
				env.Setenv(name, address)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that must end with the exit code: exits 2 mqttproof …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command [args]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// silent is a server that answers CONNECT of 3.1.1 and 5.0, and nothing else.
func silent(t *testing.T) string {
	return serve(t, func(c net.Conn) {
		first := make([]byte, 9)
		if _, err := io.ReadFull(c, first); err != nil {
			return
		}
		connack := []byte{0x20, 2, 0, 0}
		if first[8] == 5 {
			connack = []byte{0x20, 3, 0, 0, 0}
		}
		_, _ = c.Write(connack)
		_, _ = io.Copy(io.Discard, c)
	})
}

func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				handle(c)
			}()
		}
	}()
	return "mqtt://" + l.Addr().String()
}

// nobody is an address that was free a moment ago.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "mqtt://" + l.Addr().String()
}

// TestUserInfoIsNotRepeated: what stands before an @ may be a password.
func TestUserInfoIsNotRepeated(t *testing.T) {
	for _, args := range [][]string{
		{"list", "mqtt://alice:s3cret@127.0.0.1"},
		{"run", "mqtt://alice:s3cret@127.0.0.1:x"},
		{"run", "alice:s3cret@127.0.0.1"},
		{"run", "nothing://alice:s3cret@127.0.0.1"},
		{"run", "--nothing=mqtt://alice:s3cret@127.0.0.1"},
	} {
		t.Run(args[1], func(t *testing.T) {
			out, err := exec.Command("mqttproof", args...).CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitUsage {
				t.Errorf("%v, not exit code 2:\n%s", err, out)
			}
			for _, secret := range []string{"alice", "s3cret"} {
				if strings.Contains(string(out), secret) {
					t.Errorf("%s is repeated:\n%s", secret, out)
				}
			}
		})
	}
}
