package codec

import (
	"bytes"
	"fmt"
	"slices"
)

// Mutation breaks a packet on purpose, in one way that has a name. Values that
// a struct can hold need none: Append writes what the struct holds.
type Mutation struct {
	// Name says what it does, such as "flags 0b0101".
	Name  string
	apply func(*draft) error
}

// Mutate encodes a packet and applies the mutations in their order. Offsets
// count from the start of the packet. A field is named as Fields names it. The
// error says which mutation does not fit the packet.
func Mutate(p Packet, v Version, mutations ...Mutation) ([]byte, error) {
	b, err := p.Append(nil, v)
	if err != nil {
		return nil, err
	}
	d := newDraft(b, v)
	for _, m := range mutations {
		if err := m.apply(d); err != nil {
			return nil, fmt.Errorf("mutation %q of %s: %w", m.Name, p.Type(), err)
		}
	}
	return d.bytes(), nil
}

// draft is a packet in parts, so that its Remaining Length is right until a
// mutation says otherwise.
type draft struct {
	v      Version
	first  byte
	length []byte // nil is the right length
	body   []byte
	cut    int // where to cut the end result; -1 is nowhere
}

func newDraft(b []byte, v Version) *draft {
	i := 1
	for b[i] >= 0x80 {
		i++
	}
	return &draft{v: v, first: b[0], body: bytes.Clone(b[i+1:]), cut: -1}
}

func (d *draft) header() []byte {
	length := d.length
	if length == nil {
		length = AppendVarint(nil, uint32(len(d.body)))
	}
	return append([]byte{d.first}, length...)
}

func (d *draft) bytes() []byte {
	b := append(d.header(), d.body...)
	if d.cut >= 0 && d.cut < len(b) {
		b = b[:d.cut]
	}
	return b
}

// field finds a field by its name; nth counts those of the same name from 0. The
// offset is in the body.
func (d *draft) field(name string, nth int) (Field, error) {
	b := append(AppendVarint([]byte{d.first}, uint32(len(d.body))), d.body...)
	for _, f := range Fields(b, d.v, 0) {
		if f.Name != name {
			continue
		}
		if nth == 0 {
			if f.Offset -= len(b) - len(d.body); f.Offset < 0 {
				return Field{}, fmt.Errorf("its field %q is of the fixed header, which has mutations of its own", name)
			}
			return f, nil
		}
		nth--
	}
	return Field{}, fmt.Errorf("it has no field %q", name)
}

func (d *draft) replace(f Field, with []byte) {
	d.body = slices.Replace(d.body, f.Offset, f.Offset+f.Len, with...)
}

// Flags sets the four flags of the fixed header (2.1.3).
func Flags(nibble byte) Mutation {
	return Mutation{fmt.Sprintf("flags 0b%04b", nibble&15), func(d *draft) error {
		d.first = d.first&0xF0 | nibble&15
		return nil
	}}
}

// PacketType replaces the type in the fixed header, 0 and 15 included; the rest
// stays as it is.
func PacketType(t Type) Mutation {
	return Mutation{"type " + t.String(), func(d *draft) error {
		d.first = d.first&15 | byte(t)<<4
		return nil
	}}
}

// QoS3 sets both QoS bits of a PUBLISH (3.3.1.2), of a Will, or of the first
// Topic Filter of a SUBSCRIBE.
func QoS3() Mutation {
	return Mutation{"QoS 3", func(d *draft) error {
		switch Type(d.first >> 4) {
		case PUBLISH:
			d.first |= 6
			return nil
		case CONNECT:
			return d.orField("Connect Flags", 3<<3)
		case SUBSCRIBE:
			return d.orField("Subscription Options", 3)
		}
		return fmt.Errorf("it has no QoS")
	}}
}

func (d *draft) orField(name string, bits byte) error {
	f, err := d.field(name, 0)
	if err == nil {
		d.body[f.Offset] |= bits
	}
	return err
}

// ReservedConnectFlag sets bit 0 of the Connect Flags (3.1.2.3).
func ReservedConnectFlag() Mutation {
	return Mutation{"reserved connect flag", func(d *draft) error { return d.orField("Connect Flags", 1) }}
}

// ConnectFlags replaces the Connect Flags and leaves the payload as it is.
func ConnectFlags(flags byte) Mutation {
	return Mutation{fmt.Sprintf("connect flags 0b%08b", flags), func(d *draft) error {
		f, err := d.field("Connect Flags", 0)
		if err == nil {
			d.body[f.Offset] = flags
		}
		return err
	}}
}

// ProtocolLevel sets the Protocol Level of a CONNECT (3.1.2.2). The fields behind
// it stay in the form of the version that the packet was written in. For the
// Protocol Name there is FieldText.
func ProtocolLevel(level byte) Mutation {
	return Mutation{fmt.Sprintf("protocol level %d", level), func(d *draft) error {
		f, err := d.field("Protocol Level", 0)
		if err == nil {
			d.body[f.Offset] = level
		}
		return err
	}}
}

// PacketID sets the Packet Identifier, such as to one that was never sent (2.2.1).
func PacketID(id uint16) Mutation {
	return Mutation{fmt.Sprintf("packet identifier %d", id), func(d *draft) error {
		f, err := d.field("Packet Identifier", 0)
		if err == nil {
			d.body[f.Offset], d.body[f.Offset+1] = byte(id>>8), byte(id)
		}
		return err
	}}
}

// ZeroID sets the Packet Identifier to 0 (2.2.1).
func ZeroID() Mutation { return PacketID(0) }

// Length writes n as the Remaining Length, too long or too short.
func Length(n uint32) Mutation {
	return Mutation{fmt.Sprintf("remaining length %d", n), func(d *draft) error {
		if n > MaxRemaining {
			return fmt.Errorf("%d does not fit four bytes", n)
		}
		d.length = AppendVarint(nil, n)
		return nil
	}}
}

// LengthBytes writes raw bytes in place of the Remaining Length, such as five.
func LengthBytes(raw ...byte) Mutation {
	return Mutation{fmt.Sprintf("remaining length % x", raw), func(d *draft) error {
		d.length = slices.Clone(raw)
		return nil
	}}
}

// NonMinimalLength writes the Remaining Length with one byte more than it needs,
// which only 5.0 forbids (1.5.5).
func NonMinimalLength() Mutation {
	return Mutation{"non-minimal remaining length", func(d *draft) error {
		length := d.header()[1:]
		if len(length) == 0 || len(length) >= 4 {
			return fmt.Errorf("its length has %d bytes, 1 to 3 can grow", len(length))
		}
		length[len(length)-1] |= 0x80
		length = append(length, 0)
		d.length = length
		return nil
	}}
}

// CutAt keeps the first n bytes of the packet. With fixLength the Remaining
// Length says so, which makes a packet that ends too early; without it the
// receiver waits for the rest.
func CutAt(n int, fixLength bool) Mutation {
	name := fmt.Sprintf("cut at %d", n)
	if fixLength {
		name += ", length corrected"
	}
	return Mutation{name, func(d *draft) error {
		if !fixLength {
			if d.length == nil {
				d.length = d.header()[1:]
			}
			d.cut = n
			return nil
		}
		keep := n - len(d.header())
		if keep < 0 || keep > len(d.body) {
			return fmt.Errorf("it cannot be cut there")
		}
		d.body = d.body[:keep]
		return nil
	}}
}

// Trailing adds bytes behind the last field, counted by the Remaining Length.
func Trailing(extra ...byte) Mutation {
	return Mutation{fmt.Sprintf("trailing % x", extra), func(d *draft) error {
		d.body = append(d.body, extra...)
		return nil
	}}
}

// SetByte sets one byte of the packet.
func SetByte(offset int, value byte) Mutation {
	return Mutation{fmt.Sprintf("byte %d = 0x%02x", offset, value), func(d *draft) error {
		header := d.header()
		switch i := offset - len(header); {
		case offset == 0:
			d.first = value
		case offset > 0 && i < 0:
			header[offset] = value
			d.length = header[1:]
		case i >= 0 && i < len(d.body):
			d.body[i] = value
		default:
			return fmt.Errorf("it has no byte %d", offset)
		}
		return nil
	}}
}

// FieldText replaces the text of a string or binary field, its length with it,
// by any bytes.
func FieldText(name string, text []byte) Mutation {
	return Mutation{fmt.Sprintf("%s = %q", name, text), func(d *draft) error {
		f, err := d.textField(name)
		if err == nil {
			d.replace(f, appendData(nil, text))
		}
		return err
	}}
}

// textField finds a field with two bytes of length.
func (d *draft) textField(name string) (Field, error) {
	f, err := d.field(name, 0)
	if err == nil && (f.Len < 2 || int(d.body[f.Offset])<<8|int(d.body[f.Offset+1]) != f.Len-2) {
		err = fmt.Errorf("its field %q is no string", name)
	}
	return f, err
}

// InvalidUTF8 puts the byte 0xFF, which no UTF-8 holds, in place of the first
// byte of a string field (1.5.4).
func InvalidUTF8(name string) Mutation { return textStart("invalid UTF-8 in ", name, "\xFF") }

// OverlongUTF8 puts a '/' that is encoded in two bytes in place of the first byte
// of a string field (1.5.4, RFC 3629).
func OverlongUTF8(name string) Mutation { return textStart("overlong UTF-8 in ", name, "\xC0\xAF") }

// Surrogate puts U+D800, which UTF-8 must not encode, in place of the first byte
// of a string field (1.5.4).
func Surrogate(name string) Mutation { return textStart("surrogate in ", name, "\xED\xA0\x80") }

// NullIn puts U+0000 in place of the first byte of a string field (1.5.4).
func NullIn(name string) Mutation { return textStart("U+0000 in ", name, "\x00") }

// textStart replaces the first byte of a string field.
func textStart(what, name, with string) Mutation {
	return Mutation{what + name, func(d *draft) error {
		f, err := d.textField(name)
		if err == nil {
			text := append([]byte(with), d.body[min(f.Offset+3, f.Offset+f.Len):f.Offset+f.Len]...)
			d.replace(f, appendData(nil, text))
		}
		return err
	}}
}

// FieldLength overrides the length of a string or binary field and leaves its
// bytes, and all other lengths, as they are.
func FieldLength(name string, n uint16) Mutation {
	return Mutation{fmt.Sprintf("length of %s = %d", name, n), func(d *draft) error {
		f, err := d.textField(name)
		if err == nil {
			d.body[f.Offset], d.body[f.Offset+1] = byte(n>>8), byte(n)
		}
		return err
	}}
}

// SwapFields exchanges two fields of a packet.
func SwapFields(one, other string) Mutation {
	return Mutation{"swap " + one + " and " + other, func(d *draft) error {
		a, err := d.field(one, 0)
		if err != nil {
			return err
		}
		b, err := d.field(other, 0)
		if err != nil {
			return err
		}
		if a.Offset > b.Offset {
			a, b = b, a
		}
		if a.Offset+a.Len > b.Offset {
			return fmt.Errorf("the fields overlap")
		}
		first := slices.Clone(d.body[a.Offset : a.Offset+a.Len])
		second := slices.Clone(d.body[b.Offset : b.Offset+b.Len])
		d.replace(b, first) // the later one first: the place of the other stays
		d.replace(a, second)
		return nil
	}}
}

// Raw is the mutation to end all others: it replaces the packet by these bytes.
func Raw(b ...byte) Mutation {
	return Mutation{fmt.Sprintf("raw % x", b), func(d *draft) error {
		if len(b) < 2 {
			return fmt.Errorf("a packet has at least two bytes")
		}
		d.first, d.length, d.body, d.cut = b[0], []byte{}, slices.Clone(b[1:]), -1
		return nil
	}}
}
