package engine_test

import (
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// A message that is still on its way when a client subscribes comes with RETAIN 0 and
// accuses nobody; one with RETAIN 1 was brought by the subscription.
func TestExpectNoRetained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		comes, retain bool
		want          result.Verdict
	}{
		"nothing":                {false, false, result.Pass},
		"the message on its way": {true, false, result.Pass},
		"the retained message":   {true, true, result.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{behave: func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
				switch p := p.(type) {
				case *codec.Subscribe:
					write(&codec.Suback{PacketID: p.PacketID, Codes: []byte{p.Subscriptions[0].QoS}})
					if filter := p.Subscriptions[0].Filter; c.comes && strings.HasSuffix(filter.String(), "state") {
						write(&codec.Publish{Topic: filter, Retain: c.retain, Payload: []byte("on")})
					}
				case *codec.Publish:
					// Behind the PUBACK: on a pipe nobody reads while both ends write.
					defer write(&codec.Publish{Topic: p.Topic, Payload: p.Payload, QoS: p.QoS, PacketID: 1})
				}
				return polite(p, v, write)
			}}
			done, err := engine.Run(t.Context(), f, []engine.Scenario{{
				ID: "test.no-retained", Proves: []spec.Ref{ref("MQTT-3.3.1-10")},
				Run: func(t *engine.T) {
					c := t.Connect()
					t.Step("nothing is brought", ref("MQTT-3.3.1-10"))
					c.Subscribe(t.Topic("state"), 1)
					c.ExpectNoRetained(c)
				},
			}}, engine.Options{Timeouts: short()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := find(t, done, "test.no-retained"); got.Verdict != c.want {
				t.Errorf("%s, want %s: %s %+v", got.Verdict, c.want, got.Reason, got.Findings)
			}
		})
	}
}
