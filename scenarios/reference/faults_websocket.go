package reference

import (
	"bytes"
	"context"
	"io"
	"net"

	"github.com/coder/websocket"
	"github.com/mqttproof/mqttproof/codec"
)

// MQTT over WebSocket (6). They show over that transport only.
var (
	textTaken = broken("text-messages-taken", "takes WebSocket text messages as it takes binary ones",
		both(v311("MQTT-6.0.0-1"), v5("MQTT-6.0.0-1"))...).overWebSocket()
	textDropped = broken("text-messages-dropped", "drops WebSocket text messages and leaves the connection open",
		both(v311("MQTT-6.0.0-1"), v5("MQTT-6.0.0-1"))...).overWebSocket()
	textSent = broken("text-message-sent", "sends PINGRESP in a WebSocket text message",
		both(v311("MQTT-6.0.0-1"), v5("MQTT-6.0.0-1"))...).overWebSocket()
	restOfFrameLost = broken("rest-of-frame-lost", "reads the first packet of a WebSocket frame and drops what follows it there",
		both(v311("MQTT-6.0.0-2"), v5("MQTT-6.0.0-2"))...).overWebSocket()
	partOfPacketRefused = broken("part-of-packet-refused", "closes the connection at a WebSocket frame that holds no whole packet",
		both(v311("MQTT-6.0.0-2"), v5("MQTT-6.0.0-2"))...).overWebSocket()
	emptyMessageRefused = broken("empty-message-refused", "closes the connection at a WebSocket message without a byte",
		both(v311("MQTT-6.0.0-2"), v5("MQTT-6.0.0-2"))...).overWebSocket()
)

var _ = wrongSubprotocol.overWebSocket()

// overWebSocket notes that the flaw shows over that transport only.
func (f *flaw) overWebSocket() *flaw {
	f.over = "ws"
	return f
}

// Over gives the transport over which alone the fault shows, ws or tls; empty for
// one that shows over any.
func (f Fault) Over() string { return f.on.over }

// spoilMessages gives the connection of a WebSocket with the faults in how its
// messages are read and written. They show before any version is known.
func (b *Broker) spoilMessages(ctx context.Context, ws *websocket.Conn, nc net.Conn) net.Conn {
	on := b.faults.anywhere
	if !on(textTaken) && !on(textDropped) && !on(textSent) && !on(restOfFrameLost) && !on(partOfPacketRefused) && !on(emptyMessageRefused) {
		return nc
	}
	return &spoiltMessages{Conn: nc, b: b, ctx: ctx, ws: ws}
}

type spoiltMessages struct {
	net.Conn
	b    *Broker
	ctx  context.Context
	ws   *websocket.Conn
	rest bytes.Reader // of the message that is being read
}

func (c *spoiltMessages) Read(p []byte) (int, error) {
	for c.rest.Len() == 0 {
		kind, data, err := c.ws.Read(c.ctx)
		if err != nil {
			return 0, io.EOF
		}
		on := c.b.faults.anywhere
		size, whole, err := codec.FrameSize(data)
		whole = err == nil && whole && size <= len(data)
		switch {
		case kind == websocket.MessageText && on(textDropped):
			continue
		case kind == websocket.MessageText && !on(textTaken), on(partOfPacketRefused) && !whole,
			on(emptyMessageRefused) && len(data) == 0:
			_ = c.ws.Close(websocket.StatusUnsupportedData, "")
			return 0, io.EOF
		case on(restOfFrameLost) && whole:
			data = data[:size]
		}
		c.rest.Reset(data)
	}
	return c.rest.Read(p)
}

func (c *spoiltMessages) Write(p []byte) (int, error) {
	if !c.b.faults.anywhere(textSent) || codec.Type(p[0]>>4) != codec.PINGRESP {
		return c.Conn.Write(p)
	}
	return len(p), c.ws.Write(c.ctx, websocket.MessageText, p)
}
