// Package parser fuzzes a packet parser with what the reference codec knows: packets
// made from the tables of the standard, changes of their fields, and a verdict on
// every answer. It imports the codec and the standard library only.
//
// An input is the bytes of one packet. Bytes behind the end of the packet are not
// given to the parser: they choose how the packet is changed first. So a file with a
// packet is an input as it is, and a fuzzer that knows nothing of MQTT changes
// fields, properties and lengths by appending bytes.
package parser

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// Parser is a parser under test, with what may be expected of it.
type Parser struct {
	// Parse gives nil where the bytes hold one valid packet that is whole. It may keep
	// the bytes and change them. Of packets that it does not want to read, such as
	// AUTH, it may say so: an error that is errors.ErrUnsupported is neither right nor
	// wrong. A parser of several versions is a Parser for each.
	Parse func(packet []byte) error
	// Version is that of the packets. 0 is the version of a CONNECT, and 5.0 for the
	// other packets.
	Version codec.Version
	// From is who sends them; 0 is either end.
	From codec.Sender
	// Tolerate names the rules that the parser need not check, such as
	// 5.0/MQTT-1.5.4-2: it may accept packets that break these rules and no others.
	Tolerate []string
	// Corpus is a folder with more packets, raw or as go test writes them; see
	// ReadCorpus. "" is none.
	Corpus string
	// Timeout is how long one call may take; 0 is 5 s.
	Timeout time.Duration
}

// Class is what is wrong with an answer.
type Class string

// The classes of findings.
const (
	Panic   Class = "panic"   // the parser panics
	Hang    Class = "hang"    // it does not come back
	Memory  Class = "memory"  // it allocates out of proportion to the packet
	Rejects Class = "rejects" // it rejects what the standard allows
	Accepts Class = "accepts" // it accepts what the standard forbids
)

// gravity are the classes, the gravest first.
var gravity = []Class{Panic, Hang, Memory, Rejects, Accepts}

// Finding is one wrong answer.
type Finding struct {
	Class Class
	// Packet is what the parser was given.
	Packet []byte
	// Rule is the rule that an accepted packet breaks; the zero Ref in the other
	// classes.
	Rule spec.Ref
	// Text says what was expected and what was seen.
	Text string
	// about tells findings of one class apart: where it panics, or what it says.
	about string
}

// Error gives the text and the packet.
func (f *Finding) Error() string {
	return fmt.Sprintf("%s: %s\n  packet: %s", f.Class, f.Text, hexOf(f.Packet))
}

// Signature is the same for all findings that have one cause, as far as that can be
// seen: the rule, the place of the panic, the error.
func (f *Finding) Signature() string {
	if f.Rule != (spec.Ref{}) {
		return string(f.Class) + " " + f.Rule.String()
	}
	return strings.TrimSuffix(string(f.Class)+" "+f.about, " ")
}

func hexOf(b []byte) string {
	const most = 200
	if len(b) > most {
		return fmt.Sprintf("% x … (%d bytes)", b[:most], len(b))
	}
	return fmt.Sprintf("% x", b)
}

func (p *Parser) timeout() time.Duration {
	if p.Timeout > 0 {
		return p.Timeout
	}
	return 5 * time.Second
}

// validate looks for mistakes in the declaration.
func (p *Parser) validate() error {
	if p.Parse == nil {
		return errors.New("parser: Parse is nil; it is the function that is to be fuzzed")
	}
	for _, rule := range p.Tolerate {
		ref, err := spec.ParseRef(rule)
		if err != nil {
			return fmt.Errorf("parser: Tolerate: %w", err)
		}
		// The rules of 3.1 are sections, which no catalogue has.
		if _, ok := spec.Lookup(ref); !ok && ref.Version != codec.V31 && !strings.HasPrefix(ref.ID, "§") {
			return fmt.Errorf("parser: Tolerate: there is no rule %s; `mqttproof list --requirements` has them all", rule)
		}
	}
	return nil
}

func (p *Parser) tolerates(rule spec.Ref) bool {
	for _, t := range p.Tolerate {
		version, id, _ := strings.Cut(t, "/")
		if id == rule.ID && version == rule.Version.String() {
			return true
		}
	}
	return false
}

// Check gives the input to the parser and judges the answer; nil is a right answer.
// Where the parser does not come back it panics in place of a finding, because the
// call cannot be ended.
func (p *Parser) Check(input []byte) *Finding {
	packet := Packet(input, p.Version, p.From)
	timer := time.AfterFunc(p.timeout(), func() { panic(p.hang(packet).Error()) })
	defer timer.Stop()
	return p.check(packet)
}

func (p *Parser) hang(packet []byte) *Finding {
	return &Finding{Class: Hang, Packet: packet,
		Text: fmt.Sprintf("an answer was expected within %v; the parser has not come back", p.timeout())}
}

// check runs the oracles, the gravest first.
func (p *Parser) check(packet []byte) *Finding {
	if small, length := lowered(packet, p.Version, p.From); length != "" {
		// A length that is only announced: what the parser does with a small lie it
		// would do with the large one, which is told to it only after that.
		if f, _ := p.call(small); f != nil && f.Class == Memory {
			f.about = length
			f.Text += fmt.Sprintf("; the %s may announce %d", length, codec.MaxRemaining)
			return f
		}
	}
	f, err := p.call(packet)
	if f != nil {
		return f
	}
	return p.judge(packet, err)
}

// judge compares the answer of the parser with that of the reference codec.
func (p *Parser) judge(packet []byte, answer error) *Finding {
	if errors.Is(answer, errors.ErrUnsupported) {
		return nil
	}
	read, n, err := codec.Decode(packet, p.Version, p.From)
	switch {
	case err == nil && answer != nil:
		version := p.version(packet)
		return &Finding{Class: Rejects, Packet: packet, about: fmt.Sprintf("%s %s: %v", version, read.Type(), answer),
			Text: fmt.Sprintf("the packet is valid in %s (%s); the parser says: %v", version, read, answer)}
	case err != nil && answer == nil:
		if n == 0 {
			n = len(packet)
		}
		_, violations := codec.Inspect(packet[:n], p.Version, p.From)
		for _, v := range violations {
			if !p.tolerates(v.Requirement) {
				return &Finding{Class: Accepts, Packet: packet, Rule: v.Requirement,
					Text: fmt.Sprintf("the packet is %s and the parser accepts it: %s%s", v.Class, v.Error(), sentence(v.Requirement))}
			}
		}
	}
	return nil
}

// sentence is what the standard says, in the words of the catalogue.
func sentence(rule spec.Ref) string {
	r, ok := spec.Lookup(rule)
	if !ok {
		return ""
	}
	return fmt.Sprintf("\n  %s: %s", rule, r.Summary)
}

// version is the version that the packet is read in.
func (p *Parser) version(packet []byte) codec.Version { return versionOf(packet, p.Version) }

func versionOf(packet []byte, v codec.Version) codec.Version {
	if v != 0 {
		return v
	}
	if level, ok := codec.ConnectVersion(packet); ok && level >= codec.V31 && level <= codec.V5 {
		return level
	}
	return codec.V5
}
