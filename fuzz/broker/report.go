package broker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/reports"
)

// String is the progress of a run on one line.
func (s Stats) String() string {
	seconds := max(s.Elapsed.Seconds(), 0.001)
	line := fmt.Sprintf("%4.0fs  %d sessions, %.0f/s; %.0f connections/s; %.0f packets/s; corpus %d, %d behaviours",
		seconds, s.Sessions, float64(s.Sessions)/seconds, float64(s.Connections)/seconds, float64(s.Packets)/seconds, s.Corpus, s.Tuples)
	for _, c := range Classes() {
		if n := s.Found[c]; n > 0 {
			line += fmt.Sprintf(", %d %s", n, c)
		}
	}
	if s.Unstable > 0 {
		line += fmt.Sprintf(", %d unstable", s.Unstable)
	}
	if s.Waiting > 0 {
		line += fmt.Sprintf(", %d to look at", s.Waiting)
	}
	return line
}

// Broken says that something was found that counts: what was reproduced every time,
// and the death of a broker that could not be asked again.
func (r *Report) Broken() bool {
	return slices.ContainsFunc(r.Findings, func(f *Finding) bool {
		return f.Stable || r.Ended != "" && f.Class == Crash || r.Ended != "" && f.Class == Hang
	})
}

// Text writes the report for a screen.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s\n", f)
		if f.Class == Wrong {
			fmt.Fprintf(&b, "    %s\n", reports.Printable(firstLine(f.Detail)))
		}
		if f.Replay != "" {
			fmt.Fprintf(&b, "    %s\n", f.Replay)
		}
	}
	fmt.Fprintf(&b, "\n%s", r.Target)
	if r.Software != "" {
		fmt.Fprintf(&b, " is %s", r.Software)
	}
	fmt.Fprintf(&b, ", seed %d\n%s\n", r.Seed, strings.TrimSpace(r.Stats.String()))
	if len(r.Findings) == 0 {
		b.WriteString("nothing was found\n")
	}
	if r.NotSaved != "" {
		fmt.Fprintf(&b, "the corpus could not be written: %s\n", r.NotSaved)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

// Save writes report.json, summary.md and report.html into the folder.
func (r *Report) Save(dir string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, "report.json"), b.Bytes()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if err := writeFile(filepath.Join(dir, "summary.md"), []byte(r.markdown())); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	page, err := r.html()
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if err := writeFile(filepath.Join(dir, "report.html"), page); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// markdown is the report for a pull request.
func (r *Report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Fuzzing %s\n\n", reports.CodeInCell(r.Target))
	if r.Software != "" {
		fmt.Fprintf(&b, "%s, ", reports.CodeInCell(r.Software))
	}
	fmt.Fprintf(&b, "seed %d, started %s\n\n%s\n\n", r.Seed, r.Started.UTC().Format(time.RFC3339), r.Stats)
	if r.Ended != "" {
		fmt.Fprintf(&b, "**It ended early**: %s\n\n", reports.CodeInCell(r.Ended))
	}
	if r.NotSaved != "" {
		fmt.Fprintf(&b, "The corpus could not be written: %s\n\n", reports.CodeInCell(r.NotSaved))
	}
	if len(r.Findings) == 0 {
		b.WriteString("Nothing was found.\n")
		return b.String()
	}
	b.WriteString("| class | what | reproduced | bytes | replay |\n|---|---|---|---|---|\n")
	for _, f := range r.Findings {
		size := 0
		if f.Session != nil {
			size = f.Session.Size()
		}
		fmt.Fprintf(&b, "| %s | %s | %d of %d | %d | %s |\n", f.Class, reports.CodeInCell(f.Signature), f.Seen, f.Tries, size, reports.CodeInCell(f.Replay))
	}
	return b.String()
}
