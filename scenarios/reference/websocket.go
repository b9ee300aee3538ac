package reference

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// ServeWebSocket is Serve for MQTT over WebSocket (6), at any path.
func (b *Broker) ServeWebSocket(l net.Listener) error {
	if !b.begin(l) {
		return errors.Join(ErrClosed, l.Close())
	}
	defer b.running.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: b.subprotocols(r)})
		if err != nil {
			return // Accept has answered
		}
		ws.SetReadLimit(-1) // an MQTT packet is as long as its length says
		// The connection ends itself at a message that is not binary (MQTT-6.0.0-1).
		b.Attach(b.spoilMessages(ctx, ws, websocket.NetConn(ctx, ws, websocket.MessageBinary)))
	})}
	err := server.Serve(l)
	return b.ended(l, err)
}

// subprotocols are what the handshake may agree on: mqtt (MQTT-6.0.0-4), and for
// 3.1 the name that is in use, mqttv3.1.
func (b *Broker) subprotocols(r *http.Request) []string {
	if b.faults.anywhere(wrongSubprotocol) {
		var offered []string
		for _, name := range strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
			offered = append(offered, strings.TrimSpace(name))
		}
		return offered
	}
	return []string{"mqtt", "mqttv3.1"}
}
