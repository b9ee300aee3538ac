package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync"

	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// serveCmd is the flags of serve.
type serveCmd struct {
	Listen []string `sep:"none" default:"mqtt://127.0.0.1:1883" placeholder:"URL" help:"Where to listen: mqtt://, mqtts://, ws:// or wss://, with host and port; port 0 is any free one. May be given again."`
	Cert   string   `placeholder:"FILE" help:"Certificate for mqtts and wss (PEM)."`
	Key    string   `placeholder:"FILE" help:"The key of the certificate (PEM)."`
	Fault  []string `sep:"none" placeholder:"NAME,..." help:"Faults to switch on: names of list --faults, or requirements."`
	With   []string `sep:"none" placeholder:"NAME,..." help:"Ways in which to behave: names of list --behaviours."`
}

// Run serves the reference broker until it is interrupted, and tells what its
// clients break. It ends with 1 where one broke something.
func (c *serveCmd) Run(o out) error {
	opts, err := reference.Defaults().With(split(c.With)...)
	if err != nil {
		return usage("%w; 'mqttproof list --behaviours' names them", err)
	}
	var faults []reference.Fault
	for _, name := range split(c.Fault) {
		found, err := reference.FindFaults(name)
		if err != nil {
			return usage("%w", err)
		}
		faults = append(faults, found...)
	}
	for _, f := range faults {
		f.Set(&opts)
	}
	t := &told{out: o}
	opts.Judge = t.tell
	broker := reference.New(opts, faults...)
	defer broker.Close()
	failed := make(chan error, len(c.Listen))
	for _, text := range c.Listen {
		l, web, err := c.listen(text)
		if err != nil {
			return err
		}
		serve := broker.Serve
		if web {
			serve = broker.ServeWebSocket
		}
		u, _ := url.Parse(text)
		u.Host = l.Addr().String()
		_, _ = fmt.Fprintf(o.std, "listening at %s\n", u)
		go func() { failed <- serve(l) }()
	}
	ctx, stop := interruptible(o)
	defer stop()
	select {
	case <-ctx.Done():
	case err := <-failed:
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = fmt.Fprintf(o.std, "clients broke %d rules\n", t.count)
	if t.count > 0 {
		return exitCode(reports.ExitBroken)
	}
	return nil
}

// listen opens a listener; web says that WebSocket is spoken there.
func (c *serveCmd) listen(text string) (l net.Listener, web bool, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, false, usage("--listen %q is no URL with host and port, such as mqtt://127.0.0.1:1883", text)
	}
	secure := u.Scheme == "mqtts" || u.Scheme == "wss"
	web = u.Scheme == "ws" || u.Scheme == "wss"
	if !secure && !web && u.Scheme != "mqtt" {
		return nil, false, usage("--listen %q: there are mqtt, mqtts, ws and wss", text)
	}
	var conf *tls.Config
	if secure {
		if c.Cert == "" || c.Key == "" {
			return nil, false, usage("--listen %q needs --cert and --key", text)
		}
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, false, usage("--cert and --key: %w", err)
		}
		conf = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	if l, err = net.Listen("tcp", u.Host); err != nil {
		return nil, false, fmt.Errorf("listening at %s: %w", text, err)
	}
	if secure {
		l = tls.NewListener(l, conf)
	}
	return l, web, nil
}

// told prints what clients break, each rule once for a client: one that breaks
// it a thousand times tells no more.
type told struct {
	out

	mu    sync.Mutex
	count int
	seen  map[string]bool
}

func (t *told) tell(e reference.ClientError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := e.Client + " " + e.Requirement.String()
	if t.seen[key] {
		return
	}
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	const most = 10_000 // clients may choose a new identifier each time
	if len(t.seen) < most {
		t.seen[key] = true
	}
	t.count++
	_, _ = fmt.Fprintf(t.std, "client %q: %s (%s)\n    %s\n", e.Client, e.Text, e.Requirement, reports.Printable(e.Packet))
}
