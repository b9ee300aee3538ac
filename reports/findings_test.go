package reports_test

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
)

// findings is where every known deviation of the brokers that we run is told.
const findings = "../docs/findings.md"

// runs says how the broker of a list is run.
var runs = map[string]string{
	"mochi": "embedded:", "mosquitto": "exec:mosquitto", "nats": "embedded:nats", "ejabberd": "docker:ejabberd", "rabbitmq": "docker:rabbitmq",
}

// docs/findings.md tells each known deviation, with the sentence of the standard in
// our words and a command that shows it. `go test ./reports -run Findings -update`
// writes these tables anew from reports/known.
func TestFindings(t *testing.T) {
	data, err := os.ReadFile(findings)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	for broker, target := range runs {
		begin := fmt.Sprintf("<!-- made from reports/known/%s.yaml -->\n", broker)
		end := fmt.Sprintf("<!-- the end of what is made from reports/known/%s.yaml -->\n", broker)
		before, rest, found := strings.Cut(doc, begin)
		_, after, ends := strings.Cut(rest, end)
		if !found || !ends {
			t.Fatalf("%s does not have the lines between which the table of %s stands", findings, broker)
		}
		known, err := reports.LoadKnown("known/" + broker + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		doc = before + begin + findingsTable(known, target) + end + after
	}
	if doc == string(data) {
		return
	}
	if *update {
		if err := os.WriteFile(findings, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s is not what reports/known says; go test ./reports -run Findings -update writes it anew", findings)
}

// findingsTable is one row for each reason of a list.
func findingsTable(k *reports.Known, target string) string {
	var reasons []string
	same := map[string][]reports.Deviation{}
	for _, d := range k.Deviations {
		if same[d.Reason] == nil {
			reasons = append(reasons, d.Reason)
		}
		same[d.Reason] = append(same[d.Reason], d)
	}
	var b strings.Builder
	b.WriteString("\n| requirement | scenario | what it does | what is asked for | replay |\n|---|---|---|---|---|\n")
	for _, reason := range reasons {
		var requirements, scenarios, asked, versions []string
		all := false // no scenario cites it, so all are run
		for _, d := range same[reason] {
			requirements = append(requirements, d.Requirement)
			scenarios = append(scenarios, d.Scenario)
			all = all || strings.HasPrefix(d.Scenario, "judge.")
			list := meant(d.Requirement)
			for _, r := range list {
				versions = append(versions, r.Version.String())
				if len(list) <= 2 { // one, in each version
					asked = append(asked, r.Summary)
				}
			}
			if len(list) > 2 {
				asked = append(asked, "Which of these statements shows it is a matter of chance.")
			}
		}
		slices.Sort(versions)
		replay := "mqttproof run " + target + " --known none --versions " + strings.Join(slices.Compact(versions), ",")
		if !all {
			replay += " --only '" + strings.Join(distinct(scenarios), ",") + "'"
		}
		if same[reason][0].Sometimes {
			reason += " (by chance)"
		}
		cells := []string{strings.Join(distinct(requirements), ", "), strings.Join(distinct(scenarios), ", "), reason, strings.Join(distinct(asked), " "), "`" + replay + "`"}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
			if i < 2 {
				cells[i] = strings.ReplaceAll(cells[i], "*", `\*`)
			}
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	b.WriteString("\n")
	return b.String()
}

// meant gives the requirements that an entry speaks of.
func meant(requirement string) (list []spec.Requirement) {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", " ") } // * stands for the slash too
	for _, v := range []spec.Version{spec.V311, spec.V5} {
		for r := range spec.Requirements(v) {
			if ok, err := path.Match(flat(requirement), flat(r.String())); ok && err == nil {
				list = append(list, r)
			}
		}
	}
	return list
}

// distinct keeps the first of equal texts.
func distinct(texts []string) (kept []string) {
	for _, s := range texts {
		if s != "" && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}
