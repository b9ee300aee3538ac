package containers

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mqttproof/mqttproof/containers/internal/failure"
	"github.com/mqttproof/mqttproof/containers/internal/process"
)

// Executable is a broker that is installed on this machine, started with the
// configuration of the preset on a free port of 127.0.0.1 and with a folder of
// its own, which is removed at the end. A restart keeps port and folder.
// transport is one that the preset has a listener for; empty is tcp.
func Executable(p Preset, transport string, opts ...Option) Target {
	return &executable{preset: p, transport: cmp.Or(transport, "tcp"), opts: opts}
}

type executable struct {
	preset    Preset
	transport string
	opts      []Option
}

// Name is the target in the form that the command takes.
func (t *executable) Name() string {
	if t.transport == "tcp" {
		return "exec:" + t.preset.Name
	}
	return "exec:" + t.preset.Name + "?transport=" + t.transport
}

// Start starts the broker on a free port, on another where that is taken
// before the broker has it.
func (t *executable) Start(ctx context.Context) (*Broker, error) {
	if err := t.preset.Check(); err != nil {
		return nil, err
	}
	e := t.preset.Executable
	if e == nil {
		return nil, failure.Usage("the preset %s is not for a local executable; it is docker:%s", t.preset.Name, t.preset.Name)
	}
	if !slices.Contains(e.Transports, t.transport) {
		return nil, failure.Usage("the preset %s has no listener for %q; it has %s", t.preset.Name, t.transport, strings.Join(e.Transports, ", "))
	}
	program, err := lookPath(e.Command[0])
	if err != nil {
		return nil, failure.Unreachable("%s: there is no %s in PATH, /usr/sbin and /usr/local/sbin. Install it: %s. Other targets without it: embedded:mochi, docker:%s, or the address of a broker that runs (mqtt://host:1883)",
			t.Name(), e.Command[0], e.Install, t.preset.Name)
	}
	const tries = 5
	for try := 1; ; try++ {
		b, err := t.startOn(ctx, program)
		var taken *portTakenError
		if err == nil || try == tries || !errors.As(err, &taken) {
			return b, err
		}
	}
}

// portTakenError is a broker that did not start since its port is in use.
type portTakenError struct{ error }

func (e *portTakenError) Unwrap() error { return e.error }

// startOn starts the broker on one port.
func (t *executable) startOn(ctx context.Context, program string) (_ *Broker, err error) {
	folder, err := os.MkdirTemp("", "mqttproof-"+t.preset.Name+"-")
	if err != nil {
		return nil, failure.Unreachable("%s: no folder for its data: %w", t.Name(), err)
	}
	port, err := freePort()
	if err != nil {
		os.RemoveAll(folder)
		return nil, failure.Unreachable("%s: no free port on 127.0.0.1: %w", t.Name(), err)
	}
	data := PresetData{Folder: folder, Address: "127.0.0.1", Ports: map[string]int{t.transport: port}}
	spec, err := t.prepare(data, program)
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	var service *process.Service
	service, err = process.NewService(ctx, func(ctx context.Context) (*process.Process, error) {
		p, err := process.Start(spec)
		if err != nil {
			return nil, failure.Unreachable("%s does not start: %w", t.Name(), err)
		}
		return p, nil
	})
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	var version string // printed at the start, and gone from the last lines later
	b, err := Attach(ctx, Started{
		Name:    t.Name(),
		URL:     t.preset.URL(t.transport, net.JoinHostPort(data.Address, strconv.Itoa(port))),
		Options: append(t.preset.Options(), t.opts...),
		Ready:   t.preset.Ready,
		Restart: service.Restart,
		Exited:  service.Exited,
		Output:  service.Output,
		PID:     service.PID,
		Software: func() string {
			return strings.TrimSpace(t.preset.Name + " " + version)
		},
		Close: func(ctx context.Context) error {
			return errors.Join(service.Close(ctx), os.RemoveAll(folder))
		},
	})
	if err != nil {
		if e := t.preset.Executable; e.PortTaken != "" && strings.Contains(err.Error(), e.PortTaken) {
			err = &portTakenError{err}
		}
		return nil, err
	}
	version = t.preset.Version(b.Output())
	return b, nil
}

// prepare writes the files of the preset and gives what to run.
func (t *executable) prepare(data PresetData, program string) (process.Spec, error) {
	spec := process.Spec{Path: program, Env: os.Environ(), Dir: data.Folder, Grace: t.preset.Stop}
	expand := func(text string) (string, error) {
		out, err := data.Expand(text)
		if err != nil {
			return "", failure.Usage("preset %s: %w", t.preset.Name, err)
		}
		return out, nil
	}
	for _, f := range t.preset.Files {
		text, err := expand(f.Text)
		if err != nil {
			return spec, err
		}
		if !filepath.IsLocal(f.Name) {
			return spec, failure.Usage("preset %s: the file %q is not in the folder of the broker", t.preset.Name, f.Name)
		}
		path := filepath.Join(data.Folder, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return spec, failure.Unreachable("%s: %w", t.Name(), err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return spec, failure.Unreachable("%s: %w", t.Name(), err)
		}
	}
	for _, arg := range t.preset.Executable.Command[1:] {
		text, err := expand(arg)
		if err != nil {
			return spec, err
		}
		spec.Args = append(spec.Args, text)
	}
	for name, value := range t.preset.Env {
		text, err := expand(value)
		if err != nil {
			return spec, err
		}
		spec.Env = append(spec.Env, name+"="+text)
	}
	return spec, nil
}

// lookPath looks also where Debian installs servers, which is not in the PATH
// of a user.
func lookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil || strings.ContainsRune(name, '/') {
		return path, err
	}
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path, nil
		}
	}
	return "", err
}

// freePort gives a port of 127.0.0.1 that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
