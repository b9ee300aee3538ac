package reference

import (
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// unsubscribe handles UNSUBSCRIBE (3.10).
func (c *conn) unsubscribe(p *codec.Unsubscribe) {
	s := c.session
	ack := &codec.Unsuback{PacketID: p.PacketID}
	for i, filter := range p.Filters {
		code := byte(codeNoSubscription)
		skipped := c.is(unsubscribeFirstOnly) && i > 0 || c.is(unsubscribeStops) && slices.Contains(ack.Codes, codeNoSubscription)
		if slices.ContainsFunc(s.subscriptions, func(sub *subscription) bool { return c.names(filter.String(), sub) }) {
			code = 0
			if !skipped {
				c.remove(filter.String())
			}
		}
		ack.Codes = append(ack.Codes, code)
	}
	nothing := !slices.Contains(ack.Codes, 0)
	if c.is(unsubackAllDeleted) {
		ack.Codes = make([]byte, len(ack.Codes))
	}
	switch {
	case c.is(unsubackNeverSent), c.is(unsubackForKnown) && nothing:
	case c.is(unsubscribeCloses) && nothing:
		c.refuse(codeProtocolError)
	default:
		c.send(ack)
	}
}

// remove takes the subscriptions that a filter in UNSUBSCRIBE names away. What
// is under way through them is completed (MQTT-3.10.4-3).
func (c *conn) remove(filter string) {
	s := c.session
	s.subscriptions = slices.DeleteFunc(s.subscriptions, func(sub *subscription) bool {
		if !c.names(filter, sub) || c.is(unsubscribeForgotten) || c.is(unsubscribeNotBusy) && len(s.queue) > 0 {
			return false
		}
		if sub.times--; c.is(sharedCounted) && sub.share != "" && sub.times > 0 {
			return false
		}
		if c.is(unsubscribeUndone) || c.is(unsubscribedResumed) {
			s.removed = append(s.removed, sub)
		}
		return true
	})
	s.inflight = slices.DeleteFunc(s.inflight, func(d *delivery) bool {
		return matches(filter, d.topic) && (d.qos == 1 && c.is(unsubscribeAborts1) || d.qos == 2 && c.is(unsubscribeAborts2))
	})
}

// names says whether a filter in UNSUBSCRIBE means the subscription: both are
// compared byte by byte, with $share (MQTT-3.10.4-1).
func (c *conn) names(filter string, sub *subscription) bool {
	right := filter == sub.text
	switch {
	case c.is(unsubscribeByMatch):
		return matches(filter, sub.text) || right
	case c.is(unsubscribeCaseless):
		return strings.EqualFold(filter, sub.text)
	case c.is(unsubscribeSlashless):
		return strings.TrimSuffix(filter, "/") == strings.TrimSuffix(sub.text, "/")
	case c.is(unsubscribeNoWildcard):
		return right && !hasWildcard(sub.filter)
	case c.is(unsubscribeByShare):
		return right || filter == sub.filter
	case c.is(unsubscribeOtherShare) && sub.share != "":
		_, rest, shared := codec.Shared(codec.Text(filter))
		return shared && rest.String() == sub.filter
	}
	return right
}
