package selftest

import (
	"context"
	"net"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/reference"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// judgeWebSocket runs scenarios on a reference broker over WebSocket.
func judgeWebSocket(ctx context.Context, opts reference.Options, faults []reference.Fault, list []engine.Scenario, versions ...spec.Version) (*result.Run, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	serving, ended := reference.New(opts, faults...), make(chan struct{})
	go func() {
		defer close(ended)
		_ = serving.ServeWebSocket(l)
	}()
	defer func() {
		serving.Close()
		<-ended
	}()
	b, err := containers.Address("ws://" + l.Addr().String() + "/mqtt").Start(ctx)
	if err != nil {
		return nil, err
	}
	return engine.Run(ctx, b, list, engine.Options{Versions: versions, Timeouts: timeouts(len(faults) > 0)}, nil)
}
