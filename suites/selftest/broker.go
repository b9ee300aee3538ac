package selftest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// broker is a reference broker in this process, as a target of the engine. It
// listens on a Unix socket: thousands of short connections would use up the
// ports of a loopback interface.
type broker struct {
	opts   reference.Options
	faults []reference.Fault
	dir    string

	mu      sync.Mutex
	serving *reference.Broker
	ended   chan struct{} // closed when it serves no more
}

func start(opts reference.Options, faults ...reference.Fault) (*broker, error) {
	// The name of a socket may be no longer than about 100 bytes, so it is not
	// put below a test's own folder.
	dir, err := os.MkdirTemp("", "mqttproof-")
	if err != nil {
		return nil, err
	}
	b := &broker{opts: opts, faults: faults, dir: dir}
	if err := b.Restart(context.Background()); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *broker) socket() string { return filepath.Join(b.dir, "mqtt") }

// Dial opens a Network Connection.
func (b *broker) Dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", b.socket())
}

// Transport is that of a plain connection.
func (*broker) Transport() string { return "tcp" }

// Credentials are none.
func (*broker) Credentials() (user, password string) { return "", "" }

// CanRestart is true.
func (*broker) CanRestart() bool { return true }

// Restart begins with a new broker, which knows nothing of what was before.
func (b *broker) Restart(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stop()
	l, err := net.Listen("unix", b.socket())
	if err != nil {
		return err
	}
	serving, ended := reference.New(b.opts, b.faults...), make(chan struct{})
	go func() {
		defer close(ended)
		_ = serving.Serve(l)
	}()
	b.serving, b.ended = serving, ended
	return nil
}

// Exited is false: a broker in this process does not end by itself.
func (*broker) Exited() (how string, exited bool) { return "", false }

func (b *broker) stop() {
	if b.serving != nil {
		b.serving.Close()
		<-b.ended
		b.serving = nil
	}
}

func (b *broker) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stop()
	_ = os.RemoveAll(b.dir)
}
