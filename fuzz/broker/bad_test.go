package broker

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// The test binary starts itself as a broker that is bad in one way. It is the
// reference broker, and what is bad begins with the first UNSUBSCRIBE.
const (
	badHow     = "MQTTPROOF_BAD_BROKER"
	badAddress = "MQTTPROOF_BAD_ADDRESS"
	badOnce    = "MQTTPROOF_BAD_ONCE" // a file that says whether it was bad before
)

func TestMain(m *testing.M) {
	if how := os.Getenv(badHow); how != "" {
		fmt.Fprintln(os.Stderr, serveBadly(how, os.Getenv(badAddress)))
		os.Exit(9)
	}
	os.Exit(m.Run())
}

// bad is such a broker as a target. Its user is one with a password.
func bad(t testing.TB, how string) containers.Target {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := containers.Preset{
		Name: "bad-" + how, HighestQoS: 2, Ready: 20 * time.Second, Stop: 2 * time.Second,
		Env:        map[string]string{badHow: how, badAddress: "{{.Address}}:{{.Ports.tcp}}", "GOTRACEBACK": "single"},
		Executable: &containers.PresetExecutable{Transports: []string{"tcp"}, Command: []string{program}, PortTaken: "address already in use"},
	}
	if how == "auth" {
		p.Credentials.User, p.Credentials.Password = badUser, badPassword
	}
	return containers.Executable(p, "tcp")
}

const badUser, badPassword = "carol-of-the-test", "pa55-w0rd-of-carol"

// badness is what has become of the broker.
type badness struct {
	how      string
	bad      atomic.Bool
	waits    atomic.Int64 // for slow, in milliseconds
	spinning atomic.Int64
	mu       sync.Mutex
	kept     [][]byte
}

func serveBadly(how, address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	b, x := reference.New(reference.Defaults()), &badness{how: how}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		switch {
		case how == "hang" && x.bad.Load():
			continue // nobody reads it any more
		case how == "memory":
			x.keep()
		}
		b.Attach(&badConn{Conn: conn, x: x})
	}
}

// keep takes 1 MB and gives it to nobody.
func (x *badness) keep() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.kept = append(x.kept, bytes.Repeat([]byte{1}, 1<<20))
}

// badConn looks at what the reference broker reads.
type badConn struct {
	net.Conn
	x    *badness
	seen []byte
}

func (c *badConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.seen = append(c.seen, b[:n]...)
	for len(c.seen) > 0 {
		size, ok, err := codec.FrameSize(c.seen)
		if err != nil || !ok || size > len(c.seen) {
			break
		}
		if !c.x.takes(c.seen[:size]) {
			return 0, net.ErrClosed
		}
		c.seen = c.seen[size:]
	}
	return n, err
}

// takes looks at a packet, and says whether the broker may see it.
func (x *badness) takes(frame []byte) bool {
	switch codec.Type(frame[0] >> 4) {
	case codec.CONNECT:
		if x.how == "auth" {
			p, _ := codec.Inspect(frame, 0, codec.FromClient)
			c, _ := p.(*codec.Connect)
			return c != nil && string(c.User) == badUser && string(c.Password) == badPassword
		}
		if x.how == "slow" {
			time.Sleep(time.Duration(x.waits.Load()) * time.Millisecond) // this is what is bad about it
		}
	case codec.UNSUBSCRIBE:
		x.turn(frame)
	}
	return true
}

// turn is the first UNSUBSCRIBE, or another one.
func (x *badness) turn(frame []byte) {
	first := x.bad.CompareAndSwap(false, true)
	switch x.how {
	case "exit":
		os.Exit(3)
	case "once":
		if f, err := os.OpenFile(os.Getenv(badOnce), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			_ = f.Close()
			os.Exit(3)
		}
	case "signal":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "panic":
		parseFilters(frame, int(frame[1])+1000)
	case "sanitizer":
		fmt.Fprintf(os.Stderr, "==%d==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x%x at pc 0x1\n"+
			"    #0 0x%x in unsubscribe_parse /src/u.c:%d\n    #1 0x2 in packet__read /src/p.c:1\n", os.Getpid(), frame[1], os.Getpid(), frame[1])
		os.Exit(1)
	case "slow":
		x.waits.Add(1000)
	case "spin":
		for first && x.spinning.Add(1) <= 4 { // one would not get much of a busy machine
			go func() {
				for {
					x.spinning.Load()
				}
			}()
		}
	}
}

// parseFilters panics with a text that is another one for each packet.
func parseFilters(frame []byte, at int) { _ = frame[at] }
