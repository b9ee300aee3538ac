package judge

import (
	"math"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// never is the place in the trace of what did not happen.
const never = math.MaxInt

// conn is one Network Connection. Its fields are places in the trace, or never.
type conn struct {
	number  int
	version spec.Version
	events  []int // of its packets

	connect   *codec.Connect
	connectAt int
	connack   *codec.Connack // the first one
	connackAt int
	// disconnect is the client's DISCONNECT.
	disconnect   *codec.Disconnect
	disconnectAt int
	// ended is the close; never while it was open at the end of the trace.
	ended int
	ours  bool // we closed it

	// broken is where the client first broke the protocol on it: rules that rest
	// on what the client sent do not apply from there.
	broken int
	// foreign says that the CONNECT named another protocol name or level than
	// those of the version in which the connection is read: the form of what
	// comes back follows whatever specification the broker chose.
	foreign bool
	// session is nil unless a CONNACK accepted the client.
	session *session
	resumed bool // the CONNACK said that a session was present

	proofs []proof
	// Written and not yet answered, in the order of writing.
	pings                             []int
	publishes, releases, subs, unsubs map[uint16][]int

	subscribing   map[uint16][][]*subscription   // of each SUBSCRIBE that is open
	unsubscribing map[uint16][][][]*subscription // of each UNSUBSCRIBE, by filter
	aliasesOut    map[uint32]string              // Topic Aliases that the client set
	aliasesIn     map[uint32]string              // and the broker
}

// proof says that whatever the client wrote up to one event had been received
// by the broker at another.
type proof struct{ written, at int }

func newConn(number int, v spec.Version) *conn {
	return &conn{
		number: number, version: v, connectAt: never, connackAt: never, disconnectAt: never, ended: never, broken: never,
		publishes: map[uint16][]int{}, releases: map[uint16][]int{}, subs: map[uint16][]int{}, unsubs: map[uint16][]int{},
		subscribing: map[uint16][][]*subscription{}, unsubscribing: map[uint16][][][]*subscription{},
		aliasesOut: map[uint32]string{}, aliasesIn: map[uint32]string{},
	}
}

// accepted says whether a client that asked was let in.
func (c *conn) accepted() bool { return c.connect != nil && c.connack != nil && c.connack.Code == 0 }

// breaks notes that the client broke the protocol at the event.
func (c *conn) breaks(event int) { c.broken = min(c.broken, event) }

// received gives the event at which what was written is proven to have reached
// the broker; never if nothing proves it.
func (c *conn) received(written int) int {
	for _, p := range c.proofs {
		if p.written >= written {
			return p.at
		}
	}
	return never
}

// alive gives the last event that is proven to have reached the broker on the
// open connection: it was not closed before.
func (c *conn) alive() int {
	if n := len(c.proofs); n > 0 {
		return c.proofs[n-1].written
	}
	return never
}

// wrote notes a packet of the client that will be answered.
func (c *conn) wrote(p codec.Packet, event int) {
	switch p := p.(type) {
	case *codec.Pingreq:
		c.pings = append(c.pings, event)
	case *codec.Publish:
		if p.QoS > 0 {
			c.publishes[p.PacketID] = append(c.publishes[p.PacketID], event)
		}
	case *codec.Pubrel:
		c.releases[p.PacketID] = append(c.releases[p.PacketID], event)
	case *codec.Subscribe:
		c.subs[p.PacketID] = append(c.subs[p.PacketID], event)
	case *codec.Unsubscribe:
		c.unsubs[p.PacketID] = append(c.unsubs[p.PacketID], event)
	}
}

// answered notes what a packet of the broker proves: it had received the packet
// that this one answers, and all before it.
func (c *conn) answered(p codec.Packet, event int) {
	written := -1
	switch p := p.(type) {
	case *codec.Connack:
		if c.connect != nil {
			written = c.connectAt
		}
	case *codec.Pingresp:
		if len(c.pings) > 0 {
			written, c.pings = c.pings[0], c.pings[1:]
		}
	case *codec.Puback:
		written = c.pop(c.publishes, p.PacketID)
	case *codec.Pubrec:
		written = c.pop(c.publishes, p.PacketID)
	case *codec.Pubcomp:
		written = c.pop(c.releases, p.PacketID)
	case *codec.Suback:
		written = pop(c.subs, p.PacketID)
	case *codec.Unsuback:
		written = pop(c.unsubs, p.PacketID)
	}
	if n := len(c.proofs); written >= 0 && (n == 0 || c.proofs[n-1].written < written) {
		c.proofs = append(c.proofs, proof{written, event})
	}
}

// pop takes the oldest packet with the identifier. Where a session is resumed an
// acknowledgement may belong to what was sent on an earlier connection, and
// proves nothing.
func (c *conn) pop(open map[uint16][]int, id uint16) int {
	written := pop(open, id)
	if c.resumed {
		return -1
	}
	return written
}

func pop(open map[uint16][]int, id uint16) int {
	q := open[id]
	if len(q) == 0 {
		return -1
	}
	open[id] = q[1:]
	return q[0]
}

// protocolName is the Protocol Name of the version (3.1.2.1).
func protocolName(v spec.Version) string {
	if v == spec.V31 {
		return "MQIsdp"
	}
	return "MQTT"
}

// keepAlive gives the Keep Alive in force (5.0, 3.2.2.3.14); 0 for none.
func (c *conn) keepAlive() time.Duration {
	seconds := uint32(c.connect.KeepAlive)
	if c.connack != nil {
		seconds = c.connack.Properties.Int(codec.ServerKeepAlive, seconds)
	}
	return time.Duration(seconds) * time.Second
}
