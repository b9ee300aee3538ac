package reference

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec"
)

// spoilReceived applies the faults in how a message of a client is taken.
func (c *conn) spoilReceived(p *codec.Publish, m *message) {
	s := c.session
	m.dup = p.Dup
	if d := s.find(p.PacketID); p.QoS > 0 && d != nil && s.is(packetIDsConfused) {
		s.done(d)
	}
	if c.is(identifierForwarded) {
		for _, property := range p.Properties {
			if property.ID == codec.SubscriptionIdentifier {
				m.properties = append(m.properties, property)
			}
		}
	}
	if alias, ok := p.Properties.Find(codec.TopicAlias); ok && c.is(aliasForwarded) {
		m.properties = append(m.properties, alias)
	}
	counted := c.is(qos1Lost) && m.qos == 1 || c.is(qos2Lost) && m.qos == 2
	if counted {
		s.counted++
	}
	m.withheld = m.withheld || counted && s.counted%2 == 0
}

// spoilMessage applies the faults in a PUBLISH to a client.
func (s *session) spoilMessage(d *delivery, p *codec.Publish) {
	s.spoilDup(d, p)
	switch {
	case p.QoS == 0 && s.is(qos0SentAsQoS1):
		p.QoS = 1
		p.PacketID, _ = s.freeID(1)
	case s.is(topicIllFormed):
		p.Topic[len(p.Topic)-1] = 0xFF
	case s.is(longTopicCut):
		p.Topic = p.Topic[:min(len(p.Topic), 32_767)]
	case s.is(topicLeftOut):
		p.Topic = nil
	case s.is(propertiesBefore5) && d.version == codec.V5:
		p.Payload = append([]byte{0}, p.Payload...)
	case s.is(payloadCut):
		p.Payload, _, _ = bytes.Cut(p.Payload, []byte{0})
	case s.is(textInLatin1) && p.Properties.Int(codec.PayloadFormatIndicator, 0) == 1:
		p.Payload = inLatin1(p.Payload)
	case s.is(payloadShort) && len(p.Payload) > 0:
		p.Payload = p.Payload[:len(p.Payload)-1]
	}
	if s.version == codec.V5 {
		p.Properties = s.spoilProperties(d, p.Properties)
	}
	if d.attempts > 1 && s.is(identifierReverted) {
		p.Properties = s.withEarlier(p.Properties)
	}
}

// inLatin1 writes the characters that Latin-1 has in a byte each.
func inLatin1(text []byte) (data []byte) {
	for _, r := range string(text) {
		if r <= 0xFF {
			data = append(data, byte(r))
		} else {
			data = utf8.AppendRune(data, r)
		}
	}
	return data
}

// withEarlier gives the properties with the Subscription Identifiers that the
// subscriptions had before.
func (s *session) withEarlier(ps codec.Properties) codec.Properties {
	ps = ps.Clone()
	for i, p := range ps {
		for _, sub := range s.subscriptions {
			if p.ID == codec.SubscriptionIdentifier && p.Int == sub.identifier && sub.earlier > 0 {
				ps[i].Int = sub.earlier
			}
		}
	}
	return ps
}

func (s *session) spoilDup(d *delivery, p *codec.Publish) {
	first := !p.Dup
	switch {
	case p.QoS == 0:
		p.Dup = s.is(dupSetAtQoS0) || s.is(dupSetWhenLowered) && d.message.qos > 0 || s.is(dupCopiedAtQoS0) && d.dup
	case first:
		p.Dup = s.is(dupAlwaysSet) || s.is(dupAlwaysSetAt1) && p.QoS == 1 || s.is(dupAlwaysSetAt2) && p.QoS == 2 ||
			s.is(dupCopied) && d.dup && !d.stored || s.is(dupCopiedToRetained) && d.dup && d.stored
	case s.is(dupNeverSet), s.is(dupMissingAt2) && p.QoS == 2, s.is(dupMissingLater) && d.attempts > 2:
		p.Dup = false
	}
}

// spoilProperties applies the faults in the properties of a message.
func (s *session) spoilProperties(d *delivery, ps codec.Properties) codec.Properties {
	for _, f := range []struct {
		on bool
		id codec.PropertyID
	}{
		{s.is(formatDropped), codec.PayloadFormatIndicator},
		{s.is(contentTypeDropped), codec.ContentType},
		{s.is(responseTopicDropped), codec.ResponseTopic},
		{s.is(correlationDropped), codec.CorrelationData},
		{s.is(usersDropped) || s.is(usersLostInQueue) && d.waited ||
			s.is(usersTakenForProblems) && !s.conn.problems, codec.UserProperty},
		{s.is(expiryDropped), codec.MessageExpiryInterval},
	} {
		if f.on {
			ps = slices.DeleteFunc(ps, func(p codec.Property) bool { return p.ID == f.id })
		}
	}
	for i := range ps {
		s.spoilValue(d, &ps[i])
	}
	for _, f := range []struct {
		flaw *flaw
		id   codec.PropertyID
	}{
		{contentTypeTwice, codec.ContentType}, {responseTopicTwice, codec.ResponseTopic}, {correlationTwice, codec.CorrelationData},
	} {
		if p, ok := ps.Find(f.id); ok && s.is(f.flaw) {
			ps = append(ps, p)
		}
	}
	if _, has := ps.Find(codec.ResponseTopic); !has && s.is(responseTopicWildcard) {
		ps = append(ps, codec.Data(codec.ResponseTopic, "answers/#"))
	}
	return s.spoilUsers(ps)
}

func (s *session) spoilValue(d *delivery, p *codec.Property) {
	switch {
	case p.ID == codec.PayloadFormatIndicator && (s.is(formatAltered) || s.is(formatOfIllFormed) && !utf8.Valid(d.payload)):
		p.Int = 0
	case p.ID == codec.PayloadFormatIndicator && s.is(formatSet):
		p.Int = 1
	case p.ID == codec.ContentType && s.is(contentTypeAltered):
		p.Data = bytes.ToLower(p.Data)
	case p.ID == codec.ContentType && s.is(contentTypeIllFormed),
		p.ID == codec.ResponseTopic && s.is(responseTopicIllFormed):
		p.Data = append(slices.Clone(p.Data[:len(p.Data)-1]), 0xFF)
	case p.ID == codec.ResponseTopic && s.is(responseTopicMended):
		p.Data = bytes.Map(func(r rune) rune {
			if strings.ContainsRune("+#", r) {
				return -1
			}
			return r
		}, p.Data)
	case p.ID == codec.ResponseTopic && s.is(responseTopicAltered):
		if _, rest, ok := bytes.Cut(p.Data, []byte("/")); ok {
			p.Data = rest
		}
	case p.ID == codec.CorrelationData && s.is(correlationCut):
		p.Data, _, _ = bytes.Cut(p.Data, []byte{0})
	case p.ID == codec.UserProperty && s.is(usersLowered):
		p.Name = codec.Text(strings.ToLower(p.Name.String()))
	}
}

// spoilUsers applies the faults in the set and the order of User Properties.
func (s *session) spoilUsers(ps codec.Properties) codec.Properties {
	isUser := func(p codec.Property) bool { return p.ID == codec.UserProperty }
	var users codec.Properties
	for _, p := range ps {
		if isUser(p) {
			users = append(users, p)
		}
	}
	switch {
	case s.is(usersOnce):
		last := users
		users = nil
		for i, p := range last {
			if !slices.ContainsFunc(last[i+1:], func(q codec.Property) bool { return bytes.Equal(p.Name, q.Name) }) {
				users = append(users, p)
			}
		}
	case s.is(usersSorted):
		slices.SortStableFunc(users, func(p, q codec.Property) int { return cmp.Compare(p.Name.String(), q.Name.String()) })
	case s.is(usersReversed):
		slices.Reverse(users)
	default:
		return ps
	}
	return append(slices.DeleteFunc(ps, isUser), users...)
}

// withIdentifier gives the bytes of a QoS 0 PUBLISH with a Packet Identifier
// between the Topic Name and what follows it: to its reader the second byte and
// all behind it are payload, in 5.0 with a Property Length of 0 before it.
func (c *conn) withIdentifier(p *codec.Publish) []byte {
	whole := c.encode(p)
	header := 2
	for whole[header-1] >= 0x80 {
		header++
	}
	rest := whole[header+2+len(p.Topic):]
	q := *p
	q.Properties, q.Payload = nil, append([]byte{0, 1}, rest...)
	if c.version == codec.V5 {
		q.Payload = q.Payload[1:]
	}
	return c.encode(&q)
}

// wrongAlias puts a Topic Alias into a PUBLISH that no client allows, and says
// whether it did.
func (c *conn) wrongAlias(p *codec.Publish) bool {
	var alias uint32
	switch maximum := uint32(c.aliasMaximum); {
	case c.version != codec.V5:
		return false
	case maximum == 0 && c.is(aliasUnasked):
		alias = 1
	case maximum > 0 && maximum < 65535 && c.is(aliasAboveMaximumSent):
		alias = maximum + 1
	case maximum > 0 && c.is(aliasZeroSent):
		alias = 0
	default:
		return false
	}
	p.Properties = append(p.Properties, codec.Int(codec.TopicAlias, alias))
	return true
}
