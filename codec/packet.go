// Package codec is the reference packet codec for MQTT 3.1, 3.1.1 and 5.0:
// strict decode, lenient decode that lists every violation, encode, and broken
// packets on purpose. It knows packets one by one; what needs the history of a
// connection (an alias above the maximum, a QoS above the granted) is left to
// the judge.
package codec

import "github.com/mqttproof/mqttproof/codec/spec"

// Version is the version of MQTT a packet is read or written in.
type Version = spec.Version

// The versions of MQTT.
const (
	V31  = spec.V31
	V311 = spec.V311
	V5   = spec.V5
)

// Sender says who sent a packet: a Server must not send SUBSCRIBE, and some
// reason codes and properties are legal in one direction only.
type Sender uint8

// The two ends of a Network Connection.
const (
	FromClient Sender = iota + 1
	FromServer
)

// Type is the MQTT Control Packet type, bits 7-4 of the first byte (2.1.2).
type Type uint8

// The Control Packet types.
const (
	CONNECT Type = iota + 1
	CONNACK
	PUBLISH
	PUBACK
	PUBREC
	PUBREL
	PUBCOMP
	SUBSCRIBE
	SUBACK
	UNSUBSCRIBE
	UNSUBACK
	PINGREQ
	PINGRESP
	DISCONNECT
	AUTH
)

// Text is a UTF-8 Encoded String (1.5.4; 1.5.3 in 3.1.1), without its length.
// In a decoded packet it is a view into the buffer that was decoded.
type Text []byte

// String gives the text as a Go string.
func (t Text) String() string { return string(t) }

// Packet is one MQTT Control Packet. Every packet of this package is a pointer
// to a struct of its own; a switch on the Go type tells which.
type Packet interface {
	// Type is the Control Packet type.
	Type() Type
	// Size is the number of bytes that Append adds: fixed header, variable
	// header and payload. It is exact for every packet that Append accepts.
	Size(v Version) int
	// Append encodes the packet in the given version behind dst. It writes what
	// the struct holds, legal or not, and fails only where the bytes cannot say
	// it: a string over 65,535 bytes, a packet over 268,435,455. Properties are
	// left out below version 5.0.
	Append(dst []byte, v Version) ([]byte, error)
	// Clone gives a deep copy, which outlives the buffer that was decoded.
	Clone() Packet
	// String gives the packet on one line.
	String() string
}

// Connect is CONNECT (3.1).
type Connect struct {
	// Protocol is the Protocol Name. nil is written as the name that belongs to
	// the version: MQIsdp in 3.1, MQTT after it.
	Protocol Text
	// Level is the Protocol Level (Protocol Version in 5.0). 0 is written as
	// the level of the version.
	Level byte
	// CleanStart is Clean Session before 5.0.
	CleanStart bool
	// Reserved is bit 0 of the Connect Flags, which must be 0 from 3.1.1 on.
	Reserved bool
	// KeepAlive is in seconds; 0 turns it off (3.1.2.10).
	KeepAlive uint16
	// Properties of the connection (3.1.2.11); 5.0 only.
	Properties Properties
	// ClientID is the Client Identifier (3.1.3.1). It may be empty, but for 3.1; in
	// 3.1.1 only with CleanStart.
	ClientID Text
	// Will is nil where the Will Flag is 0.
	Will *Will
	// User and Password are nil where their flags are 0; empty but not nil is a
	// flag of 1 with zero bytes.
	User     Text   // 3.1.3.5
	Password []byte // 3.1.3.6
}

// Will is the Will Message in a CONNECT (3.1.2.5, 3.1.3.2).
type Will struct {
	QoS        byte       // of the PUBLISH that it becomes, 0 to 2
	Retain     bool       // and its RETAIN
	Properties Properties // 5.0 only
	Topic      Text       // a Topic Name
	Payload    []byte     // up to 65,535 bytes; 7-bit ASCII in 3.1
}

// Connack is CONNACK (3.2).
type Connack struct {
	// SessionPresent is bit 0 of the Connect Acknowledge Flags (3.2.2.1.1). In 3.1
	// the byte is not used, and it is not read.
	SessionPresent bool
	// Reserved is what bits 7-1 of the Connect Acknowledge Flags hold, in their
	// places. Legal is 0.
	Reserved byte
	// Code is the Connect Return code of 3.1 and 3.1.1, the Connect Reason
	// Code of 5.0; the numbers differ.
	Code byte
	// Properties of the connection (3.2.2.3); 5.0 only.
	Properties Properties
}

// Publish is PUBLISH (3.3).
type Publish struct {
	Dup    bool // sent before, perhaps (3.3.1.1); not with QoS 0
	QoS    byte // 0 to 2; 3 is written as it is (3.3.1.2)
	Retain bool // 3.3.1.3
	// Topic is the Topic Name (3.3.2.1). In 5.0 it may be empty with a Topic Alias.
	Topic    Text
	PacketID uint16 // not written with QoS 0
	// Properties of the message; 5.0 only.
	Properties Properties
	// Payload is all that is behind the variable header (3.3.3).
	Payload []byte
}

// Ack is the body shared by the four acknowledgements of PUBLISH.
// A Code of 0 without Properties is written in the short form of length 2.
type Ack struct {
	PacketID   uint16     // that of the PUBLISH
	Code       byte       // Reason Code; 5.0 only
	Properties Properties // 5.0 only
}

// Puback is PUBACK (3.4).
type Puback struct{ Ack }

// Pubrec is PUBREC (3.5).
type Pubrec struct{ Ack }

// Pubrel is PUBREL (3.6).
type Pubrel struct{ Ack }

// Pubcomp is PUBCOMP (3.7).
type Pubcomp struct{ Ack }

// Subscribe is SUBSCRIBE (3.8).
type Subscribe struct {
	PacketID   uint16     // not 0 (2.2.1)
	Properties Properties // 5.0 only
	// Subscriptions has at least one element (3.8.3).
	Subscriptions []Subscription
}

// Subscription is a Topic Filter with its Subscription Options (3.8.3.1).
type Subscription struct {
	Filter            Text // a Topic Filter (4.7), or a shared one (4.8.2)
	QoS               byte // the Maximum QoS asked for, 0 to 2
	NoLocal           bool // not what this connection published; 5.0 only, as the next two
	RetainAsPublished bool // RETAIN as the publisher set it
	RetainHandling    byte // send retained messages: 0 always, 1 only if new, 2 never
	// Reserved is what the reserved bits of the options byte hold, in their
	// places: bits 7-6 in 5.0, bits 7-2 before it. Legal is 0.
	Reserved byte
}

// Suback is SUBACK (3.9).
type Suback struct {
	PacketID   uint16     // that of the SUBSCRIBE
	Properties Properties // 5.0 only
	// Codes has one return or reason code for each filter, in order.
	Codes []byte
}

// Unsubscribe is UNSUBSCRIBE (3.10).
type Unsubscribe struct {
	PacketID   uint16     // not 0 (2.2.1)
	Properties Properties // 5.0 only
	Filters    []Text     // at least one (3.10.3)
}

// Unsuback is UNSUBACK (3.11).
type Unsuback struct {
	PacketID   uint16     // that of the UNSUBSCRIBE
	Properties Properties // 5.0 only
	Codes      []byte     // one Reason Code for each filter, in order; 5.0 only
}

// Pingreq is PINGREQ (3.12).
type Pingreq struct{}

// Pingresp is PINGRESP (3.13).
type Pingresp struct{}

// Disconnect is DISCONNECT (3.14). A Code of 0 without Properties is written
// with Remaining Length 0.
type Disconnect struct {
	Code       byte       // Reason Code (3.14.2.1); 5.0 only
	Properties Properties // 5.0 only
}

// Auth is AUTH (3.15), which exists in 5.0 only. A Code of 0 without Properties is
// written with Remaining Length 0.
type Auth struct {
	Code       byte       // Reason Code (3.15.2.1)
	Properties Properties // with an Authentication Method, unless the packet is empty
}
