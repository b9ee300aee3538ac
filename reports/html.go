package reports

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // template, style and script of the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Limits of the page, so that 5,000 results stay a page that opens at once.
// results.jsonl has what they leave out.
const (
	htmlClip     = 2000  // bytes of one text
	htmlEvents   = 120   // lines of a timeline
	htmlBudget   = 12000 // lines of all timelines; after them, few of each
	htmlFew      = 4
	htmlHex      = 1024 // bytes of a packet that shows a finding
	htmlHexOther = 160  // bytes of another one
	htmlWhere    = 30   // scenarios linked from a requirement
)

//go:embed html/report.html.tmpl
var htmlTemplate string

//go:embed html/report.css
var htmlCSS string

//go:embed html/report.js
var htmlScript string

// WriteHTML writes the runs as one page with the default options.
func WriteHTML(w io.Writer, runs ...*result.Run) error { return Options{}.WriteHTML(w, runs...) }

// WriteHTML writes the runs as one page that needs nothing else: it can be
// mailed, stored and read offline. Each target has its verdict, and a matrix
// shows every scenario in every version and target, with everything known
// about it behind its row.
func (o Options) WriteHTML(w io.Writer, runs ...*result.Run) error {
	t, err := pageTemplate("report", htmlTemplate)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err := t.Execute(b, o.htmlPage(runs)); err != nil {
		return err
	}
	return b.Flush()
}

// The page as the template sees it. Every text in it is printable; the
// template escapes what HTML needs escaped.
type (
	htmlPage struct {
		Title, Tool, ScriptHash string
		CSS                     template.CSS
		Script                  template.JS
		Runs                    []htmlRun
		Verdicts                []string // those that occur
		Columns                 []htmlColumn
		Areas                   []htmlArea
		left                    int // lines of timelines
		options                 Options
	}
	htmlRun struct {
		Target, Verdict, Sentence, Class string
		Incomplete                       bool
		Counts                           []htmlCount
		Coverage                         []coverage
		Facts                            []htmlFact
		Lists                            []htmlList
	}
	htmlCount struct {
		Verdict string
		N       int
	}
	htmlFact struct{ Name, Value string }
	htmlList struct {
		Title string
		Open  bool
		Items []htmlItem
	}
	htmlItem struct {
		Head, Text string
		Where      []string
		More       int
	}
	htmlColumn struct {
		Version, Target string
		ShowTarget      bool
		run             int
		version         spec.Version
	}
	htmlArea struct {
		Name  string
		Open  bool
		Cells []htmlSum
		Rows  []htmlRow
	}
	htmlSum struct{ Worst, Text string }
	htmlRow struct {
		ID, Title    string
		Cells        []string
		Requirements []htmlRequirement
		Results      []htmlResult
	}
	htmlRequirement struct{ Ref, Level, Section, Summary string }
	htmlResult      struct {
		Verdict, Where, Took, Reason, SeenIn, Replay string
		Capture                                      string // a relative URL
		Findings                                     []htmlFinding
		Observed                                     []result.Observation
		Timeline                                     PageEvents
	}
	htmlFinding struct {
		Verdict, Number, Ref, Level, Step, Expected, Got, Known string
		Judge                                                   bool
	}
	htmlEvent struct {
		LeftOut, Dir, At, Client, Arrow, Meaning, Text, Size, Hex string
		Marks, Wrong                                              []string
	}
)

func (o Options) htmlPage(runs []*result.Run) *htmlPage {
	sum := sha256.Sum256([]byte(htmlScript))
	p := &htmlPage{
		Title: "MQTT conformance", Tool: "mqttproof", ScriptHash: base64.StdEncoding.EncodeToString(sum[:]),
		CSS: template.CSS(htmlCSS), Script: template.JS(htmlScript), left: htmlBudget, options: o,
	}
	switch {
	case len(runs) == 1:
		p.Title = "MQTT conformance of " + Clip(targetName(runs[0]), 200)
	case len(runs) > 1:
		p.Title = fmt.Sprintf("MQTT conformance of %d targets", len(runs))
	}
	total := map[result.Verdict]int{}
	for i, run := range runs {
		if run.Header.Tool != "" {
			p.Tool = Clip(run.Header.Tool, 200)
		}
		p.Runs = append(p.Runs, o.htmlRun(run))
		for v, n := range counts(run.Results) {
			total[v] += n
		}
		for _, v := range versionsOf(run) {
			p.Columns = append(p.Columns, htmlColumn{v.String(), Clip(targetName(run), 60), len(runs) > 1, i, v})
		}
	}
	for _, v := range verdicts {
		if total[v] > 0 {
			p.Verdicts = append(p.Verdicts, v.String())
		}
	}
	p.areas(runs)
	return p
}

func (o Options) htmlRun(run *result.Run) htmlRun {
	s := sentence(run, o.Level)
	h := htmlRun{
		Target: Clip(targetName(run), 300), Verdict: s.verdict, Sentence: strings.Join(s.parts, "; "),
		Incomplete: !run.Footer.Complete, Coverage: coverageOf(run),
	}
	h.Sentence = strings.TrimPrefix(h.Sentence, Printable(targetName(run))+": ")
	switch v := Verdict(run, o.Level); {
	case strings.HasPrefix(s.verdict, notConform):
		h.Class = "bad" // also where something could not be judged
	case v == result.Error:
		h.Class = "open"
	default:
		h.Class = "good"
	}
	c := counts(run.Results)
	for _, v := range verdicts {
		if c[v] > 0 {
			h.Counts = append(h.Counts, htmlCount{v.String(), c[v]})
		}
	}
	for _, f := range []htmlFact{
		{"broker", run.Header.Broker}, {"transport", run.Header.Transport}, {"when", started(run)},
		{"took", span(run.Footer.DurationMS)}, {"seed", fmt.Sprint(run.Header.Seed)},
		{"options", strings.Join(run.Header.Options, " ")},
	} {
		if f.Value != "" {
			h.Facts = append(h.Facts, htmlFact{f.Name, Clip(f.Value, 300)})
		}
	}
	h.list("Broken requirements", true, groups(run, result.Fail))
	h.list("Warnings", asksShould(o.Level), groups(run, result.Warn))
	h.list("Known deviations", false, groups(run, result.Known))
	var stale []htmlItem
	for _, u := range run.Footer.Unmatched {
		stale = append(stale, htmlItem{Text: Clip(u, htmlClip)})
	}
	if len(stale) > 0 {
		h.Lists = append(h.Lists, htmlList{"Known deviations that no longer hold", !o.KnownLenient, stale})
	}
	return h
}

func started(run *result.Run) string {
	if run.Header.Started.IsZero() {
		return ""
	}
	return run.Header.Started.UTC().Format("2006-01-02 15:04:05 UTC")
}

func (h *htmlRun) list(title string, open bool, all []*group) {
	if len(all) == 0 {
		return
	}
	l := htmlList{Title: title, Open: open && len(all) <= 20}
	for _, g := range all {
		item := htmlItem{Head: Printable(g.Ref.String()) + " " + g.Level.String(), Text: g.Summary, Where: g.Where}
		if !slices.Contains(g.Where, g.First.ID) { // the judge's row has the proof
			item.Where = append([]string{g.First.ID}, g.Where...)
		}
		if g.Known != "" {
			item.Text = Clip(g.Known, htmlClip)
		}
		if n := len(item.Where) - htmlWhere; n > 0 {
			item.Where, item.More = item.Where[:htmlWhere], n
		}
		l.Items = append(l.Items, item)
	}
	h.Lists = append(h.Lists, l)
}

type cellKey struct {
	id      string
	run     int
	version spec.Version
}

// areas folds the results: a row for each scenario, its results in columns.
func (p *htmlPage) areas(runs []*result.Run) {
	cells := map[cellKey][]*result.Result{} // several where it ran over several transports
	rows := map[string][]string{}           // ids by area
	seen := map[string]bool{}
	for i, run := range runs {
		for _, r := range run.Results {
			c := cellKey{r.ID, i, r.Version}
			cells[c] = append(cells[c], r)
			if !seen[r.ID] {
				seen[r.ID] = true
				rows[r.Area] = append(rows[r.Area], r.ID)
			}
		}
	}
	for _, area := range areasOf(runs...) {
		ids := rows[area]
		slices.SortFunc(ids, compareNatural)
		a := htmlArea{Name: Clip(area, 60)}
		sums := make([]map[result.Verdict]int, len(p.Columns))
		for _, id := range ids {
			results := make([][]*result.Result, len(p.Columns))
			for i, c := range p.Columns {
				results[i] = cells[cellKey{id, c.run, c.version}]
				for _, r := range results[i] {
					if sums[i] == nil {
						sums[i] = map[result.Verdict]int{}
					}
					sums[i][r.Verdict]++
					a.Open = a.Open || r.Verdict > result.Known
				}
			}
			a.Rows = append(a.Rows, p.row(id, results))
		}
		for _, s := range sums {
			a.Cells = append(a.Cells, sumCell(s))
		}
		p.Areas = append(p.Areas, a)
	}
}

// sumCell says how many hold of those judged.
func sumCell(c map[result.Verdict]int) htmlSum {
	judged, worst := 0, result.Verdict(0)
	for v, n := range c {
		worst = max(worst, v)
		if v != result.Skip {
			judged += n
		}
	}
	switch {
	case worst == 0:
		return htmlSum{}
	case judged == 0:
		return htmlSum{"skip", "skipped"}
	}
	return htmlSum{worst.String(), fmt.Sprintf("%d / %d", c[result.Pass], judged)}
}
