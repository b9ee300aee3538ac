package spec

// Packet is a Control Packet type as the tables use it: the numbers 1 to 15 of
// Table 2-1, and Will for the Will Properties, which are a list of their own
// inside CONNECT (3.1.3.2).
type Packet uint8

// The Control Packets, and the Will Properties.
const (
	CONNECT Packet = iota + 1
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
	Will
)

// Name is the name of the packet in the standard.
func (p Packet) Name() string {
	if p == 0 || p > Will {
		return ""
	}
	return packetNames[p]
}

var packetNames = [...]string{
	"", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE",
	"SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH", "Will Properties",
}

// Ends is a set of the two ends of a Network Connection.
type Ends uint8

// The ends.
const (
	Client Ends = 1 << iota
	Server
	Either = Client | Server
)

// Senders tells who may send the packet in a version (Table 2-1; in 3.1.1
// Table 2.1). It is 0 where the version does not have the packet.
func (p Packet) Senders(v Version) Ends {
	switch p {
	case CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ:
		return Client
	case CONNACK, SUBACK, UNSUBACK, PINGRESP:
		return Server
	case PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP:
		return Either
	case DISCONNECT:
		if v == V5 {
			return Either
		}
		return Client
	case AUTH:
		if v == V5 {
			return Either
		}
	}
	return 0
}

// Flags gives the fixed header flags that a packet must have (Table 2-2). ok is
// false for PUBLISH, whose flags have meanings.
func (p Packet) Flags() (nibble byte, ok bool) {
	switch p {
	case PUBLISH:
		return 0, false
	case PUBREL, SUBSCRIBE, UNSUBSCRIBE:
		return 0b0010, true
	}
	return 0, true
}
