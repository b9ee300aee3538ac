package selftest

import (
	_ "embed" // what the last full self-test found
	"fmt"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// Coverage says how far a requirement is checked.
type Coverage string

// The states of a requirement.
const (
	// Proven: the correct reference broker passes, and each of its faults is
	// killed by a scenario that cites it.
	Proven Coverage = "proven"
	// Covered: a scenario cites it, and it has no fault, or one that is not killed.
	Covered Coverage = "covered"
	// Untestable: nothing about it can be seen from outside of a broker.
	Untestable Coverage = "untestable"
	// Uncovered: it could be seen, and no scenario cites it.
	Uncovered Coverage = "open"
)

// Requirement is what is known of how one requirement is checked.
type Requirement struct {
	Requirement spec.Ref `json:"requirement"`
	State       Coverage `json:"state"`
	Scenarios   []string `json:"scenarios"` // that cite it
	Faults      []string `json:"faults"`    // that break it
	// Reason says why it is not proven, where that is so.
	Reason string `json:"reason,omitempty"`
}

// recorded is what the last full self-test found: fault, requirement and state
// in each line. `go tool mage selftest` checks it and writes it anew.
//
//go:embed recorded.tsv
var recorded string

// Recorded gives the states that the last full self-test found.
func Recorded() (map[string]State, error) {
	states := map[string]State{}
	for n, line := range strings.Split(strings.TrimSuffix(recorded, "\n"), "\n") {
		cells := strings.Split(line, "\t")
		if line == "" {
			continue
		}
		if len(cells) != 3 {
			return nil, fmt.Errorf("recorded.tsv, line %d: %d cells, want fault, requirement and state", n+1, len(cells))
		}
		states[cells[0]+"\t"+cells[1]] = State(cells[2])
	}
	return states, nil
}

func (r Row) key() string { return r.Fault + "\t" + r.Requirement.String() }

// Record writes rows in the form of recorded.tsv, sorted.
func Record(rows []Row) string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = r.key() + "\t" + string(r.State) + "\n"
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// Lost lists rows that are recorded as killed and are not, as sentences.
func Lost(rows []Row) ([]string, error) {
	states, err := Recorded()
	if err != nil {
		return nil, err
	}
	var lost []string
	for _, r := range rows {
		if states[r.key()] == Killed && r.State != Killed {
			lost = append(lost, fmt.Sprintf("%s of %s is %s, and was recorded as killed", r.Fault, r.Requirement, r.State))
		}
	}
	return lost, nil
}

// Requirements tells of every requirement of the catalogue how far it is
// checked, by the scenarios, the faults and the recorded self-test.
func Requirements() ([]Requirement, error) {
	states, err := Recorded()
	if err != nil {
		return nil, err
	}
	citing, breaking := map[spec.Ref][]string{}, map[spec.Ref][]string{}
	for _, s := range scenarios.All() {
		for _, ref := range s.Proves {
			citing[ref] = append(citing[ref], s.ID)
		}
	}
	for _, f := range reference.Faults() {
		for _, ref := range f.Breaks {
			breaking[ref] = append(breaking[ref], f.Name)
		}
	}
	var list []Requirement
	for _, v := range []spec.Version{spec.V311, spec.V5} {
		for r := range spec.Requirements(v) {
			list = append(list, coverage(r, citing[r.Ref], breaking[r.Ref], states))
		}
	}
	return list, nil
}

func coverage(r spec.Requirement, citing, breaking []string, states map[string]State) Requirement {
	c := Requirement{Requirement: r.Ref, Scenarios: append([]string{}, citing...), Faults: append([]string{}, breaking...)}
	var alive []string
	for _, name := range breaking {
		if state := states[name+"\t"+r.String()]; state != Killed {
			alive = append(alive, name)
		}
	}
	switch {
	case len(citing) > 0 && len(breaking) > 0 && len(alive) == 0:
		c.State = Proven
	case len(citing) > 0:
		c.State = Covered
		c.Reason = "no fault of the reference broker breaks it"
		if len(alive) > 0 {
			c.Reason = "not killed: " + strings.Join(alive, ", ")
		}
	case r.Observable == "no":
		c.State, c.Reason = Untestable, r.Note
	default:
		c.State, c.Reason = Uncovered, "no scenario cites it"
		if r.Observable == "partly" {
			c.Reason += "; it can be seen in part: " + r.Note
		}
	}
	return c
}

// Numbers counts the numbered requirements of a version that a broker can be
// seen to keep, wholly or in part, and those of them that are proven.
type Numbers struct {
	Version              spec.Version
	Observable, Proven   int // wholly
	Partly, PartlyProven int
	// Faults are those that were run; Killed of them fail a scenario that cites
	// what they break, Noticed any.
	Faults, Killed, Noticed int
}

// Count makes the numbers of a version.
func Count(v spec.Version) (Numbers, error) {
	n := Numbers{Version: v}
	list, err := Requirements()
	if err != nil {
		return n, err
	}
	for _, c := range list {
		r, _ := spec.Lookup(c.Requirement)
		if c.Requirement.Version != v || !r.Numbered() {
			continue
		}
		proven := 0
		if c.State == Proven {
			proven = 1
		}
		switch r.Observable {
		case "yes":
			n.Observable, n.Proven = n.Observable+1, n.Proven+proven
		case "partly":
			n.Partly, n.PartlyProven = n.Partly+1, n.PartlyProven+proven
		}
	}
	states, err := Recorded()
	best := map[string]int{} // of each fault, over the requirements that it breaks
	for key, state := range states {
		if fault, _, _ := strings.Cut(key, "\t"); strings.HasPrefix(fault, v.String()+"/") {
			best[fault] = max(best[fault], slices.Index([]State{KilledElsewhere, Killed}, state)+1)
		}
	}
	for _, b := range best {
		n.Faults++
		if b == 2 {
			n.Killed++
		}
		if b >= 1 {
			n.Noticed++
		}
	}
	return n, err
}

// String gives the numbers as a sentence.
func (n Numbers) String() string {
	return fmt.Sprintf("MQTT %s: %d of %d requirements that a broker can be seen to keep are proven, and %d of %d that show in part; "+
		"of %d faults %d fail a scenario that cites the broken requirement, and %d fail any.",
		n.Version, n.Proven, n.Observable, n.PartlyProven, n.Partly, n.Faults, n.Killed, n.Noticed)
}
