package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// leaving lists the ways in which a client goes while it owes acknowledgements.
var leaving = []struct {
	id, how string
	leave   func(c *Client)
}{
	{"loss", "its connection is lost", func(c *Client) { c.Drop() }},
	{"disconnect", "it disconnects", func(c *Client) { c.Disconnect() }},
	{"takeover", "it connects a second time", func(*Client) {}},
}

// resent is the duty to send again what is not acknowledged, with its old
// identifier, when the session is resumed.
var resent = Requirements(V311("MQTT-4.4.0-1"), V5("MQTT-4.4.0-1"))

// sameIdentifier is the duty to do so under the old Packet Identifier.
var sameIdentifier = Requirements(V311("MQTT-4.4.0-1", "MQTT-2.3.1-4"), V5("MQTT-4.4.0-1"))

// qos1Done is what a broker breaks that sends a message again although it has
// read the acknowledgement.
var qos1Done = Requirements(V311("MQTT-4.3.2-1"), V5("MQTT-4.4.0-1"))

// redelivered expects the message once more on a resumed session: same identifier,
// DUP 1, same QoS and topic.
func redelivered(t *T, sub *Client, first *Message) *Message {
	t.Step("what was not acknowledged is sent again", resent...)
	m := sub.ExpectMessage(first.Topic.String(), string(first.Payload))
	t.Step("it keeps its Packet Identifier", sameIdentifier...)
	m.Is("Packet Identifier", m.PacketID, first.PacketID)
	t.Step("it keeps its QoS", resent...)
	m.Is("QoS", m.QoS, first.QoS)
	t.Step("it says that it is a repetition", Requirements(V311("MQTT-3.3.1-1"), V5("MQTT-3.3.1-1"))...)
	m.HasDup(true)
	return m
}

var _ = func() (done bool) {
	for _, way := range leaving {
		add(Scenario{
			ID:    "qos.1-redelivered-after-" + way.id,
			Title: "a QoS 1 message that a client has not acknowledged when " + way.how + " comes again on its return, with DUP 1 and the same Packet Identifier",
			Why:   "at least once means this: a device that loses its connection in the middle of a message must get it again",
			Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-2.3.1-4", "MQTT-3.3.1-1", "MQTT-4.3.2-1"),
				V5("MQTT-4.4.0-1", "MQTT-3.3.1-1", "MQTT-4.3.2-3")),
			Needs: []Feature{QoS1},
			Run: func(t *T) {
				topic := t.Topic("again")
				sub, pub := pair(t, topic, 1, Keep(), Manual())
				pub.Publish(topic, "again", 1)
				first := handedOn(t, sub, topic, "again")
				t.Step("without a PUBACK it stays unacknowledged", Requirements(V311("MQTT-4.3.2-1"), V5("MQTT-4.3.2-3"))...)
				first.HasQoS(1)
				way.leave(sub)
				resume(t, sub)
				second := redelivered(t, sub, first)
				// A PUBACK that the broker has read ends it.
				sub.Send(puback(second.PacketID))
				sub.Sync()
				sub.Disconnect()
				resume(t, sub)
				t.Step("once acknowledged it does not come again", qos1Done...)
				t.FenceOn(topic, 1, pub, sub)
				sub.NothingPending()
			},
		})
	}
	return true
}()

var _ = add(Scenario{
	ID:    "qos.1-identifier-free-again",
	Title: "after its PUBACK a PUBLISH with the same Packet Identifier is a new message, also with DUP 1",
	Why:   "identifiers wrap around; a broker that takes the next use for a repetition swallows messages",
	Proves: Requirements(V311("MQTT-4.3.2-2"),
		V5("MQTT-4.3.2-4", "MQTT-4.3.2-5")),
	Needs: []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("reuse")
		sub, pub := pair(t, topic, 1)
		for i, payload := range []string{"first", "second", "third"} {
			t.Step("PUBACK with the identifier", Requirements(V311("MQTT-4.3.2-2"), V5("MQTT-4.3.2-4"))...)
			p := message(topic, payload, 1, 77)
			p.Dup = i == 2
			pub.Send(p)
			pub.ExpectPuback(77)
			t.Step("the message is new", Requirements(V311("MQTT-4.3.2-2"), V5("MQTT-4.3.2-5"))...)
			sub.ExpectMessage(topic, payload)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.1-publisher-resends",
	Title:  "a QoS 1 message that a publisher sends again after a break is acknowledged again and reaches the subscriber at least once",
	Why:    "a publisher that gets no PUBACK for its repetition is stuck for ever",
	Proves: Requirements(V311("MQTT-4.3.2-2", "MQTT-4.5.0-1"), V5("MQTT-4.3.2-4", "MQTT-4.5.0-1")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("resend")
		sub := t.Connect(Name("subscriber"))
		sub.Subscribe(topic, 1)
		pub := t.Connect(Name("publisher"), Keep())
		pub.Send(message(topic, "resend", 1, 5))
		pub.Drop() // before it has seen a PUBACK
		resume(t, pub)
		t.Step("the repetition is acknowledged", Requirements(V311("MQTT-4.3.2-2"), V5("MQTT-4.3.2-4"))...)
		pub.Send(repeated(topic, "resend", 1, 5))
		pub.ExpectPuback(5)
		handedOn(t, sub, topic, "resend")
		t.FenceOn(topic, 1, pub, sub)
		t.Observe("copies", "%d", 1+len(sub.Pending()))
	},
})

var _ = add(Scenario{
	ID:     "qos.1-negative-puback",
	Title:  "a message that a subscriber refuses by a PUBACK of 0x80 or more is done: it is never sent again",
	Why:    "a message that one client cannot take would come back on every connection and block its session",
	Proves: V5("MQTT-4.4.0-2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("refused")
		sub, pub := pair(t, topic, 1, Keep(), Manual())
		pub.Publish(topic, "refused", 1)
		refused := handedOn(t, sub, topic, "refused")
		pub.Publish(topic, "open", 1)
		open := handedBeside(t, sub, topic, "open", refused)
		sub.Send(&codec.Puback{Ack: codec.Ack{PacketID: refused.PacketID, Code: 0x80}})
		sub.Sync()
		sub.Disconnect()
		resume(t, sub)
		acknowledge(sub, redelivered(t, sub, open)) // so that silence about the other one means something
		t.Step("what was refused does not come again", V5("MQTT-4.4.0-2")...)
		t.FenceOn(topic, 1, pub, sub)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "qos.1-puback-forms",
	Title:  "a PUBACK counts in each of its forms: without Reason Code, without properties, with none, with some",
	Why:    "client libraries write all four; a broker that misreads one repeats messages without end or drops the client",
	Proves: V5("U5-3.4.2.1-u2", "U5-3.4.2.2.1-u1", "MQTT-4.4.0-1"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("forms")
		sub, pub := pair(t, topic, 1, Keep(), Manual())
		forms := []struct {
			name string
			refs string
			ack  func(id uint16)
		}{
			{"length 2", "U5-3.4.2.1-u2", func(id uint16) { sub.SendRaw([]byte{0x40, 2, byte(id >> 8), byte(id)}) }},
			{"length 3", "U5-3.4.2.2.1-u1", func(id uint16) { sub.SendRaw([]byte{0x40, 3, byte(id >> 8), byte(id), 0}) }},
			{"length 4", "MQTT-4.4.0-1", func(id uint16) { sub.SendRaw([]byte{0x40, 4, byte(id >> 8), byte(id), 0, 0}) }},
			{"properties", "MQTT-4.4.0-1", func(id uint16) {
				p := puback(id)
				p.Properties = codec.Properties{codec.Data(codec.ReasonString, "fine"), codec.User("a", "b")}
				sub.Send(p)
			}},
		}
		for _, form := range forms {
			pub.Publish(topic, form.name, 1)
			m := handedOn(t, sub, topic, form.name)
			t.Step("PUBACK with "+form.name, V5(form.refs)...)
			form.ack(m.PacketID)
			sub.StillOpen()
		}
		pub.Publish(topic, "open", 1)
		open := handedOn(t, sub, topic, "open")
		sub.Sync()
		sub.Disconnect()
		resume(t, sub)
		acknowledge(sub, redelivered(t, sub, open))
		t.FenceOn(topic, 1, pub, sub)
		for _, m := range sub.Pending() {
			for _, form := range forms {
				if form.name == string(m.Payload) {
					t.Step("PUBACK with "+form.name+" was an acknowledgement", V5(form.refs)...)
				}
			}
			t.Broken("what was acknowledged does not come again", m.String(), -1)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.1-clean-forgets",
	Title:  "a client that returns with a clean session gets none of the messages that it had not acknowledged",
	Why:    "a clean session is how a client that has lost its memory starts over; old messages would hit it unprepared",
	Proves: Requirements(V311("MQTT-3.1.2-6"), V5("MQTT-3.1.2-4")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("forget")
		sub, pub := pair(t, topic, 1, Keep(), Manual())
		pub.Publish(topic, "old", 1)
		first := handedOn(t, sub, topic, "old")
		sub.Drop()
		resume(t, sub)
		redelivered(t, sub, first) // it is there until the clean start
		sub.Drop()
		t.Step("a clean session starts empty", Requirements(V311("MQTT-3.1.2-6"), V5("MQTT-3.1.2-4"))...)
		sub.Reconnect(Clean(true))
		sub.ExpectNothing(pub)
		t.Step("and it serves", ownership...)
		sub.Subscribe(topic, 1)
		pub.Publish(topic, "new", 1)
		sub.ExpectMessage(topic, "new").HasDup(false)
	},
})

var _ = add(Scenario{
	ID:     "qos.1-no-resend-on-live-connection",
	Title:  "a message that is not acknowledged is not sent again on the same connection; in 3.1.1 it may be, as the repetition that it is",
	Why:    "a slow subscriber that is sent the same again and again gets slower still; 5.0 forbids it",
	Proves: Requirements(V311("U3-4.4-u1", "MQTT-3.3.1-1", "MQTT-2.3.1-4"), V5("MQTT-4.4.0-1", "U5-4.4-u1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		topic := t.Topic("live")
		sub, pub := pair(t, topic, 2, Keep(), Manual())
		pub.Publish(topic, "one", 1)
		one := handedOn(t, sub, topic, "one")
		pub.Publish(topic, "two", 2)
		two := handedBeside(t, sub, topic, "two", one)
		ids := map[string]uint16{"one": one.PacketID, "two": two.PacketID}
		// Other traffic, pings and a new subscription give a broker the occasions to do
		// so; a message to it might have to wait for an acknowledgement.
		sub.Sync()
		sub.Subscribe(t.Topic("other"), 1)
		sub.Sync()
		t.Sleep(t.Timeouts().Settle)
		t.Step("nothing comes again while the connection lives", Requirements(V311("U3-4.4-u1"), V5("MQTT-4.4.0-1"))...)
		again := sub.Pending()
		t.Observe("sent again on the same connection", "%v", len(again) > 0)
		for _, m := range again {
			if t.V5() {
				m.Unwanted("no repetition on the same connection")
				continue
			}
			t.Step("a repetition says that it is one", V311("MQTT-3.3.1-1")...)
			m.HasDup(true)
			t.Step("a repetition keeps its Packet Identifier", V311("MQTT-2.3.1-4")...)
			m.Is("Packet Identifier", m.PacketID, ids[string(m.Payload)])
		}
		sub.Drop()
		resume(t, sub)
		// Both are under way still: on a resumed session they must come again.
		t.Step("on the return of the client both come again", Requirements(resent, V5("U5-4.4-u1"))...)
		for payload, id := range ids {
			m := sub.ExpectMessage(topic, payload)
			m.Is("Packet Identifier", m.PacketID, id)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.1-stray-puback",
	Title:  "a PUBACK for an unknown message acknowledges nothing",
	Why:    "a broker that ticks off the wrong message loses it for good at the next break",
	Proves: Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.2-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.2-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("stray")
		sub, pub := pair(t, topic, 1, Keep(), Manual())
		pub.Publish(topic, "open", 1)
		open := handedOn(t, sub, topic, "open")
		for _, id := range []uint16{open.PacketID + 1000, 0} {
			// No sentence names the reaction; to go on and to close are both usual.
			sub.Send(puback(id))
			t.Observe(fmt.Sprintf("stray PUBACK %d", id), "carries on: %v", sub.CarriesOn())
			sub.Drop()
			resume(t, sub)
			t.Step("the message is still unacknowledged", Requirements(V311("MQTT-4.4.0-1", "MQTT-4.3.2-1"), V5("MQTT-4.4.0-1", "MQTT-4.3.2-3"))...)
			m := sub.ExpectMessage(topic, "open")
			t.Step("it keeps its identifier", resent...)
			m.Is("Packet Identifier", m.PacketID, open.PacketID)
		}
	},
})

var _ = add(Scenario{
	ID:     "qos.1-wrong-acknowledgement",
	Title:  "PUBREC or PUBCOMP in place of PUBACK does not acknowledge a QoS 1 message",
	Why:    "a confused client must not make the broker forget a message that nobody has taken over",
	Proves: Requirements(V311("MQTT-4.3.2-1"), V5("MQTT-4.3.2-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		for _, wrong := range []string{"PUBREC", "PUBCOMP"} {
			topic := t.Topic(wrong)
			sub, pub := pair(t, topic, 1, Keep(), Manual(), Name("subscriber with "+wrong))
			pub.Publish(topic, "open", 1)
			open := handedOn(t, sub, topic, "open")
			if wrong == "PUBREC" {
				sub.Send(pubrec(open.PacketID))
			} else {
				sub.Send(pubcomp(open.PacketID))
			}
			t.Observe(wrong+" for QoS 1", "carries on: %v", sub.CarriesOn())
			sub.Drop()
			resume(t, sub)
			t.Step("after "+wrong+" the message is still unacknowledged", Requirements(V311("MQTT-4.3.2-1"), V5("MQTT-4.3.2-3"))...)
			sub.ExpectMessage(topic, "open")
		}
	},
})
