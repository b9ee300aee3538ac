package engine

import (
	"fmt"
	"net"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Drip sends a packet a byte at a time with a pause before each but the first,
// until all is sent, the connection has ended, or the limit is over.
func (c *Client) Drip(p codec.Packet, pause, limit time.Duration) {
	data, err := p.Append(nil, c.version)
	if err != nil {
		c.t.end(err)
	}
	c.note(fmt.Sprintf("%s, a byte each %s", p, pause))
	begun := time.Now()
	for i := range data {
		if i > 0 && c.t.await(pause, c.isClosed) || time.Since(begun) > limit {
			return
		}
		c.t.rec.add(result.Event{
			Client: c.name, Conn: c.wire.number, Dir: result.Out, Data: data[i : i+1],
			Text: fmt.Sprintf("byte %d of %d", i+1, len(data)), Version: c.version, Violations: []codec.Violation{},
		}, nil)
		c.wire.put(data[i : i+1])
	}
}

// StopReading leaves what the broker sends in the buffers of the machine, as a
// client does that hangs. The connection stays open.
func (c *Client) StopReading() {
	c.note("stops reading")
	c.buffer(128 << 10) // less fits into a small one
	c.wire.stop()
}

// plain gives the TCP connection below the others, as far as they let it be seen.
func plain(conn net.Conn) net.Conn {
	for {
		inner, ok := conn.(hasNetConn)
		if !ok {
			return conn
		}
		conn = inner.NetConn()
	}
}

func (c *Client) buffer(size int) {
	if tcp, ok := plain(c.wire.conn).(interface{ SetReadBuffer(bytes int) error }); ok {
		_ = tcp.SetReadBuffer(size)
	}
}

// ReadOn ends StopReading.
func (c *Client) ReadOn() {
	c.note("reads on")
	c.buffer(1 << 20)
	c.wire.readOn()
}

// Flood sends a packet again and again until n are sent or the broker takes no more
// for one settle window, and gives how many it took. The connection is of no use behind
// that, and is ended. The packets are in the trace without their bytes.
func (c *Client) Flood(p codec.Packet, n int) (sent int) {
	data, err := p.Append(nil, c.version)
	if err != nil {
		c.t.end(err)
	}
	packet, _ := codec.Inspect(data, c.version, codec.FromClient)
	c.note(fmt.Sprintf("%d times %s", n, p.Type()))
	for ; sent < n; sent++ {
		c.t.rec.add(result.Event{Client: c.name, Conn: c.wire.number, Dir: result.Out, Text: p.String(), Packet: packet, Version: c.version}, nil)
		_ = c.wire.conn.SetWriteDeadline(time.Now().Add(c.t.timeouts.Settle))
		if _, err := c.wire.conn.Write(data); err != nil {
			break
		}
	}
	if sent == n {
		// Behind the answer the broker has taken them all in.
		c.Send(&codec.Pingreq{})
		c.take(c.t.timeouts.CarriesOn, isPingresp)
	}
	c.Drop()
	return sent
}
