// Package matrix generates packets that break one rule each, and their good
// neighbours, from the protocol tables: every property in every packet, every
// reason code in every packet and direction, every flag nibble, every truncation
// point, every kind of broken text. The codec is tested against it, and negative
// scenarios draw from it.
//
// What a case expects comes from the tables and from what the standard says of
// its kind, never from what the decoder answers.
package matrix

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// Duty is what a Server must do that receives the packet of a case from a
// Client (5.0, 4.13.1; 3.1.1, 4.8). A case from a Server has none.
type Duty uint8

// The duties.
const (
	// None: the packet is valid, or comes from a Server.
	None Duty = iota
	// Close: the standard names the case, so the Server must close the Network
	// Connection, with or without a DISCONNECT (5.0) or CONNACK that says why.
	// There is no such case in 3.1.
	Close
	// MayClose: a duty of the Client is broken and no reaction is stated, or it
	// depends on what the Server supports. Closing is right, and carrying on is.
	MayClose
	// Wait: the packet is not over. The Server must not act on it.
	Wait
)

// String gives none, close, may-close or wait.
func (d Duty) String() string {
	switch d {
	case Close:
		return "close"
	case MayClose:
		return "may-close"
	case Wait:
		return "wait"
	}
	return "none"
}

// Kind says which rule of the packet a case is about.
type Kind string

// The kinds of cases. Sections are those of 5.0.
const (
	PropertyPlace   Kind = "property placed"       // one property, in a packet that may hold it or not (2.2.2.2)
	PropertyTwice   Kind = "property twice"        // the same one again
	PropertyCut     Kind = "property cut"          // its value is missing or cut, or the Property Length is wrong
	PropertyRange   Kind = "property value"        // an integer at the ends of its range and outside
	PropertyUnknown Kind = "property unknown"      // an identifier that is not defined
	PropertyText    Kind = "property text"         // a broken text in a property
	ReasonCode      Kind = "reason code"           // any of the 256, from each end that may send the packet
	HeaderFlags     Kind = "flags"                 // any of the 16 (2.1.3)
	HeaderType      Kind = "type"                  // types that do not exist
	HeaderLength    Kind = "remaining length"      // too many bytes of it, or far too large
	Direction       Kind = "direction"             // from the end that must not send it
	Truncated       Kind = "cut, length corrected" // ends too early, and its length says so
	Incomplete      Kind = "cut"                   // ends too early, and its length announces the rest
	TrailingBytes   Kind = "trailing"              // bytes behind the last field
	BadText         Kind = "text"                  // ill-formed, surrogates, overlong, U+0000 (1.5.4)
	Syntax          Kind = "topic syntax"          // wildcards and $share (4.7, 4.8.2)
	ZeroID          Kind = "packet identifier"     // 0 (2.2.1)
	ConnectFlags    Kind = "connect flags"         // and what they announce (3.1.2)
	ConnackFlags    Kind = "connack flags"         // 3.2.2.1
	Options         Kind = "subscription options"  // any of the 256 (3.8.3.1)
	Authentication  Kind = "authentication"        // AUTH with and without its method (3.15)
	Limit           Kind = "limit"                 // what MQTT 3.1 alone limits
)

// Case is one packet with what must be said of it.
type Case struct {
	// Name is unique, and stable as long as the tables are.
	Name string
	// Kind is Truncated for a packet that is cut and whose length is corrected,
	// Incomplete for one that is only cut.
	Kind    Kind
	Version codec.Version // of the packet, and of the connection it is for
	From    codec.Sender  // the end that sends it
	// Packet and Mutations make the bytes. The packet may be cloned and given
	// another topic, filter or client identifier, as long as the mutations do
	// not speak of that field or of an offset.
	Packet    codec.Packet
	Mutations []codec.Mutation
	// Class and Requirement are those of the first violation, and of the only one;
	// both are zero for a valid packet. In 3.1 the ID is a section.
	Class       codec.Class
	Requirement spec.Ref
	// Duty is what a Server must do about it.
	Duty Duty
}

// Bytes gives the packet as it is sent. The error is that of codec.Mutate, and
// nil for every case of Cases.
func (c *Case) Bytes() ([]byte, error) { return codec.Mutate(c.Packet, c.Version, c.Mutations...) }

// fault is what a generator expects of a packet.
type fault struct {
	class codec.Class
	id    string // of the version of the case; for 3.1 that of 3.1.1, see in
	duty  Duty
}

// valid is the fault that is none.
var valid = fault{}

// list collects cases.
type list struct {
	cases []Case
	seen  map[string]bool
}

// add adds a case for a packet from one end.
func (l *list) add(kind Kind, detail string, v codec.Version, from codec.Sender, p codec.Packet, f fault, m ...codec.Mutation) {
	f = f.in(v)
	name := fmt.Sprintf("%s %s from %s: %s", v, p.Type(), from, kind)
	if detail != "" {
		name += ": " + detail
	}
	if l.seen[name] {
		panic("two cases are called " + name)
	}
	l.seen[name] = true
	c := Case{Name: name, Kind: kind, Version: v, From: from, Packet: p, Mutations: m, Class: f.class, Duty: f.duty}
	if f.id != "" {
		c.Requirement = spec.Ref{Version: v, ID: f.id}
	}
	if from == codec.FromServer && c.Duty != Wait {
		c.Duty = None
	}
	l.cases = append(l.cases, c)
}

// Cases generates the whole matrix, some 13,000 cases, always in the same order.
// The packets are new with every call.
func Cases() []Case {
	l := list{seen: map[string]bool{}}
	l.headers()
	l.properties()
	l.reasonCodes()
	l.truncations()
	l.texts()
	l.connectFlags()
	l.connackFlags()
	l.subscriptionOptions()
	l.authentication()
	l.only31()
	return l.cases
}

var versions = []codec.Version{codec.V31, codec.V311, codec.V5}

// senders gives the ends that may send a packet.
func senders(t codec.Type, v codec.Version) (ends []codec.Sender) {
	if t.Senders(v)&spec.Client != 0 {
		ends = append(ends, codec.FromClient)
	}
	if t.Senders(v)&spec.Server != 0 {
		ends = append(ends, codec.FromServer)
	}
	return ends
}

// plain is a small valid packet of the type.
func plain(t codec.Type) codec.Packet {
	ack := codec.Ack{PacketID: 10}
	switch t {
	case codec.CONNECT:
		return &codec.Connect{CleanStart: true, KeepAlive: 60, ClientID: codec.Text("matrix")}
	case codec.CONNACK:
		return &codec.Connack{}
	case codec.PUBLISH:
		return &codec.Publish{Topic: codec.Text("matrix/a"), QoS: 1, PacketID: 10, Payload: []byte("hello")}
	case codec.PUBACK:
		return &codec.Puback{Ack: ack}
	case codec.PUBREC:
		return &codec.Pubrec{Ack: ack}
	case codec.PUBREL:
		return &codec.Pubrel{Ack: ack}
	case codec.PUBCOMP:
		return &codec.Pubcomp{Ack: ack}
	case codec.SUBSCRIBE:
		return &codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{{Filter: codec.Text("matrix/a"), QoS: 1}}}
	case codec.SUBACK:
		return &codec.Suback{PacketID: 10, Codes: []byte{1}}
	case codec.UNSUBSCRIBE:
		return &codec.Unsubscribe{PacketID: 10, Filters: []codec.Text{codec.Text("matrix/a")}}
	case codec.UNSUBACK:
		return &codec.Unsuback{PacketID: 10, Codes: []byte{0}}
	case codec.PINGREQ:
		return &codec.Pingreq{}
	case codec.PINGRESP:
		return &codec.Pingresp{}
	case codec.DISCONNECT:
		return &codec.Disconnect{}
	case codec.AUTH:
		return &codec.Auth{Code: 0x18, Properties: codec.Properties{codec.Data(codec.AuthenticationMethod, "M")}}
	}
	return nil
}

// withWill is a CONNECT that holds everything its flags can announce.
func withWill() *codec.Connect {
	return &codec.Connect{CleanStart: true, KeepAlive: 60, ClientID: codec.Text("matrix"), User: codec.Text("user"),
		Password: []byte("secret"), Will: &codec.Will{QoS: 1, Topic: codec.Text("matrix/will"), Payload: []byte("gone")}}
}
