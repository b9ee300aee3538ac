// Package embedded is the brokers that are built into the harness. Each runs in
// a child process, for some end their process on one malformed packet: the
// harness starts itself again, and an init of this package turns the child into
// the broker before anything else of the program runs. That works with
// `go run`, an installed command and a test binary.
package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/internal/failure"
	"github.com/mqttproof/mqttproof/containers/internal/mochi"
	"github.com/mqttproof/mqttproof/containers/internal/nats"
	"github.com/mqttproof/mqttproof/containers/internal/process"
)

// Option is a choice among what an embedded broker offers.
type Option func(*target)

// WebSocket has the broker listen for WebSocket connections in place of TCP.
func WebSocket() Option { return func(t *target) { t.scheme = "ws" } }

// Mochi is the mochi-mqtt broker, v2.7.9. It keeps everything in memory, so a
// restart loses sessions and retained messages.
func Mochi(opts ...Option) containers.Target {
	return newTarget("mochi", mochi.Software, opts)
}

// TLS has the broker listen with TLS, by a certificate that is made for the run.
// It is for NATS.
func TLS() Option { return func(t *target) { t.scheme = "mqtts" } }

// NATS is the nats-server broker. It speaks 3.1.1 alone and keeps its state on
// disk: in a temporary folder, which a restart finds again.
func NATS(opts ...Option) containers.Target {
	t := newTarget("nats", nats.Software, opts)
	t.stores = true
	return t
}

// With has the reference broker behave in another way that the standard allows,
// by the names of reference.Behaviours.
func With(behaviours ...string) Option {
	return func(t *target) { t.behaviours = append(t.behaviours, behaviours...) }
}

// Faults switches faults of the reference broker on, by expressions that
// reference.FindFaults takes.
func Faults(names ...string) Option {
	return func(t *target) { t.faults = append(t.faults, names...) }
}

// Reference is the reference broker of mqttproof.
func Reference(opts ...Option) containers.Target {
	return newTarget("reference", "mqttproof reference", opts)
}

type target struct {
	broker     string
	software   string
	scheme     string // mqtt, ws or mqtts
	stores     bool   // it wants a folder for its state
	behaviours []string
	faults     []string
}

func newTarget(broker, software string, opts []Option) *target {
	t := &target{broker: broker, software: software, scheme: "mqtt"}
	for _, opt := range opts {
		opt(t)
	}
	return t
}

// Name is the target in the form that the command takes.
func (t *target) Name() string {
	var query []string
	if t.scheme != "mqtt" {
		query = append(query, "transport="+strings.Replace(t.scheme, "mqtts", "tls", 1))
	}
	for _, name := range t.behaviours {
		query = append(query, "with="+name)
	}
	for _, name := range t.faults {
		query = append(query, "fault="+name)
	}
	if len(query) == 0 {
		return "embedded:" + t.broker
	}
	return "embedded:" + t.broker + "?" + strings.Join(query, "&")
}

const (
	ready = 10 * time.Second // 20 ms are usual; a busy machine needs more
	grace = 2 * time.Second
)

// Start starts the broker on a free port of 127.0.0.1.
func (t *target) Start(ctx context.Context) (*containers.Broker, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, failure.Unreachable("%s is a child process of the harness, and where its program lies is unknown: %w", t.Name(), err)
	}
	folder := ""
	remove := func() error { return nil }
	if t.stores {
		if folder, err = os.MkdirTemp("", "mqttproof-"+t.broker+"-"); err != nil {
			return nil, failure.Unreachable("%s: no folder for its data: %w", t.Name(), err)
		}
		remove = func() error { return os.RemoveAll(folder) }
	}
	var url string // known once the first child has chosen its port
	launch := func(ctx context.Context) (*process.Process, error) {
		order, err := json.Marshal(order{
			Broker: t.broker, Scheme: t.scheme, Address: address(url), Store: folder, Behaviours: t.behaviours, Faults: t.faults,
		})
		if err != nil {
			return nil, err
		}
		p, err := process.Start(process.Spec{
			Path: executable,
			// One stack is enough to see why it crashed.
			Env:   append(os.Environ(), orderVariable+"="+string(order), "GOTRACEBACK=single"),
			Stdin: true,
			Grace: grace,
		})
		if err != nil {
			return nil, failure.Unreachable("%s does not start: %w", t.Name(), err)
		}
		limited, cancel := context.WithTimeout(ctx, ready)
		defer cancel()
		first, err := p.FirstLine(limited)
		if err == nil && !strings.Contains(first, "://") {
			err = fmt.Errorf("it printed %q in place of its address", first)
		}
		if err != nil {
			err = errors.Join(err, p.Stop(ctx))
			return nil, failure.Unreachable("%s does not start: %w", t.Name(), err)
		}
		url = first
		return p, nil
	}
	service, err := process.NewService(ctx, launch)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return containers.Attach(ctx, containers.Started{
		Name: t.Name(),
		URL:  url,
		// The certificate is of this very run, and at this address is our child.
		Options:  []containers.Option{containers.Insecure(t.scheme == "mqtts")},
		Ready:    ready,
		Restart:  service.Restart,
		Exited:   service.Exited,
		Output:   service.Output,
		Software: func() string { return t.software },
		PID:      service.PID,
		Close: func(ctx context.Context) error {
			return errors.Join(service.Close(ctx), remove())
		},
	})
}

// address is the host and port of a URL, and any free port without one.
func address(url string) string {
	_, rest, found := strings.Cut(url, "://")
	if !found {
		return "127.0.0.1:0"
	}
	hostPort, _, _ := strings.Cut(rest, "/")
	return hostPort
}
