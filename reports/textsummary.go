package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Summary prints the end of a run: a table by area and version, every broken
// requirement once with the scenarios that show it, what is known, skipped or
// could not be judged, and the verdict. Several runs are summed up one after
// the other, with their verdicts together at the end.
func (t Text) Summary(w io.Writer, runs ...*result.Run) error {
	p := &page{Text: t}
	for i, run := range runs {
		if i > 0 {
			p.line("")
		}
		p.summary(run)
	}
	p.line("")
	for _, run := range runs {
		p.sentence(run)
	}
	return p.flush(w)
}

func (p *page) sentence(run *result.Run) {
	s := sentence(run, p.Level)
	color := red
	switch Verdict(run, p.Level) {
	case result.Pass, result.Known, result.Warn:
		color = green
	}
	text := strings.Join(s.parts, "; ") + " - "
	if utf8.RuneCountInString(text+s.verdict) <= p.width() {
		p.line("%s%s", text, p.paint(color+";"+bold, s.verdict))
		return
	}
	p.para("", 0, strings.TrimSuffix(text, " - "), "")
	p.line("  %s", p.paint(color+";"+bold, s.verdict))
}

func (p *page) summary(run *result.Run) {
	title := targetName(run)
	if run.Header.Broker != "" {
		title += " is " + run.Header.Broker
	}
	p.para("", 0, Clip(title, textClip)+", "+count(len(run.Results), "result", "results")+" in "+span(run.Footer.DurationMS), bold)
	p.line("")
	p.table(run)
	p.groups("Broken", red, groups(run, result.Fail))
	p.groups("Warnings", yellow, groups(run, result.Warn))
	p.known(groups(run, result.Known))
	p.reasons("Could not be judged", red, reasons(run, result.Error))
	p.reasons("Skipped", dim, reasons(run, result.Skip))
	if len(run.Footer.Unmatched) > 0 {
		p.title("Known deviations that no longer hold", yellow, len(run.Footer.Unmatched))
		for _, u := range run.Footer.Unmatched {
			p.para("  ", 4, Clip(u, textClip), "")
		}
	}
	if p.Verbose {
		p.slowest(run)
	}
	if !run.Footer.Complete {
		p.line("")
		p.para("", 0, "The run was interrupted or is missing results: what stands here is what was judged until then.", red)
	}
}

func (p *page) title(s, color string, n int) {
	p.line("")
	p.line("%s", p.paint(color, fmt.Sprintf("%s (%d)", s, n)))
}

func (p *page) groups(title, color string, all []*group) {
	if len(all) == 0 {
		return
	}
	p.title(title, color, len(all))
	for _, g := range all {
		p.line("  %s %s", p.paint(bold, Printable(g.Ref.String())), g.Level)
		if g.Summary != "" {
			p.para("      ", 6, g.Summary, "")
		}
		p.para("      ", 6, "in "+p.names(g.Where), dim)
	}
}

func (p *page) known(all []*group) {
	if len(all) == 0 {
		return
	}
	p.title("Known deviations", cyan, len(all))
	for _, g := range all {
		p.line("  %s %s", p.paint(bold, Printable(g.Ref.String())), p.paint(dim, p.names(g.Where)))
		p.para("      ", 6, Clip(g.Known, textClip), "")
	}
}

func (p *page) reasons(title, color string, all []*reasonGroup) {
	if len(all) == 0 {
		return
	}
	n := 0
	for _, g := range all {
		n += len(g.Where)
	}
	p.title(title, color, n)
	for _, g := range all {
		reason, _, _ := strings.Cut(cmp.Or(g.Reason, "no reason given"), "\n")
		p.para("  ", 4, Clip(reason, textClip), "")
		p.para("      ", 6, p.names(g.Where), dim)
	}
}

func (p *page) slowest(run *result.Run) {
	sorted := slices.Clone(run.Results)
	slices.SortStableFunc(sorted, func(a, b *result.Result) int { return cmp.Compare(b.DurationMS, a.DurationMS) })
	p.line("")
	p.line("%s", p.paint(dim, "Slowest"))
	for _, r := range sorted[:min(10, len(sorted))] {
		p.line("  %8s  %-5s  %s", span(r.DurationMS), r.Version, Printable(r.ID))
	}
}

// table prints verdicts by area, the versions side by side where they fit.
func (p *page) table(run *result.Run) {
	t := tallyOf(run)
	areas, versions := areasOf(run), versionsOf(run)
	if len(areas) == 0 {
		p.line("no results")
		return
	}
	var columns []result.Verdict // those that occur
	for _, v := range verdicts {
		for _, version := range versions {
			if v == result.Pass || v == result.Fail || t.sum(version, v) > 0 {
				columns = append(columns, v)
				break
			}
		}
	}
	name := 6
	for _, a := range areas {
		name = max(name, utf8.RuneCountInString(Clip(a, 30)))
	}
	if name+len(versions)*(len(columns)*6+3) > p.width() {
		for i, v := range versions { // one below the other
			if i > 0 {
				p.line("")
			}
			var own []string
			for _, a := range areas {
				if len(t[a][v]) > 0 {
					own = append(own, a)
				}
			}
			p.grid(t, own, []spec.Version{v}, columns, name)
		}
		return
	}
	p.grid(t, areas, versions, columns, name)
}

func (p *page) grid(t tally, areas []string, versions []spec.Version, columns []result.Verdict, name int) {
	top, head := strings.Repeat(" ", name), fmt.Sprintf("%-*s", name, "area")
	for _, v := range versions {
		top += fmt.Sprintf("   %-*s", len(columns)*6, "  MQTT "+v.String())
		head += "   "
		for _, c := range columns {
			head += fmt.Sprintf("%6s", c)
		}
	}
	p.line("%s", p.paint(bold, strings.TrimRight(top, " ")))
	p.line("%s", p.paint(dim, head))
	for _, a := range areas {
		row := fmt.Sprintf("%-*s", name, Clip(a, 30))
		for _, v := range versions {
			row += "   "
			for _, c := range columns {
				row += p.cell(t[a][v][c], c)
			}
		}
		p.line("%s", row)
	}
	row := fmt.Sprintf("%-*s", name, "all")
	for _, v := range versions {
		row += "   "
		for _, c := range columns {
			row += p.cell(t.sum(v, c), c)
		}
	}
	p.line("%s", row)
}

func (p *page) cell(n int, v result.Verdict) string {
	if n == 0 {
		return p.paint(dim, "     .")
	}
	s := fmt.Sprintf("%6d", n)
	if v == result.Pass {
		return s
	}
	return p.paint(p.verdictColor(v), s)
}
