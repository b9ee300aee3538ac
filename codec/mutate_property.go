package codec

import (
	"fmt"
	"slices"
)

// AddProperty adds a property behind the others of the packet, allowed there or
// not.
func AddProperty(p Property) Mutation {
	return Mutation{"add " + p.String(), func(d *draft) error {
		raw, err := encodeProperty(p)
		if err != nil {
			return err
		}
		return d.addProperties(0, raw)
	}}
}

// AddWillProperty adds a property behind the others of the Will of a CONNECT.
func AddWillProperty(p Property) Mutation {
	return Mutation{"add " + p.String() + " to the Will", func(d *draft) error {
		raw, err := encodeProperty(p)
		if err != nil {
			return err
		}
		return d.addProperties(1, raw)
	}}
}

// PropertyTwice repeats the first property with the identifier.
func PropertyTwice(id PropertyID) Mutation {
	return Mutation{id.String() + " twice", func(d *draft) error {
		f, section, err := d.property(id)
		if err != nil {
			return err
		}
		return d.addProperties(section, slices.Clone(d.body[f.Offset:f.Offset+f.Len]))
	}}
}

// DropProperty takes the first property with the identifier out, such as the
// Authentication Method of an AUTH, which must have one (3.15.2.2.2).
func DropProperty(id PropertyID) Mutation {
	return Mutation{"no " + id.String(), func(d *draft) error {
		f, section, err := d.property(id)
		if err != nil {
			return err
		}
		return d.dropProperty(f, section)
	}}
}

// PropertyOfWrongType makes the first property with the identifier the last one and
// takes a byte off its value: a Byte for a Two Byte Integer, a string that is cut.
// That the bytes do not suffice is all that can be seen of a wrong type (2.2.2.2).
func PropertyOfWrongType(id PropertyID) Mutation {
	return Mutation{id.String() + " of a wrong type", func(d *draft) error {
		f, section, err := d.property(id)
		if err != nil {
			return err
		}
		raw := slices.Clone(d.body[f.Offset : f.Offset+f.Len-1])
		if err := d.dropProperty(f, section); err != nil {
			return err
		}
		return d.addProperties(section, raw)
	}}
}

// UnknownProperty adds a property with the identifier 0x7f, which 5.0 does not
// define, and one byte behind it.
func UnknownProperty() Mutation {
	m := PropertyBytes(0x7F, 0)
	m.Name = "unknown property 0x7f"
	return m
}

// PropertyBytes adds raw bytes behind the properties of the packet; the Property
// Length counts them. It makes cut and ill-typed properties.
func PropertyBytes(raw ...byte) Mutation {
	return Mutation{fmt.Sprintf("property bytes % x", raw), func(d *draft) error { return d.addProperties(0, raw) }}
}

// WillPropertyBytes is PropertyBytes for the Will of a CONNECT.
func WillPropertyBytes(raw ...byte) Mutation {
	return Mutation{fmt.Sprintf("will property bytes % x", raw), func(d *draft) error { return d.addProperties(1, raw) }}
}

// PropertyLength overrides the Property Length of the packet.
func PropertyLength(n uint32) Mutation {
	return Mutation{fmt.Sprintf("property length %d", n), func(d *draft) error {
		f, err := d.field("Property Length", 0)
		if err == nil {
			d.replace(f, AppendVarint(nil, n))
		}
		return err
	}}
}

// PropertyLengthBytes writes raw bytes in place of the Property Length of the packet,
// such as five.
func PropertyLengthBytes(raw ...byte) Mutation {
	return Mutation{fmt.Sprintf("property length % x", raw), func(d *draft) error {
		f, err := d.field("Property Length", 0)
		if err == nil {
			d.replace(f, raw)
		}
		return err
	}}
}

// NonMinimalPropertyLength writes the Property Length of the packet with one byte
// more than it needs (1.5.5).
func NonMinimalPropertyLength() Mutation {
	return Mutation{"non-minimal property length", func(d *draft) error {
		f, err := d.field("Property Length", 0)
		if err != nil {
			return err
		}
		if f.Len == 4 {
			return fmt.Errorf("the length has four bytes already")
		}
		length := slices.Clone(d.body[f.Offset : f.Offset+f.Len])
		length[f.Len-1] |= 0x80
		d.replace(f, append(length, 0))
		return nil
	}}
}

func encodeProperty(p Property) ([]byte, error) {
	var s sizer
	ps := Properties{p}
	length := ps.measure(&s)
	if s.bad {
		return nil, ErrUnencodable
	}
	return ps.append(nil, length)[varintLen(length):], nil
}

// addProperties adds bytes to the properties of the packet, or of its Will.
func (d *draft) addProperties(section int, raw []byte) error {
	if d.v != V5 {
		return fmt.Errorf("there are no properties in %s", d.v)
	}
	f, err := d.field("Property Length", section)
	if err != nil && section == 0 {
		// The short forms leave the Reason Code and the Property Length out.
		full := map[Type]int{PUBACK: 3, PUBREC: 3, PUBREL: 3, PUBCOMP: 3, DISCONNECT: 1, AUTH: 1}[Type(d.first>>4)]
		if full == 0 || len(d.body) > full {
			return err
		}
		for len(d.body) < full+1 {
			d.body = append(d.body, 0)
		}
		f, err = d.field("Property Length", section)
	}
	if err != nil {
		return err
	}
	n := d.varint(f)
	if f.Offset+f.Len+n > len(d.body) {
		return fmt.Errorf("its Property Length, %d, goes past its end", n)
	}
	d.body = slices.Insert(d.body, f.Offset+f.Len+n, raw...)
	d.replace(f, AppendVarint(nil, uint32(n+len(raw))))
	return nil
}

// property finds the first property with the identifier; section is 1 in the Will.
func (d *draft) property(id PropertyID) (f Field, section int, err error) {
	if f, err = d.field(id.String(), 0); err != nil {
		return f, 0, err
	}
	if will, err := d.field("Property Length", 1); err == nil && will.Offset < f.Offset {
		section = 1
	}
	return f, section, nil
}

func (d *draft) dropProperty(f Field, section int) error {
	length, err := d.field("Property Length", section)
	if err != nil {
		return err
	}
	n := d.varint(length)
	d.replace(f, nil) // it stands behind its length, whose place stays
	d.replace(length, AppendVarint(nil, uint32(n-f.Len)))
	return nil
}

// varint is the value of a field that holds a Variable Byte Integer.
func (d *draft) varint(f Field) (n int) {
	for i := range f.Len {
		n |= int(d.body[f.Offset+i]&0x7F) << (7 * i)
	}
	return n
}
