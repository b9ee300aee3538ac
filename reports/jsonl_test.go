package reports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

func TestJSONLRoundTrip(t *testing.T) {
	for _, run := range []*result.Run{sample("exec:mosquitto", "mosquitto 2.0.11"), interrupted(), {}} {
		var first, second bytes.Buffer
		if err := reports.WriteJSONL(&first, run); err != nil {
			t.Fatal(err)
		}
		back, err := reports.ReadJSONL(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if len(back.Results) != len(run.Results) || back.Footer.Complete != run.Footer.Complete {
			t.Errorf("%d results came back as %d, complete %v", len(run.Results), len(back.Results), back.Footer.Complete)
		}
		if err := reports.WriteJSONL(&second, back); err != nil {
			t.Fatal(err)
		}
		if first.String() != second.String() {
			t.Errorf("written again it differs:\n%s\n%s", first.String(), second.String())
		}
	}
	var b bytes.Buffer
	if err := reports.WriteJSONL(&b, sample("exec:mosquitto", "mosquitto 2.0.11")); err != nil {
		t.Fatal(err)
	}
	golden(t, "results.jsonl", b.Bytes())
}

const (
	header   = `{"kind":"header","schema":"mqttproof.results/1","tool":"x","target":"t","versions":[],"transport":"tcp","seed":0,"timeouts":{},"started":"2026-11-22T15:30:00Z"}` + "\n"
	scenario = `{"kind":"scenario","id":"a.b","area":"a","title":"","version":"5.0","transport":"tcp","verdict":"pass","requirements":{},"duration_ms":1}` + "\n"
	footer   = `{"kind":"footer","counts":{"pass":1},"duration_ms":1,"complete":true}` + "\n"
)

func TestReadJSONL(t *testing.T) {
	for _, c := range []struct {
		name, text string
		err        string // empty: it is read
		complete   bool
	}{
		{"whole", header + scenario + footer, "", true},
		{"empty lines", header + "\n" + scenario + "\n" + footer + "\n", "", true},
		{"no footer", header + scenario, "", false},
		{"last line cut off", header + scenario + scenario[:70], "", false},
		{"nothing", "", "line 1: the file is empty", false},
		{"no header", scenario, "line 1: results begin with a header", false},
		{"two headers", header + header, "line 2: a second header", false},
		{"behind the footer", header + footer + scenario, "line 3: there is a line behind the footer", false},
		{"other schema", strings.Replace(header, "/1", "/9", 1), `line 1: the schema is "mqttproof.results/9"`, false},
		{"line cut off in the middle", header + scenario[:40] + "\n" + footer, "line 2: not a JSON object", false},
		{"not JSON", header + "<html>", "line 2: not a JSON object", false},
		{"unknown kind", header + `{"kind":"fuzz"}`, `line 2: unknown kind "fuzz"`, false},
		{"unknown verdict", header + strings.Replace(scenario, "pass", "good", 1), `line 2: no verdict "good"`, false},
		{"no verdict", header + strings.Replace(scenario, `"verdict":"pass",`, "", 1), "line 2: a scenario needs id and verdict", false},
		{"bad requirement", header + strings.Replace(scenario, `"requirements":{}`, `"requirements":{"MQTT-1":"pass"}`, 1), "line 2: ", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			run, err := reports.ReadJSONL(strings.NewReader(c.text))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("got %v, want an error with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if run.Footer.Complete != c.complete || run.Footer.Counts[result.Pass] != 1 {
				t.Errorf("footer %+v", run.Footer)
			}
		})
	}
}

func TestSchema(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(reports.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	v := validator{defs: schema["$defs"].(map[string]any)}
	for _, run := range []*result.Run{sample("exec:mosquitto", "mosquitto 2.0.11"), interrupted(), hostileRun(), {}} {
		var b bytes.Buffer
		if err := reports.WriteJSONL(&b, run); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if err := v.line(schema, line); err != nil {
				t.Errorf("%v\n%.300s", err, line)
			}
		}
	}
	for _, wrong := range []string{
		`{}`, `{"kind":"fuzz"}`,
		strings.Replace(scenario, "pass", "good", 1),
		strings.Replace(scenario, `"area":"a",`, "", 1),
		strings.Replace(scenario, `"area"`, `"more":1,"area"`, 1),
		strings.Replace(scenario, `"requirements":{}`, `"requirements":{"MQTT-1":"pass"}`, 1),
		strings.Replace(footer, `true`, `"yes"`, 1),
		strings.Replace(header, `"seed":0`, `"seed":-1`, 1),
	} {
		if v.line(schema, wrong) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

// validator knows the keywords of JSON Schema that the published schema uses,
// and refuses any other.
type validator struct{ defs map[string]any }

func (v validator) line(schema map[string]any, line string) error {
	var value any
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return err
	}
	return v.check(schema, value, "")
}

func (v validator) check(schema map[string]any, value any, at string) error {
	object, _ := value.(map[string]any)
	text, isText := value.(string)
	for key, want := range schema {
		var err error
		switch key {
		case "$schema", "$id", "$defs", "title", "description", "format":
		case "$ref":
			err = v.check(v.defs[strings.TrimPrefix(want.(string), "#/$defs/")].(map[string]any), value, at)
		case "oneOf":
			good := 0
			for _, s := range want.([]any) {
				if e := v.check(s.(map[string]any), value, at); e == nil {
					good++
				} else {
					err = e
				}
			}
			if good == 1 {
				err = nil
			} else if err == nil {
				err = fmt.Errorf("%s: %d of oneOf match", at, good)
			}
		case "const":
			if value != want {
				err = fmt.Errorf("%s is %v, not %v", at, value, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), value) {
				err = fmt.Errorf("%s is %v, not one of %v", at, value, want)
			}
		case "type":
			err = checkType(want.(string), value, at)
		case "pattern":
			if isText && !regexp.MustCompile(want.(string)).MatchString(text) {
				err = fmt.Errorf("%s is %q, which does not match %s", at, text, want)
			}
		case "minimum":
			if n, ok := value.(json.Number); ok {
				if f, _ := n.Float64(); f < want.(float64) {
					err = fmt.Errorf("%s is %v, below %v", at, n, want)
				}
			}
		case "required":
			for _, name := range want.([]any) {
				if _, ok := object[name.(string)]; !ok {
					err = fmt.Errorf("%s has no %v", at, name)
				}
			}
		case "items":
			list, _ := value.([]any)
			for i, item := range list {
				if err == nil {
					err = v.check(want.(map[string]any), item, fmt.Sprintf("%s[%d]", at, i))
				}
			}
		case "propertyNames":
			for name := range object {
				if err == nil {
					err = v.check(want.(map[string]any), name, at+" key")
				}
			}
		case "properties", "additionalProperties":
			err = v.checkMembers(schema, object, at)
		default:
			err = fmt.Errorf("the validator does not know %q", key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v validator) checkMembers(schema, object map[string]any, at string) error {
	named, _ := schema["properties"].(map[string]any)
	for name, member := range object {
		var sub map[string]any
		if s, ok := named[name]; ok {
			sub = s.(map[string]any)
		} else if schema["additionalProperties"] == false {
			return fmt.Errorf("%s has an unknown %s", at, name)
		} else {
			sub, _ = schema["additionalProperties"].(map[string]any)
		}
		if err := v.check(sub, member, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func checkType(want string, value any, at string) error {
	got := "null"
	switch n := value.(type) {
	case string:
		got = "string"
	case bool:
		got = "boolean"
	case map[string]any:
		got = "object"
	case []any:
		got = "array"
	case json.Number:
		got = "number"
		if want == "integer" && !strings.ContainsAny(n.String(), ".eE") {
			got = "integer"
		}
	}
	if got != want {
		return fmt.Errorf("%s is %s, not %s", at, got, want)
	}
	return nil
}
