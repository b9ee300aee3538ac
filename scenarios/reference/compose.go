package reference

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// packet is the PUBLISH of a delivery.
func (s *session) packet(d *delivery, again bool) *codec.Publish {
	p := &codec.Publish{
		Dup: again, QoS: d.qos, Retain: d.retain, Topic: codec.Text(d.topic), PacketID: d.id, Payload: d.payload,
	}
	if s.version == codec.V5 {
		p.Properties = s.properties(d)
	}
	return p
}

// properties are those of the message, unaltered and in order (3.3.2.3), and
// those of this hop.
func (s *session) properties(d *delivery) (ps codec.Properties) {
	for _, p := range d.message.properties {
		if p.ID == codec.PayloadFormatIndicator && p.Int == 0 && s.b.opts.DropFormat0 {
			continue
		}
		ps = append(ps, p)
	}
	if d.expires {
		left, _ := d.left(time.Now())
		if s.is(expiryUncounted) || s.is(expiryUncountedAway) && d.waited {
			left = d.lasts
		}
		ps = append(ps, codec.Int(codec.MessageExpiryInterval, left))
	}
	for _, id := range d.identifiers {
		ps = append(ps, codec.Int(codec.SubscriptionIdentifier, id))
	}
	if s.b.opts.AddUserProperty {
		ps = append(ps, codec.User("broker", "mqttproof reference"))
	}
	return ps
}

// alias puts a Topic Alias in place of the Topic Name, where the client allows
// it and we do so (3.3.2.3.4).
func (c *conn) alias(p *codec.Publish) {
	if c.wrongAlias(p) || !c.b.opts.SendAliases || c.version != codec.V5 || c.aliasMaximum == 0 {
		return
	}
	if c.is(aliasUnset) {
		c.sentAliases = c.session.sentAliases
	}
	topic := p.Topic.String()
	alias, known := c.sentAliases[topic]
	switch {
	case known:
	case len(c.sentAliases) < int(c.aliasMaximum), c.is(aliasOverrun):
		alias = uint16(len(c.sentAliases) + 1)
	default:
		return
	}
	with := *p
	with.Properties = append(codec.Properties{codec.Int(codec.TopicAlias, uint32(alias))}, p.Properties...)
	if known {
		with.Topic = codec.Text("")
	}
	if !c.fits(&with) {
		return // with the Topic Name alone it does
	}
	*p = with
	c.sentAliases[topic] = alias
	if c.is(aliasTwice) {
		p.Properties = append(p.Properties, codec.Int(codec.TopicAlias, uint32(alias)))
	}
}
