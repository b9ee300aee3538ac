package reference

import (
	"bytes"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec"
)

// The stream of bytes (4.2), and what an error in it is to others (4.13; 4.8 in
// 3.1.1).
var (
	restOfSegmentLost = broken("rest-of-segment-lost", "reads the first packet of what comes at once and drops what lies behind it",
		both(v311("MQTT-7.1.1-1"), v5("MQTT-4.2-1"))...)
	behindErrorProcessed = broken("behind-error-processed", "hands on the messages that lie behind a malformed packet",
		both(v311("MQTT-4.8.0-1"), v5("MQTT-4.13.1-1"))...)
	errorsCloseOthers = broken("errors-close-others", "closes all other connections too when a client sends a malformed packet",
		both(v311("MQTT-4.8.0-1"), v5("MQTT-4.13.1-1"))...)
	offenderUnanswered = broken("offender-unanswered", "does not answer the next CONNECT of a client that has sent a malformed packet",
		both(v311("MQTT-3.1.4-4"), v5("MQTT-3.1.4-5"))...)
	errorsToldAsNormal = broken("errors-told-as-normal", "sends DISCONNECT with the Reason Code 0x00 for an error",
		v5("U5-4.13.1-u4", "U5-2.2.2.2-u2", "U5-3.3.1.2-u2")...)
	farewellWithTextUnread = broken("disconnect-with-properties-unread", "does not discard the will at a DISCONNECT that has properties", v5("MQTT-3.14.4-3")...)
	passwordAsText         = broken("password-as-text", "refuses a CONNECT whose password is no UTF-8, or has U+0000 in it",
		both(v311("MQTT-3.1.4-4"), v5("MQTT-3.1.4-5"))...)
	controlInText   = broken("control-character-in-text", "begins the Client Identifiers that it assigns with U+0001", v5("U5-1.5.4-u3")...)
	willLostOverTLS = broken("will-lost-over-tls", "does not publish the will of a client whose TLS connection ends without a DISCONNECT",
		both(v311("MQTT-3.1.2-8"), v5("MQTT-3.1.2-8"))...).overTLS()
	refusalCloses = broken("refusal-closes", "closes the connection of a client that refuses a message", v5("U5-4.13.2-u1")...)
)

// spoilError applies the faults in what an error of a client is to others.
func (c *conn) spoilError() {
	if c.session != nil && c.is(offenderUnanswered) {
		c.b.offenders[c.session.id] = true
	}
	if !c.is(errorsCloseOthers) {
		return
	}
	for other := range c.b.conns {
		if other != c {
			other.end()
		}
	}
}

// unanswered says whether a fault leaves the CONNECT without an answer.
func (c *conn) unanswered(p *codec.Connect) bool {
	id := p.ClientID.String()
	if !c.b.offenders[id] {
		return false
	}
	delete(c.b.offenders, id)
	return true
}

// assignable is the Client Identifier that is assigned.
func (c *conn) assignable(id string) string {
	if c.is(controlInText) {
		return "\x01" + id
	}
	return id
}

// spoilPassword says whether a fault refuses the CONNECT for its password.
func (c *conn) spoilPassword(p *codec.Connect) bool {
	if !c.is(passwordAsText) || utf8.Valid(p.Password) && !bytes.Contains(p.Password, []byte{0}) {
		return false
	}
	c.end()
	return true
}

// overTLS notes that the flaw shows over that transport only.
func (f *flaw) overTLS() *flaw {
	f.over = "tls"
	return f
}
