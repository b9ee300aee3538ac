package judge

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// limits judges what the broker sends on a connection of 5.0 against the limits
// that the client set in CONNECT.
func (j *judge) limits(c *conn) {
	if c.version != spec.V5 || c.connect == nil || c.broken <= c.connectAt {
		return // what a wrong CONNECT says sets no limit
	}
	ps := c.connect.Properties
	size := ps.Int(codec.MaximumPacketSize, 0)
	aliases := ps.Int(codec.TopicAliasMaximum, 0)
	quota := int(ps.Int(codec.ReceiveMaximum, 65535))
	under := map[uint16]bool{} // PUBLISH read and not yet acknowledged
	for _, i := range c.events {
		e := &j.trace[i]
		if e.Dir == out {
			acknowledges(under, e.Packet)
			continue
		}
		if length := len(e.Data) + e.Cut; size > 0 {
			if r := only5("MQTT-3.1.2-24"); length > int(size) {
				j.broken(c, i, r, fmt.Sprintf("no packet above the client's Maximum Packet Size %d", size), "%d bytes", length)
				j.tooMuch(c, e.Packet, i, length, int(size))
			} else {
				j.kept(c, r)
			}
		}
		p, ok := e.Packet.(*codec.Publish)
		if !ok {
			continue
		}
		j.alias(c, p, i, aliases)
		if p.QoS == 0 || c.broken < i {
			continue // a wrong acknowledgement leaves open what is under way
		}
		under[p.PacketID] = true
		if r := only5("MQTT-3.3.4-9"); len(under) > quota {
			j.broken(c, i, r, fmt.Sprintf("at most %d messages that the client has not acknowledged", quota), "%d", len(under))
		} else if len(under) == quota {
			j.kept(c, r)
		}
	}
}

// tooMuch judges the Reason String and the User Properties of a packet of length
// bytes that is above the client's Maximum Packet Size: each that makes it so
// large without the other.
func (j *judge) tooMuch(c *conn, p codec.Packet, i, length, size int) {
	if p == nil {
		return
	}
	cost := map[codec.PropertyID]int{}
	for _, property := range propertiesOf(p) {
		cost[property.ID] += len("i\x00\x00") + len(property.Data)
		if property.ID == codec.UserProperty {
			cost[property.ID] += len("\x00\x00") + len(property.Name)
		}
	}
	for _, id := range []codec.PropertyID{codec.ReasonString, codec.UserProperty} {
		other := codec.ReasonString + codec.UserProperty - id
		if r, ok := extras[p.Type()][id]; ok && cost[id] > 0 && length-cost[other] > size {
			j.broken(c, i, r, fmt.Sprintf("no %s that makes the %s larger than the client's Maximum Packet Size %d", id, p.Type(), size), "%s", p)
		}
	}
}

// propertiesOf gives the properties of a packet of the broker.
func propertiesOf(p codec.Packet) codec.Properties {
	switch p := p.(type) {
	case *codec.Connack:
		return p.Properties
	case *codec.Publish:
		return p.Properties
	case *codec.Puback:
		return p.Properties
	case *codec.Pubrec:
		return p.Properties
	case *codec.Pubrel:
		return p.Properties
	case *codec.Pubcomp:
		return p.Properties
	case *codec.Suback:
		return p.Properties
	case *codec.Unsuback:
		return p.Properties
	case *codec.Disconnect:
		return p.Properties
	case *codec.Auth:
		return p.Properties
	}
	return nil
}

// extras are the properties that a sender must leave out where they make a packet
// too large for its receiver, with the statement that says so.
var extras = map[codec.Type]map[codec.PropertyID]rule{
	codec.CONNACK:    extra("MQTT-3.2.2-19", "MQTT-3.2.2-20"),
	codec.PUBACK:     extra("MQTT-3.4.2-2", "MQTT-3.4.2-3"),
	codec.PUBREC:     extra("MQTT-3.5.2-2", "MQTT-3.5.2-3"),
	codec.PUBREL:     extra("MQTT-3.6.2-2", "MQTT-3.6.2-3"),
	codec.PUBCOMP:    extra("MQTT-3.7.2-2", "MQTT-3.7.2-3"),
	codec.SUBACK:     extra("MQTT-3.9.2-1", "MQTT-3.9.2-2"),
	codec.UNSUBACK:   extra("MQTT-3.11.2-1", "MQTT-3.11.2-2"),
	codec.DISCONNECT: extra("MQTT-3.14.2-3", "MQTT-3.14.2-4"),
	codec.AUTH:       extra("MQTT-3.15.2-2", "MQTT-3.15.2-3"),
}

func extra(reason, user string) map[codec.PropertyID]rule {
	return map[codec.PropertyID]rule{codec.ReasonString: only5(reason), codec.UserProperty: only5(user)}
}

// acknowledges takes out of what is under way what the client's packet ends.
func acknowledges(under map[uint16]bool, p codec.Packet) {
	switch p := p.(type) {
	case *codec.Puback:
		delete(under, p.PacketID)
	case *codec.Pubcomp:
		delete(under, p.PacketID)
	case *codec.Pubrec:
		// A refused message is done with (5.0, 4.4.0-2); another one is not,
		// until PUBCOMP.
		if p.Code >= 0x80 {
			delete(under, p.PacketID)
		}
	}
}

// alias judges the Topic Alias of a delivery, and that it is known (3.3.2.3.4).
func (j *judge) alias(c *conn, p *codec.Publish, i int, most uint32) {
	r := only5("MQTT-3.1.2-26")
	if most == 0 {
		r = only5("MQTT-3.1.2-27")
	}
	alias := p.Properties.Int(codec.TopicAlias, 0)
	switch {
	case alias > most:
		j.broken(c, i, r, fmt.Sprintf("no Topic Alias above the client's maximum %d", most), "%s", p)
	case alias > 0 && j.byEvent[i] != nil && j.byEvent[i].topic == "":
		j.broken(c, i, only5("U5-3.3.2.1-u1"), "a Topic Name, or a Topic Alias that stands for one on this connection", "%s", p)
	case alias > 0 || most == 0:
		j.kept(c, r)
	}
}
