package matrix

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/mqttproof/mqttproof/codec"
)

// Where the codec of mochi refuses a packet that ours accepts, and why ours is
// right. Each entry is the text of mochi's error.
var stricterMochi = map[string]string{
	"topic alias invalid": "the Topic Alias Maximum is the connection's (5.0, 3.3.2.3.4), and mochi's PublishValidate is told 100 here",
	"protocol violation: contained subscription identifier":                     "a Server sends them (5.0, 3.3.4: it MUST send those Subscription Identifiers)",
	"malformed packet: offset byte out of range: malformed packet: reason code": "AUTH may be empty: the Reason Code and Property Length can be omitted if the Reason Code is 0x00 (5.0, 3.15.2.1)",
}

func mochi(b []byte, v codec.Version) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	pk := packets.Packet{ProtocolVersion: byte(v)}
	if err := pk.FixedHeader.Decode(b[0]); err != nil {
		return err
	}
	n, used, err := packets.DecodeLength(bytes.NewReader(b[1:]))
	if err != nil {
		return err
	}
	body := b[1+used:]
	if len(body) < n {
		return codec.ErrIncomplete
	}
	pk.FixedHeader.Remaining, body = n, body[:n]
	validate := func() packets.Code { return packets.CodeSuccess }
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err, validate = pk.ConnectDecode(body), pk.ConnectValidate
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Publish:
		err, validate = pk.PublishDecode(body), func() packets.Code { return pk.PublishValidate(100) }
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Pubrec:
		err = pk.PubrecDecode(body)
	case packets.Pubrel:
		err = pk.PubrelDecode(body)
	case packets.Pubcomp:
		err = pk.PubcompDecode(body)
	case packets.Subscribe:
		err, validate = pk.SubscribeDecode(body), pk.SubscribeValidate
	case packets.Suback:
		err = pk.SubackDecode(body)
	case packets.Unsubscribe:
		err, validate = pk.UnsubscribeDecode(body), pk.UnsubscribeValidate
	case packets.Unsuback:
		err = pk.UnsubackDecode(body)
	case packets.Disconnect:
		err = pk.DisconnectDecode(body)
	case packets.Auth:
		err = pk.AuthDecode(body)
	}
	if err != nil {
		return err
	}
	if code := validate(); code != packets.CodeSuccess {
		return code
	}
	return nil
}

// againstMochi reports a packet that mochi refuses and ours accepts, unless it
// is known why. The other way round needs no list: what ours refuses it refuses
// with the requirement that says so, and mochi leaves much unchecked.
func againstMochi(t *testing.T, b []byte, v codec.Version, from codec.Sender) {
	t.Helper()
	p, n, err := codec.Decode(b, v, from)
	if err != nil {
		return
	}
	if err := mochi(b[:n], v); err != nil && stricterMochi[err.Error()] == "" {
		t.Errorf("%s %x: %s; mochi says %v", v, b, p, err)
	}
}

func TestAgainstMochi(t *testing.T) {
	cases := Cases()
	for i := range cases {
		b, err := cases[i].Bytes()
		if err != nil {
			t.Fatal(err)
		}
		againstMochi(t, b, cases[i].Version, cases[i].From)
	}
}

// FuzzAgainstMochi looks for disagreements that the matrix does not have.
func FuzzAgainstMochi(f *testing.F) {
	cases := Cases()
	for i := range cases {
		if i%50 == 0 {
			b, err := cases[i].Bytes()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b, byte(cases[i].Version), byte(cases[i].From))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, version, from byte) {
		againstMochi(t, b, codec.V311+codec.Version(version%2), codec.Sender(from%3))
	})
}
