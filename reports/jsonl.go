package reports

import (
	"bufio"
	"bytes"
	_ "embed" // the published schema
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// SchemaName stands in the header of every results.jsonl. It changes when an
// old reader would misread a new file; a new optional member does not.
const SchemaName = "mqttproof.results/1"

// Schema is the published JSON Schema of one line of results.jsonl.
//
//go:embed schema/results.schema.json
var Schema []byte

// WriteJSONL writes the run as JSON Lines: a header, a line for each result, a
// footer. What the run leaves open is filled in: the name of the schema, the
// tool, the counts.
func WriteJSONL(w io.Writer, run *result.Run) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b) // one line a value, and <, > and & escaped
	enc.SetEscapeHTML(true)
	if err := enc.Encode(fullHeader(run.Header)); err != nil {
		return err
	}
	for _, r := range run.Results {
		line := *r
		line.Kind = "scenario"
		if line.Requirements == nil {
			line.Requirements = map[spec.Ref]result.Verdict{}
		}
		if err := enc.Encode(&line); err != nil {
			return fmt.Errorf("%s in %s: %w", r.ID, r.Version, err)
		}
	}
	footer := run.Footer
	footer.Kind = "footer"
	if footer.Counts == nil {
		footer.Counts = counts(run.Results)
	}
	if err := enc.Encode(footer); err != nil {
		return err
	}
	return b.Flush()
}

func fullHeader(h result.Header) result.Header {
	h.Kind = "header"
	if h.Schema == "" {
		h.Schema = SchemaName
	}
	if h.Tool == "" {
		h.Tool = "mqttproof"
	}
	if h.Versions == nil {
		h.Versions = []spec.Version{}
	}
	if h.Timeouts == nil {
		h.Timeouts = map[string]string{}
	}
	return h
}

func counts(results []*result.Result) map[result.Verdict]int {
	c := map[result.Verdict]int{}
	for _, r := range results {
		c[r.Verdict]++
	}
	return c
}

// ReadJSONL reads what WriteJSONL writes. An error names the line. A file
// without a footer, or whose last line is cut off, is what is left of an
// interrupted run: its results are given and the run is not complete.
func ReadJSONL(r io.Reader) (*result.Run, error) {
	in := reader{run: &result.Run{}}
	b := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := b.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		last := err != nil
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := in.line(text); err != nil {
				if last && in.header && cutOff(err) {
					break
				}
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
		}
		if last {
			break
		}
	}
	if !in.header {
		return nil, errors.New("line 1: the file is empty; results begin with a header")
	}
	if !in.footer {
		in.run.Footer = result.Footer{Kind: "footer", Counts: counts(in.run.Results)}
	}
	return in.run, nil
}

// cutOff says whether a line ends in the middle, as opposed to being wrong.
func cutOff(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input"
}

type reader struct {
	run            *result.Run
	header, footer bool
}

func (in *reader) line(text []byte) error {
	var head struct{ Kind, Schema string }
	if err := json.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("not a JSON object: %w", err)
	}
	switch {
	case head.Kind == "header" && in.header:
		return errors.New("a second header; one file holds one run")
	case head.Kind != "header" && !in.header:
		return fmt.Errorf("results begin with a header, and this line is of kind %q", head.Kind)
	case in.footer:
		return errors.New("there is a line behind the footer")
	}
	switch head.Kind {
	case "header":
		if head.Schema != SchemaName {
			return fmt.Errorf("the schema is %q; this version of mqttproof reads %q", head.Schema, SchemaName)
		}
		in.header = true
		return json.Unmarshal(text, &in.run.Header)
	case "scenario":
		r := &result.Result{}
		if err := json.Unmarshal(text, r); err != nil {
			return err
		}
		if r.ID == "" || r.Verdict == 0 {
			return errors.New("a scenario needs id and verdict")
		}
		in.run.Results = append(in.run.Results, r)
		return nil
	case "footer":
		in.footer = true
		return json.Unmarshal(text, &in.run.Footer)
	}
	return fmt.Errorf("unknown kind %q; there are header, scenario and footer", head.Kind)
}
