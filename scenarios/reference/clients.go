package reference

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// clientRules is what is remembered of a client to judge it by the requirements
// that bind clients; what one packet shows comes from the codec.
type clientRules struct {
}

// blame tells of a violation that the codec found in a packet of the client.
func (c *conn) blame(v codec.Violation, p codec.Packet) {
	if c.b.opts.Judge == nil {
		return
	}
	text := "unreadable bytes"
	if p != nil {
		text = p.String()
	}
	c.b.opts.Judge(ClientError{Client: c.id, Violation: v, Packet: text})
}

// broke tells of a rule that the client broke by where a packet stands.
func (c *conn) broke(id, text string, frame []byte) {
	if c.b.opts.Judge == nil {
		return
	}
	p, _ := codec.Inspect(frame, c.version, codec.FromClient)
	c.brokePacket(id, text, p)
}

func (c *conn) brokePacket(id, text string, p codec.Packet) {
	c.blame(codec.Violation{
		Requirement: spec.Ref{Version: c.version, ID: id}, Class: codec.ProtocolError, Text: text,
	}, p)
}

// String gives the error on one line.
func (e ClientError) String() string {
	return fmt.Sprintf("client %q: %s\n  %s", e.Client, e.Violation.Error(), e.Packet)
}
