package judge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/judge"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// script makes the trace of some clients: packets of theirs and of the broker as
// they pass, bytes that are judged like those of a wire.
type script struct {
	t       testing.TB
	version spec.Version
	in      map[string]spec.Version // clients that speak another version
	conns   int
	conn    map[string]int // the connection of each client
	now     time.Duration
	trace   result.Trace
}

// step adds to a script.
type step func(*script)

// trace is one named trace and the requirements that are found broken in it, in
// the order of the trace, one for each version; none where empty.
type trace struct {
	name     string
	versions []spec.Version
	steps    []step
	v311, v5 string
}

var (
	bothVersions = []spec.Version{spec.V311, spec.V5}
	only5        = []spec.Version{spec.V5}
)

var patience = judge.Patience{Answer: 4 * time.Second, Delivery: 4 * time.Second, Late: 10 * time.Second}

func steps(s ...step) []step { return s }

// judged runs the traces through the judge.
func judged(t *testing.T, traces []trace) {
	t.Helper()
	for _, c := range traces {
		for _, v := range c.versions {
			t.Run(fmt.Sprintf("%s/%s", c.name, v), func(t *testing.T) {
				s := &script{t: t, version: v, in: map[string]spec.Version{}, conn: map[string]int{}}
				for _, do := range c.steps {
					do(s)
				}
				want := strings.Fields(map[spec.Version]string{spec.V311: c.v311, spec.V5: c.v5}[v])
				var got []string
				for _, f := range judge.Judge(s.trace, patience).Findings {
					got = append(got, f.Requirement.ID)
					if _, ok := spec.Lookup(f.Requirement); !ok {
						t.Errorf("%s is not in the catalogue", f.Requirement)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("found %v, want %v in\n%s", got, want, s)
				}
			})
		}
	}
}

func (s *script) String() string {
	var b strings.Builder
	for i, e := range s.trace {
		fmt.Fprintf(&b, "%3d %8s %-4s %s %s\n", i, e.At, e.Dir, e.Client, e.Text)
	}
	return b.String()
}

func (s *script) add(client string, e result.Event) {
	e.Client, e.Conn, e.At, e.Version = client, s.conn[client], s.now, s.speaks(client)
	s.now += time.Millisecond
	s.trace = append(s.trace, e)
}

func (s *script) speaks(client string) spec.Version {
	if v, ok := s.in[client]; ok {
		return v
	}
	return s.version
}

func (s *script) packet(client string, dir result.Dir, p codec.Packet) {
	from := codec.FromClient
	if dir == result.In {
		from = codec.FromServer
	}
	v := s.speaks(client)
	data, err := p.Append(nil, v)
	if err != nil {
		s.t.Fatalf("%v: %v", p, err)
	}
	if s.conn[client] == 0 {
		s.open(client)
	}
	decoded, violations := codec.Inspect(data, v, from)
	s.add(client, result.Event{Dir: dir, Data: data, Text: p.String(), Packet: decoded, Violations: violations})
}

func (s *script) open(client string) {
	s.conns++
	s.conn[client] = s.conns
}

// to and from pass a packet between the broker and the client.
func to(client string, p codec.Packet) step {
	return func(s *script) { s.packet(client, result.In, p) }
}
func from(client string, p codec.Packet) step {
	return func(s *script) { s.packet(client, result.Out, p) }
}

// out and in pass a packet of the only client.
func out(p codec.Packet) step { return from("client", p) }
func in(p codec.Packet) step  { return to("client", p) }

// all joins steps.
func all(list ...step) step {
	return func(s *script) {
		for _, do := range list {
			do(s)
		}
	}
}

// speaks makes the client use another version.
func speaks(client string, v spec.Version) step { return func(s *script) { s.in[client] = v } }

// dial opens another connection of the client; the one before stays open.
func dial(client string) step { return func(s *script) { s.open(client) } }

// cut is a close by us, dropped one by the broker.
func cut(client string) step { return ended(client, result.ByUs) }

func dropped(client string) step { return ended(client, "closed by the broker") }

func ended(client, how string) step {
	return func(s *script) { s.add(client, result.Event{Dir: result.Close, Text: how}) }
}

// wait lets time pass.
func wait(d time.Duration) step { return func(s *script) { s.now += d } }

// end is a remark that closes the trace: what is open was open until then.
func end() step {
	return func(s *script) {
		s.trace = append(s.trace, result.Event{Dir: result.Note, At: s.now, Text: "the end"})
	}
}

func restarted() step {
	return func(s *script) {
		s.trace = append(s.trace, result.Event{Dir: result.Note, At: s.now, Text: result.Restart})
	}
}

// connected opens a connection with a session of its own, clean.
func connected(clients ...string) step {
	return func(s *script) {
		for _, c := range clients {
			all(dial(c), from(c, &codec.Connect{CleanStart: true, ClientID: codec.Text(c)}), to(c, &codec.Connack{}))(s)
		}
	}
}

// keeps is a CONNECT of a client whose session outlives the connection.
func keeps(client string) *codec.Connect {
	return &codec.Connect{ClientID: codec.Text(client), Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, 300)}}
}

// kept opens a connection with a session that is kept; resumed comes back to it.
func kept(client string) step {
	return all(dial(client), from(client, keeps(client)), to(client, &codec.Connack{}))
}
func resumed(client string) step {
	return all(dial(client), from(client, keeps(client)), to(client, &codec.Connack{SessionPresent: true}))
}

// synced is a PINGREQ and its answer: all before it was read.
func synced(client string) step {
	return all(from(client, &codec.Pingreq{}), to(client, &codec.Pingresp{}))
}

// subscribes makes one subscription, granted as it is asked for.
func subscribes(client, filter string, qos byte) step {
	return subscribesAs(client, codec.Subscription{Filter: codec.Text(filter), QoS: qos})
}

func subscribesAs(client string, o codec.Subscription, ps ...codec.Property) step {
	return func(s *script) {
		id := uint16(100 + len(s.trace))
		all(from(client, &codec.Subscribe{PacketID: id, Subscriptions: []codec.Subscription{o}, Properties: ps}),
			to(client, &codec.Suback{PacketID: id, Codes: []byte{o.QoS}}))(s)
	}
}

func unsubscribes(client, filter string) step {
	return func(s *script) {
		id := uint16(100 + len(s.trace))
		ack := &codec.Unsuback{PacketID: id}
		if s.speaks(client) == spec.V5 {
			ack.Codes = []byte{0}
		}
		all(from(client, &codec.Unsubscribe{PacketID: id, Filters: []codec.Text{codec.Text(filter)}}), to(client, ack))(s)
	}
}

// publishes passes a message to the broker and completes the exchange.
func publishes(client, topic, payload string, qos byte, change ...func(*codec.Publish)) step {
	return func(s *script) {
		p := message(topic, payload, qos, uint16(100+len(s.trace)), change...)
		from(client, p)(s)
		switch qos {
		case 1:
			to(client, &codec.Puback{Ack: codec.Ack{PacketID: p.PacketID}})(s)
		case 2:
			all(to(client, &codec.Pubrec{Ack: codec.Ack{PacketID: p.PacketID}}),
				from(client, &codec.Pubrel{Ack: codec.Ack{PacketID: p.PacketID}}),
				to(client, &codec.Pubcomp{Ack: codec.Ack{PacketID: p.PacketID}}))(s)
		}
	}
}

// gets is a delivery to the client, which answers it to the end.
func gets(client, topic, payload string, qos byte, id uint16, change ...func(*codec.Publish)) step {
	switch read := reads(client, topic, payload, qos, id, change...); qos {
	case 1:
		return all(read, from(client, &codec.Puback{Ack: codec.Ack{PacketID: id}}))
	case 2:
		return all(read, from(client, &codec.Pubrec{Ack: codec.Ack{PacketID: id}}),
			to(client, &codec.Pubrel{Ack: codec.Ack{PacketID: id}}), from(client, &codec.Pubcomp{Ack: codec.Ack{PacketID: id}}))
	default:
		return read
	}
}

// reads is a delivery to the client, which does not answer it.
func reads(client, topic, payload string, qos byte, id uint16, change ...func(*codec.Publish)) step {
	return to(client, message(topic, payload, qos, id, change...))
}

func message(topic, payload string, qos byte, id uint16, change ...func(*codec.Publish)) *codec.Publish {
	p := &codec.Publish{Topic: codec.Text(topic), Payload: []byte(payload), QoS: qos}
	if qos > 0 {
		p.PacketID = id
	}
	for _, f := range change {
		f(p)
	}
	return p
}

func dup(p *codec.Publish)    { p.Dup = true }
func retain(p *codec.Publish) { p.Retain = true }

func with(ps ...codec.Property) func(*codec.Publish) {
	return func(p *codec.Publish) { p.Properties = append(p.Properties, ps...) }
}

func puback(id uint16) codec.Packet  { return &codec.Puback{Ack: codec.Ack{PacketID: id}} }
func pubrec(id uint16) codec.Packet  { return &codec.Pubrec{Ack: codec.Ack{PacketID: id}} }
func pubrel(id uint16) codec.Packet  { return &codec.Pubrel{Ack: codec.Ack{PacketID: id}} }
func pubcomp(id uint16) codec.Packet { return &codec.Pubcomp{Ack: codec.Ack{PacketID: id}} }
