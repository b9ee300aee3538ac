package parser

import (
	"bytes"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// script is bytes that are read as choices; behind their end every choice is 0.
type script struct{ b []byte }

func (s *script) byte() byte {
	if len(s.b) == 0 {
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

// below is a number from 0 to n-1, n up to 65,536.
func (s *script) below(n int) int {
	switch {
	case n <= 1:
		return 0
	case n <= 256:
		return int(s.byte()) % n
	}
	return (int(s.byte())<<8 | int(s.byte())) % n
}

func pick[T any](s *script, of []T) T { return of[s.below(len(of))] }

// mostChanges bounds what one script does to a packet, mostBytes what comes of it.
const (
	mostChanges = 8
	mostBytes   = 1 << 18
)

// Packet gives the packet that an input stands for: the input up to the end that its
// Remaining Length tells, as the bytes behind it change it. Without such bytes, and
// where the packet is not whole, it is the input as it is. It never fails: a change
// that does not fit the packet is none.
func Packet(input []byte, v codec.Version, from codec.Sender) []byte {
	size, ok, err := codec.FrameSize(input)
	if err != nil || !ok || size >= len(input) {
		return input
	}
	return one(change(input[:size:size], input[size:], v, from))
}

// one gives the packet at the start of bytes that hold more than it: a parser of
// packets may refuse the rest, a reader of streams leaves it alone.
func one(b []byte) []byte {
	if size, ok, err := codec.FrameSize(b); err == nil && ok && size < len(b) {
		return b[:size:size]
	}
	return b
}

// change applies a script to bytes that need not be a packet.
func change(b, choices []byte, v codec.Version, from codec.Sender) []byte {
	s := &script{choices}
	for range mostChanges {
		if len(s.b) == 0 {
			break
		}
		p, _ := codec.Inspect(b, v, from)
		if p == nil {
			b = changeByte(b, s)
			continue
		}
		d := &draft{script: s, v: versionOf(b, v), p: p.Clone()}
		if s.below(2) == 0 {
			d.changeField()
			if next, err := d.p.Append(nil, d.v); err == nil && len(next) <= mostBytes {
				b = next
			}
			continue
		}
		d.fields = codec.Fields(b, v, from)
		if next, err := codec.Mutate(d.p, d.v, d.mutation()); err == nil && len(next) <= mostBytes {
			b = next
		}
	}
	return b
}

// changeByte is for bytes that no packet can be read from.
func changeByte(b []byte, s *script) []byte {
	if len(b) == 0 {
		return []byte{s.byte()}
	}
	b = bytes.Clone(b)
	b[s.below(min(len(b), 1<<16))] = s.byte()
	return b
}

// draft is a packet that is being changed.
type draft struct {
	*script
	v      codec.Version
	p      codec.Packet
	fields []codec.Field
}

// lengths are the numbers at which the bytes of a length change, and those next to
// them.
var lengths = []uint32{0, 1, 2, 127, 128, 129, 255, 256, 16383, 16384, 65534, 65535, 65536, 2097151, 2097152, codec.MaxRemaining}

// texts are what parsers of text and of topics trip over (1.5.4, 4.7, 4.8.2).
var texts = []string{"", "a", "/", "#", "+", "a/#", "a/+/b", "#/a", "a#", "+a", "$share/g/a", "$share//a", "$share/g/", "$share/+/a",
	"$share", "$SYS/#", "\x00", "a\x00b", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "é", "\ufeff", "\x7f\x01", "\uffff", "a b", "//"}

// text is one of texts, or, seldom because that takes its time, a long one.
func (d *draft) text() []byte {
	i := d.below(len(texts) + 1)
	if i < len(texts) {
		return []byte(texts[i])
	}
	fill := pick(d.script, []string{"a", "/", "a/", "é", "+/"})
	n := min(pick(d.script, lengths), 65536)
	return []byte(fill + string(bytes.Repeat([]byte(fill), int(n)/len(fill))))[:min(int(n), 65535)]
}

func (d *draft) number() uint32 {
	if n := d.below(2 * len(lengths)); n < len(lengths) {
		return lengths[n]
	}
	return uint32(d.byte())<<24 | uint32(d.byte())<<16 | uint32(d.byte())<<8 | uint32(d.byte())
}

// property makes one of the 27, with a value that its type can hold, legal or not.
func (d *draft) property() codec.Property {
	row := &spec.Properties[d.below(len(spec.Properties))]
	p := codec.Property{ID: codec.PropertyID(row.ID)}
	switch row.Kind {
	case spec.Text, spec.Binary:
		p.Data = d.text()
	case spec.Pair:
		p.Name, p.Data = d.text(), d.text()
	default:
		p.Int = pick(d.script, []uint32{row.Min, row.Max, row.Min + 1, 0, 1, 2, 255, 65535, d.number()})
		switch row.Kind {
		case spec.Byte:
			p.Int &= 0xFF
		case spec.TwoByte:
			p.Int &= 0xFFFF
		case spec.VarInt:
			p.Int &= codec.MaxRemaining
		}
	}
	return p
}

// changeProperties adds, takes out, repeats or moves a property.
func (d *draft) changeProperties(ps *codec.Properties) {
	n := len(*ps)
	if n == 0 {
		*ps = codec.Properties{d.property()}
		return
	}
	i := d.below(n)
	switch d.below(6) {
	case 0, 1:
		*ps = slices.Insert(*ps, i, d.property())
	case 2:
		*ps = slices.Delete(*ps, i, i+1)
	case 3:
		(*ps)[i] = d.property()
	case 4:
		j := d.below(n)
		(*ps)[i], (*ps)[j] = (*ps)[j], (*ps)[i]
	case 5:
		for range d.repeats() {
			*ps = append(*ps, (*ps)[i])
		}
	}
}

// repeats is how often an element comes again.
func (d *draft) repeats() int { return pick(d.script, []int{1, 1, 1, 1, 2, 3, 16, 300}) }

// changeList does to filters and codes what changeProperties does to properties.
func changeList[T any](d *draft, list *[]T, fresh func() T) {
	if len(*list) == 0 {
		*list = append(*list, fresh())
		return
	}
	i := d.below(len(*list))
	switch d.below(4) {
	case 0:
		*list = slices.Insert(*list, i, fresh())
	case 1:
		*list = slices.Delete(*list, i, i+1)
	case 2:
		(*list)[i] = fresh()
	case 3:
		for range d.repeats() {
			*list = append(*list, (*list)[i])
		}
	}
}

// changeField gives a field of the packet another value, legal or not.
func (d *draft) changeField() {
	switch p := d.p.(type) {
	case *codec.Connect:
		d.changeConnect(p)
	case *codec.Connack:
		switch d.below(4) {
		case 0:
			p.Code = d.byte()
		case 1:
			p.SessionPresent = !p.SessionPresent
		default:
			d.changeProperties(&p.Properties)
		}
	case *codec.Publish:
		d.changePublish(p)
	case *codec.Puback:
		d.changeAck(&p.Ack)
	case *codec.Pubrec:
		d.changeAck(&p.Ack)
	case *codec.Pubrel:
		d.changeAck(&p.Ack)
	case *codec.Pubcomp:
		d.changeAck(&p.Ack)
	case *codec.Subscribe:
		if d.below(3) == 0 {
			d.changeProperties(&p.Properties)
			return
		}
		changeList(d, &p.Subscriptions, func() codec.Subscription {
			options := d.byte()
			return codec.Subscription{Filter: d.text(), QoS: options & 3, NoLocal: options&4 != 0, RetainAsPublished: options&8 != 0,
				RetainHandling: options >> 4 & 3, Reserved: options & 0xC0}
		})
	case *codec.Unsubscribe:
		if d.below(3) == 0 {
			d.changeProperties(&p.Properties)
			return
		}
		changeList(d, &p.Filters, func() codec.Text { return d.text() })
	case *codec.Suback:
		d.changeCodes(&p.Properties, &p.Codes)
	case *codec.Unsuback:
		d.changeCodes(&p.Properties, &p.Codes)
	case *codec.Disconnect:
		d.changeCode(&p.Code, &p.Properties)
	case *codec.Auth:
		d.changeCode(&p.Code, &p.Properties)
	}
}

func (d *draft) changeCodes(ps *codec.Properties, codes *[]byte) {
	if d.below(2) == 0 {
		d.changeProperties(ps)
		return
	}
	changeList(d, codes, d.byte)
}

func (d *draft) changeCode(code *byte, ps *codec.Properties) {
	if d.below(2) == 0 {
		*code = d.byte()
		return
	}
	d.changeProperties(ps)
}

func (d *draft) changeAck(a *codec.Ack) {
	if d.below(4) == 0 {
		a.PacketID = uint16(d.number())
		return
	}
	d.changeCode(&a.Code, &a.Properties)
}

func (d *draft) changeConnect(p *codec.Connect) {
	switch d.below(10) {
	case 0:
		p.ClientID = d.text()
	case 1:
		p.CleanStart = !p.CleanStart
	case 2:
		p.KeepAlive = uint16(d.number())
	case 3:
		p.User = d.text()
	case 4:
		p.Password = d.text()
	case 5:
		p.User, p.Password = nil, nil
	case 6:
		p.Will = nil
	default:
		if d.below(2) == 0 {
			d.changeProperties(&p.Properties)
			return
		}
		if p.Will == nil {
			p.Will = &codec.Will{Topic: codec.Text("w")}
		}
		switch d.below(4) {
		case 0:
			p.Will.Topic = d.text()
		case 1:
			p.Will.Payload = d.text()
		case 2:
			flags := d.byte()
			p.Will.QoS, p.Will.Retain = flags&3, flags&4 != 0
		case 3:
			d.changeProperties(&p.Will.Properties)
		}
	}
}

func (d *draft) changePublish(p *codec.Publish) {
	switch d.below(6) {
	case 0:
		p.Topic = d.text()
	case 1:
		p.Payload = d.text()
	case 2:
		flags := d.byte()
		p.QoS, p.Dup, p.Retain = flags&3, flags&4 != 0, flags&8 != 0
	case 3:
		p.PacketID = uint16(d.number())
	default:
		d.changeProperties(&p.Properties)
	}
}
