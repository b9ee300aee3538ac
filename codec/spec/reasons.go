package spec

// Reason is one row of Table 2-6 of 5.0, or of a table of return codes of 3.1
// and 3.1.1.
type Reason struct {
	Code byte   // the same number can have another name in another packet
	Name string // as the standard has it
	// In lists the packets that may hold the code.
	In []Packet
	// By tells who may send it where the table of the packet says so: Tables
	// 3-10 (DISCONNECT) and 3-11 (AUTH). Elsewhere it is Either.
	By Ends
}

// Reasons are the Reason Codes of 5.0. Two entries of the tables contradict
// other sentences, and so bind nobody here: 0x8C in DISCONNECT (Table 2-6 has
// it, Table 3-10 does not) and 0x9B in DISCONNECT from a Client (3.3.4 tells
// Clients to use it, Table 3-10 gives it to the Server).
var Reasons = []Reason{
	{0x00, "Success", []Packet{CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK}, Either},
	{0x00, "Success", []Packet{AUTH}, Server},
	{0x00, "Normal disconnection", []Packet{DISCONNECT}, Either},
	{0x00, "Granted QoS 0", []Packet{SUBACK}, Either},
	{0x01, "Granted QoS 1", []Packet{SUBACK}, Either},
	{0x02, "Granted QoS 2", []Packet{SUBACK}, Either},
	{0x04, "Disconnect with Will Message", []Packet{DISCONNECT}, Client},
	{0x10, "No matching subscribers", []Packet{PUBACK, PUBREC}, Either},
	{0x11, "No subscription existed", []Packet{UNSUBACK}, Either},
	{0x18, "Continue authentication", []Packet{AUTH}, Either},
	{0x19, "Re-authenticate", []Packet{AUTH}, Client},
	{0x80, "Unspecified error", []Packet{CONNACK, PUBACK, PUBREC, SUBACK, UNSUBACK, DISCONNECT}, Either},
	{0x81, "Malformed Packet", []Packet{CONNACK, DISCONNECT}, Either},
	{0x82, "Protocol Error", []Packet{CONNACK, DISCONNECT}, Either},
	{0x83, "Implementation specific error", []Packet{CONNACK, PUBACK, PUBREC, SUBACK, UNSUBACK, DISCONNECT}, Either},
	{0x84, "Unsupported Protocol Version", []Packet{CONNACK}, Either},
	{0x85, "Client Identifier not valid", []Packet{CONNACK}, Either},
	{0x86, "Bad User Name or Password", []Packet{CONNACK}, Either},
	{0x87, "Not authorized", []Packet{CONNACK, PUBACK, PUBREC, SUBACK, UNSUBACK}, Either},
	{0x87, "Not authorized", []Packet{DISCONNECT}, Server},
	{0x88, "Server unavailable", []Packet{CONNACK}, Either},
	{0x89, "Server busy", []Packet{CONNACK}, Either},
	{0x89, "Server busy", []Packet{DISCONNECT}, Server},
	{0x8A, "Banned", []Packet{CONNACK}, Either},
	{0x8B, "Server shutting down", []Packet{DISCONNECT}, Server},
	{0x8C, "Bad authentication method", []Packet{CONNACK, DISCONNECT}, Either},
	{0x8D, "Keep Alive timeout", []Packet{DISCONNECT}, Server},
	{0x8E, "Session taken over", []Packet{DISCONNECT}, Server},
	{0x8F, "Topic Filter invalid", []Packet{SUBACK, UNSUBACK}, Either},
	{0x8F, "Topic Filter invalid", []Packet{DISCONNECT}, Server},
	{0x90, "Topic Name invalid", []Packet{CONNACK, PUBACK, PUBREC, DISCONNECT}, Either},
	{0x91, "Packet Identifier in use", []Packet{PUBACK, PUBREC, SUBACK, UNSUBACK}, Either},
	{0x92, "Packet Identifier not found", []Packet{PUBREL, PUBCOMP}, Either},
	{0x93, "Receive Maximum exceeded", []Packet{DISCONNECT}, Either},
	{0x94, "Topic Alias invalid", []Packet{DISCONNECT}, Either},
	{0x95, "Packet too large", []Packet{CONNACK, DISCONNECT}, Either},
	{0x96, "Message rate too high", []Packet{DISCONNECT}, Either},
	{0x97, "Quota exceeded", []Packet{CONNACK, PUBACK, PUBREC, SUBACK, DISCONNECT}, Either},
	{0x98, "Administrative action", []Packet{DISCONNECT}, Either},
	{0x99, "Payload format invalid", []Packet{CONNACK, PUBACK, PUBREC, DISCONNECT}, Either},
	{0x9A, "Retain not supported", []Packet{CONNACK}, Either},
	{0x9A, "Retain not supported", []Packet{DISCONNECT}, Server},
	{0x9B, "QoS not supported", []Packet{CONNACK, DISCONNECT}, Either},
	{0x9C, "Use another server", []Packet{CONNACK}, Either},
	{0x9C, "Use another server", []Packet{DISCONNECT}, Server},
	{0x9D, "Server moved", []Packet{CONNACK}, Either},
	{0x9D, "Server moved", []Packet{DISCONNECT}, Server},
	{0x9E, "Shared Subscriptions not supported", []Packet{SUBACK}, Either},
	{0x9E, "Shared Subscriptions not supported", []Packet{DISCONNECT}, Server},
	{0x9F, "Connection rate exceeded", []Packet{CONNACK}, Either},
	{0x9F, "Connection rate exceeded", []Packet{DISCONNECT}, Server},
	{0xA0, "Maximum connect time", []Packet{DISCONNECT}, Server},
	{0xA1, "Subscription Identifiers not supported", []Packet{SUBACK}, Either},
	{0xA1, "Subscription Identifiers not supported", []Packet{DISCONNECT}, Server},
	{0xA2, "Wildcard Subscriptions not supported", []Packet{SUBACK}, Either},
	{0xA2, "Wildcard Subscriptions not supported", []Packet{DISCONNECT}, Server},
}

// ReturnCodes are the return codes of 3.1.1 (Table 3.1 and 3.9.3). 3.1 has them
// too, but for Failure: there a Server cannot refuse a subscription; see FindReason.
var ReturnCodes = []Reason{
	{0x00, "Connection Accepted", []Packet{CONNACK}, Either},
	{0x01, "Connection Refused, unacceptable protocol version", []Packet{CONNACK}, Either},
	{0x02, "Connection Refused, identifier rejected", []Packet{CONNACK}, Either},
	{0x03, "Connection Refused, Server unavailable", []Packet{CONNACK}, Either},
	{0x04, "Connection Refused, bad user name or password", []Packet{CONNACK}, Either},
	{0x05, "Connection Refused, not authorized", []Packet{CONNACK}, Either},
	{0x00, "Granted QoS 0", []Packet{SUBACK}, Either},
	{0x01, "Granted QoS 1", []Packet{SUBACK}, Either},
	{0x02, "Granted QoS 2", []Packet{SUBACK}, Either},
	{0x80, "Failure", []Packet{SUBACK}, Either},
}

// FindReason gives the row for a code in a packet of a version; ok is false
// where that packet must not hold that code. In the SUBACK of 3.1 the upper six bits
// are not used (3.9 of that text), so that 0x80 and 0xFC are QoS 0 too.
func FindReason(p Packet, v Version, code byte) (r Reason, ok bool) {
	table := Reasons
	if v != V5 {
		table = ReturnCodes
		if v == V31 && p == SUBACK {
			code &= 3
		}
	}
	for _, r := range table {
		if r.Code != code {
			continue
		}
		for _, in := range r.In {
			if in == p {
				return r, true
			}
		}
	}
	return Reason{}, false
}
