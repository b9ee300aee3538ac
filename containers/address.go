package containers

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/containers/internal/failure"
)

// Option is a setting of the connections to a broker. The zero value of its
// argument leaves the setting as it is.
type Option func(*options)

type options struct {
	user, password    string
	clientPrefix      string
	caFile            string
	certFile, keyFile string
	insecure          bool
	connectTimeout    time.Duration
}

// Credentials are sent in CONNECT, and go before those in a URL.
func Credentials(user, password string) Option {
	return func(o *options) {
		if user != "" || password != "" {
			o.user, o.password = user, password
		}
	}
}

// ClientPrefix begins the Client Identifiers with which a broker is asked
// whether it is ready, for brokers whose access rules look at them. It is mp
// unless set.
func ClientPrefix(prefix string) Option {
	return func(o *options) { o.clientPrefix = cmp.Or(prefix, o.clientPrefix) }
}

// CA names a PEM file with the certificates that may sign the broker's, in
// place of those of the system.
func CA(file string) Option {
	return func(o *options) { o.caFile = cmp.Or(file, o.caFile) }
}

// ClientCertificate names PEM files with the certificate and the private key
// that the harness shows to the broker.
func ClientCertificate(certFile, keyFile string) Option {
	return func(o *options) {
		o.certFile, o.keyFile = cmp.Or(certFile, o.certFile), cmp.Or(keyFile, o.keyFile)
	}
}

// Insecure accepts any certificate of the broker.
func Insecure(yes bool) Option {
	return func(o *options) { o.insecure = o.insecure || yes }
}

// ConnectTimeout bounds opening a connection (TLS and WebSocket included) and,
// when a broker is asked whether it is ready, the wait for its CONNACK. It is
// 5 s unless set.
func ConnectTimeout(d time.Duration) Option {
	return func(o *options) {
		if d > 0 {
			o.connectTimeout = d
		}
	}
}

// Address is a broker that runs already. The schemes are mqtt (also tcp),
// mqtts (also tls and ssl), ws and wss; the default ports 1883, 8883, 80 and
// 443, the default path of ws and wss /mqtt.
func Address(url string, opts ...Option) Target {
	return &addressTarget{url: strings.TrimSpace(url), opts: opts}
}

type addressTarget struct {
	url  string
	opts []Option
}

func (t *addressTarget) Name() string { return redact(t.url) }

func (t *addressTarget) Start(ctx context.Context) (*Broker, error) {
	return Attach(ctx, Started{Name: t.Name(), URL: t.url, Options: t.opts})
}

// endpoint is an address that was understood, with all that dialing it needs.
type endpoint struct {
	name      string   // for people: without user info and query
	url       *url.URL // of a WebSocket: what the handshake asks for
	hostPort  string
	transport string
	tls       *tls.Config // nil without TLS
	opts      options
}

const schemes = "mqtt:// (or tcp://), mqtts:// (or tls://, ssl://), ws:// and wss://"

var transports = map[string]struct{ transport, port string }{
	"mqtt": {"tcp", "1883"}, "tcp": {"tcp", "1883"},
	"mqtts": {"tls", "8883"}, "tls": {"tls", "8883"}, "ssl": {"tls", "8883"},
	"ws": {"ws", "80"}, "wss": {"wss", "443"},
}

// newEndpoint reads an address. No error repeats the user info in it.
func newEndpoint(raw string, opts ...Option) (*endpoint, error) {
	name := redact(raw)
	scheme, _, found := strings.Cut(raw, "://")
	if !found {
		return nil, failure.Usage("%q is not the address of a broker: it has no scheme; the schemes are %s, for example mqtt://127.0.0.1:1883", name, schemes)
	}
	kind, known := transports[strings.ToLower(scheme)]
	if !known {
		return nil, failure.Usage("%q has the scheme %s://, which is not known; the schemes are %s", name, scheme, schemes)
	}
	u, err := url.Parse(raw)
	if err == nil && u.Fragment != "" {
		err = errors.New("it has a #")
	}
	if err == nil && strings.Contains(u.Path, "@") {
		err = errors.New("it has an @ behind a /") // a password that was not encoded
	}
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // the outer one repeats the whole address
		}
		if strings.Contains(raw, "@") {
			// The inner one may quote a piece of the password.
			return nil, failure.Usage("%q cannot be read as an address; a user name or password in it must be percent-encoded (@ is %%40, / is %%2F, : is %%3A, # is %%23)", name)
		}
		return nil, failure.Usage("%q cannot be read as an address: %w", name, err)
	}
	e := &endpoint{name: name, transport: kind.transport, opts: options{clientPrefix: "mp", connectTimeout: 5 * time.Second}}
	if u.User != nil {
		e.opts.user = u.User.Username()
		e.opts.password, _ = u.User.Password()
	}
	for _, opt := range opts {
		opt(&e.opts)
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		return nil, failure.Usage("%q names no host; write for example %s://127.0.0.1:%s", name, scheme, kind.port)
	}
	if port == "" {
		port = kind.port
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, failure.Usage("%q has the port %s; ports are 1 to 65535", name, port)
	}
	e.hostPort = net.JoinHostPort(host, port)
	switch e.transport {
	case "ws", "wss":
		path := u.Path
		if path == "" {
			path = "/mqtt"
		}
		e.url = &url.URL{Scheme: e.transport, Host: e.hostPort, Path: path, RawQuery: u.RawQuery}
	default:
		if (u.Path != "" && u.Path != "/") || u.RawQuery != "" {
			return nil, failure.Usage("%q has a path, and only ws:// and wss:// have one; write %s://%s", name, scheme, e.hostPort)
		}
	}
	if e.transport == "tls" || e.transport == "wss" {
		e.tls, err = e.opts.tlsConfig(host)
		if err != nil {
			return nil, err
		}
	} else if e.opts.caFile != "" || e.opts.certFile != "" || e.opts.keyFile != "" {
		return nil, failure.Usage("%q is not encrypted, and certificates were given for it; write mqtts:// or wss://", name)
	}
	return e, nil
}

func (o *options) tlsConfig(host string) (*tls.Config, error) {
	conf := &tls.Config{ServerName: host, InsecureSkipVerify: o.insecure}
	if o.caFile != "" {
		pem, err := os.ReadFile(o.caFile)
		if err != nil {
			return nil, failure.Usage("the CA file cannot be read: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, failure.Usage("the CA file %s holds no certificate in PEM form", o.caFile)
		}
	}
	if (o.certFile == "") != (o.keyFile == "") {
		return nil, failure.Usage("a client certificate needs two files, the certificate and its key; only one was given")
	}
	if o.certFile != "" {
		cert, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
		if err != nil {
			return nil, failure.Usage("the client certificate %s with the key %s cannot be used: %w", o.certFile, o.keyFile, err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}

// redact takes user info, query and fragment, where secrets are kept, from an
// address. It does not need a correct one: a password that was not encoded may
// hold any character, so all up to the last @ goes.
func redact(raw string) string {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		scheme, rest = "", raw
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		rest = rest[at+1:]
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	if !found {
		return rest
	}
	return scheme + "://" + rest
}
