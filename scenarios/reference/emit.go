package reference

import "github.com/mqttproof/mqttproof/codec"

// spoil gives the bytes that go out for a packet. Without a fault they are its
// encoding.
func (c *conn) spoil(p codec.Packet) [][]byte {
	if c.heldByQuota(p) {
		return nil
	}
	switch p := p.(type) {
	case *codec.Suback:
		return c.spoilSuback(p)
	case *codec.Unsuback:
		return c.spoilUnsuback(p)
	case *codec.Publish:
		if p.QoS == 0 && c.is(packetIDAtQoS0) {
			return [][]byte{c.withIdentifier(p)}
		}
	case *codec.Puback:
		c.spoilAck(codec.PUBACK, &p.Ack)
	case *codec.Pubrec:
		c.spoilAck(codec.PUBREC, &p.Ack)
	case *codec.Pubrel:
		return [][]byte{c.spoilPubrel(p)}
	case *codec.Pubcomp:
		c.spoilAck(codec.PUBCOMP, &p.Ack)
	}
	return [][]byte{c.spoilt(p, c.encode(p))}
}
