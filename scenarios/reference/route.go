package reference

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// publish passes a message on to every session that has subscribed to it, and
// keeps it where it is retained. It says whether anyone gets it.
func (b *Broker) publish(m *message) (reached bool) {
	if m.withheld {
		return false
	}
	if m.retain {
		b.retain(m)
	}
	for _, s := range b.sessionsInOrder() {
		if b.deliverTo(s, m) {
			reached = true
		}
	}
	return b.deliverShared(m) || reached
}

// wanted says whether anyone has subscribed to the message.
func (b *Broker) wanted(m *message) bool {
	for _, s := range b.sessions {
		for _, sub := range s.subscriptions {
			if matches(sub.filter, m.topic) {
				return true
			}
		}
	}
	return false
}

// sessionsInOrder makes a run repeatable.
func (b *Broker) sessionsInOrder() []*session {
	return slices.SortedFunc(maps.Values(b.sessions), func(x, y *session) int { return cmp.Compare(x.id, y.id) })
}

// deliverTo gives the message to a session: one copy at the highest QoS of the
// subscriptions that match, or one for each (3.3.4).
func (b *Broker) deliverTo(s *session, m *message) bool {
	var copies []*delivery
	for _, sub := range s.subscriptions {
		if sub.share != "" || !matches(sub.filter, m.topic) || sub.noLocal && m.from == s.id && !s.is(noLocalIgnored) {
			continue
		}
		d := sub.delivery(m)
		if len(copies) == 0 || b.opts.CopyPerMatch {
			copies = append(copies, d)
			continue
		}
		one := copies[0]
		one.qos = max(one.qos, d.qos)
		one.retain = one.retain || d.retain
		one.identifiers = append(one.identifiers, d.identifiers...)
	}
	for _, d := range copies {
		s.deliver(d)
	}
	return len(copies) > 0
}

// delivery is the message on its way through this subscription: at the lower of
// the two QoS, and with RETAIN as the subscription wants it (3.3.1.3).
func (sub *subscription) delivery(m *message) *delivery {
	d := &delivery{message: m, qos: min(m.qos, sub.qos), retain: m.retain && sub.asPublished}
	if sub.identifier > 0 {
		d.identifiers = []uint32{sub.identifier}
	}
	return d
}

// deliverShared gives the message to one session of each shared subscription
// that matches: one that is connected, if there is any, each in turn (4.8.2).
func (b *Broker) deliverShared(m *message) (reached bool) {
	type member struct {
		s   *session
		sub *subscription
	}
	groups := map[string][]member{}
	for _, s := range b.sessionsInOrder() {
		for _, sub := range s.subscriptions {
			if sub.share != "" && matches(sub.filter, m.topic) {
				key := fmt.Sprintf("%s/%s", sub.share, sub.filter)
				groups[key] = append(groups[key], member{s, sub})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		members := groups[key]
		if here := slices.DeleteFunc(slices.Clone(members), func(m member) bool { return m.s.conn == nil }); len(here) > 0 {
			members = here
		}
		chosen := members[b.shares[key]%len(members)]
		b.shares[key]++
		d := chosen.sub.delivery(m)
		d.shared = true
		chosen.s.deliver(d)
		reached = true
	}
	return reached
}

// retain keeps the message as the retained one of its topic, or removes that
// one where the payload is empty (3.3.1.3).
func (b *Broker) retain(m *message) {
	if len(m.payload) == 0 {
		delete(b.retained, m.topic)
		return
	}
	b.retained[m.topic] = m
}
