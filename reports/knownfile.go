package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"go.yaml.in/yaml/v3"
)

// ParseKnown reads a list of known deviations; name stands in errors. It is
// strict: a typing error in a list that excuses failures must not go unseen.
func ParseKnown(name string, data []byte) (*Known, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	p := knownParser{name: name}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s: the file is empty; it needs broker and deviations", name)
	}
	k := p.list(doc.Content[0])
	if p.err != nil {
		return nil, p.err
	}
	return k, nil
}

// knownParser walks the YAML itself, because the line of what is wrong or
// missing is what the author of a list needs.
type knownParser struct {
	name string
	err  error // the first one
}

func (p *knownParser) fail(n *yaml.Node, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%s: line %d: %s", p.name, n.Line, fmt.Sprintf(format, args...))
	}
}

// fields gives the values of a mapping that may have these keys only.
func (p *knownParser) fields(n *yaml.Node, what string, keys ...string) map[string]*yaml.Node {
	got := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		p.fail(n, "%s must be a mapping with the keys %s", what, strings.Join(keys, ", "))
		return got
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if !slices.Contains(keys, key.Value) {
			p.fail(key, "unknown key %q; %s has %s", key.Value, what, strings.Join(keys, ", "))
		}
		if got[key.Value] != nil {
			p.fail(key, "the key %q stands there twice", key.Value)
		}
		got[key.Value] = n.Content[i+1]
	}
	return got
}

func (p *knownParser) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		p.fail(n, "%s must be a text", what)
	}
	return strings.TrimSpace(n.Value)
}

func (p *knownParser) list(n *yaml.Node) *Known {
	f := p.fields(n, "the list", "broker", "version", "deviations")
	k := &Known{Broker: p.text(f["broker"], "broker")}
	if k.Broker == "" {
		p.fail(n, "broker is missing: the name of the broker that the list is for")
	}
	if v := f["version"]; v != nil {
		k.Versions = p.versions(v)
	}
	entries := f["deviations"]
	switch {
	case entries == nil:
		p.fail(n, "deviations is missing; a list without any says deviations: []")
	case entries.Kind != yaml.SequenceNode:
		p.fail(entries, "deviations must be a list")
	default:
		for _, e := range entries.Content {
			k.Deviations = append(k.Deviations, p.entry(e))
		}
	}
	return k
}

func (p *knownParser) versions(n *yaml.Node) []string {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var rules []string
	for _, v := range nodes {
		rule := p.text(v, "a version")
		if !goodRule(rule) {
			p.fail(v, `%q is not a version or range; write "2.7.9", "2.7" or ">=2.7 <3"`, rule)
		}
		rules = append(rules, rule)
	}
	return rules
}

func (p *knownParser) entry(n *yaml.Node) Deviation {
	f := p.fields(n, "a deviation", "requirement", "scenario", "reason", "link", "sometimes")
	d := Deviation{
		Requirement: p.text(f["requirement"], "requirement"), Scenario: p.text(f["scenario"], "scenario"),
		Reason: p.text(f["reason"], "reason"), Link: p.text(f["link"], "link"), Line: n.Line,
	}
	switch p.text(f["sometimes"], "sometimes") {
	case "", "false":
	case "true":
		d.Sometimes = true
	default:
		p.fail(f["sometimes"], "sometimes must be true or false")
	}
	if d.Reason == "" {
		p.fail(n, "reason is missing: an exception that nobody can explain is none")
	}
	if strings.Trim(d.Requirement, "*?/") == "" && strings.Trim(d.Scenario, "*?.") == "" {
		p.fail(n, "the entry names no requirement and no scenario, and would excuse everything")
	}
	if at := f["requirement"]; at != nil {
		p.requirement(at, d.Requirement)
	}
	return d
}

// requirement refuses what can never match: a glob without a version, or an id
// that is not in the catalogue.
func (p *knownParser) requirement(n *yaml.Node, s string) {
	if s == "" {
		return
	}
	if strings.ContainsAny(s, "*?") {
		if !strings.Contains(s, "/") && !strings.HasPrefix(s, "*") {
			p.fail(n, "requirement %q has no version; write 3.1.1/%s, 5.0/%s or */%s", s, s, s, s)
		}
		return
	}
	ref, err := spec.ParseRef(s)
	if err != nil {
		p.fail(n, "%v", err)
		return
	}
	// MQTT 3.1 has no numbered statements, and a section stands for itself.
	if _, ok := spec.Lookup(ref); !ok && ref.Version != spec.V31 && !strings.HasPrefix(ref.ID, "§") {
		p.fail(n, "there is no requirement %s", ref)
	}
}

// glob matches the whole text; * stands for anything and ? for one byte.
func glob(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i++
			j++
		case star >= 0: // let the last star take one more
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// versionMatches says whether every part of the rule holds for the version.
func versionMatches(rule, version string) bool {
	if version == "" {
		return false
	}
	for _, part := range strings.Fields(rule) {
		op, want := cutOperator(part)
		order := compareVersions(version, want)
		var holds bool
		switch op {
		case "<":
			holds = order < 0
		case "<=":
			holds = order <= 0
		case ">":
			holds = order > 0
		case ">=":
			holds = order >= 0
		default: // the version itself or one that it is the beginning of
			holds = version == want || strings.HasPrefix(version, want+".") || strings.HasPrefix(version, want+"-")
		}
		if !holds {
			return false
		}
	}
	return true
}

func goodRule(rule string) bool {
	parts := strings.Fields(rule)
	for _, part := range parts {
		if _, v := cutOperator(part); v == "" || v[0] < '0' || v[0] > '9' {
			return false
		}
	}
	return len(parts) > 0
}

func cutOperator(part string) (op, version string) {
	version = strings.TrimLeft(part, "<>=")
	return part[:len(part)-len(version)], version
}

// compareVersions compares the numbers between dots; a missing one counts as 0
// and what follows a hyphen is not compared.
func compareVersions(a, b string) int {
	as, bs := versionNumbers(a), versionNumbers(b)
	for i := range max(len(as), len(bs)) {
		var x, y int
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	return 0
}

func versionNumbers(v string) []int {
	v, _, _ = strings.Cut(v, "-")
	var numbers []int
	for part := range strings.SplitSeq(v, ".") {
		n, _ := strconv.Atoi(part)
		numbers = append(numbers, n)
	}
	return numbers
}
