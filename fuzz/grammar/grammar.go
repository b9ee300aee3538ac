// Package grammar makes sessions for the fuzzer: from a grammar of all packets with
// a model of what each client has done so far, by changing sessions that showed
// something new, and by splicing two of them. Every change has a name.
package grammar

import (
	"math/rand/v2"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// Generator makes sessions. The same seed, number and corpus give the same session.
type Generator struct {
	Seed uint64
	// Clients is how many clients a session has at most, 1 to session.MaxClients.
	Clients int
	// Versions are those that the broker speaks: most clients keep to them. Empty is all.
	Versions []codec.Version
}

// Session makes the session with the number. Half of them, once there is a corpus,
// are changed sessions of it.
func (g Generator) Session(number uint64, corpus []*session.Session) *session.Session {
	m := g.maker(number)
	if len(corpus) == 0 || m.IntN(2) == 0 {
		s := m.fresh()
		for range m.few(4) {
			m.change(s)
		}
		return s
	}
	s := m.pick(corpus).Clone()
	if m.IntN(4) == 0 {
		m.spliced(s, m.pick(corpus))
	}
	for range 1 + m.few(4) {
		m.change(s)
	}
	return s
}

// Change applies one named operator to the session; choice says which, and where.
func (g Generator) Change(s *session.Session, choice uint64) {
	g.maker(choice).change(s)
}

func (g Generator) maker(choice uint64) *maker {
	return &maker{Rand: rand.New(rand.NewPCG(g.Seed, choice)), clients: min(max(g.Clients, 1), session.MaxClients), versions: g.Versions}
}

// maker is a source of choices.
type maker struct {
	*rand.Rand
	clients  int
	versions []codec.Version
}

func choose[T any](m *maker, of ...T) T { return of[m.IntN(len(of))] }

// one says yes once in n times.
func (m *maker) one(n int) bool { return m.IntN(n) == 0 }

// few is a number from 0, each half as likely as the one before, up to most.
func (m *maker) few(most int) (n int) {
	for n < most && m.IntN(2) == 0 {
		n++
	}
	return n
}

// pick prefers the sessions that came last: what they showed is not explored yet.
func (m *maker) pick(corpus []*session.Session) *session.Session {
	if len(corpus) > 16 && m.IntN(2) == 0 {
		return corpus[len(corpus)-1-m.IntN(16)]
	}
	return corpus[m.IntN(len(corpus))]
}

// most steps that a session may have, so that none takes for ever.
const mostSteps = 48

// spliced puts a piece of another session into this one.
func (m *maker) spliced(s, other *session.Session) {
	if len(other.Steps) == 0 {
		return
	}
	from := m.IntN(len(other.Steps))
	piece := other.Clone().Steps[from : from+1+m.IntN(min(8, len(other.Steps)-from))]
	if m.one(2) { // as one client
		client := m.IntN(m.clients)
		for i := range piece {
			piece[i].Client = client
		}
	}
	piece[0].By = append(piece[0].By, "splice")
	s.Steps = insert(s.Steps, m.IntN(len(s.Steps)+1), piece...)
}

func insert(steps []session.Step, at int, more ...session.Step) []session.Step {
	if len(steps)+len(more) > mostSteps {
		return steps
	}
	out := append([]session.Step(nil), steps[:at]...)
	out = append(out, more...)
	return append(out, steps[at:]...)
}

// actor is what a client has done so far.
type actor struct {
	version   codec.Version
	connected bool
	id        uint16 // the last Packet Identifier
	sent      []uint16
	filters   []string
	aliases   int
}

// fresh makes a session from the grammar: valid packets in a sensible order, mostly.
func (m *maker) fresh() *session.Session {
	s := &session.Session{}
	n := 1 + m.few(m.clients-1)
	actors := make([]actor, n)
	for i := range actors {
		actors[i].version = m.version()
	}
	for range 2 + m.IntN(14) {
		i := m.IntN(n)
		m.act(s, i, &actors[i])
	}
	return s
}

// version is one that the broker speaks, mostly.
func (m *maker) version() codec.Version {
	v := choose(m, codec.V5, codec.V5, codec.V5, codec.V311, codec.V311, codec.V31)
	if len(m.versions) > 0 && v != codec.V31 && !slices.Contains(m.versions, v) && !m.one(20) {
		return choose(m, m.versions...)
	}
	return v
}

// act adds what a client does next.
func (m *maker) act(s *session.Session, i int, a *actor) {
	add := func(do session.Action) { s.Steps = append(s.Steps, session.Step{Client: i, Do: do}) }
	if !a.connected && !m.one(40) {
		m.send(s, i, a, m.connect(i, a))
		a.connected = true
		return
	}
	switch m.IntN(24) {
	case 0:
		add(session.Cut)
		*a = actor{version: a.version, filters: a.filters}
		return
	case 1:
		add(session.Reset)
		*a = actor{version: a.version}
		return
	case 2:
		if m.one(3) {
			add(session.HalfClose)
			return
		}
	case 3, 4, 5, 6:
		add(session.Answer)
		return
	}
	p := m.packet(i, a)
	m.send(s, i, a, p)
	if _, leaves := p.(*codec.Disconnect); leaves {
		*a = actor{version: a.version}
		add(choose(m, session.Cut, session.Await))
	}
}

// send adds a packet, and mostly the wait for its answer.
func (m *maker) send(s *session.Session, i int, a *actor, p codec.Packet) {
	data, err := p.Append(nil, a.version)
	if err != nil {
		return // AUTH before 5.0
	}
	join := m.one(6)
	s.Steps = append(s.Steps, session.Step{Client: i, Do: session.Send, Data: data, Join: join})
	if !join && !m.one(3) {
		s.Steps = append(s.Steps, session.Step{Client: i, Do: session.Await})
	}
}
