package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// encrypted is a Target over TLS that gives access to what lies below.
type encrypted interface {
	// DialBelow opens the TCP connection on which the TLS handshake is still to come.
	DialBelow(ctx context.Context) (net.Conn, error)
}

// Below is a TCP connection to a port for TLS, on which no TLS is spoken. What the
// broker writes there is not MQTT, so it is not judged.
type Below struct {
	t    *T
	name string
	conn net.Conn
}

// OpenBelow opens a TCP connection and writes to it what is no TLS, or not all of a
// handshake. It stays open until the scenario ends.
func (t *T) OpenBelow(name string, data []byte) *Below {
	target, ok := t.target.(encrypted)
	if !ok {
		t.end(skipped{"the target gives no access to what lies below its TLS"})
	}
	conn, err := target.DialBelow(t.ctx)
	if err != nil {
		if t.ctx.Err() != nil {
			t.end(context.Cause(t.ctx))
		}
		t.end(notThere{err})
	}
	context.AfterFunc(t.ctx, func() { _ = conn.Close() })
	t.rec.note(fmt.Sprintf("%s writes %d bytes below TLS: % x", name, len(data), data[:min(len(data), 32)]))
	_ = conn.SetWriteDeadline(time.Now().Add(t.timeouts.Answer))
	_, _ = conn.Write(data) // a connection that has ended shows in Answer
	return &Below{t, name, conn}
}

// Answer gives what comes within the limit, up to a few bytes, and whether the
// broker has closed the connection.
func (b *Below) Answer(limit time.Duration) (data []byte, closed bool) {
	_ = b.conn.SetReadDeadline(time.Now().Add(limit))
	buf := make([]byte, 64)
	for len(data) < len(buf) && !closed {
		n, err := b.conn.Read(buf[len(data):])
		data = append(data, buf[len(data):len(data)+n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		closed = err != nil
	}
	b.t.rec.note(fmt.Sprintf("%s got % x, closed: %v", b.name, data, closed))
	return data, closed
}

// Cut ends the TCP connection below TLS in an orderly way, without the alert with
// which TLS says that nothing more comes.
func (c *Client) Cut() {
	c.t.rec.locked(func() { c.wire.ours = true })
	c.note("the TCP connection is closed without a close_notify alert")
	_ = plain(c.wire.conn).Close()
	c.wire.close()
}
