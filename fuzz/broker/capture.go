package broker

import (
	"io"
	"path/filepath"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// saveCapture writes what was sent and answered in the last run of the session, for
// Wireshark. A finding that was not reproduced has no trace.
func (x *Finding) saveCapture(dir string, started time.Time) error {
	r := x.asResult()
	if len(r.Trace) == 0 {
		return nil
	}
	return reports.WriteFile(filepath.Join(dir, "trace.pcapng"), func(w io.Writer) error {
		return reports.WriteCapture(w, result.Header{Target: x.Target, Broker: x.Software, Started: started}, r)
	})
}

// asResult is the finding in the form that reports show.
func (x *Finding) asResult() *result.Result {
	r := &result.Result{ID: x.ID, Title: x.Signature, Verdict: result.Fail, Replay: x.Replay, Trace: x.last.trace}
	r.Version = spec.V5
	if len(r.Trace) > 0 {
		r.Version = r.Trace[0].Version
	}
	if x.Class == Wrong && x.last.finding.Requirement.ID != "" {
		r.Findings = []result.Finding{x.last.finding}
		r.Verdict = x.last.finding.Verdict()
	} else {
		r.Reason = x.Detail
	}
	return r
}
