package scenarios

import (
	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// answersTo makes the broker send each kind of acknowledgement that it has, in
// cases in which it may have something to complain of, and gives the properties
// of each. It asks for nothing that the broker has declared not to offer, and
// stops where the connection is closed all the same.
func answersTo(t *T, c *Client) (all []codec.Properties) {
	declared := c.Connack.Properties
	topic := codec.Text(t.Topic("nobody"))
	packets := []codec.Packet{
		&codec.Unsubscribe{PacketID: 1, Filters: []codec.Text{codec.Text(t.Topic("never-subscribed"))}},
		&codec.Subscribe{PacketID: 2, Subscriptions: []codec.Subscription{{Filter: codec.Text(t.Topic("x")), QoS: 2}}},
	}
	if declared.Int(codec.MaximumQoS, 2) > 0 {
		packets = append(packets, &codec.Publish{QoS: 1, PacketID: 3, Topic: topic})
	}
	if declared.Int(codec.MaximumQoS, 2) > 1 {
		packets = append(packets, &codec.Publish{QoS: 2, PacketID: 4, Topic: topic}, &codec.Pubrel{Ack: codec.Ack{PacketID: 4}},
			&codec.Pubrel{Ack: codec.Ack{PacketID: 5}})
	}
	if declared.Int(codec.SharedSubscriptionAvailable, 1) == 1 {
		packets = append(packets, &codec.Subscribe{PacketID: 6,
			Subscriptions: []codec.Subscription{{Filter: codec.Text("$share/a/" + t.Topic("x")), QoS: 2}}})
	}
	for _, p := range packets {
		c.Send(p)
		answer := c.AnswerWithin(t.Timeouts().Answer)
		if answer == nil {
			break
		}
		if ps, is := acknowledgement(answer); is {
			all = append(all, ps)
		}
	}
	return all
}

// acknowledgement gives the properties of a packet that acknowledges another.
func acknowledgement(p codec.Packet) (ps codec.Properties, is bool) {
	switch p := p.(type) {
	case *codec.Puback:
		return p.Properties, true
	case *codec.Pubrec:
		return p.Properties, true
	case *codec.Pubcomp:
		return p.Properties, true
	case *codec.Suback:
		return p.Properties, true
	case *codec.Unsuback:
		return p.Properties, true
	}
	return nil, false
}

var _ = add(Scenario{
	ID:     "connect.problem-information",
	Title:  "a client that sets Request Problem Information 0 gets no Reason String in acknowledgements",
	Why:    "a client that pays for each byte declines texts that it does not read",
	Proves: V5("MQTT-3.1.2-29"),
	Run: func(t *T) {
		texts := func(c *Client) (n int) {
			for _, ps := range answersTo(t, c) {
				n += problemTexts(ps)
			}
			return n
		}
		t.Observe("texts when they are welcome", "%d", texts(t.Connect()))
		t.Step("with Request Problem Information 0", V5("MQTT-3.1.2-29")...)
		c := t.Connect(With(codec.Int(codec.RequestProblemInformation, 0)))
		t.Equal("Reason Strings and User Properties in acknowledgements", texts(c), 0)
	},
})

func problemTexts(ps codec.Properties) (n int) {
	for _, p := range ps {
		if p.ID == codec.ReasonString || p.ID == codec.UserProperty {
			n++
		}
	}
	return n
}
