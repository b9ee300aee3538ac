package judge_test

import (
	"fmt"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/judge"
)

// BenchmarkJudge: a fuzzer judges thousands of small sessions a second, and now and
// then one with tens of thousands of filters or messages, which must not take longer
// than its size.
func BenchmarkJudge(b *testing.B) {
	for _, size := range []struct{ filters, messages int }{{1, 5}, {1000, 1000}, {40000, 100}, {1, 10000}} {
		for _, same := range []bool{true, false} {
			b.Run(fmt.Sprintf("filters=%d/messages=%d/same=%v", size.filters, size.messages, same), func(b *testing.B) {
				s := crowd(b, size.filters, size.messages, same)
				for b.Loop() {
					judge.Trace(s.trace)
				}
			})
		}
	}
}

// crowd is a client with many subscriptions that gets many messages.
func crowd(tb testing.TB, filters, messages int, same bool) *script {
	s := &script{t: tb, version: spec.V5, in: map[string]spec.Version{}, conn: map[string]int{}}
	do := func(steps ...step) {
		for _, step := range steps {
			step(s)
		}
	}
	do(dial("a"), from("a", &codec.Connect{ClientID: codec.Text("a"), CleanStart: true}), to("a", &codec.Connack{}))
	p, ack := &codec.Subscribe{PacketID: 1}, &codec.Suback{PacketID: 1}
	for i := range filters {
		filter := "t"
		if !same {
			filter = fmt.Sprintf("t%d", i)
		}
		p.Subscriptions = append(p.Subscriptions, codec.Subscription{Filter: codec.Text(filter)})
		ack.Codes = append(ack.Codes, 0)
	}
	do(from("a", p), to("a", ack))
	for i := range messages {
		topic := "t"
		if !same {
			topic = fmt.Sprintf("t%d", i)
		}
		m := &codec.Publish{Topic: codec.Text(topic), Payload: fmt.Appendf(nil, "%d", i)}
		do(from("a", m), to("a", m))
	}
	do(cut("a"))
	return s
}
