package engine_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// fake is a target whose behaviour is a function: it gets each packet of a
// client and a way to write back, and says whether the connection goes on.
type fake struct {
	behave         func(p codec.Packet, v spec.Version, write func(codec.Packet)) (goOn bool)
	user, password string
	restartable    bool
	restarted      func()        // called under the lock
	slow           time.Duration // of a restart, from the end to the start

	mu       sync.Mutex
	dead     bool
	conns    map[net.Conn]bool
	restarts int
	open     sync.WaitGroup
}

var errRefused = errors.New("connection refused")

func (f *fake) Dial(ctx context.Context) (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return nil, errRefused
	}
	ours, theirs := net.Pipe()
	if f.conns == nil {
		f.conns = map[net.Conn]bool{}
	}
	f.conns[theirs] = true
	f.open.Go(func() { f.serve(theirs) })
	return ours, nil
}

func (f *fake) serve(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		f.mu.Lock()
		delete(f.conns, conn)
		f.mu.Unlock()
	}()
	version := spec.V311
	frames := codec.NewReader(conn, 1<<20)
	for {
		frame, err := frames.Next()
		if err != nil {
			return
		}
		p, _ := codec.Inspect(frame, version, codec.FromClient)
		if c, ok := p.(*codec.Connect); ok {
			version = spec.Version(c.Level)
		}
		if p == nil || !f.behave(p, version, func(answer codec.Packet) {
			data, err := answer.Append(nil, version)
			if err == nil {
				_, _ = conn.Write(data)
			}
		}) {
			return
		}
	}
}

// die ends the broker's process: all connections break, none is accepted.
func (f *fake) die() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = true
	for c := range f.conns {
		_ = c.Close()
	}
}

func (f *fake) Transport() string                    { return "tcp" }
func (f *fake) Credentials() (user, password string) { return f.user, f.password }
func (f *fake) CanRestart() bool                     { return f.restartable }
func (f *fake) Exited() (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return "exit code 2: boom", f.dead && f.restartable
}

func (f *fake) Restart(ctx context.Context) error {
	if f.slow > 0 {
		f.die()
		select {
		case <-time.After(f.slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.restarts++
	f.dead = false
	if f.restarted != nil {
		f.restarted()
	}
	return nil
}

// polite answers what a client can expect to be answered, and nothing else.
func polite(p codec.Packet, _ spec.Version, write func(codec.Packet)) bool {
	switch p := p.(type) {
	case *codec.Connect:
		write(&codec.Connack{})
	case *codec.Pingreq:
		write(&codec.Pingresp{})
	case *codec.Publish:
		if p.QoS == 1 {
			write(&codec.Puback{Ack: codec.Ack{PacketID: p.PacketID}})
		}
	case *codec.Disconnect:
		return false
	}
	return true
}

// short is a table of waits for brokers that answer at once or never.
func short() engine.Timeouts {
	return engine.Timeouts{
		Answer: 300 * time.Millisecond, Delivery: 300 * time.Millisecond, CarriesOn: 20 * time.Millisecond,
		Settle: 20 * time.Millisecond, Farewell: 100 * time.Millisecond, Late: 300 * time.Millisecond,
		Ready: time.Second, Scenario: 3 * time.Second, Cleanup: 300 * time.Millisecond,
	}
}

// run runs the scenarios in 5.0 and waits until the fake has no connection left.
func run(t *testing.T, f *fake, scenarios ...engine.Scenario) *result.Run {
	t.Helper()
	got, err := engine.Run(t.Context(), f, scenarios,
		engine.Options{Versions: []spec.Version{spec.V5}, Timeouts: short()}, nil)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	f.open.Wait() // a connection left behind would hang here
	return got
}

func find(t *testing.T, run *result.Run, id string) *result.Result {
	t.Helper()
	for _, r := range run.Results {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no result of %s in %d results", id, len(run.Results))
	return nil
}

func ref(id string) spec.Ref { return spec.Ref{Version: spec.V5, ID: id} }

// second is a scenario that breaks the protocol; a broker must close for it.
func second(id string) engine.Scenario {
	return engine.Scenario{ID: id, Proves: []spec.Ref{ref("MQTT-3.1.0-2")}, Run: func(t *engine.T) {
		c := t.Connect()
		c.SendConnect()
		c.ExpectClosed()
	}}
}

// ping is a scenario that every serving broker passes.
func ping(id string) engine.Scenario {
	return engine.Scenario{ID: id, Proves: []spec.Ref{ref("MQTT-3.12.4-1")}, Run: func(t *engine.T) { t.Connect().StillOpen() }}
}
