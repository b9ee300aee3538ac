package reference

import (
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// Reason Codes of 5.0 that the broker uses (2.4).
const (
	codeNoSubscribers       = 0x10
	codeNoSubscription      = 0x11
	codeContinueAuth        = 0x18
	codeReauthenticate      = 0x19
	codeMalformed           = 0x81
	codeProtocolError       = 0x82
	codeUnsupportedVersion  = 0x84
	codeBadClientID         = 0x85
	codeBadLogin            = 0x86
	codeNotAuthorized       = 0x87
	codeBadAuthMethod       = 0x8C
	codeKeepAliveTimeout    = 0x8D
	codeTakenOver           = 0x8E
	codeFilterInvalid       = 0x8F
	codeTopicInvalid        = 0x90
	codeIDInUse             = 0x91
	codeIDNotFound          = 0x92
	codeReceiveMaximum      = 0x93
	codeAliasInvalid        = 0x94
	codePacketTooLarge      = 0x95
	codeRetainNotSupported  = 0x9A
	codeQoSNotSupported     = 0x9B
	codeSharedNotSupported  = 0x9E
	codeIdentifierSupported = 0xA1
	codeWildcardSupported   = 0xA2
)

// refuseFor ends the connection for what the codec found.
func (c *conn) refuseFor(f *codec.Violation, p codec.Packet) {
	if connect, ok := p.(*codec.Connect); ok && c.session == nil && connect.Will != nil && c.is(willOfRefused) {
		c.connect = connect
		c.b.publish(c.newWill().message)
	}
	if c.session == nil && c.version != codec.V5 {
		c.refuseOldConnect(f, p)
		return
	}
	c.refuse(codeFor(f))
	c.spoilError()
}

func codeFor(f *codec.Violation) byte {
	id := f.Requirement.ID
	switch {
	case f.Class == codec.Malformed:
		return codeMalformed
	case strings.HasPrefix(id, "MQTT-4.7.1-"), strings.HasPrefix(id, "MQTT-4.8.2-"):
		return codeFilterInvalid
	case id == "MQTT-3.3.2-2", id == "MQTT-4.7.0-1", id == "MQTT-3.3.2-14":
		return codeTopicInvalid
	case id == "MQTT-3.3.2-8":
		return codeAliasInvalid
	}
	return codeProtocolError
}
