package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// MQTT over WebSocket (6 in both versions).

var _ = add(Scenario{
	ID:     "websocket.text-message",
	Title:  "a packet in a WebSocket text message ends the connection",
	Why:    "text goes through proxies that change it; a broker that takes it will read damaged packets",
	Proves: Requirements(V311("MQTT-6.0.0-1"), V5("MQTT-6.0.0-1")),
	Needs:  []Feature{WebSocket},
	Run: func(t *T) {
		text := Requirements(V311("MQTT-6.0.0-1"), V5("MQTT-6.0.0-1"))
		t.Step("a PINGREQ in a text message", text...)
		c := t.Connect()
		c.SendText(&codec.Pingreq{})
		c.ExpectClosedWithin(t.Timeouts().Answer)
		t.Step("a CONNECT in a text message", text...)
		c = t.Open()
		c.SendText(c.Packet())
		c.ExpectRefused()
	},
})

var _ = add(Scenario{
	ID:     "websocket.binary",
	Title:  "the packets of the broker come in WebSocket binary messages",
	Why:    "clients close a connection on which text comes, as they must",
	Proves: Requirements(V311("MQTT-6.0.0-1"), V5("MQTT-6.0.0-1")),
	Needs:  []Feature{WebSocket},
	Run: func(t *T) {
		// Our end of the connection closes it at a message that is not binary.
		t.Step("CONNACK, SUBACK, PUBLISH and PINGRESP come in binary messages", Requirements(V311("MQTT-6.0.0-1"), V5("MQTT-6.0.0-1"))...)
		c := t.Open()
		c.SendConnect()
		t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
		id, topic := c.NextID(), t.Topic("a")
		c.Send(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(topic, 0)}})
		c.ExpectSuback(id)
		c.StillOpen()
		c.Publish(topic, "message", 0)
		c.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "websocket.several-in-a-frame",
	Title:  "packets that come in one WebSocket frame are all understood",
	Why:    "a client that writes what it has in one go loses all but the first packet",
	Proves: Requirements(V311("MQTT-6.0.0-2"), V5("MQTT-6.0.0-2")),
	Needs:  []Feature{WebSocket},
	Run: func(t *T) {
		t.Step("CONNECT, SUBSCRIBE and PINGREQ in one frame", Requirements(V311("MQTT-6.0.0-2"), V5("MQTT-6.0.0-2"))...)
		c := t.Open()
		id := c.NextID()
		c.SendTogether(c.Packet(), &codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(t.Topic("a"), 0)}}, &codec.Pingreq{})
		t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
		c.ExpectSuback(id)
		c.ExpectPingresp()
	},
})

var _ = add(Scenario{
	ID:     "websocket.packet-over-frames",
	Title:  "a packet that comes in several WebSocket frames is understood",
	Why:    "libraries and proxies cut frames where they like, so a large packet would never get through",
	Proves: Requirements(V311("MQTT-6.0.0-2"), V5("MQTT-6.0.0-2")),
	Needs:  []Feature{WebSocket},
	Run: func(t *T) {
		for _, size := range []int{1, 7} {
			t.Step("a CONNECT in pieces", Requirements(V311("MQTT-6.0.0-2"), V5("MQTT-6.0.0-2"))...)
			c := t.Open()
			c.SendInPieces(c.Packet(), size)
			t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
			t.Step("a SUBSCRIBE in pieces", Requirements(V311("MQTT-6.0.0-2"), V5("MQTT-6.0.0-2"))...)
			id := c.NextID()
			c.SendInPieces(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(t.Topic("a"), 0)}}, size)
			c.ExpectSuback(id)
		}
	},
})

var _ = add(Scenario{
	ID:     "websocket.close-frame",
	Title:  "a WebSocket that is closed without a DISCONNECT leaves the will to be published",
	Why:    "a browser closes its WebSocket in this way when the page is left, and others wait for the news",
	Proves: Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8")),
	Needs:  []Feature{WebSocket, QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("leaver"), WithWill(will(topic, "gone", 1)))
		t.Step("the will is published", Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8"))...)
		c.Leave()
		willNow(t, sub, topic, "gone")
	},
})

var _ = add(Scenario{
	ID:     "websocket.subprotocol",
	Title:  "of the WebSocket subprotocols that a client offers the broker chooses mqtt",
	Why:    "a browser closes a connection whose server does not name the subprotocol, or names another",
	Proves: Requirements(V311("MQTT-6.0.0-4"), V5("MQTT-6.0.0-4")),
	Needs:  []Feature{WebSocket},
	Run: func(t *T) {
		for _, offered := range [][]string{{"mqtt"}, {"mqttproof-other", "mqtt"}} {
			t.Step("the subprotocol of the handshake", Requirements(V311("MQTT-6.0.0-4"), V5("MQTT-6.0.0-4"))...)
			c, chosen := t.OpenOffering(offered)
			if c == nil {
				t.Fail("a handshake that succeeds", "it fails", -1)
			}
			t.Equal("subprotocol", chosen, "mqtt")
			c.SendConnect()
			t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
		}
	},
})

var _ = add(Scenario{
	ID:     "websocket.subprotocol-not-offered",
	Title:  "what the broker does with a client that does not offer the subprotocol mqtt is observed, and it goes on serving others",
	Why:    "the standard leaves it open; some brokers refuse the handshake and some do not look",
	Proves: Requirements(V311("MQTT-6.0.0-3", "MQTT-6.0.0-4"), V5("MQTT-6.0.0-3", "MQTT-6.0.0-4")),
	Needs:  []Feature{WebSocket},
	Run: func(t *T) {
		for _, offered := range [][]string{nil, {"mqttproof-other"}} {
			t.Step("a handshake without mqtt", Requirements(V311("MQTT-6.0.0-3", "MQTT-6.0.0-4"), V5("MQTT-6.0.0-3", "MQTT-6.0.0-4"))...)
			c, chosen := t.OpenOffering(offered)
			switch {
			case c == nil:
				t.Observe("a handshake without mqtt", "declined")
			case chosen != "":
				t.Broken("no subprotocol but mqtt", "subprotocol "+chosen, -1)
			default:
				c.SendConnect()
				_, served := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
				t.Observe("a handshake without mqtt", "CONNACK: %v", served)
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "websocket.fragments",
	Title:  "a packet whose WebSocket message comes in several frames is understood, with empty ones and a ping between",
	Why:    "libraries write what they have: a frame without a byte, a message cut in two, a ping in the middle",
	Proves: Requirements(V311("MQTT-6.0.0-2"), V5("MQTT-6.0.0-2")),
	Needs:  []Feature{WebSocket},
	Run: func(t *T) {
		cut := Requirements(V311("MQTT-6.0.0-2"), V5("MQTT-6.0.0-2"))
		for _, size := range []int{1, 7, 1000} {
			t.Step(fmt.Sprintf("a CONNECT in frames of %d bytes", size), cut...)
			c := t.Open()
			c.SendFragments(c.Packet(), size)
			t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
			// The pong is a matter of WebSocket (RFC 6455, 5.5.2), not of MQTT.
			t.Observe("a WebSocket ping", "%s", map[bool]string{true: "pong", false: "no pong"}[c.PingFrame()])
			t.Step("a SUBSCRIBE behind a ping", cut...)
			id := c.NextID()
			c.SendFragments(&codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{filterAt(t.Topic("a"), 0)}}, size)
			c.ExpectSuback(id)
		}
	},
})
