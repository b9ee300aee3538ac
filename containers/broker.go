package containers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers/internal/failure"
)

// The two kinds of errors that a Target gives; their texts are complete
// sentences, so print them as they are.
var (
	// ErrUsage marks what cannot work whatever runs: an unknown scheme or
	// preset, a file that cannot be read.
	ErrUsage = failure.ErrUsage
	// ErrUnreachable marks a broker that could not be started or reached, or
	// that refuses the harness.
	ErrUnreachable = failure.ErrUnreachable
)

// Target is a broker that can be started or reached.
type Target interface {
	// Name is the target as the user wrote it, without user name and password.
	Name() string
	// Start starts the broker, or finds it, and returns once it accepted a
	// CONNECT. A failed Start leaves nothing behind.
	Start(ctx context.Context) (*Broker, error)
}

// Started describes a broker that a Target of another package has started.
// Functions may be nil where there is nothing to do or to know.
type Started struct {
	// Name is the Name of the Target.
	Name string
	// URL is where the broker listens, and Options how to connect to it.
	URL     string
	Options []Option
	// Ready is how long the broker may take until it accepts a CONNECT. With 0
	// it is asked once.
	Ready time.Duration
	// Restart ends the broker, if it runs, and starts it at the same URL.
	Restart func(ctx context.Context) error
	// Exited says whether and how the broker ended without being asked to.
	Exited func() (how string, exited bool)
	// Output gives the last lines that the broker printed.
	Output func() string
	// Software names the broker and its version.
	Software func() string
	// PID is the process that serves now.
	PID func() int
	// Close ends the broker and removes what was made for it. It is called
	// once, and also where the broker never got ready.
	Close func(ctx context.Context) error
}

// Broker is a running broker under test. Its methods may be called from
// several goroutines.
type Broker struct {
	started  Started
	endpoint *endpoint
	versions []codec.Version

	restarting sync.Mutex
	closeOnce  sync.Once
	closeErr   error
}

// Attach waits until the broker accepts a CONNECT and returns it; otherwise it
// closes it and says what was seen. It is for packages that have a Target of
// their own.
func Attach(ctx context.Context, s Started) (*Broker, error) {
	b := &Broker{started: s}
	var err error
	if b.endpoint, err = newEndpoint(s.URL, s.Options...); err == nil {
		b.versions, err = b.waitReady(ctx)
	}
	if err != nil {
		if closeErr := b.Close(ctx); closeErr != nil {
			return nil, fmt.Errorf("%w (and while cleaning up: %w)", err, closeErr)
		}
		return nil, err
	}
	return b, nil
}

// Name is the name of the target, without user name and password.
func (b *Broker) Name() string { return b.started.Name }

// URL is where the broker listens, without user name and password.
func (b *Broker) URL() string { return b.endpoint.name }

// Dial opens a Network Connection. TLS and WebSocket are below it: its bytes
// are those of MQTT.
func (b *Broker) Dial(ctx context.Context) (net.Conn, error) { return b.endpoint.dial(ctx) }

// DialOffering is Dial with other subprotocols in the handshake of a WebSocket
// than mqtt.
func (b *Broker) DialOffering(ctx context.Context, subprotocols ...string) (net.Conn, error) {
	return b.endpoint.dialOffering(ctx, subprotocols)
}

// DialBelow opens the TCP connection to a broker over TLS, on which no TLS is spoken
// yet.
func (b *Broker) DialBelow(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: b.endpoint.opts.connectTimeout}
	return d.DialContext(ctx, "tcp", b.endpoint.hostPort)
}

// Transport is tcp, tls, ws or wss.
func (b *Broker) Transport() string { return b.endpoint.transport }

// Credentials are what the broker wants in CONNECT; empty if nothing.
func (b *Broker) Credentials() (user, password string) {
	return b.endpoint.opts.user, b.endpoint.opts.password
}

// Versions lists the versions of MQTT in which the broker accepted a CONNECT,
// the oldest first. There is at least one.
func (b *Broker) Versions() []codec.Version { return append([]codec.Version(nil), b.versions...) }

// Software names the broker and its version, such as "mosquitto 2.0.11"; empty
// if unknown.
func (b *Broker) Software() string { return call(b.started.Software) }

// Output gives the last lines that the broker printed; empty where it was not
// started by the harness.
func (b *Broker) Output() string { return b.redact(call(b.started.Output)) }

// PID is the process of a broker that runs as a child of the harness, else 0.
func (b *Broker) PID() int { return call(b.started.PID) }

// Exited says whether the broker ended without being asked to, and how.
func (b *Broker) Exited() (how string, exited bool) {
	if b.started.Exited == nil {
		return "", false
	}
	how, exited = b.started.Exited()
	return b.redact(how), exited
}

// redact takes the credentials from what a broker printed: it goes to reports.
func (b *Broker) redact(text string) string {
	if b.endpoint == nil {
		return text
	}
	for _, secret := range []string{b.endpoint.opts.password, b.endpoint.opts.user} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// CanRestart says whether Restart works.
func (b *Broker) CanRestart() bool { return b.started.Restart != nil }

// Restart ends the broker, if it still runs, and starts it again at the same
// address. It returns once the broker accepts a CONNECT.
func (b *Broker) Restart(ctx context.Context) error {
	if !b.CanRestart() {
		return fmt.Errorf("%s cannot be restarted: the harness did not start it", b.Name())
	}
	b.restarting.Lock()
	defer b.restarting.Unlock()
	if err := b.started.Restart(ctx); err != nil {
		return err
	}
	_, err := b.waitReady(ctx)
	return err
}

// Close ends a broker that the harness started and removes what was made for
// it. It may be called again. A context that is done already takes the grace
// from the broker, not the clean-up.
func (b *Broker) Close(ctx context.Context) error {
	b.closeOnce.Do(func() {
		if b.started.Close != nil {
			b.closeErr = b.started.Close(ctx)
		}
	})
	return b.closeErr
}

// waitReady asks the broker until it accepts a CONNECT, has exited, or the
// time it may take is over.
func (b *Broker) waitReady(ctx context.Context) ([]codec.Version, error) {
	if b.started.Ready == 0 {
		versions, _, err := b.endpoint.probe(ctx)
		return versions, err
	}
	limited, cancel := context.WithTimeout(ctx, b.started.Ready)
	defer cancel()
	const pause = 10 * time.Millisecond // a broker of ours is ready in 20 ms
	timer := time.NewTimer(0)
	defer timer.Stop()
	last := errors.New("it was not asked in that time")
	var asked bool
	for {
		select {
		case <-timer.C:
		case <-limited.Done():
			if ctx.Err() != nil {
				return nil, failure.Unreachable("waiting for %s was cancelled: %w", b.Name(), context.Cause(ctx))
			}
			return nil, failure.Unreachable("%s did not accept a CONNECT within %v: %w%s",
				b.Name(), b.started.Ready, last, b.lastLines())
		}
		if how, exited := b.Exited(); exited {
			return nil, b.endedEarly(how)
		}
		versions, transient, err := b.endpoint.probe(limited)
		if how, exited := b.Exited(); exited {
			// Whoever accepted was another one at the same port.
			return nil, b.endedEarly(how)
		}
		if err == nil {
			return versions, nil
		}
		if !transient {
			return nil, fmt.Errorf("%w%s", err, b.lastLines())
		}
		if limited.Err() == nil || !asked {
			last = err // what was seen before the time was up says more
		}
		asked = true
		timer.Reset(pause)
	}
}

func (b *Broker) endedEarly(how string) error {
	return failure.Unreachable("%s ended while it was starting: %s", b.Name(), how)
}

// lastLines is the output of the broker as the end of an error message.
func (b *Broker) lastLines() string {
	out := strings.TrimSpace(b.Output())
	if out == "" {
		return ""
	}
	return "\nits last lines:\n" + out
}

func call[T any](f func() T) (zero T) {
	if f == nil {
		return zero
	}
	return f()
}
