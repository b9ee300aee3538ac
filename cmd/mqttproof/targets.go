package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/mqttproof/mqttproof/containers/presets"
	"github.com/mqttproof/mqttproof/reports"
)

type targetsCmd struct{}

// Run prints the forms of targets, and the presets with what one should know
// about results with them.
func (targetsCmd) Run(o out) error {
	w := tabwriter.NewWriter(o.std, 0, 8, 2, ' ', 0)
	line := func(target, what string) { _, _ = fmt.Fprintf(w, "%s\t%s\n", target, what) }
	line("embedded:mochi", "the broker that is built in; embedded: is short for it")
	line("embedded:nats", "nats-server, which is built in too and speaks 3.1.1 alone")
	line("mqtt://HOST:PORT", "a broker that runs; also tcp://, and port 1883 by itself")
	line("mqtts://HOST:PORT", "the same with TLS; also tls:// and ssl://, and port 8883 by itself")
	line("ws://HOST:PORT/PATH", "the same over WebSocket; port 80 and path /mqtt by themselves")
	line("wss://HOST:PORT/PATH", "the same over WebSocket with TLS; port 443 and path /mqtt by themselves")
	line("docker:IMAGE:TAG", "any image, at its port 1883")
	var notes []string
	for _, name := range presets.Names() {
		p, err := presets.Get(name)
		if err != nil {
			return err
		}
		if p.Executable != nil {
			line("exec:"+name, "a program on this machine: "+p.Executable.Install)
		}
		if c := p.Container; c != nil && c.Image != "" {
			line("docker:"+name, "a container of "+c.Image)
		} else if c != nil {
			line("docker:"+name, "a container of "+c.Local+", which 'go tool mage images' or debianImages builds")
		}
		for _, note := range p.Notes {
			notes = append(notes, name+": "+note)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, note := range notes {
		if _, err := fmt.Fprintf(o.std, "\n%s\n", reports.Printable(note)); err != nil {
			return err
		}
	}
	return nil
}
