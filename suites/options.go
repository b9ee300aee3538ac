package suites

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/suites/session"
)

// Option is a setting of a suite. It has the meaning of the flag of the same
// name of the command.
type Option func(*options)

type options struct {
	only, skip    []string
	versions      []spec.Version
	timeoutFactor float64
	level         spec.Level
	knownFile     string
	session       session.Config
}

// Only runs these: scenarios, areas or requirements, with * for anything.
func Only(what ...string) Option { return func(o *options) { o.only = append(o.only, what...) } }

// Skip leaves these out.
func Skip(what ...string) Option { return func(o *options) { o.skip = append(o.skip, what...) } }

// Versions are the versions of MQTT; without it 3.1.1 and 5.0, as far as the
// broker speaks them.
func Versions(vs ...spec.Version) Option {
	return func(o *options) { o.versions = append(o.versions, vs...) }
}

// Without declares features that the broker lacks.
func Without(features ...engine.Feature) Option {
	return func(o *options) { o.session.Options.Without = append(o.session.Options.Without, features...) }
}

// Prefix begins every topic, for brokers with access rules.
func Prefix(topic string) Option { return func(o *options) { o.session.Options.Prefix = topic } }

// ClientPrefix begins every client identifier, for brokers with access rules.
func ClientPrefix(text string) Option {
	return func(o *options) { o.session.Options.ClientPrefix = text }
}

// Parallel is how many scenarios are in flight at once.
func Parallel(n int) Option { return func(o *options) { o.session.Options.Parallel = n } }

// TimeoutFactor multiplies every wait.
func TimeoutFactor(factor float64) Option { return func(o *options) { o.timeoutFactor = factor } }

// Seed repeats a run with the same seed.
func Seed(seed uint64) Option { return func(o *options) { o.session.Options.Seed = seed } }

// Known applies a list of known deviations. The file "none" turns off the one
// of an embedded broker.
func Known(file string) Option { return func(o *options) { o.knownFile = file } }

// Broker says what the broker is, such as "mochi 2.7.9", and applies the list
// of known deviations that comes with mqttproof for it.
func Broker(software string) Option { return func(o *options) { o.session.Software = software } }

// Should lets a spec fail where a SHOULD is broken; without it that is a report
// entry.
func Should() Option { return func(o *options) { o.level = spec.Should } }

// read makes the options of a suite. They are read before any spec runs.
func read(target containers.Target, list []Option) (*options, error) {
	o := &options{timeoutFactor: 1, level: spec.Must}
	o.session.Options.Seed = rand.Uint64N(1 << 31)
	for _, opt := range list {
		opt(o)
	}
	if o.versions == nil {
		o.versions = []spec.Version{spec.V311, spec.V5}
	} else {
		o.session.Options.Versions = o.versions
	}
	all := scenarios.All()
	var err error
	if o.session.Scenarios, err = scenarios.Select(all, o.only, o.skip); err != nil {
		return nil, err
	}
	o.session.All = len(o.session.Scenarios) == len(all) && o.session.Options.Versions == nil
	if o.session.Options.Timeouts, err = engine.DefaultTimeouts().Scale(o.timeoutFactor); err != nil {
		return nil, err
	}
	for _, f := range o.session.Options.Without {
		if !slices.Contains(engine.Features(), f) {
			return nil, fmt.Errorf("%q is not a feature; the features are %v", f, engine.Features())
		}
	}
	switch o.knownFile {
	case "":
	case "none":
		o.session.NoKnown = true
	default:
		if o.session.Known, err = reports.LoadKnown(o.knownFile); err != nil {
			return nil, err
		}
	}
	o.session.Target = target
	o.session.Options.Replay = session.Replay(target)
	return o, nil
}
