package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/probe"
)

// probeCmd is the flags of probe.
type probeCmd struct {
	Target string `arg:"" optional:"" help:"The broker: what run takes (default embedded:mochi)."`

	brokerFlags

	JSON bool `name:"json" help:"Print an object {target, broker, versions, declared, shown}."`
}

// Run asks the broker what it supports, and tries what it does.
func (c *probeCmd) Run(o out) (err error) {
	var texts []string
	if c.Target != "" {
		texts = []string{c.Target}
	}
	list, err := c.targets(texts)
	if err != nil {
		return err
	}
	opts, err := c.engineOptions()
	if err != nil {
		return err
	}
	opts.Seed = rand.Uint64()
	t := list[0]
	ctx, stop := interruptible(o)
	defer stop()
	broker, err := t.Start(ctx)
	if err != nil {
		return named(t, err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if closing := broker.Close(ctx); closing != nil {
			err = errors.Join(err, fmt.Errorf("%s could not be ended: %w", t.Name(), closing))
		}
	}()
	report, err := probe.Run(ctx, broker, opts)
	if err != nil {
		return named(t, err)
	}
	if c.JSON {
		return writeJSON(o.std, struct {
			Target string `json:"target"`
			Broker string `json:"broker,omitempty"`
			*probe.Report
		}{t.Name(), broker.Software(), report})
	}
	p := &folded{out: o.std, width: 100}
	p.line(0, "%s, %s over %s", t.Name(), cmp.Or(broker.Software(), "a broker of unknown make"), broker.Transport())
	p.line(0, "")
	for _, v := range []spec.Version{spec.V31, spec.V311, spec.V5} {
		p.line(0, "MQTT %-5s  %s", v, report.Versions[v])
	}
	p.facts("Declared in CONNACK of 5.0", report.Declared)
	p.facts("Shown", report.Shown)
	return p.err
}

// facts prints facts with their values: one line where all versions agree.
func (p *folded) facts(title string, list []probe.Fact) {
	if len(list) == 0 {
		return
	}
	p.line(0, "")
	p.line(0, "%s", title)
	for _, f := range list {
		var first string
		same := true
		for _, value := range f.In {
			first = cmp.Or(first, value)
			same = same && value == first
		}
		if same {
			p.line(2, "%s: %s", f.What, first)
			continue
		}
		p.line(2, "%s", f.What)
		for _, v := range []spec.Version{spec.V31, spec.V311, spec.V5} {
			if value, ok := f.In[v]; ok {
				p.line(4, "%s: %s", v, value)
			}
		}
	}
}

// folded prints texts in lines of a width, further lines further in.
type folded struct {
	out   io.Writer
	width int
	err   error // of the first print that failed
}

func (p *folded) line(indent int, format string, args ...any) {
	for i, l := range reports.Wrap(fmt.Sprintf(format, args...), p.width-indent-2) {
		if i > 0 {
			l = "  " + l
		}
		if _, err := fmt.Fprintf(p.out, "%s\n", padded(indent, l)); p.err == nil {
			p.err = err
		}
	}
}

// padded moves a line in, if there is anything in it.
func padded(indent int, l string) string {
	if l == "" {
		return ""
	}
	return fmt.Sprintf("%*s%s", indent, "", l)
}
