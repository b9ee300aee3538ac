package judge

import (
	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// conn is what the judge remembers of one Network Connection.
type conn struct {
	version spec.Version
	// broken says that the client broke the protocol on it: rules that rest on
	// what the client sent no longer apply.
	broken bool
	// foreign says that the CONNECT named another protocol name or level than
	// those of the version in which the connection is read: the form of what
	// comes back follows whatever specification the broker chose.
	foreign bool
	resumed bool // the CONNACK said that a session was present

	connects, connacks int
	accepted           bool // a CONNACK with a code below 0x80 came
	serverDisconnected bool

	// Of the CONNECT.
	clean, method, wantsResponseInfo bool
	receiveMaximum                   uint32
	maxPacket                        uint32
	aliasMaximum                     uint32

	published    map[byte]map[uint16]int // by QoS: PUBLISH sent and not yet answered, counted
	subscribes   map[uint16][][]byte     // of each SUBSCRIBE, the QoS asked for each filter
	unsubscribes map[uint16][]int        // of each UNSUBSCRIBE, how many filters
	inflight     map[uint16]byte         // PUBLISH read and not yet acknowledged: its QoS
}

func newConn(v spec.Version) *conn {
	return &conn{
		version: v, receiveMaximum: 65535,
		published:  map[byte]map[uint16]int{1: {}, 2: {}},
		subscribes: map[uint16][][]byte{}, unsubscribes: map[uint16][]int{}, inflight: map[uint16]byte{},
	}
}

// sent notes a packet of the client.
func (c *conn) sent(e result.Event) {
	if len(e.Violations) > 0 || e.Packet == nil {
		c.broken = true
	}
	switch p := e.Packet.(type) {
	case *codec.Connect:
		c.connects++
		if c.connects > 1 {
			c.broken = true
		}
		c.foreign = c.foreign || (p.Level != 0 && p.Level != byte(c.version)) ||
			(p.Protocol != nil && p.Protocol.String() != protocolName(c.version))
		c.clean = p.CleanStart
		_, c.method = p.Properties.Find(codec.AuthenticationMethod)
		c.wantsResponseInfo = p.Properties.Int(codec.RequestResponseInformation, 0) == 1
		c.receiveMaximum = p.Properties.Int(codec.ReceiveMaximum, 65535)
		c.maxPacket = p.Properties.Int(codec.MaximumPacketSize, 0)
		c.aliasMaximum = p.Properties.Int(codec.TopicAliasMaximum, 0)
	case *codec.Publish:
		if p.QoS > 0 && p.QoS < 3 {
			c.published[p.QoS][p.PacketID]++
		}
	case *codec.Subscribe:
		asked := make([]byte, len(p.Subscriptions))
		for i, s := range p.Subscriptions {
			asked[i] = s.QoS
		}
		c.subscribes[p.PacketID] = append(c.subscribes[p.PacketID], asked)
	case *codec.Unsubscribe:
		c.unsubscribes[p.PacketID] = append(c.unsubscribes[p.PacketID], len(p.Filters))
	case *codec.Puback:
		delete(c.inflight, p.PacketID)
	case *codec.Pubcomp:
		delete(c.inflight, p.PacketID)
	case *codec.Pubrec:
		// A refused message is done with (5.0, 4.4.0-2); another one is not,
		// until PUBCOMP.
		if p.Code >= 0x80 {
			delete(c.inflight, p.PacketID)
		}
	case *codec.Connack, *codec.Suback, *codec.Unsuback, *codec.Pingresp:
		c.broken = true
	}
	if c.connects == 0 {
		c.broken = true
	}
}

// got notes a packet of the broker, after it was judged.
func (c *conn) got(p codec.Packet) {
	switch p := p.(type) {
	case *codec.Connack:
		c.connacks++
		c.accepted = c.accepted || p.Code < 0x80
		c.resumed = c.resumed || p.SessionPresent
	case *codec.Disconnect:
		c.serverDisconnected = true
	case *codec.Publish:
		if p.QoS > 0 {
			c.inflight[p.PacketID] = p.QoS
		}
	case *codec.Puback:
		forget(c.published[1], p.PacketID)
	case *codec.Pubrec:
		// Counted down at PUBCOMP only: a repeated PUBLISH gets a second PUBREC.
	case *codec.Pubcomp:
		delete(c.published[2], p.PacketID)
	case *codec.Suback:
		if open := c.subscribes[p.PacketID]; len(open) > 0 {
			c.subscribes[p.PacketID] = open[1:]
		}
	case *codec.Unsuback:
		if open := c.unsubscribes[p.PacketID]; len(open) > 0 {
			c.unsubscribes[p.PacketID] = open[1:]
		}
	}
}

// protocolName is the Protocol Name of the version (3.1.2.1).
func protocolName(v spec.Version) string {
	if v == spec.V31 {
		return "MQIsdp"
	}
	return "MQTT"
}

func forget(open map[uint16]int, id uint16) {
	if open[id]--; open[id] <= 0 {
		delete(open, id)
	}
}
