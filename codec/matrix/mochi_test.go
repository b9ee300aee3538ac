package matrix

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/mqttproof/mqttproof/codec"
)

// mochi reads a packet with the codec of mochi and the checks that it makes of one
// packet. It does not know who sent it.
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

func TestAgainstMochi(t *testing.T) { differ(t, "mochi", compareMochi) }

// FuzzAgainstMochi looks for disagreements that the matrix does not have.
func FuzzAgainstMochi(f *testing.F) { fuzzPeer(f, "mochi", compareMochi) }

func compareMochi(_ *testing.T, b []byte, v codec.Version, from codec.Sender) (difference, bool) {
	if level, ok := codec.ConnectVersion(b); ok && level >= codec.V31 && level <= codec.V5 {
		v = level // which mochi goes by
	}
	p, n, err := codec.Decode(b, v, from)
	if errors.Is(err, codec.ErrIncomplete) {
		return difference{}, false // which mochi leaves to its reader
	}
	if n == 0 {
		n = len(b)
	}
	return between(v, p, err, mochi(b[:n], v))
}
