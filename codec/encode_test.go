package codec

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// samples are packets with everything that their version lets them hold.
func samples(v Version) []Packet {
	will := &Will{QoS: 1, Retain: true, Topic: Text("gone/c"), Payload: []byte("bye"),
		Properties: Properties{Int(WillDelayInterval, 3), Int(PayloadFormatIndicator, 1), Int(MessageExpiryInterval, 60),
			Data(ContentType, "text/plain"), Data(ResponseTopic, "r"), Data(CorrelationData, "\x00\x01"), User("k", "v")}}
	connect := &Connect{Protocol: Text(protocolName(v)), Level: byte(v), CleanStart: true, KeepAlive: 60, ClientID: Text("c"),
		Will: will, User: Text("alice"), Password: []byte("secret"), Properties: Properties{Int(SessionExpiryInterval, 10),
			Int(ReceiveMaximum, 20), Int(MaximumPacketSize, 1000), Int(TopicAliasMaximum, 5), Int(RequestResponseInformation, 1),
			Int(RequestProblemInformation, 0), User("k", "v"), Data(AuthenticationMethod, "SCRAM"), Data(AuthenticationData, "x")}}
	ack := Ack{PacketID: 7, Code: 0x80, Properties: Properties{Data(ReasonString, "no"), User("k", "v")}}
	rel := Ack{PacketID: 7, Code: 0x92, Properties: Properties{Data(ReasonString, "no"), User("k", "v")}}
	packets := []Packet{
		connect,
		&Connack{SessionPresent: true, Properties: Properties{Int(SessionExpiryInterval, 1), Int(ReceiveMaximum, 2), Int(MaximumQoS, 1),
			Int(RetainAvailable, 0), Int(MaximumPacketSize, 3), Data(AssignedClientIdentifier, "a"), Int(TopicAliasMaximum, 4),
			Data(ReasonString, "r"), User("k", "v"), Int(WildcardSubscriptionAvailable, 1), Int(SubscriptionIdentifierAvailable, 0),
			Int(SharedSubscriptionAvailable, 1), Int(ServerKeepAlive, 5), Data(ResponseInformation, "i"), Data(ServerReference, "s"),
			Data(AuthenticationMethod, "m"), Data(AuthenticationData, "d")}},
		&Publish{Topic: Text("a/b"), QoS: 2, PacketID: 7, Dup: true, Retain: true, Payload: []byte("hello"),
			Properties: Properties{Int(PayloadFormatIndicator, 1), Int(MessageExpiryInterval, 9), Int(TopicAlias, 2), Data(ResponseTopic, "r"),
				Data(CorrelationData, "c"), User("k", "v"), User("k", "v"), Data(ContentType, "t")}},
		&Puback{ack}, &Pubrec{ack}, &Pubrel{rel}, &Pubcomp{rel},
		&Subscribe{PacketID: 8, Properties: Properties{Int(SubscriptionIdentifier, 268_435_455), User("k", "v")}, Subscriptions: []Subscription{
			{Filter: Text("a/+/#"), QoS: 2, NoLocal: true, RetainAsPublished: true, RetainHandling: 2},
			{Filter: Text("$share/g/b"), QoS: 1, RetainHandling: 1}}},
		&Suback{PacketID: 8, Codes: []byte{0, 1, 2, 0x80}, Properties: Properties{Data(ReasonString, "r"), User("k", "v")}},
		&Unsubscribe{PacketID: 9, Filters: []Text{Text("a/+/#"), Text("b")}, Properties: Properties{User("k", "v")}},
		&Unsuback{PacketID: 9, Codes: []byte{0, 0x11}, Properties: Properties{Data(ReasonString, "r"), User("k", "v")}},
		&Pingreq{}, &Pingresp{},
		&Disconnect{Code: 0x9D, Properties: Properties{Data(ReasonString, "r"), Data(ServerReference, "s"), User("k", "v")}},
		&Auth{Code: 0x18, Properties: Properties{Data(AuthenticationMethod, "m"), Data(AuthenticationData, "d"), Data(ReasonString, "r"), User("k", "v")}},
	}
	if v != V5 {
		packets = packets[:len(packets)-1]
	}
	return packets
}

// sender gives an end that may send the packet.
func sender(p Packet, v Version) Sender {
	if d, ok := p.(*Disconnect); ok && v == V5 && d.Code >= 0x80 {
		return FromServer
	}
	if p.Type().Senders(v)&FromClient.ends() != 0 {
		return FromClient
	}
	return FromServer
}

func TestRoundTrip(t *testing.T) {
	for _, v := range []Version{V31, V311, V5} {
		for _, p := range samples(v) {
			t.Run(v.String()+" "+p.Type().String(), func(t *testing.T) {
				if v == V31 {
					if s, ok := p.(*Suback); ok {
						s.Codes = s.Codes[:3] // no Failure
					}
					if c, ok := p.(*Connack); ok {
						c.SessionPresent = false // nor this
					}
				}
				b, err := p.Append([]byte("before"), v)
				if err != nil || !bytes.HasPrefix(b, []byte("before")) {
					t.Fatal(err)
				}
				b = b[len("before"):]
				if len(b) != p.Size(v) {
					t.Errorf("%d bytes, Size says %d", len(b), p.Size(v))
				}
				got, n, err := Decode(b, v, sender(p, v))
				if err != nil || n != len(b) {
					t.Fatalf("%x: %d %v", b, n, err)
				}
				if v == V5 && !reflect.DeepEqual(got, p) {
					t.Errorf("got %#v\nwant %#v", got, p)
				}
				again, err := got.Append(nil, v)
				if err != nil || !bytes.Equal(again, b) {
					t.Errorf("%x becomes %x", b, again)
				}
				clone := got.Clone()
				clear(b)
				if v == V5 && !reflect.DeepEqual(clone, p) {
					t.Errorf("the clone changes with the buffer: %v", clone)
				}
				if again, _ := clone.Append(nil, v); len(again) != len(b) {
					t.Errorf("the clone encodes to %x", again)
				}
			})
		}
	}
}

func TestCodecDoesNotAllocate(t *testing.T) {
	for _, v := range []Version{V311, V5} {
		for _, p := range samples(v) {
			b, _ := p.Append(nil, v)
			d := Decoder{Version: v, From: sender(p, v)}
			if n := testing.AllocsPerRun(50, func() {
				if _, _, err := d.Decode(b); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("decode of %s %s allocates %v times", v, p.Type(), n)
			}
			if n := testing.AllocsPerRun(50, func() { _, _ = p.Append(b[:0], v) }); n != 0 {
				t.Errorf("encode of %s %s allocates %v times", v, p.Type(), n)
			}
		}
	}
}

func TestAppendRefusesWhatBytesCannotSay(t *testing.T) {
	long := strings.Repeat("x", 65_536)
	for name, p := range map[string]Packet{
		"long topic":     &Publish{Topic: Text(long)},
		"QoS 4":          &Publish{QoS: 4},
		"long password":  &Connect{Password: []byte(long)},
		"Will QoS 4":     &Connect{Will: &Will{QoS: 4}},
		"asked QoS 4":    &Subscribe{Subscriptions: []Subscription{{QoS: 4}}},
		"large packet":   &Publish{Payload: make([]byte, MaxRemaining)},
		"large integer":  &Publish{Properties: Properties{Int(TopicAlias, 65_536)}},
		"large byte":     &Publish{Properties: Properties{Int(PayloadFormatIndicator, 256)}},
		"large variable": &Publish{Properties: Properties{Int(SubscriptionIdentifier, MaxRemaining+1)}},
		"long property":  &Publish{Properties: Properties{Data(ContentType, long)}},
		"long pair":      &Publish{Properties: Properties{User(long, "")}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := p.Append([]byte("x"), V5)
			if !errors.Is(err, ErrUnencodable) || string(b) != "x" {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		})
	}
}

func TestShortForms(t *testing.T) {
	for _, test := range []struct {
		p    Packet
		v    Version
		want string
	}{
		{&Puback{Ack{PacketID: 1}}, V5, "40020001"},
		{&Puback{Ack{PacketID: 1, Code: 0x10}}, V5, "400400011000"},
		{&Puback{Ack{PacketID: 1, Code: 0x10}}, V311, "40020001"},
		{&Disconnect{}, V5, "e000"},
		{&Disconnect{Code: 4}, V5, "e0020400"},
		{&Disconnect{Code: 4}, V311, "e000"},
		{&Auth{}, V5, "f000"},
		{&Unsuback{PacketID: 1, Codes: []byte{0}}, V311, "b0020001"},
		{&Connect{ClientID: Text("a")}, V31, "100f00064d51497364700300000000" + "0161"},
		{&Connect{User: Text{}, Password: []byte{}}, V311, "101000044d51545404c000000000" + "00000000"},
	} {
		b, err := test.p.Append(nil, test.v)
		if want := fromHex(t, test.want); err != nil || !bytes.Equal(b, want) {
			t.Errorf("%s in %s: %x, want %x (%v)", test.p, test.v, b, want, err)
		}
	}
}
