package matrix

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// headers are the cases of the fixed header: flags, type, direction, Remaining
// Length, and bytes behind the last field.
func (l *list) headers() {
	for _, v := range versions {
		for t := codec.CONNECT; t <= codec.AUTH; t++ {
			for _, from := range senders(t, v) {
				p := plain(t)
				l.flags(v, from, p)
				l.lengths(v, from, p)
				if t == codec.PUBLISH {
					continue // what is behind its properties is payload
				}
				for _, n := range []int{1, 2} {
					l.trailing(v, from, p, n)
				}
			}
			l.direction(t, v)
		}
		for _, from := range []codec.Sender{codec.FromClient, codec.FromServer} {
			f := fault{codec.Malformed, section(v, "U3-2.2.1-u1", "U5-2.1.2-u1"), Close}
			l.add(HeaderType, "type 0", v, from, &codec.Pingreq{}, f, codec.PacketType(0))
			l.add(HeaderType, "type 0, with a byte behind", v, from, &codec.Pingreq{}, f, codec.PacketType(0), codec.Trailing(0))
			if v != codec.V5 {
				l.add(HeaderType, "type 15", v, from, &codec.Pingreq{}, f, codec.PacketType(codec.AUTH))
			}
		}
	}
}

// section picks the id of a version; that of 3.1.1 for 3.1, see fault.in.
func section(v codec.Version, v311, v5 string) string {
	if v == codec.V5 {
		return v5
	}
	return v311
}

// flagIDs are the statements on the fixed header flags of a packet of its own.
var flagIDs = map[codec.Type]string{
	codec.PUBREL: "MQTT-3.6.1-1", codec.SUBSCRIBE: "MQTT-3.8.1-1", codec.UNSUBSCRIBE: "MQTT-3.10.1-1",
	codec.DISCONNECT: "MQTT-3.14.1-1", codec.AUTH: "MQTT-3.15.1-1",
}

func (l *list) flags(v codec.Version, from codec.Sender, p codec.Packet) {
	t := p.Type()
	for nibble := range byte(16) {
		f := valid
		switch {
		case t == codec.PUBLISH && nibble>>1&3 == 3:
			f = fault{codec.Malformed, "MQTT-3.3.1-4", Close}
		case t == codec.PUBLISH && nibble>>1&3 == 0:
			continue // without a Packet Identifier it is another packet, see below
		case t == codec.PUBLISH:
		case nibble == goodFlags(t):
		case v == codec.V31 && goodFlags(t) != 0:
			// A message of QoS 1 there, and the other flags are not used.
			if nibble>>1&3 != 1 {
				f = fault{codec.ProtocolError, "§2.1", MayClose}
			}
		case flagIDs[t] != "":
			f = fault{codec.Malformed, flagIDs[t], Close}
		default:
			f = fault{codec.Malformed, section(v, "MQTT-2.2.2-1", "MQTT-2.1.3-1"), Close}
		}
		l.add(HeaderFlags, fmt.Sprintf("%04b", nibble), v, from, p, f, codec.Flags(nibble))
		if t == codec.DISCONNECT && v == codec.V5 {
			l.add(HeaderFlags, fmt.Sprintf("%04b, with properties", nibble), v, from, full(t), f, codec.Flags(nibble))
		}
	}
	if t != codec.PUBLISH {
		return
	}
	zero := &codec.Publish{Topic: codec.Text("matrix/a"), Payload: []byte("hello")}
	for _, nibble := range []byte{0b0000, 0b0001, 0b1000, 0b1001} {
		f := valid
		if nibble&8 != 0 {
			f = fault{unspecified(v), "MQTT-3.3.1-2", MayClose}
		}
		l.add(HeaderFlags, fmt.Sprintf("%04b", nibble), v, from, zero, f, codec.Flags(nibble))
	}
}

func goodFlags(t codec.Type) byte {
	if t == codec.PUBREL || t == codec.SUBSCRIBE || t == codec.UNSUBSCRIBE {
		return 2
	}
	return 0
}

// unspecified gives the class of a breach for which no reaction is stated: 3.1
// and 3.1.1 have no such class, there every breach is a protocol violation (4.8).
func unspecified(v codec.Version) codec.Class {
	if v != codec.V5 {
		return codec.ProtocolError
	}
	return codec.Unspecified
}

func (l *list) lengths(v codec.Version, from codec.Sender, p codec.Packet) {
	f := valid // legal in 3.1 and 3.1.1 up to four bytes
	if v == codec.V5 {
		f = fault{codec.Unspecified, "MQTT-1.5.5-1", MayClose}
	}
	l.add(HeaderLength, "one byte more than needed", v, from, p, f, codec.NonMinimalLength())
	five := fault{codec.Malformed, section(v, "U3-2.2.3-u1", "U5-2.1.4-u1"), Close}
	l.add(HeaderLength, "five bytes", v, from, p, five, codec.LengthBytes(0xFF, 0xFF, 0xFF, 0xFF, 0x7F))
	l.add(HeaderLength, "five bytes, most of them 0", v, from, p, five, codec.LengthBytes(0x80, 0x80, 0x80, 0x80, 0x01))
	l.add(HeaderLength, "268,435,455", v, from, p,
		fault{codec.Malformed, section(v, "U3-2.2.3-u2", "U5-2.1.4-u2"), Wait}, codec.Length(codec.MaxRemaining))
}

// trailing adds bytes behind the last field. Where the payload is a list they are
// the start of another element, and so cut.
func (l *list) trailing(v codec.Version, from codec.Sender, p codec.Packet, n int) {
	f := fault{codec.Malformed, section(v, "U3-2.2.3-u2", "U5-2.1.4-u2"), MayClose}
	m := codec.Trailing(make([]byte, n)...)
	switch t := p.Type(); t {
	case codec.CONNECT:
		f.id, f.duty = "MQTT-3.1.4-1", Close
	case codec.SUBSCRIBE, codec.UNSUBSCRIBE:
		f.duty = Close
		if n == 2 { // an empty filter
			if t == codec.SUBSCRIBE {
				m = codec.Trailing(0, 1, 'a') // and no options
			} else {
				f = fault{unspecified(v), "MQTT-4.7.3-1", MayClose}
			}
		}
	case codec.SUBACK:
		f = valid // two more codes, 0x00
	case codec.UNSUBACK:
		if v == codec.V5 {
			f = valid
		}
	case codec.PUBACK, codec.PUBREC, codec.PUBREL, codec.PUBCOMP:
		if v == codec.V5 {
			f = valid // a Reason Code, and a Property Length
		}
	case codec.DISCONNECT:
		if v == codec.V5 {
			f = valid
		}
	}
	l.add(TrailingBytes, fmt.Sprintf("%d bytes", n), v, from, p, f, m)
}

// direction sends a packet from the end that must not send it.
func (l *list) direction(t codec.Type, v codec.Version) {
	ends := senders(t, v)
	if len(ends) != 1 {
		return
	}
	wrong := codec.FromClient + codec.FromServer - ends[0]
	l.add(Direction, "", v, wrong, plain(t),
		fault{codec.ProtocolError, section(v, "U3-2.2.1-u1", "U5-2.1.2-u1"), MayClose})
}
