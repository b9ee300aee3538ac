package codec_test

import (
	"bytes"
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// Strict decode accepts what the standard allows and nothing else.
func ExampleDecode() {
	b := []byte{0x32, 0x0A, 0, 3, 'a', '/', 'b', 0, 7, 'h', 'e', 'y', 0xC0, 0x00}
	for len(b) > 0 {
		p, n, err := codec.Decode(b, codec.V311, codec.FromClient)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p)
		b = b[n:]
	}
	_, _, err := codec.Decode([]byte{0x3E, 0x05, 0, 1, 'a', 0, 7}, codec.V311, codec.FromClient)
	fmt.Println(err)
	// Output:
	// PUBLISH t=a/b qos=1 id=7 payload="hey" (3 bytes)
	// PINGREQ
	// byte 0: the QoS is 3 (3.1.1/MQTT-3.3.1-4)
}

// Lenient decode shows what a broker sent, and everything that is wrong with it.
func ExampleInspect() {
	p, found := codec.Inspect([]byte{0x20, 0x03, 0x81, 0x06, 0x00}, codec.V5, codec.FromServer)
	fmt.Println(p)
	for _, v := range found {
		fmt.Println(v.Class, v.Requirement, v.Text)
	}
	// Output:
	// CONNACK session-present reserved=128 code=0x06
	// malformed 5.0/MQTT-3.2.2-1 reserved bits of the Connect Acknowledge Flags are not 0
	// unspecified 5.0/MQTT-3.2.2-6 Session Present is 1 though the code is not 0
	// unspecified 5.0/MQTT-3.2.2-8 this code is not for this packet, or not for this end to send: 0x06 in CONNACK
}

// A Decoder reuses what it owns; what must stay is cloned.
func ExampleDecoder() {
	d := codec.Decoder{Version: codec.V5, From: codec.FromServer}
	var kept codec.Packet
	for _, b := range [][]byte{{0x90, 4, 0, 9, 0, 1}, {0x40, 2, 0, 7}} {
		p, _, err := d.Decode(b)
		if err != nil {
			fmt.Println(err)
			return
		}
		if kept == nil {
			kept = p.Clone()
		}
		fmt.Println(p)
	}
	fmt.Println("kept:", kept)
	// Output:
	// SUBACK id=9 codes=0x01
	// PUBACK id=7
	// kept: SUBACK id=9 codes=0x01
}

// Append writes behind what is in the buffer.
func ExamplePublish_Append() {
	p := &codec.Publish{Topic: codec.Text("t"), Payload: []byte("17.2"),
		Properties: codec.Properties{codec.Int(codec.MessageExpiryInterval, 60)}}
	b := make([]byte, 0, p.Size(codec.V5))
	b, err := p.Append(b, codec.V5)
	fmt.Printf("% x %v\n", b, err)
	// Output: 30 0d 00 01 74 05 02 00 00 00 3c 31 37 2e 32 <nil>
}

// Mutate breaks a good packet in a way that has a name.
func ExampleMutate() {
	p := &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text("a"), QoS: 1}}}
	b, err := codec.Mutate(p, codec.V311, codec.InvalidUTF8("Topic Filter"))
	fmt.Printf("% x %v\n", b, err)
	_, found := codec.Inspect(b, codec.V311, codec.FromClient)
	fmt.Println(&found[0])
	// Output:
	// 82 06 00 01 00 01 ff 01 <nil>
	// byte 6: the text is not well-formed UTF-8: Topic Filter (3.1.1/MQTT-1.5.3-1)
}

// A Reader cuts a stream into packets.
func ExampleReader() {
	stream := bytes.NewReader([]byte{0xC0, 0, 0x40, 2, 0, 7, 0x30, 0xFF, 0xFF, 0xFF, 0x7F})
	r := codec.NewReader(stream, 1<<20)
	for {
		frame, err := r.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("% x\n", frame)
	}
	// Output:
	// c0 00
	// 40 02 00 07
	// mqtt: the packet is larger than the maximum
}

// Dump explains a packet byte by byte.
func ExampleDump() {
	fmt.Print(codec.Dump([]byte{0x3A, 0x06, 0, 1, 'a', 0, 0, 0}, codec.V5, codec.FromServer))
	// Output:
	// PUBLISH t=a qos=1 id=0 dup payload="" (0 bytes)
	//   0000  Fixed Header                     3a
	//   0001  Remaining Length                 06
	//   0002  Topic Name                       00 01 61
	//   0005  Packet Identifier                00 00
	//   0007  Property Length                  00
	//   0008  Payload                          (empty)
	//   ! unspecified at byte 5: the Packet Identifier is 0 (5.0/MQTT-2.2.1-4)
}

// A property can be dropped, doubled or spoilt.
func ExampleDropProperty() {
	p := &codec.Auth{Code: 0x18, Properties: codec.Properties{codec.Data(codec.AuthenticationMethod, "SCRAM"), codec.User("k", "v")}}
	b, err := codec.Mutate(p, codec.V5, codec.DropProperty(codec.AuthenticationMethod))
	fmt.Printf("% x %v\n", b, err)
	_, found := codec.Inspect(b, codec.V5, codec.FromClient)
	fmt.Println(codec.Verdict(found), &found[0])
	// Output:
	// f0 09 18 07 26 00 01 6b 00 01 76 <nil>
	// protocol_error byte 11: the Authentication Method is missing (5.0/U5-3.15.2.2.2-u1)
}

// FrameSize tells how long the packet is before it is all there.
func ExampleFrameSize() {
	fmt.Println(codec.FrameSize([]byte{0x30}))
	fmt.Println(codec.FrameSize([]byte{0x30, 0x80, 0x01}))
	fmt.Println(codec.FrameSize([]byte{0x30, 0xFF, 0xFF, 0xFF, 0xFF}))
	// Output:
	// 0 false <nil>
	// 131 true <nil>
	// 0 false mqtt: a Remaining Length of more than four bytes
}

// ConnectVersion looks at a CONNECT before anything else is known of it.
func ExampleConnectVersion() {
	b, _ := (&codec.Connect{ClientID: codec.Text("a")}).Append(nil, codec.V31)
	fmt.Println(codec.ConnectVersion(b))
	// Output: 3.1 true
}

// Fields tells where everything stands.
func ExampleFields() {
	for _, f := range codec.Fields([]byte{0x32, 0x05, 0, 1, 'a', 0, 7}, codec.V311, codec.FromClient) {
		fmt.Println(f.Name, f.Offset, f.Len)
	}
	// Output:
	// Fixed Header 0 1
	// Remaining Length 1 1
	// Topic Name 2 3
	// Packet Identifier 5 2
	// Payload 7 0
}

// Shared splits the filter of a Shared Subscription.
func ExampleShared() {
	name, filter, ok := codec.Shared(codec.Text("$share/workers/job/+"))
	fmt.Println(name, filter, ok)
	// Output: workers job/+ true
}

// Properties that are left out have a default.
func ExampleProperties_Int() {
	ps := codec.Properties{codec.Int(codec.TopicAliasMaximum, 10)}
	fmt.Println(ps.Int(codec.TopicAliasMaximum, 0), ps.Int(codec.ReceiveMaximum, 65_535))
	// Output: 10 65535
}

// The same number is another code in another packet and version.
func ExampleReasonName() {
	fmt.Println(codec.ReasonName(codec.CONNACK, codec.V311, 4))
	fmt.Println(codec.ReasonName(codec.DISCONNECT, codec.V5, 4))
	// Output:
	// Connection Refused, bad user name or password
	// Disconnect with Will Message
}
