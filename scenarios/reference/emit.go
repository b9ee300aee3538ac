package reference

import "github.com/mqttproof/mqttproof/codec"

// spoil gives the bytes that go out for a packet. Without a fault they are its
// encoding.
func (c *conn) spoil(p codec.Packet) [][]byte {
	switch p := p.(type) {
	case *codec.Suback:
		return c.spoilSuback(p)
	case *codec.Unsuback:
		return c.spoilUnsuback(p)
	}
	if publish, ok := p.(*codec.Publish); ok {
		switch {
		case c.is(dupAlwaysSet) && publish.QoS > 0:
			publish.Dup = true
		case c.is(dupNeverSet):
			publish.Dup = false
		}
	}
	return [][]byte{c.spoilt(p, c.encode(p))}
}
