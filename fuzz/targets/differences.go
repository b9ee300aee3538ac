package targets

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// differencesList has a line for each group of packets that one codec accepts and the
// other refuses, with the sentence of the standard, in our words, that proves us
// right: peer, stricter, what and sentence.
//
//go:embed differences.tsv
var differencesList string

// difference is a group of packets that one codec accepts and the other refuses.
type difference struct {
	// stricter is "ours" or "theirs".
	stricter string
	// what is the requirement by which ours refuses, with its version, and what ours
	// says where it is a section; or the version, the type of the packet and the
	// error of theirs.
	what string
}

// between compares two readings of a packet: p and ours, or theirs.
func between(v codec.Version, p codec.Packet, ours, theirs error) (d difference, ok bool) {
	var violation *codec.Violation
	switch {
	case (ours == nil) == (theirs == nil):
		return difference{}, false
	case errors.As(ours, &violation):
		what := violation.Requirement.String()
		if strings.Contains(what, "§") {
			text, _, _ := strings.Cut(violation.Text, ":")
			what += ": " + text
		}
		return difference{"ours", what}, true
	}
	return difference{"theirs", fmt.Sprintf("%s %s: %v", v, p.Type(), theirs)}, true
}

// differences gives those that were looked into, with their sentences.
func differences(peer string) map[difference]string {
	list := map[difference]string{}
	for line := range strings.Lines(differencesList) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); len(cells) == 4 && cells[0] == peer {
			list[difference{cells[1], cells[2]}] = cells[3]
		}
	}
	return list
}

// peer is another codec as a parser under test: the differences that were looked into
// are tolerated, so that it is others that are found.
func peer(name string, v codec.Version, parse func([]byte) error) parser.Parser {
	list := differences(name)
	p := parser.Parser{Version: v}
	for d := range list {
		if rule, _, _ := strings.Cut(d.what, ":"); d.stricter == "ours" {
			p.Tolerate = append(p.Tolerate, rule)
		}
	}
	p.Parse = func(packet []byte) error {
		if level, ok := codec.ConnectVersion(packet); ok && level != v && level >= codec.V31 && level <= codec.V5 {
			return errors.ErrUnsupported // the others go by the level, whoever asks
		}
		err := parse(packet)
		if err == nil || len(packet) == 0 {
			return err
		}
		if list[difference{"theirs", fmt.Sprintf("%s %s: %v", v, codec.Type(packet[0]>>4), err)}] != "" {
			return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
		}
		return err
	}
	return p
}
