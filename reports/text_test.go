package reports_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

func TestTextGolden(t *testing.T) {
	var b bytes.Buffer
	text := reports.Text{Width: 90}
	run := sample("exec:mosquitto", "mosquitto 2.0.11")
	for _, r := range run.Results {
		if r.Verdict > result.Pass {
			if err := text.Result(&b, r); err != nil {
				t.Fatal(err)
			}
			b.WriteString("\n")
		}
	}
	if err := text.Line(&b, run.Results[0]); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n")
	if err := text.Summary(&b, run, interrupted()); err != nil {
		t.Fatal(err)
	}
	golden(t, "text.golden", b.Bytes())
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 90 && !strings.Contains(line, "replay") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestTextColor(t *testing.T) {
	var plain, color bytes.Buffer
	run := sample("exec:mosquitto", "")
	if err := (reports.Text{}).Summary(&plain, run); err != nil {
		t.Fatal(err)
	}
	if err := (reports.Text{Color: true, Verbose: true, Level: spec.Should}).Summary(&color, run); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("there are escape sequences without colour")
	}
	if !strings.Contains(color.String(), "\x1b[31;1mDOES NOT CONFORM\x1b[0m") {
		t.Error("the verdict is not painted")
	}
	if !strings.Contains(color.String(), "Slowest") {
		t.Error("verbose does not name the slowest")
	}
}

func ExampleText() {
	run := &result.Run{
		Header: result.Header{Target: "embedded:mochi", Broker: "mochi 2.7.9"},
		Results: []*result.Result{
			{ID: "connect.first", Area: "connect", Version: spec.V311, Verdict: result.Pass},
			{ID: "connect.first", Area: "connect", Version: spec.V5, Verdict: result.Pass},
			{ID: "will.delay", Area: "will", Version: spec.V5, Verdict: result.Skip, Reason: "--without will"},
		},
		Footer: result.Footer{DurationMS: 1200, Complete: true},
	}
	_ = reports.Text{Width: 80}.Summary(os.Stdout, run)
	// Output:
	// embedded:mochi is mochi 2.7.9, 3 results in 1.2 s
	//
	//             MQTT 3.1.1           MQTT 5.0
	// area        pass  fail  skip     pass  fail  skip
	// connect        1     .     .        1     .     .
	// will           .     .     .        .     .     1
	// all            1     .     .        1     .     1
	//
	// Skipped (1)
	//   --without will
	//       will.delay (5.0)
	//
	// embedded:mochi: 2 of 2 hold; nothing is broken; 1 skipped - CONFORMS
}
