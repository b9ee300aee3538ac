package reference

import (
	"maps"
	"slices"
	"strings"
)

// member is a session with its part of a shared subscription (4.8.2).
type member struct {
	s   *session
	sub *subscription
}

// group names the shared subscription that a member belongs to: all with one
// ShareName and Topic Filter are the same one.
func (m member) group() string {
	if m.s.is(sharedOneName) {
		return m.sub.filter
	}
	return m.sub.share + "/" + m.sub.filter
}

// sharedFilter gives the Topic Filter behind the ShareName.
func (c *conn) sharedFilter(rest string) string {
	if c.is(shareFilterCut) {
		return rest[strings.LastIndex(rest, "/")+1:]
	}
	return rest
}

// deliverShared gives the message to one session of each shared subscription
// that matches.
func (b *Broker) deliverShared(m *message) (reached bool) {
	groups := b.groups(m.topic)
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		b.deliverToOne(groups[group], m)
		reached = true
	}
	return reached
}

// groups are the members of each shared subscription that matches a topic.
func (b *Broker) groups(topic string) map[string][]member {
	groups := map[string][]member{}
	for _, s := range b.byAge {
		for _, sub := range s.subscriptions {
			if m := (member{s, sub}); sub.share != "" && s.matches(sub, topic) {
				groups[m.group()] = append(groups[m.group()], m)
			}
		}
	}
	return groups
}

// deliverToOne gives the message to a member that is connected, if there is any,
// each in turn (4.8.2).
func (b *Broker) deliverToOne(members []member, m *message) {
	first := members[0]
	if here := slices.DeleteFunc(slices.Clone(members), func(m member) bool { return m.s.conn == nil }); len(here) > 0 {
		members = here
	}
	turn := b.shares[first.group()]
	b.shares[first.group()]++
	if first.s.is(sharedHalfLost) && turn%2 == 1 {
		return
	}
	if first.s.is(sharedToAll) {
		for _, one := range members {
			one.s.deliver(one.delivery(first, m, members))
		}
		return
	}
	chosen := members[turn%len(members)]
	chosen.s.deliver(chosen.delivery(first, m, members))
	for n := 1; chosen.s.is(sharedCopyForEach) && n < chosen.sub.times; n++ {
		chosen.s.deliver(chosen.delivery(first, m, members))
	}
}

// delivery is the message on its way to the member, at the QoS that was granted
// to it (MQTT-4.8.2-3).
func (m member) delivery(first member, sent *message, all []member) *delivery {
	d := m.s.delivery(m.sub, sent)
	d.share = m.sub
	switch s := m.s; {
	case s.is(sharedQoSOfFirst):
		d.qos = min(sent.qos, first.sub.qos)
	case s.is(sharedAbove):
		d.qos = sent.qos
	case s.is(identifiersOfMembers):
		d.identifiers = nil
		for _, other := range all {
			d.identifiers = append(d.identifiers, identifiers([]*subscription{other.sub})...)
		}
	}
	return d
}

// handOver passes on what shared subscriptions have given to a session that has
// ended: a message of QoS 1 should go to another member, one of QoS 2 that is
// under way must not (MQTT-4.8.2-5).
func (s *session) handOver() {
	for _, d := range slices.Concat(s.inflight, s.queue) {
		begun := d.id != 0
		switch {
		case d.share == nil, d.qos == 0, s.is(sharedLost) && d.qos == 1:
		case d.qos == 2 && begun && !(s.is(sharedHandedOver) && !d.released || s.is(sharedReleasedOver) && d.released):
		default:
			s.toOther(d)
		}
	}
}

// toOther gives a shared message to another member than this session.
func (s *session) toOther(d *delivery) {
	group := member{s, d.share}.group()
	others := slices.DeleteFunc(s.b.groups(d.topic)[group], func(m member) bool { return m.s == s })
	if len(others) > 0 {
		s.b.deliverToOne(others, d.message)
	}
}

// sharedBroken is what a connection that breaks does to the shared messages of
// QoS 2 under way on it: they wait for the session (MQTT-4.8.2-4).
func (s *session) sharedBroken() {
	if !s.is(sharedAbandoned) && !s.is(sharedMovedOn) {
		return
	}
	s.inflight = slices.DeleteFunc(s.inflight, func(d *delivery) bool {
		gone := d.share != nil && d.qos == 2
		if gone && s.is(sharedMovedOn) {
			s.toOther(d)
		}
		return gone
	})
}
