package judge

import (
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
)

var (
	retainFlagOfNew  = rule{"MQTT-3.3.1-8", "U5-3.8.3.1-u3"}
	retainFlagOfOld  = rule{"MQTT-3.3.1-9", "MQTT-3.3.1-12"}
	retainAsItWas    = only5("MQTT-3.3.1-13")
	retainEmpty      = rule{"MQTT-3.3.1-11", "MQTT-3.3.1-7"}
	retainHandling1  = only5("MQTT-3.3.1-10")
	retainHandling2  = only5("MQTT-3.3.1-11")
	retainReplaced   = both("MQTT-3.3.1-5")
	retainRemoved    = rule{"MQTT-3.3.1-10", "MQTT-3.3.1-6"}
	retainedMessages = rule{"MQTT-3.3.1-6", "MQTT-3.3.1-9"}
)

// routing is how long after its acknowledgement a message may still be on its
// way inside the broker: an acknowledgement says nothing of it.
const routing = time.Second

// retain judges the RETAIN flag, and which messages a new subscription brings.
func (j *judge) retain() {
	for _, d := range j.deliveries {
		if s := d.conn.session; d.fresh() && s.firm() {
			if subs := s.matching(d.topic); len(subs) > 0 && len(d.from) > 0 {
				j.retainFlag(d, subs)
			}
		}
	}
	for _, s := range j.all {
		if s.firm() {
			j.retainCopies(s)
		}
	}
	j.outdated()
	j.missingRetained()
}

// retainFlag judges the flag of a delivery that its subscriptions may explain.
func (j *judge) retainFlag(d *delivery, subs []*subscription) {
	retained, plain := false, false // how the message was published, if it is one of several
	first, last := never, 0         // when it was, at the earliest; and when at the latest
	for _, m := range d.from {
		if m.doubtful {
			return
		}
		retained, plain = retained || m.retain, plain || !m.retain
		first = min(first, m.earliest())
		last = max(last, m.earliest())
	}
	asPublished, not := false, false
	asked := never // the first SUBSCRIBE that may have brought it
	for _, s := range subs {
		if s.asked > d.event {
			continue
		}
		asPublished, not = asPublished || s.option.RetainAsPublished, not || !s.option.RetainAsPublished
		asked = min(asked, s.asked)
	}
	switch {
	case asked == never:
	case d.Retain && !retained:
		j.broken(d.conn, d.event, retainFlagOfOld, "RETAIN 0: the message was published with RETAIN 0", "%s", d.Publish)
	case d.Retain && !asPublished && d.payload == "" && j.established(d, subs, first):
		j.broken(d.conn, d.event, retainFlagOfOld, "RETAIN 0 through a subscription that is there already", "%s", d.Publish)
	case d.Retain && !asPublished && d.payload == "":
		j.broken(d.conn, d.event, retainEmpty, "no retained message without a payload", "%s", d.Publish)
	case d.Retain && !asPublished && j.established(d, subs, first) && !j.otherCopy(d, false) && d.QoS > 0:
		j.broken(d.conn, d.event, retainFlagOfOld, "RETAIN 0 through a subscription that is there already", "%s", d.Publish)
	case !d.Retain && !plain && asPublished && !not:
		j.broken(d.conn, d.event, retainAsItWas, "RETAIN 1 as it was published, or because it is retained", "%s", d.Publish)
	case !d.Retain && retained && !plain && j.settled(d, asked):
		j.broken(d.conn, d.event, retainFlagOfNew, "RETAIN 1 on what a new subscription brings", "%s", d.Publish)
	case d.Retain && asPublished && !not:
		j.kept(d.conn, retainAsItWas)
	case d.Retain:
		j.kept(d.conn, retainFlagOfNew)
	case retained && !not:
	case j.established(d, subs, first):
		j.kept(d.conn, retainFlagOfOld)
	}
}

// established says that each of the subscriptions was answered before the
// message was published, so that it comes through one that is there already.
func (j *judge) established(d *delivery, subs []*subscription, published int) bool {
	for _, s := range subs {
		if s.asked < d.event && !s.certain(published, published) {
			return false
		}
	}
	return true
}

// otherCopy says whether the same content came to the session with the other
// flag: then the one may be the message as it passed, the other the retained
// one, which was looked up at the same time.
func (j *judge) otherCopy(d *delivery, retain bool) bool {
	for _, m := range d.from {
		for _, o := range m.deliveries {
			if o != d && o.Retain == retain && o.conn.session == d.conn.session {
				return true
			}
		}
	}
	return false
}

// settled says that the message had passed long before the client first
// subscribed.
func (j *judge) settled(d *delivery, asked int) bool {
	for _, m := range d.from {
		if m.will || m.done == never || m.done > asked || j.at(asked)-j.at(m.done) < routing {
			return false
		}
	}
	return true
}

// retainCopies judges how often the retained message of a topic comes: once for
// each SUBSCRIBE that asks for it.
func (j *judge) retainCopies(s *session) {
	if s.conns[0].version != spec.V5 {
		return
	}
	counted := map[content]int{}
	for _, c := range s.conns {
		for _, i := range c.events {
			d := j.byEvent[i]
			if d == nil || !d.fresh() || !d.Retain || len(d.from) == 0 {
				continue
			}
			passes, retained := 0, 0
			for _, m := range d.from {
				passes += m.passes()
				if m.retain {
					retained += m.passes()
				}
			}
			asks, never1, never2, shared := 0, false, false, false
			for _, sub := range s.matching(d.topic) {
				switch {
				case sub.asked > d.event || sub.refused:
				case sub.option.RetainAsPublished:
					asks += passes + 1 // it may be the message as it passed
				case sub.group != "":
					shared = true // it gets no retained messages (4.8.2), but this one may be for it
				case sub.option.RetainHandling == 2:
					never2 = true
				case sub.option.RetainHandling == 1 && s.existed(sub):
					never1 = true
				default:
					asks++
				}
			}
			counted[d.content]++
			if counted[d.content] <= asks*max(retained, 1) {
				continue
			}
			switch {
			case retained == 0, shared: // the flag alone is wrong, or it is not the handling
			case never1 && s.conns[0].version == spec.V5:
				j.broken(c, i, retainHandling1, "no retained message for a subscription that exists, at Retain Handling 1", "%s", d.Publish)
			case never2:
				j.broken(c, i, retainHandling2, "no retained message at Retain Handling 2", "%s", d.Publish)
			}
		}
	}
}

// existed says that the session certainly had a subscription with the filter
// when this one was asked for.
func (s *session) existed(sub *subscription) bool {
	for _, old := range s.byFilter[sub.filter] {
		if old.asked < sub.asked && !old.refused && old.answered < sub.asked && old.leaving > sub.asked {
			return true
		}
	}
	return false
}

// outdated judges that a retained message does not come any more after its
// successor was seen in its place, or was removed long ago.
func (j *judge) outdated() {
	seen := map[string]*delivery{} // the latest retained message that came, by topic
	for _, d := range j.deliveries {
		if !j.lookedUp(d) {
			continue
		}
		m := d.from[0]
		if before := seen[d.topic]; before != nil && before.from[0].earliest() > m.earliest() && !m.will && !before.from[0].will &&
			j.askedAfter(d, before.event) && m.conn == before.from[0].conn {
			j.broken(d.conn, d.event, retainReplaced, "the message that replaced it, which another client has got already", "%s", d.Publish)
			continue
		}
		if next := j.removed(m); next != nil && j.askedLater(d, next.done, clearing) {
			j.broken(d.conn, d.event, retainRemoved, "no retained message: a message without a payload removed it", "%s", d.Publish)
			continue
		}
		j.kept(d.conn, retainReplaced)
		seen[d.topic] = d
	}
}

// lookedUp says that the delivery can only be the one message, because of a new
// subscription.
func (j *judge) lookedUp(d *delivery) bool {
	if !d.Retain || !d.fresh() || !d.conn.session.firm() || len(d.from) != 1 || d.from[0].doubtful || !d.from[0].retain ||
		d.conn.broken != never || d.conn.session.conns[0] != d.conn {
		return false
	}
	for _, s := range d.conn.session.matching(d.topic) {
		if s.option.RetainAsPublished {
			return false
		}
	}
	return true
}

// askedAfter says that every subscription that may have brought the delivery was
// asked for after the event.
func (j *judge) askedAfter(d *delivery, event int) bool {
	for _, s := range d.conn.session.matching(d.topic) {
		if s.asked < event {
			return false
		}
	}
	return true
}

// askedLater is askedAfter by at least the limit.
func (j *judge) askedLater(d *delivery, event int, limit time.Duration) bool {
	for _, s := range d.conn.session.matching(d.topic) {
		if s.asked < event || j.at(s.asked)-j.at(event) < limit {
			return false
		}
	}
	return true
}

// removed gives the message of the same client that certainly removed this one
// as the retained message of its topic, if nothing was retained there after it.
func (j *judge) removed(m *message) *message {
	var found *message
	for _, o := range j.topics[m.topic] {
		if !o.retain || o == m || o.earliest() < m.earliest() {
			continue
		}
		if o.payload != "" || o.will || o.doubtful || o.refused || o.qos == 0 || o.done == never || o.conn != m.conn {
			return nil
		}
		found = o
	}
	return found
}

// missingRetained judges that a new subscription brings the retained message,
// where another client got it from the broker before and it was not replaced,
// and this one waited for as long as a message may take.
func (j *judge) missingRetained() {
	for _, s := range j.all {
		if !s.firm() || len(s.conns) != 1 {
			continue
		}
		c := s.conns[0]
		if c.broken != never || !j.idle(c, c.connackAt) {
			continue
		}
		for _, sub := range s.subs {
			if sub.refused || sub.answered == never || sub.group != "" || sub.option.RetainHandling != 0 {
				continue
			}
			for topic, messages := range j.topics {
				if m := j.onlyRetained(messages); m != nil && matches(sub.match, topic) && j.wasStored(m, sub.asked) && !j.came(m, s) && j.fits(m, c) {
					j.broken(c, sub.answered, retainedMessages,
						"the retained message of "+topic+", which another client has got", "nothing within %s", j.patience.Delivery)
				}
			}
		}
	}
}

// onlyRetained gives the one message of a topic that was published to be kept;
// nil if there are others, or wills.
func (j *judge) onlyRetained(messages []*message) *message {
	var found *message
	for _, m := range messages {
		if !m.retain {
			continue
		}
		if found != nil || !m.plain() || m.qos == 0 || m.payload == "" || len(j.contents[m.content]) != 1 || expires(m) {
			return nil
		}
		found = m
	}
	return found
}

// wasStored says that a client got the message because of a subscription before
// the event.
func (j *judge) wasStored(m *message, event int) bool {
	for _, d := range m.deliveries {
		if d.event < event && j.lookedUp(d) && j.askedAfter(d, m.done) {
			return true
		}
	}
	return false
}

// came says whether any of the deliveries to the session may be the message.
func (j *judge) came(m *message, s *session) bool {
	for _, d := range m.deliveries {
		if d.conn.session == s {
			return true
		}
	}
	return false
}
