// Package targets holds the fuzz targets of this project: the reference codec, and
// the other Go codecs of the module graph as examples and differential partners. Each
// is a plain function, called by native fuzzing (go test -fuzz) and by
// dvyukov/go-fuzz alike; all take the inputs of package fuzz/parser.
package targets

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// Codec checks the promises of the reference codec on one packet, from both ends. It
// tells whether strict decode accepts it from any, and gives an error when a promise is
// broken:
//
//   - strict and lenient decode agree: what strict decode says is the first
//     violation of lenient decode, or that more bytes must come;
//   - the packet ends where the fixed header says;
//   - what strict decode accepts encodes again, to the same bytes or, for a
//     legal form that is not the shortest, to the same packet.
func Codec(packet []byte, v codec.Version) (accepted bool, broken error) {
	for _, from := range []codec.Sender{codec.FromClient, codec.FromServer} {
		ok, err := codecFrom(packet, v, from)
		if err != nil {
			return ok, fmt.Errorf("%s from the %s: %w", v, from, err)
		}
		accepted = accepted || ok
	}
	return accepted, nil
}

func codecFrom(input []byte, version codec.Version, sender codec.Sender) (accepted bool, broken error) {
	p, n, err := codec.Decode(input, version, sender)
	if err != nil {
		return false, checkRejected(input, version, sender, err)
	}
	if size, whole := frame(input); !whole || size != n {
		return true, fmt.Errorf("decode used %d bytes, the fixed header says %d, whole: %v", n, size, whole)
	}
	if _, violations := codec.Inspect(input[:n], version, sender); len(violations) > 0 {
		return true, fmt.Errorf("strict decode accepts what lenient decode finds wrong: %w", &violations[0])
	}
	encoded, err := p.Append(nil, version)
	if err != nil {
		return true, fmt.Errorf("what was decoded does not encode: %w", err)
	}
	if len(encoded) != p.Size(version) {
		return true, fmt.Errorf("encoded to %d bytes where Size says %d", len(encoded), p.Size(version))
	}
	if bytes.Equal(encoded, input[:n]) {
		return true, nil
	}
	again, _, err := codec.Decode(encoded, version, sender)
	if err != nil {
		return true, fmt.Errorf("its own encoding % x is rejected: %w", encoded, err)
	}
	twice, err := again.Append(nil, version)
	if err != nil {
		return true, fmt.Errorf("its own encoding % x does not encode again: %w", encoded, err)
	}
	if !bytes.Equal(encoded, twice) || p.String() != again.String() {
		return true, fmt.Errorf("encoding changes the packet: %s became %s, % x became % x", p, again, encoded, twice)
	}
	return true, nil
}

// frame gives the size of the packet at the start of the input, and whether all
// of it is there.
func frame(input []byte) (size int, whole bool) {
	size, ok, err := codec.FrameSize(input)
	return size, err == nil && ok && size <= len(input)
}

// checkRejected checks that lenient decode finds the same wrong with what strict
// decode rejects.
func checkRejected(input []byte, v codec.Version, sender codec.Sender, rejected error) error {
	size, whole := frame(input)
	if errors.Is(rejected, codec.ErrIncomplete) {
		if _, violations := codec.Inspect(input, v, sender); whole || len(violations) == 0 {
			return fmt.Errorf("strict decode says %w of %d bytes; the packet has %d, lenient decode finds %v", rejected, len(input), size, violations)
		}
		return nil
	}
	if whole {
		input = input[:size]
	}
	var first *codec.Violation
	_, violations := codec.Inspect(input, v, sender)
	if !errors.As(rejected, &first) || len(violations) == 0 || violations[0] != *first {
		return fmt.Errorf("strict decode rejects (%w), lenient decode finds %v", rejected, violations)
	}
	return nil
}
