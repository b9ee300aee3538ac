package judge_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/judge"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// script makes the trace of one connection: packets of the client and of the
// broker as they pass, bytes that are judged like those of a wire.
type script struct {
	t       testing.TB
	version spec.Version
	trace   result.Trace
}

func (s *script) event(dir result.Dir, from codec.Sender, p codec.Packet) {
	data, err := p.Append(nil, s.version)
	if err != nil {
		s.t.Fatalf("%v: %v", p, err)
	}
	decoded, violations := codec.Inspect(data, s.version, from)
	s.trace = append(s.trace, result.Event{Client: "client", Conn: 1, Dir: dir, Data: data, Text: p.String(),
		Packet: decoded, Violations: violations, Version: s.version})
}

func out(p codec.Packet) func(*script) {
	return func(s *script) { s.event(result.Out, codec.FromClient, p) }
}
func in(p codec.Packet) func(*script) {
	return func(s *script) { s.event(result.In, codec.FromServer, p) }
}

func TestRules(t *testing.T) {
	connect := out(&codec.Connect{CleanStart: true, ClientID: codec.Text("a"), KeepAlive: 9})
	with := func(ps ...codec.Property) func(*script) {
		return out(&codec.Connect{CleanStart: true, ClientID: codec.Text("a"), Properties: ps})
	}
	connack := in(&codec.Connack{})
	publish := func(id uint16, dup bool) codec.Packet {
		return &codec.Publish{Topic: codec.Text("t"), QoS: 1, PacketID: id, Dup: dup}
	}
	puback := func(id uint16) codec.Packet { return &codec.Puback{Ack: codec.Ack{PacketID: id}} }
	subscribe := out(&codec.Subscribe{PacketID: 5, Subscriptions: []codec.Subscription{
		{Filter: codec.Text("a"), QoS: 1}, {Filter: codec.Text("b"), QoS: 0}}})
	both := []spec.Version{spec.V311, spec.V5}
	v5 := []spec.Version{spec.V5}
	for _, c := range []struct {
		name     string
		versions []spec.Version
		steps    []func(*script)
		v311, v5 string // the requirement found broken; empty for none
	}{
		{"a good connection", both, []func(*script){connect, connack, out(&codec.Pingreq{}), in(&codec.Pingresp{})}, "", ""},
		{"something before CONNACK", both, []func(*script){connect, in(&codec.Pingresp{}), connack}, "MQTT-3.2.0-1", "MQTT-3.2.0-1"},
		{"a second CONNACK", v5, []func(*script){connect, connack, connack}, "", "MQTT-3.2.0-2"},
		{"DISCONNECT before CONNACK", v5, []func(*script){connect, in(&codec.Disconnect{Code: 0x82})}, "", "MQTT-3.14.0-1"},
		{"DISCONNECT behind a refusal", v5, []func(*script){connect, in(&codec.Connack{Code: 0x87}), in(&codec.Disconnect{Code: 0x87})}, "", "MQTT-3.14.0-1"},
		{"a packet behind DISCONNECT", v5, []func(*script){connect, connack, in(&codec.Disconnect{Code: 0x8B}), in(&codec.Pingresp{})}, "", "MQTT-3.14.4-1"},
		{"a session where none can be", both, []func(*script){connect, in(&codec.Connack{SessionPresent: true})}, "MQTT-3.2.2-1", "MQTT-3.2.2-2"},
		{"PUBACK of what was sent", both, []func(*script){connect, connack, out(publish(7, false)), in(puback(7))}, "", ""},
		{"PUBACK of what was sent twice", both, []func(*script){connect, connack, out(publish(7, false)), out(publish(7, true)), in(puback(7)), in(puback(7))}, "", ""},
		{"PUBACK of another", both, []func(*script){connect, connack, out(publish(7, false)), in(puback(8))}, "MQTT-2.3.1-6", "MQTT-2.2.1-5"},
		{"PUBACK of nothing, in a resumed session", both, []func(*script){out(&codec.Connect{ClientID: codec.Text("a")}), in(&codec.Connack{SessionPresent: true}), in(puback(8))}, "", ""},
		{"SUBACK of nothing", both, []func(*script){connect, connack, in(&codec.Suback{PacketID: 5, Codes: []byte{0}})}, "MQTT-2.3.1-7", "MQTT-2.2.1-6"},
		{"SUBACK as asked", both, []func(*script){connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}})}, "", ""},
		{"SUBACK with less and a refusal", both, []func(*script){connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{0, 0x80}})}, "", ""},
		{"SUBACK with a code too few", both, []func(*script){connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1}})}, "MQTT-3.8.4-5", "MQTT-3.8.4-6"},
		{"SUBACK with more than asked", both, []func(*script){connect, connack, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 1}})}, "MQTT-3.8.4-5", "MQTT-3.8.4-7"},
		{"an identifier in use", both, []func(*script){connect, connack, in(publish(3, false)), in(publish(3, false))}, "MQTT-2.3.1-4", "MQTT-2.2.1-4"},
		{"an identifier free again", both, []func(*script){connect, connack, in(publish(3, false)), out(puback(3)), in(publish(3, false))}, "", ""},
		{"sent again on a live connection", both, []func(*script){connect, connack, in(publish(3, false)), in(publish(3, true))}, "", "MQTT-4.4.0-1"},
		{"within Receive Maximum", v5, []func(*script){with(codec.Int(codec.ReceiveMaximum, 1)), connack, in(publish(3, false)), out(puback(3)), in(publish(4, false))}, "", ""},
		{"above Receive Maximum", v5, []func(*script){with(codec.Int(codec.ReceiveMaximum, 1)), connack, in(publish(3, false)), in(publish(4, false))}, "", "MQTT-3.3.4-9"},
		{"above Maximum Packet Size", v5, []func(*script){with(codec.Int(codec.MaximumPacketSize, 8)), connack, in(&codec.Publish{Topic: codec.Text("long topic")})}, "", "MQTT-3.1.2-24"},
		{"an alias that was not allowed", v5, []func(*script){connect, connack, in(&codec.Publish{Topic: codec.Text("t"), Properties: codec.Properties{codec.Int(codec.TopicAlias, 1)}})}, "", "MQTT-3.1.2-27"},
		{"an alias above the maximum", v5, []func(*script){with(codec.Int(codec.TopicAliasMaximum, 1)), connack, in(&codec.Publish{Topic: codec.Text("t"), Properties: codec.Properties{codec.Int(codec.TopicAlias, 2)}})}, "", "MQTT-3.1.2-26"},
		{"what the codec sees", both, []func(*script){connect, in(&codec.Connack{Code: 0x77})}, "MQTT-3.2.2-6", "MQTT-3.2.2-8"},
		{"a CONNACK to a level that is none of ours", both, []func(*script){out(&codec.Connect{Level: 9, ClientID: codec.Text("a")}), in(&codec.Connack{Code: 0x77})}, "", ""},
		{"a CONNACK to a protocol that is not ours", both, []func(*script){out(&codec.Connect{Protocol: codec.Text("MQTTX"), ClientID: codec.Text("a")}), in(&codec.Connack{Code: 0x77})}, "", ""},
		{"two SUBSCRIBEs with one identifier", both, []func(*script){connect, connack, subscribe, subscribe, in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}}), in(&codec.Suback{PacketID: 5, Codes: []byte{1, 0}})}, "", ""},
		{"after the client's error its requests bind no more", both, []func(*script){connect, connack, connect, in(puback(9))}, "", ""},
	} {
		for _, v := range c.versions {
			t.Run(fmt.Sprintf("%s/%s", c.name, v), func(t *testing.T) {
				s := &script{t: t, version: v}
				for _, step := range c.steps {
					step(s)
				}
				want := []string(nil)
				if id := map[spec.Version]string{spec.V311: c.v311, spec.V5: c.v5}[v]; id != "" {
					want = []string{id}
				}
				var got []string
				for _, f := range judge.Trace(s.trace) {
					got = append(got, f.Requirement.ID)
					if _, ok := spec.Lookup(f.Requirement); !ok {
						t.Errorf("%s is not in the catalogue", f.Requirement)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("found %v, want %v", got, want)
				}
			})
		}
	}
}
