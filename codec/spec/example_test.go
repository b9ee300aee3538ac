package spec_test

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// An id never stands alone: in another version it is another statement.
func ExampleParseRef() {
	ref, err := spec.ParseRef("5.0/MQTT-3.1.2-7")
	fmt.Println(ref.Version, ref.ID, err)
	_, err = spec.ParseRef("MQTT-3.1.2-7")
	fmt.Println(err)
	// Output:
	// 5.0 MQTT-3.1.2-7 <nil>
	// "MQTT-3.1.2-7" is not a requirement; one looks like 5.0/MQTT-3.1.2-7
}

// Requirements walks a version in the order of the standard.
func ExampleRequirements() {
	for r := range spec.Requirements(spec.V311) {
		fmt.Println(r.Ref, r.Level, r.Actor)
		break
	}
	// Output: 3.1.1/MQTT-1.5.3-1 MUST either sender
}

// The same number is another code in another packet, and not every end may send
// every code.
func ExampleFindReason() {
	r, ok := spec.FindReason(spec.DISCONNECT, spec.V5, 0x04)
	fmt.Println(r.Name, r.By == spec.Client, ok)
	for _, v := range []spec.Version{spec.V31, spec.V311} {
		r, _ = spec.FindReason(spec.SUBACK, v, 0x80)
		fmt.Println(r.Name)
	}
	// Output:
	// Disconnect with Will Message true true
	// Granted QoS 0
	// Failure
}

// DISCONNECT from a Server is new in 5.0.
func ExamplePacket_Senders() {
	fmt.Println(spec.DISCONNECT.Senders(spec.V311) == spec.Client, spec.DISCONNECT.Senders(spec.V5) == spec.Either)
	// Output: true true
}

// What must not come twice, and what values are out of range, depends on the
// packet.
func ExampleProperty_Allowed() {
	for _, p := range spec.Properties {
		if p.Name != "Subscription Identifier" {
			continue
		}
		for _, in := range []spec.Packet{spec.SUBSCRIBE, spec.PUBLISH, spec.CONNECT} {
			placement, ok := p.Allowed(in)
			fmt.Printf("%s %v twice=%q range=%q\n", in.Name(), ok, placement.Twice, placement.Range)
		}
	}
	// Output:
	// SUBSCRIBE true twice="U5-3.8.2.1.2-u2" range="U5-3.8.2.1.2-u1"
	// PUBLISH true twice="" range="U5-3.3.2.3.8-u1"
	// CONNECT false twice="" range=""
}
