package codec

import (
	"errors"
	"fmt"
)

// ErrIncomplete is the error of a strict decode that needs more bytes.
var ErrIncomplete = errors.New("mqtt: the packet is incomplete")

// ErrLength is the error of a Remaining Length of more than four bytes: behind
// it no packet can be found any more (2.1.4; 2.2.3 in 3.1.1).
var ErrLength = errors.New("mqtt: a Remaining Length of more than four bytes")

// MaxRemaining is the largest Remaining Length (2.1.4).
const MaxRemaining = 268_435_455

// FrameSize gives the length in bytes of the packet at the start of b as its
// fixed header tells it. ok is false where b ends inside the fixed header; the
// rest of the packet need not be there. The error is ErrLength.
//
// A length that uses more bytes than it needs is read as it is meant: the
// non-normative algorithm of 3.1.1, which refuses four byte lengths, is faulty.
func FrameSize(b []byte) (n int, ok bool, err error) {
	for i := 1; i < len(b) && i < 5; i++ {
		c := b[i]
		n |= int(c&0x7F) << (7 * (i - 1))
		if c < 0x80 {
			return n + i + 1, true, nil
		}
	}
	if len(b) >= 5 {
		return 0, false, ErrLength
	}
	return 0, false, nil
}

// Decode reads the packet at the start of b, strictly: it accepts what the
// standard allows and nothing else. It gives the packet, whose slices are views
// into b, and its length in bytes. The error is ErrIncomplete where b ends
// inside the packet, else the first violation in the order of the wire, as a
// *Violation; then n is the length of the packet, or 0 where that is unknown.
//
// With v 0 the version is that of the CONNECT in b, or 5.0 for other packets.
func Decode(b []byte, v Version, from Sender) (p Packet, n int, err error) {
	r := reader{v: v, from: from}
	return r.strict(b)
}

// Decoder decodes packets of one direction of a connection as Decode does, into
// packets and slices that it owns: it does not allocate. A packet is valid until
// the next call.
type Decoder struct {
	Version Version // 0 is taken from a CONNECT, which does not change it
	From    Sender  // 0 is either

	connect     Connect
	will        Will
	connack     Connack
	publish     Publish
	puback      Puback
	pubrec      Pubrec
	pubrel      Pubrel
	pubcomp     Pubcomp
	subscribe   Subscribe
	suback      Suback
	unsubscribe Unsubscribe
	unsuback    Unsuback
	pingreq     Pingreq
	pingresp    Pingresp
	disconnect  Disconnect
	auth        Auth

	r       reader // kept, because to clear one costs as much as a small packet
	subs    []Subscription
	filters []Text
}

// Decode reads the packet at the start of b; see the function Decode.
func (d *Decoder) Decode(b []byte) (p Packet, n int, err error) {
	r := &d.r
	r.v, r.from, r.d, r.props = d.Version, d.From, d, r.props[:0]
	if r.stop || r.found != nil {
		r.stop, r.found = false, nil // a violation that was given is not ours any more
	}
	return r.strict(b)
}

// Inspect reads the one packet that b holds, leniently: it gives what can be
// read, and all violations in the order of the wire. Wrong values are in the
// packet as they are on the wire. The packet is nil only where the first byte
// does not name a type. Bytes that are missing or too many are violations.
//
// With v 0 the version is that of the CONNECT in b, or 5.0 for other packets.
func Inspect(b []byte, v Version, from Sender) (Packet, []Violation) {
	r := reader{v: v, from: from, lenient: true}
	return r.inspect(b), r.found
}

// Fields lists the fields of the packet that b holds in the order of the wire,
// as far as it can be read, for printing and for Mutate.
func Fields(b []byte, v Version, from Sender) []Field {
	fields := make([]Field, 0, 16)
	r := reader{v: v, from: from, lenient: true, fields: &fields}
	r.inspect(b)
	return fields
}

func (r *reader) strict(b []byte) (Packet, int, error) {
	n, ok, err := FrameSize(b)
	if err == nil && (!ok || n > len(b)) {
		return nil, 0, ErrIncomplete
	}
	if ok {
		b = b[:n]
	}
	p := r.packet(b, ok)
	if len(r.found) == 0 {
		return p, n, nil
	}
	if publish, ok := p.(*Publish); ok && len(publish.Topic) == 0 {
		// That the Topic Name is wrong would have shown only behind it; see reportLate.
		_, r.found = Inspect(b, r.v, r.from)
	}
	return nil, n, &r.found[0]
}

func (r *reader) inspect(b []byte) Packet {
	if len(b) == 0 {
		r.v = known(r.v)
		r.report(&ruleIncomplete, 0)
		return nil
	}
	n, ok, _ := FrameSize(b)
	if !ok || n >= len(b) {
		r.cut = n > len(b)
		p := r.packet(b, ok)
		if len(b) < 5 && !ok || ok && n > len(b) {
			// The fields that are missing have not been reported: the one thing
			// wrong with them is that the packet is not over.
			r.stop = false
			detail := ""
			if ok {
				detail = fmt.Sprintf("%d of %d", len(b), n)
			}
			r.say(&ruleIncomplete, len(b), detail)
		}
		return p
	}
	p := r.packet(b[:n], ok)
	r.stop = false
	r.say(&ruleBeyond, n, fmt.Sprintf("%d bytes", len(b)-n))
	return p
}

func known(v Version) Version {
	if v < V31 || v > V5 {
		return V5
	}
	return v
}

// ConnectVersion gives the version that a CONNECT at the start of b asks for:
// its Protocol Level (3.1.2.2). ok is false where b is no CONNECT or ends before
// the level. The version need not be one that exists.
func ConnectVersion(b []byte) (v Version, ok bool) {
	if len(b) == 0 || Type(b[0]>>4) != CONNECT {
		return 0, false
	}
	i := 1
	for i < len(b) && i < 5 && b[i] >= 0x80 {
		i++
	}
	i++
	if len(b) < i+2 {
		return 0, false
	}
	i += 2 + int(b[i])<<8 + int(b[i+1])
	if len(b) <= i {
		return 0, false
	}
	return Version(b[i]), true
}

// packet reads the packet b. framed is false where b ends, or goes wrong, in
// its fixed header.
func (r *reader) packet(b []byte, framed bool) Packet {
	r.b = b
	r.t = Type(b[0] >> 4)
	if r.v < V31 || r.v > V5 {
		r.v = V5
		switch v, ok := ConnectVersion(b); {
		case ok && v == V31:
			r.v = V31
		case ok && v < V5:
			r.v = V311 // the levels below 3 do not exist
		}
	}
	r.header()
	if r.t == 0 {
		return nil
	}
	if !framed && !r.stop {
		if len(b) >= 5 {
			r.report(&ruleLengthBytes, 4)
		}
		r.stop = true
	}
	if !framed {
		r.pos = len(b)
	}
	return r.body()
}

// header reads the fixed header.
func (r *reader) header() {
	b, t := r.b, r.t
	flags := b[0] & 0x0F
	if ends := uint8(1<<r.from | 1<<r.v); directions[t]&ends != ends || goodFlags[t]>>flags&1 == 0 {
		r.badHeader(flags)
	}
	i := 1
	for i < len(b) && b[i] >= 0x80 && i < 5 {
		i++
	}
	if i > 1 && i < 5 && i < len(b) && b[i] == 0 {
		r.report(&ruleNonMinimal, 1)
	}
	r.pos = i + 1
	if r.fields != nil {
		*r.fields = append(*r.fields, Field{"Fixed Header", 0, 1}, Field{"Remaining Length", 1, min(i, len(b)-1)})
	}
}

// directions holds, for each type, a bit for each sender and each version that
// may have it; goodFlags the flags that need no second look, a bit for
// each of the 16 values.
var directions = func() (d [16]uint8) {
	for t := CONNECT; t <= AUTH; t++ {
		for _, v := range []Version{V31, V311, V5} {
			if t.Senders(v) != 0 {
				d[t] |= 1 << v
			}
		}
		d[t] |= 1 // a sender that is not known
		for _, s := range []Sender{FromClient, FromServer} {
			if t.Senders(V5)&s.ends() != 0 {
				d[t] |= 1 << s
			}
		}
	}
	d[DISCONNECT] &^= 1 << FromServer // not in 3.1.1
	return d
}()

var goodFlags = func() (good [16]uint16) {
	for t := CONNECT; t <= AUTH; t++ {
		want, _ := t.flags()
		good[t] = 1 << want
	}
	good[PUBLISH] = 0b0011_1100_0011_1111 // all but QoS 3, and DUP with QoS 0
	return good
}()

func (r *reader) badHeader(flags byte) {
	t := r.t
	senders := t.Senders(r.v)
	switch {
	case t == 0 || senders == 0:
		r.fail(&ruleType, 0, t.String()+" in "+r.v.String())
		return
	case senders&r.from.ends() == 0:
		r.say(&ruleDirection, 0, t.String()+" from the "+r.from.String())
	}
	if t == PUBLISH {
		switch qos := flags >> 1 & 3; {
		case qos == 3:
			r.report(&ruleQoS3, 0)
		case qos == 0 && flags&8 != 0:
			r.report(&ruleDup, 0)
		}
		return
	}
	want, _ := t.flags()
	if flags == want {
		return
	}
	if r.v == V31 && want != 0 && flags>>1&3 != 1 {
		r.say(&ruleQoS1, 0, fmt.Sprintf("flags %04b", flags))
	}
	r.say(&rulesFlags[t], 0, fmt.Sprintf("%04b for %04b", flags, want))
}

// body reads what follows the fixed header.
func (r *reader) body() Packet {
	d := r.d
	if d == nil {
		return r.newBody()
	}
	switch r.t {
	case CONNECT:
		r.connect(&d.connect, &d.will)
		return &d.connect
	case CONNACK:
		r.connack(&d.connack)
		return &d.connack
	case PUBLISH:
		r.publish(&d.publish)
		return &d.publish
	case PUBACK:
		r.ack(&d.puback.Ack)
		return &d.puback
	case PUBREC:
		r.ack(&d.pubrec.Ack)
		return &d.pubrec
	case PUBREL:
		r.ack(&d.pubrel.Ack)
		return &d.pubrel
	case PUBCOMP:
		r.ack(&d.pubcomp.Ack)
		return &d.pubcomp
	case SUBSCRIBE:
		d.subscribe.Subscriptions = d.subs[:0]
		r.subscribe(&d.subscribe)
		d.subs = d.subscribe.Subscriptions
		return &d.subscribe
	case SUBACK:
		r.suback(&d.suback)
		return &d.suback
	case UNSUBSCRIBE:
		d.unsubscribe.Filters = d.filters[:0]
		r.unsubscribe(&d.unsubscribe)
		d.filters = d.unsubscribe.Filters
		return &d.unsubscribe
	case UNSUBACK:
		r.unsuback(&d.unsuback)
		return &d.unsuback
	case PINGREQ:
		r.end(&ruleTrailing)
		return &d.pingreq
	case PINGRESP:
		r.end(&ruleTrailing)
		return &d.pingresp
	case DISCONNECT:
		r.disconnect(&d.disconnect)
		return &d.disconnect
	case AUTH:
		r.auth(&d.auth)
		return &d.auth
	}
	return nil
}

func (r *reader) newBody() Packet {
	switch r.t {
	case CONNECT:
		p := new(Connect)
		r.connect(p, nil)
		return p
	case CONNACK:
		p := new(Connack)
		r.connack(p)
		return p
	case PUBLISH:
		p := new(Publish)
		r.publish(p)
		return p
	case PUBACK:
		p := new(Puback)
		r.ack(&p.Ack)
		return p
	case PUBREC:
		p := new(Pubrec)
		r.ack(&p.Ack)
		return p
	case PUBREL:
		p := new(Pubrel)
		r.ack(&p.Ack)
		return p
	case PUBCOMP:
		p := new(Pubcomp)
		r.ack(&p.Ack)
		return p
	case SUBSCRIBE:
		p := new(Subscribe)
		r.subscribe(p)
		return p
	case SUBACK:
		p := new(Suback)
		r.suback(p)
		return p
	case UNSUBSCRIBE:
		p := new(Unsubscribe)
		r.unsubscribe(p)
		return p
	case UNSUBACK:
		p := new(Unsuback)
		r.unsuback(p)
		return p
	case PINGREQ:
		r.end(&ruleTrailing)
		return new(Pingreq)
	case PINGRESP:
		r.end(&ruleTrailing)
		return new(Pingresp)
	case DISCONNECT:
		p := new(Disconnect)
		r.disconnect(p)
		return p
	case AUTH:
		p := new(Auth)
		r.auth(p)
		return p
	}
	return nil
}
