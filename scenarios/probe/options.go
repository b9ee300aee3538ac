package probe

import (
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

func yes(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// What the standard leaves to a server.
var (
	_ = add("retained", "retained messages", since31, nil, func(t *engine.T) {
		topic := t.Topic("retained")
		pub := t.Connect(engine.Name("publisher"))
		if pub.Connack.Properties.Int(codec.RetainAvailable, 1) == 0 {
			t.Observe("retained messages", "declared not to be available")
			return
		}
		pub.Publish(topic, "kept", highest(pub), engine.Retained())
		late := t.Connect(engine.Name("late subscriber"))
		late.Subscribe(topic, 0)
		_, ok := late.Gets(topic, "kept", wait(t))
		t.Observe("retained messages", "%s", yes(ok, "kept for late subscribers", "not seen"))
	})
	_ = add("shared", "Shared Subscriptions", since311, nil, func(t *engine.T) {
		topic := t.Topic("shared")
		var members []*engine.Client
		pub := t.Connect(engine.Name("publisher"))
		for i := range 2 {
			c := t.Connect(engine.Name(fmt.Sprintf("member %d", i+1)))
			c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text("$share/probe/" + topic)}}})
			refused := true
			c.AnsweredOrClosed(func(p codec.Packet) bool {
				ack, ok := p.(*codec.Suback)
				refused = !ok || ack.Codes[0] >= 0x80
				return ok
			})
			if refused {
				t.Observe("Shared Subscriptions", "refused")
				return
			}
			members = append(members, c)
		}
		const messages = 6
		for i := range messages {
			pub.Publish(topic, fmt.Sprint(i), 0)
		}
		pub.Sync()
		t.Sleep(t.Timeouts().Settle)
		got := []int{len(members[0].Pending()), len(members[1].Pending())}
		switch sum := got[0] + got[1]; {
		case sum == messages:
			t.Observe("Shared Subscriptions", "of %d messages two members get %d and %d", messages, got[0], got[1])
		case sum == 0:
			t.Observe("Shared Subscriptions", "taken for a filter like others: no message comes")
		case sum == 2*messages:
			t.Observe("Shared Subscriptions", "every member gets every message")
		default:
			t.Observe("Shared Subscriptions", "accepted, and %d of %d messages came", sum, messages)
		}
	})
	_ = add("own-aliases", "Topic Aliases that the broker uses", only5, nil, func(t *engine.T) {
		topic := t.Topic("alias")
		sub, pub := t.Connect(engine.Name("subscriber"), engine.With(codec.Int(codec.TopicAliasMaximum, 10))), t.Connect(engine.Name("publisher"))
		sub.Subscribe(topic, 0)
		used := false
		for range 3 {
			pub.Publish(topic, "m", 0)
			if m, ok := sub.GetsAny(wait(t)); ok {
				_, has := m.Properties.Find(codec.TopicAlias)
				used = used || has
			}
		}
		t.Observe("Topic Aliases that the broker uses", "%s", yes(used, "where the client allows them", "none seen"))
	})
	_ = add("empty-client-id", "a client without a Client Identifier", since31, nil, func(t *engine.T) {
		c := t.Open(engine.ID(""))
		c.SendConnect()
		said := "closed without an answer"
		c.AnsweredOrClosed(func(p codec.Packet) bool {
			ack, ok := p.(*codec.Connack)
			if !ok {
				return false
			}
			said = fmt.Sprintf("refused with 0x%02X", ack.Code)
			if id, has := ack.Properties.Find(codec.AssignedClientIdentifier); has {
				said = fmt.Sprintf("accepted, as %q", id.Data)
			} else if ack.Code == 0 {
				said = "accepted"
			}
			return true
		})
		t.Observe("a client without a Client Identifier", "%s", said)
	})
	_ = add("qos-0-away", "QoS 0 for a client that is away", since31, nil, func(t *engine.T) {
		topic := t.Topic("zero")
		sub, pub := t.Connect(engine.Name("subscriber"), engine.Keep()), t.Connect(engine.Name("publisher"))
		sub.Subscribe(topic, 0)
		sub.Disconnect()
		pub.Publish(topic, "zero", 0)
		pub.Sync()
		sub.Reconnect()
		_, ok := sub.Gets(topic, "zero", wait(t))
		t.Observe("QoS 0 for a client that is away", "%s", yes(ok, "kept", "dropped"))
	})
	_ = add("qos-2", "a QoS 2 message is handed on at", since31, []engine.Feature{engine.QoS2}, func(t *engine.T) {
		topic := t.Topic("two")
		sub, pub := t.Connect(engine.Name("subscriber")), t.Connect(engine.Name("publisher"))
		sub.Subscribe(topic, 2)
		pub.Send(&codec.Publish{Topic: codec.Text(topic), Payload: []byte("two"), QoS: 2, PacketID: 1})
		pub.ExpectPubrec(1)
		_, early := sub.Gets(topic, "two", wait(t))
		pub.Send(&codec.Pubrel{Ack: codec.Ack{PacketID: 1}})
		late := false
		if !early {
			_, late = sub.Gets(topic, "two", wait(t))
		}
		t.Observe("a QoS 2 message is handed on at", "%s", yes(early, "PUBLISH", yes(late, "PUBREL", "neither")))
	})
	_ = add("overlapping", "copies for two subscriptions that match", since31, nil, func(t *engine.T) {
		topic := t.Topic("both")
		c := t.Connect()
		c.Subscribe(topic, 0)
		c.SubscribeTo(codec.Subscription{Filter: codec.Text(t.Topic("+"))})
		c.Publish(topic, "m", 0)
		c.Sync()
		t.Sleep(t.Timeouts().Settle)
		t.Observe("copies for two subscriptions that match", "%d", len(c.Pending()))
	})
	_ = add("nobody", "PUBACK where nobody has subscribed", only5, []engine.Feature{engine.QoS1}, func(t *engine.T) {
		c := t.Connect()
		c.Send(&codec.Publish{Topic: codec.Text(t.Topic("nobody")), QoS: 1, PacketID: 1})
		t.Observe("PUBACK where nobody has subscribed", "0x%02X", c.ExpectPuback(1).Code)
	})
	_ = add("dollar", "a PUBLISH to a topic that begins with $", since31, nil, func(t *engine.T) {
		topic := "$" + t.Topic("dollar")
		sub, pub := t.Connect(engine.Name("subscriber")), t.Connect(engine.Name("publisher"))
		sub.SubscribeTo(codec.Subscription{Filter: codec.Text(topic)})
		pub.Send(&codec.Publish{Topic: codec.Text(topic), Payload: []byte("m")})
		if !pub.CarriesOn() {
			t.Observe("a PUBLISH to a topic that begins with $", "ends the connection")
			return
		}
		_, ok := sub.Gets(topic, "m", wait(t))
		t.Observe("a PUBLISH to a topic that begins with $", "%s", yes(ok, "is delivered", "is delivered to nobody"))
	})
	_ = add("keep-alive", "a silent client with Keep Alive 1 is closed after", since31, nil, func(t *engine.T) {
		c := t.Connect(engine.KeepAlive(1))
		if set, ok := c.Connack.Properties.Find(codec.ServerKeepAlive); ok && set.Int > 3 {
			t.Observe("a silent client with Keep Alive 1 is closed after", "not tried: Server Keep Alive %d", set.Int)
			return
		}
		began := time.Now()
		closed := c.ClosedWithin(8 * time.Second)
		t.Observe("a silent client with Keep Alive 1 is closed after", "%s",
			yes(closed, fmt.Sprintf("%.1f s", time.Since(began).Seconds()), "more than 8 s"))
	})
	_ = add("malformed", "what comes before the close for a malformed packet", only5, nil, func(t *engine.T) {
		c := t.Connect()
		c.SendRaw([]byte{0x82, 0x02, 0x00, 0x01}) // a SUBSCRIBE that ends behind its Packet Identifier
		said := "the connection stays open"
		if c.ClosedWithin(wait(t)) {
			said = "nothing"
			if p, ok := c.Taken(func(p codec.Packet) bool { return p.Type() == codec.DISCONNECT }); ok {
				said = p.String()
			}
		}
		t.Observe("what comes before the close for a malformed packet", "%s", said)
	})
)
