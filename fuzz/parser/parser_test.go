package parser_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// strict is a parser without a fault: the reference codec.
func strict(packet []byte) error {
	_, _, err := codec.Decode(packet, codec.V5, codec.FromClient)
	return err
}

// bad are parsers with one fault each, and what must be found in them.
func bad(done <-chan struct{}) []badParser {
	return []badParser{
		{"panics on a User Property in UNSUBSCRIBE", parser.Panic, "panic github.com/mqttproof/mqttproof/fuzz/parser_test.bad.func", func(packet []byte) error {
			p, _, err := codec.Decode(packet, codec.V5, codec.FromClient)
			if p, ok := p.(*codec.Unsubscribe); ok && err == nil && len(p.Properties) > 0 {
				indexes := map[string]map[string]string{}
				indexes["none"][string(p.Properties[0].Name)] = "" // of a nil map
			}
			return err
		}},
		{"panics with nil", parser.Panic, "panic github.com/mqttproof/mqttproof/fuzz/parser_test.bad.func", func(packet []byte) error {
			if len(packet) > 3 && packet[0] == 0xE0 {
				panic(nil)
			}
			return strict(packet)
		}},
		{"does not come back from an AUTH", parser.Hang, "hang", func(packet []byte) error {
			if len(packet) > 0 && packet[0] == 0xF0 {
				<-done
			}
			return strict(packet)
		}},
		{"makes room for what a packet announces", parser.Memory, "memory Remaining Length", func(packet []byte) error {
			if n, ok, err := codec.FrameSize(packet); ok && err == nil && packet[0]>>4 == 3 {
				room = make([]byte, n)
			}
			return strict(packet)
		}},
		{"makes room for the properties that are announced", parser.Memory, "memory Property Length", func(packet []byte) error {
			for _, f := range codec.Fields(packet, codec.V5, codec.FromClient) {
				if f.Name == "Property Length" && packet[0]>>4 == 8 {
					n, _, _ := codec.FrameSize(append([]byte{0}, packet[f.Offset:]...)) // a length as any other
					room = make([]byte, n)
				}
			}
			return strict(packet)
		}},
		{"reads behind its packet", parser.Panic, "panic github.com/mqttproof/mqttproof/fuzz/parser_test.bad.func", func(packet []byte) error {
			if len(packet) > 2 && packet[0] == 0x62 {
				packet = packet[:len(packet)+1]
				clear(packet) // which is its own to change
				return errors.ErrUnsupported
			}
			return strict(packet)
		}},
		{"does not check U+0000", parser.Accepts, "accepts 5.0/MQTT-1.5.4-2", accepting("5.0/MQTT-1.5.4-2")},
		{"does not wait for the rest", parser.Accepts, "accepts 5.0/U5-2.1.4-u2", accepting("5.0/U5-2.1.4-u2")},
		{"does not know Topic Aliases", parser.Rejects, "rejects 5.0 PUBLISH: unknown property", func(packet []byte) error {
			p, _, err := codec.Decode(packet, codec.V5, codec.FromClient)
			if p, ok := p.(*codec.Publish); ok && err == nil {
				if _, ok := p.Properties.Find(codec.TopicAlias); ok {
					return errors.New("unknown property")
				}
			}
			return err
		}},
	}
}

type badParser struct {
	name      string
	class     parser.Class
	signature string // its start
	parse     func([]byte) error
}

// room keeps what is allocated from being optimised away.
var room []byte

// accepting is a parser that does not check one rule.
func accepting(rule string) func([]byte) error {
	return func(packet []byte) error {
		_, n, err := codec.Decode(packet, codec.V5, codec.FromClient)
		if n == 0 {
			n = len(packet)
		}
		_, violations := codec.Inspect(packet[:n], codec.V5, codec.FromClient)
		for _, v := range violations {
			if v.Requirement.String() != rule {
				return err
			}
		}
		return nil
	}
}

// all gives what a run finds within so many calls.
func all(t *testing.T, p parser.Parser, seed uint64, calls int) (findings []*parser.Finding) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	parse := p.Parse
	var n atomic.Int64
	var before []byte // a packet is given again where its memory is doubted
	p.Parse = func(packet []byte) error {
		if !bytes.Equal(packet, before) {
			n.Add(1)
			before = packet
		}
		if n.Load() >= int64(calls) {
			cancel()
		}
		return parse(packet)
	}
	for f := range p.Run(ctx, seed) {
		findings = append(findings, f)
	}
	if n := n.Load(); n < int64(calls) && (len(findings) == 0 || findings[len(findings)-1].Class != parser.Hang) {
		t.Errorf("the run ended after %d calls of %d", n, calls)
	}
	return findings
}

// calls is the seeds and more than as many changed packets.
const calls = 12_000

func TestRunFindsTheFault(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	for _, b := range bad(done) {
		t.Run(b.name, func(t *testing.T) {
			p := parser.Parser{Version: codec.V5, From: codec.FromClient, Parse: b.parse, Timeout: time.Second}
			findings := all(t, p, 1, calls)
			if len(findings) != 1 {
				t.Fatalf("one finding was expected, there are %d: %v", len(findings), findings)
			}
			f := findings[0]
			if f.Class != b.class || !strings.HasPrefix(f.Signature(), b.signature) {
				t.Errorf("%s was expected, with the signature %s; it is %s with %s", b.class, b.signature, f.Class, f.Signature())
			}
			if len(f.Packet) == 0 || len(f.Packet) > 200 {
				t.Errorf("a packet of 1 to 200 bytes was expected, it is % x", f.Packet)
			}
			t.Log(f)
			if b.class == parser.Hang {
				return // which Check tells by a panic of the process
			}
			if again := p.Check(f.Packet); again == nil || again.Signature() != f.Signature() {
				t.Errorf("Check of the same packet finds %v", again)
			}
		})
	}
}

func TestRunFindsNothing(t *testing.T) {
	for name, p := range map[string]parser.Parser{
		"in the reference codec":   {Version: codec.V5, From: codec.FromClient, Parse: strict},
		"in what is tolerated":     {Version: codec.V5, From: codec.FromClient, Parse: accepting("5.0/MQTT-1.5.4-2"), Tolerate: []string{"5.0/MQTT-1.5.4-2"}},
		"in what is not supported": {Version: codec.V5, From: codec.FromClient, Parse: func([]byte) error { return errors.ErrUnsupported }},
		"in any version": {Parse: func(packet []byte) error {
			_, _, err := codec.Decode(packet, 0, 0)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if findings := all(t, p, 1, calls); len(findings) > 0 {
				t.Errorf("%d findings: %v", len(findings), findings)
			}
		})
	}
}

func TestRunRepeatsWithItsSeed(t *testing.T) {
	packets := func(seed uint64) (sum uint64) {
		var before []byte
		all(t, parser.Parser{Version: codec.V5, Parse: func(packet []byte) error {
			if bytes.Equal(packet, before) {
				return errors.ErrUnsupported
			}
			before = packet
			for _, c := range packet {
				sum = sum*31 + uint64(c)
			}
			return errors.ErrUnsupported
		}}, seed, calls)
		return sum
	}
	if one, two := packets(7), packets(7); one != two {
		t.Errorf("seed 7 gave other packets the second time: %x, %x", one, two)
	}
	if packets(7) == packets(8) {
		t.Error("seeds 7 and 8 give the same packets")
	}
}

func TestCheckChangesByWhatIsBehindThePacket(t *testing.T) {
	ping := []byte{0xC0, 0}
	given := map[string]bool{}
	p := parser.Parser{Version: codec.V5, Parse: func(packet []byte) error {
		given[string(packet)] = true
		return errors.ErrUnsupported
	}}
	if p.Check(ping); len(given) != 1 || !given[string(ping)] {
		t.Fatalf("a packet alone is given as it is; given was %v", given)
	}
	for i := range 256 {
		for j := range 16 {
			p.Check(append(bytes.Clone(ping), 1, byte(i), byte(j)))
		}
	}
	if len(given) < 40 {
		t.Errorf("4,096 scripts make %d packets of a PINGREQ", len(given))
	}
}

func TestParserIsDeclaredWrongly(t *testing.T) {
	for name, c := range map[string]struct {
		p    parser.Parser
		want string
	}{
		"no function":  {parser.Parser{}, "Parse is nil"},
		"no rule":      {parser.Parser{Parse: strict, Tolerate: []string{"MQTT-1.5.4-2"}}, "is not a requirement"},
		"unknown rule": {parser.Parser{Parse: strict, Tolerate: []string{"5.0/MQTT-9.9.9-9"}}, "there is no rule 5.0/MQTT-9.9.9-9"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), c.want) {
					t.Errorf("it must say %q, it says %v", c.want, err)
				}
			}()
			c.p.Run(t.Context(), 1)
		})
	}
}

func TestCorpusHoldsBothForms(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "corpus")
	if inputs, err := parser.ReadCorpus(dir); err != nil || len(inputs) > 0 {
		t.Fatalf("a folder that is not there: %v, %v", inputs, err)
	}
	if err := parser.WriteCorpus(dir, [][]byte{{0xC0, 0}, {0xE0, 0}, {0xC0, 0}}); err != nil {
		t.Fatal(err)
	}
	native := "go test fuzz v1\n[]byte(\"\\xd0\\x00\\n\")\n"
	if err := os.WriteFile(filepath.Join(dir, "zz"), []byte(native), 0o644); err != nil {
		t.Fatal(err)
	}
	inputs, err := parser.ReadCorpus(dir)
	if err != nil || len(inputs) != 3 || string(inputs[2]) != "\xd0\x00\n" {
		t.Errorf("three inputs were expected, the last one D0 00 0A; they are % x, %v", inputs, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "zz"), []byte("go test fuzz v1\nint(3)\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ReadCorpus(dir); err == nil || !strings.Contains(err.Error(), "zz") {
		t.Errorf("a value of another type must be an error that names the file; it is %v", err)
	}
}

func TestSeeds(t *testing.T) {
	every, few := parser.Seeds(0, 0), parser.FewSeeds(0, 0)
	types := map[byte]bool{}
	for _, s := range few {
		types[s[0]>>4] = true
	}
	if len(types) != 16 {
		t.Errorf("packets of 16 types were expected, the reserved ones included, there are %d", len(types))
	}
	if len(few)*2 > len(every) || len(few) < 500 {
		t.Errorf("%d of %d seeds are no selection", len(few), len(every))
	}
	if one := parser.Seeds(codec.V311, codec.FromServer); len(one) == 0 || len(one) > len(every)/2 {
		t.Errorf("%d seeds of %d are those of 3.1.1 from a server", len(one), len(every))
	}
}

func TestDictionary(t *testing.T) {
	for _, want := range []string{`subscribe="\x82"`, `topic_alias="\x23\x00\x01"`, `protocol_5="\x00\x04\x4d\x51\x54\x54\x05"`} {
		if !strings.Contains(parser.Dictionary(), want+"\n") {
			t.Errorf("the dictionary has no line %s:\n%s", want, parser.Dictionary())
		}
	}
}

// Who fuzzes a parser compiles no broker: the codec and the standard library only.
func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, out)
	}
	const module = "github.com/mqttproof/mqttproof/"
	for path := range strings.FieldsSeq(string(out)) {
		if path != module+"fuzz/parser" && path != module+"codec" && !strings.HasPrefix(path, module+"codec/") {
			t.Errorf("it imports %s", path)
		}
	}
}
