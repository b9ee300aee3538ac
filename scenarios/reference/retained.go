package reference

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// retain keeps the message as the retained one of its topic, or removes that
// one where the payload is empty (3.3.1.3). Only the publisher's version knows
// the faults of this.
func (b *Broker) retain(m *message) {
	is := func(f *flaw) bool { return b.faults.has(f, m.version) }
	old := b.retained[m.topic]
	if !m.retain {
		b.disturbed(m, is)
		return
	}
	switch empty := len(m.payload) == 0; {
	case empty && is(emptyRetained):
		b.retained[m.topic] = m
	case empty && (is(retainedNotCleared) || is(retainedClearedAtQoS0) && m.qos > 0):
	case empty:
		delete(b.retained, m.topic)
	case is(retainedNotStored), is(retainedQoS2NotStored) && m.qos == 2,
		is(retainedNotReplaced) && old != nil, is(retainedQoS0KeepsOld) && m.qos == 0:
	default:
		b.retained[m.topic] = b.stored(m, old, is)
	}
}

// stored is what is kept of a retained message: all of it.
func (b *Broker) stored(m, old *message, is func(*flaw) bool) *message {
	kept := *m
	switch {
	case is(retainedStoredBeside):
		kept.beside = old
	case is(retainedPartlyReplaced) && old != nil:
		kept.qos, kept.properties = old.qos, old.properties
	case is(retainedQoSNotStored):
		kept.qos = 0
	case is(retainedPropertiesLost):
		kept.properties = nil
	case is(retainedPropertiesSorted):
		kept.properties = byName(m.properties)
	}
	return &kept
}

// disturbed is what a message with RETAIN 0 does to the retained one of its
// topic: nothing (MQTT-3.3.1-8; 3.3.1-12 in 3.1.1), without a fault.
func (b *Broker) disturbed(m *message, is func(*flaw) bool) {
	_, there := b.retained[m.topic]
	switch empty := len(m.payload) == 0; {
	case is(plainRetained) && !there, is(plainReplaces) && there:
		b.retained[m.topic] = m
	case is(plainRemoves), is(emptyPlainRemoves) && empty:
		delete(b.retained, m.topic)
	}
}

// byName gives properties with the User Properties sorted by name, which is
// wrong.
func byName(ps codec.Properties) codec.Properties {
	ps = ps.Clone()
	slices.SortStableFunc(ps, func(x, y codec.Property) int { return strings.Compare(x.Name.String(), y.Name.String()) })
	return ps
}

// brings says whether a SUBSCRIBE brings the retained messages of a filter: as
// its Retain Handling says (3.8.3.1), which is 0 before 5.0. A shared
// subscription brings none (4.8.2).
func (s *session) brings(r request) bool {
	switch {
	case r.share != "":
		return s.is(retainedToShared)
	case s.is(retainedNotSent),
		s.is(retainedNotForWildcards) && hasWildcard(r.filter),
		s.is(retainedForFirstFilter) && r.place > 0:
		return false
	}
	switch r.handling {
	case 0:
		return r.isNew || !s.is(retainedNotSentAgain)
	case 1:
		return (r.isNew != s.is(handlingNewInverted) || s.is(handlingNewAlways)) && !s.is(handlingNewNever)
	}
	return s.is(handlingNeverSends) || r.isNew && s.is(handlingNeverSendsNew)
}

// sendRetained sends the retained messages that a subscription brings, with
// RETAIN 1 (3.3.1.3).
func (s *session) sendRetained(sub *subscription) {
	if s.b.opts.NoRetained && s.version == codec.V5 {
		return // 3.1.1, which has no way to say so, has them all the same
	}
	now := time.Now()
	for _, m := range slices.SortedFunc(maps.Values(s.b.retained), func(x, y *message) int { return cmp.Compare(x.topic, y.topic) }) {
		topic := m.topic
		if s.is(retainedDollarToAll) {
			topic = strings.TrimPrefix(topic, "$")
		}
		over := m.expired(now) && !s.is(retainedNeverExpires) || s.is(retainedFades) && now.Sub(m.taken) > time.Second
		if over || !s.matches(sub, topic) {
			continue
		}
		if m.beside != nil {
			s.deliver(s.retainedDelivery(sub, m.beside))
		}
		s.deliver(s.retainedDelivery(sub, m))
		m.sentTo = append(m.sentTo, s.id)
		if s.is(retainedSentOnce) {
			delete(s.b.retained, m.topic)
		}
		if s.is(retainedFirstOnly) {
			return
		}
	}
}

func (s *session) retainedDelivery(sub *subscription, m *message) *delivery {
	d := s.delivery(sub, m)
	d.stored = true
	d.retain = !s.is(retainedFlagCleared) &&
		!(s.is(retainedFlagForExact) && hasWildcard(sub.filter)) &&
		!(s.is(retainedFlagAsPublished) && !sub.asPublished)
	switch {
	case s.is(retainedAboveGranted):
		d.qos = m.qos
	case s.is(retainedWithoutID):
		d.identifiers = nil
	case s.is(retainedNeverExpires) && m.expires, s.is(retainedExpiryStands):
		fresh := *m
		fresh.taken = time.Now()
		d.message = &fresh
	}
	return d
}

// forgetRetained removes the retained messages that a fault binds to a session
// which has ended. They are no part of it (4.1; MQTT-3.1.2-7 in 3.1.1).
func (s *session) forgetRetained() {
	maps.DeleteFunc(s.b.retained, func(_ string, m *message) bool {
		return s.is(retainedEndsWithOwner) && m.from == s.id || s.is(retainedEndsWithReader) && slices.Contains(m.sentTo, s.id)
	})
}
