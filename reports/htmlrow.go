package reports

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// row is one scenario with its results in each column.
func (p *htmlPage) row(id string, columns [][]*result.Result) htmlRow {
	row := htmlRow{ID: Clip(id, 200)}
	levels := map[spec.Ref]spec.Level{}
	var refs []spec.Ref
	add := func(ref spec.Ref, level spec.Level) {
		if _, twice := levels[ref]; !twice {
			refs = append(refs, ref)
		}
		levels[ref] = max(levels[ref], level)
	}
	for i, results := range columns {
		var worst result.Verdict
		for _, r := range results {
			worst = max(worst, r.Verdict)
			if row.Title == "" {
				row.Title = Clip(r.Title, htmlClip)
			}
			for ref := range r.Requirements {
				add(ref, 0)
			}
			for _, f := range r.Findings {
				add(f.Requirement, f.Level)
			}
			row.Results = append(row.Results, p.result(p.Columns[i], r))
		}
		cell := ""
		if worst != 0 {
			cell = worst.String()
		}
		row.Cells = append(row.Cells, cell)
	}
	slices.SortFunc(refs, compareRefs)
	for _, ref := range refs {
		q := describe(ref, levels[ref])
		h := htmlRequirement{Ref: Printable(ref.String()), Section: Printable(q.Section), Summary: q.Summary}
		if q.Level != 0 {
			h.Level = q.Level.String()
		}
		row.Requirements = append(row.Requirements, h)
	}
	return row
}

func (p *htmlPage) result(c htmlColumn, r *result.Result) htmlResult {
	h := htmlResult{
		Verdict: r.Verdict.String(), Where: "MQTT " + c.Version + transport(r), Took: span(r.DurationMS),
		Replay: Clip(r.Replay, htmlClip), SeenIn: Clip(strings.Join(r.SeenIn, ", "), htmlClip),
	}
	if r.Capture != "" {
		h.Capture = (&url.URL{Path: path.Join(p.options.folder(c.run), r.Capture)}).String()
	}
	if c.ShowTarget {
		h.Where = c.Target + ", " + h.Where
	}
	if r.Verdict == result.Skip {
		h.Took = ""
	}
	var reason []string
	for l := range strings.Lines(firstRunes(r.Reason, 2*htmlClip)) { // a panic brings its stack
		reason = append(reason, Clip(strings.TrimRight(strings.ReplaceAll(l, "\t", "    "), "\r\n"), htmlClip))
	}
	h.Reason = strings.Join(reason, "\n")
	for i, f := range r.Findings {
		n := ""
		if len(r.Findings) > 1 {
			n = "[" + strconv.Itoa(i+1) + "]"
		}
		h.Findings = append(h.Findings, htmlFinding{
			Verdict: f.Verdict().String(), Number: n, Ref: Printable(f.Requirement.String()), Level: f.Level.String(),
			Step: Clip(f.Step, htmlClip), Expected: Clip(f.Expected, htmlClip), Got: Clip(f.Got, htmlClip),
			Known: Clip(f.Known, htmlClip), Judge: f.Source == result.FromJudge,
		})
	}
	for _, o := range r.Observed {
		h.Observed = append(h.Observed, result.Observation{What: Clip(o.What, htmlClip), Value: Clip(o.Value, htmlClip)})
	}
	limit := htmlEvents
	if p.left <= 0 {
		limit = htmlFew
	}
	for _, row := range timeline(r, limit) {
		h.Timeline = append(h.Timeline, htmlEventOf(row, r))
		p.left--
	}
	return h
}

// htmlEventOf names at the event the requirements that it shows broken.
func htmlEventOf(row row, r *result.Result) htmlEvent {
	if row.LeftOut > 0 {
		return htmlEvent{LeftOut: count(row.LeftOut, "event", "events")}
	}
	e := row.Event
	h := htmlEvent{At: moment(e.At), Client: row.Client, Dir: string(e.Dir), Text: Clip(e.Text, htmlClip)}
	switch e.Dir {
	case result.Out:
		h.Arrow, h.Meaning = "→", "sent to the broker"
	case result.In:
		h.Arrow, h.Meaning = "←", "received from the broker"
	case result.Open:
		h.Arrow, h.Meaning = "+", "the connection was opened"
	case result.Close:
		h.Arrow, h.Meaning = "×", "the connection ended"
	default:
		h.Dir = "note"
	}
	limit := htmlHexOther
	for _, n := range row.Marks {
		limit = htmlHex
		h.Marks = append(h.Marks, Printable(r.Findings[n-1].Requirement.String()))
	}
	for _, w := range e.Wrong() {
		h.Wrong = append(h.Wrong, Clip(w, htmlClip))
	}
	if len(e.Data) > 0 {
		h.Size = count(len(e.Data), "byte", "bytes")
		h.Hex = hexDump(e.Data, limit)
	}
	return h
}
