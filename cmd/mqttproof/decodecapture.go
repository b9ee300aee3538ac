package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/reports/capture"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// capture lists the packets of a capture file with what they break. The error is that
// of writing.
func (d *decoding) capture(name string, from io.Reader) error {
	c, err := capture.Read(from, d.version)
	if err == nil && c.Connections == 0 {
		err = fmt.Errorf("there is no MQTT in its %d frames; what is looked for is TCP in the clear, to port %d or opened with a CONNECT", c.Read, capture.Port)
	}
	if c.Connections > 0 {
		if err := d.list(name, c); err != nil {
			return err
		}
	}
	if err != nil {
		d.complain("%s: %w", name, err)
	}
	return nil
}

func (d *decoding) list(name string, c *capture.Capture) error {
	packets, wrong := 0, 0
	var b strings.Builder
	for i := range c.Trace {
		e := &c.Trace[i]
		if e.Dir == result.In || e.Dir == result.Out {
			packets++
		}
		if len(e.Violations) > 0 {
			wrong++
			d.violated = true
		}
		sign := "\n    ! "
		if d.line {
			sign = " ! "
		}
		fmt.Fprintf(&b, "#%-5d %9.3f  %s %s", c.Frames[i], float64(e.At)/float64(time.Second), e.Client, what(e))
		for k := range e.Violations {
			x := &e.Violations[k]
			fmt.Fprintf(&b, "%s%s at byte %d: %s (%s)", sign, x.Class, x.Offset, reports.Printable(x.Text), x.Requirement)
		}
		if !d.line {
			for _, comment := range c.Comments[i] {
				for line := range strings.Lines(comment) {
					b.WriteString("\n    # " + reports.Printable(strings.TrimRight(line, "\r\n")))
				}
			}
		}
		b.WriteByte('\n')
	}
	summary := fmt.Sprintf("%s on %s in %s; %d break something", count(packets, "packet"), count(c.Connections, "connection"), count(c.Read, "frame"), wrong)
	if c.Skipped > 0 {
		summary += fmt.Sprintf("; %d bytes are of packets whose beginning the file does not have", c.Skipped)
	}
	_, err := fmt.Fprintf(d.std, "%s%s: %s\n", b.String(), reports.Printable(name), summary)
	return err
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// what is an event in words.
func what(e *result.Event) string {
	switch {
	case e.Dir == result.Out:
		return "-> " + reports.Printable(e.Text)
	case e.Dir == result.In:
		return "<- " + reports.Printable(e.Text)
	case e.Dir == result.Open:
		return "+  connected"
	case e.ClosedByUs():
		return "x  closed by the client"
	case e.Dir == result.Close:
		return "x  " + e.Text
	}
	return ""
}
