package inprocess

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/fuzz/session"
)

// listening is a broker that is reached over the network and sees all sessions.
type listening struct {
	number uint64
	usual  int // goroutines while no client is there
}

// address has the fuzzer attack what listens there.
func (z *fuzzer) address(address string) {
	var dialer net.Dialer
	z.dial = func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", address) }
	l := &listening{}
	z.once = func(t *testing.T, s *session.Session) *attempt { return l.run(t, z, s) }
}

// settling is how long goroutines of connections that are closed may take to end.
const settling = 200 * time.Millisecond

// run runs a session under a name of its own.
func (l *listening) run(t *testing.T, z *fuzzer, s *session.Session) *attempt {
	ctx := t.Context()
	a := &attempt{out: &session.Outcome{}}
	watch := time.AfterFunc(z.limit, func() { z.stuck(hangs(s, z.limit, everything())) })
	defer watch.Stop()
	if z.alive == nil {
		if !z.probe(ctx) {
			a.fatal = "the broker answers no CONNECT of any version before it is fuzzed: it must accept clients without user name"
			return a
		}
		quiet(0) // all that its start has begun
		l.usual = runtime.NumGoroutine()
	}
	l.number++
	a.out = z.runner.Run(ctx, s, session.Name(l.number))
	a.seen = judged(a.out)
	quiet(l.usual)
	if extra := runtime.NumGoroutine() - l.usual; extra > 0 {
		before := runtime.NumGoroutine()
		n, yes := grows(ctx, z.runner, s, session.Name(l.number), quiet)
		if yes {
			a.seen = append(a.seen, leaked(fmt.Sprintf("the broker leaves goroutines behind when the clients have gone: %d after the session, %d more after it ran %d times more", extra, n, repeats), everything()))
		}
		l.usual = max(before, runtime.NumGoroutine())
	}
	if err := ask(ctx, z.dial, z.alive); err != nil {
		a.seen = append(a.seen, hanging(fmt.Sprintf("after the session the broker does not answer a fresh CONNECT: %v", err), everything()))
	}
	return a
}

// quiet waits until there are as few goroutines as before, or time is up.
func quiet(before int) {
	for until := time.Now().Add(settling); runtime.NumGoroutine() > before && time.Now().Before(until); time.Sleep(20 * time.Microsecond) {
	}
}

// everything gives the stacks of the goroutines that are not of the test.
func everything() string {
	return stacks(func(stack string) bool {
		return !strings.Contains(stack, "testing.") && !strings.Contains(stack, "fuzz/inprocess.")
	})
}
