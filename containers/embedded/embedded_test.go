package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/containers/internal/leak"
)

func ExampleMochi() {
	ctx := context.Background()
	broker, err := embedded.Mochi().Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close(ctx)
	fmt.Println(broker.Name(), "is", broker.Software(), "and accepts MQTT", broker.Versions())
	// Output: embedded:mochi is mochi 2.7.9 and accepts MQTT [3.1.1 5.0]
}

func start(t *testing.T, target containers.Target) *containers.Broker {
	t.Helper()
	b, err := target.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// connect opens a connection and is answered by CONNACK.
func connect(t *testing.T, b *containers.Broker) net.Conn {
	t.Helper()
	conn, err := b.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	conn.Write([]byte("\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01a"))
	start := make([]byte, 4)
	if _, err := io.ReadFull(conn, start); err != nil || start[0] != 0x20 || start[3] != 0 {
		t.Fatalf("CONNECT answered by % x, %v", start, err)
	}
	rest := make([]byte, int(start[1])-2)
	if _, err := io.ReadFull(conn, rest); err != nil {
		t.Fatal(err)
	}
	return conn
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	limit := time.Now().Add(5 * time.Second)
	for !f() {
		if time.Now().After(limit) {
			t.Fatalf("not within 5 s: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestMochi(t *testing.T) {
	for _, test := range []struct {
		name      string
		target    containers.Target
		wantName  string
		transport string
	}{
		{"tcp", embedded.Mochi(), "embedded:mochi", "tcp"},
		{"ws", embedded.Mochi(embedded.WebSocket()), "embedded:mochi?transport=ws", "ws"},
	} {
		t.Run(test.name, func(t *testing.T) {
			leak.Check(t)
			b := start(t, test.target)
			if b.Name() != test.wantName || b.Transport() != test.transport {
				t.Errorf("%s over %s, want %s over %s", b.Name(), b.Transport(), test.wantName, test.transport)
			}
			if want := []codec.Version{codec.V311, codec.V5}; !slices.Equal(b.Versions(), want) {
				t.Errorf("versions %v, want %v", b.Versions(), want)
			}
			if b.PID() == 0 || b.PID() == os.Getpid() {
				t.Errorf("PID %d is no child", b.PID())
			}
			if user, password := b.Credentials(); user+password != "" {
				t.Error("it wants no credentials")
			}
			conn := connect(t, b)
			if !strings.HasPrefix(conn.RemoteAddr().String(), "127.0.0.1:") {
				t.Errorf("connected to %v", conn.RemoteAddr())
			}
		})
	}
}

// A broker that crashes is the reason for the child process.
func TestMochiCrashAndRestart(t *testing.T) {
	leak.Check(t)
	b := start(t, embedded.Mochi())
	url, pid := b.URL(), b.PID()
	if how, exited := b.Exited(); exited {
		t.Fatalf("exited at the start: %s", how)
	}
	conn := connect(t, b)
	conn.Write([]byte{0x82, 6, 0, 1, 0, 0, 1, 'a'}) // SUBSCRIBE without the options of its filter
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatal("it answered, so it did not crash")
	}
	var how string
	eventually(t, "the end is noticed", func() (exited bool) { how, exited = b.Exited(); return exited })
	for _, want := range []string{"exit code 2", "panic: runtime error: index out of range", "SubscribeDecode"} {
		if !strings.Contains(how, want) {
			t.Errorf("how it ended does not say %q: %s", want, how)
		}
	}
	if _, err := b.Dial(t.Context()); !errors.Is(err, containers.ErrUnreachable) {
		t.Errorf("dialing a dead broker gives %v", err)
	}
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.URL() != url || b.PID() == pid {
		t.Errorf("after the restart %s, process %d; before %s, process %d", b.URL(), b.PID(), url, pid)
	}
	if how, exited := b.Exited(); exited {
		t.Errorf("exited after the restart: %s", how)
	}
	connect(t, b)
}

func TestMochiRestartWhileRunning(t *testing.T) {
	leak.Check(t)
	b := start(t, embedded.Mochi(embedded.WebSocket()))
	conn := connect(t, b)
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("the old connection still gives %d bytes", n)
	}
	connect(t, b)
	if how, exited := b.Exited(); exited {
		t.Errorf("a restart that was asked for counts as an exit: %s", how)
	}
}

func TestMochiClose(t *testing.T) {
	leak.Check(t)
	b := start(t, embedded.Mochi())
	for range 2 {
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if how, exited := b.Exited(); exited {
		t.Errorf("closing counts as an exit: %s", how)
	}
	if err := b.Restart(t.Context()); err == nil {
		t.Error("a closed broker was restarted")
	}
}

func TestMochiCancelled(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Mochi().Start(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, containers.ErrUnreachable) {
		t.Errorf("Start with a cancelled context gives %v", err)
	}
}

// The child must not outlive a harness that is killed.
func TestMochiEndsWithTheHarness(t *testing.T) {
	if os.Getenv("TEST_BE_THE_HARNESS") != "" {
		b, err := embedded.Mochi().Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%s\n", b.URL())
		select {} // until killed
	}
	leak.Check(t)
	harness := exec.Command(os.Args[0], "-test.run=^TestMochiEndsWithTheHarness$")
	harness.Env = append(os.Environ(), "TEST_BE_THE_HARNESS=1")
	out, err := harness.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, err := out.Read(line)
	url := strings.TrimSpace(string(line[:n]))
	harness.Process.Kill()
	harness.Wait()
	if err != nil || !strings.HasPrefix(url, "mqtt://") {
		t.Fatalf("%q, %v", url, err)
	}
	eventually(t, "the broker of a killed harness is gone", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "mqtt://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// A variable that was set by hand must not make a broker of the program.
func TestOrderByHand(t *testing.T) {
	for _, order := range []string{"", "1", `{"broker":"nothing"}`} {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), "MQTTPROOF_EMBEDDED_BROKER="+order)
		out, err := cmd.CombinedOutput()
		if err == nil || strings.Contains(string(out), "PASS") {
			t.Errorf("%q: %v: %s", order, err, out)
		}
	}
}
