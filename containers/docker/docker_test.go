package docker_test

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
	"github.com/mqttproof/mqttproof/containers/docker"
	"github.com/mqttproof/mqttproof/containers/need"
	"github.com/mqttproof/mqttproof/containers/presets"
)

const (
	mochi     = "mqttproof/mochi:local"
	mosquitto = "mqttproof/mosquitto:local"
	nats      = "mqttproof/nats:local"
)

func preset(t *testing.T, name string) containers.Preset {
	t.Helper()
	p, err := presets.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ours lists the containers that this process made, by their ids.
func ours(t *testing.T, filters ...string) []string {
	t.Helper()
	args := []string{"ps", "--all", "--quiet", "--no-trunc", "--filter", fmt.Sprintf("label=mqttproof.pid=%d", os.Getpid())}
	for _, f := range filters {
		args = append(args, "--filter", f)
	}
	return strings.Fields(command(t, args...))
}

func command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// noLeak fails the test where a container of ours is left after it.
func noLeak(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if left := ours(t); len(left) > 0 {
			t.Errorf("left behind the containers %v", left)
		}
	})
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

func exchange(t *testing.T, b *containers.Broker, answer string, packets ...string) {
	t.Helper()
	conn, err := b.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
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

const (
	connect  = "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
	accepted = "\x20\x02\x00\x00"
)

func TestTargets(t *testing.T) {
	for _, test := range []struct {
		name, image string
		target      func(t *testing.T) containers.Target
		wantName    string
		transport   string
		software    string
	}{
		{
			"nats", nats, func(t *testing.T) containers.Target { return docker.Preset(preset(t, "nats"), "") },
			"docker:nats", "tcp", "nats 2.",
		},
		{
			"nats over ws", nats, func(t *testing.T) containers.Target { return docker.Preset(preset(t, "nats"), "ws") },
			"docker:nats?transport=ws", "ws", "nats 2.",
		},
		{
			"mochi", mochi, func(t *testing.T) containers.Target { return docker.Preset(preset(t, "mochi"), "") },
			"docker:mochi", "tcp", "mochi 2.7.9 in " + mochi,
		},
		{
			"mochi over ws", mochi, func(t *testing.T) containers.Target { return docker.Preset(preset(t, "mochi"), "ws") },
			"docker:mochi?transport=ws", "ws", "mochi 2.7.9 in " + mochi,
		},
		{
			"mosquitto", mosquitto, func(t *testing.T) containers.Target { return docker.Preset(preset(t, "mosquitto"), "") },
			"docker:mosquitto", "tcp", "mosquitto 2.",
		},
		{
			"any image", mosquitto, func(*testing.T) containers.Target { return docker.Image(mosquitto) },
			"docker:" + mosquitto, "tcp", mosquitto,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			need.Image(t, test.image)
			noLeak(t)
			b := start(t, test.target(t))
			if b.Name() != test.wantName || b.Transport() != test.transport || !strings.HasPrefix(b.Software(), test.software) {
				t.Errorf("it is %s over %s, %s", b.Name(), b.Transport(), b.Software())
			}
			want := []codec.Version{codec.V311, codec.V5}
			if test.image == nats {
				want = want[:1]
			}
			if !slices.Equal(b.Versions(), want) {
				t.Errorf("versions %v, want %v", b.Versions(), want)
			}
			exchange(t, b, accepted, connect)
			ids := ours(t)
			if len(ids) != 1 {
				t.Fatalf("containers of ours: %v", ids)
			}
			bound := command(t, "inspect", "--format", "{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}} {{end}}{{end}}", ids[0])
			if bound != "127.0.0.1" {
				t.Errorf("it listens on %q, not on 127.0.0.1 alone", bound)
			}
		})
	}
}

func TestRestartKeepsPortAndData(t *testing.T) {
	need.Image(t, mosquitto)
	noLeak(t)
	b := start(t, docker.Preset(preset(t, "mosquitto"), ""))
	exchange(t, b, accepted+"\x40\x02\x00\x01", connect, "\x33\x06\x00\x01t\x00\x01x") // a retained message
	url := b.URL()
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.URL() != url {
		t.Errorf("after the restart %s, before %s", b.URL(), url)
	}
	if how, exited := b.Exited(); exited {
		t.Errorf("a restart that was asked for counts as an exit: %s", how)
	}
	exchange(t, b, accepted+"\x90\x03\x00\x01\x00\x31\x04\x00\x01tx", connect, "\x82\x06\x00\x01\x00\x01t\x00")
}

func TestCrash(t *testing.T) {
	need.Image(t, mochi)
	noLeak(t)
	b := start(t, docker.Preset(preset(t, "mochi"), ""))
	conn, err := b.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	// SUBSCRIBE without the options of its filter, which mochi does not survive.
	io.WriteString(conn, "\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01a\x82\x06\x00\x01\x00\x00\x01a")
	io.Copy(io.Discard, conn)
	limit := time.Now().Add(5 * time.Second)
	how, exited := b.Exited()
	for ; !exited; how, exited = b.Exited() {
		if time.Now().After(limit) {
			t.Fatal("the end of the container was not noticed within 5 s")
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, want := range []string{"exit code 2", "panic: runtime error", "SubscribeDecode"} {
		if !strings.Contains(how, want) {
			t.Errorf("how it ended does not say %q: %s", want, how)
		}
	}
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	exchange(t, b, accepted, connect)
}

func TestFailedStarts(t *testing.T) {
	for _, test := range []struct {
		name   string
		image  string
		target func(t *testing.T) containers.Target
		usage  bool
		want   string
	}{
		{
			name: "no local image", target: func(*testing.T) containers.Target { return docker.Image("mqttproof/nothing:local") },
			want: "build it with: go tool mage images",
		},
		{
			name: "cannot be pulled", target: func(*testing.T) containers.Target { return docker.Image("registry.invalid/broker:1") },
			want: "and it cannot be pulled",
		},
		{
			name: "no such image name", target: func(*testing.T) containers.Target { return docker.Image("Bad Name::") },
			usage: true, want: "is not the name of an image",
		},
		{
			name: "no port for the transport", target: func(t *testing.T) containers.Target { return docker.Preset(preset(t, "mochi"), "quic") },
			usage: true, want: "it has tcp, ws",
		},
		{
			name: "no container", usage: true, want: "exec:mochi",
			target: func(t *testing.T) containers.Target {
				p := preset(t, "mochi")
				p.Container = nil
				return docker.Preset(p, "")
			},
		},
		{
			name: "dies while starting", image: mosquitto, want: "ended while it was starting: exit code",
			target: func(t *testing.T) containers.Target {
				p := preset(t, "mosquitto")
				p.Files[0].Text = "nonsense true\n"
				return docker.Preset(p, "")
			},
		},
		{
			name: "has no such program", image: mosquitto, want: "does not start",
			target: func(t *testing.T) containers.Target {
				p := preset(t, "mosquitto")
				p.Container.Command = []string{"/no/such/program"}
				return docker.Preset(p, "")
			},
		},
		{
			name: "is never ready", image: mosquitto, want: "did not accept a CONNECT within 500ms",
			target: func(t *testing.T) containers.Target {
				p := preset(t, "mosquitto")
				p.Files[0].Text = "listener 2222 127.0.0.1\nuser root\n"
				p.Ready = 500 * time.Millisecond
				return docker.Preset(p, "")
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if need.Docker(t); test.image != "" {
				need.Image(t, test.image)
				noLeak(t)
			}
			noLeak(t)
			_, err := test.target(t).Start(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v\nwant in it: %s", err, test.want)
			}
			t.Log(err)
			if errors.Is(err, containers.ErrUsage) != test.usage || errors.Is(err, containers.ErrUnreachable) == test.usage {
				t.Errorf("usage: want %v: %v", test.usage, err)
			}
		})
	}
}

// Whoever has no Docker learns how to do without, and DOCKER_HOST is not passed
// over for an engine that happens to be here. The library keeps the engine it
// found, so this asks in a process of its own.
func TestNoDocker(t *testing.T) {
	if os.Getenv("TEST_NO_DOCKER") != "" {
		_, err := docker.Image(mochi).Start(t.Context())
		fmt.Println(err, errors.Is(err, containers.ErrUnreachable))
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	cmd := exec.Command(os.Args[0], "-test.run=^TestNoDocker$")
	cmd.Env = append(os.Environ(), "TEST_NO_DOCKER=1", "DOCKER_HOST=tcp://"+l.Addr().String(), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"needs Docker, which does not answer", "exec:mosquitto", "mqtt://host:1883", "true"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q: %s", want, out)
		}
	}
}

func TestCancelled(t *testing.T) {
	need.Image(t, mosquitto)
	noLeak(t)
	p := preset(t, "mosquitto")
	p.Files[0].Text = "listener 2222 127.0.0.1\nuser root\n" // never ready
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if _, err := docker.Preset(p, "").Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start with a cancelled context gives %v", err)
	}
}

// The containers of a harness that was killed are removed by the next one;
// those of one that lives are not touched.
func TestSweep(t *testing.T) {
	if os.Getenv("TEST_BE_KILLED") != "" {
		if _, err := docker.Preset(preset(t, "mochi"), "").Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		fmt.Println("started")
		select {} // until killed
	}
	need.Image(t, mochi)
	noLeak(t)
	kept := start(t, docker.Preset(preset(t, "mochi"), ""))
	cmd := exec.Command(os.Args[0], "-test.run=^TestSweep$")
	cmd.Env = append(os.Environ(), "TEST_BE_KILLED=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, err := out.Read(line)
	cmd.Process.Kill()
	cmd.Wait()
	if err != nil || !strings.HasPrefix(string(line[:n]), "started") {
		t.Fatalf("%q, %v", line[:n], err)
	}
	left := func() string {
		return command(t, "ps", "--all", "--quiet", "--filter", fmt.Sprintf("label=mqttproof.pid=%d", cmd.Process.Pid))
	}
	if left() == "" {
		t.Fatal("nothing was left behind, so there is nothing to sweep")
	}
	next := start(t, docker.Preset(preset(t, "mochi"), ""))
	if id := left(); id != "" {
		t.Errorf("the container %s of a killed harness is still there", id)
	}
	exchange(t, kept, accepted, connect)
	exchange(t, next, accepted, connect)
}
