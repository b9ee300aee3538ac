package scenarios

import (
	"fmt"

	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "shared.too-large-for-one",
	Title:  "a message that is too large for some members of a Shared Subscription never goes to them, and blocks nothing",
	Why:    "one small worker in a group must not stop the work of all",
	Proves: V5("MQTT-3.1.2-24", "MQTT-3.1.2-25"),
	Needs:  []Feature{QoS1, Shared},
	Run: func(t *T) {
		topic := t.Topic("work")
		members, pub := group(t, topic, 1, takesSmall())
		pub.Publish(topic, "small", 1)
		t.Step("a member gets a small message", V5("U5-4.8.2-u2")...)
		toOne(t, members, topic, "small")
		large := t.Connect(Name("member that takes all"))
		large.Subscribe(share("group", topic), 1)
		all := append([]*Client{large}, members...)
		const tasks = 6
		for range tasks {
			pub.Publish(topic, tooLarge, 1)
		}
		for i := range tasks { // the turn of each member comes
			payload := fmt.Sprintf("small task %d", i)
			pub.Publish(topic, payload, 1)
			t.Step("a small message comes to one of them", V5("MQTT-3.1.2-25")...)
			toOne(t, all, topic, payload)
		}
		// The server may give it to the one that can take it, or to nobody (3.1.2.11.4).
		t.Fence(pub, large)
		t.Observe("messages that are too large for the other members", "%d of %d delivered", len(large.Pending()), tasks)
		t.Step("a small member stays connected and gets nothing that is too large", V5("MQTT-3.1.2-24", "MQTT-3.1.2-25")...)
		for _, c := range members {
			c.StillOpen()
			c.NothingPending()
		}
	},
})
