package spec_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
)

func TestCatalogueIsComplete(t *testing.T) {
	for _, c := range []struct {
		version            spec.Version
		numbered, withFact int // withFact: those that a server can be observed to break
	}{
		{spec.V311, 141, 115},
		{spec.V5, 251, 189},
	} {
		t.Run(c.version.String(), func(t *testing.T) {
			var numbered, withFact int
			for r := range spec.Requirements(c.version) {
				if !r.Numbered() {
					continue
				}
				numbered++
				if r.Observable == "yes" {
					withFact++
				}
			}
			if numbered != c.numbered || withFact != c.withFact {
				t.Errorf("the catalogue has %d numbered statements, %d of them observable; the standard has %d and %d",
					numbered, withFact, c.numbered, c.withFact)
			}
		})
	}
}

func TestCatalogueRows(t *testing.T) {
	id := regexp.MustCompile(`^(MQTT-\d+\.\d+(\.\d+)?-\d+|U[35]-\d+(\.\d+)*-u\d+)$`)
	section := regexp.MustCompile(`^\d+(\.\d+)*$`)
	for _, v := range []spec.Version{spec.V311, spec.V5} {
		for r := range spec.Requirements(v) {
			if !id.MatchString(r.ID) {
				t.Errorf("%s: an id of no known form", r.Ref)
			}
			if !section.MatchString(r.Section) {
				t.Errorf("%s: section %q is no number", r.Ref, r.Section)
			}
			if len(r.Summary) < 40 || len(r.Summary) > 260 {
				t.Errorf("%s: a summary of %d characters; 40 to 260 can be read", r.Ref, len(r.Summary))
			}
			switch r.Observable {
			case "yes", "partly", "no":
			default:
				t.Errorf("%s: observable is %q", r.Ref, r.Observable)
			}
			if got, err := spec.ParseRef(r.String()); err != nil || got != r.Ref {
				t.Errorf("%s reads back as %v, %v", r.Ref, got, err)
			}
			if r.Numbered() && r.Level != spec.Must {
				t.Errorf("%s: numbered, and its level is %s", r.Ref, r.Level)
			}
		}
	}
}

func TestLookupOfNothing(t *testing.T) {
	for _, ref := range []spec.Ref{{}, {Version: spec.V5, ID: "MQTT-2.2.1-1"}, {Version: spec.V31, ID: "MQTT-3.1.0-1"}} {
		if r, ok := spec.Lookup(ref); ok {
			t.Errorf("Lookup(%v) found %v", ref, r)
		}
	}
}

func TestParseRefSaysWhatIsWrong(t *testing.T) {
	for in, want := range map[string]string{
		"MQTT-3.1.0-1":     "looks like 5.0/MQTT",
		"4.0/MQTT-3.1.0-1": "there are 3.1, 3.1.1 and 5.0",
		"5.0/":             "not a requirement",
	} {
		if _, err := spec.ParseRef(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseRef(%q): %v, want %q in it", in, err, want)
		}
	}
}

func ExampleLookup() {
	r, _ := spec.Lookup(spec.Ref{Version: spec.V5, ID: "MQTT-3.1.0-2"})
	fmt.Println(r.Ref, r.Level, "section", r.Section)
	// Output: 5.0/MQTT-3.1.0-2 MUST section 3.1
}
