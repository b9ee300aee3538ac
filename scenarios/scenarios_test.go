package scenarios_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

func TestScenariosAreWellFormed(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, s := range scenarios.All() {
		t.Run(s.ID, func(t *testing.T) {
			if !id.MatchString(s.ID) {
				t.Error("the id is not of the form area.some-behaviour")
			}
			for name, text := range map[string]string{"Title": s.Title, "Why": s.Why} {
				if len(text) < 20 || strings.HasSuffix(text, ".") || strings.TrimSpace(text) != text {
					t.Errorf("%s is no sentence without a full stop: %q", name, text)
				}
			}
			if s.Run == nil || len(s.Proves) == 0 {
				t.Error("it runs nothing or proves nothing")
			}
			for _, ref := range s.Proves {
				if _, ok := spec.Lookup(ref); !ok {
					t.Errorf("it cites %s, which the standard does not have", ref)
				}
			}
			for _, f := range s.Needs {
				if !slices.Contains(engine.Features(), f) {
					t.Errorf("it needs %q, which is no feature", f)
				}
			}
			if !strings.HasSuffix(filepath.ToSlash(filepath.Dir(s.File)), "scenarios") || s.Line == 0 {
				t.Errorf("it is said to stand in %s:%d", s.File, s.Line)
			}
		})
	}
}

// TestDepth keeps the areas that every newcomer learns first as deep as they are.
func TestDepth(t *testing.T) {
	count := map[string]int{}
	cited := map[spec.Ref]bool{}
	for _, s := range scenarios.All() {
		count[s.Area()]++
		for _, ref := range s.Proves {
			cited[ref] = true
		}
	}
	for area, least := range map[string]int{
		"connect": 45, "session": 30, "qos": 75, "retain": 25, "wildcard": 18, "will": 35, "guide": 14,
	} {
		if count[area] < least {
			t.Errorf("%d scenarios in %s; there were %d", count[area], area, least)
		}
	}
	t.Logf("%d scenarios cite %d requirements", len(scenarios.All()), len(cited))
}

func TestSelect(t *testing.T) {
	all := scenarios.All()
	for _, c := range []struct {
		name       string
		only, skip []string
		has, not   string // an id that is in, and one that is out
		broken     string // part of the error
	}{
		{name: "nothing said is everything", has: "connect.accepted"},
		{name: "an id", only: []string{"connect.accepted"}, has: "connect.accepted", not: "connect.second-connect"},
		{name: "an area", only: []string{"connect"}, has: "connect.accepted", not: "retain.stored"},
		{name: "a star", only: []string{"connect.second*"}, has: "connect.second-connect", not: "connect.accepted"},
		{name: "a requirement", only: []string{"5.0/MQTT-3.1.0-2"}, has: "connect.second-connect", not: "retain.stored"},
		{name: "a requirement of any version", only: []string{"MQTT-3.1.0-2"}, has: "connect.second-connect", not: "retain.stored"},
		{name: "requirements", only: []string{"3.1.1/MQTT-3.1.0-*"}, has: "connect.second-connect", not: "retain.stored"},
		{name: "left out", skip: []string{"connect"}, has: "retain.stored", not: "connect.accepted"},
		{name: "in and out", only: []string{"connect"}, skip: []string{"connect.accepted"}, has: "connect.second-connect", not: "connect.accepted"},
		{name: "no such thing", only: []string{"conect"}, broken: `"conect" matches no scenario`},
		{name: "no such thing to skip", skip: []string{"MQTT-9.9.9-9"}, broken: "the areas are alias"},
		{name: "a broken pattern", only: []string{"[connect"}, broken: "matches no scenario"},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept, err := scenarios.Select(all, c.only, c.skip)
			if c.broken != "" {
				if err == nil || !strings.Contains(err.Error(), c.broken) {
					t.Fatalf("%v; want %q in it", err, c.broken)
				}
				return
			}
			in := func(id string) bool {
				return slices.ContainsFunc(kept, func(s engine.Scenario) bool { return s.ID == id })
			}
			if err != nil || !in(c.has) || (c.not != "" && in(c.not)) {
				t.Errorf("%v, %d kept, %s in: %v, %s in: %v", err, len(kept), c.has, in(c.has), c.not, in(c.not))
			}
		})
	}
}

func ExampleSelect() {
	kept, err := scenarios.Select(scenarios.All(), []string{"MQTT-3.1.0-2"}, []string{"will"})
	for _, s := range kept {
		fmt.Println(s.ID)
	}
	fmt.Println(err)
	// Output:
	// connect.second-connect
	// <nil>
}
