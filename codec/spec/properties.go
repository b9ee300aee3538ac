package spec

// Kind is the data type of a property's value (5.0, 1.5).
type Kind uint8

// The data types of 5.0.
const (
	Byte     Kind = iota + 1
	TwoByte       // Two Byte Integer
	FourByte      // Four Byte Integer
	VarInt        // Variable Byte Integer
	Text          // UTF-8 Encoded String
	Binary        // Binary Data
	Pair          // UTF-8 String Pair
)

// String gives the name of the type in the standard.
func (k Kind) String() string {
	switch k {
	case Byte:
		return "Byte"
	case TwoByte:
		return "Two Byte Integer"
	case FourByte:
		return "Four Byte Integer"
	case VarInt:
		return "Variable Byte Integer"
	case Text:
		return "UTF-8 Encoded String"
	case Binary:
		return "Binary Data"
	case Pair:
		return "UTF-8 String Pair"
	}
	return "none"
}

// Property is one row of Table 2-4 with the rules of its sections.
type Property struct {
	ID   uint32 // 0x01 to 0x2A; a Variable Byte Integer on the wire, of one byte
	Name string // as the standard has it
	Kind Kind   // the data type of the value
	// Min and Max are the range of an integer value; both are 0 for the other types.
	Min, Max uint32
	// In lists the packets that may hold the property.
	In []Placement
}

// Placement is what the standard says of a property in one packet. The ids are
// those of 5.0 and come without their version.
type Placement struct {
	Packet Packet // or Will
	// Twice is the requirement that makes a second one a Protocol Error. Where
	// it is empty nothing is said, or many are allowed.
	Twice string
	// Range is the requirement that makes a value outside of Min and Max an
	// error; a section where no reaction is stated.
	Range string
}

// Allowed finds the rules for the property in a packet; ok is false where the
// packet must not hold it.
func (p *Property) Allowed(in Packet) (pl Placement, ok bool) {
	for _, pl := range p.In {
		if pl.Packet == in {
			return pl, true
		}
	}
	return Placement{}, false
}

const (
	max16 = 1<<16 - 1
	max28 = 1<<28 - 1
	max32 = 1<<32 - 1
)

// Properties are the 27 properties of 5.0 (Table 2-4), by identifier.
var Properties = []Property{
	{0x01, "Payload Format Indicator", Byte, 0, 1, []Placement{
		{PUBLISH, "", "§3.3.2.3.2"}, // "either of: 0, 1"; no reaction; nothing is said of a second one
		{Will, "U5-3.1.3.2.3-u2", "§3.1.3.2.3"},
	}},
	{0x02, "Message Expiry Interval", FourByte, 0, max32, []Placement{
		{PUBLISH, "", ""}, // nothing is said of a second one (3.3.2.3.3)
		{Will, "U5-3.1.3.2.4-u1", ""},
	}},
	{0x03, "Content Type", Text, 0, 0, []Placement{
		{PUBLISH, "U5-3.3.2.3.9-u1", ""},
		{Will, "U5-3.1.3.2.5-u1", ""},
	}},
	{0x08, "Response Topic", Text, 0, 0, []Placement{
		{PUBLISH, "U5-3.3.2.3.5-u1", ""},
		{Will, "U5-3.1.3.2.6-u1", ""},
	}},
	{0x09, "Correlation Data", Binary, 0, 0, []Placement{
		{PUBLISH, "U5-3.3.2.3.6-u1", ""},
		{Will, "U5-3.1.3.2.7-u1", ""},
	}},
	{0x0B, "Subscription Identifier", VarInt, 1, max28, []Placement{
		{PUBLISH, "", "U5-3.3.2.3.8-u1"}, // many, one for each subscription (3.3.4)
		{SUBSCRIBE, "U5-3.8.2.1.2-u2", "U5-3.8.2.1.2-u1"},
	}},
	{0x11, "Session Expiry Interval", FourByte, 0, max32, []Placement{
		{CONNECT, "U5-3.1.2.11.2-u1", ""},
		{CONNACK, "U5-3.2.2.3.2-u1", ""},
		{DISCONNECT, "U5-3.14.2.2.2-u1", ""},
	}},
	{0x12, "Assigned Client Identifier", Text, 0, 0, []Placement{{CONNACK, "U5-3.2.2.3.7-u1", ""}}},
	{0x13, "Server Keep Alive", TwoByte, 0, max16, []Placement{{CONNACK, "U5-3.2.2.3.14-u1", ""}}},
	{0x15, "Authentication Method", Text, 0, 0, []Placement{
		{CONNECT, "U5-3.1.2.11.9-u1", ""},
		{CONNACK, "U5-3.2.2.3.17-u1", ""},
		{AUTH, "U5-3.15.2.2.2-u1", ""},
	}},
	{0x16, "Authentication Data", Binary, 0, 0, []Placement{
		{CONNECT, "U5-3.1.2.11.10-u2", ""},
		{CONNACK, "U5-3.2.2.3.18-u1", ""},
		{AUTH, "U5-3.15.2.2.3-u1", ""},
	}},
	{0x17, "Request Problem Information", Byte, 0, 1, []Placement{
		{CONNECT, "U5-3.1.2.11.7-u1", "U5-3.1.2.11.7-u1"},
	}},
	{0x18, "Will Delay Interval", FourByte, 0, max32, []Placement{{Will, "U5-3.1.3.2.2-u1", ""}}},
	{0x19, "Request Response Information", Byte, 0, 1, []Placement{
		{CONNECT, "U5-3.1.2.11.6-u1", "U5-3.1.2.11.6-u1"},
	}},
	{0x1A, "Response Information", Text, 0, 0, []Placement{{CONNACK, "U5-3.2.2.3.15-u1", ""}}},
	{0x1C, "Server Reference", Text, 0, 0, []Placement{
		{CONNACK, "U5-3.2.2.3.16-u1", ""},
		{DISCONNECT, "U5-3.14.2.2.5-u1", ""},
	}},
	{0x1F, "Reason String", Text, 0, 0, []Placement{
		{CONNACK, "U5-3.2.2.3.9-u2", ""},
		{PUBACK, "U5-3.4.2.2.2-u1", ""},
		{PUBREC, "U5-3.5.2.2.2-u2", ""},
		{PUBREL, "U5-3.6.2.2.2-u2", ""},
		{PUBCOMP, "U5-3.7.2.2.2-u2", ""},
		{SUBACK, "U5-3.9.2.1.2-u2", ""},
		{UNSUBACK, "U5-3.11.2.1.2-u2", ""},
		{DISCONNECT, "U5-3.14.2.2.3-u2", ""},
		{AUTH, "U5-3.15.2.2.4-u2", ""},
	}},
	{0x21, "Receive Maximum", TwoByte, 1, max16, []Placement{
		{CONNECT, "U5-3.1.2.11.3-u1", "U5-3.1.2.11.3-u1"},
		{CONNACK, "U5-3.2.2.3.3-u1", "U5-3.2.2.3.3-u1"},
	}},
	{0x22, "Topic Alias Maximum", TwoByte, 0, max16, []Placement{
		{CONNECT, "U5-3.1.2.11.5-u1", ""},
		{CONNACK, "U5-3.2.2.3.8-u1", ""},
	}},
	{0x23, "Topic Alias", TwoByte, 1, max16, []Placement{
		{PUBLISH, "U5-3.3.2.3.4-u1", "MQTT-3.3.2-8"},
	}},
	{0x24, "Maximum QoS", Byte, 0, 1, []Placement{{CONNACK, "U5-3.2.2.3.4-u1", "U5-3.2.2.3.4-u1"}}},
	{0x25, "Retain Available", Byte, 0, 1, []Placement{{CONNACK, "U5-3.2.2.3.5-u1", "U5-3.2.2.3.5-u1"}}},
	{0x26, "User Property", Pair, 0, 0, []Placement{
		{CONNECT, "", ""}, {CONNACK, "", ""}, {PUBLISH, "", ""}, {Will, "", ""}, {PUBACK, "", ""},
		{PUBREC, "", ""}, {PUBREL, "", ""}, {PUBCOMP, "", ""}, {SUBSCRIBE, "", ""}, {SUBACK, "", ""},
		{UNSUBSCRIBE, "", ""}, {UNSUBACK, "", ""}, {DISCONNECT, "", ""}, {AUTH, "", ""},
	}},
	{0x27, "Maximum Packet Size", FourByte, 1, max32, []Placement{
		{CONNECT, "U5-3.1.2.11.4-u1", "U5-3.1.2.11.4-u1"},
		{CONNACK, "U5-3.2.2.3.6-u1", "U5-3.2.2.3.6-u1"},
	}},
	{0x28, "Wildcard Subscription Available", Byte, 0, 1, []Placement{
		{CONNACK, "U5-3.2.2.3.11-u1", "U5-3.2.2.3.11-u1"},
	}},
	{0x29, "Subscription Identifier Available", Byte, 0, 1, []Placement{
		{CONNACK, "U5-3.2.2.3.12-u1", "U5-3.2.2.3.12-u1"},
	}},
	{0x2A, "Shared Subscription Available", Byte, 0, 1, []Placement{
		{CONNACK, "U5-3.2.2.3.13-u1", "U5-3.2.2.3.13-u1"},
	}},
}
