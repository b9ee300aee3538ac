package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// greeting is what a broker says to a plain CONNECT of one version.
type greeting struct {
	// refused says how the broker declined the version; empty if it accepted.
	refused string
	connack *codec.Connack
}

// exchange dials, sends the packets and reads until the packet wanted has come.
// It is for what the engine does beside the scenarios: probing, proof of life,
// clean-up. Nothing of it is recorded.
func exchange(ctx context.Context, target Target, v spec.Version, limit time.Duration, steps ...step) (last codec.Packet, err error) {
	conn, err := target.Dial(ctx) // which has the connect timeout
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	frames := codec.NewReader(conn, maxPacket)
	for _, s := range steps {
		data, err := s.send.Append(nil, v)
		if err != nil {
			return last, err
		}
		if _, err := conn.Write(data); err != nil {
			return last, fmt.Errorf("sending %s: %w", s.send.Type(), err)
		}
		for s.await != 0 {
			frame, err := frames.Next()
			if err != nil {
				return last, fmt.Errorf("no %s for %s: %w", s.await, s.send.Type(), err)
			}
			p, _ := codec.Inspect(frame, v, codec.FromServer)
			if p != nil && p.Type() == s.await {
				last = p
				break
			}
		}
		if c, ok := last.(*codec.Connack); ok && c.Code != 0 {
			return last, nil
		}
	}
	return last, nil
}

// step is a packet to send and the type of the packet to await; none if 0.
type step struct {
	send  codec.Packet
	await codec.Type
}

// plainConnect is the CONNECT of the engine's own exchanges.
func plainConnect(target Target, id string) *codec.Connect {
	p := &codec.Connect{CleanStart: true, KeepAlive: 60, ClientID: codec.Text(id)}
	if user, password := target.Credentials(); user != "" || password != "" {
		if user != "" {
			p.User = codec.Text(user)
		}
		if password != "" {
			p.Password = []byte(password)
		}
	}
	return p
}

// greet asks the broker whether it speaks the version.
func greet(ctx context.Context, target Target, v spec.Version, id string, limit time.Duration) (greeting, error) {
	p, err := exchange(ctx, target, v, limit, step{plainConnect(target, id), codec.CONNACK})
	connack, ok := p.(*codec.Connack)
	if !ok {
		return greeting{}, fmt.Errorf("the broker does not answer a plain CONNECT of MQTT %s: %w", v, err)
	}
	// 0x84 in 5.0, 0x01 below it; a 3.1.1 broker may answer a 5.0 CONNECT with
	// its own 0x01 (3.1.1/MQTT-3.1.2-2).
	if connack.Code == 0x84 || connack.Code == 0x01 {
		return greeting{refused: fmt.Sprintf("the broker declines MQTT %s: CONNACK 0x%02X", v, connack.Code)}, nil
	}
	if connack.Code != 0 {
		return greeting{}, fmt.Errorf("the broker refuses a plain CONNECT of MQTT %s: CONNACK 0x%02X (%s); does it want --user and a password, or other ids (--client-prefix)?",
			v, connack.Code, codec.ReasonName(codec.CONNACK, v, connack.Code))
	}
	return greeting{connack: connack}, nil
}

// lacks gives the reason why the broker lacks a feature; empty if it has it as
// far as it says: in CONNACK of 5.0, or by what the user declared.
func (g greeting) lacks(f Feature, without []Feature, target Target) string {
	if slices.Contains(without, f) {
		return fmt.Sprintf("declared to be without %s", f)
	}
	if f == Restart {
		if !target.CanRestart() {
			return "the target cannot be restarted by mqttproof"
		}
		return ""
	}
	if f == WebSocket {
		if transport := target.Transport(); !strings.HasPrefix(transport, "ws") {
			return "the run is over " + transport + " and not over WebSocket"
		}
		return ""
	}
	if f == TLS {
		if transport := target.Transport(); transport != "tls" && transport != "wss" {
			return "the run is over " + transport + " and not over TLS"
		}
		return ""
	}
	if g.connack == nil {
		return ""
	}
	ps := g.connack.Properties
	declared := func(id codec.PropertyID) string {
		if ps.Int(id, 1) == 0 {
			return fmt.Sprintf("the broker declares %s 0", id)
		}
		return ""
	}
	switch f {
	case QoS1, QoS2:
		need := uint32(1)
		if f == QoS2 {
			need = 2
		}
		if got := ps.Int(codec.MaximumQoS, 2); got < need {
			return fmt.Sprintf("the broker declares Maximum QoS %d", got)
		}
	case Retain:
		return declared(codec.RetainAvailable)
	case Wildcard:
		return declared(codec.WildcardSubscriptionAvailable)
	case Shared:
		return declared(codec.SharedSubscriptionAvailable)
	case SubscriptionID:
		return declared(codec.SubscriptionIdentifierAvailable)
	}
	return ""
}
