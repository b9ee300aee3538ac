package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// leaveTaking are the statements on a DISCONNECT of the broker that its bytes
// show.
var leaveTaking = V5("MQTT-3.14.2-1", "MQTT-3.14.2-2", "MQTT-3.14.2-3", "MQTT-3.14.2-4",
	"U5-3.14.2.2.2-u1", "U5-3.14.2.2.3-u2", "U5-3.14.2.2.5-u1")

var _ = add(Scenario{
	ID:     "session.server-disconnect",
	Title:  "the broker's DISCONNECT has a code and properties of its own, nothing comes behind it, and the connection is closed",
	Why:    "a client that is told to go and is not let go hangs between two connections",
	Proves: Requirements(leaveTaking, V5("MQTT-3.14.4-1", "MQTT-3.14.4-2", "U5-4.13.1-u2")),
	Run: func(t *T) {
		told := 0
		// Small enough that a text which is not to be there does not fit.
		size := takesSmall()
		dismissed := func(c *Client, owed bool, why string) {
			t.Step(why+": a DISCONNECT of the broker is well-formed", leaveTaking...)
			p, is := c.AnswerWithin(t.Timeouts().Answer).(*codec.Disconnect)
			if !is {
				// A broker that carries on is for other scenarios.
				if c.ClosedWithin(t.Timeouts().Answer) && owed {
					t.Warn(V5("U5-4.13.1-u2"), "a DISCONNECT with a Reason Code before the close", "no DISCONNECT")
				}
				return
			}
			told++
			t.Observe("code of DISCONNECT for "+why, "0x%02X", p.Code)
			t.Step(why+": the close follows", V5("MQTT-3.14.4-2")...)
			c.ExpectClosedWithin(t.Timeouts().Answer)
			t.Step(why+": nothing is between DISCONNECT and the close", V5("MQTT-3.14.4-1")...)
			if p, more := c.Taken(func(codec.Packet) bool { return true }); more {
				t.Broken("the close behind the DISCONNECT", p.String(), -1)
			}
		}
		first := t.Connect(Name("client that is taken over"), size)
		t.Connect(Name("client that takes over"), ID(first.ID()))
		dismissed(first, false, "a takeover")
		wrong := t.Connect(Name("client with an error"), size)
		wrong.Send(&codec.Auth{Code: 0x19, Properties: codec.Properties{codec.Data(codec.AuthenticationMethod, "none was named")}})
		dismissed(wrong, true, "an AUTH without a method in CONNECT")
		if told == 0 {
			t.Skip("the broker closes without a DISCONNECT")
		}
	},
})

var _ = add(Scenario{
	ID:     "session.client-disconnect",
	Title:  "the broker closes the connection behind the client's DISCONNECT, if the client does not",
	Why:    "a connection that nobody closes takes a place among those that the broker can have",
	Proves: Requirements(V311("U3-3.14.4-u1"), V5("U5-3.14.4-u1")),
	Run: func(t *T) {
		c := t.Connect()
		t.Step("the close follows DISCONNECT", Requirements(V311("U3-3.14.4-u1"), V5("U5-3.14.4-u1"))...)
		c.Send(&codec.Disconnect{})
		c.ExpectClosedWithin(t.Timeouts().Answer)
	},
})

var _ = add(Scenario{
	ID:     "session.behind-disconnect",
	Title:  "a message behind DISCONNECT changes nothing about the will that it discards, and what becomes of the message is observed",
	Why:    "a client must not send it, so no broker has to look; but what was said before still holds",
	Proves: Requirements(V311("MQTT-3.14.4-3"), V5("MQTT-3.14.4-3")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("a")
		sub, pub := pair(t, topic, 1)
		c := t.Connect(Name("client that goes on"), WithWill(will(topic, "will", 1)))
		c.SendFrames(bytesOf(t, &codec.Disconnect{}), bytesOf(t, message(topic, "behind", 1, 1)))
		c.ClosedWithin(t.Timeouts().Farewell)
		c.Drop()
		t.Fence(pub, sub)
		t.Step("the will is discarded", Requirements(V311("MQTT-3.14.4-3"), V5("MQTT-3.14.4-3"))...)
		became := "is dropped"
		for _, m := range sub.Pending() {
			if string(m.Payload) == "behind" {
				became = "is delivered"
				continue
			}
			m.Unwanted("no will")
		}
		t.Observe("a message behind DISCONNECT", "%s", became)
	},
})

var _ = add(Scenario{
	ID:     "will.disconnect-forms",
	Title:  "DISCONNECT 0x00 discards the will in each of its forms: without Reason Code, without properties, with none, with some",
	Why:    "client libraries write all four; a broker that misreads one reports a death that was none",
	Proves: V5("MQTT-3.14.4-3", "U5-3.4.2.1-u2"),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub, pub := pair(t, topic, 1)
		t.Connect(Name("device that is lost"), WithWill(will(topic, "lost", 1))).Drop()
		t.Step("a will is published", V5("MQTT-3.1.2-8")...)
		willNow(t, sub, topic, "lost")
		for _, form := range []struct {
			name string
			refs []string
			data []byte
		}{
			{"length 0", []string{"MQTT-3.14.4-3", "U5-3.4.2.1-u2"}, []byte{0xE0, 0}},
			{"length 1", []string{"MQTT-3.14.4-3"}, []byte{0xE0, 1, 0}},
			{"length 2", []string{"MQTT-3.14.4-3"}, []byte{0xE0, 2, 0, 0}},
			{"properties", []string{"MQTT-3.14.4-3"}, bytesOf(t, &codec.Disconnect{Properties: codec.Properties{
				codec.Data(codec.ReasonString, "done"), codec.User("a", "b")}})},
		} {
			c := t.Connect(Name("device with "+form.name), WithWill(will(topic, form.name, 1)))
			c.SendRaw(form.data)
			c.ClosedWithin(t.Timeouts().Farewell)
			c.Drop()
			t.Step("DISCONNECT with "+form.name+" discards the will", V5(form.refs...)...)
			sub.ExpectNothing(pub)
		}
	},
})

var _ = add(Scenario{
	ID:     "will.disconnect-wrong",
	Title:  "whether a DISCONNECT that is wrong discards the will is observed, and the broker goes on serving others",
	Why:    "it says goodbye and breaks the protocol at once, and the standard does not say which counts",
	Proves: refsClose,
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		wrong := []struct {
			name string
			data []byte
		}{{"with the flags 0001", []byte{0xE1, 0}}, {"with the flags 1111", []byte{0xEF, 0}}}
		if t.V5() {
			for _, code := range []byte{0x01, 0x05, 0x7F, 0x8E, 0x9C, 0xFF} { // two of them are for servers
				wrong = append(wrong, struct {
					name string
					data []byte
				}{fmt.Sprintf("with the code 0x%02X", code), []byte{0xE0, 2, code, 0}})
			}
		} else {
			wrong = append(wrong, struct {
				name string
				data []byte
			}{"with a byte in it", []byte{0xE0, 1, 0}})
		}
		t.Step("a wrong DISCONNECT", refsClose...)
		for _, w := range wrong {
			c := t.Connect(Name("device "+w.name), WithWill(will(topic, w.name, 1)))
			c.SendRaw(w.data)
			answer := "closed without a word"
			if p, is := c.AnswerWithin(t.Timeouts().CarriesOn).(*codec.Disconnect); is {
				answer = fmt.Sprintf("DISCONNECT 0x%02X", p.Code)
			} else if !c.ClosedWithin(0) {
				answer = "left open"
			}
			t.Observe("DISCONNECT "+w.name, "%s", answer)
			c.Drop()
		}
		began := t.Elapsed()
		for _, w := range wrong {
			_, came := sub.Gets(topic, w.name, max(0, t.Timeouts().Delivery/2-(t.Elapsed()-began)))
			t.Observe("the will behind a DISCONNECT "+w.name, "%s", map[bool]string{true: "published", false: "discarded"}[came])
		}
		sub.StillOpen()
	},
})
