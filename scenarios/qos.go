package scenarios

import (
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "qos.once",
	Title:  "a QoS 2 message reaches a QoS 2 subscriber exactly once",
	Why:    "a command that is counted twice opens a valve twice",
	Proves: Requirements(V311("MQTT-4.3.3-2", "MQTT-4.5.0-1"), V5("MQTT-4.3.3-8", "MQTT-4.5.0-1")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"))
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("once")
		sub.Subscribe(topic, 2)
		t.Step("the message comes", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
		pub.Publish(topic, "one", 2)
		m := sub.ExpectMessage(topic, "one")
		m.HasQoS(2)
		t.Step("it does not come again", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))...)
		t.FenceOn(topic, 2, pub, sub)
		sub.NothingPending()
	},
})
