package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

// brief writes violations as "OFFSET CLASS ID; ...".
func brief(vs []Violation) string {
	var out []string
	for _, v := range vs {
		out = append(out, fmt.Sprintf("%d %s %s", v.Offset, v.Class, v.Requirement.ID))
	}
	return strings.Join(out, "; ")
}

// checkOneDecoder checks what must hold of any bytes: strict and lenient decode
// agree, and reports come in the order of the wire.
func checkOneDecoder(t testing.TB, b []byte, v Version, from Sender) {
	t.Helper()
	p, vs := Inspect(b, v, from)
	for i := 1; i < len(vs); i++ {
		if vs[i].Offset < vs[i-1].Offset {
			t.Errorf("%s %x: not in the order of the wire: %s", v, b, brief(vs))
		}
	}
	for _, x := range vs {
		if x.Offset > len(b) || x.Class == 0 || x.Requirement.ID == "" || x.Text == "" {
			t.Errorf("%s %x: a violation that says too little: %+v", v, b, x)
		}
	}
	if p == nil && len(b) > 0 && b[0]>>4 != 0 {
		t.Errorf("%s %x: no packet, though the first byte names a type", v, b)
	}
	if p != nil {
		_ = p.String()
		if _, err := p.Append(nil, v); err != nil {
			t.Errorf("%s %x: what was inspected has no encoding: %v", v, b, err)
		}
	}
	end := 0
	for _, f := range Fields(b, v, from) {
		if f.Offset < end || f.Len < 0 || f.Offset+f.Len > len(b) {
			t.Errorf("%s %x: the field %v begins before %d or ends behind the bytes", v, b, f, end)
		}
		end = f.Offset + f.Len
	}
	_ = Dump(b, v, from)
	got, n, err := Decode(b, v, from)
	d := Decoder{Version: v, From: from}
	again, n2, err2 := d.Decode(b)
	if n != n2 || fmt.Sprint(err) != fmt.Sprint(err2) || !samePacket(got, again) {
		t.Errorf("%s %x: Decode says %v %d %v, the Decoder %v %d %v", v, b, got, n, err, again, n2, err2)
	}
	var violation *Violation
	switch {
	case err == nil:
		q, vs := Inspect(b[:n], v, from)
		if len(vs) > 0 {
			t.Errorf("%s %x: strict decode accepts it, Inspect says %s", v, b, brief(vs))
		}
		if !samePacket(got, q) {
			t.Errorf("%s %x: Decode gives %s, Inspect %s", v, b, got, q)
		}
	case errors.As(err, &violation):
		if n > 0 {
			_, vs = Inspect(b[:n], v, from)
		}
		if len(vs) == 0 || vs[0] != *violation {
			t.Errorf("%s %x: strict decode says %v, Inspect says %s", v, b, err, brief(vs))
		}
		if got != nil {
			t.Errorf("%s %x: a packet and an error", v, b)
		}
	default:
		if !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s %x: %v", v, b, err)
		}
		if len(vs) == 0 || vs[len(vs)-1].Text[:28] != ruleIncomplete.text[:28] {
			t.Errorf("%s %x: incomplete, but Inspect says %s", v, b, brief(vs))
		}
	}
}

// samePacket compares packets by what is in them; nil and empty lists of
// properties are the same.
func samePacket(a, b Packet) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return reflect.DeepEqual(normal(a.Clone()), normal(b.Clone()))
}

func normal(p Packet) Packet {
	switch p := p.(type) {
	case *Subscribe:
		if len(p.Subscriptions) == 0 {
			p.Subscriptions = nil
		}
	case *Unsubscribe:
		if len(p.Filters) == 0 {
			p.Filters = nil
		}
	}
	return p
}

func TestInspectKeepsWrongValues(t *testing.T) {
	for _, test := range []struct {
		name, hex string
		from      Sender
		want      Packet
	}{
		{"undefined code", "2003 0077 00", FromServer, &Connack{Code: 0x77}},
		{"reserved bits of CONNACK", "2003 8100 00", FromServer, &Connack{SessionPresent: true, Reserved: 0x80}},
		{"reserved options", "8207 0001 00 0001 61 c1", FromClient,
			&Subscribe{PacketID: 1, Subscriptions: []Subscription{{Filter: Text("a"), QoS: 1, Reserved: 0xC0}}}},
		{"QoS 3", "3606 0001 61 0001 00", FromServer, &Publish{Topic: Text("a"), QoS: 3, Payload: []byte{0, 1, 0}}},
		{"misplaced property", "e006 00 04 1f0001 61", FromClient, &Disconnect{Properties: Properties{Data(ReasonString, "a")}}},
		{"all that comes before an unknown one", "3009 0001 61 04 0101 7f00 78", FromServer,
			&Publish{Topic: Text("a"), Properties: Properties{Int(PayloadFormatIndicator, 1)}, Payload: []byte("x")}},
		{"cut payload", "3009 0001 61 00 78", FromServer, &Publish{Topic: Text("a"), Payload: []byte("x")}},
		{"cut topic", "3009 0004 61", FromServer, &Publish{Topic: Text("a")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, _ := Inspect(fromHex(t, test.hex), V5, test.from)
			if !reflect.DeepEqual(p, test.want) {
				t.Errorf("got %#v\nwant %#v", p, test.want)
			}
		})
	}
}

func TestFrameSize(t *testing.T) {
	for _, test := range []struct {
		hex  string
		n    int
		ok   bool
		fail bool
	}{
		{"", 0, false, false},
		{"30", 0, false, false},
		{"3000", 2, true, false},
		{"307f", 129, true, false},
		{"3080", 0, false, false},
		{"308001", 131, true, false},
		{"30ffffff7f", 268_435_460, true, false},
		{"3080808000", 5, true, false},
		{"30ffffff", 0, false, false},
		{"30ffffffff", 0, false, true},
		{"3080808080", 0, false, true},
	} {
		n, ok, err := FrameSize(fromHex(t, test.hex))
		if ok != test.ok || ok && n != test.n || (err != nil) != test.fail {
			t.Errorf("%s: %d %v %v", test.hex, n, ok, err)
		}
	}
}

func TestDecoderReusesWhatItOwns(t *testing.T) {
	d := Decoder{Version: V5, From: FromServer}
	first := fromHex(t, "300a 0001 61 06 26 0001 6b 0000")
	if _, _, err := d.Decode(first); err != nil {
		t.Fatal(err)
	}
	p, n, err := d.Decode(fromHex(t, "3004 0001 62 00 ffff"))
	if err != nil || n != 6 || !reflect.DeepEqual(p, &Publish{Topic: Text("b"), Payload: []byte{}}) {
		t.Errorf("%v %d %v: the properties of the packet before shine through", p, n, err)
	}
	kept := p.Clone()
	for range 3 {
		if _, _, err := d.Decode(first); err != nil {
			t.Fatal(err)
		}
	}
	if kept.(*Publish).Topic.String() != "b" {
		t.Error("a clone must outlive the packet")
	}
}

func TestStringHidesSecretsAndQuotes(t *testing.T) {
	p := &Connect{ClientID: Text("a\x1b[31m\nb"), User: Text("alice"), Password: []byte("hunter2"),
		Properties: Properties{Data(AuthenticationMethod, "SCRAM"), Data(AuthenticationData, "hunter3")}}
	s := p.String()
	for _, secret := range []string{"alice", "hunter", "\x1b", "\n"} {
		if strings.Contains(s, secret) {
			t.Errorf("%q shows %q", s, secret)
		}
	}
	if !strings.HasSuffix(s, " user password") {
		t.Errorf("%q does not say that user and password are there", s)
	}
	b, err := p.Append(nil, V5)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(b) + 1 {
		for _, secret := range []string{"alice", "hunter", "hunt", "61 6c 69", "68 75 6e"} {
			if s := Dump(b[:n], V5, FromClient); strings.Contains(s, secret) {
				t.Errorf("the dump of %d bytes shows %q:\n%s", n, secret, s)
			}
		}
	}
	long := &Publish{Topic: Text("t"), Payload: bytes.Repeat([]byte("x"), 10_000)}
	if s := long.String(); len(s) > 200 || !strings.Contains(s, "(10000 bytes)") {
		t.Errorf("%q", s)
	}
	plain := &Publish{Topic: Text("t=a/b"), QoS: 1, PacketID: 7, Dup: true, Retain: true, Payload: []byte("17.2")}
	if got, want := plain.String(), `PUBLISH t="t=a/b" qos=1 id=7 dup retain payload="17.2" (4 bytes)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
