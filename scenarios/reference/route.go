package reference

import (
	"bytes"
	"math"
	"slices"
	"strings"
)

// publish passes a message on to every session that has subscribed to it, and
// keeps it where it is retained. It says whether anyone gets it.
func (b *Broker) publish(m *message) (reached bool) {
	if m.withheld {
		return false
	}
	b.retain(m)
	is := func(f *flaw) bool { return b.faults.has(f, m.version) }
	if is(emptyNotDelivered) && len(m.payload) == 0 && !m.retain || is(clearingNotDelivered) && len(m.payload) == 0 && m.retain ||
		is(repeatSuppressed) && b.repeats(m) {
		return true
	}
	if is(topicsLearned) && b.isNew(m) {
		return true
	}
	for _, s := range b.sessionsInOrder() {
		if b.deliverTo(s, m) {
			reached = true
			if is(onlyOneSubscriber) {
				break
			}
		}
	}
	return b.deliverShared(m) || reached
}

// repeats says whether the message is the one before on its topic once more.
func (b *Broker) repeats(m *message) bool {
	last := b.last[m.topic]
	b.last[m.topic] = m
	return last != nil && bytes.Equal(last.payload, m.payload)
}

// isNew says whether the message is the first one on its topic.
func (b *Broker) isNew(m *message) bool {
	last := b.last[m.topic]
	b.last[m.topic] = m
	return last == nil
}

// wanted says whether anyone has subscribed to the message.
func (b *Broker) wanted(m *message) bool {
	for _, s := range b.sessions {
		for _, sub := range s.subscriptions {
			if s.matches(sub, m.topic) {
				return true
			}
		}
	}
	return false
}

// sessionsInOrder are those that there are now, in an order that makes a run
// repeatable.
func (b *Broker) sessionsInOrder() []*session { return slices.Clone(b.byAge) }

// deliverTo gives the message to a session, and says whether it is for it.
func (b *Broker) deliverTo(s *session, m *message) bool {
	own := m.from == s.id
	member := false
	var matching []*subscription
	for _, sub := range s.subscriptions {
		switch {
		case !s.matches(sub, m.topic):
		case sub.share != "":
			member = true
		case own && (sub.noLocal && !s.is(noLocalIgnored) || s.is(noLocalAlways)):
		default:
			matching = append(matching, sub)
		}
	}
	if s.is(overlapNone) && len(matching) > 1 || s.is(sharedInsteadOfOwn) && member {
		return false
	}
	for _, d := range s.copies(m, matching) {
		s.deliver(d)
	}
	return len(matching) > 0
}

// copies are what a session gets of a message that these subscriptions match:
// one copy at the highest QoS of them, with the identifiers of all, or one for
// each (3.3.4; 3.3.5 in 3.1.1).
func (s *session) copies(m *message, matching []*subscription) (copies []*delivery) {
	for _, sub := range matching {
		d := s.delivery(sub, m)
		if len(copies) == 0 || s.b.opts.CopyPerMatch || s.is(resubscribeAdds) && sub.text == matching[0].text {
			copies = append(copies, d)
			continue
		}
		one := copies[0]
		one.retain = one.retain || d.retain
		switch {
		case s.is(overlapLowest):
			one.qos = min(one.qos, d.qos)
		case s.is(overlapLast):
			one.qos = d.qos
		case !s.is(overlapFirst):
			one.qos = max(one.qos, d.qos)
		}
		if !s.is(identifierFirstOnly) {
			one.identifiers = append(one.identifiers, d.identifiers...)
		}
	}
	for i, d := range copies {
		switch {
		case s.is(identifierNotOverlap) && len(matching) > 1, s.is(identifierOnFirst) && i > 0:
			d.identifiers = nil
		case s.is(identifierOfFirst):
			d.identifiers = copies[0].identifiers
		}
	}
	if s.is(overlapTooMany) && len(matching) > 1 {
		again := *copies[0]
		copies = append(copies, &again)
	}
	return copies
}

// delivery is the message on its way through a subscription: at the lower of the
// two QoS (MQTT-3.8.4-8; 3.8.4-6 in 3.1.1), and with RETAIN as the subscription
// wants it (3.3.1.3).
func (s *session) delivery(sub *subscription, m *message) *delivery {
	d := &delivery{message: m, qos: s.qosFor(sub, m), retain: s.retainFor(sub, m), filter: sub.filter}
	if sub.identifier > 0 && !s.is(identifierDropped) {
		d.identifiers = []uint32{sub.identifier}
	}
	switch {
	case s.is(identifierZero) && sub.identifier == 0:
		d.identifiers = []uint32{0}
	case s.is(identifiersOfAll):
		d.identifiers = identifiers(s.subscriptions)
	}
	switch topic := m.topic; {
	case s.is(topicIsFilter):
		d.message = m.under(sub.filter)
	case s.is(topicExtended) && len(topic)+2 <= math.MaxUint16: // more has no encoding
		d.message = m.under(topic + "/x")
	case s.is(topicsCut) && len(topic) > 8192:
		d.message = m.under(topic[:8192])
	case s.is(topicsFiltered):
		d.message = m.under(strings.Map(printable, topic))
	}
	return d
}

func (s *session) qosFor(sub *subscription, m *message) byte {
	switch {
	case s.is(deliveredAboveGranted):
		return m.qos
	case s.is(deliveredAtGranted):
		return sub.qos
	case s.is(deliveredAtQoS0), s.is(subackGrantsFalsely):
		return 0
	case s.is(deliveredAtMost1):
		return min(m.qos, sub.qos, 1)
	}
	return min(m.qos, sub.qos)
}

func (s *session) retainFor(sub *subscription, m *message) bool {
	switch {
	case s.is(liveFlagKept), s.is(queuedFlagKept) && s.conn == nil:
		return m.retain
	case s.is(liveFlagAlways):
		return true
	case s.is(asPublishedClears):
		return false
	case s.is(asPublishedSets):
		return sub.asPublished
	}
	return m.retain && sub.asPublished
}

// under is the message with another topic, which is wrong.
func (m *message) under(topic string) *message {
	renamed := *m
	renamed.topic = topic
	return &renamed
}

// printable replaces what has no picture.
func printable(r rune) rune {
	if r < ' ' || r >= 0x7F && r <= 0x9F {
		return '?'
	}
	return r
}

func identifiers(subs []*subscription) (list []uint32) {
	for _, sub := range subs {
		if sub.identifier > 0 {
			list = append(list, sub.identifier)
		}
	}
	return list
}
