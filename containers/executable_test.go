//go:build unix

package containers_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/internal/leak"
	"github.com/mqttproof/mqttproof/containers/need"
	"github.com/mqttproof/mqttproof/containers/presets"
)

func mosquitto(t *testing.T) containers.Preset {
	t.Helper()
	need.Mosquitto(t)
	p, err := presets.Get("mosquitto")
	if err != nil {
		t.Fatal(err)
	}
	return p
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

// exchange sends packets and reads as many bytes as the answer should have.
func exchange(t *testing.T, conn net.Conn, answer string, packets ...string) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	for _, p := range packets {
		if _, err := conn.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, len(answer))
	if n, err := io.ReadFull(conn, got); err != nil || string(got) != answer {
		t.Fatalf("answered % x (%v), want % x", got[:n], err, answer)
	}
}

func dial(t *testing.T, b *containers.Broker) net.Conn {
	t.Helper()
	conn, err := b.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
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

const (
	connect  = "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
	accepted = "\x20\x02\x00\x00"
	// elsewhere is a configuration that does not listen where it should.
	elsewhere = "listener {{.Ports.tcp}} 127.0.0.2\n"
)

func TestExecutableKeepsItsDataOverARestart(t *testing.T) {
	leak.Check(t)
	b := start(t, containers.Executable(mosquitto(t), ""))
	if b.Name() != "exec:mosquitto" || b.Transport() != "tcp" || !strings.HasPrefix(b.Software(), "mosquitto 2.") {
		t.Errorf("it is %s over %s, %s", b.Name(), b.Transport(), b.Software())
	}
	if want := []codec.Version{codec.V311, codec.V5}; !slices.Equal(b.Versions(), want) {
		t.Errorf("versions %v, want %v", b.Versions(), want)
	}
	// A retained message with QoS 1, which is acknowledged.
	exchange(t, dial(t, b), accepted+"\x40\x02\x00\x01", connect, "\x33\x06\x00\x01t\x00\x01x")
	url, pid := b.URL(), b.PID()
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.URL() != url || b.PID() == pid {
		t.Errorf("after the restart %s, process %d; before %s, process %d", b.URL(), b.PID(), url, pid)
	}
	exchange(t, dial(t, b), accepted+"\x90\x03\x00\x01\x00"+"\x31\x04\x00\x01tx", connect, "\x82\x06\x00\x01\x00\x01t\x00")
}

func TestExecutableThatIsKilled(t *testing.T) {
	leak.Check(t)
	b := start(t, containers.Executable(mosquitto(t), ""))
	if how, exited := b.Exited(); exited {
		t.Fatalf("exited at the start: %s", how)
	}
	if err := syscall.Kill(b.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var how string
	eventually(t, "the end is noticed", func() (exited bool) { how, exited = b.Exited(); return exited })
	if !strings.Contains(how, "signal 9") || !strings.Contains(how, "mosquitto version") {
		t.Errorf("how it ended: %s", how)
	}
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	exchange(t, dial(t, b), accepted, connect)
}

// A broker that hangs is killed when its time to stop is over.
func TestExecutableThatHangs(t *testing.T) {
	leak.Check(t)
	p := mosquitto(t)
	p.Stop = 50 * time.Millisecond
	b := start(t, containers.Executable(p, ""))
	if err := syscall.Kill(b.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	exchange(t, dial(t, b), accepted, connect)
}

func TestExecutableThatDoesNotStart(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*containers.Preset)
		over   string
		usage  bool
		want   string
	}{
		{
			name:   "no such program",
			change: func(p *containers.Preset) { p.Executable.Command = []string{"mosquitto-that-is-not"} },
			want:   "apt-get install mosquitto",
		},
		{
			name:   "dies while starting",
			change: func(p *containers.Preset) { p.Files[0].Text = "nonsense true\n" },
			want:   "ended while it was starting: exit code 3",
		},
		{
			name:   "listens elsewhere",
			change: func(p *containers.Preset) { p.Files[0].Text = elsewhere; p.Ready = 200 * time.Millisecond },
			want:   "did not accept a CONNECT within 200ms",
		},
		{
			name:   "only a container",
			change: func(p *containers.Preset) { p.Executable = nil },
			usage:  true,
			want:   "docker:mosquitto",
		},
		{
			name:  "no such transport",
			over:  "quic",
			usage: true,
			want:  "it has tcp",
		},
		{
			name:   "wrong template",
			change: func(p *containers.Preset) { p.Files[0].Text = "{{.Nothing}}" },
			usage:  true,
			want:   "Nothing",
		},
		{
			name:   "file outside the folder",
			change: func(p *containers.Preset) { p.Files[0].Name = "../mosquitto.conf" },
			usage:  true,
			want:   "not in the folder",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			leak.Check(t)
			p := mosquitto(t)
			if test.change != nil {
				test.change(&p)
			}
			_, err := containers.Executable(p, test.over).Start(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v\nwant in it: %s", err, test.want)
			}
			if errors.Is(err, containers.ErrUsage) != test.usage || errors.Is(err, containers.ErrUnreachable) == test.usage {
				t.Errorf("usage: want %v: %v", test.usage, err)
			}
		})
	}
}

func TestExecutableCancelled(t *testing.T) {
	leak.Check(t)
	p := mosquitto(t)
	p.Files[0].Text = elsewhere // so that it never is ready
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := containers.Executable(p, "").Start(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start with a cancelled context gives %v", err)
	}
}
