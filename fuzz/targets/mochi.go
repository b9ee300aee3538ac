package targets

import (
	"bytes"
	"fmt"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// Mochi is the codec of mochi-mqtt/server as a parser under test.
func Mochi(v codec.Version) parser.Parser {
	return peer("mochi", v, func(packet []byte) error { return mochi(packet, v) })
}

// mochi reads a packet with the codec of mochi and the checks that it makes of one
// packet. It does not know who sent it, and goes by the level of a CONNECT.
func mochi(b []byte, v codec.Version) error {
	if len(b) == 0 {
		return codec.ErrIncomplete // which mochi leaves to its reader, as below
	}
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
		err, validate = subscribe(&pk, body), pk.SubscribeValidate
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

// subscribe knows that mochi 2.7.9 panics where a SUBSCRIBE ends behind a Topic
// Filter, before its options: known, so that it is other panics that are found.
func subscribe(pk *packets.Packet, body []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return pk.SubscribeDecode(body)
}
