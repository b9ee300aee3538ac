package engine

import "github.com/mqttproof/mqttproof/codec"

// How often a fresh subscriber asks for a retained message before its absence,
// or its presence, counts. Nothing tells when a broker has stored or removed
// one: a PUBACK does not.
const (
	triesForRetained   = 3
	triesForNoRetained = 8
)

// LateSubscriber connects a fresh client and makes the one subscription. The
// scenario is skipped where less than the QoS asked for is granted.
func (t *T) LateSubscriber(s codec.Subscription, properties ...codec.Property) *Client {
	c := t.Connect(Name("late subscriber"))
	c.SubscribeAs(s, properties...)
	return c
}

// ExpectRetained expects that a fresh subscriber gets the retained message.
// Others are tried before it counts as missing. The subscriber that got it
// comes along.
func (t *T) ExpectRetained(s codec.Subscription, topic, payload string, properties ...codec.Property) (*Client, *Message) {
	for range triesForRetained - 1 {
		c := t.LateSubscriber(s, properties...)
		if m, ok := c.Gets(topic, payload, t.timeouts.Delivery/2); ok {
			return c, m
		}
		c.Drop()
	}
	c := t.LateSubscriber(s, properties...)
	return c, c.ExpectMessage(topic, payload)
}

// ExpectNoRetained expects that a fresh subscriber gets nothing, behind a weak
// fence from the other client. Others are tried before what comes is a finding.
func (t *T) ExpectNoRetained(s codec.Subscription, from *Client) {
	for try := 1; ; try++ {
		c := t.LateSubscriber(s)
		t.Fence(from, c)
		unwanted := c.Pending()
		if len(unwanted) == 0 {
			return
		}
		if try == triesForNoRetained {
			for _, m := range unwanted {
				t.Broken("no retained message for "+c.name, m.String(), m.event)
			}
			return
		}
		c.Drop()
	}
}

// ExpectNoRetained expects, behind a weak fence from the other client, that no
// retained message has come that no expectation has taken. A message with RETAIN 0 is
// none (3.3.1.3): a broker may acknowledge a message before it has sent it on, so that
// it still comes to a subscription that was made behind the PUBACK.
func (c *Client) ExpectNoRetained(from *Client) {
	c.t.Fence(from, c)
	for _, m := range c.Pending() {
		if m.Retain {
			c.t.Broken("no retained message for "+c.name, m.String(), m.event)
		} else {
			c.t.Observe("a message published before the subscription", "it comes with RETAIN 0")
		}
	}
}
