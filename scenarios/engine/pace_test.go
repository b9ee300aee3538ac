package engine_test

import (
	"sync"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// What a broker does not answer in time while it has hundreds to serve may be
// late only. What it does not answer when it has few is missing.
func TestLateAnswersOfASlowBrokerAreNoFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		other time.Duration // in which another client is answered
		never bool
		want  result.Verdict
		tries int
	}{
		{"slow to all, and answers when it has time", 150 * time.Millisecond, false, result.Pass, 2},
		{"slow to all, and never answers", 150 * time.Millisecond, true, result.Fail, 2},
		{"quick, and does not answer", 0, true, result.Fail, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			tries := 0
			f := &fake{behave: func(p codec.Packet, v spec.Version, write func(codec.Packet)) bool {
				switch p := p.(type) {
				case *codec.Subscribe:
					mu.Lock()
					tries++
					silent := c.never || tries == 1
					mu.Unlock()
					if !silent {
						write(&codec.Suback{PacketID: p.PacketID, Codes: []byte{0}})
					}
					return true
				case *codec.Pingreq:
					time.Sleep(c.other)
				}
				return polite(p, v, write)
			}}
			s := engine.Scenario{ID: "test.late", Proves: []spec.Ref{ref("MQTT-3.8.4-1")}, Run: func(t *engine.T) {
				c := t.Connect()
				c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text("a")}}})
				c.ExpectSuback(1)
			}}
			got := find(t, run(t, f, s, ping("test.other")), "test.late")
			if got.Verdict != c.want || tries != c.tries {
				t.Errorf("verdict %s after %d tries, want %s after %d: %+v", got.Verdict, tries, c.want, c.tries, got.Findings)
			}
		})
	}
}
