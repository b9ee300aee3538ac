package reports_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./reports -update writes it", err)
	}
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		t.Errorf("%s differs from byte %d (-update writes it anew, read the diff):\n got …%q\nwant …%q", name, at,
			got[max(0, at-60):min(len(got), at+120)], want[max(0, at-60):min(len(want), at+120)])
	}
}

func ref(s string) spec.Ref {
	r, err := spec.ParseRef(s)
	if err != nil {
		panic(err)
	}
	return r
}

// ms is an event at a time in milliseconds.
func ms(at float64, client string, conn int, dir result.Dir, text, data string) result.Event {
	return result.Event{
		At: time.Duration(at * float64(time.Millisecond)), Client: client, Conn: conn, Dir: dir,
		Text: text, Data: []byte(data), Version: spec.V311,
	}
}

func newResult(id, title string, v spec.Version, verdict result.Verdict, duration float64) *result.Result {
	area, _, _ := strings.Cut(id, ".")
	return &result.Result{
		Kind: "scenario", ID: id, Area: area, Title: title, Version: v, Transport: "tcp",
		Verdict: verdict, DurationMS: duration, Requirements: map[spec.Ref]result.Verdict{},
	}
}

// sample is a run that has some of everything.
func sample(target, broker string) *result.Run {
	run := &result.Run{
		Header: result.Header{
			Target: target, Broker: broker, Tool: "mqttproof (test)", Versions: []spec.Version{spec.V311, spec.V5},
			Transport: "tcp", Seed: 42, Timeouts: map[string]string{"answer": "2s"},
			Started: time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC), Options: []string{"--versions 3.1.1,5.0"},
		},
		Footer: result.Footer{DurationMS: 8412, Complete: true},
	}
	for _, v := range []spec.Version{spec.V311, spec.V5} {
		for i, area := range []string{"connect", "qos", "retain", "will"} {
			for n := range 3 + i {
				r := newResult(fmt.Sprintf("%s.holds-%d", area, n+1), "what the standard says about "+area+" holds", v, result.Pass, float64(3+n*i))
				r.Requirements[spec.Ref{Version: v, ID: fmt.Sprintf("MQTT-3.1.2-%d", n+1)}] = result.Pass
				run.Results = append(run.Results, r)
			}
		}
	}
	run.Results = append(run.Results, overlapping(), unsupportedLevel(), judged(), warned(),
		skipped("subscribe.shared-once", "the broker declares Shared Subscription Available 0"),
		skipped("subscribe.shared-no-local", "the broker declares Shared Subscription Available 0"))
	run.Footer.Counts = map[result.Verdict]int{}
	for _, r := range run.Results {
		run.Footer.Counts[r.Verdict]++
	}
	return run
}

func overlapping() *result.Result {
	r := newResult("wildcard.overlapping-highest-qos", "overlapping filters deliver at the highest granted QoS", spec.V311, result.Fail, 41.5)
	r.Requirements[ref("3.1.1/MQTT-4.7.1-2")] = result.Pass
	r.Trace = result.Trace{
		{Dir: result.Note, Text: "a subscriber with two filters that overlap"},
		ms(0.2, "subscriber", 1, result.Open, "connected over tcp", ""),
		ms(0.4, "subscriber", 1, result.Out, "CONNECT client=mp1 keepalive=60 clean", "\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03mp1"),
		ms(0.9, "subscriber", 1, result.In, "CONNACK code=0x00", "\x20\x02\x00\x00"),
		ms(1.1, "subscriber", 1, result.Out, "SUBSCRIBE id=1 mqttproof/x/# qos=0, mqttproof/x/+ qos=2", "\x82\x05\x00\x01"),
		ms(1.4, "subscriber", 1, result.In, "SUBACK id=1 granted 0, 2", "\x90\x04\x00\x01\x00\x02"),
		ms(2.0, "publisher", 2, result.Out, `PUBLISH qos=2 id=7 topic=mqttproof/x/a payload="hello" (5 bytes)`, "\x34\x16\x00\x0dmqttproof/x/a\x00\x07hello"),
		ms(3.4, "subscriber", 1, result.In, `PUBLISH qos=0 topic=mqttproof/x/a payload="hello" (5 bytes)`, "\x30\x14\x00\x0dmqttproof/x/ahello"),
		ms(5.0, "subscriber", 1, result.Close, "closed by us after DISCONNECT", ""),
	}
	r.Findings = []result.Finding{{
		Requirement: ref("3.1.1/MQTT-3.3.5-1"), Level: spec.Must, Source: result.FromScenario, Step: "publish at QoS 2",
		Expected: "a copy of the message at QoS 2, the highest that was granted",
		Got:      "one copy, at QoS 0", Event: 7,
	}}
	r.Observed = []result.Observation{{What: "copies on overlapping subscriptions", Value: "1"}}
	r.Replay = "mqttproof run --only wildcard.overlapping-highest-qos --versions 3.1.1 --seed 42 exec:mosquitto"
	r.Settle()
	return r
}

func unsupportedLevel() *result.Result {
	r := newResult("connect.unsupported-level", "an unsupported Protocol Level is answered with return code 1", spec.V311, result.Known, 4)
	r.Trace = result.Trace{
		ms(0.4, "client", 1, result.Out, "CONNECT level=9", "\x10\x0c\x00\x04MQTT\x09\x02\x00\x3c\x00\x00"),
		ms(0.8, "client", 1, result.In, "CONNACK code=0x84", "\x20\x02\x00\x84"),
	}
	r.Trace[1].Violations = []codec.Violation{{Requirement: ref("3.1.1/MQTT-3.2.2-6"), Offset: 3, Text: "the return code 132 is reserved"}}
	r.Findings = []result.Finding{{
		Requirement: ref("3.1.1/MQTT-3.2.2-6"), Level: spec.Must, Source: result.FromJudge,
		Expected: "one of the return codes of Table 3.1", Got: "return code 132", Event: 1,
		Known: "answers every version with the codes of 5.0 (https://example.org/issues/1)",
	}}
	r.Replay = "mqttproof run --only connect.unsupported-level --versions 3.1.1 --seed 42 exec:mosquitto"
	r.Settle()
	return r
}

func judged() *result.Result {
	r := newResult("judge.MQTT-4.3.3-1", "the QoS 2 method of delivery is followed", spec.V5, result.Fail, 0)
	r.SeenIn = []string{"qos.two-in-order", "retain.at-qos-2", "will.qos-2", "session.resume", "session.inflight", "qos.window"}
	for i := range 60 {
		r.Trace = append(r.Trace, ms(float64(i), "subscriber", 1, result.In, fmt.Sprintf("PUBLISH qos=2 id=%d topic=a", i+1), "\x34\x06"))
	}
	r.Findings = []result.Finding{{
		Requirement: ref("5.0/MQTT-4.3.3-1"), Level: spec.Must, Source: result.FromJudge,
		Expected: "a Packet Identifier that is not in use", Got: "Packet Identifier 31 twice", Event: 30,
	}}
	r.Settle()
	return r
}

func warned() *result.Result {
	r := newResult("connect.31-clientid", "a client identifier of 24 characters is refused", spec.V31, result.Warn, 2)
	r.Findings = []result.Finding{{
		Requirement: ref("3.1/§3.1"), Level: spec.Must, Source: result.FromScenario,
		Expected: "CONNACK with code 2", Got: "code 0", Event: -1,
	}}
	r.Settle()
	return r
}

func skipped(id, reason string) *result.Result {
	r := newResult(id, "each message goes to one of the group", spec.V5, result.Skip, 0)
	r.Reason = reason
	return r
}

// interrupted is a run that could not be judged in full.
func interrupted() *result.Run {
	run := sample("mqtt://127.0.0.1:1883", "")
	run.Results = run.Results[:5]
	e := newResult("will.on-cut", "the will is published when the network is cut", spec.V5, result.Error, 10000)
	e.Reason = "the scenario panicked, which is a bug of mqttproof: boom\ngoroutine 1 [running]:\n\tmain.go:12"
	run.Results = append(run.Results, e)
	run.Footer = result.Footer{DurationMS: 900, Unmatched: []string{"3.1.1/MQTT-3.2.2-6: is not broken any more (line 4: old)"}}
	return run
}
