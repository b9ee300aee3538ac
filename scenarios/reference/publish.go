package reference

import (
	"strings"
	"time"

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
	if strings.HasPrefix(topic, "$") && !c.b.opts.DollarTopics && !c.is(dollarExchanged) {
		if c.b.opts.RefuseDollar {
			c.refuseMessage(p)
			return
		}
		m.withheld = true
	}
	c.spoilReceived(p, m)
	switch p.QoS {
	case 0:
		c.b.publish(m)
		if c.is(pubackForQoS0) {
			c.send(&codec.Puback{Ack: c.ack(1, true)})
		}
	case 1:
		c.publishedAt1(p.PacketID, m)
	case 2:
		c.publishedAt2(p.PacketID, m)
	}
}

// refuseMessage refuses a message that the client may not publish: by a Reason
// Code in 5.0 (3.4.2.1, 3.5.2.1), by the close before it, which has no other way
// but to acknowledge it all the same (3.1.1/MQTT-3.3.5-2).
func (c *conn) refuseMessage(p *codec.Publish) {
	ack := codec.Ack{PacketID: p.PacketID, Code: codeNotAuthorized}
	switch {
	case c.version != codec.V5:
		if !c.is(refusedSilently) {
			c.end()
		}
	case p.QoS == 1:
		c.send(&codec.Puback{Ack: ack})
	case p.QoS == 2:
		if c.is(refusedIdentifierKept) {
			c.session.taken[p.PacketID] = &message{passedOn: true}
		}
		c.send(&codec.Pubrec{Ack: ack}) // which frees the identifier (MQTT-4.3.3-9)
	}
}

// publishedAt1 takes a QoS 1 message. Its PUBACK frees the identifier
// (MQTT-4.3.2-5; 4.3.2-2 in 3.1.1).
func (c *conn) publishedAt1(id uint16, m *message) {
	s := c.session
	reached := true
	repeated := s.acknowledgedAt1[id] && (c.is(qos1IdentifierRemembered) || c.is(qos1DupDropped) && m.dup)
	if !repeated {
		reached = c.b.publish(m)
	}
	s.acknowledgedAt1[id] = true
	switch {
	case c.is(publishUnacknowledged):
	case c.is(pubrecForQoS1):
		c.send(&codec.Pubrec{Ack: c.ack(id, reached)})
	default:
		c.send(&codec.Puback{Ack: c.ack(id, reached)})
	}
}

// publishedAt2 takes a QoS 2 message once, however often its PUBLISH comes
// before the PUBREL (MQTT-4.3.3-10; 4.3.3-2 in 3.1.1).
func (c *conn) publishedAt2(id uint16, m *message) {
	s := c.session
	reached := true
	_, again := s.taken[id]
	if !again || c.is(qos2TakenTwice) || c.is(qos2TakenTwiceWithoutDup) && !m.dup {
		s.taken[id] = m
		s.usedByClient[id] = true
		if c.b.opts.PublishAtPubrel {
			reached = c.b.wanted(m)
		} else {
			m.passedOn = true
			reached = c.b.publish(m)
		}
	}
	switch {
	case c.is(pubrecNeverSent), again && c.is(pubrecMissingForRepetition):
	case c.is(pubackForQoS2):
		c.send(&codec.Puback{Ack: c.ack(id, reached)})
	default:
		c.send(&codec.Pubrec{Ack: c.ack(id, reached)})
	}
}

// releasedByClient handles PUBREL, which is always answered (MQTT-4.3.3-11).
func (c *conn) releasedByClient(p *codec.Pubrel) {
	s := c.session
	m, known := s.taken[p.PacketID]
	c.judgePubrel(p, known)
	if known && !m.passedOn {
		m.passedOn = true
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
	switch {
	case c.is(pubcompNeverSent), !known && c.is(pubcompMissingForUnknown), p.Code > 0 && c.is(pubcompMissingForCode):
	case known && c.is(pubcompMissingPastExpiry) && m.expired(time.Now()):
	default:
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
	if c.aboveAliasMaximum(a) {
		c.broke(ruleAliasMaximum, p)
		c.refuse(codeAliasInvalid)
		return "", false
	}
	aliases := c.aliasesOfClient()
	if len(p.Topic) > 0 {
		if aliases[a] == "" || !c.is(aliasNotChanged) {
			aliases[a] = p.Topic.String()
		}
		return p.Topic.String(), true
	}
	topic, known := aliases[a]
	if !known && !c.is(unknownAliasTaken) || c.is(aliasAloneRefused) {
		c.broke(ruleAliasUnknown, p)
		c.refuse(codeProtocolError)
		return "", false
	}
	return topic, true
}

// aboveAliasMaximum says whether we have declared that we take no such alias.
func (c *conn) aboveAliasMaximum(a uint16) bool {
	maximum := c.b.opts.TopicAliasMaximum
	switch {
	case maximum == 0:
		return !c.is(aliasWithoutPermissionTaken)
	case a == maximum:
		return c.is(aliasAtMaximumRefused)
	}
	return a > maximum && !c.is(aliasAboveMaximumTaken)
}

// aliasesOfClient are what the client has set on this connection
// (MQTT-3.3.2-7).
func (c *conn) aliasesOfClient() map[uint16]string {
	switch {
	case c.is(aliasShared):
		return c.b.aliases
	case c.is(aliasSurvives):
		return c.session.aliases
	}
	return c.aliases
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
	case p.Retain && (o.NoRetained && !c.is(retainUnlimited) || c.is(retainNotOffered)):
		c.broke(ruleNoRetained, p)
		if c.is(retainRefusedMistold) {
			c.refuse(codeProtocolError)
		}
		c.refuse(codeRetainNotSupported)
	case c.is(receiveMaximumUntold) && len(c.session.taken) > 50:
		c.refuse(codeReceiveMaximum)
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
