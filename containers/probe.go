package containers

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers/internal/failure"
)

// probed are the versions that a broker is asked for.
var probed = []codec.Version{codec.V311, codec.V5}

// answer is what a broker said to one CONNECT.
type answer struct {
	version  codec.Version
	accepted bool
	dialed   bool
	code     byte  // of a CONNACK that refuses
	err      error // no CONNACK
}

// probe asks in which versions the broker accepts a CONNECT. Where it accepts
// none, transient says whether asking again may help.
func (e *endpoint) probe(ctx context.Context) (versions []codec.Version, transient bool, err error) {
	answers := make([]answer, len(probed))
	var asked sync.WaitGroup
	for i, v := range probed {
		asked.Go(func() { answers[i] = e.knock(ctx, v) })
	}
	asked.Wait()
	var accepted bool
	for _, a := range answers {
		accepted = accepted || a.accepted
	}
	if !accepted {
		// A broker that is starting may close or stay silent; a refusal by a
		// CONNACK is final, unless it says that the server is not available.
		worst := answers[0]
		for _, a := range answers {
			if a.err == nil && !a.unavailable() && !a.refusesVersion() {
				return nil, false, e.explain(a)
			}
			if a.err == nil {
				worst = a
			}
		}
		return nil, worst.err != nil || worst.unavailable(), e.explain(worst)
	}
	for _, a := range answers {
		if !a.accepted && a.err != nil && !isTimeout(a.err) {
			// One was accepted, so the broker is there now: this answer may
			// come from the moment before.
			a = e.knock(ctx, a.version)
		}
		if a.accepted {
			versions = append(versions, a.version)
		}
	}
	if ctx.Err() != nil {
		return nil, true, failure.Unreachable("asking %s was cancelled: %w", e.name, context.Cause(ctx))
	}
	return versions, false, nil
}

// knock sends one CONNECT and reads the start of the answer. The answer is read
// leniently on purpose: a broker with a wrong CONNACK is there to be judged.
func (e *endpoint) knock(ctx context.Context, v codec.Version) answer {
	a := answer{version: v}
	conn, err := e.dial(ctx)
	if err != nil {
		a.err = err
		return a
	}
	defer conn.Close()
	a.dialed = true
	conn.SetDeadline(time.Now().Add(e.opts.connectTimeout))
	// A cancelled ctx ends the exchange as the deadline does.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	defer stop()
	if a.err = e.connect(conn, v, &a); a.accepted {
		_, _ = conn.Write([]byte{0xe0, 0x00}) // DISCONNECT; the connection is closed anyway
	}
	return a
}

func (e *endpoint) connect(conn net.Conn, v codec.Version, a *answer) error {
	id := make([]byte, 6)
	rand.Read(id)
	connect := &codec.Connect{
		CleanStart: true,
		KeepAlive:  60,
		// With the usual prefix letters and digits, fewer than 24: what every
		// server must allow (3.1.3.1).
		ClientID: codec.Text(e.opts.clientPrefix + "probe" + hex.EncodeToString(id)),
	}
	if e.opts.user != "" || e.opts.password != "" {
		// 3.1.1 has no password without a user name (MQTT-3.1.2-22).
		connect.User = codec.Text(e.opts.user)
	}
	if e.opts.password != "" {
		connect.Password = []byte(e.opts.password)
	}
	packet, err := connect.Append(nil, v)
	if err != nil {
		return err
	}
	if _, err := conn.Write(packet); err != nil {
		return err
	}
	r := bufio.NewReader(conn)
	first, err := r.ReadByte()
	if err != nil {
		return err
	}
	if first != 0x20 {
		rest, _ := r.Peek(min(r.Buffered(), 15))
		return &strangerError{append([]byte{first}, rest...)}
	}
	for start := []byte{first}; ; { // Remaining Length
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b < 0x80 {
			break
		}
		if start = append(start, b); len(start) > 4 {
			return &strangerError{start}
		}
	}
	var flagsAndCode [2]byte
	if _, err := io.ReadFull(r, flagsAndCode[:]); err != nil {
		return err
	}
	a.code = flagsAndCode[1]
	a.accepted = a.code == 0
	return nil
}

// strangerError is an answer that is no CONNACK.
type strangerError struct{ start []byte }

func (e *strangerError) Error() string {
	text := fmt.Sprintf("the answer to CONNECT is no CONNACK but starts with % x", e.start)
	switch {
	case e.start[0] == 0x15:
		return text + ", a TLS alert: use mqtts:// or wss:// for this port"
	case len(e.start) >= 4 && string(e.start[:4]) == "HTTP":
		return text + ", an HTTP answer: use ws:// or wss:// for this port"
	}
	return text + ": this is not an MQTT broker"
}

// refusesVersion: 0x01 is the code of 3.1.1, 0x84 that of 5.0; brokers send
// either to clients of the other version.
func (a answer) refusesVersion() bool { return a.code == 0x01 || a.code == 0x84 }

// unavailable: "server unavailable" of both versions and "server busy".
func (a answer) unavailable() bool { return a.code == 0x03 || a.code == 0x88 || a.code == 0x89 }

// explain says why an answer is not that of a broker that can be tested.
func (e *endpoint) explain(a answer) error {
	var stranger *strangerError
	switch {
	case a.err == nil && e.opts.user == "" && (a.code == 0x04 || a.code == 0x05 || a.code == 0x86 || a.code == 0x87):
		return failure.Unreachable("the broker at %s refuses a CONNECT without a user name (code 0x%02x); give it one it knows", e.name, a.code)
	case a.err == nil && (a.code == 0x04 || a.code == 0x05 || a.code == 0x86 || a.code == 0x87):
		return failure.Unreachable("the broker at %s refuses the user name and password (code 0x%02x)", e.name, a.code)
	case a.err == nil:
		return failure.Unreachable("the broker at %s refuses CONNECT in MQTT 3.1.1 and 5.0 (code 0x%02x)", e.name, a.code)
	case !a.dialed:
		return a.err
	case errors.As(a.err, &stranger):
		return failure.Unreachable("no broker at %s: %w", e.name, a.err)
	case isTimeout(a.err):
		return failure.Unreachable("%s accepts connections but did not answer a CONNECT within %v; is it an MQTT broker, and is the port one for %s?", e.name, e.opts.connectTimeout, e.transport)
	}
	return failure.Unreachable("%s accepts connections but ends them at CONNECT, in MQTT 3.1.1 and 5.0 (%w); is it an MQTT broker, and is the port one for %s?", e.name, a.err, e.transport)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
