package probe

import (
	"fmt"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

// largest gives the largest number up to most that works, where all below it
// work too; 0 if not even 1 does.
func largest(most int, works func(n int) bool) int {
	good, bad := 0, most+1
	for n := 1; n < bad && good == n/2; n = min(2*n, most) {
		if !works(n) {
			bad = n
			break
		}
		if good = n; n == most {
			return most
		}
	}
	for bad-good > 1 {
		if middle := good + (bad-good)/2; works(middle) {
			good = middle
		} else {
			bad = middle
		}
	}
	return good
}

// tell observes what largest has found.
func tell(t *engine.T, what string, n, most int, unit string) {
	switch n {
	case most:
		t.Observe(what, "%d %s or more", n, unit)
	default:
		t.Observe(what, "%d %s", n, unit)
	}
}

// wait is how long a probe waits for what may never come.
func wait(t *engine.T) time.Duration { return t.Timeouts().Answer / 4 }

// delivered says whether a message of QoS 1, or of QoS 0 where that is not to be
// had, reaches a subscriber of its topic, both on fresh connections.
func delivered(t *engine.T, topic, payload string) bool {
	sub, pub := t.Connect(engine.Name("subscriber")), t.Connect(engine.Name("publisher"))
	defer sub.Drop()
	defer pub.Drop()
	id := sub.NextID()
	sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{{Filter: codec.Text(topic), QoS: 1}}})
	refused := false
	if !sub.AnsweredOrClosed(func(p codec.Packet) bool {
		ack, ok := p.(*codec.Suback)
		refused = ok && ack.Codes[0] >= 0x80
		return ok
	}) || refused {
		return false
	}
	p := &codec.Publish{Topic: codec.Text(topic), Payload: []byte(payload), QoS: highest(pub), PacketID: 1}
	pub.Send(p)
	_, ok := sub.Gets(topic, payload, wait(t))
	return ok
}

// highest is QoS 1, or 0 where the broker declares no more.
func highest(c *engine.Client) byte {
	return min(1, byte(c.Connack.Properties.Int(codec.MaximumQoS, 2)))
}

var (
	_ = add("payload", "largest payload", since31, nil, func(t *engine.T) {
		const most = 4 << 20
		topic := t.Topic("size")
		tell(t, "largest payload", largest(most, func(n int) bool { return delivered(t, topic, strings.Repeat("x", n)) }), most, "bytes")
	})
	_ = add("topic", "longest Topic Name", since31, nil, func(t *engine.T) {
		begin := t.Topic("")
		most := 65535 - len(begin)
		n := largest(most, func(n int) bool { return delivered(t, begin+strings.Repeat("x", n), "m") })
		tell(t, "longest Topic Name", len(begin)+n, 65535, "bytes")
	})
	_ = add("levels", "most levels of a Topic Name", since31, nil, func(t *engine.T) {
		const most = 1000 // beyond, some brokers take seconds for a message
		begin := t.Topic("")
		n := largest(most, func(n int) bool { return delivered(t, begin+strings.Repeat("/", n), "m") })
		tell(t, "most levels of a Topic Name", strings.Count(begin, "/")+n+1, strings.Count(begin, "/")+most+1, "levels")
	})
	_ = add("client-id", "longest Client Identifier", since31, nil, func(t *engine.T) {
		begin := t.ClientID()
		most := 65535 - len(begin)
		if t.Version() == spec.V31 {
			most = 23 - len(begin) // which is the limit of 3.1
		}
		n := largest(most, func(n int) bool {
			c := t.Open(engine.ID(begin + strings.Repeat("x", n)))
			defer c.Drop()
			c.SendConnect()
			code := byte(0xFF)
			c.AnsweredOrClosed(func(p codec.Packet) bool {
				ack, ok := p.(*codec.Connack)
				if ok {
					code = ack.Code
				}
				return ok
			})
			return code == 0
		})
		tell(t, "longest Client Identifier", len(begin)+n, len(begin)+most, "bytes")
	})
	_ = add("inflight", "messages under way to a client at once", since31, []engine.Feature{engine.QoS1}, func(t *engine.T) {
		const most = 200
		topic := t.Topic("inflight")
		sub, pub := t.Connect(engine.Name("subscriber"), engine.Manual()), t.Connect(engine.Name("publisher"))
		sub.Subscribe(topic, 1)
		for i := range most {
			pub.Publish(topic, fmt.Sprint(i), 1)
		}
		n := 0
		for n < most {
			if _, ok := sub.GetsAny(wait(t)); !ok {
				break
			}
			n++
		}
		tell(t, "messages under way to a client at once", n, most, "messages")
	})
	_ = add("queue", "messages kept for a client that is away", since31, []engine.Feature{engine.QoS1}, func(t *engine.T) {
		const most = 2000
		topic := t.Topic("queue")
		sub, pub := t.Connect(engine.Name("subscriber"), engine.Keep()), t.Connect(engine.Name("publisher"))
		sub.Subscribe(topic, 1)
		sub.Disconnect()
		for i := range most {
			pub.Publish(topic, fmt.Sprint(i), 1)
		}
		sub.Reconnect()
		n := 0
		for n < most {
			if _, ok := sub.GetsAny(wait(t)); !ok {
				break
			}
			n++
		}
		tell(t, "messages kept for a client that is away", n, most, "messages")
	})
	_ = add("subscriptions", "subscriptions of a client", since31, nil, func(t *engine.T) {
		const most = 1000
		c := t.Connect()
		n := 0
		for n < most {
			id := c.NextID()
			c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{{Filter: codec.Text(t.Topic(fmt.Sprintf("one/%d", n)))}}})
			granted := false
			c.AnsweredOrClosed(func(p codec.Packet) bool {
				ack, ok := p.(*codec.Suback)
				granted = ok && len(ack.Codes) == 1 && ack.Codes[0] == 0
				return ok
			})
			if !granted {
				break
			}
			n++
		}
		tell(t, "subscriptions of a client", n, most, "subscriptions")
	})
	_ = add("retained", "retained messages that a new subscription brings", since31, []engine.Feature{engine.QoS1, engine.Retain, engine.Wildcard}, func(t *engine.T) {
		const most = 1000
		pub := t.Connect(engine.Name("publisher"))
		for i := range most {
			pub.Publish(t.Topic(fmt.Sprintf("many/%d", i)), "m", 1, engine.Retained())
		}
		sub := t.Connect(engine.Name("subscriber"))
		sub.Subscribe(t.Topic("many/+"), 1)
		n := 0
		for n < most {
			if _, ok := sub.GetsAny(wait(t)); !ok {
				break
			}
			n++
		}
		tell(t, "retained messages that a new subscription brings", n, most, "messages")
	})
	_ = add("aliases", "Topic Aliases that the broker takes", only5, []engine.Feature{engine.QoS1}, func(t *engine.T) {
		const most = 1000
		topic := t.Topic("alias")
		n := largest(most, func(n int) bool {
			c := t.Connect(engine.Name("publisher"))
			defer c.Drop()
			c.Send(&codec.Publish{Topic: codec.Text(topic), QoS: 1, PacketID: 1, Properties: codec.Properties{codec.Int(codec.TopicAlias, uint32(n))}})
			return c.AnsweredOrClosed(func(p codec.Packet) bool { return p.Type() == codec.PUBACK }) && c.CarriesOn()
		})
		tell(t, "Topic Aliases that the broker takes", n, most, "aliases")
	})
)
