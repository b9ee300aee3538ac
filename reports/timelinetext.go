package reports

import (
	"io"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

// wholeTimeline is how many events are shown where no other report has the rest.
const wholeTimeline = 400

// Timeline writes what happened in a trace, with the events that findings show marked
// and in hex.
func (t Text) Timeline(w io.Writer, trace result.Trace, findings ...result.Finding) error {
	p := page{Text: t, events: wholeTimeline}
	p.timeline(&result.Result{Trace: trace, Findings: findings})
	return p.flush(w)
}
