package reports_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// written gives what a format makes of the runs.
func written(t *testing.T, write func(io.Writer, ...*result.Run) error, runs ...*result.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, runs...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func two() []*result.Run {
	first, second := sample("exec:mosquitto", "mosquitto 2.0.11"), sample("embedded:mochi", "mochi 2.7.9")
	second.Results = slices.DeleteFunc(second.Results, func(r *result.Result) bool {
		return r.Verdict == result.Fail || r.Verdict == result.Warn
	})
	return []*result.Run{first, second}
}

func TestGoldenFormats(t *testing.T) {
	run := sample("exec:mosquitto", "mosquitto 2.0.11")
	golden(t, "junit.xml", []byte(written(t, reports.WriteJUnit, run)))
	golden(t, "summary.md", []byte(written(t, reports.WriteMarkdown, run)))
	golden(t, "report.html", markup(t, run))
	golden(t, "compare.md", []byte(written(t, reports.WriteMarkdown, two()...)))
	golden(t, "compare.html", markup(t, two()...))
	golden(t, "incomplete.md", []byte(written(t, reports.WriteMarkdown, interrupted())))
	golden(t, "incomplete.xml", []byte(written(t, reports.WriteJUnit, interrupted())))
}

// markup is the page without style and script, which change for other reasons.
func markup(t *testing.T, runs ...*result.Run) []byte {
	t.Helper()
	page := written(t, reports.WriteHTML, runs...)
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "<style></style>")
	page = regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "<script></script>")
	return []byte(regexp.MustCompile(`sha256-[^']*`).ReplaceAllString(page, "sha256-"))
}

// junit is the format as its readers see it.
type junit struct {
	Tests, Failures, Errors, Skipped int
	Suites                           []struct {
		Name                             string `xml:"name,attr"`
		Tests, Failures, Errors, Skipped int
		Cases                            []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Type    string `xml:"type,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Error *struct {
				Message string `xml:"message,attr"`
			} `xml:"error"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
			Out string `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func readJUnit(t *testing.T, o reports.Options, runs ...*result.Run) (all junit, byName map[string]string) {
	t.Helper()
	text := written(t, o.WriteJUnit, runs...)
	if err := xml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	byName = map[string]string{}
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil:
				byName[c.Name] = "failure " + c.Failure.Type
			case c.Error != nil:
				byName[c.Name] = "error " + c.Error.Message
			case c.Skipped != nil:
				byName[c.Name] = "skipped " + c.Skipped.Message
			default:
				byName[c.Name] = "pass"
			}
		}
	}
	return all, byName
}

func TestJUnit(t *testing.T) {
	all, got := readJUnit(t, reports.Options{}, sample("exec:mosquitto", ""), interrupted())
	for name, want := range map[string]string{
		"wildcard.overlapping-highest-qos": "failure 3.1.1/MQTT-3.3.5-1",
		"judge.MQTT-4.3.3-1":               "failure 5.0/MQTT-4.3.3-1",
		"connect.unsupported-level":        "pass", // known
		"connect.31-clientid":              "pass", // a warning
		"connect.holds-1":                  "pass",
		"subscribe.shared-once":            "skipped the broker declares Shared Subscription Available 0",
		"will.on-cut":                      "error the scenario panicked, which is a bug of mqttproof: boom",
		"run.complete":                     "error the run was interrupted or is missing results",
		"run.known-deviations":             "failure known",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	var names []string
	for _, s := range all.Suites {
		names = append(names, s.Name)
		for _, c := range s.Cases {
			if c.Name == "wildcard.overlapping-highest-qos" {
				if c.Class != "wildcard" || !strings.Contains(c.Failure.Text, "highest QoS") || !strings.Contains(c.Out, "SUBACK id=1") || !strings.Contains(c.Out, "replay: mqttproof run") {
					t.Errorf("%+v", c)
				}
				if p := fmt.Sprint(c.Properties); !strings.Contains(p, "{requirement 3.1.1/MQTT-3.3.5-1 fail}") {
					t.Errorf("properties %s", p)
				}
			}
			if c.Name == "connect.unsupported-level" && !strings.Contains(c.Out, "answers every version with the codes of 5.0") {
				t.Errorf("the reason of a known deviation is not in %q", c.Out)
			}
		}
	}
	want := []string{
		"exec:mosquitto MQTT 3.1", "exec:mosquitto MQTT 3.1.1", "exec:mosquitto MQTT 5.0",
		"mqtt://127.0.0.1:1883 MQTT 3.1.1", "mqtt://127.0.0.1:1883 MQTT 5.0", "mqtt://127.0.0.1:1883 run",
	}
	if !slices.Equal(names, want) {
		t.Errorf("suites %q", names)
	}
	_, strict := readJUnit(t, reports.Options{Level: spec.Should, KnownLenient: true}, sample("t", ""), interrupted())
	if strict["connect.31-clientid"] != "failure 3.1/§3.1" || strict["run.known-deviations"] != "pass" {
		t.Errorf("with options: %q, %q", strict["connect.31-clientid"], strict["run.known-deviations"])
	}
	if _, none := readJUnit(t, reports.Options{}, &result.Run{Footer: result.Footer{Complete: true}}); none["run.complete"] != "error no scenario was run" {
		t.Errorf("an empty run: %v", none)
	}
}

func TestHostileFormats(t *testing.T) {
	run := hostileRun()
	page := written(t, reports.WriteHTML, run, run)
	checkHarmless(t, page)
	if strings.Count(page, "<script") != 1 || strings.Count(page, "</script") != 1 {
		t.Error("there is a script of the broker's")
	}
	harmless := regexp.MustCompile(`^<(/?[a-z0-9]+( (class|id|lang|charset|name|content|http-equiv|for|type|autocomplete|spellcheck|placeholder|role|style|title|start|aria-[a-z]+|data-[a-z]+)="[^"<>]*"| hidden| open| href="#[^"<>]*")*\s*|!doctype html)>$`)
	markup := string(markup(t, run, run))
	for _, tag := range regexp.MustCompile(`<[^<]*`).FindAllString(markup, -1) {
		tag, _, _ = strings.Cut(tag, ">")
		if tag += ">"; !harmless.MatchString(tag) {
			t.Errorf("in the page is %.200q", tag)
		}
	}
	summary := written(t, reports.WriteMarkdown, run, run)
	checkHarmless(t, summary)
	blocks := regexp.MustCompile("(?sm)^(```+)[a-z]+\n.*?\n```+$")
	for line := range strings.Lines(blocks.ReplaceAllString(summary, "")) {
		if strings.Contains(strings.ToLower(line), "<script") && !strings.Contains(line, "`") && !strings.Contains(line, `\<script`) {
			t.Errorf("a tag of the broker's is in the summary: %.200s", line)
		}
	}
	_, cases := readJUnit(t, reports.Options{}, run)
	checkHarmless(t, written(t, reports.WriteJUnit, run))
	if len(cases) < 50 {
		t.Errorf("%d cases", len(cases))
	}
	var lines bytes.Buffer
	if err := reports.WriteJSONL(&lines, run); err != nil {
		t.Fatal(err)
	}
	back, err := reports.ReadJSONL(bytes.NewReader(lines.Bytes()))
	if err != nil || len(back.Results) != len(run.Results) {
		t.Errorf("%v", err)
	}
	for format, text := range map[string]string{"html": page, "md": summary} {
		if len(text) > 3<<20 {
			t.Errorf("%s has %d bytes", format, len(text))
		}
	}
}

// TestLargeReport: 5,000 results, one in ten broken with a long trace, stay a
// page that a browser opens at once and a summary that GitHub takes.
func TestLargeReport(t *testing.T) {
	run := sample("exec:mosquitto", "mosquitto 2.0.11")
	shown := judged()
	for len(run.Results) < 5000 {
		n := len(run.Results)
		v := []spec.Version{spec.V311, spec.V5}[n%2]
		r := newResult(fmt.Sprintf("qos.generated-%d", n/2), "a title of a usual length for a scenario about something", v, result.Pass, 5)
		for i := range 3 {
			r.Requirements[spec.Ref{Version: v, ID: fmt.Sprintf("MQTT-3.1.2-%d", i+1)}] = result.Pass
		}
		if n%10 == 0 {
			r.Findings, r.Trace = shown.Findings, shown.Trace
			r.Settle()
		}
		run.Results = append(run.Results, r)
	}
	for name, c := range map[string]struct {
		write func(io.Writer, ...*result.Run) error
		limit int
	}{
		"html": {reports.WriteHTML, 10 << 20}, "markdown": {reports.WriteMarkdown, 1 << 20}, "junit": {reports.WriteJUnit, 10 << 20},
	} {
		if n := len(written(t, c.write, run)); n > c.limit {
			t.Errorf("%s has %d bytes", name, n)
		} else {
			t.Logf("%s has %d bytes", name, n)
		}
	}
}

func TestWriteDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out", "deep")
	files := func() []string {
		var names []string
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(dir, path)
				names = append(names, filepath.ToSlash(rel))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	const captures = "captures/connect.unsupported-level-3.1.1.pcapng captures/judge.MQTT-4.3.3-1-5.0.pcapng " +
		"captures/wildcard.overlapping-highest-qos-3.1.1.pcapng "
	stale := filepath.Join(dir, "captures", "of-an-earlier-run.pcapng")
	if err := os.MkdirAll(filepath.Dir(stale), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(stale, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := reports.WriteDir(dir, sample("exec:mosquitto", "")); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(files()); got != "["+captures+"junit.xml report.html results.jsonl summary.md]" {
		t.Error(got)
	}
	dir = t.TempDir()
	runs := []*result.Run{sample("mqtt://h:1883/../a b", ""), sample("mqtt://h:1883?a?b", ""), interrupted(), sample("../..", ""), sample("MQTT:H-1883-a-b", "")}
	if err := reports.WriteDir(dir, runs...); err != nil {
		t.Fatal(err)
	}
	got := files()
	for _, name := range []string{
		"report.html", "summary.md", "mqtt-h-1883-..-a-b/results.jsonl", "mqtt-h-1883-a-b/junit.xml",
		"mqtt-127.0.0.1-1883/report.html", "target/summary.md", "MQTT-H-1883-a-b-2/report.html",
	} {
		if !slices.Contains(got, name) {
			t.Errorf("%s is missing in %q", name, got)
		}
	}
	f, err := os.Open(filepath.Join(dir, "mqtt-127.0.0.1-1883", "results.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if back, err := reports.ReadJSONL(f); err != nil || back.Footer.Complete {
		t.Errorf("an interrupted run is not marked so: %v", err)
	}
	// A folder stands where a file should: said, and the others are written.
	dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "junit.xml", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := reports.WriteDir(dir, sample("t", "")); err == nil || !strings.Contains(err.Error(), "junit.xml") {
		t.Errorf("got %v", err)
	}
	if got := fmt.Sprint(files()); got != "["+captures+"report.html results.jsonl summary.md]" {
		t.Error(got)
	}
}
