package broker

import (
	"hash/maphash"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// feedback knows which behaviour of the broker was seen. Without the broker's source
// this stands for coverage: a tuple of what state a client was in, what it sent, what
// it broke by that, what came back with which code, how the connection ended, and
// about how long that took.
type feedback struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

func newFeedback() *feedback {
	return &feedback{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
}

// tuple is one behaviour. It holds no name and no number of a session.
type tuple struct {
	version codec.Version
	state   state
	sent    codec.Type
	broken  string // the first rule that the packet breaks
	detail  byte   // QoS and flags of what was sent
	answers [3]answer
	ended   string
	slow    int
}

// state is what a client was doing when it sent.
type state struct {
	connected, subscribed, sending, receiving bool
	dirty                                     bool // it has broken the protocol already
}

type answer struct {
	packet codec.Type
	code   byte
}

// look gives how many tuples of the trace are new.
func (f *feedback) look(trace result.Trace) (news int) {
	type conn struct {
		tuple
		open    bool // a packet was sent and its tuple is not told
		at      time.Duration
		last    time.Duration
		answers int
	}
	conns := map[int]*conn{}
	tell := func(c *conn) {
		if !c.open {
			return
		}
		c.open = false
		if c.last > c.at {
			c.slow = slowness(c.last - c.at)
		}
		h := maphash.Comparable(f.seed, c.tuple)
		if _, ok := f.seen[h]; !ok {
			f.seen[h] = struct{}{}
			news++
		}
	}
	for i := range trace {
		e := &trace[i]
		c := conns[e.Conn]
		if c == nil {
			c = &conn{}
			conns[e.Conn] = c
		}
		switch e.Dir {
		case result.Out:
			tell(c)
			c.state.advance(c.sent, c.tuple.answers[:])
			c.state.dirty = c.state.dirty || c.broken != ""
			c.tuple = tuple{version: e.Version, state: c.state}
			if len(e.Data) > 0 {
				c.sent, c.detail = codec.Type(e.Data[0]>>4), e.Data[0]&15
			}
			if len(e.Violations) > 0 {
				c.broken = e.Violations[0].Requirement.ID + e.Violations[0].Text
			}
			c.open, c.at, c.last, c.answers = true, e.At, 0, 0
		case result.In:
			c.last = e.At
			if c.answers < len(c.tuple.answers) && len(e.Data) > 0 {
				c.tuple.answers[c.answers] = answer{codec.Type(e.Data[0] >> 4), code(e.Packet)}
				c.answers++
			}
		case result.Close:
			c.last = e.At
			c.ended = e.Text
			tell(c)
		}
	}
	for _, c := range conns {
		tell(c)
	}
	return news
}

// advance notes what the answer to a packet makes of the client.
func (s *state) advance(sent codec.Type, answers []answer) {
	for _, a := range answers {
		switch a.packet {
		case codec.CONNACK:
			s.connected = a.code == 0
		case codec.SUBACK:
			s.subscribed = true
		case codec.PUBLISH:
			s.receiving = true
		case codec.PUBREC:
			s.sending = true
		case codec.PUBCOMP:
			s.sending = false
		}
	}
	if sent == codec.DISCONNECT {
		*s = state{}
	}
}

// code is the Reason Code of a packet, or what stands for it.
func code(p codec.Packet) byte {
	switch p := p.(type) {
	case *codec.Connack:
		return p.Code
	case *codec.Puback:
		return p.Code
	case *codec.Pubrec:
		return p.Code
	case *codec.Pubrel:
		return p.Code
	case *codec.Pubcomp:
		return p.Code
	case *codec.Suback:
		if len(p.Codes) > 0 {
			return p.Codes[0]
		}
	case *codec.Unsuback:
		if len(p.Codes) > 0 {
			return p.Codes[0]
		}
	case *codec.Disconnect:
		return p.Code
	case *codec.Auth:
		return p.Code
	case *codec.Publish:
		c := p.QoS << 1
		if p.Retain {
			c |= 1
		}
		if p.Dup {
			c |= 8
		}
		return c
	}
	return 0
}

// slowness sorts times into few classes: a broker is busy now and then.
func slowness(d time.Duration) int {
	switch {
	case d < 100*time.Millisecond:
		return 0
	case d < time.Second:
		return 1
	}
	return 2
}
