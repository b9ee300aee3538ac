package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// offering is a Target over WebSocket of which the handshake can be chosen.
type offering interface {
	DialOffering(ctx context.Context, subprotocols ...string) (net.Conn, error)
}

// framed is a connection of such a Target. What is written to it in one call goes
// out as one binary message, in one frame.
type framed interface {
	// WriteText sends a text message.
	WriteText(data []byte) error
	// Subprotocol is what the server chose; empty for none.
	Subprotocol() string
	// WriteFragments sends one binary message in frames of these bytes each.
	WriteFragments(frames ...[]byte) error
	// Ping sends a ping frame and waits for the pong.
	Ping(ctx context.Context) error
	// Leave ends the connection by the closing handshake.
	Leave() error
}

// noFrames is why a scenario about WebSocket ended on a target that is none.
var noFrames = skipped{"the target gives no access to the frames of its WebSocket"}

// OpenOffering opens a connection over WebSocket with a handshake that offers
// these subprotocols, and gives the one that the broker chose; empty for none. It
// gives no client where the broker declines the handshake.
func (t *T) OpenOffering(subprotocols []string, opts ...Option) (c *Client, chosen string) {
	target, ok := t.target.(offering)
	if !ok {
		t.end(noFrames)
	}
	conn, err := target.DialOffering(t.ctx, subprotocols...)
	if err != nil {
		if t.ctx.Err() != nil {
			t.end(context.Cause(t.ctx))
		}
		t.rec.note(fmt.Sprintf("the handshake that offers %q fails: %v", subprotocols, err))
		return nil, ""
	}
	c = t.New(opts...)
	c.wire = t.attach(c, conn)
	if f, ok := conn.(framed); ok {
		chosen = f.Subprotocol()
	}
	return c, chosen
}

// Leave ends the WebSocket by its own closing handshake, without a DISCONNECT.
func (c *Client) Leave() {
	f, ok := c.wire.conn.(framed)
	if !ok {
		c.t.end(noFrames)
	}
	c.t.rec.locked(func() { c.wire.ours = true })
	c.note("the WebSocket is closed by a close frame, without a DISCONNECT")
	if err := f.Leave(); err != nil {
		c.note("the broker does not answer the close frame: " + err.Error())
	}
	c.wire.close()
}

// SendText sends a packet in a WebSocket text message, which must end the
// connection (6).
func (c *Client) SendText(p codec.Packet) {
	f, ok := c.wire.conn.(framed)
	if !ok {
		c.t.end(noFrames)
	}
	data, err := p.Append(nil, c.version)
	if err != nil {
		c.t.end(err)
	}
	c.wire.lastSent = p.Type()
	c.t.rec.add(result.Event{
		Client: c.name, Conn: c.wire.number, Dir: result.Out, Data: c.t.secrets.Mask(data),
		Text: p.String() + " in a text message", Version: c.version,
	}, func(i int) { c.wire.sent = i })
	if err := f.WriteText(data); err != nil && !errors.Is(err, net.ErrClosed) {
		c.note("the text message could not be written: " + err.Error())
	}
}

// SendFragments sends a packet in one WebSocket message of several frames: each of
// size bytes, with an empty one between, and behind them one more message, without
// a byte.
func (c *Client) SendFragments(p codec.Packet, size int) {
	f, ok := c.wire.conn.(framed)
	if !ok {
		c.t.end(noFrames)
	}
	data, err := p.Append(nil, c.version)
	if err != nil {
		c.t.end(err)
	}
	sent, _ := codec.Inspect(data, c.version, codec.FromClient)
	c.t.rec.add(result.Event{
		Client: c.name, Conn: c.wire.number, Dir: result.Out, Data: c.t.secrets.Mask(data),
		Text: p.String() + fmt.Sprintf(" in frames of %d bytes", size), Packet: sent, Version: c.version,
	}, nil)
	var frames [][]byte
	for piece := range slices.Chunk(data, size) {
		frames = append(frames, piece, nil)
	}
	for _, message := range [][][]byte{frames, {nil}} {
		if err := f.WriteFragments(message...); err != nil && !errors.Is(err, net.ErrClosed) {
			c.note("the message could not be written: " + err.Error())
		}
	}
}

// PingFrame sends a WebSocket ping and says whether the pong came in time.
func (c *Client) PingFrame() bool {
	f, ok := c.wire.conn.(framed)
	if !ok {
		c.t.end(noFrames)
	}
	ctx, cancel := context.WithTimeout(c.t.ctx, c.t.timeouts.Answer)
	defer cancel()
	err := f.Ping(ctx)
	c.note(fmt.Sprintf("WebSocket ping: %v", err))
	return err == nil
}
