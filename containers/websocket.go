package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// handshakeError is a server that did not become a WebSocket.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// upgrade makes a WebSocket of an open connection. Whether the server chose the
// subprotocol is for the scenarios to judge, so it is not asked here.
func upgrade(ctx context.Context, conn net.Conn, u *url.URL, subprotocols []string) (net.Conn, error) {
	give := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	// No proxy, and no connection kept: the one that is handed in is all.
	transport := &http.Transport{DialContext: give, DialTLSContext: give, DisableKeepAlives: true}
	//nolint:bodyclose // The library has closed it, or it is the connection.
	ws, _, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport: transport,
			// A redirect would be dialed on the connection that has been used up.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Subprotocols: subprotocols,
	})
	if err != nil {
		// The library repeats the whole address, and a query may hold a token.
		if u.RawQuery != "" {
			err = errors.New(strings.ReplaceAll(err.Error(), "?"+u.RawQuery, ""))
		}
		return nil, &handshakeError{err}
	}
	return newWebsocketConn(conn, ws), nil
}

// websocketConn carries MQTT in binary messages. websocket.NetConn does so too,
// but loses the connection at a read deadline and may wait 5 s in Close for the
// peer's close frame; net.Conn promises neither.
type websocketConn struct {
	net.Conn // the pipe's end that Read takes from
	raw      net.Conn
	ws       *websocket.Conn

	mu       sync.Mutex
	deadline time.Time // of Write
	err      error     // why reading ended
}

func newWebsocketConn(raw net.Conn, ws *websocket.Conn) *websocketConn {
	ws.SetReadLimit(-1) // an MQTT packet is as long as its length says
	out, in := net.Pipe()
	c := &websocketConn{Conn: out, raw: raw, ws: ws}
	go c.receive(in)
	return c
}

// receive moves messages into the pipe until the connection or the reader ends.
func (c *websocketConn) receive(in net.Conn) {
	err := func() error {
		for {
			kind, r, err := c.ws.Reader(context.Background())
			if err != nil {
				return err
			}
			if kind != websocket.MessageBinary {
				return fmt.Errorf("the server sent a WebSocket message that is not binary (5.0/MQTT-6.0.0-1)")
			}
			if _, err := io.Copy(in, r); err != nil {
				return err
			}
		}
	}()
	var closed websocket.CloseError
	if errors.As(err, &closed) || errors.Is(err, io.EOF) {
		err = io.EOF
	}
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	in.Close()
	c.ws.CloseNow()
}

func (c *websocketConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.err != nil {
			err = c.err
		}
	}
	return n, err
}

// Write sends p as one message. Where the deadline passes during it the
// connection is lost, as half a message cannot be taken back.
func (c *websocketConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	deadline := c.deadline
	c.mu.Unlock()
	ctx := context.Background()
	if !deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	if err := c.ws.Write(ctx, websocket.MessageBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteText sends p as one text message, which no client of MQTT may
// (MQTT-6.0.0-1).
func (c *websocketConn) WriteText(p []byte) error {
	return c.ws.Write(context.Background(), websocket.MessageText, p)
}

// WriteFragments sends one binary message in frames of these bytes each.
func (c *websocketConn) WriteFragments(frames ...[]byte) error {
	w, err := c.ws.Writer(context.Background(), websocket.MessageBinary)
	if err != nil {
		return err
	}
	for _, frame := range frames {
		if _, err := w.Write(frame); err != nil {
			return err
		}
	}
	return w.Close()
}

// Ping sends a ping frame and waits for the pong.
func (c *websocketConn) Ping(ctx context.Context) error { return c.ws.Ping(ctx) }

// NetConn is the connection that carries the WebSocket.
func (c *websocketConn) NetConn() net.Conn { return c.raw }

// Leave ends the connection by the closing handshake of WebSocket.
func (c *websocketConn) Leave() error { return c.ws.Close(websocket.StatusNormalClosure, "") }

// Subprotocol is what the server chose in the handshake; empty for none.
func (c *websocketConn) Subprotocol() string { return c.ws.Subprotocol() }

// Close ends the connection at once, without the closing handshake: that is
// what closing a Network Connection means to a broker on every transport.
func (c *websocketConn) Close() error {
	c.Conn.Close()
	c.ws.CloseNow()
	return nil
}

func (c *websocketConn) LocalAddr() net.Addr  { return c.raw.LocalAddr() }
func (c *websocketConn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

func (c *websocketConn) SetDeadline(t time.Time) error {
	if err := c.SetWriteDeadline(t); err != nil {
		return err
	}
	return c.SetReadDeadline(t)
}

func (c *websocketConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	c.deadline = t
	c.mu.Unlock()
	return nil
}
