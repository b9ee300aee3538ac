package codec

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// Class says how bad a violation is, in the words of the standard.
type Class uint8

// The classes of violations.
const (
	// Malformed packets cannot be parsed by the standard (5.0, 1.2).
	Malformed Class = iota + 1
	// ProtocolError is data that parses and is not allowed (5.0, 1.2).
	ProtocolError
	// Unspecified is a breach of the sender's duty for which the standard
	// states no reaction of the receiver.
	Unspecified
)

// String gives the name used in results: malformed, protocol_error, unspecified.
func (c Class) String() string {
	switch c {
	case Malformed:
		return "malformed"
	case ProtocolError:
		return "protocol_error"
	case Unspecified:
		return "unspecified"
	}
	return "none"
}

// Violation is one rule that one packet breaks, visible in that packet alone.
type Violation struct {
	// Requirement is the rule; the ID is a section, such as "§2.1", in 3.1, where the
	// standard gives the rule no number.
	Requirement spec.Ref
	// Class is Malformed or ProtocolError in 3.1 and 3.1.1.
	Class Class
	// Offset is the byte of the packet at which the rule is broken, from 0.
	Offset int
	// Named says that the standard names what the receiver does about it: in most
	// cases close. Where it is false a Server may carry on and nobody can be
	// blamed for it (5.0, 4.13.1; in 3.1.1 4.8 is general, but names few cases).
	// It is false for all of 3.1, whose text has no general rule for errors.
	Named bool
	// Text says in a sentence what is wrong.
	Text string
}

// Error gives the text with its requirement and offset.
func (v *Violation) Error() string {
	return fmt.Sprintf("byte %d: %s (%s)", v.Offset, v.Text, v.Requirement)
}

// Verdict is the class of the first violation in the order of the wire, by its
// name: malformed, protocol_error or unspecified; valid where there is none.
func Verdict(found []Violation) string {
	if len(found) == 0 {
		return "valid"
	}
	return found[0].Class.String()
}
