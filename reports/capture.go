package reports

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mqttproof/mqttproof/reports/capture"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// captureClip is how many bytes of one text stand in a comment of a capture.
const captureClip = 2000

// folder is where the captures of a run are, relative to the page.
func (o Options) folder(run int) string {
	if run < len(o.folders) {
		return o.folders[run]
	}
	return ""
}

// nameCaptures gives a capture to every result whose trace was kept: to what
// failed, warned, is known or ended in an error.
func nameCaptures(run *result.Run) {
	for _, r := range run.Results {
		r.Capture = ""
		if len(r.Trace) == 0 {
			continue
		}
		name := safeName(r.ID) + "-" + r.Version.String()
		if r.Transport != "" && r.Transport != run.Header.Transport { // it ran over several
			name += "-" + safeName(r.Transport)
		}
		r.Capture = "captures/" + name + ".pcapng"
	}
}

// writeCaptures writes them in place of those of an earlier run, which would be
// taken for failures of this one.
func writeCaptures(dir string, run *result.Run) error {
	var errs []error
	old, err := os.ReadDir(filepath.Join(dir, "captures"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, err)
	}
	for _, e := range old {
		if strings.HasSuffix(e.Name(), ".pcapng") {
			errs = append(errs, os.Remove(filepath.Join(dir, "captures", e.Name())))
		}
	}
	for _, r := range run.Results {
		if r.Capture != "" {
			errs = append(errs, WriteFile(filepath.Join(dir, filepath.FromSlash(r.Capture)),
				func(w io.Writer) error { return WriteCapture(w, run.Header, r) }))
		}
	}
	return errors.Join(errs...)
}

// WriteCapture writes the trace of a result as pcapng. The packets that show a
// finding have a comment with the requirement, what was expected and what came;
// others tell what they break, and the step that they belong to.
func WriteCapture(w io.Writer, h result.Header, r *result.Result) error {
	f := capture.File{Application: cmp.Or(Clip(h.Tool, 200), "mqttproof"), Started: h.Started, Trace: r.Trace, Comments: map[int][]string{}}
	about := []string{
		fmt.Sprintf("%s in MQTT %s: %s", Clip(r.ID, 200), r.Version, r.Verdict),
		Clip(r.Title, captureClip),
		"target: " + Clip(cmp.Or(h.Target, "unknown"), 300),
	}
	if h.Broker != "" {
		about[2] += " (" + Clip(h.Broker, 200) + ")"
	}
	if r.Reason != "" {
		about = append(about, Clip(r.Reason, captureClip))
	}
	for i := range r.Trace {
		e := &r.Trace[i]
		if e.Dir == result.Note && e.Text != "" {
			f.Comments[i] = append(f.Comments[i], "step: "+Clip(e.Text, captureClip))
		}
		if e.Dir == result.Close {
			f.Comments[i] = append(f.Comments[i], Clip(e.Text, captureClip))
		}
		for _, wrong := range e.Wrong() {
			f.Comments[i] = append(f.Comments[i], "breaks: "+Clip(wrong, captureClip))
		}
	}
	for _, x := range r.Findings {
		said := comment(x)
		about = append(about, said)
		at := x.Event
		if at < 0 || at >= len(r.Trace) { // nothing shows it: it stands at the end
			at = len(r.Trace) - 1
		}
		f.Comments[at] = append(f.Comments[at], said)
	}
	if r.Replay != "" {
		about = append(about, "replay: "+Clip(r.Replay, captureClip))
	}
	f.Comment = strings.Join(about, "\n")
	return f.Write(w)
}

// comment tells a finding in a few lines.
func comment(x result.Finding) string {
	q := describe(x.Requirement, x.Level)
	lines := []string{fmt.Sprintf("%s: %s %s is broken", strings.ToUpper(x.Verdict().String()), Printable(q.Ref.String()), q.Level)}
	if q.Summary != "" {
		lines = append(lines, q.Summary)
	}
	lines = append(lines, "expected: "+Clip(x.Expected, captureClip), "got: "+Clip(x.Got, captureClip))
	if x.Known != "" {
		lines = append(lines, "known: "+Clip(x.Known, captureClip))
	}
	return strings.Join(lines, "\n")
}
