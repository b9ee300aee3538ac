package reports_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// said gives all comments of a capture: that of the file, then those of its packets.
func said(t *testing.T, data []byte) []string {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{r.SectionInfo().Comment}
	for {
		_, _, opts, err := r.ReadPacketDataWithOptions()
		if err != nil {
			return all
		}
		all = append(all, opts.Comments...)
	}
}

func captured(t *testing.T, r *result.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.WriteCapture(&b, sample("exec:mosquitto", "mosquitto 2.0.11").Header, r); err != nil {
		t.Fatal(err)
	}
	return strings.Join(said(t, b.Bytes()), "\n---\n")
}

func TestCaptureTellsTheFinding(t *testing.T) {
	got := captured(t, overlapping())
	for _, want := range []string{
		"wildcard.overlapping-highest-qos in MQTT 3.1.1: fail\n", "target: exec:mosquitto (mosquitto 2.0.11)",
		"\n---\nFAIL: 3.1.1/MQTT-3.3.5-1 MUST is broken\n", "\nexpected: a copy of the message at QoS 2, the highest that was granted\ngot: one copy, at QoS 0",
		"step: a subscriber with two filters that overlap", "replay: mqttproof run --only wildcard.overlapping-highest-qos",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in the comments:\n%s", want, got)
		}
	}
}

func TestCaptureTellsAFindingThatNoPacketShows(t *testing.T) {
	r := overlapping()
	for _, event := range []int{-1, len(r.Trace), 1 << 40} {
		r.Findings[0].Event = event
		if got := captured(t, r); !strings.HasSuffix(got, "got: one copy, at QoS 0") {
			t.Errorf("event %d: the finding does not stand at the end:\n%s", event, got)
		}
	}
}

func TestCaptureOfHostileText(t *testing.T) {
	run := hostileRun()
	for _, r := range run.Results {
		if len(r.Trace) > 0 {
			checkHarmless(t, captured(t, r))
		}
	}
}

// TestDirHasCaptures: every result with a trace has its capture, and the other
// reports point at it.
func TestDirHasCaptures(t *testing.T) {
	one, two := sample("exec:mosquitto", "mosquitto 2.0.11"), sample("embedded:mochi", "mochi 2.7.9")
	for _, c := range []struct {
		name, page, folder, link string
		runs                     []*result.Run
	}{
		{"one target", ".", ".", "captures/", []*result.Run{one}},
		{"one of several", "exec-mosquitto", "exec-mosquitto", "captures/", []*result.Run{one, two}},
		{"several targets", ".", "exec-mosquitto", "exec-mosquitto/captures/", []*result.Run{one, two}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := reports.WriteDir(dir, c.runs...); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, r := range one.Results {
				if (len(r.Trace) > 0) != (r.Capture != "") {
					t.Errorf("%s: %d events, capture %q", r.ID, len(r.Trace), r.Capture)
				}
				if r.Capture == "" {
					continue
				}
				n++
				if data, err := os.ReadFile(filepath.Join(dir, c.folder, r.Capture)); err != nil || len(said(t, data)) < 2 {
					t.Errorf("%s: %v, or it says nothing", r.Capture, err)
				}
			}
			if n < 3 {
				t.Fatalf("%d captures", n)
			}
			const name = "wildcard.overlapping-highest-qos-3.1.1.pcapng"
			page, err := os.ReadFile(filepath.Join(dir, c.page, "report.html"))
			if want := `<a href="` + c.link + name + `">`; err != nil || !strings.Contains(string(page), want) {
				t.Errorf("report.html: %v, or no %q", err, want)
			}
			page, err = os.ReadFile(filepath.Join(dir, c.page, "summary.md"))
			if want := "Capture: `" + c.link + name + "`"; err != nil || !strings.Contains(string(page), want) {
				t.Errorf("summary.md: %v, or no %q", err, want)
			}
			for _, file := range []string{"junit.xml", "results.jsonl"} {
				text, err := os.ReadFile(filepath.Join(dir, c.folder, file))
				if err != nil || !strings.Contains(string(text), "captures/"+name) {
					t.Errorf("%s: %v, or nothing about the capture", file, err)
				}
			}
			var b bytes.Buffer
			_ = reports.Text{Dir: reports.RunDirs(dir, c.runs...)[0]}.Result(&b, overlappingOf(one))
			if want := filepath.Join(dir, c.folder, "captures", name); !strings.Contains(b.String(), want) {
				t.Errorf("no %q in\n%s", want, b.String())
			}
		})
	}
}

func overlappingOf(run *result.Run) *result.Result {
	for _, r := range run.Results {
		if r.ID == overlapping().ID {
			return r
		}
	}
	return nil
}
