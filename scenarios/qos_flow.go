package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// limited connects a subscriber by hand with a Receive Maximum, a publisher,
// and a witness that gets the same messages without a limit: when the witness
// has one, the broker has had the occasion to send it to the subscriber too.
func limited(t *T, topic string, qos byte, maximum uint32, opts ...Option) (sub, pub, witness *Client) {
	opts = append([]Option{Manual(), With(codec.Int(codec.ReceiveMaximum, maximum))}, opts...)
	sub, pub = pair(t, topic, qos, opts...)
	witness = t.Connect(Name("witness"))
	witness.Subscribe(topic, qos)
	return sub, pub, witness
}

// overrun expects, as the requirements say, that no more than the number allowed
// are under way: those taken and not acknowledged, and those that have come beside
// them.
func overrun(t *T, sub, witness, pub *Client, underWay, allowed int, refs ...spec.Ref) []*Message {
	t.Fence(pub, witness)
	sub.Sync()
	more := sub.Pending()
	t.Step("no more are under way than the Receive Maximum", refs...)
	if n := underWay + len(more); n > allowed {
		t.Broken(fmt.Sprintf("at most %d messages that are not acknowledged", allowed), fmt.Sprintf("%d", n), -1)
	}
	return more
}

var _ = func() (done bool) {
	for _, maximum := range []int{1, 2, 10} {
		add(Scenario{
			ID:     fmt.Sprintf("qos.receive-maximum-%d", maximum),
			Title:  fmt.Sprintf("a client with Receive Maximum %d never has more messages to acknowledge, and gets all of them in time", maximum),
			Why:    "a small device sets it because it has room for no more; whatever comes beyond is lost or crashes it",
			Proves: V5("MQTT-3.3.4-9", "MQTT-4.9.0-1", "MQTT-4.9.0-2"),
			Needs:  []Feature{QoS2},
			Run: func(t *T) {
				topic := t.Topic("flood")
				sub, pub, witness := limited(t, topic, 2, uint32(maximum))
				total := maximum + 16
				for i := range total {
					payload := fmt.Sprintf("message %d", i)
					pub.Publish(topic, payload, byte(1+i%2))
					witness.ExpectMessage(topic, payload)
				}
				t.Step("at least one is sent", V5("MQTT-4.9.0-1")...)
				waiting := []*Message{sub.Next()}
				// Nothing is acknowledged yet: this is the send quota at its beginning.
				waiting = append(waiting, overrun(t, sub, witness, pub, 1, maximum, V5("MQTT-3.3.4-9", "MQTT-4.9.0-1")...)...)
				t.Observe("sent at once", "%d of %d, Receive Maximum %d", len(waiting), total, maximum)
				for got := len(waiting); ; {
					m := waiting[0]
					waiting = waiting[1:]
					if m.QoS == 2 {
						t.Step("PUBREC is answered by PUBREL", V5("MQTT-4.3.3-4")...)
						sub.Send(pubrec(m.PacketID))
						sub.ExpectPubrel(m.PacketID)
						sub.Send(pubcomp(m.PacketID))
					} else {
						sub.Send(puback(m.PacketID))
					}
					if got == total && len(waiting) == 0 {
						break
					}
					if len(waiting) == 0 {
						t.Step("the next one follows an acknowledgement", ownership...)
						waiting = append(waiting, sub.Next())
						got++
					}
					sub.Sync()
					more := sub.Pending()
					got += len(more)
					waiting = append(waiting, more...)
					t.Step("no more are under way than the Receive Maximum", V5("MQTT-3.3.4-9", "MQTT-4.9.0-2")...)
					if len(waiting) > maximum {
						t.Fail(fmt.Sprintf("at most %d messages that are not acknowledged", maximum), fmt.Sprintf("%d", len(waiting)), -1)
					}
				}
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:     "qos.receive-maximum-at-qos-2",
	Title:  "a place under the Receive Maximum is freed by PUBCOMP or by a refusing PUBREC, not by an accepting PUBREC",
	Why:    "a client still holds a QoS 2 message between PUBREC and PUBCOMP; a broker that sends on meanwhile overruns it, one that frees nothing starves it",
	Proves: V5("MQTT-3.3.4-9", "MQTT-4.9.0-2", "U5-4.9-u1"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("places")
		sub, pub, witness := limited(t, topic, 2, 1)
		for i := range 4 {
			payload := fmt.Sprintf("message %d", i)
			pub.Publish(topic, payload, 2)
			witness.ExpectMessage(topic, payload)
		}
		t.Step("the first message comes", ownership...)
		first := sub.Next()
		received(t, sub, first.PacketID)
		notFreed := V5("MQTT-3.3.4-9", "MQTT-4.9.0-2")
		if len(overrun(t, sub, witness, pub, 1, 1, notFreed...)) > 0 {
			return
		}
		t.Step("PUBCOMP frees the place", V5("U5-4.9-u1")...)
		sub.Send(pubcomp(first.PacketID))
		second := sub.Next()
		t.Step("a refusing PUBREC frees the place", V5("U5-4.9-u1")...)
		sub.Send(&codec.Pubrec{Ack: codec.Ack{PacketID: second.PacketID, Code: 0x80}})
		third := sub.Next()
		t.Observe("PUBREL after a refusal", "%v", has[*codec.Pubrel](sub, second.PacketID))
		overrun(t, sub, witness, pub, 1, 1, notFreed...)
		received(t, sub, third.PacketID)
		t.Step("PUBCOMP frees the place", V5("U5-4.9-u1")...)
		sub.Send(&codec.Pubcomp{Ack: codec.Ack{PacketID: third.PacketID, Code: 0x92}}) // with an error code too
		sub.Next()
	},
})

var _ = add(Scenario{
	ID:     "qos.receive-maximum-negative-puback",
	Title:  "a refusing PUBACK frees a place under the Receive Maximum",
	Why:    "a client that refuses a message would never get another one",
	Proves: V5("U5-4.9-u1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("refuse")
		sub, pub, witness := limited(t, topic, 1, 1)
		for i := range 3 {
			payload := fmt.Sprintf("message %d", i)
			pub.Publish(topic, payload, 1)
			witness.ExpectMessage(topic, payload)
		}
		t.Step("the first message comes", ownership...)
		m := sub.Next()
		for range 2 {
			t.Step("the next one follows a refusal", V5("U5-4.9-u1")...)
			sub.Send(&codec.Puback{Ack: codec.Ack{PacketID: m.PacketID, Code: 0x83}})
			m = sub.Next()
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.receive-maximum-other-packets",
	Title:  "a client whose Receive Maximum is used up still gets every other packet",
	Why:    "a client that waits with its acknowledgements must still be able to ping, subscribe and publish",
	Proves: V5("MQTT-3.3.4-10", "MQTT-4.9.0-3"),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic, own := t.Topic("full"), t.Topic("own")
		sub, pub, witness := limited(t, topic, 2, 1)
		for _, payload := range []string{"one", "two"} {
			pub.Publish(topic, payload, 2)
			witness.ExpectMessage(topic, payload)
		}
		t.Step("the first message comes", ownership...)
		m := sub.Next()
		t.Step("all else is answered while the quota is 0", V5("MQTT-3.3.4-10", "MQTT-4.9.0-3")...)
		sub.StillOpen()
		id := sub.NextID()
		sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{{Filter: codec.Text(own), QoS: 0}}})
		sub.ExpectSuback(id)
		id = sub.NextID()
		sub.Send(message(t.Topic("elsewhere"), "at 1", 1, id))
		sub.ExpectPuback(id)
		id = sub.NextID()
		sub.Send(message(t.Topic("elsewhere"), "at 2", 2, id))
		sub.ExpectPubrec(id)
		sub.Send(pubrel(id))
		sub.ExpectPubcomp(id)
		pub.Publish(own, "zero", 0)
		if _, ok := sub.Gets(own, "zero", t.Timeouts().Settle); ok {
			t.Observe("QoS 0 at quota 0", "sent on")
		} else {
			t.Observe("QoS 0 at quota 0", "held back or lost")
		}
		id = sub.NextID()
		sub.Send(&codec.Unsubscribe{PacketID: id, Filters: []codec.Text{codec.Text(own)}})
		sub.ExpectUnsuback(id)
		sub.Send(pubrec(m.PacketID))
		sub.ExpectPubrel(m.PacketID)
		sub.Send(pubcomp(m.PacketID))
		t.Step("the next message follows", ownership...)
		sub.ExpectMessage(topic, "two")
	},
})

var _ = add(Scenario{
	ID:     "qos.receive-maximum-after-return",
	Title:  "a Receive Maximum that is lower on return holds at once, for repetitions too",
	Why:    "a client may come back with less room than before; what it left open must not overrun it",
	Proves: V5("MQTT-3.3.4-9", "MQTT-4.9.0-2", "MQTT-4.9.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("less")
		sub, pub, witness := limited(t, topic, 1, 20, Keep())
		open := map[string]bool{}
		for i := range 6 {
			payload := fmt.Sprintf("message %d", i)
			pub.Publish(topic, payload, 1)
			witness.ExpectMessage(topic, payload)
			open[payload] = true
		}
		t.Step("the messages come", ownership...)
		sub.ExpectMessage(topic, "message 0")
		sub.Sync()
		sub.Pending()
		sub.Drop()
		resume(t, sub, With(codec.Int(codec.ReceiveMaximum, 2)))
		t.Step("at least one comes again", V5("MQTT-4.9.0-1", "MQTT-4.4.0-1")...)
		waiting := []*Message{sub.Next()}
		t.Fence(pub, witness)
		sub.Sync()
		waiting = append(waiting, sub.Pending()...)
		// Not U5-4.9-u2: a broker may have taken the new value and yet repeat without
		// regard to it. session.offline-receive-maximum shows that with new messages.
		t.Step("the new Receive Maximum holds", V5("MQTT-3.3.4-9", "MQTT-4.9.0-2")...)
		if len(waiting) > 2 {
			t.Fail("at most 2 messages that are not acknowledged", fmt.Sprintf("%d", len(waiting)), -1)
		}
		for len(open) > 0 {
			m := waiting[0]
			waiting = waiting[1:]
			delete(open, string(m.Payload))
			sub.Send(puback(m.PacketID))
			if len(open) == len(waiting) {
				continue // the rest is here
			}
			t.Step("all come in the end", resent...)
			waiting = append(waiting, sub.Next())
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.receive-maximum-anew",
	Title:  "on its return a client has all places under its Receive Maximum again",
	Why:    "each break in the middle of a message would take a place away, until nothing comes any more",
	Proves: V5("U5-4.9-u2", "MQTT-4.4.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("anew")
		one := With(codec.Int(codec.ReceiveMaximum, 1))
		sub, pub := pair(t, topic, 1, Keep(), Manual(), one)
		pub.Publish(topic, "open", 1)
		handedOn(t, sub, topic, "open")
		sub.Drop()
		resume(t, sub)
		if _, ok := sub.Gets(topic, "open", t.Timeouts().Delivery); ok {
			return
		}
		// It may be that the broker does not send it again at all: with more places
		// that shows.
		sub.Drop()
		resume(t, sub, With(codec.Int(codec.ReceiveMaximum, 100)))
		t.Step("what was not acknowledged is sent again", resent...)
		m := sub.ExpectMessage(topic, "open")
		t.Step("it has a place on every new connection", V5("U5-4.9-u2")...)
		m.Unwanted("the message on the first return, with Receive Maximum 1")
	},
})

var _ = add(Scenario{
	ID:     "qos.receive-maximum-absent",
	Title:  "a client that gives no Receive Maximum gets messages while it acknowledges none, as many as the broker likes",
	Why:    "most clients give none; one that works slowly must still be served",
	Proves: V5("MQTT-4.9.0-1", "U5-3.1.2.11.3-u2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("many")
		sub, pub := pair(t, topic, 1, Manual())
		const total = 100
		for i := range total {
			pub.Publish(topic, fmt.Sprintf("message %d", i), 1)
		}
		t.Step("at least one is sent: the default is 65,535, and none is 0", V5("MQTT-4.9.0-1", "U5-3.1.2.11.3-u2")...)
		waiting := []*Message{sub.Next()}
		sub.Sync()
		t.Sleep(t.Timeouts().Settle)
		waiting = append(waiting, sub.Pending()...)
		t.Observe("sent at once without a Receive Maximum", "%d of %d", len(waiting), total)
		for got := len(waiting); len(waiting) > 0; waiting = waiting[1:] {
			sub.Send(puback(waiting[0].PacketID))
			if got < total && len(waiting) == 1 {
				t.Step("the next one follows an acknowledgement", ownership...)
				more := append([]*Message{sub.Next()}, sub.Pending()...)
				waiting = append(waiting, more...)
				got += len(more)
			}
		}
	},
})
