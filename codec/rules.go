package codec

import "github.com/mqttproof/mqttproof/codec/spec"

// What the standard leaves open is no rule here, so that nobody is accused of it:
// control characters and noncharacters in text (a receiver MAY refuse them), a
// second Payload Format Indicator or Message Expiry Interval in PUBLISH (nothing
// is said), a Server Reference from a Client (no sentence forbids it), AUTH with
// nothing in it (3.15.2.1 against 3.15.2.2.2), codes 0x8C and 0x9B in DISCONNECT
// (see spec.Reasons), and a payload that is not of its Payload Format Indicator (a
// receiver MAY look, and a Server that does not must pass both on as they are).

// rule is one rule that a packet can break. It has an id for each version; a
// version without an id does not have the rule, so that a report of it there
// says nothing. 3.1 has no numbered statements: its ids are sections of the IBM
// text, and where that text calls a bit "not used" or is silent there is none.
type rule struct {
	v31, v311, v5 string
	// class is the class in 5.0.
	class Class
	// old is the class in 3.1 and 3.1.1, which do not have these classes:
	// Malformed where the bytes cannot be parsed or a reserved bit is wrong,
	// ProtocolError for all else. So U+0000 is a ProtocolError (it is well-formed
	// UTF-8 and parses) where 5.0 says Malformed, and so is a Will QoS of 3.
	// PUBLISH with QoS 3 is Malformed: whether a Packet Identifier follows cannot
	// be known. So is SUBSCRIBE with QoS 3, because 3.1.1 says so (3.8.3).
	old Class
	// quiet is set where the standard names no reaction of the receiver, though
	// class is not Unspecified.
	quiet bool
	text  string // what is wrong, as a sentence
}

func (r *rule) ref(v Version) spec.Ref {
	switch v {
	case V31:
		return spec.Ref{Version: v, ID: r.v31}
	case V311:
		return spec.Ref{Version: v, ID: r.v311}
	}
	return spec.Ref{Version: v, ID: r.v5}
}

func (r *rule) classIn(v Version) Class {
	if v == V5 {
		return r.class
	}
	return r.old
}

// The fixed header.
var (
	ruleType = rule{"§2.1", "U3-2.2.1-u1", "U5-2.1.2-u1", Malformed, Malformed, false,
		"this Control Packet type is reserved"}
	ruleDirection = rule{"§2.1", "U3-2.2.1-u1", "U5-2.1.2-u1", ProtocolError, ProtocolError, true,
		"this end must not send this packet"}
	ruleLengthBytes = rule{"§2.1", "U3-2.2.3-u1", "U5-2.1.4-u1", Malformed, Malformed, false,
		"the Remaining Length has more than four bytes"}
	ruleIncomplete = rule{"§2.1", "U3-2.2.3-u2", "U5-2.1.4-u2", Malformed, Malformed, false,
		"the packet is incomplete: its bytes end here"}
	ruleNonMinimal = rule{"", "", "MQTT-1.5.5-1", Unspecified, 0, false,
		"a Variable Byte Integer has more bytes than it needs"}
	ruleShort = rule{"§2.1", "U3-2.2.3-u2", "U5-2.1.4-u2", Malformed, Malformed, false,
		"the packet ends inside a field"}
	ruleTrailing = rule{"§2.1", "U3-2.2.3-u2", "U5-2.1.4-u2", Malformed, Malformed, true,
		"bytes follow the last field of the packet"}
	ruleBeyond = rule{"§2.1", "U3-2.2.3-u2", "U5-2.1.4-u2", Malformed, Malformed, false,
		"bytes follow the end of the packet"}
)

// rulesFlags are the fixed header flags, by type (2.1.3; 2.2.2 in 3.1.1). In
// 3.1 they are "not used" except where QoS 1 has a meaning, see ruleQoS1.
var rulesFlags = [AUTH + 1]rule{
	CONNECT:     flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	CONNACK:     flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	PUBACK:      flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	PUBREC:      flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	PUBREL:      flagRule("MQTT-3.6.1-1", "MQTT-3.6.1-1"),
	PUBCOMP:     flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	SUBSCRIBE:   flagRule("MQTT-3.8.1-1", "MQTT-3.8.1-1"),
	SUBACK:      flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	UNSUBSCRIBE: flagRule("MQTT-3.10.1-1", "MQTT-3.10.1-1"),
	UNSUBACK:    flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	PINGREQ:     flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	PINGRESP:    flagRule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
	DISCONNECT:  flagRule("MQTT-3.14.1-1", "MQTT-3.14.1-1"),
	AUTH:        flagRule("", "MQTT-3.15.1-1"),
}

func flagRule(v311, v5 string) rule {
	return rule{"", v311, v5, Malformed, Malformed, false, "the reserved flags of the fixed header are wrong"}
}

// ruleQoS1: PUBREL, SUBSCRIBE and UNSUBSCRIBE of 3.1 are messages of QoS 1, with
// DUP where they are sent again.
var ruleQoS1 = rule{"§2.1", "", "", 0, ProtocolError, true, "the QoS of this packet must be 1"}

// Strings (1.5.4; 1.5.3 in 3.1.1). 3.1 does not demand these checks.
var (
	ruleUTF8 = rule{"", "MQTT-1.5.3-1", "MQTT-1.5.4-1", Malformed, Malformed, false,
		"the text is not well-formed UTF-8"}
	ruleNull = rule{"", "MQTT-1.5.3-2", "MQTT-1.5.4-2", Malformed, ProtocolError, false,
		"the text holds U+0000"}
	rulePair = rule{"", "", "MQTT-1.5.7-1", Malformed, 0, false,
		"a User Property is not two well-formed UTF-8 strings without U+0000"}
)

// Topic Names and Topic Filters (4.7, 4.8.2). 5.0 forbids these and states no
// reaction, except for the empty Topic Name of a PUBLISH.
var (
	ruleNameWildcard = rule{"§A", "MQTT-4.7.1-1", "MQTT-4.7.0-1", Unspecified, ProtocolError, true,
		"a Topic Name holds a wildcard character"}
	rulePublishWildcard = rule{"§3.3", "MQTT-3.3.2-2", "MQTT-3.3.2-2", Unspecified, ProtocolError, true,
		"the Topic Name of a PUBLISH holds a wildcard character"}
	ruleEmptyName = rule{"§A", "MQTT-4.7.3-1", "MQTT-4.7.3-1", Unspecified, ProtocolError, true,
		"a Topic Name or Topic Filter is empty"}
	ruleMultiLevel = rule{"§A", "MQTT-4.7.1-2", "MQTT-4.7.1-1", Unspecified, ProtocolError, true,
		"'#' must be the last character of a Topic Filter, alone or behind '/'"}
	ruleSingleLevel = rule{"§A", "MQTT-4.7.1-3", "MQTT-4.7.1-2", Unspecified, ProtocolError, true,
		"'+' must occupy a whole level of a Topic Filter"}
	ruleShareName = rule{"", "", "MQTT-4.8.2-1", Unspecified, 0, false,
		"a Shared Subscription has no ShareName"}
	ruleShareFilter = rule{"", "", "MQTT-4.8.2-2", Unspecified, 0, false,
		"a ShareName must hold no '/', '+' or '#' and be followed by '/' and a Topic Filter"}
	ruleResponseTopic = rule{"", "", "MQTT-3.3.2-14", Unspecified, 0, false,
		"the Response Topic holds a wildcard character"}
)

// Properties (5.0, 2.2.2).
var (
	rulePropertyLength = rule{"", "", "MQTT-2.2.2-1", Malformed, 0, false,
		"the Property Length is missing"}
	rulePropertyLengthBytes = rule{"", "", "U5-2.1.4-u1", Malformed, 0, false,
		"a Variable Byte Integer has more than four bytes"}
	rulePropertiesLong = rule{"", "", "U5-2.2.2.1-u1", Malformed, 0, false,
		"the Property Length goes past the end of the packet"}
	ruleProperty = rule{"", "", "U5-2.2.2.2-u1", Malformed, 0, false,
		"a property is not allowed, unknown, or not of its type"}
	ruleSubscriptionIDFromClient = rule{"", "", "MQTT-3.3.4-6", ProtocolError, 0, false,
		"a Client must not send a Subscription Identifier in PUBLISH"}
	ruleExpiryFromServer = rule{"", "", "MQTT-3.14.2-2", Unspecified, 0, false,
		"a Server must not send a Session Expiry Interval in DISCONNECT"}
	ruleAuthData = rule{"", "", "U5-3.1.2.11.10-u1", ProtocolError, 0, false,
		"Authentication Data without Authentication Method"}
	ruleAuthMethod = rule{"", "", "U5-3.15.2.2.2-u1", ProtocolError, 0, false,
		"the Authentication Method is missing"}
)

// CONNECT (3.1). 3.1.4 demands that a Server validates the format and closes.
var (
	ruleConnectShort = rule{"§3.1", "MQTT-3.1.4-1", "MQTT-3.1.4-1", Malformed, Malformed, false,
		"the CONNECT ends inside a field"}
	ruleConnectTrailing = rule{"§3.1", "MQTT-3.1.4-1", "MQTT-3.1.4-1", Malformed, Malformed, false,
		"bytes follow the last field that the Connect Flags announce"}
	ruleProtocolName = rule{"§3.1", "MQTT-3.1.2-1", "MQTT-3.1.2-1", ProtocolError, ProtocolError, true,
		"the Protocol Name is wrong"}
	ruleProtocolLevel = rule{"§3.1", "MQTT-3.1.2-2", "MQTT-3.1.2-2", ProtocolError, ProtocolError, true,
		"the Protocol Level is wrong"}
	ruleConnectReserved = rule{"", "MQTT-3.1.2-3", "MQTT-3.1.2-3", Malformed, Malformed, false,
		"the reserved bit of the Connect Flags is 1"}
	ruleWillQoSWithoutWill = rule{"", "MQTT-3.1.2-13", "MQTT-3.1.2-11", ProtocolError, ProtocolError, false,
		"the Will QoS is not 0 though the Will Flag is 0"}
	ruleWillRetainWithoutWill = rule{"", "MQTT-3.1.2-15", "MQTT-3.1.2-13", ProtocolError, ProtocolError, false,
		"Will Retain is 1 though the Will Flag is 0"}
	ruleWillQoS = rule{"§3.1", "MQTT-3.1.2-14", "MQTT-3.1.2-12", Malformed, ProtocolError, false,
		"the Will QoS is 3"}
	rulePasswordWithoutUser = rule{"§3.1", "MQTT-3.1.2-22", "", 0, ProtocolError, false,
		"there is a Password without a User Name"}
	ruleClientIDMissing = rule{"§3.1", "MQTT-3.1.3-3", "MQTT-3.1.3-3", Malformed, Malformed, false,
		"the Client Identifier is missing or cut"}
	ruleClientIDNone = rule{"§3.1", "", "", 0, ProtocolError, false,
		"the Client Identifier is empty"}
	ruleClientIDEmpty = rule{"", "MQTT-3.1.3-7", "", 0, ProtocolError, false,
		"the Client Identifier is empty though Clean Session is 0"}
	ruleClientIDLong = rule{"§3.1", "", "", 0, ProtocolError, false,
		"the Client Identifier has more than 23 characters"}
	ruleWillNotASCII = rule{"§3.1", "", "", 0, ProtocolError, true,
		"the Will Message is not 7-bit ASCII"}
	ruleWillMissing = rule{"§3.1", "MQTT-3.1.2-9", "MQTT-3.1.2-9", Malformed, Malformed, false,
		"a Will field is missing or cut though the Will Flag is 1"}
	ruleUserMissing = rule{"§3.1", "MQTT-3.1.2-19", "MQTT-3.1.2-17", Malformed, Malformed, false,
		"the User Name is missing or cut though its flag is 1"}
	rulePasswordMissing = rule{"§3.1", "MQTT-3.1.2-21", "MQTT-3.1.2-19", Malformed, Malformed, false,
		"the Password is missing or cut though its flag is 1"}
)

// CONNACK (3.2). In 3.1 its first byte is not used.
var (
	ruleConnackFlags = rule{"", "U3-3.2.2.1-u1", "MQTT-3.2.2-1", Malformed, Malformed, false,
		"reserved bits of the Connect Acknowledge Flags are not 0"}
	ruleSessionPresent = rule{"", "MQTT-3.2.2-4", "MQTT-3.2.2-6", Unspecified, ProtocolError, true,
		"Session Present is 1 though the code is not 0"}
)

// rulesCode are the reason and return codes, by type. 5.0 states no reaction to
// a code that does not belong in its packet.
var rulesCode = [AUTH + 1]rule{
	CONNACK:    codeRule("§3.2", "MQTT-3.2.2-6", "MQTT-3.2.2-8"),
	PUBACK:     codeRule("", "", "MQTT-3.4.2-1"),
	PUBREC:     codeRule("", "", "MQTT-3.5.2-1"),
	PUBREL:     codeRule("", "", "MQTT-3.6.2-1"),
	PUBCOMP:    codeRule("", "", "MQTT-3.7.2-1"),
	SUBACK:     codeRule("§3.9", "MQTT-3.9.3-2", "MQTT-3.9.3-2"),
	UNSUBACK:   codeRule("", "", "MQTT-3.11.3-2"),
	DISCONNECT: codeRule("", "", "MQTT-3.14.2-1"),
	AUTH:       codeRule("", "", "MQTT-3.15.2-1"),
}

func codeRule(v31, v311, v5 string) rule {
	return rule{v31, v311, v5, Unspecified, ProtocolError, true,
		"this code is not for this packet, or not for this end to send"}
}

// PUBLISH (3.3).
var (
	ruleQoS3 = rule{"§2.1", "MQTT-3.3.1-4", "MQTT-3.3.1-4", Malformed, Malformed, false,
		"the QoS is 3"}
	ruleDup = rule{"", "MQTT-3.3.1-2", "MQTT-3.3.1-2", Unspecified, ProtocolError, true,
		"DUP is 1 though the QoS is 0"}
	ruleTopicMissing = rule{"§3.3", "MQTT-3.3.2-1", "MQTT-3.3.2-1", Malformed, Malformed, false,
		"the Topic Name is missing or cut"}
	ruleTopicLong = rule{"§2.2", "", "", 0, ProtocolError, true,
		"the Topic Name has more than 32,767 characters"}
	ruleTopicEmpty = rule{"", "", "U5-3.3.2.1-u1", ProtocolError, 0, false,
		"the Topic Name is empty and there is no Topic Alias"}
	ruleServerPacketID = rule{"§2.4", "MQTT-2.3.1-1", "MQTT-2.2.1-4", Unspecified, ProtocolError, true,
		"the Packet Identifier is 0"}
	ruleClientPacketID = rule{"§2.4", "MQTT-2.3.1-1", "MQTT-2.2.1-3", Unspecified, ProtocolError, true,
		"the Packet Identifier is 0"}
)

// SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK (3.8 to 3.11).
var (
	ruleNoFilter = rule{"§3.8", "MQTT-3.8.3-3", "MQTT-3.8.3-2", ProtocolError, ProtocolError, false,
		"there is no Topic Filter"}
	ruleNoUnsubscribe = rule{"§3.10", "MQTT-3.10.3-2", "MQTT-3.10.3-2", ProtocolError, ProtocolError, false,
		"there is no Topic Filter"}
	ruleOptionsReserved = rule{"", "MQTT-3.8.3-4", "MQTT-3.8.3-5", Malformed, Malformed, false,
		"reserved bits of the Subscription Options are not 0"}
	ruleOptionsQoS = rule{"§3.8", "MQTT-3.8.3-4", "U5-3.8.3.1-u1", ProtocolError, Malformed, false,
		"the QoS asked for is 3"}
	ruleRetainHandling = rule{"", "", "U5-3.8.3.1-u2", ProtocolError, 0, false,
		"Retain Handling is 3"}
	ruleNoLocalShared = rule{"", "", "MQTT-3.8.3-4", ProtocolError, 0, false,
		"No Local is set on a Shared Subscription"}
	ruleNoCode = rule{"§3.9", "MQTT-3.8.4-5", "MQTT-3.8.4-6", Unspecified, ProtocolError, true,
		"there is no code, though a SUBSCRIBE has at least one Topic Filter"}
	ruleNoUnsubackCode = rule{"", "", "MQTT-3.11.3-2", Unspecified, 0, false,
		"there is no Reason Code, though an UNSUBSCRIBE has at least one Topic Filter"}
)
