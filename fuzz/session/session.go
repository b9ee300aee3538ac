// Package session is what the fuzzer does to a broker: one to four clients and a
// list of steps. A session is data: it can be generated, changed, written to a
// file that people read, and run again against any broker.
package session

import (
	"bytes"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
)

// MaxClients is how many clients a session may have.
const MaxClients = 4

// Action is what a step does.
type Action uint8

// The actions. A client has one connection at a time; it is opened by the step that
// needs it.
const (
	Send      Action = iota // write bytes
	Await                   // read until the last packet sent is answered, or nothing comes
	Answer                  // acknowledge what was delivered
	HalfClose               // end our direction and leave the other open
	Cut                     // close the connection without a DISCONNECT
	Reset                   // close it with a TCP reset
)

var actionNames = []string{"send", "await", "answer", "half-close", "cut", "reset"}

// String is the name of the action in a file.
func (a Action) String() string { return actionNames[a] }

// Step is one thing that one client does.
type Step struct {
	Client int
	Do     Action
	// Data is what Send writes.
	Data []byte
	// Breaks are the places in Data, in order, where one write ends and the next
	// begins.
	Breaks []int
	// Join keeps Data back and writes it together with the next of the client.
	Join bool
	// By names the operators that made the step what it is; for people.
	By []string
}

// Session is a list of steps of up to MaxClients clients.
type Session struct {
	Steps []Step
}

// Token stands in client identifiers and topics of a session. A runner that has
// several sessions in flight replaces it by a name of the same length, so that they
// do not meet and no length changes.
const Token = "f000000"

// Name gives the number as a name that can stand for Token.
func Name(n uint64) (name [len(Token)]byte) {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	name[0] = 'f'
	for i := len(name) - 1; i > 0; i-- {
		name[i] = digits[n%36]
		n /= 36
	}
	return name
}

// named puts a name in place of every Token of data, which it changes.
func named(data []byte, name [len(Token)]byte) {
	for {
		i := bytes.Index(data, []byte(Token))
		if i < 0 {
			return
		}
		copy(data[i:], name[:])
		data = data[i+len(Token):]
	}
}

// Clone is a copy that shares nothing.
func (s *Session) Clone() *Session {
	c := &Session{Steps: slices.Clone(s.Steps)}
	for i := range c.Steps {
		st := &c.Steps[i]
		st.Data, st.Breaks, st.By = slices.Clone(st.Data), slices.Clone(st.Breaks), slices.Clone(st.By)
	}
	return c
}

// Clients is the number of the highest client, and one more.
func (s *Session) Clients() int {
	n := 0
	for _, st := range s.Steps {
		n = max(n, st.Client+1)
	}
	return n
}

// Size is how many bytes the session sends.
func (s *Session) Size() (n int) {
	for _, st := range s.Steps {
		n += len(st.Data)
	}
	return n
}

// VersionAt is the version in which a step of a client is written: that of the last
// CONNECT before it or in it, else that of the first one behind it, else 5.0.
func (s *Session) VersionAt(step int) codec.Version {
	client := s.Steps[step].Client
	find := func(i int) codec.Version {
		if st := &s.Steps[i]; st.Client == client && st.Do == Send {
			if v, ok := codec.ConnectVersion(st.Data); ok && v >= codec.V31 && v <= codec.V5 {
				return v
			}
		}
		return 0
	}
	for i := step; i >= 0; i-- {
		if v := find(i); v != 0 {
			return v
		}
	}
	for i := step + 1; i < len(s.Steps); i++ {
		if v := find(i); v != 0 {
			return v
		}
	}
	return codec.V5
}
