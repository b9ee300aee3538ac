package reference

import (
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// Faults in the properties of what the broker answers, made of the table of
// properties: of each that may be there once, two; of each that has a range, a
// value outside of it.
func init() {
	for _, p := range spec.Properties {
		for _, in := range p.In {
			kind, ok := answering[in.Packet]
			if !ok {
				continue
			}
			name := strings.ToLower(strings.ReplaceAll(in.Packet.Name()+" "+p.Name, " ", "-"))
			property := legalValue(p)
			if in.Twice != "" {
				broken(name+"-twice", "puts two "+p.Name+" properties into "+in.Packet.Name(), v5(in.Twice)...).
					adding(kind, property, property)
			}
			if in.Range == "" {
				continue
			}
			property.Int = p.Max + 1
			if p.Min > 0 {
				property.Int = 0
			}
			broken(name+"-out-of-range", "puts a "+p.Name+" out of its range into "+in.Packet.Name(), v5(in.Range)...).
				adding(kind, property)
		}
	}
	for kind, flaws := range map[codec.Type][2]*flaw{
		codec.SUBACK: {reasonsUnasked, usersUnasked}, codec.UNSUBACK: {reasonsUnasked, usersUnasked},
		codec.PUBACK: {reasonsUnasked1}, codec.PUBREC: {reasonsUnasked2}, codec.PUBCOMP: {reasonsUnasked2},
	} {
		unasked(flaws[0], kind, codec.Data(codec.ReasonString, "in words"))
		if flaws[1] != nil {
			unasked(flaws[1], kind, codec.User("text", "in words"))
		}
	}
}

// answering are the packets of a server that no other list of faults has.
var answering = map[spec.Packet]codec.Type{
	spec.CONNACK: codec.CONNACK, spec.SUBACK: codec.SUBACK, spec.UNSUBACK: codec.UNSUBACK,
	spec.DISCONNECT: codec.DISCONNECT, spec.AUTH: codec.AUTH,
}

// legalValue is the property with a value that may stand there.
func legalValue(p spec.Property) codec.Property {
	switch p.Kind {
	case spec.Text, spec.Binary:
		return codec.Data(codec.PropertyID(p.ID), "text")
	case spec.Pair:
		return codec.User("name", "value")
	}
	return codec.Int(codec.PropertyID(p.ID), max(1, p.Min))
}

// adding makes the flaw one that adds properties to a kind of packet. What is
// there already is not added once more.
func (f *flaw) adding(kind codec.Type, properties ...codec.Property) {
	f.spoiling(func(c *conn, p codec.Packet, data []byte) []byte {
		if c.version != codec.V5 || p.Type() != kind {
			return data
		}
		return c.with(p, properties)
	})
}

// unasked makes the flaw one that adds a property to a kind of packet for a
// client which declines it. It may have others.
func unasked(f *flaw, kind codec.Type, property codec.Property) {
	before := f.spoils
	f.spoiling(func(c *conn, p codec.Packet, data []byte) []byte {
		if before != nil {
			data = before(c, p, data)
		}
		if c.version != codec.V5 || p.Type() != kind || c.problems {
			return data
		}
		return c.with(p, codec.Properties{property})
	})
}

// with gives the bytes of a packet with these properties more, in place of what
// it has of them.
func (c *conn) with(p codec.Packet, properties codec.Properties) []byte {
	p = p.Clone()
	var ps *codec.Properties
	switch p := p.(type) {
	case *codec.Connack:
		ps = &p.Properties
	case *codec.Puback:
		ps = &p.Properties
	case *codec.Pubrec:
		ps = &p.Properties
	case *codec.Pubcomp:
		ps = &p.Properties
	case *codec.Suback:
		ps = &p.Properties
	case *codec.Unsuback:
		ps = &p.Properties
	case *codec.Disconnect:
		ps = &p.Properties
	case *codec.Auth:
		ps = &p.Properties
	}
	*ps = slices.DeleteFunc(*ps, func(had codec.Property) bool {
		return slices.ContainsFunc(properties, func(p codec.Property) bool { return p.ID == had.ID })
	})
	*ps = append(*ps, properties...)
	return c.encode(p)
}
