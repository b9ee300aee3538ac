package broker

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers/need"
	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// sampleReport has a finding of each kind.
func sampleReport(said string) *Report {
	s := &session.Session{Steps: []session.Step{{Do: session.Send, Data: []byte("\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")}, {Do: session.Await}}}
	trace := result.Trace{
		{Client: "a", Conn: 1, Dir: result.Open, Version: codec.V311},
		{At: time.Millisecond, Client: "a", Conn: 1, Dir: result.Out, Data: s.Steps[0].Data, Text: "CONNECT", Version: codec.V311},
		{At: 2 * time.Millisecond, Client: "a", Conn: 1, Dir: result.In, Data: []byte("\x20\x02\x00\x09"), Text: said, Version: codec.V311,
			Violations: []codec.Violation{{Text: said}}},
		{At: 3 * time.Millisecond, Client: "a", Conn: 1, Dir: result.Close, Text: said, Version: codec.V311},
	}
	wrong := result.Finding{Requirement: spec.Ref{Version: spec.V311, ID: "MQTT-3.2.2-6"}, Level: spec.Must, Source: result.FromJudge, Expected: said, Got: said, Event: 2}
	finding := func(class Class, x sighting) *Finding {
		f := &Finding{Class: class, Signature: string(class) + " " + said, Detail: said + "\n\tat " + said, Seen: 3, Tries: 3, Stable: true,
			Number: 7, After: 1.5, Target: "exec:mosquitto", Replay: "mqttproof replay " + said, Session: s, last: x}
		f.ID = id(class, f.Signature)
		return f
	}
	r := &Report{
		Target: "exec:mosquitto", Software: said, Seed: 42, Started: time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC), Complete: true,
		Ended: said, NotSaved: said,
		Stats: Stats{Elapsed: time.Minute, Sessions: 1000, Connections: 2500, Packets: 9000, Corpus: 300, Tuples: 400, Starts: 2, Unstable: 1,
			Found: map[Class]int{Crash: 1, Wrong: 1}},
		Findings: []*Finding{
			finding(Crash, sighting{class: Crash, output: said, trace: trace}),
			finding(Wrong, sighting{class: Wrong, finding: wrong, trace: trace}),
			finding(Hang, sighting{}),
		},
	}
	r.Findings[1].Level = "MUST"
	r.Findings[2].Seen, r.Findings[2].Tries, r.Findings[2].Stable = 0, 0, false
	return r
}

func page(t *testing.T, r *Report) string {
	t.Helper()
	data, err := r.html()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPage(t *testing.T) {
	r := sampleReport("what it said")
	got := page(t, r)
	for _, want := range []string{
		"<title>Fuzzing exec:mosquitto</title>", "something was found", "1000 sessions in 1m0s showed 400 behaviours: 2 stable findings, and 1 unstable.",
		"The run ended early: what it said", "The corpus could not be written: what it said", "<b>1</b> crash", "<b>1</b> unstable",
		"<dt>sessions</dt><dd>1000, 17/s</dd>", "<dt>packets</dt><dd>9000, 150/s</dd>", "<dt>seed</dt><dd>42</dd>", "2026-11-22 15:30:00 UTC",
		"whoever can connect can end it", "Reproduced 3 of 3 times. Session 7 showed it first, after 1.5 s.", "Not reproduced.",
		"<b>3.1.1/MQTT-3.2.2-6</b> MUST", `<dt>expected</dt><dd>what it said</dd>`, `◀ 3.1.1/MQTT-3.2.2-6`,
		"1 client, 2 steps, 14 bytes", "do: await", "<code>mqttproof replay what it said</code>",
		`href="findings/` + r.Findings[0].ID + `/trace.pcapng"`, `href="findings/` + r.Findings[0].ID + `/output.txt"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(got, r.Findings[2].ID+"/trace.pcapng") {
		t.Error("a finding without a trace has a link to one")
	}
	if strings.Contains(got, "<script") || strings.Contains(got, "://") {
		t.Error("the page has a script or asks for something outside")
	}
}

// TestPageOfNothing: the run that every broker wants.
func TestPageOfNothing(t *testing.T) {
	got := page(t, &Report{Target: "exec:mosquitto", Complete: true, Stats: Stats{Elapsed: time.Second, Sessions: 1}})
	for _, want := range []string{"nothing was found", "Nothing was found.", `class="run good"`, "1 session in 1s"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := page(t, &Report{Target: "t"}); !strings.Contains(got, "The run was interrupted.") {
		t.Error("an interrupted run does not say so")
	}
}

// TestPageOfHostileText: whatever a broker answers or prints, it is text.
func TestPageOfHostileText(t *testing.T) {
	for _, hostile := range []string{
		`<script>alert(1)</script><img src=x onerror=alert(1)>`, `"></code></pre></details></style><h1>`, "javascript:alert(1)",
		"\x1b[2J\x1b]0;owned\x07", "\xff\xfe\x80 not UTF-8 \x00", "right to left \u202e and hidden\u200b", strings.Repeat("A<", 40_000),
	} {
		got := page(t, sampleReport(hostile))
		for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "</code></pre></details></style><h1>", `href="javascript`, "\x1b", "\xff", "\x00", "\u202e", "\u200b"} {
			if strings.Contains(got, bad) {
				t.Errorf("%.40q: the page holds %q", hostile, bad)
			}
		}
		if len(got) > 200_000 {
			t.Errorf("%.40q: %d bytes", hostile, len(got))
		}
	}
}

// TestPageInABrowser opens the page in a real browser, wide and narrow: it is
// drawn, and nothing is complained about.
func TestPageInABrowser(t *testing.T) {
	browser := need.Browser(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, []byte(page(t, sampleReport("what it said "+strings.Repeat("and said ", 30)))), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"1200,900", "420,900"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		picture := filepath.Join(dir, "page.png")
		cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+filepath.Join(dir, "profile"),
			"--enable-logging=stderr", "--window-size="+size, "--screenshot="+picture, "file://"+file)
		var log bytes.Buffer
		cmd.Stderr = &log
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s", browser, err, log.String())
		}
		for line := range strings.SplitSeq(log.String(), "\n") {
			if strings.Contains(line, "CONSOLE") {
				t.Errorf("%s: the page complains: %s", size, line)
			}
		}
		if info, err := os.Stat(picture); err != nil || info.Size() < 10_000 {
			t.Errorf("%s: no picture: %v", size, err)
		}
	}
}
