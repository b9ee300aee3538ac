package reports

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// verdicts in the order in which tables show them.
var verdicts = [...]result.Verdict{result.Pass, result.Fail, result.Warn, result.Known, result.Skip, result.Error}

// versionsOf gives the versions that occur in the results, oldest first.
func versionsOf(runs ...*result.Run) []spec.Version {
	seen := map[spec.Version]bool{}
	for _, run := range runs {
		for _, r := range run.Results {
			seen[r.Version] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// areasOf gives the areas that occur in the results by name. What the judge
// saw beside the scenarios comes last.
func areasOf(runs ...*result.Run) []string {
	seen := map[string]bool{}
	for _, run := range runs {
		for _, r := range run.Results {
			seen[r.Area] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b string) int {
		return cmp.Or(cmp.Compare(btoi(a == "judge"), btoi(b == "judge")), cmp.Compare(a, b))
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tally counts verdicts by area and version.
type tally map[string]map[spec.Version]map[result.Verdict]int

func tallyOf(run *result.Run) tally {
	t := tally{}
	for _, r := range run.Results {
		if t[r.Area] == nil {
			t[r.Area] = map[spec.Version]map[result.Verdict]int{}
		}
		if t[r.Area][r.Version] == nil {
			t[r.Area][r.Version] = map[result.Verdict]int{}
		}
		t[r.Area][r.Version][r.Verdict]++
	}
	return t
}

// sum adds up over all areas.
func (t tally) sum(v spec.Version, of result.Verdict) int {
	n := 0
	for _, byVersion := range t {
		n += byVersion[v][of]
	}
	return n
}

// group is a requirement with everything that shows it broken.
type group struct {
	requirement
	Known string // the reason, where it is listed
	Where []string
	First *result.Result
}

// requirement is a requirement as reports show it.
type requirement struct {
	Ref     spec.Ref
	Level   spec.Level
	Section string
	Summary string
}

// describe looks the requirement up. What is not in the catalogue (a section,
// a statement of 3.1) stands for itself.
func describe(ref spec.Ref, level spec.Level) requirement {
	r, ok := spec.Lookup(ref)
	if !ok {
		return requirement{Ref: ref, Level: level, Section: strings.TrimPrefix(ref.ID, "§")}
	}
	if level == 0 {
		level = r.Level
	}
	return requirement{ref, level, r.Section, r.Summary}
}

// groups collects the findings of the verdict by requirement (and by reason,
// where they are known), in the order of the requirements.
func groups(run *result.Run, of result.Verdict) []*group {
	type key struct {
		ref   spec.Ref
		known string
	}
	byKey := map[key]*group{}
	var order []*group
	for _, r := range run.Results {
		if r.Verdict == result.Error {
			continue
		}
		for _, f := range r.Findings {
			if f.Verdict() != of {
				continue
			}
			k := key{f.Requirement, f.Known}
			g := byKey[k]
			if g == nil {
				g = &group{requirement: describe(f.Requirement, f.Level), Known: f.Known, First: r}
				byKey[k] = g
				order = append(order, g)
			}
			where := r.SeenIn
			if len(where) == 0 {
				where = []string{r.ID}
			}
			for _, id := range where {
				if !slices.Contains(g.Where, id) {
					g.Where = append(g.Where, id)
				}
			}
		}
	}
	slices.SortStableFunc(order, func(a, b *group) int { return compareRefs(a.Ref, b.Ref) })
	return order
}

// compareRefs orders requirements by version and then as the standard does:
// 3.2 before 3.10.
func compareRefs(a, b spec.Ref) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), compareNatural(a.ID, b.ID))
}

// compareNatural compares numbers in a text as numbers.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, restA := leadingNumber(a)
		y, restB := leadingNumber(b)
		if restA != a && restB != b {
			if x != y {
				return cmp.Compare(x, y)
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingNumber(s string) (n int, rest string) {
	i := 0
	for i < len(s) && i < 9 && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:]
}

// reasonGroup is a reason, of skips or errors, with its scenarios.
type reasonGroup struct {
	Reason string
	Where  []string // id and version
}

// reasons collects the results of the verdict by their reason, the most
// frequent first.
func reasons(run *result.Run, of result.Verdict) []*reasonGroup {
	by := map[string]*reasonGroup{}
	var order []*reasonGroup
	for _, r := range run.Results {
		if r.Verdict != of {
			continue
		}
		g := by[r.Reason]
		if g == nil {
			g = &reasonGroup{Reason: r.Reason}
			by[r.Reason] = g
			order = append(order, g)
		}
		g.Where = append(g.Where, r.ID+" ("+r.Version.String()+")")
	}
	slices.SortStableFunc(order, func(a, b *reasonGroup) int { return cmp.Compare(len(b.Where), len(a.Where)) })
	return order
}

// coverage says how much of a version the run has judged.
type coverage struct {
	Version                   spec.Version
	Total                     int // requirements that bind a server and show from outside, or were judged
	Judged, Pass, Warn, Known int
	Fail                      int
}

// coverageOf counts requirements by version. A version without numbered
// statements (3.1) has none.
func coverageOf(run *result.Run) []coverage {
	worst := map[spec.Ref]result.Verdict{}
	for _, r := range run.Results {
		if r.Verdict == result.Error || r.Verdict == result.Skip {
			continue
		}
		for ref, v := range r.Requirements {
			worst[ref] = max(worst[ref], v)
		}
	}
	var all []coverage
	for _, v := range versionsOf(run) {
		c := coverage{Version: v}
		for r := range spec.Requirements(v) {
			if (r.Actor == "client" || r.Observable == "no") && worst[r.Ref] == 0 {
				continue
			}
			c.Total++
			switch worst[r.Ref] {
			case result.Pass:
				c.Pass++
			case result.Warn:
				c.Warn++
			case result.Known:
				c.Known++
			case result.Fail:
				c.Fail++
			default:
				continue
			}
			c.Judged++
		}
		if c.Total > 0 {
			all = append(all, c)
		}
	}
	return all
}

// moment writes a time since the beginning of a scenario.
func moment(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// span writes how long something took.
func span(ms float64) string {
	if ms < 1000 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

// hexDump gives bytes in lines of 16 with their printable ASCII, at most limit
// of them.
func hexDump(data []byte, limit int) string {
	rest := max(0, len(data)-limit)
	data = data[:len(data)-rest]
	var b strings.Builder
	for at := 0; at < len(data); at += 16 {
		row := data[at:min(at+16, len(data))]
		ascii := make([]byte, len(row))
		for i, c := range row {
			ascii[i] = '.'
			if c >= ' ' && c < 0x7F {
				ascii[i] = c
			}
		}
		pairs := make([]string, len(row))
		for i := range row {
			pairs[i] = hex.EncodeToString(row[i : i+1])
		}
		fmt.Fprintf(&b, "%04x  %-47s  %s\n", at, strings.Join(pairs, " "), ascii)
	}
	if rest > 0 {
		fmt.Fprintf(&b, "… and %d bytes\n", rest)
	}
	return b.String()
}

// sortedRefs gives the requirements of a result in the order of the standard.
func sortedRefs(m map[spec.Ref]result.Verdict) []spec.Ref {
	return slices.SortedFunc(maps.Keys(m), compareRefs)
}

// arrow shows the direction of an event as seen from the client.
func arrow(d result.Dir) string {
	switch d {
	case result.Out:
		return "->"
	case result.In:
		return "<-"
	case result.Open:
		return "+"
	case result.Close:
		return "x"
	}
	return ""
}

// Left is how many requirements were not judged.
func (c coverage) Left() int { return max(0, c.Total-c.Judged) }
