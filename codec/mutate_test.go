package codec

import (
	"strings"
	"testing"
)

func TestMutations(t *testing.T) {
	publish := &Publish{Topic: Text("ab"), QoS: 1, PacketID: 5, Payload: []byte("x")}
	connect := &Connect{CleanStart: true, ClientID: Text("c"), User: Text("u"), Password: []byte("pw"),
		Will: &Will{Topic: Text("w")}, Properties: Properties{Int(ReceiveMaximum, 9)}}
	auth := &Auth{Code: 0x18, Properties: Properties{Data(AuthenticationMethod, "m"), Data(ReasonString, "")}}
	willed := &Connect{Will: &Will{Topic: Text("w"), Properties: Properties{Int(WillDelayInterval, 1)}}}
	subscribe := &Subscribe{PacketID: 1, Subscriptions: []Subscription{{Filter: Text("a")}}}
	for _, test := range []struct {
		p    Packet
		m    Mutation
		hex  string
		want string // from a client, in 5.0
	}{
		{&Pingreq{}, Flags(0b0101), "c500", "0 malformed MQTT-2.1.3-1"},
		{&Pingreq{}, Trailing(1, 2), "c0020102", "2 malformed U5-2.1.4-u2"},
		{&Pingreq{}, NonMinimalLength(), "c08000", "1 unspecified MQTT-1.5.5-1"},
		{&Pingreq{}, LengthBytes(0x80, 0x80, 0x80, 0x80, 0), "c08080808000", "4 malformed U5-2.1.4-u1"},
		{&Pingreq{}, PacketType(PINGRESP), "d000", "0 protocol_error U5-2.1.2-u1"},
		{&Pingreq{}, PacketType(0), "0000", "0 malformed U5-2.1.2-u1"},
		{publish, Length(8), "3208 00026162 0005 00 78", ""},
		{publish, Length(9), "3209 00026162 0005 00 78", "10 malformed U5-2.1.4-u2"},
		{publish, Length(7), "3207 00026162 0005 00 78", "9 malformed U5-2.1.4-u2"},
		{publish, CutAt(5, true), "3203 000261", "2 malformed MQTT-3.3.2-1"},
		{publish, CutAt(5, false), "3208 000261", "5 malformed U5-2.1.4-u2"},
		{publish, CutAt(1, false), "32", "1 malformed U5-2.1.4-u2"},
		{publish, QoS3(), "3608 00026162 0005 00 78", "0 malformed MQTT-3.3.1-4"},
		{publish, ZeroID(), "3208 00026162 0000 00 78", "6 unspecified MQTT-2.2.1-3"},
		{publish, InvalidUTF8("Topic Name"), "3208 0002ff62 0005 00 78", "4 malformed MQTT-1.5.4-1"},
		{publish, NullIn("Topic Name"), "3208 00020062 0005 00 78", "4 malformed MQTT-1.5.4-2"},
		{publish, OverlongUTF8("Topic Name"), "3209 0003c0af62 0005 00 78", "4 malformed MQTT-1.5.4-1"},
		{publish, Surrogate("Topic Name"), "320a 0004eda08062 0005 00 78", "4 malformed MQTT-1.5.4-1"},
		{publish, PacketID(0x1234), "3208 00026162 1234 00 78", ""},
		{publish, PropertyLengthBytes(0x80, 0x80, 0x80, 0x80, 0), "320c 00026162 0005 8080808000 78", "8 malformed U5-2.1.4-u1"},
		{publish, NonMinimalPropertyLength(), "3209 00026162 0005 8000 78", "8 unspecified MQTT-1.5.5-1"},
		{publish, FieldText("Topic Name", []byte("#")), "3207 000123 0005 00 78", "4 unspecified MQTT-3.3.2-2"},
		{publish, FieldLength("Topic Name", 99), "3208 00636162 0005 00 78", "2 malformed MQTT-3.3.2-1"},
		{publish, UnknownProperty(), "320a 00026162 0005 02 7f00 78", "9 malformed U5-2.2.2.2-u1"},
		{publish, AddProperty(Int(ReceiveMaximum, 1)), "320b 00026162 0005 03 210001 78", "9 malformed U5-2.2.2.2-u1"},
		{publish, PropertyBytes(0x02, 0), "320a 00026162 0005 02 0200 78", "9 malformed U5-2.2.2.2-u1"},
		{publish, PropertyLength(3), "3208 00026162 0005 03 78", "8 malformed U5-2.2.2.1-u1"},
		{publish, SetByte(4, 0xC0), "3208 0002c062 0005 00 78", "4 malformed MQTT-1.5.4-1"},
		{publish, SetByte(1, 9), "3209 00026162 0005 00 78", "10 malformed U5-2.1.4-u2"},
		{publish, Raw(0xC0, 0x01), "c001", "2 malformed U5-2.1.4-u2"},
		{subscribe, QoS3(), "8207 0001 00 0001 61 03", "8 protocol_error U5-3.8.3.1-u1"},
		{&Puback{Ack{PacketID: 1}}, UnknownProperty(), "4006 0001 00 02 7f00", "6 malformed U5-2.2.2.2-u1"},
		{&Disconnect{}, AddProperty(Data(ReasonString, "")), "e005 00 03 1f0000", ""},
		{connect, ReservedConnectFlag(), "101e 00044d515454 05 c7 0000 03 210009 000163 00 000177 0000 000175 00027077", "9 malformed MQTT-3.1.2-3"},
		{connect, QoS3(), "101e 00044d515454 05 de 0000 03 210009 000163 00 000177 0000 000175 00027077", "9 malformed MQTT-3.1.2-12"},
		{connect, ConnectFlags(0x46), "101e 00044d515454 05 46 0000 03 210009 000163 00 000177 0000 000175 00027077", "28 malformed MQTT-3.1.4-1"},
		{connect, PropertyTwice(ReceiveMaximum), "1021 00044d515454 05 c6 0000 06 210009 210009 000163 00 000177 0000 000175 00027077", "16 protocol_error U5-3.1.2.11.3-u1"},
		{connect, DropProperty(ReceiveMaximum), "101b 00044d515454 05 c6 0000 00 000163 00 000177 0000 000175 00027077", ""},
		{connect, PropertyOfWrongType(ReceiveMaximum), "101d 00044d515454 05 c6 0000 02 2100 000163 00 000177 0000 000175 00027077", "13 malformed U5-2.2.2.2-u1"},
		{connect, ProtocolLevel(6), "101e 00044d515454 06 c6 0000 03 210009 000163 00 000177 0000 000175 00027077", "8 protocol_error MQTT-3.1.2-2"},
		{connect, FieldText("Protocol Name", []byte("MQTX")), "101e 00044d515458 05 c6 0000 03 210009 000163 00 000177 0000 000175 00027077", "2 protocol_error MQTT-3.1.2-1"},
		{auth, DropProperty(AuthenticationMethod), "f005 18 03 1f0000", "7 protocol_error U5-3.15.2.2.2-u1"},
		{auth, PropertyOfWrongType(AuthenticationMethod), "f008 18 06 1f0000 150001", "7 malformed U5-2.2.2.2-u1"},
		{willed, DropProperty(WillDelayInterval), "1013 00044d515454 05 04 0000 00 0000 00 000177 0000", ""},
		{willed, PropertyOfWrongType(WillDelayInterval), "1017 00044d515454 05 04 0000 00 0000 04 18000000 000177 0000", "16 malformed U5-2.2.2.2-u1"},
		{willed, PropertyTwice(WillDelayInterval), "101d 00044d515454 05 04 0000 00 0000 0a 1800000001 1800000001 000177 0000", "21 protocol_error U5-3.1.3.2.2-u1"},
		{connect, AddWillProperty(Int(TopicAlias, 1)), "1021 00044d515454 05 c6 0000 03 210009 000163 03 230001 000177 0000 000175 00027077", "20 malformed U5-2.2.2.2-u1"},
		{connect, WillPropertyBytes(0x18), "101f 00044d515454 05 c6 0000 03 210009 000163 01 18 000177 0000 000175 00027077", "20 malformed U5-2.2.2.2-u1"},
		{connect, SwapFields("User Name", "Password"), "101e 00044d515454 05 c6 0000 03 210009 000163 00 000177 0000 00027077 000175", ""},
	} {
		t.Run(test.p.Type().String()+" "+test.m.Name, func(t *testing.T) {
			b, err := Mutate(test.p, V5, test.m)
			if err != nil {
				t.Fatal(err)
			}
			if want := fromHex(t, test.hex); string(b) != string(want) {
				t.Errorf("got  %x\nwant %x", b, want)
			}
			_, vs := Inspect(b, V5, FromClient)
			if got := brief(vs); got != test.want {
				t.Errorf("%x\n got %s\nwant %s", b, got, test.want)
			}
			checkOneDecoder(t, b, V5, FromClient)
		})
	}
}

func TestMutationsThatDoNotFit(t *testing.T) {
	for _, m := range []Mutation{QoS3(), ZeroID(), ReservedConnectFlag(), InvalidUTF8("Topic Name"), SetByte(2, 0), CutAt(1, true),
		AddProperty(Int(TopicAlias, 1)), PropertyTwice(TopicAlias), DropProperty(TopicAlias), PropertyOfWrongType(TopicAlias),
		NonMinimalPropertyLength(), PacketID(1), ProtocolLevel(4), Surrogate("Topic Name"), SwapFields("Topic Name", "Payload"), Length(1 << 28),
		SwapFields("Fixed Header", "Remaining Length"), NullIn("Remaining Length")} {
		b, err := Mutate(&Pingreq{}, V5, m)
		if err == nil || !strings.Contains(err.Error(), m.Name) || b != nil {
			t.Errorf("%s: %x, %v", m.Name, b, err)
		}
	}
}

func TestMutationsLeaveThePacketAlone(t *testing.T) {
	p := &Publish{Topic: Text("ab")}
	if _, err := Mutate(p, V5, InvalidUTF8("Topic Name"), Trailing(1)); err != nil || p.Topic.String() != "ab" {
		t.Errorf("%v %s", err, p)
	}
}

// Every mutation either changes the packet or says that it does not fit, whatever
// packet it meets, also behind another one.
func TestEveryMutationOnEveryPacket(t *testing.T) {
	mutations := []Mutation{Flags(5), PacketType(0), QoS3(), ReservedConnectFlag(), ConnectFlags(0xFF), ProtocolLevel(77), PacketID(0xFFFE),
		ZeroID(), Length(1000), LengthBytes(0xFF, 0xFF, 0xFF, 0xFF, 0x7F), NonMinimalLength(), CutAt(1, false), CutAt(3, true), Trailing(1, 2, 3),
		SetByte(2, 0xAA), UnknownProperty(), AddProperty(User("added", "")), AddWillProperty(User("added", "")), PropertyTwice(UserProperty),
		PropertyBytes(1), WillPropertyBytes(1), PropertyLength(200), PropertyLengthBytes(), NonMinimalPropertyLength(), DropProperty(UserProperty),
		PropertyOfWrongType(UserProperty), SwapFields("Topic Name", "Payload"), SwapFields("User Name", "Password"), Raw(0, 0, 0)}
	for _, name := range []string{"Topic Name", "Topic Filter", "Client Identifier", "Will Topic", "Protocol Name"} {
		mutations = append(mutations, InvalidUTF8(name), OverlongUTF8(name), Surrogate(name), NullIn(name), FieldLength(name, 60_000),
			FieldText(name, []byte("+/#")))
	}
	names := map[string]bool{}
	fits := map[string]bool{}
	for _, m := range mutations {
		if names[m.Name] && m.Name != PacketID(0).Name {
			t.Errorf("two mutations are called %q", m.Name)
		}
		names[m.Name] = true
	}
	for _, v := range []Version{V31, V311, V5} {
		for _, p := range samples(v) {
			good, err := p.Append(nil, v)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range mutations {
				b, err := Mutate(p, v, one)
				if (b == nil) != (err != nil) {
					t.Errorf("%s %s, %s: %x and %v", v, p.Type(), one.Name, b, err)
				}
				if err != nil {
					continue
				}
				fits[one.Name] = true
				if string(b) == string(good) {
					t.Errorf("%s %s, %s: it changes nothing", v, p.Type(), one.Name)
				}
				checkOneDecoder(t, b, v, sender(p, v))
				for _, other := range mutations {
					if b, err := Mutate(p, v, one, other); err == nil && len(b) > 0 {
						_, _ = Inspect(b, v, FromClient)
					}
				}
			}
		}
	}
	for name := range names {
		if !fits[name] {
			t.Errorf("%s: it fits no packet", name)
		}
	}
}
