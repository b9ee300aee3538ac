package parser_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// badName names the bad parser that FuzzBad is to fuzz, in a process of its own.
const badName = "MQTTPROOF_BAD_PARSER"

// FuzzBad is what TestFuzz runs: a fuzz test of a bad parser.
func FuzzBad(f *testing.F) {
	name := os.Getenv(badName)
	if name == "" {
		f.Skip("run by TestFuzz")
	}
	for _, b := range append(bad(nil), badParser{"strict", "", "", strict}, badParser{"fails on what no table has", "", "", rare}) {
		if b.name == name {
			parser.Parser{Version: codec.V5, From: codec.FromClient, Parse: b.parse, Timeout: time.Second}.Fuzz(f)
		}
	}
}

// rare is a parser whose fault no seed shows: it does not like two times the same
// filter in a SUBSCRIBE.
func rare(packet []byte) error {
	p, _, err := codec.Decode(packet, codec.V5, codec.FromClient)
	if p, ok := p.(*codec.Subscribe); ok && err == nil {
		filters := map[string]bool{}
		for _, s := range p.Subscriptions {
			if filters[string(s.Filter)] {
				panic("the filter " + s.Filter.String() + " is there twice")
			}
			filters[string(s.Filter)] = true
		}
	}
	return err
}

func TestFuzz(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want []string // in the output; none: it passes
	}{
		{"strict", nil, nil},
		{"panics on a User Property in UNSUBSCRIBE", nil, []string{"panic: an error or nil was expected", "assignment to entry in nil map", "parser_test.go:"}},
		{"does not come back from an AUTH", nil, []string{"hang: an answer was expected within 1s", "packet: f0"}},
		{"does not check U+0000", nil, []string{" x, such as accepts:", "The null character U+0000 must not be encoded", "\t\"5.0/MQTT-1.5.4-2\",\n"}},
		{"fails on what no table has", nil, nil},
		{"fails on what no table has", []string{"-test.fuzz=^FuzzBad$", "-test.fuzztime=120s", "-test.fuzzminimizetime=1x", "-test.parallel=1"},
			[]string{"is there twice", "packet: 82"}},
	} {
		t.Run(strings.Join(append([]string{c.name}, c.args...), " "), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^FuzzBad$", "-test.fuzzcachedir=" + t.TempDir()}, c.args...)...)
			cmd.Dir = t.TempDir() // for testdata/fuzz
			cmd.Env = append(os.Environ(), badName+"="+c.name)
			out, err := cmd.CombinedOutput()
			if (err != nil) != (len(c.want) > 0) {
				t.Errorf("it must fail: %v; it ends with %v:\n%s", len(c.want) > 0, err, out)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("its output has no %q:\n%s", want, out)
				}
			}
		})
	}
}
