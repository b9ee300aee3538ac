package reference

import (
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// published handles a PUBLISH of the client (3.3, 4.3).
func (c *conn) published(p *codec.Publish) {
	topic, ok := c.topic(p)
	if !ok || !c.withinLimits(p) {
		return
	}
	c.judgePublish(p)
	m := c.newMessage(topic, p.Payload, p.QoS, p.Retain, p.Properties)
	m.withheld = strings.HasPrefix(topic, "$") && !c.b.opts.DollarTopics && !c.is(dollarExchanged)
	switch p.QoS {
	case 0:
		c.b.publish(m)
	case 1:
		reached := c.b.publish(m)
		if !c.is(publishUnacknowledged) {
			c.send(&codec.Puback{Ack: c.ack(p.PacketID, reached)})
		}
	case 2:
		c.publishedAt2(p.PacketID, m)
	}
}

// publishedAt2 takes a QoS 2 message once, however often its PUBLISH comes
// before the PUBREL (MQTT-4.3.3-10; 4.3.3-2 in 3.1.1).
func (c *conn) publishedAt2(id uint16, m *message) {
	s := c.session
	reached := true
	if _, again := s.taken[id]; !again || c.is(qos2TakenTwice) {
		s.taken[id] = m
		s.usedByClient[id] = true
		if c.b.opts.PublishAtPubrel {
			reached = c.b.wanted(m)
		} else {
			s.taken[id] = nil
			reached = c.b.publish(m)
		}
	}
	if !c.is(pubrecNeverSent) {
		c.send(&codec.Pubrec{Ack: c.ack(id, reached)})
	}
}

// releasedByClient handles PUBREL, which is always answered (MQTT-4.3.3-11).
func (c *conn) releasedByClient(p *codec.Pubrel) {
	s := c.session
	m, known := s.taken[p.PacketID]
	c.judgePubrel(p, known)
	if m != nil {
		c.b.publish(m)
	}
	if !c.is(pubrelForgetsNothing) {
		delete(s.taken, p.PacketID)
	}
	ack := codec.Ack{PacketID: p.PacketID}
	if !known {
		if c.version == codec.V5 {
			ack.Code = codeIDNotFound
		}
	}
	if !c.is(pubcompNeverSent) {
		c.send(&codec.Pubcomp{Ack: ack})
	}
}

// ack is the answer to a message that nobody, or somebody, gets.
func (c *conn) ack(id uint16, reached bool) codec.Ack {
	a := codec.Ack{PacketID: id}
	if !reached && c.b.opts.NoSubscribersCode && c.version == codec.V5 {
		a.Code = codeNoSubscribers
	}
	return a
}

// topic gives the Topic Name, which may stand behind an alias (3.3.2.3.4).
func (c *conn) topic(p *codec.Publish) (topic string, ok bool) {
	alias, used := p.Properties.Find(codec.TopicAlias)
	if !used || c.version != codec.V5 {
		return p.Topic.String(), true
	}
	a := uint16(alias.Int)
	if a > c.b.opts.TopicAliasMaximum && !c.is(aliasAboveMaximumTaken) {
		c.broke(ruleAliasMaximum, p)
		c.refuse(codeAliasInvalid)
		return "", false
	}
	if len(p.Topic) > 0 {
		c.aliases[a] = p.Topic.String()
		return p.Topic.String(), true
	}
	topic, known := c.aliases[a]
	if !known && !c.is(unknownAliasTaken) {
		c.broke(ruleAliasUnknown, p)
		c.refuse(codeProtocolError)
		return "", false
	}
	return topic, true
}

// withinLimits ends the connection of a client that goes past what was declared.
func (c *conn) withinLimits(p *codec.Publish) bool {
	if c.version != codec.V5 {
		return true
	}
	o := &c.b.opts
	switch {
	case p.QoS > o.MaximumQoS && !c.is(qosUnlimited):
		c.broke(ruleMaximumQoS, p)
		c.refuse(codeQoSNotSupported)
	case p.Retain && o.NoRetained && !c.is(retainUnlimited):
		c.broke(ruleNoRetained, p)
		c.refuse(codeRetainNotSupported)
	case p.QoS > 0 && o.ReceiveMaximum > 0 && c.overReceiveMaximum(p) && !c.is(receiveMaximumUnwatched):
		c.broke(ruleReceiveMaximum, p)
		c.refuse(codeReceiveMaximum)
	default:
		return true
	}
	return false
}

// overReceiveMaximum counts what is open: a QoS 1 message is answered at once, so
// only those of QoS 2 between PUBLISH and PUBREL are.
func (c *conn) overReceiveMaximum(p *codec.Publish) bool {
	open := len(c.session.taken)
	if _, again := c.session.taken[p.PacketID]; p.QoS == 1 || !again {
		open++
	}
	return open > int(c.b.opts.ReceiveMaximum)
}
