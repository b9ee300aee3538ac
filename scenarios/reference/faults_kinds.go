package reference

import (
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// mistake is an error of a client that shows in one packet.
type mistake struct {
	*codec.Violation
	packet codec.Packet // as far as it can be read
	frame  []byte
}

// in says whether it stands in a packet of this type.
func (m *mistake) in(t codec.Type) bool { return m.packet != nil && m.packet.Type() == t }

// at says whether it stands in the field or property of this name.
func (m *mistake) at(field string) bool { return strings.HasSuffix(m.Text, ": "+field) }

// missing makes the broker not see such errors.
func (f *flaw) missing(such func(*mistake) bool) *flaw {
	f.misses = such
	return f
}

// taking makes the broker see such errors and leave the connection open; such may
// answer them.
func (f *flaw) taking(such func(*conn, *mistake) bool) *flaw {
	f.takes = such
	return f
}

// dropping makes the broker see such errors, and do nothing with the packet.
func (f *flaw) dropping(such func(*mistake) bool) *flaw {
	return f.taking(func(_ *conn, m *mistake) bool { return such(m) })
}

// spoiling changes the bytes of packets that are sent.
func (f *flaw) spoiling(change func(c *conn, p codec.Packet, data []byte) []byte) *flaw {
	f.spoils = change
	return f
}

// sees says whether the connection looks at an error.
func (c *conn) sees(m *mistake) bool {
	for f := range c.b.faults.on {
		if f.misses != nil && c.is(f) && f.misses(m) {
			return false
		}
	}
	return true
}

// tolerates says whether a fault leaves the connection open after an error.
func (c *conn) tolerates(m *mistake) bool {
	for f := range c.b.faults.on {
		if f.takes != nil && c.is(f) && f.takes(c, m) {
			return true
		}
	}
	return false
}

// spoilt gives the bytes of a packet as the faults leave them.
func (c *conn) spoilt(p codec.Packet, data []byte) []byte {
	for f := range c.b.faults.on {
		if f.spoils != nil && c.is(f) {
			data = f.spoils(c, p, data)
		}
	}
	return data
}
