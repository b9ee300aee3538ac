package engine

import (
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// Message is a PUBLISH that a client received.
type Message struct {
	*codec.Publish
	t     *T
	event int
}

// Is expects a field of the message to have the value; else it is a finding
// that points at this PUBLISH, and the scenario goes on.
func (m *Message) Is(what string, got, want any) bool { return m.t.equalAt(what, got, want, m.event) }

// HasQoS expects the QoS of the delivery.
func (m *Message) HasQoS(want byte) bool { return m.Is("QoS", m.QoS, want) }

// HasRetain expects the RETAIN flag of the delivery.
func (m *Message) HasRetain(want bool) bool { return m.Is("RETAIN", m.Retain, want) }

// HasDup expects the DUP flag of the delivery.
func (m *Message) HasDup(want bool) bool { return m.Is("DUP", m.Dup, want) }

// Unwanted makes it a finding, which points at this PUBLISH, that the message
// came at all; the scenario goes on.
func (m *Message) Unwanted(expected string) { m.t.Broken(expected, m.String(), m.event) }

// PublishOption changes a PUBLISH before it is sent.
type PublishOption func(*codec.Publish)

// Retained sets the RETAIN flag.
func Retained() PublishOption { return func(p *codec.Publish) { p.Retain = true } }

// Properties adds properties to the message. It has no effect below 5.0.
func Properties(ps ...codec.Property) PublishOption {
	return func(p *codec.Publish) { p.Properties = append(p.Properties, ps...) }
}

// Publish publishes a message and completes the exchange that its QoS asks
// for. The scenario is skipped where the broker declares a lower Maximum QoS
// or refuses with a Reason Code.
func (c *Client) Publish(topic, payload string, qos byte, opts ...PublishOption) {
	p := &codec.Publish{Topic: codec.Text(topic), Payload: []byte(payload), QoS: qos}
	if qos > 0 {
		p.PacketID = c.NextID()
	}
	for _, o := range opts {
		o(p)
	}
	c.needsQoS(qos)
	c.Send(p)
	c.finish(p)
}

// finish awaits the acknowledgements of a PUBLISH that was sent.
func (c *Client) finish(p *codec.Publish) {
	refs := c.on(refsPublish)
	switch p.QoS {
	case 1:
		ack := expect(c, refs, fmt.Sprintf("PUBACK %d", p.PacketID), func(a *codec.Puback) bool { return a.PacketID == p.PacketID })
		c.accepted(ack.Code, "PUBACK")
	case 2:
		rec := expect(c, refs, fmt.Sprintf("PUBREC %d", p.PacketID), func(a *codec.Pubrec) bool { return a.PacketID == p.PacketID })
		c.accepted(rec.Code, "PUBREC")
		c.Send(&codec.Pubrel{Ack: codec.Ack{PacketID: p.PacketID}})
		expect(c, c.on(refsPubrel), fmt.Sprintf("PUBCOMP %d", p.PacketID), func(a *codec.Pubcomp) bool { return a.PacketID == p.PacketID })
	}
}

// accepted skips the scenario where the broker refuses a message with a code
// that it may always use.
func (c *Client) accepted(code byte, what string) {
	if code >= 0x80 {
		c.t.Skip("the broker refuses the message of %s: %s with %s", c.name, what, codec.ReasonName(codec.PUBACK, c.version, code))
	}
}

func (c *Client) needsQoS(qos byte) {
	if c.version != spec.V5 || c.Connack == nil {
		return
	}
	if maximum := c.Connack.Properties.Int(codec.MaximumQoS, 2); uint32(qos) > maximum {
		c.t.Skip("the broker declares Maximum QoS %d", maximum)
	}
}

// Subscribe subscribes to a Topic Filter and awaits the SUBACK. Where the
// broker grants less than was asked, as it may, the scenario is skipped: it
// was written for that QoS. Scenarios about granting use SubscribeTo.
func (c *Client) Subscribe(filter string, qos byte) {
	c.SubscribeAs(codec.Subscription{Filter: codec.Text(filter), QoS: qos})
}

// SubscribeAs is Subscribe with Subscription Options, and properties such as a
// Subscription Identifier.
func (c *Client) SubscribeAs(s codec.Subscription, properties ...codec.Property) {
	c.granted(c.SubscribeWith(properties, s)[0], s.QoS)
}

// granted skips the scenario where the broker grants less than was asked, or
// refuses for a reason of its own. That an identifier is in use, which is not,
// or a code that does not exist, is no such reason.
func (c *Client) granted(code, asked byte) {
	switch {
	case code == asked:
	case code > 2 && codec.ReasonName(codec.SUBACK, c.version, code) == "":
		c.t.failOn(c.on([]spec.Ref{{Version: spec.V311, ID: "MQTT-3.9.3-2"}, {Version: spec.V5, ID: "MQTT-3.9.3-2"}}),
			"a SUBACK with a code of this version", fmt.Sprintf("0x%02X", code), -1)
	case code == 0x91:
		c.t.failOn([]spec.Ref{{Version: spec.V5, ID: "U5-2.2.1-u1"}},
			"a subscription under an identifier that "+c.name+" does not use", "SUBACK with 0x91 (Packet Identifier in use)", -1)
	default:
		c.t.Skip("the broker answers a subscription at QoS %d with %s", asked, codec.ReasonName(codec.SUBACK, c.version, code))
	}
}

// SubscribeTo sends one SUBSCRIBE with the subscriptions and gives the codes of
// the SUBACK, one for each.
func (c *Client) SubscribeTo(subscriptions ...codec.Subscription) []byte {
	return c.SubscribeWith(nil, subscriptions...)
}

// SubscribeWith is SubscribeTo with properties, such as a Subscription
// Identifier.
func (c *Client) SubscribeWith(properties codec.Properties, subscriptions ...codec.Subscription) []byte {
	p := &codec.Subscribe{PacketID: c.NextID(), Properties: properties, Subscriptions: subscriptions}
	c.Send(p)
	ack := expect(c, c.on(refsSuback), fmt.Sprintf("SUBACK %d", p.PacketID), func(a *codec.Suback) bool { return a.PacketID == p.PacketID })
	if len(ack.Codes) != len(subscriptions) {
		c.t.failOn(c.on([]spec.Ref{{Version: spec.V311, ID: "MQTT-3.8.4-5"}, {Version: spec.V5, ID: "MQTT-3.8.4-6"}}),
			fmt.Sprintf("a SUBACK with %d codes", len(subscriptions)), fmt.Sprintf("%d codes", len(ack.Codes)), -1)
	}
	return ack.Codes
}

// Unsubscribe removes subscriptions and awaits the UNSUBACK.
func (c *Client) Unsubscribe(filters ...string) *codec.Unsuback {
	p := &codec.Unsubscribe{PacketID: c.NextID()}
	for _, f := range filters {
		p.Filters = append(p.Filters, codec.Text(f))
	}
	c.Send(p)
	return expect(c, c.on(refsUnsub), fmt.Sprintf("UNSUBACK %d", p.PacketID), func(a *codec.Unsuback) bool { return a.PacketID == p.PacketID })
}

// ExpectMessage awaits a delivery with the topic and payload. Its absence at
// the deadline is a finding that ends the scenario.
func (c *Client) ExpectMessage(topic, payload string) *Message {
	m, ok := c.Gets(topic, payload, c.t.timeouts.Delivery)
	if !ok {
		c.t.Fail(fmt.Sprintf("%s gets PUBLISH %q with payload %q", c.name, topic, short(payload)), c.instead(c.t.timeouts.Delivery), -1)
	}
	return m
}

// Next awaits the next delivery that no expectation has taken yet.
func (c *Client) Next() *Message {
	m, ok := c.GetsAny(c.t.timeouts.Delivery)
	if !ok {
		c.t.Fail(c.name+" gets a PUBLISH", c.instead(c.t.timeouts.Delivery), -1)
	}
	return m
}

// Pending takes all deliveries that have come and that no expectation has
// taken, without waiting. Behind a fence they are all that there are.
func (c *Client) Pending() []*Message {
	var all []*Message
	c.t.rec.locked(func() {
		for _, r := range c.wire.inbox {
			if m, ok := r.packet.(*codec.Publish); ok && !r.taken && !isFence(m) {
				r.taken = true
				all = append(all, &Message{m, c.t, r.event})
			}
		}
	})
	return all
}

// fenceLevel is the topic level that marks the messages of the engine's fences.
const fenceLevel = "mqttproof-fence"

// fencePayload begins the payload of a strong fence.
const fencePayload = "mqttproof-fence "

func isFence(m *codec.Publish) bool {
	return strings.Contains(m.Topic.String(), fenceLevel) || strings.HasPrefix(string(m.Payload), fencePayload)
}

// Fence passes a message from one client to each of the others on a topic of
// its own (a weak fence) and then waits for one settle window: an unwanted
// message has had its time. It never proves that a wanted message is missing.
// A receiver subscribes to its fence's topic at its first fence.
func (t *T) Fence(from *Client, to ...*Client) {
	for _, c := range to {
		if c.fence == "" || c.wire.number != c.fenced {
			t.fences++
			c.fence = fmt.Sprintf("%s%s/%d", t.fencePrefix(), fenceLevel, t.fences)
			c.fenced = c.wire.number
			c.Subscribe(c.fence, 1)
		}
		t.pass(from, c, c.fence, 1)
	}
	t.Sleep(t.timeouts.Settle)
}

// FenceOn passes a message on the very topic, at the QoS at which it is also
// delivered (a strong fence): what the same publisher sent before on this
// topic at this QoS over the same non-shared subscription has come, or will
// not come (MQTT-4.6.0-6 of 3.1.1, MQTT-4.6.0-5 of 5.0).
func (t *T) FenceOn(topic string, qos byte, from, to *Client) { t.pass(from, to, topic, qos) }

func (t *T) pass(from, to *Client, topic string, qos byte) {
	t.fences++
	payload := fmt.Sprintf("%s%d", fencePayload, t.fences)
	from.Publish(topic, payload, qos)
	_, ok := to.take(t.timeouts.Delivery, func(p codec.Packet) bool {
		m, ok := p.(*codec.Publish)
		return ok && m.Topic.String() == topic && string(m.Payload) == payload
	})
	if !ok {
		t.failOn(to.on(refsDeliver), fmt.Sprintf("%s gets a QoS %d message on %q from %s", to.name, qos, topic, from.name),
			to.instead(t.timeouts.Delivery), -1)
	}
}

func (t *T) fencePrefix() string {
	if t.prefix == "" {
		return t.idPrefix + "/" // literal mode: topics have no prefix
	}
	return t.prefix
}

// ExpectNothing expects, behind a weak fence from the other client, that no
// delivery has come that no expectation has taken.
func (c *Client) ExpectNothing(from *Client) {
	c.t.Fence(from, c)
	c.NothingPending()
}

// StaysQuiet expects, of a client that acknowledges by hand, that no delivery
// has come that no expectation has taken, after a PINGRESP and one settle window.
// A fence would be a message itself, which may have to wait for the client's
// acknowledgements. Before 5.0 a message may come again on the same connection
// (4.4); where it does so wrongly the judge finds it.
func (c *Client) StaysQuiet() {
	c.Sync()
	c.t.Sleep(c.t.timeouts.Settle)
	for _, m := range c.Pending() {
		if !m.Dup || c.t.V5() {
			c.t.Broken("no message for "+c.name, m.String(), m.event)
		}
	}
}

// NothingPending expects that no delivery has come that no expectation has
// taken. It proves something only behind a fence.
func (c *Client) NothingPending() {
	for _, m := range c.Pending() {
		c.t.Broken("no message for "+c.name, m.String(), m.event)
	}
}

func short(payload string) string {
	const most = 60
	if len(payload) > most {
		return payload[:most] + "..."
	}
	return payload
}
