package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// MQTT over TLS. The standard leaves TLS to its own (5.4 in both versions); what
// MQTT promises holds over it too.

var _ = add(Scenario{
	ID:     "tls.plain-bytes",
	Title:  "what a broker does with a CONNECT that comes without TLS is observed, and it goes on serving others",
	Why:    "a client that is set up wrongly, or a scanner of ports, writes plain bytes to a port for TLS every day",
	Proves: othersServed,
	Needs:  []Feature{TLS},
	Run: func(t *T) {
		other := t.Connect(Name("other"))
		for _, plain := range []struct {
			name string
			data []byte
		}{
			{"a CONNECT without TLS", bytesOf(t, &codec.Connect{CleanStart: true, KeepAlive: 60, ClientID: codec.Text(t.ClientID())})},
			{"a request of HTTP", []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")},
		} {
			answer, closed := t.OpenBelow("client with "+plain.name, plain.data).Answer(t.Timeouts().CarriesOn)
			got := map[bool]string{true: "closed", false: "left open"}[closed]
			switch {
			case len(answer) > 0 && answer[0] == 0x15:
				got = "a TLS alert, and " + got
			case len(answer) > 0 && answer[0]>>4 == byte(codec.CONNACK):
				got = "a CONNACK: the port serves both"
			case len(answer) > 0:
				got = fmt.Sprintf("% x, and %s", answer[:min(len(answer), 8)], got)
			}
			t.Observe(plain.name, "%s", got)
		}
		t.Step("the other client is served", othersServed...)
		other.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "tls.half-handshake",
	Title:  "clients that begin a TLS handshake and go no further keep nobody else out",
	Why:    "a broker that shakes hands with one client at a time is stopped by whoever writes five bytes",
	Proves: Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"), othersServed),
	Needs:  []Feature{TLS},
	Run: func(t *T) {
		other := t.Connect(Name("other"))
		for i := range 10 {
			// A record that announces a ClientHello of 512 bytes, and its first ones.
			t.OpenBelow(fmt.Sprintf("client %d with half a handshake", i+1), []byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3})
		}
		t.OpenBelow("client that writes nothing", nil)
		t.Step("a new client is let in beside them", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		t.Connect(Name("new client")).Sync()
		t.Step("the other client is served", othersServed...)
		other.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "tls.close-without-notify",
	Title:  "the will is published when a TLS connection ends without a DISCONNECT, with its close_notify alert and without",
	Why:    "a device that loses its power sends no alert, and it is the one whose will matters",
	Proves: Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8")),
	Needs:  []Feature{TLS, QoS1},
	Run: func(t *T) {
		topic := t.Topic("will")
		sub := willWatcher(t, topic)
		c := t.Connect(Name("with the alert"), WithWill(will(topic, "with the alert", 1)))
		c.Drop()
		c = t.Connect(Name("without the alert"), WithWill(will(topic, "without the alert", 1)))
		c.Cut()
		t.Step("both wills are published", Requirements(V311("MQTT-3.1.2-8"), V5("MQTT-3.1.2-8"))...)
		willNow(t, sub, topic, "with the alert")
		willNow(t, sub, topic, "without the alert")
	},
})
