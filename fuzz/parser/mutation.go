package parser

import "github.com/mqttproof/mqttproof/codec"

// mutation is one of the ways of the codec to break a packet. Those that fit the
// packet are not looked for: one that does not changes nothing.
func (d *draft) mutation() codec.Mutation { return pick(d.script, mutations)(d) }

var mutations = []func(*draft) codec.Mutation{
	// The fixed header.
	func(d *draft) codec.Mutation { return codec.Flags(d.byte()) },
	func(d *draft) codec.Mutation { return codec.PacketType(codec.Type(d.byte() & 15)) },
	func(d *draft) codec.Mutation { return codec.QoS3() },
	func(d *draft) codec.Mutation { return codec.Length(d.length()) },
	func(d *draft) codec.Mutation { return codec.LengthBytes(d.longVarint()...) },
	func(d *draft) codec.Mutation { return codec.NonMinimalLength() },
	// The ends.
	func(d *draft) codec.Mutation { return codec.CutAt(d.below(d.size()+1), true) },
	func(d *draft) codec.Mutation { return codec.CutAt(d.below(d.size()+1), false) },
	func(d *draft) codec.Mutation { return codec.Trailing(d.some()...) },
	func(d *draft) codec.Mutation { return codec.SetByte(d.below(d.size()), d.byte()) },
	// Fields.
	func(d *draft) codec.Mutation { return codec.FieldText(d.field(), d.text()) },
	func(d *draft) codec.Mutation { return codec.FieldLength(d.field(), uint16(d.number())) },
	func(d *draft) codec.Mutation { return codec.InvalidUTF8(d.field()) },
	func(d *draft) codec.Mutation { return codec.OverlongUTF8(d.field()) },
	func(d *draft) codec.Mutation { return codec.Surrogate(d.field()) },
	func(d *draft) codec.Mutation { return codec.NullIn(d.field()) },
	func(d *draft) codec.Mutation { return codec.SwapFields(d.field(), d.field()) },
	func(d *draft) codec.Mutation { return codec.PacketID(uint16(d.number())) },
	func(d *draft) codec.Mutation { return codec.ReservedConnectFlag() },
	func(d *draft) codec.Mutation { return codec.ConnectFlags(d.byte()) },
	func(d *draft) codec.Mutation { return codec.ProtocolLevel(d.byte()) },
	// Properties.
	func(d *draft) codec.Mutation { return codec.AddProperty(d.property()) },
	func(d *draft) codec.Mutation { return codec.AddWillProperty(d.property()) },
	func(d *draft) codec.Mutation { return codec.PropertyTwice(d.present()) },
	func(d *draft) codec.Mutation { return codec.DropProperty(d.present()) },
	func(d *draft) codec.Mutation { return codec.PropertyOfWrongType(d.present()) },
	func(d *draft) codec.Mutation { return codec.UnknownProperty() },
	func(d *draft) codec.Mutation { return codec.PropertyBytes(d.some()...) },
	func(d *draft) codec.Mutation { return codec.WillPropertyBytes(d.some()...) },
	func(d *draft) codec.Mutation { return codec.PropertyLength(d.length()) },
	func(d *draft) codec.Mutation { return codec.PropertyLengthBytes(d.longVarint()...) },
	func(d *draft) codec.Mutation { return codec.NonMinimalPropertyLength() },
}

func (d *draft) size() int { return min(d.p.Size(d.v), 1<<16-1) }

// length is a length that is wrong: by a little, or by much.
func (d *draft) length() uint32 {
	if near := d.below(2*16 + 1); near < 16 {
		return uint32(max(0, d.size()-2+near-8))
	}
	return min(d.number(), codec.MaxRemaining)
}

// longVarint is a Variable Byte Integer of five bytes or more, or of four that do not
// end.
func (d *draft) longVarint() []byte {
	n := d.below(4) + 4
	b := make([]byte, n)
	for i := range b {
		b[i] = 0x80 | d.byte()
	}
	if n > 4 {
		b[n-1] &= 0x7F
	}
	return b
}

// some is up to four bytes of the script.
func (d *draft) some() []byte {
	b := make([]byte, 1+d.below(4))
	for i := range b {
		b[i] = d.byte()
	}
	return b
}

// field is the name of one of the packet's fields.
func (d *draft) field() string {
	if len(d.fields) == 0 {
		return ""
	}
	return d.fields[d.below(min(len(d.fields), 1<<16))].Name
}

// present is the identifier of a property in the packet, or of any where it has none.
func (d *draft) present() codec.PropertyID {
	var ps codec.Properties
	switch p := d.p.(type) {
	case *codec.Connect:
		ps = p.Properties
		if p.Will != nil {
			ps = append(ps.Clone(), p.Will.Properties...)
		}
	case *codec.Connack:
		ps = p.Properties
	case *codec.Publish:
		ps = p.Properties
	case *codec.Puback:
		ps = p.Properties
	case *codec.Pubrec:
		ps = p.Properties
	case *codec.Pubrel:
		ps = p.Properties
	case *codec.Pubcomp:
		ps = p.Properties
	case *codec.Subscribe:
		ps = p.Properties
	case *codec.Suback:
		ps = p.Properties
	case *codec.Unsubscribe:
		ps = p.Properties
	case *codec.Unsuback:
		ps = p.Properties
	case *codec.Disconnect:
		ps = p.Properties
	case *codec.Auth:
		ps = p.Properties
	}
	if len(ps) == 0 {
		return d.property().ID
	}
	return ps[d.below(min(len(ps), 1<<16))].ID
}
