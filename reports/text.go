package reports

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Text prints results for people at a terminal. The zero value prints without
// colour, 100 columns wide, for the level MUST.
type Text struct {
	// Color says whether to use ANSI colours; the caller knows whether there is
	// a terminal, and NO_COLOR.
	Color bool
	// Verbose adds the slowest scenarios and every name that is else counted.
	Verbose bool
	// Width is the number of columns; 0 means 100.
	Width int
	// Level from which a broken requirement counts; 0 means MUST.
	Level spec.Level
	// Dir is the folder of the results: where their captures are from here.
	Dir string
}

// Limits of what a terminal can show; the other reports have more.
const (
	textEvents   = 28   // lines of a timeline
	textHex      = 64   // bytes of the packet that shows a finding
	textFindings = 6    // findings of one scenario
	textClip     = 600  // bytes of one text
	textNote     = 2000 // bytes of a reason, which may hold a stack
)

func (t Text) width() int {
	if t.Width <= 0 {
		return 100
	}
	return max(t.Width, 40)
}

// The few colours used; they work on dark and light terminals.
const (
	red, green, yellow, blue, cyan, bold, dim = "31", "32", "33", "34", "36", "1", "2"
)

func (t Text) paint(color, s string) string {
	if !t.Color || color == "" || s == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func (t Text) verdictColor(v result.Verdict) string {
	switch raise(v, t.Level) {
	case result.Pass:
		return green
	case result.Fail, result.Error:
		return red
	case result.Warn:
		return yellow
	case result.Known:
		return cyan
	}
	return dim
}

func (t Text) badge(v result.Verdict) string {
	return t.paint(t.verdictColor(v), fmt.Sprintf("%-5s", strings.ToUpper(v.String())))
}

// page collects lines so that one Write carries a whole block: what several
// goroutines print does not mix.
type page struct {
	Text
	bytes.Buffer
	events int // lines of a timeline; 0 means textEvents
}

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(&p.Buffer, format, args...)
	p.WriteByte('\n')
}

// para prints a text wrapped, its first line behind head and the others
// indented by as many columns.
func (p *page) para(head string, columns int, text, color string) {
	for i, l := range Wrap(text, p.width()-columns) {
		if i > 0 {
			head = strings.Repeat(" ", columns)
		}
		p.line("%s%s", head, p.paint(color, l))
	}
}

// labelled prints "label  text" with the text wrapped under itself.
func (p *page) labelled(indent int, label, text, color string) {
	head := fmt.Sprintf("%*s%s", indent, "", p.paint(dim, fmt.Sprintf("%-10s", label)))
	p.para(head, indent+10, text, color)
}

func (p *page) flush(w io.Writer) error {
	_, err := w.Write(p.Bytes())
	return err
}

// Line prints a result on one line: verdict, version, id and title.
func (t Text) Line(w io.Writer, r *result.Result) error {
	p := &page{Text: t}
	title := Clip(r.Title, 200)
	head := fmt.Sprintf("%-5s  %-5s  ", "", r.Version)
	room := t.width() - utf8.RuneCountInString(head) - len(r.ID) - 2
	if n := utf8.RuneCountInString(title); n > room {
		title = firstRunes(title, max(0, room-1)) + "…"
	}
	p.line("%s  %-5s  %s  %s", t.badge(r.Verdict), r.Version, p.paint(bold, Printable(r.ID)), title)
	return p.flush(w)
}

// Result prints everything known about one result that did not simply pass:
// what was expected and seen, the timeline and the command that runs it again.
func (t Text) Result(w io.Writer, r *result.Result) error {
	p := &page{Text: t}
	p.result(r)
	return p.flush(w)
}

func (p *page) result(r *result.Result) {
	head := fmt.Sprintf("%s  %s  %s", p.badge(r.Verdict), p.paint(bold, Printable(r.ID)),
		p.paint(dim, "MQTT "+r.Version.String()+transport(r)))
	p.line("%s", head)
	p.para("       ", 7, Clip(r.Title, textClip), "")
	p.explain(r)
	if len(r.Trace) > 0 {
		p.line("")
		p.line("  %s", p.paint(dim, "timeline ("+legend+")"))
		p.timeline(r)
	}
	if r.Replay != "" {
		p.line("")
		// Never wrapped: it is there to be copied.
		p.line("  %s%s", p.paint(dim, fmt.Sprintf("%-10s", "replay")), p.paint(blue, Printable(r.Replay)))
	}
	if r.Capture != "" {
		path := filepath.Join(p.Dir, filepath.FromSlash(r.Capture))
		p.line("  %s%s", p.paint(dim, fmt.Sprintf("%-10s", "capture")), Printable(path))
	}
}

const legend = "-> sent to the broker, <- received, + opened, x closed"

// explain prints the reason, the findings and what was observed.
func (p *page) explain(r *result.Result) {
	if r.Reason != "" {
		p.reason(r.Reason)
	}
	if len(r.SeenIn) > 0 {
		p.labelled(2, "seen in", p.names(r.SeenIn), "")
	}
	var last spec.Ref
	for i, f := range r.Findings {
		if i == textFindings && !p.Verbose {
			p.line("  … and %d findings more", len(r.Findings)-i)
			break
		}
		p.finding(r, i, f, f.Requirement != last)
		last = f.Requirement
	}
	for _, o := range r.Observed {
		p.labelled(2, "observed", Clip(o.What, textClip)+": "+Clip(o.Value, textClip), "")
	}
}

func transport(r *result.Result) string {
	if r.Transport == "" {
		return ""
	}
	return " over " + Printable(r.Transport)
}

// reason prints why a result is a skip or an error. A panic brings its stack,
// whose lines stay lines.
func (p *page) reason(s string) {
	if len(s) > textNote {
		s = s[:textNote] + "…"
	}
	label := "reason"
	for l := range strings.Lines(s) {
		p.labelled(2, label, Clip(strings.TrimRight(strings.ReplaceAll(l, "\t", "    "), "\r\n"), textClip), "")
		label = ""
	}
}

func (p *page) finding(r *result.Result, i int, f result.Finding, full bool) {
	p.line("")
	number := ""
	if len(r.Findings) > 1 {
		number = fmt.Sprintf("[%d] ", i+1)
	}
	q := describe(f.Requirement, f.Level)
	what := fmt.Sprintf("  %s%s %s", number, p.paint(bold, Printable(f.Requirement.String())), f.Level)
	if q.Section != "" {
		what += p.paint(dim, " (section "+Printable(q.Section)+")")
	}
	p.line("%s", what)
	if full && q.Summary != "" {
		p.para("      ", 6, q.Summary, "")
	}
	if f.Step != "" {
		p.labelled(4, "step", Clip(f.Step, textClip), "")
	}
	p.labelled(4, "expected", Clip(f.Expected, textClip), green)
	p.labelled(4, "got", Clip(f.Got, textClip), p.verdictColor(f.Verdict()))
	for _, cause := range f.Cause {
		p.labelled(4, "cause", fmt.Sprintf("the client broke %s: %s", Printable(cause.String()), describe(cause, f.Level).Summary), "")
	}
	if f.Source == result.FromJudge {
		p.labelled(4, "found by", "the judge, which reads every packet of every scenario", "")
	}
	if f.Known != "" {
		p.labelled(4, "known", Clip(f.Known, textClip), cyan)
	}
}

// timeline prints what happened, with what shows a finding marked and in hex.
func (p *page) timeline(r *result.Result) {
	rows := timeline(r, cmp.Or(p.events, textEvents))
	names := 0
	for _, row := range rows {
		names = max(names, utf8.RuneCountInString(row.Client))
	}
	columns := 4 + 11 + 2 + names + 4
	for _, row := range rows {
		if row.LeftOut > 0 {
			p.line("    %s", p.paint(dim, fmt.Sprintf("%11s  … %s left out; results.jsonl has all", "", count(row.LeftOut, "event", "events"))))
			continue
		}
		p.event(row, columns, names)
	}
}

func (p *page) event(row row, columns, names int) {
	e := row.Event
	at := fmt.Sprintf("%11s", moment(e.At))
	mark, color := "    ", ""
	switch {
	case len(row.Marks) > 0:
		mark, color = "  > ", red
	case e.Dir == result.Note:
		color = dim
	}
	text := Clip(e.Text, textClip)
	if text == "" && len(e.Data) > 0 {
		text = count(len(e.Data), "byte", "bytes")
	}
	if e.Dir == result.Note && row.Client == "" { // a step: not anyone's
		p.para(p.paint(color, mark+at+"  -- "), 4+11+5, text, color)
		return
	}
	head := fmt.Sprintf("%s%s  %-*s %-2s ", mark, at, names, row.Client, arrow(e.Dir))
	p.para(p.paint(color, head), columns, text, color)
	under := strings.Repeat(" ", columns)
	for _, wrong := range e.Wrong() {
		p.para(under+p.paint(red, "wrong: "), columns+7, Clip(wrong, textClip), red)
	}
	if len(row.Marks) > 0 && len(e.Data) > 0 {
		for l := range strings.Lines(hexDump(e.Data, textHex)) {
			p.line("%s%s", strings.Repeat(" ", 17), p.paint(dim, strings.TrimRight(l, "\n")))
		}
	}
}

// names joins names, and only counts those behind the fourth.
func (p *page) names(ids []string) string {
	const shown = 4
	if p.Verbose || len(ids) <= shown+1 {
		return Clip(strings.Join(ids, ", "), 4*textClip)
	}
	return Clip(strings.Join(ids[:shown], ", "), textClip) + fmt.Sprintf(" and %d more", len(ids)-shown)
}
