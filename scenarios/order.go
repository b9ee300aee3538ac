package scenarios

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// The duty to deliver in order: what one client publishes on one topic at one
// QoS. Nothing is promised across topics, QoS levels or publishers.
var inOrder = Requirements(V311("MQTT-4.6.0-5", "MQTT-4.6.0-6"), V5("MQTT-4.6.0-5", "MQTT-4.6.0-6"))

// burst publishes numbered messages in windows: a window is written before any
// acknowledgement is awaited, so that the broker has several at once in hand.
func burst(t *T, pub *Client, topic string, qos byte, first, last int, opts ...PublishOption) {
	window := 10
	if t.V5() {
		// Those of QoS 2 may be open until PUBCOMP (3.3.4).
		window = min(window, int(pub.Connack.Properties.Int(codec.ReceiveMaximum, 65535)))
	}
	for from := first; from <= last; from += window {
		ids := map[uint16]bool{}
		var sent, answered []uint16
		for n := from; n <= min(from+window-1, last); n++ {
			p := message(topic, strconv.Itoa(n), qos, 0)
			if qos > 0 {
				p.PacketID = pub.NextID()
				ids[p.PacketID] = true
				sent = append(sent, p.PacketID)
			}
			for _, o := range opts {
				o(p)
			}
			pub.Send(p)
		}
		t.Step("every PUBLISH is answered", Requirements(V311("MQTT-3.3.4-1"), V5("MQTT-3.3.4-1"))...)
		for range len(ids) {
			if qos == 2 {
				id := nextPubrec(pub)
				pub.Send(pubrel(id))
				answered = append(answered, id)
			} else {
				p := pub.ExpectWhere("a PUBACK", func(p codec.Packet) bool { return p.Type() == codec.PUBACK })
				answered = append(answered, p.(*codec.Puback).PacketID)
			}
		}
		if qos > 0 { // MQTT-4.6.0-2 and -3 bind the client alone
			t.Observe("the broker answers in the order of the messages", "%v", slices.Equal(sent, answered))
		}
		t.Step("every PUBREL is answered", answersPubrel...)
		for id := range ids {
			if qos == 2 {
				pub.ExpectPubcomp(id)
			}
		}
	}
}

// nextPubrec awaits the next PUBREC, whatever its identifier.
func nextPubrec(c *Client) uint16 {
	p := c.ExpectWhere("a PUBREC", func(p codec.Packet) bool { return p.Type() == codec.PUBREC })
	return p.(*codec.Pubrec).PacketID
}

// expectNumbers takes the numbered messages on the topic up to the last one and
// expects them in order. Those above QoS 0 must all come, repetitions apart.
func expectNumbers(t *T, sub *Client, topic string, qos byte, last int) {
	previous := 0
	for previous < last {
		t.Step("every message comes", ownership...)
		m, ok := sub.GetsWhere(t.Timeouts().Delivery, func(m *codec.Publish) bool {
			return m.Topic.String() == topic && m.QoS == qos
		})
		if !ok && qos == 0 {
			t.Observe("QoS 0", "lost after message %d of %d", previous, last)
			return // which QoS 0 may
		}
		if !ok {
			t.Fail(fmt.Sprintf("message %d on %s", previous+1, topic), fmt.Sprintf("%d was the last", previous), -1)
		}
		n, err := strconv.Atoi(string(m.Payload))
		if err != nil {
			t.Fail("a number", m.String(), -1)
		}
		if m.Dup && n <= previous {
			continue // a repetition keeps its old place
		}
		if n == 0 && qos == 0 {
			continue // one more of those that tried the subscription
		}
		t.Step("the messages come in order", inOrder...)
		switch {
		case n <= previous:
			m.Is("a message that is later than "+strconv.Itoa(previous), n, previous+1)
		case qos == 0:
			previous = n // gaps are allowed
		default:
			if !m.Is("next message", n, previous+1) {
				return
			}
			previous = n
		}
	}
}

var _ = func() (done bool) {
	for qos := range byte(3) {
		needs := []Feature{}
		if qos > 0 {
			needs = []Feature{[]Feature{QoS1, QoS2}[qos-1]}
		}
		add(Scenario{
			ID:     fmt.Sprintf("qos.order-at-%d", qos),
			Title:  fmt.Sprintf("messages of one publisher on one topic at QoS %d arrive in the order in which they were sent", qos),
			Why:    "off after on and on after off are not the same",
			Proves: inOrder,
			Needs:  needs,
			Run: func(t *T) {
				topic := t.Topic("numbers")
				sub, pub := pair(t, topic, qos)
				if qos == 0 {
					arrives(t, pub, sub, topic, "0", 0) // the subscription works
					sub.Pending()
				}
				// A thousand, or what a slow broker takes in some seconds.
				const part, most = 200, 1000
				last := 0
				for began := t.Elapsed(); last < most && t.Elapsed()-began < 2*t.Timeouts().Answer; last += part {
					burst(t, pub, topic, qos, last+1, last+part)
				}
				t.Observe("messages", "%d", last)
				expectNumbers(t, sub, topic, qos, last)
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:     "qos.order-of-each-publisher",
	Title:  "with several publishers on one topic the messages of each arrive in order",
	Why:    "many sensors report to one topic; what each of them says must make sense",
	Proves: inOrder,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("numbers")
		sub, one := pair(t, topic, 1)
		pubs := []*Client{one, t.Connect(Name("publisher 2")), t.Connect(Name("publisher 3"))}
		// Publisher k sends the numbers from 1000 k on.
		const rounds, window = 6, 5
		for round := range rounds {
			for k, pub := range pubs {
				for n := range window {
					p := message(topic, strconv.Itoa(1000*k+round*window+n), 1, pub.NextID())
					pub.Send(p)
				}
			}
			t.Step("every PUBLISH is answered", Requirements(V311("MQTT-3.3.4-1"), V5("MQTT-3.3.4-1"))...)
			for _, pub := range pubs {
				for range window {
					pub.ExpectWhere("a PUBACK", func(p codec.Packet) bool { return p.Type() == codec.PUBACK })
				}
			}
		}
		next := []int{0, 1000, 2000}
		for range len(pubs) * rounds * window {
			t.Step("every message comes", ownership...)
			m := sub.Next()
			n, _ := strconv.Atoi(string(m.Payload))
			k := n / 1000
			t.Step("those of one publisher come in order", inOrder...)
			if !m.Is(fmt.Sprintf("next message of publisher %d", k+1), n, next[k]) {
				return
			}
			next[k]++
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.order-by-wildcard",
	Title:  "over a wildcard subscription the messages of each topic arrive in order",
	Why:    "most consumers subscribe by wildcard; the promise of order must hold for them too",
	Proves: inOrder,
	Needs:  []Feature{QoS1, Wildcard},
	Run: func(t *T) {
		sub, pub := pair(t, t.Topic("+/numbers"), 1)
		one, two := t.Topic("one/numbers"), t.Topic("two/numbers")
		for from := 1; from <= 60; from += 10 {
			burst(t, pub, one, 1, from, from+9)
			burst(t, pub, two, 1, from, from+9)
		}
		expectNumbers(t, sub, one, 1, 60)
		expectNumbers(t, sub, two, 1, 60)
	},
})

var _ = add(Scenario{
	ID:     "qos.order-within-a-qos",
	Title:  "with all QoS levels mixed on one topic, the messages of each level arrive in order",
	Why:    "publishers send heartbeats at QoS 0 between commands at QoS 1; neither may upset the other",
	Proves: inOrder,
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("numbers")
		sub, pub := pair(t, topic, 2)
		for from := 1; from <= 60; from += 10 {
			for _, qos := range []byte{0, 2, 1} {
				burst(t, pub, topic, qos, from, from+9)
			}
		}
		for _, qos := range []byte{2, 1, 0} {
			expectNumbers(t, sub, topic, qos, 60)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.order-after-return",
	Title:  "on the return of a client what it had not acknowledged and what was published meanwhile come each in order",
	Why:    "a device that was away must not apply an old setting on top of a new one",
	Proves: Requirements(V311("MQTT-4.6.0-6"), V5("MQTT-4.6.0-5"), resent),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		for qos := byte(1); qos <= 2; qos++ {
			topic := t.Topic(fmt.Sprintf("numbers-%d", qos))
			sub, pub := pair(t, topic, qos, Keep(), Manual(), Name(fmt.Sprintf("subscriber at QoS %d", qos)))
			burst(t, pub, topic, qos, 1, 5)
			var held []*Message
			for n := range 5 {
				held = append(held, handedBeside(t, sub, topic, strconv.Itoa(n+1), held...))
			}
			sub.Disconnect()
			burst(t, pub, topic, qos, 6, 15)
			resume(t, sub, Automatic())
			old, fresh := 0, 5
			for old < 5 || fresh < 15 {
				switch {
				case fresh == 15:
					t.Step("every repetition comes", resent...)
				case old == 5:
					t.Step("every new message comes", ownership...)
				default:
					t.Step("repetitions and new messages come", Requirements(resent, ownership)...)
				}
				m := sub.Next()
				n, _ := strconv.Atoi(string(m.Payload))
				if n <= 5 {
					// In 5.0 the order of repetitions is asked of clients only.
					if t.V5() && n != old+1 {
						t.Observe("order of repetitions", "%d after %d", n, old)
					}
					t.Step("repetitions keep their order", V311("MQTT-4.6.0-6")...)
					if !t.V5() && !m.Is("next repetition", n, old+1) {
						return
					}
					old++
					continue
				}
				t.Step("new messages come in order", Requirements(V311("MQTT-4.6.0-6"), V5("MQTT-4.6.0-5"))...)
				if !m.Is("next new message", n, fresh+1) {
					return
				}
				fresh++
				if old < 5 {
					t.Observe("new before old", "message %d came before repetition %d", n, old+1)
				}
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.order-one-at-a-time",
	Title:  "a client with Receive Maximum 1 gets its messages one by one and in order",
	Why:    "small devices take one message at a time; what waits for them meanwhile must not be shuffled",
	Proves: V5("MQTT-4.6.0-5", "MQTT-3.3.4-9"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("numbers")
		sub, pub := pair(t, topic, 1, Manual(), With(codec.Int(codec.ReceiveMaximum, 1)))
		burst(t, pub, topic, 1, 1, 20)
		for n := 1; n <= 20; n++ {
			t.Step("every message comes", ownership...)
			m := sub.Next()
			t.Step("in order", V5("MQTT-4.6.0-5")...)
			if !m.Is("next message", string(m.Payload), strconv.Itoa(n)) {
				return
			}
			t.Step("one at a time", V5("MQTT-3.3.4-9")...)
			sub.Sync()
			sub.NothingPending()
			sub.Send(puback(m.PacketID))
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.order-around-subscribe",
	Title:  "messages that are published while a client subscribes come in order, and those behind its SUBACK all come",
	Why:    "who begins in the middle of a stream must be able to tell old from new",
	Proves: Requirements(inOrder, ownership),
	Needs:  []Feature{QoS1, Retain},
	Run: func(t *T) {
		topic := t.Topic("numbers")
		sub, pub := t.Connect(Name("subscriber")), t.Connect(Name("publisher"))
		burst(t, pub, topic, 1, 1, 10, Retained())
		id := sub.NextID()
		sub.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(topic, 1)}})
		burst(t, pub, topic, 1, 11, 30, Retained())
		t.Step("SUBSCRIBE is answered", Requirements(V311("MQTT-3.8.4-1"), V5("MQTT-3.8.4-1"))...)
		sub.ExpectSuback(id)
		const all = 40
		burst(t, pub, topic, 1, 31, all, Retained())
		t.FenceOn(topic, 1, pub, sub)
		previous, gapless := 0, 30
		for _, m := range sub.Pending() {
			n, _ := strconv.Atoi(string(m.Payload))
			if m.Retain {
				// It stands for what was before the subscription; no sentence gives it a
				// place among the others.
				t.Observe("retained message", "newer than what came before it: %v", n > previous)
				continue
			}
			t.Step("those that are sent on come in order", inOrder...)
			if !m.Is(fmt.Sprintf("a message that is later than %d", previous), n > previous, true) {
				return
			}
			if previous = n; n == gapless+1 {
				gapless = n
			}
		}
		t.Step("those that were published behind the SUBACK all come", ownership...)
		t.Equal("the last message without a gap", gapless, all)
	},
})
