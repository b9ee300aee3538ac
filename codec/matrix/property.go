package matrix

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// place is a list of properties: that of a packet, or of the Will.
type place struct {
	in   spec.Packet
	from codec.Sender
	// packet has no property in the list, but for AUTH, which needs its method.
	packet codec.Packet
	add    func(...byte) codec.Mutation
}

func places() (all []place) {
	for t := codec.CONNECT; t <= codec.AUTH; t++ {
		if t == codec.PINGREQ || t == codec.PINGRESP {
			continue
		}
		for _, from := range senders(t, codec.V5) {
			all = append(all, place{spec.Packet(t), from, plain(t), codec.PropertyBytes})
		}
	}
	return append(all, place{spec.Will, codec.FromClient, withWill(), codec.WillPropertyBytes})
}

// value encodes a valid property.
func value(p *spec.Property) []byte {
	b := []byte{byte(p.ID)}
	switch p.Kind {
	case spec.Byte, spec.VarInt:
		return append(b, 1)
	case spec.TwoByte:
		return append(b, 0, 1)
	case spec.FourByte:
		return append(b, 0, 0, 0, 1)
	case spec.Pair:
		return append(b, 0, 1, 'k', 0, 1, 'v')
	}
	return append(b, 0, 1, 'a')
}

// properties are the cases of 2.2.2: every property in every packet.
func (l *list) properties() {
	for _, pl := range places() {
		for i := range spec.Properties {
			l.property(&pl, &spec.Properties[i])
		}
		l.unknownProperties(&pl)
		l.propertyLengths(&pl)
	}
}

func (l *list) put(pl *place, kind Kind, detail string, f fault, raw ...byte) {
	if pl.in == spec.Will {
		detail = "Will: " + detail
	}
	l.add(kind, detail, codec.V5, pl.from, pl.packet, f, pl.add(raw...))
}

func (l *list) property(pl *place, p *spec.Property) {
	one := value(p)
	rules, allowed := p.Allowed(pl.in)
	f := placing(pl, p, allowed)
	if pl.in == spec.AUTH && p.ID == uint32(codec.AuthenticationMethod) {
		// The packet must have it; so here it is one without any property.
		bare := *pl
		bare.packet = &codec.Auth{Code: 0x18}
		pl = &bare
	}
	l.put(pl, PropertyPlace, p.Name, f, one...)
	if !allowed {
		return
	}
	var method []byte
	if p.ID == uint32(codec.AuthenticationData) && pl.in == spec.CONNECT {
		// Alone it is wrong already; so the method comes along.
		method = value(&spec.Property{ID: uint32(codec.AuthenticationMethod), Kind: spec.Text})
		f = valid
		l.put(pl, PropertyPlace, p.Name+" with its method", f, slices.Concat(method, one)...)
	}
	if f != valid {
		return // that it is here is one error, and a case holds no two
	}
	for n := 1; n < len(one); n++ {
		l.put(pl, PropertyCut, fmt.Sprintf("%s after %d bytes", p.Name, n),
			fault{codec.Malformed, "U5-2.2.2.2-u1", Close}, slices.Concat(method, one[:n])...)
	}
	twice := valid
	if rules.Twice != "" {
		twice = fault{codec.ProtocolError, rules.Twice, Close}
	}
	l.put(pl, PropertyTwice, p.Name, twice, slices.Concat(method, one, one)...)
	l.values(pl, p, rules)
	l.propertyTexts(pl, p)
}

// placing is what is wrong with one property being in a packet.
func placing(pl *place, p *spec.Property, allowed bool) fault {
	switch id := codec.PropertyID(p.ID); {
	case !allowed:
		return fault{codec.Malformed, "U5-2.2.2.2-u1", Close}
	case id == codec.SubscriptionIdentifier && pl.in == spec.PUBLISH && pl.from == codec.FromClient:
		return fault{codec.ProtocolError, "MQTT-3.3.4-6", Close}
	case id == codec.SessionExpiryInterval && pl.in == spec.DISCONNECT && pl.from == codec.FromServer:
		return fault{codec.Unspecified, "MQTT-3.14.2-2", MayClose}
	case id == codec.AuthenticationData && pl.in == spec.CONNECT:
		return fault{codec.ProtocolError, "U5-3.1.2.11.10-u1", Close}
	}
	return valid
}

// values puts an integer at the ends of its range and beyond.
func (l *list) values(pl *place, p *spec.Property, rules spec.Placement) {
	var size int
	switch p.Kind {
	case spec.Byte:
		size = 1
	case spec.TwoByte:
		size = 2
	case spec.FourByte:
		size = 4
	case spec.VarInt:
		l.varints(pl, p, rules)
		return
	default:
		return
	}
	limit := uint32(1<<(8*size) - 1) // wraps to all ones for four bytes
	tried := map[uint32]bool{}
	for _, n := range []uint32{0, 1, 2, 127, 128, 254, p.Max - 1, p.Max, p.Max + 1, limit - 1, limit} {
		if tried[n] || n > limit {
			continue
		}
		tried[n] = true
		raw := []byte{byte(p.ID)}
		for i := size - 1; i >= 0; i-- {
			raw = append(raw, byte(n>>(8*i)))
		}
		l.put(pl, PropertyRange, fmt.Sprintf("%s = %d", p.Name, n), ranged(p, rules, n), raw...)
	}
}

func ranged(p *spec.Property, rules spec.Placement, n uint32) fault {
	switch {
	case n >= p.Min && n <= p.Max:
		return valid
	case codec.PropertyID(p.ID) == codec.PayloadFormatIndicator:
		return fault{codec.Unspecified, rules.Range, MayClose} // no reaction is stated
	}
	return fault{codec.ProtocolError, rules.Range, Close}
}

func (l *list) varints(pl *place, p *spec.Property, rules spec.Placement) {
	id := byte(p.ID)
	l.put(pl, PropertyRange, p.Name+" = 0", ranged(p, rules, 0), id, 0)
	l.put(pl, PropertyRange, p.Name+" = 128", ranged(p, rules, 128), id, 0x80, 1)
	l.put(pl, PropertyRange, p.Name+" = 268,435,455", ranged(p, rules, codec.MaxRemaining), id, 0xFF, 0xFF, 0xFF, 0x7F)
	l.put(pl, PropertyRange, p.Name+" with a byte too many",
		fault{codec.Unspecified, "MQTT-1.5.5-1", MayClose}, id, 0x81, 0)
	l.put(pl, PropertyRange, p.Name+" of five bytes", fault{codec.Malformed, "U5-2.1.4-u1", Close}, id, 0xFF, 0xFF, 0xFF, 0xFF, 0x01)
}

// propertyTexts breaks the text of a property.
func (l *list) propertyTexts(pl *place, p *spec.Property) {
	if p.Kind != spec.Text && p.Kind != spec.Pair {
		return
	}
	for _, bad := range badTexts {
		f := bad.fault(codec.V5)
		if p.Kind == spec.Pair && f != valid {
			f.id = "MQTT-1.5.7-1"
		}
		n := byte(len(bad.bytes))
		text := append([]byte{0, n}, bad.bytes...)
		if p.Kind == spec.Text {
			l.put(pl, PropertyText, p.Name+" with "+bad.name, f, append([]byte{byte(p.ID)}, text...)...)
			continue
		}
		l.put(pl, PropertyText, p.Name+" whose name has "+bad.name, f,
			append(append([]byte{byte(p.ID)}, text...), 0, 1, 'v')...)
		l.put(pl, PropertyText, p.Name+" whose value has "+bad.name, f,
			append([]byte{byte(p.ID), 0, 1, 'k'}, text...)...)
	}
	if p.ID == uint32(codec.ResponseTopic) {
		l.put(pl, PropertyText, p.Name+" is empty", fault{codec.Unspecified, "MQTT-4.7.3-1", MayClose}, byte(p.ID), 0, 0)
		for _, topic := range []string{"#", "+", "a/+/b", "a#"} {
			l.put(pl, PropertyText, fmt.Sprintf("%s = %q", p.Name, topic),
				fault{codec.Unspecified, "MQTT-3.3.2-14", MayClose},
				append([]byte{byte(p.ID), 0, byte(len(topic))}, topic...)...)
		}
	}
}

// unknownProperties are all identifiers of one byte that 5.0 does not define,
// and one of two bytes.
func (l *list) unknownProperties(pl *place) {
	known := map[uint32]bool{}
	for _, p := range spec.Properties {
		known[p.ID] = true
	}
	f := fault{codec.Malformed, "U5-2.2.2.2-u1", Close}
	for id := range uint32(0x80) {
		if !known[id] && (id < 0x40 || id == 0x7F) {
			l.put(pl, PropertyUnknown, fmt.Sprintf("0x%02x", id), f, byte(id), 0, 0)
		}
	}
	l.put(pl, PropertyUnknown, "0x80 in two bytes", f, 0x80, 0x01, 0)
	l.put(pl, PropertyUnknown, "an identifier with a byte too many",
		fault{codec.Unspecified, "MQTT-1.5.5-1", MayClose}, 0xA6, 0x00, 0, 1, 'k', 0, 1, 'v')
	l.put(pl, PropertyUnknown, "an identifier of five bytes",
		fault{codec.Malformed, "U5-2.1.4-u1", Close}, 0xA6, 0x80, 0x80, 0x80, 0x00)
	l.put(pl, PropertyUnknown, "a cut identifier", f, 0xA6)
}

// propertyLengths are Property Lengths that the bytes do not bear out.
func (l *list) propertyLengths(pl *place) {
	if pl.in == spec.Will {
		return
	}
	pair := codec.PropertyBytes(byte(codec.UserProperty), 0, 1, 'k', 0, 1, 'v')
	l.add(PropertyCut, "a Property Length past the end", codec.V5, pl.from, pl.packet,
		fault{codec.Malformed, "U5-2.2.2.1-u1", Close}, pair, codec.PropertyLength(1000))
	l.add(PropertyCut, "a Property Length with a byte too many", codec.V5, pl.from, pl.packet,
		fault{codec.Unspecified, "MQTT-1.5.5-1", MayClose}, pair, codec.NonMinimalPropertyLength())
	l.add(PropertyCut, "a Property Length of five bytes", codec.V5, pl.from, pl.packet,
		fault{codec.Malformed, "U5-2.1.4-u1", Close}, pair, codec.PropertyLengthBytes(0x87, 0x80, 0x80, 0x80, 0x00))
}
