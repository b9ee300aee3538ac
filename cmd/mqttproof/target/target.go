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
const Forms = "embedded:mochi (or embedded:), mqtt://HOST:PORT (or tcp://), mqtts:// (or tls://, ssl://), ws:// and wss://, " +
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
	name, transport, err := cutTransport(rest)
	if err != nil {
		return Target{}, usage("%q: %v", shown(text), err)
	}
	switch scheme {
	case "embedded":
		return parseEmbedded(name, transport)
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

func parseEmbedded(name, transport string) (Target, error) {
	if name != "" && name != "mochi" {
		return Target{}, usage("there is no embedded broker %q; there is mochi", name)
	}
	switch transport {
	case "", "tcp":
		return Target{embedded.Mochi(), Embedded}, nil
	case "ws":
		return Target{embedded.Mochi(embedded.WebSocket()), Embedded}, nil
	}
	return Target{}, usage("embedded:mochi has no transport %q; it has tcp and ws", transport)
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

// cutTransport takes ?transport= from the name of a target that we start.
func cutTransport(rest string) (name, transport string, err error) {
	name, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", "", errors.New("what follows ? cannot be read; write ?transport=ws")
	}
	for key := range values {
		if key != "transport" {
			return "", "", fmt.Errorf("%q after ? is not known; there is ?transport=tcp, tls, ws or wss", key)
		}
	}
	return strings.Trim(name, "/"), values.Get("transport"), nil
}

// shown takes user name and password from what is repeated in a message.
func shown(text string) string { return containers.Address(text).Name() }

type usageError struct{ text string }

func (e *usageError) Error() string        { return e.text }
func (e *usageError) Is(target error) bool { return target == containers.ErrUsage }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }
