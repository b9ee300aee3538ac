package reports

import (
	"io"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Timeline writes what happened in a trace, with the events that findings show marked
// and in hex.
func (t Text) Timeline(w io.Writer, trace result.Trace, findings ...result.Finding) error {
	p := page{Text: t}
	p.timeline(&result.Result{Trace: trace, Findings: findings})
	return p.flush(w)
}
