package reference

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// subscription is a Topic Filter of a session with its options (3.8.3.1).
type subscription struct {
	text        string // as it was given, with $share
	share       string // the ShareName; empty if it is not shared
	filter      string // without $share
	qos         byte
	noLocal     bool
	asPublished bool
	identifier  uint32
}

// subscribe handles SUBSCRIBE (3.8).
func (c *conn) subscribe(p *codec.Subscribe) {
	if !c.offered(p) {
		return
	}
	s := c.session
	ack := &codec.Suback{PacketID: p.PacketID}
	type news struct {
		sub      *subscription
		handling byte
		isNew    bool
	}
	var made []news
	for _, want := range p.Subscriptions {
		sub := c.newSubscription(p, want)
		isNew := s.add(sub)
		made = append(made, news{sub, want.RetainHandling, isNew})
		ack.Codes = append(ack.Codes, sub.qos)
	}
	if !c.is(subackNeverSent) {
		c.send(ack)
	}
	for _, n := range made {
		if n.sub.share == "" && (n.handling == 0 || n.handling == 1 && n.isNew) {
			s.sendRetained(n.sub)
		}
	}
}

// offered ends the connection of a client that asks for a feature which is
// declared as not available (3.2.2.3.11 to 3.2.2.3.13). 3.1.1 has no such words.
func (c *conn) offered(p *codec.Subscribe) bool {
	if c.version != codec.V5 {
		return true
	}
	o := &c.b.opts
	if _, has := p.Properties.Find(codec.SubscriptionIdentifier); has && o.NoIdentifiers && !c.is(identifiersUnlimited) {
		c.refuse(codeIdentifierSupported)
		return false
	}
	for _, want := range p.Subscriptions {
		_, filter, shared := codec.Shared(want.Filter)
		switch {
		case shared && o.NoShared && !c.is(sharedUnlimited):
			c.refuse(codeSharedNotSupported)
			return false
		case hasWildcard(filter.String()) && o.NoWildcards && !c.is(wildcardsUnlimited):
			c.refuse(codeWildcardSupported)
			return false
		}
	}
	return true
}

func (c *conn) newSubscription(p *codec.Subscribe, want codec.Subscription) *subscription {
	sub := &subscription{
		text: want.Filter.String(), filter: want.Filter.String(),
		qos: min(want.QoS, c.b.opts.MaximumQoS), noLocal: want.NoLocal, asPublished: want.RetainAsPublished,
	}
	if c.version == codec.V5 {
		if name, rest, ok := codec.Shared(want.Filter); ok {
			sub.share, sub.filter = name.String(), rest.String()
		}
		sub.identifier = p.Properties.Int(codec.SubscriptionIdentifier, 0)
	}
	return sub
}

// add makes a subscription, in place of one with the same Topic Filter
// (MQTT-3.8.4-3), and says whether there was none.
func (s *session) add(sub *subscription) (isNew bool) {
	i := slices.IndexFunc(s.subscriptions, func(old *subscription) bool { return old.text == sub.text })
	if i < 0 {
		s.subscriptions = append(s.subscriptions, sub)
		return true
	}
	s.subscriptions[i] = sub
	return false
}

// sendRetained sends the retained messages that a subscription brings, with
// RETAIN 1 (3.3.1.3).
func (s *session) sendRetained(sub *subscription) {
	if s.b.opts.NoRetained && s.version == codec.V5 {
		return // 3.1.1, which has no way to say so, has them all the same
	}
	now := time.Now()
	for _, m := range slices.SortedFunc(maps.Values(s.b.retained), func(x, y *message) int { return cmp.Compare(x.topic, y.topic) }) {
		if m.expired(now) || !matches(sub.filter, m.topic) {
			continue
		}
		d := sub.delivery(m)
		d.retain = !s.is(retainedFlagCleared)
		s.deliver(d)
	}
}

// unsubscribe handles UNSUBSCRIBE (3.10): filters are compared byte by byte.
func (c *conn) unsubscribe(p *codec.Unsubscribe) {
	s := c.session
	ack := &codec.Unsuback{PacketID: p.PacketID}
	for _, filter := range p.Filters {
		i := slices.IndexFunc(s.subscriptions, func(sub *subscription) bool { return sub.text == filter.String() })
		code := byte(codeNoSubscription)
		if i >= 0 {
			code = 0
			if !c.is(unsubscribeForgotten) {
				s.subscriptions = slices.Delete(s.subscriptions, i, i+1)
			}
		}
		ack.Codes = append(ack.Codes, code)
	}
	if !c.is(unsubackNeverSent) {
		c.send(ack)
	}
}
