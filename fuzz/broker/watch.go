package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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

// refuses waits a moment for a broker at an address that may be about to end. It gives
// how a connection is refused; nil where the broker answers, or says nothing.
func (l limits) refuses(ctx context.Context, b *containers.Broker) error {
	for until := time.Now().Add(2 * time.Second); time.Now().Before(until) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		_, err := l.ask(ctx, b)
		if err == nil {
			return nil
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
	}
	return nil
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

// processor is how long the threads of the process ran, and how long they ran or waited
// to: on a busy machine a broker that spins gets little of a CPU, and wants it all the
// same.
func processor(b *containers.Broker) (ran, wanted time.Duration, ok bool) {
	pid := b.PID()
	if pid == 0 {
		return 0, 0, false
	}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, 0, false
	}
	for _, path := range threads {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		var run, wait int64
		if _, err := fmt.Sscan(string(data), &run, &wait); err != nil {
			return 0, 0, false
		}
		ran, wanted, ok = ran+time.Duration(run), wanted+time.Duration(run+wait), true
	}
	return ran, wanted, ok
}

// spins says that the broker wants most of a CPU, and gets some of it, while no client
// is there, twice: once may be the rest of its work.
func (l limits) spins(ctx context.Context, b *containers.Broker) bool {
	for range 2 {
		ran, wanted, ok := processor(b)
		if !ok {
			return false
		}
		select {
		case <-time.After(l.idle): // a use is measured over a time
		case <-ctx.Done():
			return false
		}
		ranThen, wantedThen, ok := processor(b)
		if !ok || wantedThen-wanted <= l.idle*6/10 || ranThen-ran <= l.idle/10 {
			return false
		}
	}
	return true
}

// grown says that memory went up by more than what was sent explains.
func grown(before, after int64, s *session.Session, times int) bool {
	return after-before > memoryFree+int64(times)*memoryTimes*int64(s.Size())
}
