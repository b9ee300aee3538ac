package result_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

func TestWorst(t *testing.T) {
	order := []result.Verdict{result.Skip, result.Pass, result.Known, result.Warn, result.Fail, result.Error}
	for i, worse := range order {
		for _, better := range order[:i+1] {
			if got := result.Worst(better, worse); got != worse {
				t.Errorf("the worst of %s and %s is %s", better, worse, got)
			}
		}
	}
	if got := result.Worst(); got != 0 {
		t.Errorf("the worst of nothing is %s", got)
	}
}

func TestSettle(t *testing.T) {
	a, b := spec.Ref{Version: spec.V5, ID: "A"}, spec.Ref{Version: spec.V5, ID: "B"}
	old := spec.Ref{Version: spec.V31, ID: "A"}
	finding := func(ref spec.Ref, level spec.Level, known string) result.Finding {
		return result.Finding{Requirement: ref, Level: level, Known: known}
	}
	for _, c := range []struct {
		name     string
		findings []result.Finding
		want     result.Verdict
		of       map[spec.Ref]result.Verdict
	}{
		{"nothing found", nil, result.Pass, map[spec.Ref]result.Verdict{a: result.Pass}},
		{"a MUST", []result.Finding{finding(a, spec.Must, "")}, result.Fail, map[spec.Ref]result.Verdict{a: result.Fail}},
		{"a SHOULD", []result.Finding{finding(a, spec.Should, "")}, result.Warn, map[spec.Ref]result.Verdict{a: result.Warn}},
		{"a MUST of 3.1", []result.Finding{finding(old, spec.Must, "")}, result.Warn, map[spec.Ref]result.Verdict{a: result.Pass, old: result.Warn}},
		{"all known", []result.Finding{finding(a, spec.Must, "why")}, result.Known, map[spec.Ref]result.Verdict{a: result.Known}},
		{"one known, one not", []result.Finding{finding(a, spec.Must, "why"), finding(b, spec.Must, "")}, result.Fail,
			map[spec.Ref]result.Verdict{a: result.Known, b: result.Fail}},
		{"the same, known and not", []result.Finding{finding(a, spec.Must, ""), finding(a, spec.Must, "why")}, result.Fail,
			map[spec.Ref]result.Verdict{a: result.Fail}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &result.Result{Verdict: result.Pass, Findings: c.findings, Requirements: map[spec.Ref]result.Verdict{a: result.Pass}}
			r.Settle()
			if r.Verdict != c.want || !reflect.DeepEqual(r.Requirements, c.of) {
				t.Errorf("%s %v, want %s %v", r.Verdict, r.Requirements, c.want, c.of)
			}
		})
	}
}

func TestEventsReadBack(t *testing.T) {
	for _, c := range []struct {
		name string
		e    result.Event
	}{
		{"a packet", result.Event{At: 1500 * time.Microsecond, Client: "publisher", Conn: 2, Dir: result.Out,
			Data: []byte{0xC0, 0}, Text: "PINGREQ", Version: codec.V5}},
		{"a note", result.Event{Dir: result.Note, Text: "a step", Data: []byte{}}},
		{"a violation", result.Event{Client: "c", Dir: result.In, Data: []byte{1}, Version: codec.V311,
			Violations: []codec.Violation{{Text: "what is wrong"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := json.Marshal(c.e)
			if err != nil {
				t.Fatal(err)
			}
			var back result.Event
			if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, c.e) {
				t.Errorf("%s reads back as %+v, %v; want %+v", text, back, err, c.e)
			}
		})
	}
}

func TestLongEventsAreCutAndSaySo(t *testing.T) {
	text, err := json.Marshal(result.Event{Dir: result.In, Data: bytes.Repeat([]byte{'x'}, 5000), Version: codec.V5})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // written again it is still as long
		var back result.Event
		if err := json.Unmarshal(text, &back); err != nil || len(back.Data)+back.Cut != 5000 || back.Cut == 0 {
			t.Fatalf("%d bytes and %d cut, %v; want 5000 together", len(back.Data), back.Cut, err)
		}
		if text, err = json.Marshal(back); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBadHexIsAnError(t *testing.T) {
	var e result.Event
	if err := json.Unmarshal([]byte(`{"t_us":5,"dir":"in","hex":"zz"}`), &e); err == nil || !strings.Contains(err.Error(), "5 us") {
		t.Errorf("%v; want an error that names the event", err)
	}
}
