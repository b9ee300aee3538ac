package inprocess

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

const (
	// answerLimit is how long a fresh CONNECT may stay without an answer.
	answerLimit = 5 * time.Second
	// repeats is how often a session runs again to see whether each run leaves
	// goroutines behind.
	repeats = 4
	// stopping is how long a broker may take to end what it has begun.
	stopping = time.Minute
)

// bubble runs a session against a broker of its own, on a clock of their own.
func (z *fuzzer) bubble(t *testing.T, start Start, s *session.Session) (a *attempt) {
	a = &attempt{out: &session.Outcome{}}
	watch := time.AfterFunc(z.limit, func() { z.stuck(hangs(s, z.limit, inBubble())) })
	defer watch.Stop()
	// What is left in the bubble when all is over can never go on, says synctest.
	defer func() {
		if r := recover(); r != nil {
			if !strings.Contains(fmt.Sprint(r), "deadlock") {
				panic(r)
			}
			a.seen = append(a.seen, leaked("the broker leaves goroutines behind when it is stopped",
				inBubble()))
		}
	}()
	synctest.Test(t, func(t *testing.T) { z.inside(t, a, start, s) })
	return a
}

// inside is what happens in the bubble.
func (z *fuzzer) inside(t *testing.T, a *attempt, start Start, s *session.Session) {
	ctx := t.Context()
	serve, stop := start(t)
	l := &served{serve: serve}
	z.dial = l.dial
	synctest.Wait()
	if z.alive == nil {
		if !z.probe(ctx) {
			a.fatal = "the broker answers no CONNECT of any version before it is fuzzed: it must accept clients without user name"
			stop()
			return
		}
		synctest.Wait()
	}
	before := runtime.NumGoroutine()
	a.out = z.runner.Run(ctx, s, session.Name(1))
	synctest.Wait()
	a.seen = append(l.panics(), judged(a.out)...)
	if len(l.panics()) == 0 {
		if extra := runtime.NumGoroutine() - before; extra > 0 {
			if n, yes := grows(ctx, z.runner, s, session.Name(1), func(int) { synctest.Wait() }); yes {
				a.seen = append(a.seen, leaked(fmt.Sprintf("the broker leaves goroutines behind when the clients have gone: %d after the session, %d after it ran %d times more", extra, extra+n, repeats),
					inBubble()))
			}
		}
		if err := ask(ctx, l.dial, z.alive); err != nil {
			a.seen = append(a.seen, hanging(fmt.Sprintf("after the session the broker does not answer a fresh CONNECT: %v", err), inBubble()))
		}
	}
	stop()
	l.closeAll()
	synctest.Wait()
	if runtime.NumGoroutine() >= before {
		time.Sleep(stopping)
	}
}

// grows runs the session a few times more under the same name, which adds nothing to
// what the broker has to keep, and says how many goroutines it adds; yes where each run
// adds some. quiet waits until there are as few as before, or no fewer will be.
func grows(ctx context.Context, r *session.Runner, s *session.Session, name [len(session.Token)]byte, quiet func(before int)) (added int, yes bool) {
	first := runtime.NumGoroutine()
	for range repeats {
		before := runtime.NumGoroutine()
		r.Run(ctx, s, name)
		quiet(before)
		if runtime.NumGoroutine() <= before {
			return 0, false
		}
	}
	return runtime.NumGoroutine() - first, true
}

// inBubble gives the stacks of the broker's goroutines in the bubble that is the last
// one: others may still hold what was left behind in them.
func inBubble() string {
	last := 0
	stacks(func(stack string) bool { last = max(last, bubbleOf(stack)); return false })
	return stacks(func(stack string) bool {
		return bubbleOf(stack) == last && !strings.Contains(stack, "inprocess.(*fuzzer).inside") &&
			!strings.Contains(stack, "testing.testingSynctestTest") && !strings.Contains(stack, "synctest.Run(")
	})
}

// bubbleOf reads the number of the bubble in the first line of a stack, such as
//
//	goroutine 26 [select (durable), synctest bubble 1]:
//
// and is 0 where there is none.
func bubbleOf(stack string) (n int) {
	head, _, _ := strings.Cut(stack, "\n")
	if _, rest, in := strings.Cut(head, "synctest bubble "); in {
		_, _ = fmt.Sscanf(rest, "%d", &n)
	}
	return n
}

// hangs tells of a session that does not come to an end, from outside of the bubble.
func hangs(s *session.Session, limit time.Duration, stacks string) string {
	return fmt.Sprintf("the broker hangs: after %v of real time it is busy, or it waits for something outside of itself (a lock, the network, a channel that is older than it is)\n\n%s\n\nthe session:\n%s",
		limit, stacks, inWords(s))
}

// served gives a broker its connections.
type served struct {
	serve func(net.Conn)

	mu       sync.Mutex
	opened   int
	conns    []*conn
	panicked []sighting
}

func (l *served) dial(context.Context) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened++
	const firstPort = 40000
	ours, theirs := pipe(
		&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: firstPort + l.opened%20000},
		&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1883})
	l.conns = append(l.conns, ours)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				_ = theirs.Close() // the connection would wait for ever
				l.mu.Lock()
				defer l.mu.Unlock()
				l.panicked = append(l.panicked, panicked(r))
			}
		}()
		l.serve(theirs)
	}()
	return ours, nil
}

func (l *served) panics() []sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]sighting(nil), l.panicked...)
}

func (l *served) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
}

// probe finds out in which versions the broker accepts a CONNECT.
func (z *fuzzer) probe(ctx context.Context) (ok bool) {
	var speaks []codec.Version
	for _, v := range []codec.Version{codec.V31, codec.V311, codec.V5} {
		p := &codec.Connect{CleanStart: true, ClientID: codec.Text("alive"), KeepAlive: 60}
		data, err := p.Append(nil, v)
		if err == nil && ask(ctx, z.dial, data) == nil {
			speaks, z.alive = append(speaks, v), data
		}
	}
	z.runner.Speaks(speaks)
	z.generator.Versions = speaks
	return len(speaks) > 0
}

// ask sends a CONNECT on a connection of its own and reads the answer.
func ask(ctx context.Context, dial session.Dial, connect []byte) error {
	c, err := dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(answerLimit))
	if _, err := c.Write(connect); err != nil {
		return err
	}
	answer := make([]byte, 64)
	n, err := c.Read(answer)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("nothing came within %v", answerLimit)
	case err != nil:
		return fmt.Errorf("the connection ended: %w", err)
	case n < 4 || codec.Type(answer[0]>>4) != codec.CONNACK || answer[3] != 0:
		return fmt.Errorf("% x is no CONNACK that accepts", answer[:n])
	}
	return nil
}
