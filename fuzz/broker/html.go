package broker

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
)

//go:embed report.html.tmpl
var htmlBody string

// Limits of the page; the files of a finding have all.
const (
	htmlClip    = 2000     // bytes of one text
	htmlLines   = 120      // of what the broker printed
	htmlSession = 32 << 10 // bytes of a session
	htmlOpen    = 5        // findings up to which all are unfolded
)

// meaning says what a class of findings is.
var meaning = map[Class]string{
	Crash:  "The process of the broker was gone after this session: whoever can connect can end it.",
	Hang:   fmt.Sprintf("After this session a fresh CONNECT got no answer within %v: whoever can connect can shut out all others.", defaultLimits().answer),
	Slow:   fmt.Sprintf("After this session a fresh CONNECT was answered only after more than %v: a few such clients stop the service.", defaultLimits().slow),
	Memory: "The process grows each time this session is run, far beyond what was sent, and does not give it back.",
	Spin:   "The CPU stays busy after all clients of this session are gone.",
	Wrong:  "An answer of the broker breaks a requirement of the standard.",
}

// The page as its template sees it. Every text in it is printable; the template escapes
// what HTML needs escaped.
type (
	htmlPage struct {
		Target, Class, Verdict, Sentence string
		Alerts                           []string
		Counts                           []htmlCount
		Facts                            []htmlFact
		Findings                         []htmlFinding
	}
	htmlCount struct {
		Name, Chip string
		N          int
	}
	htmlFact    struct{ Name, Value string }
	htmlFinding struct {
		ID, Class, Chip, Signature, Brief string
		Meaning, State, Seen              string
		Open                              bool
		Requirement                       *htmlRequirement
		Expected, Got, Detail             string
		Timeline                          reports.PageEvents
		Session                           *htmlSteps
		Replay                            string
		Links                             []htmlLink
	}
	htmlRequirement struct{ Ref, Level, Section, Summary string }
	htmlSteps       struct{ Size, Text string }
	htmlLink        struct{ Name, URL string }
)

// html is the report as a page that needs nothing else. It links the files of the
// findings, which lie beside it.
func (r *Report) html() ([]byte, error) {
	p := htmlPage{Target: reports.Clip(r.Target, 300), Verdict: "nothing was found", Class: "good"}
	s := r.Stats
	seconds := max(s.Elapsed.Seconds(), 0.001)
	p.Sentence = fmt.Sprintf("%s in %s showed %s: %s, and %d unstable.", count(int(s.Sessions), "session"), s.Elapsed.Round(time.Second),
		count(s.Tuples, "behaviour"), count(len(r.Findings)-s.Unstable, "stable finding"), s.Unstable)
	switch {
	case r.Broken():
		p.Class, p.Verdict = "bad", "something was found"
	case r.Ended != "" || !r.Complete:
		p.Class, p.Verdict = "open", "ended early"
	case len(r.Findings) > 0:
		p.Class, p.Verdict = "open", "nothing stable was found"
	}
	if r.Ended != "" {
		p.Alerts = append(p.Alerts, "The run ended early: "+reports.Clip(r.Ended, htmlClip))
	} else if !r.Complete {
		p.Alerts = append(p.Alerts, "The run was interrupted. What stands here is what was found until then.")
	}
	if r.NotSaved != "" {
		p.Alerts = append(p.Alerts, "The corpus could not be written: "+reports.Clip(r.NotSaved, htmlClip))
	}
	for _, c := range Classes() {
		if n := s.Found[c]; n > 0 {
			p.Counts = append(p.Counts, htmlCount{string(c), chip(&Finding{Class: c, Stable: true}), n})
		}
	}
	if s.Unstable > 0 {
		p.Counts = append(p.Counts, htmlCount{"unstable", "skip", s.Unstable})
	}
	rate := func(n uint64) string { return fmt.Sprintf("%d, %.0f/s", n, float64(n)/seconds) }
	for _, f := range []htmlFact{
		{"broker", r.Software}, {"when", r.Started.UTC().Format("2006-01-02 15:04:05 UTC")}, {"took", s.Elapsed.Round(time.Second).String()},
		{"seed", fmt.Sprint(r.Seed)}, {"sessions", rate(s.Sessions)}, {"connections", rate(s.Connections)}, {"packets", rate(s.Packets)},
		{"corpus", fmt.Sprint(s.Corpus)}, {"behaviours", fmt.Sprint(s.Tuples)}, {"fresh brokers", fmt.Sprint(s.Starts)},
	} {
		if f.Value != "" {
			p.Facts = append(p.Facts, htmlFact{f.Name, reports.Clip(f.Value, 300)})
		}
	}
	for _, f := range r.Findings {
		h, err := f.html()
		if err != nil {
			return nil, err
		}
		h.Open = len(r.Findings) <= htmlOpen
		p.Findings = append(p.Findings, h)
	}
	var b bytes.Buffer
	if err := reports.WritePage(&b, "Fuzzing "+r.Target, htmlBody, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// chip is the colour of a finding: that of a verdict.
func chip(f *Finding) string {
	switch {
	case !f.Stable:
		return "skip"
	case f.Class == Wrong && f.Level != "" && f.Level != spec.Must.String():
		return "warn"
	}
	return "fail"
}

func (f *Finding) html() (htmlFinding, error) {
	h := htmlFinding{
		ID: f.ID, Class: string(f.Class), Chip: chip(f), Signature: reports.Clip(f.Signature, htmlClip), Meaning: meaning[f.Class],
		State: f.state(), Seen: fmt.Sprintf("Session %d showed it first, after %.1f s", f.Number, f.After),
		Detail: lines(f.Detail), Replay: reports.Clip(f.Replay, htmlClip),
	}
	h.State = strings.ToUpper(h.State[:1]) + h.State[1:]
	if f.Class == Wrong && f.last.finding.Requirement.ID != "" {
		x := f.last.finding
		h.Brief = reports.Clip(x.Got, 120)
		h.Expected, h.Got = reports.Clip(x.Expected, htmlClip), reports.Clip(x.Got, htmlClip)
		h.Requirement = &htmlRequirement{Ref: reports.Printable(x.Requirement.String()), Level: x.Level.String()}
		if q, ok := spec.Lookup(x.Requirement); ok {
			h.Requirement.Section, h.Requirement.Summary = q.Section, q.Summary
		}
	}
	folder := path.Join("findings", f.ID)
	link := func(name string) {
		h.Links = append(h.Links, htmlLink{name, (&url.URL{Path: path.Join(folder, name)}).String()})
	}
	link("finding.json")
	if f.Session != nil {
		text, err := f.Session.Marshal()
		if err != nil {
			return h, err
		}
		h.Session = &htmlSteps{strings.Join([]string{count(f.Session.Clients(), "client"), count(len(f.Session.Steps), "step"), count(f.Session.Size(), "byte")}, ", "), limited(string(text))}
		link("session.yaml")
	}
	if len(f.last.trace) > 0 {
		h.Timeline = reports.PageTimeline(f.asResult())
		link("trace.pcapng")
	}
	if f.last.output != "" {
		link("output.txt")
	}
	return h, nil
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// limited cuts a long session.
func limited(text string) string {
	if len(text) <= htmlSession {
		return text
	}
	cut := strings.LastIndexByte(text[:htmlSession], '\n') + 1
	return text[:cut] + "… session.yaml has all\n"
}

// lines makes a text of several lines printable.
func lines(text string) string {
	var list []string
	for line := range strings.Lines(text) {
		if len(list) == htmlLines {
			list = append(list, "…")
			break
		}
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
		list = append(list, reports.Clip(line, htmlClip))
	}
	return strings.Join(list, "\n")
}

// state says how often a finding was reproduced.
func (f *Finding) state() string {
	switch {
	case f.Tries == 0:
		return "not reproduced"
	case !f.Stable:
		return fmt.Sprintf("unstable: reproduced %d of %d times", f.Seen, f.Tries)
	}
	return fmt.Sprintf("reproduced %d of %d times", f.Seen, f.Tries)
}
