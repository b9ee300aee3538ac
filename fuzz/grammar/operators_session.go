package grammar

import (
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// ofSession changes the order, the clients or the writing of steps.
type ofSession struct {
	name  string
	apply func(m *maker, s *session.Session) bool
}

// step picks a step that will do.
func (m *maker) step(s *session.Session, will func(*session.Step) bool) (int, bool) {
	var fit []int
	for i := range s.Steps {
		if will(&s.Steps[i]) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return 0, false
	}
	return fit[m.IntN(len(fit))], true
}

func anyStep(*session.Step) bool   { return true }
func sends(st *session.Step) bool  { return st.Do == session.Send }
func writes(st *session.Step) bool { return st.Do == session.Send && len(st.Data) > 1 }

func connects(st *session.Step) bool {
	return st.Do == session.Send && codec.Type(st.Data[0]>>4) == codec.CONNECT
}

// by adds the name of an operator to a step.
func by(st session.Step, name string) session.Step {
	st.By = append(slices.Clone(st.By), name)
	return st
}

var ofSessions = []ofSession{
	{"drop-step", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, anyStep)
		if !ok || len(s.Steps) < 2 {
			return false
		}
		s.Steps = slices.Delete(s.Steps, i, i+1)
		return true
	}},
	{"duplicate-step", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, sends)
		if !ok {
			return false
		}
		s.Steps = insert(s.Steps, i+1, by(s.Clone().Steps[i], "duplicate-step"))
		return true
	}},
	{"duplicate-step-often", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, sends)
		if !ok {
			return false
		}
		st := &s.Steps[i]
		times := choose(m, 3, 20, 200)
		if len(st.Data)*times > 1<<16 {
			return false
		}
		st.Data, st.Breaks = slices.Repeat(st.Data, times), nil
		*st = by(*st, "duplicate-step-often")
		return true
	}},
	{"swap-steps", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, anyStep)
		k, _ := m.step(s, anyStep)
		if !ok || i == k {
			return false
		}
		s.Steps[i], s.Steps[k] = by(s.Steps[k], "swap-steps"), s.Steps[i]
		return true
	}},
	{"move-before-connect", func(m *maker, s *session.Session) bool {
		at, ok := m.step(s, connects)
		if !ok {
			return false
		}
		i, ok := m.step(s, func(st *session.Step) bool { return sends(st) && st.Client == s.Steps[at].Client })
		if !ok || i <= at {
			return false
		}
		st := by(s.Steps[i], "move-before-connect")
		s.Steps = slices.Delete(s.Steps, i, i+1)
		s.Steps = insert(s.Steps, at, st)
		return true
	}},
	{"any-packet", func(m *maker, s *session.Session) bool {
		// Whatever it is, in whatever state: also what only a server sends.
		at := m.IntN(len(s.Steps) + 1)
		a := &actor{version: codec.V5, id: uint16(m.IntN(4))}
		client := m.IntN(m.clients)
		if at > 0 {
			client, a.version = s.Steps[at-1].Client, s.VersionAt(at-1)
		}
		data, err := m.anyPacket(client, a).Append(nil, a.version)
		if err != nil {
			return false
		}
		s.Steps = insert(s.Steps, at, session.Step{Client: client, Do: session.Send, Data: data, By: []string{"any-packet"}},
			session.Step{Client: client, Do: session.Await})
		return true
	}},
	{"raw-bytes", func(m *maker, s *session.Session) bool {
		at := m.IntN(len(s.Steps) + 1)
		s.Steps = insert(s.Steps, at, session.Step{Client: m.IntN(m.clients), Do: session.Send, Data: m.noise(1 + m.IntN(24)), By: []string{"raw-bytes"}})
		return true
	}},
	{"reuse-id", func(m *maker, s *session.Session) bool {
		// One packet takes the Packet Identifier of another.
		i, from, to, ok := m.sendStep(s)
		k, kfrom, kto, kok := m.sendStep(s)
		if !ok || !kok || i == k {
			return false
		}
		f, g := newFrame(s.Steps[i].Data[from:to], s.VersionAt(i)), newFrame(s.Steps[k].Data[kfrom:kto], s.VersionAt(k))
		isID := func(d codec.Field) bool { return d.Name == "Packet Identifier" }
		a, ok := f.field(m, isID)
		b, bok := g.field(m, isID)
		if !ok || !bok {
			return false
		}
		copy(f.body[a.Offset:a.Offset+2], g.body[b.Offset:b.Offset+2])
		st := &s.Steps[i]
		st.Data, st.Breaks = slices.Concat(st.Data[:from], f.bytes(), st.Data[to:]), nil
		*st = by(*st, "reuse-id")
		return true
	}},
	{"take-over", func(m *maker, s *session.Session) bool {
		// One client connects under the name of another.
		i, ok := m.step(s, connects)
		if !ok {
			return false
		}
		st := s.Clone().Steps[i]
		st.Client = m.IntN(m.clients)
		s.Steps = insert(s.Steps, i+1+m.IntN(len(s.Steps)-i), by(st, "take-over"), session.Step{Client: st.Client, Do: session.Await})
		return true
	}},
	{"other-client", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, anyStep)
		if !ok {
			return false
		}
		s.Steps[i].Client = m.IntN(m.clients)
		s.Steps[i] = by(s.Steps[i], "other-client")
		return true
	}},
	{"reconnect", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, connects)
		if !ok {
			return false
		}
		st := s.Clone().Steps[i]
		end := session.Step{Client: st.Client, Do: choose(m, session.Cut, session.Reset, session.HalfClose)}
		s.Steps = insert(s.Steps, i+1+m.IntN(len(s.Steps)-i), end, by(st, "reconnect"), session.Step{Client: st.Client, Do: session.Await})
		return true
	}},
	{"end-connection", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, sends)
		if !ok {
			return false
		}
		s.Steps = insert(s.Steps, i+1, session.Step{Client: s.Steps[i].Client, Do: choose(m, session.Cut, session.Reset, session.HalfClose), By: []string{"end-connection"}})
		return true
	}},
	{"split-write", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, writes)
		if !ok {
			return false
		}
		st := &s.Steps[i]
		st.Breaks = []int{1 + m.IntN(len(st.Data)-1)}
		if len(st.Data) <= 64 && m.one(3) { // a byte at a time
			st.Breaks = nil
			for k := 1; k < len(st.Data); k++ {
				st.Breaks = append(st.Breaks, k)
			}
		}
		*st = by(*st, "split-write")
		return true
	}},
	{"join-writes", func(m *maker, s *session.Session) bool {
		i, ok := m.step(s, func(st *session.Step) bool { return sends(st) && !st.Join })
		if !ok {
			return false
		}
		s.Steps[i].Join = true
		s.Steps[i] = by(s.Steps[i], "join-writes")
		return true
	}},
	{"no-wait", func(m *maker, s *session.Session) bool {
		n := len(s.Steps)
		s.Steps = slices.DeleteFunc(s.Steps, func(st session.Step) bool { return st.Do == session.Await && m.one(2) })
		return len(s.Steps) < n
	}},
}

// anyPacket makes a packet of any type.
func (m *maker) anyPacket(client int, a *actor) codec.Packet {
	ack := codec.Ack{PacketID: uint16(m.IntN(5))}
	switch m.IntN(14) {
	case 0:
		return m.connect(client, a)
	case 1:
		return &codec.Connack{SessionPresent: m.one(2), Code: byte(m.IntN(6))}
	case 2:
		return &codec.Puback{Ack: ack}
	case 3:
		return &codec.Pubrec{Ack: ack}
	case 4:
		return &codec.Pubrel{Ack: ack}
	case 5:
		return &codec.Pubcomp{Ack: ack}
	case 6:
		return m.subscribe(a)
	case 7:
		return &codec.Suback{PacketID: ack.PacketID, Codes: []byte{0}}
	case 8:
		return m.unsubscribe(a)
	case 9:
		return &codec.Unsuback{PacketID: ack.PacketID, Codes: []byte{0}}
	case 10:
		return &codec.Pingresp{}
	case 11:
		return m.disconnect(a)
	case 12:
		return &codec.Auth{Code: 0x18}
	}
	return m.publish(a)
}
