package matrix_test

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/matrix"
)

// A negative scenario draws what it sends, and what to expect, from the matrix.
func ExampleCases() {
	for _, c := range matrix.Cases() {
		if c.Kind != matrix.Options || c.Version != codec.V5 || c.Duty != matrix.Close {
			continue
		}
		b, err := c.Bytes()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n%x\nthe server must %s: %s by %s\n", c.Name, b, c.Duty, c.Class, c.Requirement)
		return
	}
	// Output:
	// 5.0 SUBSCRIBE from client: subscription options: 00000011
	// 820e000a0000086d61747269782f6103
	// the server must close: protocol_error by 5.0/U5-3.8.3.1-u1
}

// The bytes of a case are a good packet with named mutations.
func ExampleCase_Bytes() {
	for _, c := range matrix.Cases() {
		if c.Kind == matrix.Truncated && c.Version == codec.V311 && c.Packet.Type() == codec.SUBACK {
			b, err := c.Bytes()
			fmt.Printf("%s with %q: % x %v\n", c.Packet, c.Mutations[0].Name, b, err)
			return
		}
	}
	// Output:
	// SUBACK id=10 codes=0x00,0x01 {User Property=k:v} with "cut at 2, length corrected": 90 00 <nil>
}
