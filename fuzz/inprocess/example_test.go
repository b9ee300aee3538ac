package inprocess_test

import (
	"net"
	"testing"

	"github.com/mqttproof/mqttproof/fuzz/inprocess"
)

// Broker stands for the broker whose author writes the test.
type Broker struct{}

func (*Broker) ServeConn(c net.Conn) { c.Close() }
func (*Broker) Close()               {}

// In a file of tests: func FuzzBroker(f *testing.F) { … }, and then
//
//	go test -fuzz=FuzzBroker -fuzzminimizetime=10x
func ExampleFuzz() {
	_ = func(f *testing.F) {
		inprocess.Fuzz(f, func(testing.TB) (serve func(net.Conn), stop func()) {
			b := &Broker{}
			return b.ServeConn, b.Close
		}, inprocess.Options{Tolerate: []string{"3.1.1/MQTT-3.3.1-7"}})
	}
	// Output:
}
