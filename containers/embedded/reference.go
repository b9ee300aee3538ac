package embedded

import (
	"net"

	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// serveReference is the reference broker of the child.
func serveReference(o order) (urls []string, err error) {
	opts, err := reference.Defaults().With(o.Behaviours...)
	if err != nil {
		return nil, err
	}
	var faults []reference.Fault
	for _, name := range o.Faults {
		found, err := reference.FindFaults(name)
		if err != nil {
			return nil, err
		}
		faults = append(faults, found...)
	}
	l, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, err
	}
	b := reference.New(opts, faults...)
	url, serve := "mqtt://"+l.Addr().String(), b.Serve
	if o.Scheme == "ws" {
		url, serve = "ws://"+l.Addr().String()+"/mqtt", b.ServeWebSocket
	}
	go func() { _ = serve(l) }()
	return []string{url}, nil
}
