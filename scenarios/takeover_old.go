package scenarios

import (
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "session.takeover-hanging",
	Title:  "a client takes over from an old connection that hangs and takes no more bytes",
	Why:    "that is the connection of a device which lost its network, and comes back over another one",
	Proves: takesOver,
	Run: func(t *T) {
		topic := t.Topic("t")
		first := t.Connect(Name("first"))
		first.Subscribe(topic, 0)
		first.StopReading()
		// More than the buffers between the two ends hold, should the broker have so much patience.
		flood := message(topic, string(make([]byte, 8000)), 0, 0)
		t.Observe("messages of 8 kB for a client that hangs, before the publisher is stopped", "%d", t.Connect(Name("publisher")).Flood(flood, 1000))
		t.Step("the second client is let in", takesOver...)
		second := t.Open(Name("second"), ID(first.ID()))
		began := t.Elapsed()
		second.SendConnect()
		// There is no number: late is observed, and never is wrong.
		connack, answered := second.AnswerWithin(t.Timeouts().Late).(*codec.Connack)
		if !answered || connack.Code != 0 {
			t.Fail("a CONNACK that accepts the second client", fmt.Sprintf("%s after %s", map[bool]string{true: "another answer", false: "nothing"}[answered], (t.Elapsed()-began).Round(time.Second)), -1)
		}
		t.Observe("CONNACK for the second client", "after %d ms", (t.Elapsed() - began).Milliseconds())
		second.StillOpen()
		t.Step("the first connection is at its end when the client reads on", takesOver...)
		first.ReadOn()
		first.ExpectClosedWithin(t.Timeouts().Late)
	},
})

var _ = add(Scenario{
	ID:     "session.takeover-silences",
	Title:  "what a client sends that has been taken over goes nowhere",
	Why:    "two clients that speak under one name contradict each other",
	Proves: takesOver,
	// A broker that ends the first connection as it accepts the second may still
	// hold bytes that came just before.
	Tries: 3,
	Run: func(t *T) {
		watcher, topic := t.Connect(Name("watcher")), t.Topic("t")
		watcher.Subscribe(topic, 0)
		first := t.Connect(Name("first"))
		t.Step("before the takeover it is heard", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
		first.Publish(topic, "heard", 0)
		watcher.ExpectMessage(topic, "heard")
		second := t.Open(Name("second"), ID(first.ID()))
		second.SendConnect()
		t.Step("the second client is let in", takesOver...)
		t.Equal("CONNACK code", second.ExpectConnack().Code, byte(0))
		// The client has not seen the end of its connection yet, or does not look.
		first.Send(&codec.Publish{Topic: codec.Text(topic), Payload: []byte("behind the takeover")})
		t.Step("the first connection is closed", takesOver...)
		first.ExpectClosedWithin(t.Timeouts().Answer)
		t.Step("nothing comes of what it sent behind the CONNACK of the second", takesOver...)
		watcher.ExpectNothing(second)
	},
})
