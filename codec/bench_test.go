package codec_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	paho "github.com/eclipse/paho.golang/packets"
	paho3 "github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/mqttproof/mqttproof/codec"
)

// row is one packet of the benchmark, which all codecs decode and encode.
type row struct {
	name string
	v    codec.Version
	from codec.Sender
	p    codec.Packet
}

func rows() []row {
	properties := codec.Properties{codec.Int(codec.MessageExpiryInterval, 60), codec.Data(codec.ContentType, "application/json"),
		codec.Data(codec.ResponseTopic, "reply/to/client-17"), codec.Data(codec.CorrelationData, "0123456789abcdef"),
		codec.User("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")}
	topic := codec.Text("factory/hall-3/machine-17/temperature")
	subscribe := &codec.Subscribe{PacketID: 11}
	for i := range 10 {
		filter := codec.Text(fmt.Sprintf("factory/hall-%d/+/temperature/#", i))
		subscribe.Subscriptions = append(subscribe.Subscriptions, codec.Subscription{Filter: filter, QoS: 1})
	}
	const c, s = codec.FromClient, codec.FromServer
	return []row{
		{"CONNECT 5.0 will properties", codec.V5, c, &codec.Connect{Protocol: codec.Text("MQTT"), Level: 5, CleanStart: true, KeepAlive: 60,
			ClientID: codec.Text("client-17"), User: codec.Text("alice"), Password: []byte("correct horse"),
			Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, 3600), codec.Int(codec.ReceiveMaximum, 100), codec.User("site", "north")},
			Will: &codec.Will{QoS: 1, Topic: codec.Text("clients/17/gone"), Payload: []byte("gone"),
				Properties: codec.Properties{codec.Int(codec.WillDelayInterval, 5), codec.Data(codec.ContentType, "text/plain")}}}},
		{"CONNECT 3.1.1", codec.V311, c, &codec.Connect{Protocol: codec.Text("MQTT"), Level: 4, CleanStart: true, KeepAlive: 60,
			ClientID: codec.Text("client-17"), User: codec.Text("alice"), Password: []byte("correct horse")}},
		{"CONNACK", codec.V311, s, &codec.Connack{SessionPresent: true}},
		{"PUBLISH QoS 0 16 B", codec.V311, c, &codec.Publish{Topic: topic, Payload: make([]byte, 16)}},
		{"PUBLISH QoS 1 256 B", codec.V311, c, &codec.Publish{Topic: topic, QoS: 1, PacketID: 7, Payload: make([]byte, 256)}},
		{"PUBLISH QoS 1 64 KiB", codec.V311, c, &codec.Publish{Topic: topic, QoS: 1, PacketID: 7, Payload: make([]byte, 65_536)}},
		{"PUBLISH 5.0 five properties", codec.V5, c, &codec.Publish{Topic: topic, QoS: 1, PacketID: 7, Payload: make([]byte, 16), Properties: properties}},
		{"PUBACK", codec.V311, s, &codec.Puback{Ack: codec.Ack{PacketID: 7}}},
		{"SUBSCRIBE ten filters", codec.V311, c, subscribe},
		{"SUBACK", codec.V311, s, &codec.Suback{PacketID: 11, Codes: make([]byte, 10)}},
		{"PINGREQ", codec.V311, c, &codec.Pingreq{}},
	}
}

// allRows gives the rows, and those of 3.1.1 in 5.0 too, for codecs that have
// only one of the two.
func allRows() (list []row) {
	for _, r := range rows() {
		list = append(list, r)
		if t := r.p.Type(); r.v == codec.V5 || t == codec.CONNECT || t == codec.PINGREQ {
			continue // CONNECT has a row of its own, and PINGREQ is the same two bytes
		}
		name, rest, _ := strings.Cut(r.name, " ")
		r.name, r.v = strings.TrimSpace(name+" 5.0 "+rest), codec.V5
		list = append(list, r)
	}
	return list
}

// rival is another codec of the benchmark. It is given packets in memory, by
// the way that its own client or server takes. Each has loops of its own, so
// that none pays for a call through an interface.
type rival struct {
	name   string
	reads  func(codec.Version, codec.Type) bool
	decode func(b *testing.B, data []byte, v codec.Version)
	// encode writes the packet that it decoded from the data. It skips where
	// it writes another form of the packet, which is not the same work.
	encode func(b *testing.B, data []byte, v codec.Version)
}

var rivals = []rival{
	{"mochi", func(codec.Version, codec.Type) bool { return true }, mochiDecodes, mochiEncodes},
	{"paho.golang", func(v codec.Version, t codec.Type) bool { return v == codec.V5 || t == codec.PINGREQ },
		pahoDecodes, pahoEncodes},
	{"paho.mqtt.golang", func(v codec.Version, _ codec.Type) bool { return v == codec.V311 }, paho3Decodes, paho3Encodes},
}

var sink int

func BenchmarkDecode(b *testing.B) {
	for _, r := range allRows() {
		data, err := r.p.Append(nil, r.v)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(r.name+"/codec=mqttproof", func(b *testing.B) {
			d := codec.Decoder{Version: r.v, From: r.from}
			b.ReportAllocs()
			for b.Loop() {
				_, n, err := d.Decode(data)
				if err != nil {
					b.Fatal(err)
				}
				sink += n
			}
		})
		b.Run(r.name+"/codec=limit", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, ok := bare(data, r.v == codec.V5)
				if !ok {
					b.Fatal("the limit does not read it")
				}
				sink += n
			}
		})
		for _, other := range rivals {
			if other.reads(r.v, r.p.Type()) {
				b.Run(r.name+"/codec="+other.name, func(b *testing.B) {
					b.ReportAllocs()
					other.decode(b, data, r.v)
				})
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, r := range allRows() {
		data, err := r.p.Append(nil, r.v)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(r.name+"/codec=mqttproof", func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, len(data))
			for b.Loop() {
				out, err := r.p.Append(buf, r.v)
				if err != nil {
					b.Fatal(err)
				}
				sink += len(out)
			}
		})
		b.Run(r.name+"/codec=limit", func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, len(data))
			for b.Loop() {
				sink += copy(buf, data)
			}
		})
		for _, other := range rivals {
			if other.reads(r.v, r.p.Type()) {
				b.Run(r.name+"/codec="+other.name, func(b *testing.B) {
					b.ReportAllocs()
					other.encode(b, data, r.v)
				})
			}
		}
	}
}

// TestBenchmarkRowsDoNotAllocate holds what the benchmark shows, and that the
// limit reads each row.
func TestBenchmarkRowsDoNotAllocate(t *testing.T) {
	for _, r := range allRows() {
		t.Run(r.name, func(t *testing.T) {
			data, err := r.p.Append(nil, r.v)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := bare(data, r.v == codec.V5); !ok {
				t.Error("the limit does not read it")
			}
			d := codec.Decoder{Version: r.v, From: r.from}
			if n := testing.AllocsPerRun(20, func() {
				if _, _, err := d.Decode(data); err != nil {
					t.Error(err)
				}
			}); n != 0 {
				t.Errorf("decode allocates %v times", n)
			}
			buf := make([]byte, 0, len(data))
			if n := testing.AllocsPerRun(20, func() {
				if out, err := r.p.Append(buf, r.v); err != nil || len(out) != len(data) {
					t.Errorf("encode gives %d bytes, not %d: %v", len(out), len(data), err)
				}
			}); n != 0 {
				t.Errorf("encode allocates %v times", n)
			}
		})
	}
}

// sameLength stops a benchmark whose codec writes another form of the packet;
// properties have no order, so the bytes may differ.
func sameLength(b *testing.B, data []byte, out *bytes.Buffer, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	if out.Len() != len(data) {
		b.Skipf("it writes %d bytes, not %d: %x", out.Len(), len(data), out.Bytes())
	}
}

func mochiDecodes(b *testing.B, data []byte, v codec.Version) {
	var rd bytes.Reader
	for b.Loop() {
		var pk packets.Packet
		if err := mochiDecode(data, byte(v), &rd, &pk); err != nil {
			b.Fatal(err)
		}
	}
}

func mochiEncodes(b *testing.B, data []byte, v codec.Version) {
	var pk packets.Packet
	if err := mochiDecode(data, byte(v), new(bytes.Reader), &pk); err != nil {
		b.Fatal(err)
	}
	var buf bytes.Buffer
	err := mochiEncode(&buf, &pk)
	sameLength(b, data, &buf, err)
	for b.Loop() {
		buf.Reset()
		if err := mochiEncode(&buf, &pk); err != nil {
			b.Fatal(err)
		}
	}
}

func pahoDecodes(b *testing.B, data []byte, _ codec.Version) {
	var rd bytes.Reader
	for b.Loop() {
		rd.Reset(data)
		if _, err := paho.ReadPacket(&rd); err != nil {
			b.Fatal(err)
		}
	}
}

func pahoEncodes(b *testing.B, data []byte, _ codec.Version) {
	p, err := paho.ReadPacket(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	var buf bytes.Buffer
	_, err = p.WriteTo(&buf)
	sameLength(b, data, &buf, err)
	for b.Loop() {
		buf.Reset()
		if _, err := p.WriteTo(&buf); err != nil {
			b.Fatal(err)
		}
	}
}

func paho3Decodes(b *testing.B, data []byte, _ codec.Version) {
	var rd bytes.Reader
	for b.Loop() {
		rd.Reset(data)
		if _, err := paho3.ReadPacket(&rd); err != nil {
			b.Fatal(err)
		}
	}
}

func paho3Encodes(b *testing.B, data []byte, _ codec.Version) {
	p, err := paho3.ReadPacket(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	var buf bytes.Buffer
	err = p.Write(&buf)
	sameLength(b, data, &buf, err)
	for b.Loop() {
		buf.Reset()
		if err := p.Write(&buf); err != nil {
			b.Fatal(err)
		}
	}
}

// mochiDecode does what mochi's clients do with a packet that is in memory.
func mochiDecode(b []byte, version byte, rd *bytes.Reader, pk *packets.Packet) error {
	pk.ProtocolVersion = version
	pk.Mods.AllowResponseInfo = true // else it does not write what the row holds
	if err := pk.FixedHeader.Decode(b[0]); err != nil {
		return err
	}
	rd.Reset(b[1:])
	n, used, err := packets.DecodeLength(rd)
	if err != nil {
		return err
	}
	pk.FixedHeader.Remaining = n
	body := b[1+used:]
	switch pk.FixedHeader.Type {
	case packets.Connect:
		return pk.ConnectDecode(body)
	case packets.Connack:
		return pk.ConnackDecode(body)
	case packets.Publish:
		return pk.PublishDecode(body)
	case packets.Puback:
		return pk.PubackDecode(body)
	case packets.Subscribe:
		return pk.SubscribeDecode(body)
	case packets.Suback:
		return pk.SubackDecode(body)
	}
	return nil
}

func mochiEncode(buf *bytes.Buffer, pk *packets.Packet) error {
	switch pk.FixedHeader.Type {
	case packets.Connect:
		return pk.ConnectEncode(buf)
	case packets.Connack:
		return pk.ConnackEncode(buf)
	case packets.Publish:
		return pk.PublishEncode(buf)
	case packets.Puback:
		return pk.PubackEncode(buf)
	case packets.Subscribe:
		return pk.SubscribeEncode(buf)
	case packets.Suback:
		return pk.SubackEncode(buf)
	}
	return pk.PingreqEncode(buf)
}

// bare is the limit: a single pass that touches each field once and keeps
// nothing. It checks no more than strict decode does: lengths, UTF-8 by
// utf8.Valid, U+0000, wildcards, the Packet Identifier of PUBLISH and SUBSCRIBE,
// and the QoS of a subscription, but not which properties and codes may be there
// or how often. Payloads are not touched.
func bare(b []byte, v5 bool) (sum int, ok bool) {
	n, shift, i := 0, 0, 1
	for ; i < len(b) && i < 5; i++ {
		n |= int(b[i]&0x7F) << shift
		shift += 7
		if b[i] < 0x80 {
			break
		}
	}
	p := pass{b: b[:i+1+n], i: i + 1, ok: true}
	switch b[0] >> 4 {
	case 1:
		p.ok = string(p.data()) == "MQTT"
		p.i++
		flags := b[p.i]
		p.i += 3
		p.properties(v5)
		p.text()
		if flags&4 != 0 {
			p.properties(v5)
			p.topic()
			p.data()
		}
		if flags&0x80 != 0 {
			p.text()
		}
		if flags&0x40 != 0 {
			p.data()
		}
	case 3:
		p.topic()
		if b[0]&6 != 0 {
			p.packetID()
		}
		p.properties(v5)
		p.i = len(p.b)
	case 8:
		p.packetID()
		p.properties(v5)
		for p.ok && p.i < len(p.b) {
			p.filter()
			p.ok = p.ok && p.b[p.i] <= 2
			p.i++
		}
	default:
		for _, c := range p.b[p.i:] {
			sum += int(c)
		}
		return sum, true
	}
	return p.sum, p.ok && p.i == len(p.b)
}

type pass struct {
	b   []byte
	i   int
	sum int
	ok  bool
}

func (p *pass) packetID() {
	id := int(binary.BigEndian.Uint16(p.b[p.i:]))
	p.i += 2
	p.sum += id
	p.ok = p.ok && id != 0
}

func (p *pass) data() []byte {
	n := int(binary.BigEndian.Uint16(p.b[p.i:]))
	p.i += 2
	if len(p.b)-p.i < n {
		p.ok = false
		return nil
	}
	d := p.b[p.i : p.i+n]
	p.i += n
	p.sum += n
	return d
}

func (p *pass) text() []byte {
	t := p.data()
	p.ok = p.ok && utf8.Valid(t) && bytes.IndexByte(t, 0) < 0
	return t
}

func (p *pass) topic() {
	t := p.text()
	p.ok = p.ok && bytes.IndexByte(t, '+') < 0 && bytes.IndexByte(t, '#') < 0
}

func (p *pass) filter() {
	t := p.text()
	if i := bytes.IndexByte(t, '#'); i >= 0 && (i < len(t)-1 || i > 0 && t[i-1] != '/') {
		p.ok = false
	}
	for i, next := 0, bytes.IndexByte(t, '+'); next >= 0; next = bytes.IndexByte(t[i:], '+') {
		i += next + 1
		if i > 1 && t[i-2] != '/' || i < len(t) && t[i] != '/' {
			p.ok = false
		}
	}
}

func (p *pass) properties(v5 bool) {
	if !v5 {
		return
	}
	end := p.i + 1 + int(p.b[p.i]&0x7F)
	if p.b[p.i] >= 0x80 {
		end += 1 + int(p.b[p.i+1])<<7
		p.i++
	}
	p.i++
	for p.ok && p.i < end {
		id := p.b[p.i]
		p.i++
		switch id {
		case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A:
			p.sum += int(p.b[p.i])
			p.i++
		case 0x13, 0x21, 0x22, 0x23:
			p.sum += int(binary.BigEndian.Uint16(p.b[p.i:]))
			p.i += 2
		case 0x02, 0x11, 0x18, 0x27:
			p.sum += int(binary.BigEndian.Uint32(p.b[p.i:]))
			p.i += 4
		case 0x26:
			p.text()
			p.text()
		case 0x09, 0x16:
			p.data()
		default:
			p.text()
		}
	}
}
