// Package target reads targets as people write them: embedded:mochi,
// mqtt://host:1883, exec:mosquitto, docker:mosquitto. It is the one place that
// knows every kind of target, and so compiles all of them; who needs one kind
// uses package containers and its neighbours.
package target

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/containers/presets"
	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// Kind says where the broker of a target comes from.
type Kind int

// The kinds of targets.
const (
	Address    Kind = iota // it runs already
	Embedded               // built into the harness
	Executable             // a program on this machine
	Container              // a container
)

// Target is a broker that can be started or reached, and where it comes from.
type Target struct {
	containers.Target
	Kind Kind
}

// Forms says how targets are written, for messages.
const Forms = "embedded:mochi (or embedded:), embedded:nats, embedded:reference, mqtt://HOST:PORT (or tcp://), mqtts:// (or tls://, ssl://), ws:// and wss://, " +
	"exec:PRESET, docker:PRESET and docker:IMAGE:TAG"

// addressSchemes are the schemes of brokers that run already.
var addressSchemes = []string{"mqtt", "tcp", "mqtts", "tls", "ssl", "ws", "wss"}

// Parse reads a target. The options are for connections to a broker that was
// not set up by us: at an address or from an image. An error says what there
// is, is containers.ErrUsage, and holds no password.
func Parse(text string, opts ...containers.Option) (Target, error) {
	text = strings.TrimSpace(text)
	scheme, rest, found := strings.Cut(text, ":")
	noScheme := usage("%q is not a target: it has no scheme; targets are %s", shown(text), Forms)
	if !found || strings.Contains(scheme, "/") {
		return Target{}, noScheme
	}
	scheme = strings.ToLower(scheme)
	if slices.Contains(addressSchemes, scheme) {
		return Target{containers.Address(text, opts...), Address}, nil
	}
	name, query, err := cutQuery(rest)
	if err != nil {
		return Target{}, usage("%q: %v", shown(text), err)
	}
	if scheme == "embedded" {
		return parseEmbedded(name, query)
	}
	transport := query.Get("transport")
	switch scheme {
	case "exec":
		return parseExecutable(name, transport)
	case "docker":
		return parseDocker(name, transport, opts)
	}
	if strings.Contains(rest, "@") && !strings.HasPrefix(rest, "//") {
		return Target{}, noScheme // user:password@host, where user is no scheme
	}
	return Target{}, usage("%q is not a target: there is no scheme %q; targets are %s", shown(text), scheme, Forms)
}

func parseEmbedded(name string, query url.Values) (Target, error) {
	var opts []embedded.Option
	switch transport := query.Get("transport"); transport {
	case "", "tcp":
	case "ws":
		opts = append(opts, embedded.WebSocket())
	case "tls":
		if name == "nats" {
			opts = append(opts, embedded.TLS())
			break
		}
		fallthrough
	default:
		have := "tcp and ws"
		if name == "nats" {
			have = "tcp, ws and tls"
		}
		return Target{}, usage("embedded:%s has no transport %q; it has %s", name, transport, have)
	}
	switch name {
	case "", "mochi":
		return Target{embedded.Mochi(opts...), Embedded}, nil
	case "nats":
		return Target{embedded.NATS(opts...), Embedded}, nil
	case "reference":
		for _, fault := range query["fault"] {
			if _, err := reference.FindFaults(fault); err != nil {
				return Target{}, usage("%v", err)
			}
		}
		if _, err := reference.Defaults().With(query["with"]...); err != nil {
			return Target{}, usage("%v", err)
		}
		opts = append(opts, embedded.Faults(query["fault"]...), embedded.With(query["with"]...))
		return Target{embedded.Reference(opts...), Embedded}, nil
	}
	return Target{}, usage("there is no embedded broker %q; there are mochi, nats and reference", name)
}

func parseExecutable(name, transport string) (Target, error) {
	p, err := presets.Get(name)
	if err != nil || p.Executable == nil {
		return Target{}, usage("there is no preset exec:%s; there is %s", name, strings.Join(executables(), ", "))
	}
	return Target{containers.Executable(p, transport), Executable}, nil
}

// executables lists the presets of local executables as targets.
func executables() (names []string) {
	for _, name := range presets.Names() {
		if p, err := presets.Get(name); err == nil && p.Executable != nil {
			names = append(names, "exec:"+name)
		}
	}
	return names
}

// cutQuery takes what follows ? from the name of a target that we start.
func cutQuery(rest string) (name string, values url.Values, err error) {
	name, query, _ := strings.Cut(rest, "?")
	if values, err = url.ParseQuery(query); err != nil {
		return "", nil, errors.New("what follows ? cannot be read; write ?transport=ws")
	}
	name = strings.Trim(name, "/")
	for key := range values {
		if key != "transport" && (key != "fault" && key != "with" || name != "reference") {
			return "", nil, fmt.Errorf("%q after ? is not known; there is ?transport=tcp, tls, ws or wss, and for embedded:reference fault and with", key)
		}
	}
	return name, values, nil
}

// shown takes user name and password from what is repeated in a message.
func shown(text string) string { return containers.Address(text).Name() }

type usageError struct{ text string }

func (e *usageError) Error() string        { return e.text }
func (e *usageError) Is(target error) bool { return target == containers.ErrUsage }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }
