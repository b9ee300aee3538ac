package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// wire is one Network Connection of a client: it records what passes, splits
// what comes into packets and answers deliveries where the client wants that.
type wire struct {
	t      *T
	client *Client
	number int
	conn   net.Conn
	done   chan struct{} // closed when the reader has ended

	writing sync.Mutex
	// reading is held while the client does not read.
	reading sync.Mutex
	stopped bool // by the scenario, which alone asks
	// lastSent is the type of the packet that the scenario sent last.
	lastSent codec.Type

	// Guarded by the recorder's lock.
	inbox   []*received
	closed  string    // how it ended; empty while it is open
	endedAt time.Time // when it ended
	ours    bool      // we closed it
	awaited map[uint16]bool
	sent    int // the event of what was written last
}

// received is a packet from the broker that waits for an expectation.
type received struct {
	packet codec.Packet
	event  int
	taken  bool
}

// maxPacket bounds what one packet from a broker may claim. Scenarios stay far
// below it; a broker that sends more is cut off with a finding.
const maxPacket = 8 << 20

// dial opens a connection for the client. A broker that is not there says
// nothing about its conformance, so that is an error and no finding.
func (t *T) dial(c *Client) *wire {
	conn, err := t.target.Dial(t.ctx) // which has the connect timeout
	if err != nil {
		if t.ctx.Err() != nil {
			t.end(context.Cause(t.ctx))
		}
		t.end(notThere{err})
	}
	return t.attach(c, conn)
}

// attach makes an open connection a wire of the client.
func (t *T) attach(c *Client, conn net.Conn) *wire {
	w := &wire{
		t: t, client: c, number: t.rec.nextConn(), conn: conn,
		done: make(chan struct{}), awaited: map[uint16]bool{},
	}
	t.rec.add(result.Event{Client: c.name, Conn: w.number, Dir: result.Open, Version: c.version,
		Text: "connected over " + t.target.Transport()}, nil)
	t.wires = append(t.wires, w)
	go w.read()
	return w
}

// write records and sends bytes that form the packet, or no packet if nil. A
// connection that the broker has closed swallows them: the reader tells.
func (w *wire) write(data []byte, p codec.Packet) {
	var violations []codec.Violation
	text := fmt.Sprintf("%d raw bytes", len(data))
	if len(data) > 0 {
		decoded, vs := codec.Inspect(data, w.client.version, codec.FromClient)
		violations = vs
		if p != nil {
			text = p.String()
		}
		// What was sent is recorded, not the scenario's packet, which it may change.
		if p == nil && decoded != nil {
			text = decoded.String()
		}
		p = decoded
	}
	if w.t.ctx.Err() != nil {
		return
	}
	if len(violations) > 0 { // so the scenario sends it: our own answers are never wrong
		w.t.accused = w.t.cites()
	}
	// Recorded before it is sent, so that no answer stands above its cause.
	w.t.rec.add(result.Event{
		Client: w.client.name, Conn: w.number, Dir: result.Out, Data: w.t.secrets.Mask(data),
		Text: text, Packet: p, Version: w.client.version, Violations: violations,
	}, func(i int) { w.sent = i })
	w.put(data)
}

// put writes bytes that are recorded already.
func (w *wire) put(data []byte) {
	w.writing.Lock()
	defer w.writing.Unlock()
	_ = w.conn.SetWriteDeadline(time.Now().Add(w.t.timeouts.Answer))
	// A connection that has ended is the reader's to tell. One that takes
	// nothing more would leave half a packet behind: nothing holds from there.
	if _, err := w.conn.Write(data); errors.Is(err, os.ErrDeadlineExceeded) {
		w.t.rec.setCause(fmt.Errorf("the broker read nothing more from %s for %s", w.client.name, w.t.timeouts.Answer))
	}
}

func (w *wire) send(p codec.Packet) {
	data, err := p.Append(nil, w.client.version)
	if err != nil {
		w.t.end(fmt.Errorf("encoding %v: %w", p, err))
	}
	w.write(data, p)
}

// read runs until the connection ends.
func (w *wire) read() {
	defer close(w.done)
	var buf []byte
	chunk := make([]byte, 16<<10)
	garbage := false
	for {
		w.reading.Lock()
		w.reading.Unlock() //nolint:staticcheck // it waits until the client reads on
		n, err := w.conn.Read(chunk)
		if n > 0 && !garbage {
			buf = append(buf, chunk[:n]...)
			buf, garbage = w.split(buf)
		}
		if err != nil {
			if len(buf) > 0 && !garbage {
				w.record(buf, nil, []codec.Violation{}, "an unfinished packet")
			}
			w.ended(err)
			return
		}
	}
}

func (w *wire) stop() {
	if !w.stopped {
		w.reading.Lock()
		w.stopped = true
	}
}

func (w *wire) readOn() {
	if w.stopped {
		w.stopped = false
		w.reading.Unlock()
	}
}

// split takes the whole packets off the front of buf. Where the broker's bytes
// are no packets the rest of the connection is garbage.
func (w *wire) split(buf []byte) (rest []byte, garbage bool) {
	for len(buf) > 0 {
		size, ok, err := codec.FrameSize(buf)
		if err != nil || size > maxPacket {
			if err == nil {
				err = fmt.Errorf("a packet of %d bytes, where none over %d was asked for", size, maxPacket)
			}
			p, violations := codec.Inspect(buf, w.client.version, codec.FromServer)
			w.record(buf, p, violations, "no packet: "+err.Error())
			return nil, true
		}
		if !ok || len(buf) < size {
			return buf, false
		}
		frame := append([]byte(nil), buf[:size]...)
		buf = buf[size:]
		p, violations := codec.Inspect(frame, w.client.version, codec.FromServer)
		text := fmt.Sprintf("%d raw bytes", size)
		if p != nil {
			text = p.String()
		}
		w.record(frame, p, violations, text)
		if p != nil {
			w.answer(p)
		}
	}
	return buf[:0], false
}

func (w *wire) record(data []byte, p codec.Packet, violations []codec.Violation, text string) {
	w.t.rec.add(result.Event{
		Client: w.client.name, Conn: w.number, Dir: result.In, Data: w.t.secrets.Mask(data), Text: text,
		Packet: p, Version: w.client.version, Violations: violations,
	}, func(i int) {
		if p != nil {
			w.inbox = append(w.inbox, &received{packet: p, event: i})
		}
	})
}

// answer completes deliveries for a client that does not do it by hand, and
// always for the fences of the engine.
func (w *wire) answer(p codec.Packet) {
	c := w.client
	switch p := p.(type) {
	case *codec.Publish:
		if c.manual && !isFence(p) {
			return
		}
		switch p.QoS {
		case 1:
			w.send(&codec.Puback{Ack: codec.Ack{PacketID: p.PacketID}})
		case 2:
			w.t.rec.locked(func() { w.awaited[p.PacketID] = true })
			w.send(&codec.Pubrec{Ack: codec.Ack{PacketID: p.PacketID}})
		}
	case *codec.Pubrel:
		var ours bool
		w.t.rec.locked(func() { ours = w.awaited[p.PacketID]; delete(w.awaited, p.PacketID) })
		if ours || !c.manual {
			w.send(&codec.Pubcomp{Ack: codec.Ack{PacketID: p.PacketID}})
		}
	}
}

// ended records how the connection was closed.
func (w *wire) ended(err error) {
	how := "closed by the broker"
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		how = "reset by the broker"
	case !errors.Is(err, io.EOF):
		how = "closed by the broker (" + err.Error() + ")"
	}
	var ours bool
	w.t.rec.locked(func() { ours = w.ours })
	if ours {
		how = result.ByUs
	}
	w.t.rec.add(result.Event{Client: w.client.name, Conn: w.number, Dir: result.Close, Version: w.client.version, Text: how},
		func(int) { w.closed, w.endedAt = how, time.Now() })
}

// close ends the connection from our side without a DISCONNECT, and waits for
// the reader, so that the event stands where it belongs.
func (w *wire) close() {
	w.t.rec.locked(func() {
		if w.closed == "" {
			w.ours = true
		}
	})
	// A TCP close that leaves nothing in flight; TLS and WebSocket close below.
	_ = w.conn.Close()
	w.readOn()
	<-w.done
}
