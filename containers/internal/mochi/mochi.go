// Package mochi runs the mochi-mqtt broker, behind the few functions that the
// harness needs of it. One malformed packet can end the process it runs in.
package mochi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Software is the name and the version of the broker.
const Software = "mochi " + mqtt.Version

// Listen says where the broker listens; an empty address is no listener.
type Listen struct {
	TCP string // host:port, port 0 for any free one
	WS  string // host:port, port 0 for any free one
}

// Serve starts the broker: everyone may do everything, nothing is kept on
// disk, and no limit of its own is in the way of a test. It gives the URL of
// each listener. What it has to say goes to log; broken is called where a
// listener fails later.
func Serve(listen Listen, log io.Writer, broken func()) (urls []string, err error) {
	limits := mqtt.NewDefaultServerCapabilities()
	limits.MaximumInflight = math.MaxUint16
	limits.MaximumClientWritesPending = 64 * 1024
	server := mqtt.New(&mqtt.Options{Capabilities: limits, Logger: slog.New(newHandler(log, broken))})
	if err := server.AddHook(new(allowAll), nil); err != nil {
		return nil, err
	}
	if listen.TCP != "" {
		l, err := net.Listen("tcp", listen.TCP)
		if err != nil {
			return nil, err
		}
		if err := server.AddListener(listeners.NewNet("tcp", l)); err != nil {
			return nil, err
		}
		urls = append(urls, "mqtt://"+l.Addr().String())
	}
	if listen.WS != "" {
		// mochi opens this one by itself and does not tell its port.
		l, err := net.Listen("tcp", listen.WS)
		if err != nil {
			return nil, err
		}
		address := l.Addr().String()
		l.Close()
		if err := server.AddListener(listeners.NewWebsocket(listeners.Config{ID: "ws", Address: address})); err != nil {
			return nil, err
		}
		urls = append(urls, "ws://"+address+"/mqtt")
	}
	if len(urls) == 0 {
		return nil, fmt.Errorf("no listener was asked for")
	}
	return urls, server.Serve()
}

// allowAll lets everyone do everything. mochi has one too, in a package that
// needs a YAML library more.
type allowAll struct{ mqtt.HookBase }

func (*allowAll) ID() string { return "allow-all" }

func (*allowAll) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck
}

func (*allowAll) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

func (*allowAll) OnACLCheck(*mqtt.Client, string, bool) bool { return true }

// handler is the log of mochi without whole packets, which hold passwords, and
// with an ear for the one error that mochi only logs.
type handler struct {
	slog.Handler
	broken func()
}

func newHandler(w io.Writer, broken func()) slog.Handler {
	return handler{slog.NewTextHandler(w, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "pk" {
				return slog.Attr{}
			}
			return a
		},
	}), broken}
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelError && r.Message == "failed to serve." {
		h.broken()
	}
	return err
}

func (h handler) WithAttrs(a []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(a), h.broken}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.broken}
}
