package session_test

import (
	"bytes"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// packet encodes a packet of 5.0.
func packet(t *testing.T, p codec.Packet) []byte {
	t.Helper()
	data, err := p.Append(nil, codec.V5)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// send is a step that sends.
func send(client int, data []byte) session.Step {
	return session.Step{Client: client, Do: session.Send, Data: data}
}

// TestMinimise makes sessions small for brokers that break in a known way.
func TestMinimise(t *testing.T) {
	connect := packet(t, &codec.Connect{CleanStart: true, ClientID: codec.Text("f000000a"), KeepAlive: 60, User: codec.Text("u"),
		Will: &codec.Will{Topic: codec.Text("f000000/a"), Payload: []byte("gone")}})
	publish := packet(t, &codec.Publish{Topic: codec.Text("f000000/a"), QoS: 1, PacketID: 7, Payload: []byte("hello")})
	cut := packet(t, &codec.Subscribe{PacketID: 8, Subscriptions: []codec.Subscription{{Filter: codec.Text("f000000/a/b")}}})
	cut = append([]byte{cut[0], cut[1] - 1}, cut[2:len(cut)-1]...)
	full := func() *session.Session {
		return &session.Session{Steps: []session.Step{
			send(2, connect), {Client: 2, Do: session.Await},
			send(0, connect), {Client: 0, Do: session.Await}, send(0, publish), {Client: 0, Do: session.Await},
			{Client: 2, Do: session.Send, Data: cut, Breaks: []int{3, 5}}, {Client: 0, Do: session.Cut},
		}}
	}
	// sends says that a client has sent a CONNECT and then a packet that will do.
	sends := func(s *session.Session, will func([]byte) bool) bool {
		connected := map[int]bool{}
		for _, st := range s.Steps {
			if st.Do != session.Send {
				continue
			}
			if p, _, err := codec.Decode(st.Data, 0, codec.FromClient); err == nil && p.Type() == codec.CONNECT {
				connected[st.Client] = true
				continue
			}
			if connected[st.Client] && will(st.Data) {
				return true
			}
		}
		return false
	}
	for _, test := range []struct {
		name  string
		holds func(*session.Session) bool
		steps int
		bytes int // behind the CONNECT
	}{
		{"a SUBSCRIBE without its options", func(s *session.Session) bool {
			return sends(s, func(b []byte) bool {
				_, violations := codec.Inspect(b, codec.V5, codec.FromClient)
				return b[0] == 0x82 && len(violations) > 0 && len(b) == int(b[1])+2 && len(b) >= 7
			})
		}, 2, 7},
		{"a PUBLISH with its payload", func(s *session.Session) bool {
			return sends(s, func(b []byte) bool { return b[0]>>4 == 3 && bytes.HasSuffix(b, []byte("hello")) })
		}, 2, 7},
		{"a cut", func(s *session.Session) bool {
			for _, st := range s.Steps {
				if st.Do == session.Cut {
					return true
				}
			}
			return false
		}, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !test.holds(full()) {
				t.Fatal("it does not hold for the whole session")
			}
			tries := 0
			small := session.Minimise(full(), func(s *session.Session) bool { tries++; return tries < 400 && test.holds(s) })
			if !test.holds(small) {
				t.Error("it does not hold any more")
			}
			last := len(small.Steps[len(small.Steps)-1].Data)
			if len(small.Steps) != test.steps || last > test.bytes || small.Clients() != 1 {
				text, _ := small.Marshal()
				t.Errorf("%d steps, %d bytes at last, %d clients; at most %d and %d of one:\n%s", len(small.Steps), last, small.Clients(), test.steps, test.bytes, text)
			}
		})
	}
}
