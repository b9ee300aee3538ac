package suites_test

import (
	"io"
	"net"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
)

// nullBroker starts a server that acknowledges every CONNECT, SUBSCRIBE and
// PUBLISH, also those that are wrong, and does nothing else: it routes nothing,
// keeps nothing, refuses nothing and closes nothing. It gives its address.
func nullBroker(t *testing.T) string {
	t.Helper()
	return "mqtt://" + listen(t, acknowledge)
}

// acknowledge serves one connection until the client ends it.
func acknowledge(c net.Conn) {
	version := codec.V311
	frames := codec.NewReader(c, 0)
	for {
		frame, err := frames.Next()
		if err != nil {
			break
		}
		if v, ok := codec.ConnectVersion(frame); ok && v == codec.V5 {
			version = v
		}
		answer := answerTo(frame, version)
		if answer == nil {
			continue
		}
		data, err := answer.Append(nil, version)
		if err != nil {
			continue
		}
		if _, err := c.Write(data); err != nil {
			return
		}
	}
	// What cannot be followed any more is taken all the same.
	_, _ = io.Copy(io.Discard, c)
}

// answerTo gives the acknowledgement that says that all went well, nil where
// there is none.
func answerTo(frame []byte, v codec.Version) codec.Packet {
	p, _ := codec.Inspect(frame, v, codec.FromClient)
	switch p := p.(type) {
	case *codec.Connect:
		return &codec.Connack{}
	case *codec.Subscribe:
		codes := []byte{}
		for _, s := range p.Subscriptions {
			codes = append(codes, min(s.QoS, 2))
		}
		return &codec.Suback{PacketID: p.PacketID, Codes: codes}
	case *codec.Unsubscribe:
		return &codec.Unsuback{PacketID: p.PacketID, Codes: make([]byte, len(p.Filters))}
	case *codec.Publish:
		switch p.QoS {
		case 1:
			return &codec.Puback{Ack: codec.Ack{PacketID: p.PacketID}}
		case 2:
			return &codec.Pubrec{Ack: codec.Ack{PacketID: p.PacketID}}
		}
	case *codec.Pubrel:
		return &codec.Pubcomp{Ack: codec.Ack{PacketID: p.PacketID}}
	case *codec.Pingreq:
		return &codec.Pingresp{}
	}
	return nil
}
