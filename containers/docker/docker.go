// Package docker is brokers in containers, by testcontainers-go. Its containers
// listen on 127.0.0.1 only, carry the label mqttproof, and are removed at the
// end; those of a harness that was killed are removed by the next one.
package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/internal/failure"
	"github.com/testcontainers/testcontainers-go"
)

// Preset is a well-known broker from its image. transport is one that the
// preset has a port for; empty is tcp.
func Preset(p containers.Preset, transport string, opts ...containers.Option) containers.Target {
	t := &target{name: "docker:" + p.Name, preset: p, transport: cmp.Or(transport, "tcp"), opts: opts}
	if t.transport != "tcp" {
		t.name += "?transport=" + t.transport
	}
	return t
}

// Image is a broker from any image, which listens on port 1883 as it comes.
func Image(ref string, opts ...containers.Option) containers.Target {
	return &target{name: "docker:" + ref, transport: "tcp", opts: opts, preset: containers.Preset{
		Name:      ref,
		Ready:     60 * time.Second, // some brokers are slow starters
		Stop:      10 * time.Second,
		Container: &containers.PresetContainer{Image: ref, Ports: map[string]int{"tcp": 1883}},
	}}
}

type target struct {
	name      string
	preset    containers.Preset
	transport string
	opts      []containers.Option
}

func (t *target) Name() string { return t.name }

// withoutDocker ends the message of an error where there is no Docker.
const withoutDocker = "without Docker use exec:mosquitto, embedded:mochi, or the address of a broker that runs (mqtt://host:1883)"

// Start removes what killed harnesses left behind and starts the container, on
// another port where the one that was chosen is taken.
func (t *target) Start(ctx context.Context) (*containers.Broker, error) {
	c := t.preset.Container
	if c == nil {
		return nil, failure.Usage("the preset %s is not for a container; it is exec:%s", t.preset.Name, t.preset.Name)
	}
	if c.Ports[t.transport] == 0 {
		have := slices.Sorted(maps.Keys(c.Ports))
		return nil, failure.Usage("the preset %s has no port for %q; it has %s", t.preset.Name, t.transport, strings.Join(have, ", "))
	}
	e, err := connectEngine(ctx)
	if err != nil {
		return nil, failure.Unreachable("%s needs Docker, which does not answer: %w; is it running, and may you use it (DOCKER_HOST, group docker)? %s", t.name, err, withoutDocker)
	}
	if err := e.sweep(ctx); err != nil {
		e.Close()
		return nil, failure.Unreachable("%s: containers of an earlier run cannot be removed: %w", t.name, err)
	}
	image, err := e.image(ctx, c)
	if err != nil {
		e.Close()
		if errors.Is(err, failure.ErrUsage) {
			return nil, err
		}
		return nil, failure.Unreachable("%s: %w", t.name, err)
	}
	const tries = 5
	for try := 1; ; try++ {
		b, err := t.start(ctx, e, image)
		if err == nil {
			return b, nil
		}
		var taken *portTakenError
		if try == tries || !errors.As(err, &taken) {
			e.Close()
			return nil, err
		}
	}
}

// portTakenError is a container that did not start since its port is in use.
type portTakenError struct{ error }

func (e *portTakenError) Unwrap() error { return e.error }

// start runs the container with one port.
func (t *target) start(ctx context.Context, e *engine, image string) (*containers.Broker, error) {
	port, err := e.freePort()
	if err != nil {
		return nil, failure.Unreachable("%s: no free port on %s: %w", t.name, e.bind, err)
	}
	options, err := t.customizers(e, port)
	if err != nil {
		return nil, err
	}
	// Cancelled half-way the engine may make a container that nobody knows of,
	// so starting is not cancelled; it takes a second.
	steady, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	made, err := testcontainers.Run(steady, image, options...)
	if err != nil {
		if made != nil {
			err = withLastLines(err, e.logs(steady, made.GetContainerID()))
			err = errors.Join(err, e.remove(steady, made.GetContainerID()))
		}
		if text := err.Error(); strings.Contains(text, "port is already allocated") || strings.Contains(text, "address already in use") {
			err = &portTakenError{err}
		}
		return nil, failure.Unreachable("%s: the container of %s does not start: %w", t.name, image, err)
	}
	c := &container{engine: e, id: made.GetContainerID(), stop: t.preset.Stop}
	var version string // printed at the start, and gone from the last lines later
	b, err := containers.Attach(ctx, containers.Started{
		Name:    t.name,
		URL:     t.preset.URL(t.transport, net.JoinHostPort(e.host, strconv.Itoa(port))),
		Options: append(t.preset.Options(), t.opts...),
		Ready:   t.preset.Ready,
		Restart: c.restart,
		Exited:  c.exited,
		Output:  c.output,
		Software: func() string {
			if t.preset.Name == image {
				return image
			}
			return strings.TrimSpace(t.preset.Name+" "+version) + " in " + image
		},
		Close: c.close,
	})
	if err != nil {
		return nil, err
	}
	// What it says of the CONNECTs that it was asked with may be longer than the
	// last lines.
	version = t.preset.Version(e.lines(ctx, c.id, "all"))
	return b, nil
}

func withLastLines(err error, lines string) error {
	if lines == "" {
		return err
	}
	return fmt.Errorf("%w\nits last lines:\n%s", err, lines)
}
