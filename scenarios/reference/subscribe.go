package reference

import (
	"slices"
	"strings"

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
	earlier     uint32 // the identifier before it was made again, which only a fault knows
	times       int    // how often it was made, which only a fault counts
}

// request is a subscription that a SUBSCRIBE asks for.
type request struct {
	*subscription
	handling byte // Retain Handling
	place    int  // in the SUBSCRIBE
	isNew    bool // there was none with the same filter
}

// subscribe handles SUBSCRIBE (3.8).
func (c *conn) subscribe(p *codec.Subscribe) {
	if !c.offered(p) {
		return
	}
	s := c.session
	if s.is(packetIDsShared) && s.find(p.PacketID) != nil {
		c.refuseIdentifier(p)
		return
	}
	ack := &codec.Suback{PacketID: p.PacketID}
	var made []request
	news := 0
	for i, want := range p.Subscriptions {
		r := request{subscription: c.newSubscription(p, want), handling: want.RetainHandling, place: i}
		if code := c.forbids(r.subscription); code != 0 {
			ack.Codes = append(ack.Codes, code)
			if c.is(refusedFilterMade) {
				s.add(r.subscription)
			}
			continue
		}
		ack.Codes = append(ack.Codes, r.qos)
		if s.deaf || c.is(refusedFilterEnds) && slices.Max(ack.Codes) >= 0x80 || s.is(onlyFirstFilter) && i > 0 || s.is(sameFilterFirstHolds) && asksAgain(made, r) {
			continue
		}
		if r.isNew = s.add(r.subscription); r.isNew {
			news++
		}
		made = append(made, r)
	}
	answer := func() {
		if !c.is(subackNeverSent) && !(c.is(subackOnceOnly) && news == 0) {
			c.send(ack)
		}
	}
	if !c.b.opts.PublishFirst {
		answer()
	}
	for _, r := range made {
		if s.brings(r) {
			s.sendRetained(r.subscription)
		}
	}
	if c.b.opts.PublishFirst && !c.ended {
		answer()
	}
}

// forbids gives the code that refuses a subscription; 0 if it may be made.
func (c *conn) forbids(sub *subscription) byte {
	switch {
	case !c.b.opts.RefuseDollarFilters || !strings.HasPrefix(sub.filter, "$"), c.version < codec.V311:
		return 0
	case c.version == codec.V311:
		return 0x80
	}
	return codeNotAuthorized
}

func asksAgain(made []request, r request) bool {
	return slices.ContainsFunc(made, func(m request) bool { return m.text == r.text })
}

// offered ends the connection of a client that asks for a feature which is
// declared as not available (3.2.2.3.11 to 3.2.2.3.13). 3.1.1 has no such words.
func (c *conn) offered(p *codec.Subscribe) bool {
	o := &c.b.opts
	if c.version != codec.V5 && !c.is(wildcardsNotOffered) {
		return true
	}
	noIDs := o.NoIdentifiers && !c.is(identifiersUnlimited) || c.is(identifiersNotOffered)
	noShared := o.NoShared && !c.is(sharedUnlimited) || c.is(sharedNotOffered)
	noWildcards := o.NoWildcards && !c.is(wildcardsUnlimited) || c.is(wildcardsNotOffered)
	if _, has := p.Properties.Find(codec.SubscriptionIdentifier); has && noIDs {
		c.refuse(codeIdentifierSupported)
		return false
	}
	for _, want := range p.Subscriptions {
		if want.QoS > o.MaximumQoS && c.is(maximumQoSRefusesSubscribe) {
			c.refuse(codeQoSNotSupported)
			return false
		}
		_, filter, shared := codec.Shared(want.Filter)
		switch {
		case shared && noShared:
			c.refuse(codeSharedNotSupported)
			return false
		case hasWildcard(filter.String()) && noWildcards:
			c.refuse(codeWildcardSupported)
			return false
		}
	}
	return true
}

// grants is the QoS granted where this one was asked for.
func (c *conn) grants(asked byte) byte {
	if c.is(subackAboveAsked) {
		asked = 2
	}
	return min(asked, c.b.opts.MaximumQoS)
}

func (c *conn) newSubscription(p *codec.Subscribe, want codec.Subscription) *subscription {
	sub := &subscription{
		text: want.Filter.String(), filter: want.Filter.String(),
		qos: c.grants(want.QoS), noLocal: want.NoLocal, asPublished: want.RetainAsPublished,
	}
	if c.version == codec.V5 {
		if name, rest, ok := codec.Shared(want.Filter); ok && !c.is(shareUnknown) {
			sub.share, sub.filter = name.String(), c.sharedFilter(rest.String())
		}
		sub.identifier = p.Properties.Int(codec.SubscriptionIdentifier, 0)
	}
	return sub
}

// add makes a subscription, in place of one with the same Topic Filter
// (MQTT-3.8.4-3), and says whether there was none.
func (s *session) add(sub *subscription) (isNew bool) {
	i := slices.IndexFunc(s.subscriptions, func(old *subscription) bool { return old.text == sub.text })
	sub.times = 1
	if i < 0 || s.is(resubscribeAdds) || s.is(sharedJoinedAgain) && sub.share != "" {
		s.subscriptions = append(s.subscriptions, sub)
		return i < 0
	}
	old := s.subscriptions[i]
	sub.times, sub.earlier = old.times+1, old.identifier
	if s.is(resubscribeDrops) {
		s.queue = nil
	}
	if s.is(resubscribeKeepsID) {
		sub.identifier = old.identifier
	}
	if !s.is(resubscribeIgnored) {
		s.subscriptions[i] = sub
	}
	return false
}
