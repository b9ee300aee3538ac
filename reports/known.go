package reports

import (
	"embed"
	"fmt"
	"os"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Known is a list of known deviations of one broker: findings that are
// expected, each with its reason. It is read once and not changed, so one list
// may serve several runs at a time.
type Known struct {
	// Broker is the name of the broker, such as "mochi".
	Broker string
	// Versions are the versions for which the list was made; none means all.
	// Each is a version or the beginning of one ("2.7" covers 2.7.9) or a
	// range (">=2.7 <3").
	Versions []string
	// Deviations in the order of the file.
	Deviations []Deviation
}

// Deviation is one entry: the findings it excuses, and why.
type Deviation struct {
	// Requirement and Scenario are globs in which * stands for anything and ?
	// for one character. An entry excuses a finding that matches both; one of
	// them may be empty.
	Requirement, Scenario string
	Reason                string
	Link                  string
	// Sometimes says that the broker does not show it in every run, since it
	// depends on chance there: that it does not match is no news then.
	Sometimes bool
	// Line is where the entry begins in its file.
	Line int
}

//go:embed known/*.yaml
var knownFiles embed.FS

// KnownFor gives the list that ships with mqttproof for a broker, named as
// targets name their software: "mochi 2.7.9".
func KnownFor(software string) (*Known, bool) {
	name, _ := splitSoftware(software)
	if name == "" || strings.ContainsAny(name, `/\.`) {
		return nil, false
	}
	path := "known/" + name + ".yaml"
	data, err := knownFiles.ReadFile(path)
	if err != nil {
		return nil, false
	}
	k, err := ParseKnown(path, data)
	if err != nil {
		return nil, false // a test reads every embedded list
	}
	return k, k.Covers(software)
}

// LoadKnown reads a list of known deviations. Errors name the file and line.
func LoadKnown(path string) (*Known, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseKnown(path, data)
}

// Covers says whether the list was made for this broker, such as "mochi 2.7.9".
// A version that is not known is not covered by a list for certain versions.
func (k *Known) Covers(software string) bool {
	name, version := splitSoftware(software)
	if name != strings.ToLower(k.Broker) {
		return false
	}
	if len(k.Versions) == 0 {
		return true
	}
	for _, rule := range k.Versions {
		if versionMatches(rule, version) {
			return true
		}
	}
	return false
}

// splitSoftware takes "mochi 2.7.9", "mochi@2.7.9" and "mochi/2.7.9" apart; what
// follows, such as the image in "mosquitto 2.0.11 in IMAGE", is not looked at.
func splitSoftware(s string) (name, version string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " @/"); i >= 0 {
		s, version = s[:i], strings.TrimSpace(s[i+1:])
		version, _, _ = strings.Cut(version, " ")
	}
	return strings.ToLower(s), strings.TrimPrefix(version, "v")
}

// Apply marks the findings that the list expects and settles the verdict of
// the result anew. An error is never excused: where the target could not be
// judged, nothing is known about it.
func (k *Known) Apply(r *result.Result) {
	if r.Verdict == result.Error {
		return
	}
	marked := false
	for i := range r.Findings {
		f := &r.Findings[i]
		for _, d := range k.Deviations {
			if d.matches(r, *f) {
				f.Known = d.reason()
				marked = true
				break
			}
		}
	}
	if marked {
		r.Settle()
	}
}

// ApplyRun applies the list to all results of a run, counts the verdicts anew
// and notes the entries that no longer hold. all says that every scenario of
// every version was selected; see Unmatched.
func (k *Known) ApplyRun(run *result.Run, all bool) {
	for _, r := range run.Results {
		k.Apply(r)
	}
	run.Footer.Counts = counts(run.Results)
	run.Footer.Unmatched = k.Unmatched(all && run.Footer.Complete, run.Results...)
}

// Unmatched lists, in words, the entries that no finding of the results
// matches although one could have: the broker was repaired, or the entry is
// wrong. An entry counts when a scenario that could match it was run to its
// end. complete says that every scenario of every version was selected and the
// run was not interrupted; then also an entry for which nothing was run at all
// counts, unless its scenarios were skipped or its version is not spoken.
func (k *Known) Unmatched(complete bool, ran ...*result.Result) []string {
	var stale []string
	for _, d := range k.Deviations {
		if why := d.stale(complete, ran); why != "" && !d.Sometimes {
			stale = append(stale, fmt.Sprintf("%s: %s (line %d: %s)", d.subject(), why, d.Line, d.Reason))
		}
	}
	return stale
}

func (d Deviation) reason() string {
	if d.Link != "" {
		return d.Reason + " (" + d.Link + ")"
	}
	return d.Reason
}

// subject names the entry as its author wrote it.
func (d Deviation) subject() string {
	switch {
	case d.Scenario == "":
		return d.Requirement
	case d.Requirement == "":
		return d.Scenario
	}
	return d.Requirement + " in " + d.Scenario
}

// matches says whether the entry expects the finding. What breaks no MUST and
// no SHOULD needs no excuse.
func (d Deviation) matches(r *result.Result, f result.Finding) bool {
	if f.Level == spec.May {
		return false
	}
	return (d.Requirement == "" || glob(d.Requirement, f.Requirement.String())) && d.matchesScenario(r)
}

// matchesScenario also takes a result of the judge that was seen in nothing
// but scenarios of the entry.
func (d Deviation) matchesScenario(r *result.Result) bool {
	if d.Scenario == "" || glob(d.Scenario, r.ID) {
		return true
	}
	for _, id := range r.SeenIn {
		if !glob(d.Scenario, id) {
			return false
		}
	}
	return len(r.SeenIn) > 0
}

// stale says why the entry no longer holds; empty if it does or if that is
// not known.
func (d Deviation) stale(complete bool, ran []*result.Result) string {
	var judged, excused, sameVersion, exists bool
	for _, r := range ran {
		for _, f := range r.Findings {
			if d.matches(r, f) && r.Verdict != result.Error {
				return ""
			}
		}
		sameVersion = sameVersion || d.inVersion(r.Version)
		exists = exists || d.matchesScenario(r)
		if !d.couldMatch(r) {
			continue
		}
		if r.Verdict == result.Skip || r.Verdict == result.Error {
			excused = true
		} else {
			judged = true
		}
	}
	switch {
	case judged:
		return "is not broken any more"
	case complete && !excused && sameVersion && !exists:
		return "there is no such scenario"
	case complete && !excused && sameVersion:
		return "nothing shows it broken"
	}
	return ""
}

// inVersion says whether the entry can be about a result of the version.
func (d Deviation) inVersion(v spec.Version) bool {
	if d.Requirement == "" {
		return true
	}
	of, _, _ := strings.Cut(d.Requirement, "/")
	return glob(of, v.String())
}

// couldMatch says whether a finding that matches could have been made in the
// scenario. A skipped one has no requirements, so its id decides.
func (d Deviation) couldMatch(r *result.Result) bool {
	if d.Scenario != "" && !glob(d.Scenario, r.ID) {
		return false
	}
	if d.Requirement == "" {
		return true
	}
	for ref := range r.Requirements {
		if glob(d.Requirement, ref.String()) {
			return true
		}
	}
	return d.Scenario != "" && len(r.Requirements) == 0 && d.inVersion(r.Version)
}
