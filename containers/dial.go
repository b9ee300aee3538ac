package containers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"

	"github.com/mqttproof/mqttproof/containers/internal/failure"
)

// dial opens the Network Connection of MQTT. ctx and the connect timeout bound
// the opening, not the connection.
func (e *endpoint) dial(ctx context.Context) (net.Conn, error) {
	return e.dialOffering(ctx, []string{"mqtt"})
}

// dialOffering is dial with the subprotocols that the handshake of a WebSocket
// offers; other transports have none.
func (e *endpoint) dialOffering(ctx context.Context, subprotocols []string) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, e.opts.connectTimeout)
	defer cancel()
	conn, reached, err := e.dialTransport(limited, subprotocols)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, failure.Unreachable("connecting to %s was cancelled: %w", e.name, context.Cause(ctx))
	case limited.Err() != nil && reached:
		return nil, failure.Unreachable("no broker at %s: it accepts the connection and does not become %s within %v; is the port one for %s?", e.name, e.transport, e.opts.connectTimeout, e.transport)
	case limited.Err() != nil:
		return nil, failure.Unreachable("no broker at %s: no connection within %v (%w); are host and port right, and does a firewall let it through?", e.name, e.opts.connectTimeout, err)
	}
	return nil, failure.Unreachable("no broker at %s: %w%s", e.name, err, e.advice(err))
}

// dialTransport says also whether there was somebody at the port.
func (e *endpoint) dialTransport(ctx context.Context, subprotocols []string) (_ net.Conn, reached bool, _ error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", e.hostPort)
	if err != nil {
		return nil, false, err
	}
	if e.tls != nil {
		conf := e.tls
		if e.transport == "wss" {
			// The WebSocket handshake is HTTP/1.1 and must not become HTTP/2.
			conf = conf.Clone()
			conf.NextProtos = []string{"http/1.1"}
		}
		secure := tls.Client(conn, conf)
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, true, err
		}
		conn = secure
	}
	if e.url == nil {
		return conn, true, nil
	}
	ws, err := upgrade(ctx, conn, e.url, subprotocols)
	if err != nil {
		conn.Close()
		return nil, true, err
	}
	return ws, true, nil
}

// advice says what to do next about an error of dial.
func (e *endpoint) advice(err error) string {
	var (
		dns         *net.DNSError
		record      tls.RecordHeaderError
		authority   x509.UnknownAuthorityError
		name        x509.HostnameError
		certificate *tls.CertificateVerificationError
		handshake   *handshakeError
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "; is it running, and is the port right?"
	case errors.As(err, &dns):
		return "; is the name of the host right?"
	case errors.As(err, &record):
		return "; this port does not speak TLS: use mqtt:// or ws:// for it"
	case errors.As(err, &authority):
		return "; name the file of its CA, or accept any certificate with --insecure"
	case errors.As(err, &name):
		return "; use a name that is in the certificate, or accept any with --insecure"
	case errors.As(err, &certificate):
		return "; accept any certificate with --insecure"
	case errors.As(err, &handshake):
		return "; is the path right, and is this the port for WebSocket?"
	}
	return ""
}
