package parser_test

import (
	"fmt"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// seeds has one packet of every type, so that the fuzzer starts inside the
// format and not before it.
func seeds(tb testing.TB) [][]byte {
	var all [][]byte
	for i, v := range []codec.Version{codec.V31, codec.V311, codec.V5} {
		for _, s := range []struct {
			sender byte
			p      codec.Packet
		}{
			{0, &codec.Connect{CleanStart: true, KeepAlive: 60, ClientID: codec.Text("fuzz"),
				Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, 60), codec.User("a", "b")},
				Will:       &codec.Will{QoS: 1, Topic: codec.Text("will"), Payload: []byte("gone")},
				User:       codec.Text("user"), Password: []byte("pass")}},
			{0x80, &codec.Connack{}},
			{0, &codec.Publish{QoS: 1, PacketID: 7, Topic: codec.Text("a/b"), Payload: []byte("hello"),
				Properties: codec.Properties{codec.Int(codec.MessageExpiryInterval, 9), codec.Data(codec.ContentType, "text")}}},
			{0, &codec.Puback{Ack: codec.Ack{PacketID: 7}}},
			{0, &codec.Pubrec{Ack: codec.Ack{PacketID: 7}}},
			{0, &codec.Pubrel{Ack: codec.Ack{PacketID: 7}}},
			{0, &codec.Pubcomp{Ack: codec.Ack{PacketID: 7}}},
			{0, &codec.Subscribe{PacketID: 8, Subscriptions: []codec.Subscription{{Filter: codec.Text("a/+/#"), QoS: 2}}}},
			{0x80, &codec.Suback{PacketID: 8, Codes: []byte{2}}},
			{0, &codec.Unsubscribe{PacketID: 9, Filters: []codec.Text{codec.Text("a/#")}}},
			{0x80, &codec.Unsuback{PacketID: 9, Codes: []byte{0}}},
			{0, &codec.Pingreq{}},
			{0x80, &codec.Pingresp{}},
			{0, &codec.Disconnect{}},
			{0, &codec.Auth{Code: 0x18, Properties: codec.Properties{codec.Data(codec.AuthenticationMethod, "x")}}},
		} {
			if _, isAuth := s.p.(*codec.Auth); isAuth && v != codec.V5 {
				continue
			}
			data, err := s.p.Append([]byte{byte(i) | s.sender}, v)
			if err != nil {
				tb.Fatalf("seed %v in %s: %v", s.p, v, err)
			}
			all = append(all, data)
		}
	}
	return all
}

func TestSeedsAreAccepted(t *testing.T) {
	for _, s := range seeds(t) {
		if accepted, broken := parser.Decode(s); !accepted || broken != nil {
			t.Errorf("% x: accepted %v, broken %v", s, accepted, broken)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, broken := parser.Decode(data); broken != nil {
			t.Error(broken)
		}
	})
}

func ExampleDecode() {
	// 0x01 chooses 3.1.1 and a client; C0 00 is PINGREQ.
	accepted, broken := parser.Decode([]byte{0x01, 0xC0, 0x00})
	fmt.Println(accepted, broken)
	// Output: true <nil>
}
