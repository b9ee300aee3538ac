package parser_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// pubackID stands for a parser of yours: it reads a PUBACK and nothing else.
func pubackID(packet []byte) error {
	switch {
	case len(packet) == 0 || packet[0]>>4 != 4:
		return errors.ErrUnsupported // no PUBACK: neither right nor wrong
	case len(packet) > 1 && packet[1] >= 0x80:
		return errors.ErrUnsupported // a longer form of the length
	case len(packet) != 4 || packet[1] != 2:
		return errors.New("the length is wrong")
	}
	return nil // and forgets to look at the flags
}

// In a _test.go file of yours: go test -fuzz=FuzzPuback -fuzzminimizetime=10x.
func ExampleParser_Fuzz() {
	_ = func(f *testing.F) { // func FuzzPuback(f *testing.F)
		parser.Parser{
			Version:  codec.V311,
			From:     codec.FromClient,
			Parse:    pubackID,
			Tolerate: []string{"3.1.1/MQTT-2.2.2-1"}, // the flags
		}.Fuzz(f)
	}
}

// A run with a seed, in any program, for as long as its context lasts.
func ExampleParser_Run() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	puback := parser.Parser{Version: codec.V311, From: codec.FromClient, Parse: pubackID}
	for finding := range puback.Run(ctx, 1) {
		fmt.Println(finding.Signature())
		fmt.Printf("% x\n", finding.Packet)
		break // or go on
	}
	// Output:
	// accepts 3.1.1/MQTT-2.2.2-1
	// 4f 02 00 0a
}

// Check judges one answer: for a fuzzer of yours, or a packet that was recorded.
func ExampleParser_Check() {
	puback := parser.Parser{Version: codec.V5, Parse: pubackID}
	fmt.Println(puback.Check([]byte{0x40, 3, 0, 1, 0x10}))
	// Output:
	// rejects: the packet is valid in 5.0 (PUBACK id=1 code=0x10 (No matching subscribers)); the parser says: the length is wrong
	//   packet: 40 03 00 01 10
}

// What is behind the end of a packet changes it, so that any fuzzer reaches fields,
// properties and lengths.
func ExamplePacket() {
	fmt.Printf("% x\n", parser.Packet([]byte{0xC0, 0}, codec.V5, codec.FromClient))
	fmt.Printf("% x\n", parser.Packet([]byte{0xC0, 0, 1, 0, 7}, codec.V5, codec.FromClient))
	// Output:
	// c0 00
	// c7 00
}
