package suites_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/reference"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Beside the server that acknowledges everything (null_test.go) these are wrong,
// or only unusual, in the ways in which servers are. The harness must come to
// the right verdict about each in bounded time and memory.

// A server at which nobody speaks MQTT is no broker: nothing is judged.
func TestNotABroker(t *testing.T) {
	ourselves(t)
	t.Parallel()
	for name, serve := range map[string]func(net.Conn){
		"never answers":      func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"closes at once":     func(net.Conn) {},
		"sends random bytes": func(c net.Conn) { go discard(c); _, _ = io.CopyN(c, newNoise(), 1<<20) },
		"sends what it gets": func(c net.Conn) { _, _ = io.Copy(c, c) },
		"never ends a packet": func(c net.Conn) {
			go discard(c)
			// A PUBLISH of 256 MB, the largest that there is: no room is made for it before it is here.
			_, _ = c.Write([]byte{0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1, 'a'})
			_, _ = io.CopyN(c, newNoise(), 8<<20)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := listen(t, serve)
			if _, err := containers.Address("mqtt://" + address).Start(t.Context()); err == nil {
				t.Error("it is taken for a broker")
			}
			if _, err := judge(t, address); !errors.Is(err, engine.ErrNoBroker) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// passesOnNoise lists the scenarios that a server may pass which writes rubbish
// behind its CONNACK and closes, beside those of passesOnNull, with the reason.
var passesOnNoise = map[string]string{
	"connect.keep-alive-half-packet": "the connection of a silent client ends",
	"connect.keep-alive-silence":     "the connection of a silent client ends",
	"session.client-disconnect":      "the connection of a client that leaves is closed",
	"session.takeover-race":          "of many connections one is left, at most",
}

// A broker that writes rubbish behind its CONNACK passes nothing that looks at
// what it writes, and no rubbish ends the harness.
func TestNoiseBehindConnack(t *testing.T) {
	ourselves(t)
	t.Parallel()
	run, err := judge(t, listen(t, func(c net.Conn) {
		frame, err := codec.NewReader(c, 0).Next()
		if err != nil {
			return
		}
		version := codec.V311
		if v, ok := codec.ConnectVersion(frame); ok && v == codec.V5 {
			version = v
		}
		data, err := (&codec.Connack{}).Append(nil, version)
		if err != nil {
			return
		}
		go discard(c)
		_, _ = io.CopyN(c, io.MultiReader(bytes.NewReader(data), newNoise()), 4096)
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range run.Results {
		switch {
		case res.Verdict == result.Error:
			t.Errorf("%s in %s ends in an error, so nothing is known: %s", res.ID, res.Version, res.Reason)
		case res.Verdict == result.Pass && passesOnNull[res.ID] == "" && passesOnNull[res.ID+" "+res.Version.String()] == "" && passesOnNoise[res.ID] == "":
			t.Errorf("%s in %s passes on rubbish", res.ID, res.Version)
		}
	}
}

// How a correct broker's bytes come, in pieces or late, is no fault of it.
func TestUnusualWriters(t *testing.T) {
	ourselves(t)
	// Not beside others: there are waits of a second in it, in which a client must be in time.
	for name, write := range map[string]func(c net.Conn, data []byte) (int, error){
		"a byte at a time": func(c net.Conn, data []byte) (n int, err error) {
			for i := range data {
				if _, err := c.Write(data[i : i+1]); err != nil {
					return i, err
				}
			}
			return len(data), nil
		},
		"late": func(c net.Conn, data []byte) (int, error) {
			time.Sleep(40 * time.Millisecond) // which is what late means here: no condition is awaited
			return c.Write(data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Megabytes that wait for a client, and hundreds of answers in a row, take a
			// writer that is slow for each of them longer than any client waits.
			run, err := judgeWith(t, correct(t, write), engine.DefaultTimeouts(), "session.takeover-hanging", "wire.old-bugs")
			if err != nil {
				t.Fatal(err)
			}
			for _, res := range run.Results {
				if res.Verdict > result.Pass && res.Verdict != result.Skip {
					t.Errorf("%s in %s: %s %s %v", res.ID, res.Version, res.Verdict, res.Reason, res.Findings)
				}
			}
		})
	}
}

// A broker whose packets are all right, and come in the wrong order, breaks what
// the standard says about order, and is blamed for that.
func TestWrongOrder(t *testing.T) {
	ourselves(t)
	t.Parallel()
	var mu sync.Mutex
	held := map[net.Conn][]byte{}
	run, err := judge(t, correct(t, func(c net.Conn, data []byte) (int, error) {
		if codec.Type(data[0]>>4) == codec.CONNACK {
			return c.Write(data)
		}
		// Of each two packets that are there at once the second comes first.
		mu.Lock()
		defer mu.Unlock()
		if first := held[c]; first != nil {
			delete(held, c)
			_, err := c.Write(append(bytes.Clone(data), first...))
			return len(data), err
		}
		held[c] = bytes.Clone(data)
		time.AfterFunc(10*time.Millisecond, func() {
			mu.Lock()
			defer mu.Unlock()
			_, _ = c.Write(held[c]) // nothing if another packet has come
			delete(held, c)
		})
		return len(data), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range run.Results {
		switch {
		case res.Verdict == result.Error:
			t.Errorf("%s in %s ends in an error, so nothing is known: %s", res.ID, res.Version, res.Reason)
		case strings.HasPrefix(res.ID, "qos.order-at-") && res.Verdict != result.Fail:
			t.Errorf("%s in %s: %s", res.ID, res.Version, res.Verdict)
		}
	}
}

// correct starts the reference broker, whose packets go through write.
func correct(t *testing.T, write func(c net.Conn, data []byte) (int, error)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	broker, ended := reference.New(reference.Defaults()), make(chan error, 1)
	go func() { ended <- broker.Serve(&rewriting{l, write}) }()
	t.Cleanup(func() {
		broker.Close()
		<-ended
	})
	return l.Addr().String()
}

// rewriting is a listener whose connections write in a way of their own.
type rewriting struct {
	net.Listener
	write func(c net.Conn, data []byte) (int, error)
}

func (l *rewriting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &rewritten{c.(*net.TCPConn), l.write}, nil
}

type rewritten struct {
	*net.TCPConn
	write func(c net.Conn, data []byte) (int, error)
}

func (c *rewritten) Write(data []byte) (int, error) { return c.write(c.TCPConn, data) }

// listen starts a server that does the same with each connection, and closes
// it then. It gives its address.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				serve(c)
				_ = c.Close()
			})
		}
	})
	return l.Addr().String()
}

func discard(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// noise is the same endless rubbish each time.
type noise struct{ *rand.ChaCha8 }

func newNoise() io.Reader { return noise{rand.NewChaCha8([32]byte{1})} }

// judge runs all scenarios with a tenth of the usual waits.
func judge(t *testing.T, address string) (*result.Run, error) {
	t.Helper()
	timeouts, err := engine.DefaultTimeouts().Scale(0.1)
	if err != nil {
		t.Fatal(err)
	}
	timeouts.Scenario = time.Minute // seconds of the standard do not shrink
	return judgeWith(t, address, timeouts)
}

// judgeWith runs all scenarios but some and looks at what that takes.
func judgeWith(t *testing.T, address string, timeouts engine.Timeouts, without ...string) (*result.Run, error) {
	t.Helper()
	list, err := scenarios.Select(scenarios.All(), nil, without)
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	run, err := engine.Run(t.Context(), server(address), list, engine.Options{Timeouts: timeouts}, nil)
	if took := time.Since(started); took > 2*time.Minute {
		t.Errorf("it took %s", took)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc > 1<<30 {
		t.Errorf("%d MB are in use", memory.HeapAlloc>>20)
	}
	return run, err
}

// server is a target at an address, of which nothing else is known: whether it is
// a broker is for the engine to find out.
type server string

func (s server) Dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", string(s))
}
func (server) Transport() string                { return "tcp" }
func (server) Credentials() (user, pass string) { return "", "" }
func (server) CanRestart() bool                 { return false }
func (server) Restart(context.Context) error    { return errors.New("it cannot be restarted") }
func (server) Exited() (how string, ended bool) { return "", false }
