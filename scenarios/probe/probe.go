// Package probe asks a broker for what it declares and tries what it does in
// fact: its limits, its features, and what it makes of the freedom that the
// standard leaves. It accuses nobody; the scenarios do.
package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Report is what is known of a broker.
type Report struct {
	// Versions says of each version of MQTT whether the broker speaks it:
	// "accepted", or how it declines.
	Versions map[spec.Version]string `json:"versions"`
	// Declared is what it says in CONNACK of 5.0, with the defaults of the standard
	// where it says nothing.
	Declared []Fact `json:"declared"`
	// Shown is what it was seen to do.
	Shown []Fact `json:"shown"`
}

// Fact is one thing that is known.
type Fact struct {
	What string `json:"what"`
	// In gives the value in each version in which it was tried.
	In map[spec.Version]string `json:"in"`
}

// Run probes the broker in each of the versions that it speaks. The error wraps
// engine.ErrNoBroker where it speaks none, or says that ctx has ended.
func Run(ctx context.Context, target engine.Target, opts engine.Options) (*Report, error) {
	report := &Report{Versions: map[spec.Version]string{}}
	var declined []error
	for _, v := range []spec.Version{spec.V31, spec.V311, spec.V5} {
		opts.Versions = []spec.Version{v}
		run, err := engine.Run(ctx, target, probes(), opts, nil)
		if ctx.Err() != nil {
			return report, context.Cause(ctx)
		}
		if errors.Is(err, engine.ErrNoBroker) {
			report.Versions[v] = "declined"
			declined = append(declined, fmt.Errorf("MQTT %s: %w", v, err))
			continue
		}
		if err != nil && !errors.Is(err, engine.ErrNothingToRun) {
			return report, err
		}
		report.Versions[v] = "accepted"
		for _, res := range run.Results {
			report.add(v, res)
		}
	}
	if len(declined) == len(report.Versions) {
		return report, errors.Join(declined...)
	}
	order := func(facts []Fact) {
		slices.SortStableFunc(facts, func(a, b Fact) int { return place(a.What) - place(b.What) })
	}
	order(report.Declared)
	order(report.Shown)
	return report, nil
}

// add takes over what a probe has observed, or why it could not.
func (r *Report) add(v spec.Version, res *result.Result) {
	facts := &r.Shown
	if res.ID == declared {
		facts = &r.Declared
	}
	for _, o := range res.Observed {
		note(facts, o.What, v, o.Value)
	}
	if len(res.Observed) > 0 || res.Area != "probe" {
		return
	}
	switch {
	case res.Reason != "":
		note(facts, res.Title, v, "not tried: "+res.Reason)
	case len(res.Findings) > 0:
		f := res.Findings[0]
		note(facts, res.Title, v, fmt.Sprintf("not known: expected %s, got %s", f.Expected, f.Got))
	}
}

func note(facts *[]Fact, what string, v spec.Version, value string) {
	for i := range *facts {
		if f := &(*facts)[i]; f.What == what {
			f.In[v] = value
			return
		}
	}
	*facts = append(*facts, Fact{what, map[spec.Version]string{v: value}})
}

// declared is the probe that reads CONNACK.
const declared = "probe.declared"

// all holds the probes in the order in which they are told.
var all []engine.Scenario

// add registers a probe: what it looks at is the title, under which it observes.
//
//nolint:unparam // Only a call that gives something can stand beside a package variable.
func add(id, what string, versions []spec.Version, needs []engine.Feature, run func(t *engine.T)) bool {
	all = append(all, engine.Scenario{
		ID: "probe." + id, Title: what, Versions: versions, In31: slices.Contains(versions, spec.V31), Needs: needs,
		// What must be there at all is the acceptance of a CONNECT.
		Proves: []spec.Ref{{Version: spec.V311, ID: "MQTT-3.1.4-4"}, {Version: spec.V5, ID: "MQTT-3.1.4-5"}},
		Run:    run,
	})
	return true
}

func probes() []engine.Scenario { return all }

func place(what string) int {
	return slices.IndexFunc(all, func(s engine.Scenario) bool { return s.Title == what })
}

var (
	since31  = []spec.Version{spec.V31, spec.V311, spec.V5}
	since311 = []spec.Version{spec.V311, spec.V5}
	only5    = []spec.Version{spec.V5}
)

// The properties of CONNACK that declare something, with what the standard says
// where they are left out (3.2.2.3).
var _ = add("declared", "declared", only5, nil, func(t *engine.T) {
	c := t.Connect(engine.Name("client"), engine.With(codec.Int(codec.SessionExpiryInterval, 0xFFFFFFFF)))
	for _, p := range []struct {
		id      codec.PropertyID
		without string
	}{
		{codec.MaximumQoS, "2 (nothing is said)"},
		{codec.RetainAvailable, "1 (nothing is said)"},
		{codec.WildcardSubscriptionAvailable, "1 (nothing is said)"},
		{codec.SubscriptionIdentifierAvailable, "1 (nothing is said)"},
		{codec.SharedSubscriptionAvailable, "1 (nothing is said)"},
		{codec.ReceiveMaximum, "65535 (nothing is said)"},
		{codec.MaximumPacketSize, "no limit (nothing is said)"},
		{codec.TopicAliasMaximum, "0 (nothing is said)"},
		{codec.ServerKeepAlive, "that of the client (nothing is said)"},
		{codec.SessionExpiryInterval, "4294967295, never, as asked for (nothing is said)"},
	} {
		value := p.without
		if said, ok := c.Connack.Properties.Find(p.id); ok {
			value = fmt.Sprint(said.Int)
		}
		t.Observe(p.id.String(), "%s", value)
	}
})
