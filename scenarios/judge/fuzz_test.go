package judge_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/judge"
)

// FuzzJudge: whatever clients and brokers send, in whatever order, the judge
// comes to an end, and names only requirements of the standard and events that
// are in the trace. The bytes are read as a list of steps.
func FuzzJudge(f *testing.F) {
	random := rand.NewChaCha8([32]byte{4})
	for range 400 {
		data := make([]byte, 400)
		_, _ = random.Read(data)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &script{t: t, version: spec.V311, in: map[string]spec.Version{}, conn: map[string]int{}}
		d := &dice{data}
		if d.roll(2) == 1 {
			s.version = spec.V5
		}
		for len(d.data) > 0 && len(s.trace) < 500 {
			d.step()(s)
		}
		end()(s)
		for _, found := range judge.Judge(s.trace, patience).Findings {
			if _, ok := spec.Lookup(found.Requirement); !ok {
				t.Errorf("%s is not in the catalogue", found.Requirement)
			}
			if found.Event < -1 || found.Event >= len(s.trace) {
				t.Errorf("event %d of %d", found.Event, len(s.trace))
			}
		}
	})
}

// dice gives numbers while bytes last, then 0.
type dice struct{ data []byte }

func (d *dice) roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

// step makes a step of few names, topics and identifiers, so that they meet.
func (d *dice) step() step {
	client := []string{"a", "b", "c"}[d.roll(3)]
	switch d.roll(12) {
	case 0:
		return all(dial(client), from(client, d.connect(client)), to(client, &codec.Connack{SessionPresent: d.roll(2) == 1}))
	case 1:
		return dial(client)
	case 2:
		return func(s *script) {
			if s.conn[client] != 0 {
				cut(client)(s)
			}
		}
	case 3:
		return func(s *script) {
			if s.conn[client] != 0 {
				dropped(client)(s)
			}
		}
	case 4:
		return wait(time.Duration(d.roll(20)) * time.Second)
	case 5, 6, 7:
		return from(client, d.packet(client))
	}
	return to(client, d.packet(client))
}

func (d *dice) connect(client string) *codec.Connect {
	p := &codec.Connect{ClientID: codec.Text(client), CleanStart: d.roll(2) == 1, KeepAlive: uint16(d.roll(3))}
	if d.roll(3) == 0 {
		p.Will = &codec.Will{Topic: codec.Text(d.topic()), Payload: []byte("m"), QoS: byte(d.roll(3)), Retain: d.roll(2) == 1}
	}
	return p
}

func (d *dice) topic() string  { return []string{"t", "t/u", "$t"}[d.roll(3)] }
func (d *dice) filter() string { return []string{"t", "t/#", "+", "#", "$share/g/t"}[d.roll(5)] }

func (d *dice) packet(client string) codec.Packet {
	ack := codec.Ack{PacketID: uint16(1 + d.roll(3))}
	switch d.roll(15) {
	case 0:
		return d.connect(client)
	case 1:
		return &codec.Connack{SessionPresent: d.roll(2) == 1}
	case 2:
		return &codec.Puback{Ack: ack}
	case 3:
		return &codec.Pubrec{Ack: ack}
	case 4:
		return &codec.Pubrel{Ack: ack}
	case 5:
		return &codec.Pubcomp{Ack: ack}
	case 6:
		return &codec.Subscribe{PacketID: ack.PacketID, Subscriptions: []codec.Subscription{{Filter: codec.Text(d.filter()), QoS: byte(d.roll(3))}}}
	case 7:
		return &codec.Suback{PacketID: ack.PacketID, Codes: []byte{byte(d.roll(3))}}
	case 8:
		return &codec.Unsubscribe{PacketID: ack.PacketID, Filters: []codec.Text{codec.Text(d.filter())}}
	case 9:
		return &codec.Unsuback{PacketID: ack.PacketID}
	case 10:
		return &codec.Pingreq{}
	case 11:
		return &codec.Pingresp{}
	case 12:
		return &codec.Disconnect{}
	}
	return message(d.topic(), []string{"m", "n"}[d.roll(2)], byte(d.roll(3)), ack.PacketID, func(p *codec.Publish) {
		p.Dup, p.Retain = d.roll(4) == 0 && p.QoS > 0, d.roll(3) == 0
	})
}
