package broker

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// limits are those of what a healthy broker does.
type limits struct {
	// answer is how long a fresh CONNECT may stay without an answer.
	answer time.Duration
	// slow is how long the answer may take before it counts as far slower than
	// before, where it was quick before the session.
	slow time.Duration
	// idle is how long the use of the CPU is measured while no client is there.
	idle time.Duration
	// idleEvery is how often the run pauses to do so.
	idleEvery time.Duration
}

func defaultLimits() limits {
	return limits{answer: 5 * time.Second, slow: time.Second, idle: 400 * time.Millisecond, idleEvery: 20 * time.Second}
}

const (
	// memoryFree is how far a broker may grow whatever it was sent, and memoryTimes
	// how many bytes it may keep for each byte that it was sent: it stores messages,
	// for each of several sessions.
	memoryFree  = 64 << 20
	memoryTimes = 16
)

// ask opens a connection and sends a CONNECT like the one that the broker accepted when
// it was started. It gives how long the first byte took that came back; an error is no
// answer.
func (l limits) ask(ctx context.Context, b *containers.Broker) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, l.answer)
	defer cancel()
	start := time.Now()
	conn, err := b.Dial(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	user, password := b.Credentials()
	p := &codec.Connect{CleanStart: true, ClientID: codec.Text("alive"), KeepAlive: 60}
	if user != "" {
		p.User, p.Password = codec.Text(user), []byte(password)
	}
	data, err := p.Append(nil, b.Versions()[0])
	if err != nil {
		return 0, err
	}
	_ = conn.SetDeadline(start.Add(l.answer))
	if _, err := conn.Write(data); err != nil {
		return 0, fmt.Errorf("writing a CONNECT: %w", err)
	}
	if _, err := conn.Read(make([]byte, 64)); err != nil {
		return 0, fmt.Errorf("a CONNECT was not answered: %w", err)
	}
	return time.Since(start), nil
}

// exited waits a moment for a broker that may be about to end: the connection is
// closed before the process is gone.
func exited(b *containers.Broker, wait time.Duration) (how string, yes bool) {
	for until := time.Now().Add(wait); ; time.Sleep(2 * time.Millisecond) {
		if how, yes = b.Exited(); yes || time.Now().After(until) {
			return how, yes
		}
	}
}

// resident is how much memory the process holds, in bytes; false where that cannot
// be known: no process of this machine, or no /proc.
func resident(b *containers.Broker) (int64, bool) {
	pid := b.PID()
	if pid == 0 {
		return 0, false
	}
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}

// processor is how much CPU time the process has used.
func processor(b *containers.Broker) (time.Duration, bool) {
	pid := b.PID()
	if pid == 0 {
		return 0, false
	}
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The name of the program, in parentheses, may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux
	return time.Duration(user+system) * tick, err1 == nil && err2 == nil
}

// spins says that the broker uses most of a CPU while no client is there.
func (l limits) spins(ctx context.Context, b *containers.Broker) bool {
	before, ok := processor(b)
	if !ok {
		return false
	}
	select {
	case <-time.After(l.idle): // a use is measured over a time
	case <-ctx.Done():
		return false
	}
	after, ok := processor(b)
	return ok && after-before > l.idle*6/10
}

// grown says that memory went up by more than what was sent explains.
func grown(before, after int64, s *session.Session, times int) bool {
	return after-before > memoryFree+int64(times)*memoryTimes*int64(s.Size())
}
