package reports

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Limits of a summary: GitHub cuts a step summary at 1 MiB and nobody reads
// that much of a pull request comment.
const (
	markdownDetails = 50   // failures with everything about them
	markdownClip    = 1000 // bytes of one text
	markdownEvents  = 40   // lines of a timeline
	markdownNames   = 12   // scenarios named for a reason
)

// WriteMarkdown writes a summary of the runs with the default options.
func WriteMarkdown(w io.Writer, runs ...*result.Run) error {
	return Options{}.WriteMarkdown(w, runs...)
}

// WriteMarkdown writes a summary in GitHub's Markdown: the verdict, counts by
// area and version, each failure with its requirement and command, warnings,
// known deviations and what was skipped, with reasons. Several runs stand side
// by side in a table first.
func (o Options) WriteMarkdown(w io.Writer, runs ...*result.Run) error {
	m := &markdown{Options: o}
	if len(runs) > 1 {
		m.compare(runs)
	}
	for i, run := range runs {
		m.folder = o.folder(i)
		m.run(run)
	}
	_, err := io.WriteString(w, m.b.String())
	return err
}

type markdown struct {
	Options
	b      strings.Builder
	folder string // of the captures of the run
}

func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.b, format, args...)
	m.b.WriteByte('\n')
}

// icon tells a verdict by shape as well as by colour.
func icon(v result.Verdict) string {
	switch v {
	case result.Pass:
		return "✅"
	case result.Fail:
		return "❌"
	case result.Warn:
		return "⚠️"
	case result.Known:
		return "☑️"
	case result.Skip:
		return "➖"
	case result.Error:
		return "💥"
	}
	return ""
}

func (m *markdown) compare(runs []*result.Run) {
	m.line("# MQTT conformance of %d targets\n", len(runs))
	head, rule := "| area | version |", "|---|---|"
	for _, run := range runs {
		head += " " + inCell(code(targetName(run))) + " |"
		rule += "---|"
	}
	m.line("%s\n%s", head, rule)
	tallies := make([]tally, len(runs))
	row := "| **verdict** | |"
	for i, run := range runs {
		tallies[i] = tallyOf(run)
		row += " " + icon(Verdict(run, m.Level)) + " " + sentence(run, m.Level).verdict + " |"
	}
	m.line("%s", row)
	for _, area := range areasOf(runs...) {
		for _, v := range versionsOf(runs...) {
			row, judged := fmt.Sprintf("| %s | %s |", prose(area), v), false
			for _, t := range tallies {
				row += " " + brief(t[area][v]) + " |"
				judged = judged || len(t[area][v]) > 0
			}
			if judged {
				m.line("%s", row)
			}
		}
	}
	m.line("")
}

// brief writes counts in the room of a table cell.
func brief(c map[result.Verdict]int) string {
	var parts []string
	for _, v := range verdicts {
		if c[v] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", icon(v), c[v]))
		}
	}
	return strings.Join(parts, " ")
}

func (m *markdown) run(run *result.Run) {
	h := run.Header
	m.line("## %s %s\n", icon(Verdict(run, m.Level)), code(targetName(run)))
	s := sentence(run, m.Level)
	s.parts[0] = strings.TrimPrefix(s.parts[0], Printable(targetName(run))+": ")
	m.line("**%s**: %s.\n", s.verdict, strings.Join(s.parts, "; "))
	facts := []string{}
	if h.Broker != "" {
		facts = append(facts, code(h.Broker))
	}
	if !h.Started.IsZero() {
		facts = append(facts, h.Started.UTC().Format("2006-01-02 15:04 UTC"))
	}
	facts = append(facts, prose(cmp.Or(h.Transport, "tcp")), "seed "+fmt.Sprint(h.Seed), "took "+span(run.Footer.DurationMS), prose(cmp.Or(h.Tool, "mqttproof")))
	m.line("%s\n", strings.Join(facts, " · "))
	if !run.Footer.Complete {
		m.line("> **The run is incomplete**: it was interrupted or is missing results. What stands here is what was judged until then.\n")
	}
	m.table(run)
	m.failures(run)
	m.warnings(run)
	m.known(run)
	m.reasons("Could not be judged", "", reasons(run, result.Error))
	m.reasons("Skipped", "because the broker declares that it lacks what they need", reasons(run, result.Skip))
}

func (m *markdown) table(run *result.Run) {
	t, versions := tallyOf(run), versionsOf(run)
	if len(versions) == 0 {
		m.line("No results.\n")
		return
	}
	m.line("| area | version | pass | fail | warn | known | skip | error |\n|---|---|--:|--:|--:|--:|--:|--:|")
	cell := func(n int, v result.Verdict) string {
		switch {
		case n == 0:
			return " |"
		case v == result.Fail || v == result.Error:
			return fmt.Sprintf(" **%d** |", n)
		}
		return fmt.Sprintf(" %d |", n)
	}
	for _, area := range areasOf(run) {
		for _, version := range versions {
			if len(t[area][version]) == 0 {
				continue
			}
			row := fmt.Sprintf("| %s | %s |", prose(area), version)
			for _, v := range verdicts {
				row += cell(t[area][version][v], v)
			}
			m.line("%s", row)
		}
	}
	for _, version := range versions {
		row := fmt.Sprintf("| **all** | %s |", version)
		for _, v := range verdicts {
			row += cell(t.sum(version, v), v)
		}
		m.line("%s", row)
	}
	m.line("")
}

func (m *markdown) failures(run *result.Run) {
	var failed []*result.Result
	for _, r := range run.Results {
		if raise(r.Verdict, m.Level) == result.Fail {
			failed = append(failed, r)
		}
	}
	if len(failed) == 0 {
		return
	}
	m.line("### Broken (%d)\n", len(failed))
	for i, r := range failed {
		if i == markdownDetails {
			m.line("And %d more:\n", len(failed)-i)
		}
		if i >= markdownDetails {
			message, _ := failureMessage(r)
			m.line("- %s in %s: %s", code(r.ID), r.Version, code(Clip(message, 300)))
			continue
		}
		m.failure(r)
	}
	m.line("")
}

func (m *markdown) failure(r *result.Result) {
	m.line("#### %s in MQTT %s\n", code(r.ID), r.Version)
	m.line("%s\n", prose(Clip(r.Title, markdownClip)))
	if len(r.SeenIn) > 0 {
		m.line("Seen in %s.\n", codes(r.SeenIn))
	}
	for _, f := range r.Findings {
		q := describe(f.Requirement, f.Level)
		m.line("- **%s** %s%s", prose(q.Ref.String()), q.Level, sectionOf(q))
		if q.Summary != "" {
			m.line("  <br>%s", prose(q.Summary))
		}
		m.line("  - expected: %s", prose(Clip(f.Expected, markdownClip)))
		m.line("  - got: %s", code(Clip(f.Got, markdownClip)))
		if f.Known != "" {
			m.line("  - known: %s", escape(Clip(f.Known, markdownClip)))
		}
	}
	m.line("")
	if len(r.Trace) > 0 {
		p := &page{Text: Text{Width: 120}, events: markdownEvents}
		p.timeline(r)
		m.line("<details><summary>timeline</summary>\n\n%s\n\n</details>\n", fenced("text", p.String()))
	}
	if r.Replay != "" {
		m.line("%s\n", fenced("sh", Printable(r.Replay)))
	}
	if r.Capture != "" {
		m.line("Capture: %s\n", code(Printable(path.Join(m.folder, r.Capture))))
	}
}

func sectionOf(q requirement) string {
	if q.Section == "" {
		return ""
	}
	return " (section " + prose(q.Section) + ")"
}

func (m *markdown) warnings(run *result.Run) {
	if m.Level == spec.Should || m.Level == spec.May {
		return // they are failures
	}
	if all := groups(run, result.Warn); len(all) > 0 {
		m.line("### Warnings (%d)\n", len(all))
		for _, g := range all {
			f := g.First.Findings[0]
			for _, other := range g.First.Findings {
				if other.Requirement == g.Ref && other.Known == "" {
					f = other
					break
				}
			}
			m.line("- **%s** %s%s", prose(g.Ref.String()), g.Level, sectionOf(g.requirement))
			if g.Summary != "" {
				m.line("  <br>%s", prose(g.Summary))
			}
			m.line("  - expected: %s", prose(Clip(f.Expected, markdownClip)))
			m.line("  - got: %s", code(Clip(f.Got, markdownClip)))
			m.line("  - in %s", codes(g.Where))
		}
		m.line("")
	}
}

func (m *markdown) known(run *result.Run) {
	if all := groups(run, result.Known); len(all) > 0 {
		m.line("### Known deviations (%d)\n\n| requirement | reason | scenarios |\n|---|---|---|", len(all))
		for _, g := range all {
			m.line("| %s | %s | %s |", prose(g.Ref.String()), inCell(escape(Clip(g.Known, markdownClip))), inCell(codes(g.Where)))
		}
		m.line("")
	}
	if stale := run.Footer.Unmatched; len(stale) > 0 {
		m.line("### Known deviations that no longer hold (%d)\n", len(stale))
		for _, u := range stale {
			m.line("- %s", prose(Clip(u, markdownClip)))
		}
		m.line("")
	}
}

func (m *markdown) reasons(title, why string, all []*reasonGroup) {
	n := 0
	for _, g := range all {
		n += len(g.Where)
	}
	if n == 0 {
		return
	}
	m.line("### %s (%d)\n", title, n)
	if why != "" {
		m.line("Not judged, %s.\n", why)
	}
	for _, g := range all {
		m.line("- %s: %s", prose(Clip(cmp.Or(firstLine(g.Reason), "no reason given"), markdownClip)), codes(g.Where))
	}
	m.line("")
}
