package reports

import (
	"bufio"
	_ "embed" // the templates
	"html/template"
	"io"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

var (
	//go:embed html/page.html.tmpl
	pageText string
	//go:embed html/timeline.html.tmpl
	timelineText string
)

// PageEvents are lines of a timeline for the template "timeline".
type PageEvents []htmlEvent

// PageTimeline gives the timeline of a result, with what shows a finding marked.
func PageTimeline(r *result.Result) (events PageEvents) {
	for _, row := range timeline(r, htmlEvents) {
		events = append(events, htmlEventOf(row, r))
	}
	return events
}

// WritePage writes a page without a script, in the look of report.html, which needs
// nothing else. body is the text of an html/template with the data that fills the page;
// it may use {{template "timeline" EVENTS}}. Texts that a broker chose are made
// printable by Clip before they come into data; the template escapes them.
func WritePage(w io.Writer, title, body string, data any) error {
	t, err := pageTemplate("page", pageText)
	if err != nil {
		return err
	}
	if _, err := t.New("body").Parse(body); err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	page := struct {
		Title string
		CSS   template.CSS
		Data  any
	}{Clip(title, 300), template.CSS(htmlCSS), data}
	if err := t.Execute(b, page); err != nil {
		return err
	}
	return b.Flush()
}

// pageTemplate parses a template that may use the timeline.
func pageTemplate(name, text string) (*template.Template, error) {
	t, err := template.New(name).Parse(text)
	if err != nil {
		return nil, err
	}
	if _, err := t.New("parts").Parse(timelineText); err != nil {
		return nil, err
	}
	return t, nil
}
