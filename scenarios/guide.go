package scenarios

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// The scenarios of the area guide are what every newcomer does first, as the
// getting-started guide of MQTT shows it: one MQTT client tool, a few topics,
// two sensors. --guide-literal runs them on the very topics of the guide.

// What the two sensors of the guide report.
const (
	sensor1 = `{"msg": "17.2"}`
	sensor2 = `{"msg": "18.2"}`
)

var _ = add(Scenario{
	ID:     "guide.connect",
	Title:  "a client with a name, a client id, a keep alive and a clean session is let in, with the user name and password where the broker wants them",
	Why:    "this is the first dialog that anyone fills in; whoever is turned away here gives up on MQTT",
	Proves: Requirements(V311("MQTT-3.1.4-4", "MQTT-3.2.2-1"), V5("MQTT-3.1.4-5", "MQTT-3.2.2-2")),
	Run: func(t *T) {
		t.Step("the CONNECT is accepted", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		c := t.Open(Name("newcomer"), Clean(true), KeepAlive(60))
		c.SendConnect()
		connack := c.ExpectConnack()
		t.Equal("CONNACK code", connack.Code, byte(0))
		t.Step("a clean session is a new one", Requirements(V311("MQTT-3.2.2-1"), V5("MQTT-3.2.2-2"))...)
		t.Equal("Session Present", connack.SessionPresent, false)
		t.Step("the connection is of use", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		c.StillOpen()
		c.Disconnect()
	},
})

var _ = add(Scenario{
	ID:     "guide.keep-alive",
	Title:  "a client that sends PINGREQ within its keep alive stays connected",
	Why:    "a client with nothing to say would be thrown out again and again",
	Proves: Requirements(V311("MQTT-3.12.4-1"), V5("MQTT-3.12.4-1")),
	Run: func(t *T) {
		c := t.Connect(KeepAlive(2))
		if in := c.Connack.Properties.Int(codec.ServerKeepAlive, 2); in < 2 {
			t.Skip("the broker sets a Server Keep Alive of %d s", in)
		}
		// Longer than one and a half times the keep alive in all, never so long
		// between two packets.
		for range 3 {
			t.Sleep(1200 * time.Millisecond)
			c.StillOpen()
		}
	},
})

var _ = add(Scenario{
	ID:     "guide.clean-session",
	Title:  "a clean session leaves nothing behind when it ends",
	Why:    "a client that asked for a fresh start finds subscriptions and messages of an earlier life",
	Proves: endsWithConnection,
	Run: func(t *T) {
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("clean_session")
		c := t.Connect(Clean(true))
		noSessionKept(t, c)
		c.Subscribe(topic, 1)
		t.Step("the subscription works", guideDelivers...)
		pub.Publish(topic, "while it lasts", 1)
		c.ExpectMessage(topic, "while it lasts")
		c.Sync()
		c.Disconnect()
		sessionEnds(t)

		t.Step("the session is gone with its subscription", endsWithConnection...)
		connack := c.Reconnect(Clean(false))
		t.Equal("Session Present", connack.SessionPresent, false)
		pub.Publish(topic, "afterwards", 1)
		c.ExpectNothing(pub)
	},
})

// guideDelivers is what a missing message breaks.
var guideDelivers = Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))

// guideMatches is what a message breaks that no subscription asked for.
var guideMatches = Requirements(V311("MQTT-3.3.2-3"), V5("MQTT-3.3.2-3"))

var _ = add(Scenario{
	ID:     "guide.sensors",
	Title:  "a subscriber of sensor/+/temperature gets what both sensors publish",
	Why:    "a dashboard that watches all sensors with one subscription stays empty",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.3.2-3"), V5("MQTT-4.5.0-1", "MQTT-3.3.2-3")),
	Needs:  []Feature{Wildcard},
	Run: func(t *T) {
		dashboard := t.Connect(Name("dashboard"))
		one := t.Connect(Name("sensor 1"))
		two := t.Connect(Name("sensor 2"))
		dashboard.Subscribe(t.Topic("sensor/+/temperature"), 1)
		t.Step("both temperatures come, once each", guideDelivers...)
		one.Publish(t.Topic("sensor/1/temperature"), sensor1, 1)
		two.Publish(t.Topic("sensor/2/temperature"), sensor2, 1)
		dashboard.ExpectMessage(t.Topic("sensor/1/temperature"), sensor1).HasRetain(false)
		dashboard.ExpectMessage(t.Topic("sensor/2/temperature"), sensor2).HasRetain(false)
		t.Step("and nothing else", guideMatches...)
		one.Publish(t.Topic("sensor/1/humidity"), `{"msg": "61"}`, 1)
		dashboard.ExpectNothing(one)
	},
})

var _ = add(Scenario{
	ID:     "guide.single-level-wildcard",
	Title:  "+ stands for exactly one level of a topic",
	Why:    "a subscriber misses the sensors that it asked for or is flooded by others",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.3.2-3"), V5("MQTT-4.5.0-1", "MQTT-3.3.2-3")),
	Needs:  []Feature{Wildcard},
	Run: guideWildcard("sensor/+",
		[]string{"sensor/1", "sensor/kitchen", "sensor/"},
		[]string{"sensor", "sensor/1/temperature", "actor/1", "a/sensor/1", "sensors/1", "Sensor/1"}),
})

var _ = add(Scenario{
	ID:     "guide.multi-level-wildcard",
	Title:  "# stands for any number of levels below, and for the level above it",
	Why:    "a logger that follows a whole building loses rooms, or hears the neighbours",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.3.2-3"), V5("MQTT-4.5.0-1", "MQTT-3.3.2-3")),
	Needs:  []Feature{Wildcard},
	Run: guideWildcard("sensor/#",
		[]string{"sensor", "sensor/1", "sensor/1/temperature", "sensor/2/temperature/outside", "sensor/"},
		[]string{"actor/1/temperature", "sensors/1", "a/sensor/1"}),
})

// guideWildcard gives a scenario that publishes on topics which the filter matches,
// and on others.
func guideWildcard(filter string, matching, others []string) func(t *T) {
	return func(t *T) {
		sub := t.Connect(Name("subscriber"))
		pub := t.Connect(Name("publisher"))
		sub.Subscribe(t.Topic(filter), 1)
		for _, topic := range others {
			pub.Publish(t.Topic(topic), "to "+topic, 1)
		}
		t.Step("what "+filter+" matches comes", guideDelivers...)
		for _, topic := range matching {
			pub.Publish(t.Topic(topic), "to "+topic, 1)
			sub.ExpectMessage(t.Topic(topic), "to "+topic)
		}
		t.Step("what "+filter+" does not match stays away", guideMatches...)
		sub.ExpectNothing(pub)
	}
}

var _ = add(Scenario{
	ID:     "guide.qos-0",
	Title:  "QoS 0: a message is sent once, without acknowledgement",
	Why:    "readings that come every second need no more, and they do need this",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-4.3.1-1"), V5("MQTT-4.5.0-1", "MQTT-4.3.1-1")),
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"))
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("qos_0")
		sub.Subscribe(topic, 0)
		t.Step("of three messages on an idle connection one comes at least", guideDelivers...)
		for _, payload := range []string{"first", "second", "third"} {
			pub.Publish(topic, payload, 0)
		}
		m := sub.Next()
		t.Step("it has QoS 0 and no DUP", Requirements(V311("MQTT-4.3.1-1"), V5("MQTT-4.3.1-1"))...)
		m.HasQoS(0)
		m.HasDup(false)
	},
})

// guideQoS is what a delivery at the wrong QoS breaks.
var guideQoS = Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8"))

var _ = add(Scenario{
	ID:     "guide.qos-1",
	Title:  "QoS 1: a message is acknowledged by PUBACK and delivered at least once",
	Why:    "a publisher that got the PUBACK believes that the message is safe",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.8.4-6", "MQTT-4.3.2-2"), V5("MQTT-4.5.0-1", "MQTT-3.8.4-8", "MQTT-4.3.2-4")),
	Needs:  []Feature{QoS1},
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"))
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("qos_1")
		sub.Subscribe(topic, 1)
		t.Step("the publisher gets a PUBACK", Requirements(V311("MQTT-4.3.2-2"), V5("MQTT-4.3.2-4"))...)
		pub.Send(&codec.Publish{Topic: codec.Text(topic), Payload: []byte("at least once"), QoS: 1, PacketID: 1000})
		pub.ExpectPuback(1000)
		t.Step("the subscriber gets the message", guideDelivers...)
		m := sub.ExpectMessage(topic, "at least once")
		t.Step("at QoS 1", guideQoS...)
		m.HasQoS(1)
	},
})

var _ = add(Scenario{
	ID:     "guide.qos-2",
	Title:  "QoS 2: a message is handed over in four packets and delivered exactly once",
	Why:    "a payment is counted twice, or never",
	Proves: Requirements(V311("MQTT-4.5.0-1", "MQTT-3.8.4-6", "MQTT-4.3.3-2"), V5("MQTT-4.5.0-1", "MQTT-3.8.4-8", "MQTT-4.3.3-8", "MQTT-4.3.3-11")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"))
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("qos_2")
		sub.Subscribe(topic, 2)
		t.Step("the publisher gets a PUBREC", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))...)
		pub.Send(&codec.Publish{Topic: codec.Text(topic), Payload: []byte("exactly once"), QoS: 2, PacketID: 1000})
		pub.ExpectPubrec(1000)
		t.Step("and a PUBCOMP for its PUBREL", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-11"))...)
		pub.Send(&codec.Pubrel{Ack: codec.Ack{PacketID: 1000}})
		pub.ExpectPubcomp(1000)
		t.Step("the subscriber gets the message", guideDelivers...)
		m := sub.ExpectMessage(topic, "exactly once")
		t.Step("at QoS 2", guideQoS...)
		m.HasQoS(2)
		t.Step("it does not come again", Requirements(V311("MQTT-4.3.3-2"), V5("MQTT-4.3.3-8"))...)
		t.FenceOn(topic, 2, pub, sub)
		sub.NothingPending()
	},
})

var _ = add(Scenario{
	ID:     "guide.qos-lowered",
	Title:  "a QoS 2 message reaches a QoS 1 subscriber at QoS 1",
	Why:    "the subscriber's library waits for packets that it did not ask for",
	Proves: Requirements(V311("MQTT-3.8.4-6"), V5("MQTT-3.8.4-8")),
	Needs:  []Feature{QoS2},
	Run: func(t *T) {
		sub := t.Connect(Name("subscriber"))
		pub := t.Connect(Name("publisher"))
		topic := t.Topic("qos_lowered")
		sub.Subscribe(topic, 1)
		t.Step("the message comes", guideDelivers...)
		pub.Publish(topic, "published at 2", 2)
		m := sub.ExpectMessage(topic, "published at 2")
		t.Step("the lower QoS of the two is used", guideQoS...)
		m.HasQoS(1)
	},
})
