package reports_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// hostile is what a broker could send to hurt whoever reads a report.
var hostile = []string{
	`<script>alert(1)</script><img src=x onerror=alert(1)>`,
	`"></code></pre></details></script><!-- ]]> --><h1>`,
	"\x1b[2J\x1b]0;owned\x07\x1b[31mred\u009b31m",
	"\xff\xfe\x80 not UTF-8 \xed\xa0\x80 \x00",
	"right to left \u202e and \u2066 hidden\u200b",
	"| table | `code` ``` *bold* [link](http://evil.example) @everyone #1 www.evil.example\n# title\n\n- x",
	"javascript:alert(1)",
	strings.Repeat("A<", 32*1024),
	"line\r\nbreak\u2028\u2029\u0085",
}

// hostileRun has hostile text wherever a broker can put some.
func hostileRun() *result.Run {
	run := sample("exec:mosquitto", "")
	run.Header.Broker = hostile[0] + hostile[2]
	for i, h := range hostile {
		r := newResult("qos.hostile-"+string(rune('a'+i)), h, spec.V5, result.Pass, 1)
		r.Trace = result.Trace{
			{Dir: result.Note, Text: h},
			ms(1, h, 1, result.In, h, h),
			ms(2, "client", 2, result.Close, h, ""),
		}
		r.Trace[1].Violations = []codec.Violation{{Requirement: ref("5.0/MQTT-1.5.4-1"), Text: h}}
		r.Findings = []result.Finding{
			{Requirement: ref("5.0/MQTT-3.3.1-1"), Level: spec.Must, Source: result.FromJudge, Step: h, Expected: h, Got: h, Event: 1},
			{Requirement: ref("5.0/MQTT-3.3.1-2"), Level: spec.Must, Source: result.FromJudge, Expected: h, Got: h, Event: 99, Known: h},
		}
		r.Observed = []result.Observation{{What: h, Value: h}}
		r.Replay = "mqttproof run " + h
		r.Settle()
		e := newResult("will.error-"+string(rune('a'+i)), h, spec.V5, result.Error, 1)
		e.Reason = h
		s := newResult("will.skip-"+string(rune('a'+i)), h, spec.V5, result.Skip, 1)
		s.Reason = h
		run.Results = append(run.Results, r, e, s)
	}
	run.Footer.Unmatched = hostile
	return run
}

func TestHostileText(t *testing.T) {
	var b bytes.Buffer
	run := hostileRun()
	text := reports.Text{Verbose: true}
	for _, r := range run.Results {
		_ = text.Line(&b, r)
		_ = text.Result(&b, r)
	}
	_ = text.Summary(&b, run)
	checkHarmless(t, b.String())
	if b.Len() > 1<<20 {
		t.Errorf("%d bytes", b.Len())
	}
}

// checkHarmless finds what could act on a terminal or hide text.
func checkHarmless(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Error("not UTF-8")
	}
	for i, r := range s {
		if r < ' ' && r != '\n' || r >= 0x7F && r < 0xA0 || strings.ContainsRune("\u202e\u2066\u200b\u2028\u2029", r) {
			t.Fatalf("%U in %q", r, s[max(0, i-60):i+10])
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                "plain",
		"Wörter 日本 \ufffd":     "Wörter 日本 \ufffd",
		"a\x1b[2Jb":            `a\x1b[2Jb`,
		"a\nb\tc\x00":          `a\nb\tc\x00`,
		"\xff\xc3":             `\xff\xc3`,
		"\u202eabc":            `\u202eabc`,
		`already \x1b escaped`: `already \x1b escaped`,
	} {
		if got := reports.Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}
