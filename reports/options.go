package reports

import "github.com/mqttproof/mqttproof/codec/spec"

// Options say what counts, where a format has its own notion of failing. The
// zero value is what the functions without options use.
type Options struct {
	// Level from which a broken requirement fails; 0 means MUST.
	Level spec.Level
	// KnownLenient lets entries of the known deviations that no longer hold be
	// a remark; else they are a failure.
	KnownLenient bool

	// folders are where the captures of each run are, relative to the page that
	// tells of several; nil for where the page is.
	folders []string
}
