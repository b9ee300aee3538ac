package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// hasNetConn is what wraps a TCP connection and lets it be reached.
type hasNetConn interface{ NetConn() net.Conn }

// RestartBroker ends the broker and starts it again, and runs meanwhile, which
// is where clients see their connections end and come back. It returns when
// both are done. A scenario that calls it needs Restart and is Serial. How long
// the broker may take to end and to start is for the target to know.
func (t *T) RestartBroker(meanwhile func()) {
	t.rec.note(result.Restart)
	done := make(chan error, 1)
	back := make(chan struct{})
	t.back = back
	go func() {
		err := t.target.Restart(t.ctx)
		close(back)
		done <- err
	}()
	defer func() {
		err := <-done
		if err == nil {
			return
		}
		if t.ctx.Err() != nil {
			t.end(context.Cause(t.ctx))
		}
		// Whatever meanwhile found means nothing: there was no broker.
		t.end(notThere{fmt.Errorf("restarting it: %w", err)})
	}()
	meanwhile()
}

// The first and the longest pause of a client that tries to come back.
const (
	backoffFirst   = 20 * time.Millisecond
	backoffLongest = time.Second
)

// ReconnectWithBackoff waits until the connection is gone and then tries to
// connect again with the same client identifier until it is accepted, with
// pauses that double from one try to the next and are spread at random, so that
// many clients do not come back all at once. It is a finding on the step when
// Timeouts.Ready is over without an accepting CONNACK; the time in which the
// broker is restarted does not count.
func (c *Client) ReconnectWithBackoff(opts ...Option) *codec.Connack {
	t := c.t
	deadline := time.Now().Add(t.timeouts.Ready)
	left := func() time.Duration {
		if t.isRestarting() {
			deadline = time.Now().Add(t.timeouts.Ready)
		}
		return time.Until(deadline)
	}
	t.await(t.timeouts.Ready, c.isClosed)
	if p, ok := c.Taken(isDisconnect); ok {
		t.Observe("farewell of the broker", "%s", p)
	}
	c.Drop()
	c.apply(opts)
	pause := backoffFirst
	for try := 1; ; try++ {
		err := c.tryConnect(left())
		if err == nil {
			t.Observe("tries to reconnect", "%d", try)
			return c.Connack
		}
		rest := left()
		if rest <= 0 {
			t.Fail(fmt.Sprintf("%s is accepted again within %s", c.name, t.timeouts.Ready),
				fmt.Sprintf("%d tries failed, the last with: %v", try, err), -1)
		}
		wait := pause/2 + time.Duration(t.random.Int64N(int64(pause/2)+1))
		c.note(fmt.Sprintf("try %d failed (%v); the next one in %s", try, err, wait.Round(time.Millisecond)))
		t.Sleep(min(wait, rest))
		pause = min(2*pause, backoffLongest)
	}
}

// isRestarting says whether RestartBroker is under way.
func (t *T) isRestarting() bool {
	if t.back == nil {
		return false
	}
	select {
	case <-t.back:
		return false
	default:
		return true
	}
}

// tryConnect makes one try to connect; not being let in is no finding.
func (c *Client) tryConnect(limit time.Duration) error {
	t := c.t
	limit = min(limit, t.timeouts.Answer)
	ctx, cancel := context.WithTimeout(t.ctx, limit)
	defer cancel()
	conn, err := t.target.Dial(ctx)
	if err != nil {
		if t.ctx.Err() != nil {
			t.end(context.Cause(t.ctx))
		}
		return err
	}
	c.Connack = nil
	c.wire = t.attach(c, conn)
	c.SendConnect()
	r, ok := c.take(limit, isConnack)
	if !ok {
		err = errors.New(c.instead(limit))
		c.Drop()
		return err
	}
	connack := r.packet.(*codec.Connack)
	if connack.Code != 0 {
		c.Drop()
		return fmt.Errorf("refused by %s", connack)
	}
	c.Connack = connack
	return nil
}

func isDisconnect(p codec.Packet) bool { _, ok := p.(*codec.Disconnect); return ok }
