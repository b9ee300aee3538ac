package engine

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// Gets waits up to limit for a delivery with the topic and payload. Its absence
// is no finding: it is for what may come or may stay away.
func (c *Client) Gets(topic, payload string, limit time.Duration) (*Message, bool) {
	return c.GetsWhere(limit, func(m *codec.Publish) bool {
		return m.Topic.String() == topic && string(m.Payload) == payload
	})
}

// GetsAny waits up to limit for the next delivery that no expectation has
// taken. Its absence is no finding.
func (c *Client) GetsAny(limit time.Duration) (*Message, bool) {
	return c.GetsWhere(limit, func(*codec.Publish) bool { return true })
}

// GetsWhere waits up to limit for a delivery that match accepts. Its absence is
// no finding.
func (c *Client) GetsWhere(limit time.Duration, match func(*codec.Publish) bool) (*Message, bool) {
	r, ok := c.take(limit, func(p codec.Packet) bool {
		m, ok := p.(*codec.Publish)
		return ok && !isFence(m) && match(m)
	})
	if !ok {
		return nil, false
	}
	return &Message{r.packet.(*codec.Publish), c.t, r.event}, true
}

// ExpectWhere awaits a packet that match accepts; what names it in a finding.
func (c *Client) ExpectWhere(what string, match func(codec.Packet) bool) codec.Packet {
	return expect(c, c.t.cites(), what, match)
}
