// Package nats runs the nats-server broker, behind the one function that the
// harness needs of it.
package nats

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Software is the name and the version of the broker.
const Software = "nats " + server.VERSION

// Listen says where the broker listens and what it keeps; an empty address is
// no listener.
type Listen struct {
	TCP string // host:port, port 0 for any free one
	WS  string // host:port, port 0 for any free one
	// TLS has the listener for TCP speak TLS; nil is without.
	TLS *tls.Config
	// Store is the folder for sessions and messages, which a restart finds again.
	Store string
}

// ready is how long the broker may take to open its listeners.
const ready = 10 * time.Second

// Serve starts the broker: everyone may do everything, and no limit of its own
// that can be lifted is in the way of a test. It gives the URL of each listener,
// and how to end the broker in order. What it has to say goes to log; broken is
// called where it says that it cannot go on.
func Serve(listen Listen, log io.Writer, broken func()) (urls []string, shutdown func(), err error) {
	opts := &server.Options{
		ServerName:         "mqttproof", // MQTT wants a name
		DontListen:         true,        // for clients of NATS's own protocol
		NoSigs:             true,
		MaxPayload:         8 << 20,  // from where on it warns
		MaxPending:         64 << 20, // bytes that wait for one client
		JetStream:          true,
		StoreDir:           listen.Store,
		JetStreamMaxMemory: 256 << 20,
		JetStreamMaxStore:  1 << 30,
	}
	// What was not acknowledged comes again by a timer and not when the client is
	// back; with the 30 s that it has by itself, that would look like a loss. With
	// less than this it would not await the answers of clients on a busy machine.
	opts.MQTT.AckWait = 2 * time.Second
	opts.MQTT.TLSTimeout = 5
	opts.Websocket.NoTLS = true
	// MQTT over WebSocket is served beside a listener for MQTT, so there is one in
	// any case.
	var url string
	if listen.TCP == "" {
		listen.TCP = "127.0.0.1:0"
	} else {
		url = "mqtt://"
	}
	if opts.MQTT.Host, opts.MQTT.Port, err = free(listen.TCP); err != nil {
		return nil, nil, err
	}
	if url != "" {
		if listen.TLS != nil {
			opts.MQTT.TLSConfig, url = listen.TLS, "mqtts://"
		}
		urls = append(urls, url+net.JoinHostPort(opts.MQTT.Host, fmt.Sprint(opts.MQTT.Port)))
	}
	if listen.WS != "" {
		if opts.Websocket.Host, opts.Websocket.Port, err = free(listen.WS); err != nil {
			return nil, nil, err
		}
		urls = append(urls, "ws://"+net.JoinHostPort(opts.Websocket.Host, fmt.Sprint(opts.Websocket.Port))+"/mqtt")
	}
	if len(urls) == 0 {
		return nil, nil, fmt.Errorf("no listener was asked for")
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, nil, err
	}
	s.SetLoggerV2(logger{log, broken}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(ready) {
		return nil, nil, fmt.Errorf("nats is not ready within %v", ready)
	}
	return urls, s.Shutdown, nil
}

// free gives host and port of an address; for port 0 one that is free, as nats
// does not tell which one it has chosen.
func free(address string) (host string, port int, err error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", 0, err
	}
	defer l.Close()
	at := l.Addr().(*net.TCPAddr)
	return at.IP.String(), at.Port, nil
}

// logger is the log of nats, with an ear for what it cannot go on after.
type logger struct {
	w      io.Writer
	broken func()
}

func (l logger) line(level, format string, v []any) {
	_, _ = fmt.Fprintf(l.w, "[%s] %s\n", level, strings.TrimSpace(fmt.Sprintf(format, v...)))
}

func (l logger) Noticef(format string, v ...any) { l.line("INF", format, v) }
func (l logger) Warnf(format string, v ...any)   { l.line("WRN", format, v) }
func (l logger) Errorf(format string, v ...any)  { l.line("ERR", format, v) }
func (l logger) Debugf(format string, v ...any)  { l.line("DBG", format, v) }
func (l logger) Tracef(format string, v ...any)  { l.line("TRC", format, v) }

func (l logger) Fatalf(format string, v ...any) {
	l.line("FTL", format, v)
	l.broken()
}
