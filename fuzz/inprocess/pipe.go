package inprocess

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// room is how many bytes wait in one direction before a writer has to, about as on a
// TCP connection. It keeps a broker that writes to a client which does not read from
// going on for ever.
const room = 256 << 10

// stream is one direction of a connection in memory.
type stream struct {
	mu      sync.Mutex
	changed sync.Cond
	data    []byte
	end     error // what is read behind the data; nil while the writer may go on
	unread  bool  // the reader has closed
	reading deadline
	writing deadline
}

func newStream() *stream {
	s := &stream{}
	s.changed.L = &s.mu
	return s
}

// deadline is a time until which one side waits.
type deadline struct{ at time.Time }

func (d deadline) over() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

// wait waits, with the lock held, until the stream has changed or the time is over.
func (s *stream) wait(d deadline) {
	if d.at.IsZero() {
		s.changed.Wait()
		return
	}
	wake := time.AfterFunc(time.Until(d.at), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})
	s.changed.Wait()
	wake.Stop()
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.unread:
			return 0, net.ErrClosed
		case s.reading.over():
			return 0, os.ErrDeadlineExceeded
		case len(s.data) > 0:
			n := copy(p, s.data)
			if s.data = s.data[n:]; len(s.data) == 0 {
				s.data = nil
			}
			s.changed.Broadcast()
			return n, nil
		case s.end != nil:
			return 0, s.end
		case len(p) == 0:
			return 0, nil
		}
		s.wait(s.reading)
	}
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for {
		switch {
		case s.end != nil:
			return written, net.ErrClosed
		case s.unread:
			return written, syscall.EPIPE
		case s.writing.over():
			return written, os.ErrDeadlineExceeded
		}
		n := min(len(p), room-len(s.data))
		s.data = append(s.data, p[:n]...)
		written, p = written+n, p[n:]
		s.changed.Broadcast()
		if len(p) == 0 {
			return written, nil
		}
		s.wait(s.writing)
	}
}

// set changes the stream and wakes who waits for it.
func (s *stream) set(change func(*stream)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
	s.changed.Broadcast()
}

// finish ends the direction from the side of the writer.
func (s *stream) finish(how error) {
	s.set(func(s *stream) {
		if s.end == nil {
			s.end = how
		}
	})
}

// conn is one end of a connection in memory. Unlike net.Pipe it holds what was
// written until it is read, as a network does, and can be closed in one direction.
type conn struct {
	in, out       *stream
	local, remote net.Addr

	mu    sync.Mutex
	reset bool // the next Close is a reset
}

// pipe gives both ends of a connection between two addresses.
func pipe(a, b net.Addr) (*conn, *conn) {
	there, back := newStream(), newStream()
	return &conn{in: back, out: there, local: a, remote: b}, &conn{in: there, out: back, local: b, remote: a}
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *conn) LocalAddr() net.Addr         { return c.local }
func (c *conn) RemoteAddr() net.Addr        { return c.remote }

// CloseWrite ends our direction and leaves the other open.
func (c *conn) CloseWrite() error {
	c.out.finish(io.EOF)
	return nil
}

// SetLinger with 0 makes a reset of the next Close, as it does with TCP.
func (c *conn) SetLinger(seconds int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reset = seconds == 0
	return nil
}

// Close ends both directions. What was written before is still read by the other end.
func (c *conn) Close() error {
	c.mu.Lock()
	var how error = io.EOF
	if c.reset {
		how = syscall.ECONNRESET
	}
	c.mu.Unlock()
	c.out.finish(how)
	c.in.set(func(s *stream) { s.unread, s.data = true, nil })
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.set(func(s *stream) { s.reading = deadline{t} })
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.set(func(s *stream) { s.writing = deadline{t} })
	return nil
}
