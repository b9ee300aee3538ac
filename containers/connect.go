package containers

import (
	"encoding/binary"

	"github.com/mqttproof/mqttproof/codec"
)

// appendConnect stands in for codec's encoder until that exists.
func appendConnect(c *codec.Connect, v codec.Version) ([]byte, error) {
	text := func(b []byte, s []byte) []byte {
		return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	flags := byte(0x02)
	body := text(nil, []byte("MQTT"))
	if c.User != nil {
		flags |= 0x80
	}
	if c.Password != nil {
		flags |= 0x40
	}
	body = append(body, byte(v), flags, 0, 60)
	if v == codec.V5 {
		body = append(body, 0)
	}
	body = text(body, c.ClientID)
	if c.User != nil {
		body = text(body, c.User)
	}
	if c.Password != nil {
		body = text(body, c.Password)
	}
	return append(binary.AppendUvarint([]byte{0x10}, uint64(len(body))), body...), nil
}
