package engine

import (
	"context"
	"net"
)

// Target is the broker under test, as far as the engine needs to know it.
// *containers.Broker is one.
type Target interface {
	// Dial opens a Network Connection over the target's transport, within a
	// limit of its own. The bytes of the connection are those of MQTT: TLS and
	// WebSocket are below it.
	Dial(ctx context.Context) (net.Conn, error)
	// Transport is tcp, tls, ws or wss.
	Transport() string
	// Credentials are sent in every CONNECT that names none itself; empty if
	// the broker needs none. They never reach a trace.
	Credentials() (user, password string)
	// CanRestart says whether Restart works: not at an address.
	CanRestart() bool
	// Restart ends the broker (if it still runs) and starts it again on the
	// same address. It returns when the broker accepts a CONNECT.
	Restart(ctx context.Context) error
	// Exited says whether the broker's process has ended without being asked
	// to, and how: exit code, signal, last lines of output. Always false where
	// there is no process to watch.
	Exited() (how string, exited bool)
}
