package reference

import (
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// clientRule is a requirement that binds clients, and shows only in the history
// of a connection. An empty id means that the version has no such rule; 3.1, whose
// text has no numbers, is judged by none.
type clientRule struct{ v311, v5, text string }

var (
	ruleFirstPacket    = clientRule{"MQTT-3.1.0-1", "MQTT-3.1.0-1", "the first packet is not CONNECT"}
	ruleSecondConnect  = clientRule{"MQTT-3.1.0-2", "MQTT-3.1.0-2", "this is a second CONNECT"}
	ruleProtocolName   = clientRule{"MQTT-3.1.2-1", "MQTT-3.1.2-1", "the Protocol Name is not that of the version"}
	ruleProtocolLevel  = clientRule{"MQTT-3.1.2-2", "MQTT-3.1.2-2", "there is no such Protocol Level"}
	rulePacketSize     = clientRule{"", "MQTT-3.2.2-15", "the packet is larger than the server's Maximum Packet Size"}
	ruleKeepAlive      = clientRule{"MQTT-3.1.2-23", "MQTT-3.1.2-20", "nothing came for one and a half times the Keep Alive"}
	ruleBeforeConnack  = clientRule{"", "MQTT-3.1.2-30", "only AUTH and DISCONNECT may come before CONNACK"}
	ruleAuthMethod     = clientRule{"", "MQTT-4.12.0-5", "the Authentication Method is not that of the CONNECT"}
	ruleAuthUnasked    = clientRule{"", "MQTT-4.12.0-7", "the CONNECT named no Authentication Method"}
	ruleExpiryRaised   = clientRule{"", "U5-3.14.2.2.2-u2", "a Session Expiry Interval that was 0 cannot be raised"}
	ruleAfterwards     = clientRule{"MQTT-3.14.4-2", "MQTT-3.14.4-1", "this packet follows the DISCONNECT of the client"}
	ruleAliasMaximum   = clientRule{"", "MQTT-3.3.2-9", "the Topic Alias is above the server's Topic Alias Maximum"}
	ruleAliasUnknown   = clientRule{"", "U5-3.3.4-u3", "the Topic Alias was not set on this connection"}
	ruleMaximumQoS     = clientRule{"", "MQTT-3.2.2-11", "the QoS is above the server's Maximum QoS"}
	ruleNoRetained     = clientRule{"", "MQTT-3.2.2-14", "the server declared that it has no retained messages"}
	ruleReceiveMaximum = clientRule{"", "MQTT-3.3.4-7", "more messages are open than the server's Receive Maximum"}
	ruleUnknownID      = clientRule{"MQTT-2.3.1-6", "MQTT-2.2.1-5", "no exchange with this Packet Identifier is open"}
	ruleIDInUse        = clientRule{"MQTT-2.3.1-2", "MQTT-2.2.1-3", "the Packet Identifier is in use"}
	ruleDupMissing     = clientRule{"MQTT-3.3.1-1", "MQTT-3.3.1-1", "a PUBLISH that is sent again has DUP 0"}
	ruleSentAgain      = clientRule{"", "MQTT-4.4.0-1", "the PUBLISH is sent again on the same connection"}
	rulePubackOrder    = clientRule{"MQTT-4.6.0-2", "MQTT-4.6.0-2", "an earlier PUBLISH of QoS 1 was not answered before this one"}
	rulePubrecOrder    = clientRule{"MQTT-4.6.0-3", "MQTT-4.6.0-3", "an earlier PUBLISH of QoS 2 was not answered before this one"}
	rulePubrelOrder    = clientRule{"MQTT-4.6.0-4", "MQTT-4.6.0-4", "an earlier PUBREC was not answered before this one"}
)

// clientRules is what is remembered of a connection to judge the client by.
type clientRules struct {
	published map[uint16]bool // QoS 2, sent on this connection and not released
	pubrecs   []uint16        // sent by us, and not answered by PUBREL
	pubrels   map[uint16]int  // sent by us, and not answered by PUBCOMP
	left      bool            // the client has sent DISCONNECT
}

func newClientRules() clientRules {
	return clientRules{published: map[uint16]bool{}, pubrels: map[uint16]int{}}
}

// blame tells of a violation in a packet of the client.
func (c *conn) blame(v codec.Violation, p codec.Packet) {
	if c.b.opts.Judge == nil {
		return
	}
	text := "bytes that are no packet"
	if p != nil {
		text = p.String()
	}
	c.b.opts.Judge(ClientError{Client: c.id, Violation: v, Packet: text})
}

// broke tells of a rule that the client broke by where a packet stands. p is nil
// where the client broke it by sending nothing.
func (c *conn) broke(rule clientRule, p codec.Packet) {
	ref := spec.Ref{Version: c.version, ID: rule.v5}
	if c.version != codec.V5 {
		ref.ID = rule.v311
	}
	if ref.ID == "" || c.version == codec.V31 {
		return
	}
	c.blame(codec.Violation{Requirement: ref, Class: codec.ProtocolError, Text: rule.text}, p)
}

// judgePublish looks for what a PUBLISH of QoS 2 breaks that an open one with the
// same identifier precedes. One of QoS 1 is answered at once: then its identifier
// is free, as far as we can tell.
func (c *conn) judgePublish(p *codec.Publish) {
	if p.QoS != 2 {
		return
	}
	_, open := c.session.taken[p.PacketID]
	switch {
	case !open:
	case !c.rules.published[p.PacketID]: // it came on an earlier connection
		if !p.Dup {
			c.broke(ruleDupMissing, p)
		}
	case !p.Dup:
		c.broke(ruleIDInUse, p)
	default:
		c.broke(ruleSentAgain, p) // 3.1.1 lets a client do so
	}
	c.rules.published[p.PacketID] = true
}

// judgePubrel looks at the order in which PUBREC is answered, and at identifiers
// that were never open. One that was may be released again after a reconnect.
func (c *conn) judgePubrel(p *codec.Pubrel, known bool) {
	i := slices.Index(c.rules.pubrecs, p.PacketID)
	switch {
	case i > 0:
		c.broke(rulePubrelOrder, p)
	case !known && !c.session.usedByClient[p.PacketID]:
		c.broke(ruleUnknownID, p)
	}
	if i >= 0 {
		c.rules.pubrecs = slices.Delete(c.rules.pubrecs, i, i+1)
	}
	delete(c.rules.published, p.PacketID)
}

// judgeAnswer looks at the order in which messages of one QoS are answered that
// were sent on this connection (4.6).
func (s *session) judgeAnswer(c *conn, answered *delivery, rule clientRule, p codec.Packet) {
	for _, d := range s.inflight {
		if d == answered {
			return
		}
		if d.qos == answered.qos && d.on == c && answered.on == c && !d.released {
			c.broke(rule, p)
			return
		}
	}
}

// sentPacket notes what the broker sends.
func (c *conn) sentPacket(p codec.Packet) {
	switch p := p.(type) {
	case *codec.Pubrec:
		if p.Code < 0x80 && !slices.Contains(c.rules.pubrecs, p.PacketID) {
			c.rules.pubrecs = append(c.rules.pubrecs, p.PacketID)
		}
	case *codec.Pubrel:
		c.rules.pubrels[p.PacketID]++
	}
}
