package judge

import (
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// subscription is one filter of one SUBSCRIBE. It may be live from asked to
// left, and is from answered to leaving or replaced.
type subscription struct {
	conn   *conn
	filter string // as it was sent
	match  string // without $share and the name
	group  string // the name of the shared subscription; empty for none
	option codec.Subscription
	id     uint32 // Subscription Identifier; 0 for none

	asked, answered int
	leaving, left   int // UNSUBSCRIBE and its answer
	replaced        int // the next SUBSCRIBE with this filter
	again           bool
	granted         byte
	refused         bool
}

// certain says that it was live, and as it is here, from one event to another.
func (s *subscription) certain(from, to int) bool {
	return !s.refused && s.answered < from && s.leaving > to && s.replaced > to
}

// possible says that a message which was published at the earliest at from may
// have been for it when it came at to.
func (s *subscription) possible(from, to int) bool {
	return !s.refused && s.asked < to && s.left > from
}

// subscribe notes a SUBSCRIBE.
func (h *history) subscribe(c *conn, p *codec.Subscribe, event int) {
	if c.session == nil {
		return
	}
	var asked []*subscription
	for _, o := range p.Subscriptions {
		s := &subscription{
			conn: c, filter: string(o.Filter), match: string(o.Filter), option: o, asked: event, answered: never,
			id: p.Properties.Int(codec.SubscriptionIdentifier, 0), leaving: never, left: never, replaced: never,
			granted: o.QoS,
		}
		if name, rest, ok := codec.Shared(o.Filter); ok {
			s.match, s.group = string(rest), string(name)
			c.session.shared = true
		}
		// One that was replaced before, and is not refused, replaced those before it.
		same := c.session.byFilter[s.filter]
		for i := len(same) - 1; i >= 0; i-- {
			old := same[i]
			s.again = s.again || old.left > event
			if old.replaced != never && !old.refused {
				break
			}
			old.replaced = min(old.replaced, event)
		}
		c.session.subs = append(c.session.subs, s)
		c.session.byFilter[s.filter] = append(same, s)
		c.session.matched = nil
		asked = append(asked, s)
	}
	c.subscribing[p.PacketID] = append(c.subscribing[p.PacketID], asked)
}

// subscribed notes a SUBACK. Of several requests under one identifier the first
// gets the first.
func (h *history) subscribed(c *conn, p *codec.Suback, event int) {
	open := c.subscribing[p.PacketID]
	if len(open) == 0 {
		return
	}
	c.subscribing[p.PacketID] = open[1:]
	if len(open[0]) != len(p.Codes) {
		return
	}
	looked := map[string]bool{}
	for i, s := range open[0] {
		s.answered, s.granted, s.refused = event, p.Codes[i], p.Codes[i] > 2
		if !s.refused || looked[s.filter] {
			continue
		}
		looked[s.filter] = true
		for _, old := range c.session.byFilter[s.filter] { // what there was stays
			if old.replaced == s.asked {
				old.replaced = never
			}
		}
	}
}

// unsubscribe notes an UNSUBSCRIBE.
func (h *history) unsubscribe(c *conn, p *codec.Unsubscribe, event int) {
	if c.session == nil {
		return
	}
	leaving := make([][]*subscription, len(p.Filters))
	first := map[string]int{} // where in the packet a filter stands first
	for i, f := range p.Filters {
		if k, ok := first[string(f)]; ok {
			leaving[i] = leaving[k]
			continue
		}
		first[string(f)] = i
		for _, s := range c.session.byFilter[string(f)] {
			if s.left == never {
				s.leaving = min(s.leaving, event)
				leaving[i] = append(leaving[i], s)
			}
		}
	}
	c.unsubscribing[p.PacketID] = append(c.unsubscribing[p.PacketID], leaving)
}

// unsubscribed notes an UNSUBACK.
func (h *history) unsubscribed(c *conn, p *codec.Unsuback, event int) {
	open := c.unsubscribing[p.PacketID]
	if len(open) == 0 {
		return
	}
	c.unsubscribing[p.PacketID] = open[1:]
	for i, subs := range open[0] {
		if i < len(p.Codes) && p.Codes[i] >= 0x80 {
			continue
		}
		for _, s := range subs {
			s.left = min(s.left, event)
		}
	}
}

// matching gives the subscriptions of the session whose filter matches the
// topic, in the order of asking.
func (s *session) matching(topic string) []*subscription {
	if subs, ok := s.matched[topic]; ok {
		return subs
	}
	var subs []*subscription
	for _, sub := range s.subs {
		if matches(sub.match, topic) {
			subs = append(subs, sub)
		}
	}
	if s.matched == nil {
		s.matched = map[string][]*subscription{}
	}
	s.matched[topic] = subs
	return subs
}

// matches says whether a Topic Filter matches a Topic Name (4.7).
func matches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "#") || strings.HasPrefix(filter, "+")) {
		return false // 4.7.2
	}
	return matchesLevels(filter, topic)
}

// matchesLevels is matches without the exception for topics that begin with $.
func matchesLevels(filter, topic string) bool {
	for {
		f, restF, moreF := strings.Cut(filter, "/")
		if f == "#" && !moreF {
			return true
		}
		t, restT, moreT := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		switch {
		case !moreF && !moreT:
			return true
		case !moreT:
			return restF == "#" // the parent level, 4.7.1.2
		case !moreF:
			return false
		}
		filter, topic = restF, restT
	}
}
