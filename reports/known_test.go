package reports_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

func TestLoadKnown(t *testing.T) {
	const top = "broker: mochi\ndeviations:\n"
	for _, c := range []struct{ name, text, err string }{
		{"empty list", "broker: mochi\ndeviations: []\n", ""},
		{"version", "broker: mochi\nversion: 2.7.9\ndeviations: []\n", ""},
		{"versions", "broker: mochi\nversion: [2.7.9, '>=3 <4']\ndeviations: []\n", ""},
		{"full entry", top + "  - {requirement: 3.1.1/MQTT-3.2.2-6, scenario: connect.*, reason: r, link: l}\n", ""},
		{"glob", top + "  - requirement: '*/MQTT-3.2.2-*'\n    reason: r\n", ""},
		{"section", top + "  - requirement: 5.0/§2.2.3\n    reason: r\n", ""},
		{"empty", "", "the file is empty"},
		{"not YAML", "broker: [", "line 1"},
		{"no broker", "deviations: []\n", "line 1: broker is missing"},
		{"no deviations", "broker: x\n", "line 1: deviations is missing"},
		{"not a list", "broker: x\ndeviations: {}\n", "line 2: deviations must be a list"},
		{"unknown key", "broker: x\ndeviation: []\n", `line 2: unknown key "deviation"`},
		{"sometimes that is neither", top + "  - requirement: 5.0/MQTT-1.5.4-1\n    reason: r\n    sometimes: maybe\n", "sometimes must be true or false"},
		{"unknown key in an entry", top + "  - requirement: 5.0/MQTT-1.5.4-1\n    reasons: r\n", `line 4: unknown key "reasons"`},
		{"no reason", top + "  - requirement: 5.0/MQTT-1.5.4-1\n  - scenario: a.b\n    reason: r\n", "line 3: reason is missing"},
		{"blank reason", top + "  - requirement: 5.0/MQTT-1.5.4-1\n    reason: ' '\n", "line 3: reason is missing"},
		{"names nothing", top + "  - reason: r\n", "line 3: the entry names no requirement"},
		{"excuses all", top + "  - {requirement: '*/*', scenario: '*.*', reason: r}\n", "line 3: the entry names no requirement"},
		{"no version", top + "  - {requirement: MQTT-1.5.4-1, reason: r}\n", "line 3: \"MQTT-1.5.4-1\" is not a requirement"},
		{"glob without version", top + "  - {requirement: MQTT-1.5.*, reason: r}\n", "line 3: requirement \"MQTT-1.5.*\" has no version"},
		{"no such requirement", top + "  - {requirement: 5.0/MQTT-99.1-1, reason: r}\n", "line 3: there is no requirement 5.0/MQTT-99.1-1"},
		{"bad version", "broker: x\nversion: new\ndeviations: []\n", `line 2: "new" is not a version`},
		{"twice", "broker: x\nbroker: y\ndeviations: []\n", "line 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "list.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := reports.LoadKnown(path)
			switch {
			case c.err == "" && err != nil:
				t.Errorf("not read: %v", err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), path)):
				t.Errorf("got %v, want the path and %q", err, c.err)
			}
		})
	}
	if _, err := reports.LoadKnown("no/such/file"); err == nil {
		t.Error("a missing file is read")
	}
}

// TestShippedLists reads every list that ships.
func TestShippedLists(t *testing.T) {
	files, err := fs.Glob(os.DirFS("."), "known/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		k, err := reports.LoadKnown(f)
		if err != nil {
			t.Error(err)
		} else if name := strings.TrimSuffix(filepath.Base(f), ".yaml"); k.Broker != name {
			t.Errorf("%s is for %q; KnownFor looks for the file by the broker's name", f, k.Broker)
		}
	}
	for software, want := range map[string]bool{
		"mochi 2.7.9": true, "mochi 2.7.9 in example/mochi:local": true, "Mochi/2.7.9": true, "mochi@v2.7.9": true, "mochi 2.7.8": false, "mochi": false, "": false, "../verdict": false, "other 1": false,
	} {
		if _, ok := reports.KnownFor(software); ok != want {
			t.Errorf("KnownFor(%q) is %v", software, ok)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		rule, software string
		want           bool
	}{
		{"2.7.9", "b 2.7.9", true},
		{"2.7.9", "b 2.7.90", false},
		{"2.7", "b 2.7.9", true},
		{"2.7.9", "b 2.7.9-rc1", true},
		{">=2.7 <3", "b 2.7", true},
		{">=2.7 <3", "b 2.10.1", true},
		{">=2.7 <3", "b 3.0", false},
		{">2.7", "b 2.7.0", false},
		{"<=2.7", "b 2.7.0", true},
		{">=2.7", "b", false},
		{"2.7", "c 2.7", false},
	} {
		k := reports.Known{Broker: "b", Versions: []string{c.rule}}
		if got := k.Covers(c.software); got != c.want {
			t.Errorf("%q covers %q: %v", c.rule, c.software, got)
		}
	}
	if k := (reports.Known{Broker: "b"}); !k.Covers("b 1") || !k.Covers("b") {
		t.Error("a list without versions covers every version")
	}
}

func finding(r string, level spec.Level) result.Finding {
	return result.Finding{Requirement: ref(r), Level: level, Source: result.FromScenario, Event: -1}
}

func broken(id string, findings ...result.Finding) *result.Result {
	r := newResult(id, "", findings[0].Requirement.Version, result.Pass, 1)
	r.Findings = findings
	r.Settle()
	return r
}

func TestApply(t *testing.T) {
	k := &reports.Known{Broker: "b", Deviations: []reports.Deviation{
		{Requirement: "5.0/MQTT-3.2.*", Reason: "codes", Link: "https://example.org"},
		{Scenario: "will.*", Requirement: "*/MQTT-3.1.2-8", Reason: "wills"},
		{Scenario: "qos.lost", Reason: "lost"},
	}}
	failed := finding("5.0/MQTT-3.2.2-1", spec.Must)
	inError := broken("connect.a", failed)
	inError.Verdict = result.Error
	beside := broken("judge.MQTT-3.1.2-8", finding("5.0/MQTT-3.1.2-8", spec.Must))
	beside.SeenIn = []string{"will.a", "will.b"}
	besideMore := broken("judge.MQTT-3.1.2-8", finding("5.0/MQTT-3.1.2-8", spec.Must))
	besideMore.SeenIn = []string{"will.a", "qos.b"}
	for _, c := range []struct {
		name   string
		r      *result.Result
		want   result.Verdict
		reason string
	}{
		{"requirement", broken("connect.a", failed), result.Known, "codes (https://example.org)"},
		{"one of two", broken("connect.a", failed, finding("5.0/MQTT-4.3.1-1", spec.Must)), result.Fail, "codes (https://example.org)"},
		{"both globs", broken("will.a", finding("3.1.1/MQTT-3.1.2-8", spec.Must)), result.Known, "wills"},
		{"other scenario", broken("qos.a", finding("3.1.1/MQTT-3.1.2-8", spec.Must)), result.Fail, ""},
		{"scenario only", broken("qos.lost", finding("5.0/MQTT-4.3.2-1", spec.Should)), result.Known, "lost"},
		{"other version", broken("connect.a", finding("3.1.1/MQTT-3.2.2-1", spec.Must)), result.Fail, ""},
		{"an error stays one", inError, result.Error, ""},
		{"a MAY needs no excuse", broken("qos.lost", finding("5.0/MQTT-4.3.2-1", spec.May)), result.Pass, ""},
		{"the judge, in these scenarios", beside, result.Known, "wills"},
		{"the judge, in others too", besideMore, result.Fail, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // applied twice it says the same
				k.Apply(c.r)
			}
			if c.r.Verdict != c.want || c.r.Findings[0].Known != c.reason {
				t.Errorf("%s because %q, want %s because %q", c.r.Verdict, c.r.Findings[0].Known, c.want, c.reason)
			}
		})
	}
}

func TestUnmatched(t *testing.T) {
	passed := newResult("connect.a", "", spec.V5, result.Pass, 1)
	passed.Requirements[ref("5.0/MQTT-3.2.2-1")] = result.Pass
	skip := newResult("will.a", "", spec.V5, result.Skip, 1)
	broke := newResult("will.b", "", spec.V5, result.Error, 1)
	failed := broken("qos.a", finding("5.0/MQTT-4.3.2-1", spec.Must))
	ran := []*result.Result{passed, skip, broke, failed}
	for _, c := range []struct {
		name     string
		d        reports.Deviation
		part     string // of the answer to a run of a part
		complete string // and of a complete one
	}{
		{"holds", reports.Deviation{Requirement: "5.0/MQTT-4.3.2-1"}, "", ""},
		{"repaired", reports.Deviation{Requirement: "5.0/MQTT-3.2.2-1"}, "is not broken any more", "is not broken any more"},
		{"sometimes, not this time", reports.Deviation{Requirement: "5.0/MQTT-3.2.2-1", Sometimes: true}, "", ""},
		{"scenario passes", reports.Deviation{Scenario: "connect.*"}, "connect.*: is not broken any more", "is not broken any more"},
		{"other requirement of a scenario", reports.Deviation{Scenario: "connect.a", Requirement: "5.0/MQTT-4.3.2-1"}, "", "nothing shows it"},
		{"skipped", reports.Deviation{Scenario: "will.a"}, "", ""},
		{"skipped, with requirement", reports.Deviation{Scenario: "will.a", Requirement: "5.0/MQTT-3.1.2-8"}, "", ""},
		{"error", reports.Deviation{Scenario: "will.b"}, "", ""},
		{"not run", reports.Deviation{Scenario: "retain.a"}, "", "there is no such scenario"},
		{"nobody cites it", reports.Deviation{Requirement: "5.0/MQTT-3.8.3-1"}, "", "nothing shows it broken"},
		{"version not run", reports.Deviation{Requirement: "3.1.1/MQTT-3.2.2-1"}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.d.Reason, c.d.Line = "why", 7
			k := &reports.Known{Deviations: []reports.Deviation{c.d}}
			for complete, want := range map[bool]string{false: c.part, true: c.complete} {
				got := k.Unmatched(complete, ran...)
				if want == "" && len(got) > 0 || want != "" && !slices.ContainsFunc(got, func(s string) bool {
					return strings.Contains(s, want) && strings.Contains(s, "line 7: why")
				}) {
					t.Errorf("complete %v: %q, want %q", complete, got, want)
				}
			}
		})
	}
}

func TestApplyRun(t *testing.T) {
	k := &reports.Known{Deviations: []reports.Deviation{{Scenario: "qos.a", Reason: "why"}, {Scenario: "will.gone", Reason: "old"}}}
	for _, complete := range []bool{true, false} {
		run := &result.Run{Results: []*result.Result{broken("qos.a", finding("5.0/MQTT-4.3.2-1", spec.Must))}, Footer: result.Footer{Complete: complete}}
		k.ApplyRun(run, true)
		if run.Footer.Counts[result.Known] != 1 || len(run.Footer.Unmatched) != map[bool]int{true: 1, false: 0}[complete] {
			t.Errorf("complete %v: %+v", complete, run.Footer)
		}
	}
}

func ExampleKnown_Apply() {
	k, err := reports.ParseKnown("known.yaml", []byte(`
broker: mosquitto
version: "2.0"
deviations:
  - requirement: 3.1.1/MQTT-3.3.5-1
    scenario: wildcard.*
    reason: one copy at the lower QoS
    link: https://example.org/issues/1
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := overlapping() // fails with that requirement
	k.Apply(r)
	fmt.Println(r.Verdict, "because of:", r.Findings[0].Known)
	// Output: known because of: one copy at the lower QoS (https://example.org/issues/1)
}
