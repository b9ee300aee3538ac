package reports

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// The JUnit format, as far as CI systems agree on it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class      string           `xml:"classname,attr"`
		Name       string           `xml:"name,attr"`
		Time       string           `xml:"time,attr"`
		Properties *junitProperties `xml:"properties"`
		Skipped    *junitOutcome    `xml:"skipped"`
		Error      *junitOutcome    `xml:"error"`
		Failure    *junitOutcome    `xml:"failure"`
		Out        *junitText       `xml:"system-out"`
	}
	junitProperties struct {
		Property []junitProperty `xml:"property"`
	}
	junitOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		junitText
	}
	junitText struct {
		Text string `xml:",innerxml"` // escaped by xmlText
	}
)

// xmlText escapes a text of several lines. The encoder would write every end of
// a line as a reference, which nobody can read in the file.
func xmlText(s string) *junitText {
	if s == "" {
		return nil
	}
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer does not fail
	return &junitText{strings.ReplaceAll(b.String(), "&#xA;", "\n")}
}

// WriteJUnit writes the runs as JUnit XML with the default options.
func WriteJUnit(w io.Writer, runs ...*result.Run) error { return Options{}.WriteJUnit(w, runs...) }

// WriteJUnit writes the runs as JUnit XML: a suite for each target and version,
// a case for each scenario. A known deviation passes, and so does a warning
// below Level; both say what was seen. A run that is incomplete or judged
// nothing, and known deviations that no longer hold, are cases of their own,
// because a CI system that reads only this file must not see green.
func (o Options) WriteJUnit(w io.Writer, runs ...*result.Run) error {
	all := junitSuites{Name: "mqttproof"}
	total := 0.0
	for _, run := range runs {
		total += run.Footer.DurationMS
		for _, v := range versionsOf(run) {
			all.add(o.junitSuite(run, v))
		}
		if s := o.junitRun(run); len(s.Cases) > 0 {
			all.add(s)
		}
	}
	all.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w) // replaces characters that XML cannot hold
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (all *junitSuites) add(s junitSuite) {
	all.Suites = append(all.Suites, s)
	all.Tests += s.Tests
	all.Failures += s.Failures
	all.Errors += s.Errors
	all.Skipped += s.Skipped
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func seconds(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }

func (o Options) newSuite(run *result.Run, what string) junitSuite {
	s := junitSuite{
		Name: Clip(targetName(run), 300) + " " + what, Time: seconds(0),
		Timestamp: run.Header.Started.UTC().Format("2006-01-02T15:04:05"),
	}
	for _, p := range []junitProperty{
		{"target", targetName(run)}, {"broker", run.Header.Broker}, {"tool", run.Header.Tool},
		{"transport", run.Header.Transport}, {"seed", fmt.Sprint(run.Header.Seed)},
		{"verdict", Sentence(run, o.Level)},
	} {
		if p.Value != "" {
			p.Value = Clip(p.Value, 1000)
			s.Properties = append(s.Properties, p)
		}
	}
	return s
}

func (o Options) junitSuite(run *result.Run, v spec.Version) junitSuite {
	s := o.newSuite(run, "MQTT "+v.String())
	total := 0.0
	for _, r := range run.Results {
		if r.Version == v {
			s.add(o.junitCase(r))
			total += r.DurationMS
		}
	}
	s.Time = seconds(total)
	return s
}

func (o Options) junitCase(r *result.Result) junitCase {
	c := junitCase{Class: Clip(r.Area, 200), Name: Clip(r.ID, 200), Time: seconds(r.DurationMS)}
	c.Properties = &junitProperties{[]junitProperty{{"title", Clip(r.Title, 1000)}, {"verdict", r.Verdict.String()}}}
	for _, ref := range sortedRefs(r.Requirements) {
		c.Properties.Property = append(c.Properties.Property, junitProperty{"requirement", Printable(ref.String()) + " " + r.Requirements[ref].String()})
	}
	explain, timeline := &page{}, &page{}
	explain.explain(r)
	if len(r.Trace) > 0 {
		timeline.line("timeline (%s)", legend)
		timeline.timeline(r)
	}
	if r.Replay != "" {
		timeline.line("replay: %s", Printable(r.Replay))
	}
	if r.Capture != "" {
		timeline.line("capture: %s", Printable(r.Capture))
	}
	switch raise(r.Verdict, o.Level) {
	case result.Skip:
		c.Skipped = &junitOutcome{Message: Clip(r.Reason, 1000)}
	case result.Error:
		c.Error = &junitOutcome{Message: firstLine(r.Reason), Type: "error", junitText: *xmlText("\n" + explain.String())}
		c.Out = xmlText(timeline.String())
	case result.Fail:
		message, kind := failureMessage(r)
		c.Failure = &junitOutcome{Message: message, Type: kind, junitText: *xmlText("\n" + explain.String())}
		c.Out = xmlText(timeline.String())
	default:
		c.Out = xmlText(strings.TrimLeft(explain.String()+timeline.String(), "\n"))
	}
	return c
}

// failureMessage gives one line for the finding that matters most, and its
// requirement.
func failureMessage(r *result.Result) (message, kind string) {
	if len(r.Findings) == 0 {
		return Clip(cmp.Or(r.Reason, r.Title), 500), "fail"
	}
	worst := r.Findings[0]
	for _, f := range r.Findings {
		if f.Verdict() > worst.Verdict() {
			worst = f
		}
	}
	kind = Printable(worst.Requirement.String())
	message = fmt.Sprintf("%s: expected %s; got %s", kind, Clip(worst.Expected, 400), Clip(worst.Got, 400))
	return message, kind
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return Clip(s, 500)
}

// junitRun has cases about the run itself, where something about it is wrong.
func (o Options) junitRun(run *result.Run) junitSuite {
	s := o.newSuite(run, "run")
	judged := len(run.Results) - counts(run.Results)[result.Skip]
	if !run.Footer.Complete || judged == 0 {
		message := "no scenario was run"
		if judged > 0 {
			message = "the run was interrupted or is missing results"
		}
		s.add(junitCase{Class: "run", Name: "run.complete", Time: seconds(0), Error: &junitOutcome{Message: message, Type: "incomplete"}})
	}
	if n := len(run.Footer.Unmatched); n > 0 {
		var b bytes.Buffer
		for _, u := range run.Footer.Unmatched {
			b.WriteString(Clip(u, 1000) + "\n")
		}
		c := junitCase{Class: "run", Name: "run.known-deviations", Time: seconds(0)}
		if o.KnownLenient {
			c.Out = xmlText(b.String())
		} else {
			c.Failure = &junitOutcome{
				Message: count(n, "known deviation no longer holds", "known deviations no longer hold"), Type: "known", junitText: *xmlText("\n" + b.String()),
			}
		}
		s.add(c)
	}
	return s
}
