package selftest

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
)

var update = flag.Bool("update", false, "write the numbers in README.md anew")

// The README says how many requirements are proven: the recorded numbers.
func TestReadme(t *testing.T) {
	const file = "../../README.md"
	const begin, end = "<!-- numbers: written by go tool mage selftest -->\n", "<!-- end of numbers -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no %q and %q", file, begin, end)
	}
	var numbers strings.Builder
	for _, v := range []spec.Version{spec.V311, spec.V5} {
		n, err := Count(v)
		if err != nil {
			t.Fatal(err)
		}
		numbers.WriteString("- " + n.String() + "\n")
	}
	want := before + begin + numbers.String() + end + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("the numbers in README.md are not those recorded; go tool mage selftest writes them anew:\n%s", numbers.String())
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What is recorded speaks of faults and requirements that there are.
func TestRecordedIsUpToDate(t *testing.T) {
	states, err := Recorded()
	if err != nil {
		t.Fatal(err)
	}
	list, err := Requirements()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range list {
		for _, fault := range r.Faults {
			known[fault+"\t"+r.Requirement.String()] = true
		}
	}
	for key := range states {
		if !known[key] {
			t.Errorf("recorded.tsv has %q, which is no fault any more: go tool mage selftest", key)
		}
	}
}
