package session

import (
	"encoding/binary"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
)

// Minimise makes a session as small as it gets while holds stays true for it: fewer
// clients, then steps, then simpler packets, then fewer bytes. holds says false once
// no more tries are wanted.
func Minimise(s *Session, holds func(*Session) bool) *Session {
	best := s.Clone()
	try := func(change func(*Session) bool) bool {
		c := best.Clone()
		if !change(c) || len(c.Steps) == 0 || !holds(c) {
			return false
		}
		best = c
		return true
	}
	for before := -1; cost(best) != before; {
		before = cost(best)
		fewerClients(try)
		fewerSteps(&best, try)
		simplerPackets(&best, try)
		shorterStrings(&best, try)
		fewerBytes(&best, try)
	}
	return best
}

// cost is what Minimise brings down.
func cost(s *Session) int {
	n := 100*s.Clients() + 10*len(s.Steps) + s.Size()
	for _, st := range s.Steps {
		n += len(st.Breaks)
		if st.Join {
			n++
		}
	}
	return n
}

type attempt func(change func(*Session) bool) bool

func fewerClients(try attempt) {
	for c := MaxClients - 1; c >= 0; c-- {
		try(func(s *Session) bool {
			n := len(s.Steps)
			s.Steps = slices.DeleteFunc(s.Steps, func(st Step) bool { return st.Client == c })
			return len(s.Steps) < n
		})
	}
	// The clients that are left are numbered from 0.
	try(func(s *Session) bool {
		var used []int
		for _, st := range s.Steps {
			if !slices.Contains(used, st.Client) {
				used = append(used, st.Client)
			}
		}
		changed := false
		for i := range s.Steps {
			n := slices.Index(used, s.Steps[i].Client)
			changed = changed || n != s.Steps[i].Client
			s.Steps[i].Client = n
		}
		return changed
	})
}

// fewerSteps leaves out pieces of the list, from halves to single steps.
func fewerSteps(best **Session, try attempt) {
	for size := (len((*best).Steps) + 1) / 2; size >= 1; size /= 2 {
		for from := 0; from < len((*best).Steps); {
			if !try(func(s *Session) bool {
				s.Steps = slices.Delete(s.Steps, from, min(from+size, len(s.Steps)))
				return true
			}) {
				from += size
			}
		}
	}
}

// simplerPackets replaces a CONNECT by a minimal one, takes fields out, and undoes
// what was done to the writing.
func simplerPackets(best **Session, try attempt) {
	for i := 0; i < len((*best).Steps); i++ {
		try(func(s *Session) bool {
			st := &s.Steps[i]
			had := len(st.Breaks) > 0 || st.Join
			st.Breaks, st.Join = nil, false
			return had
		})
		st := &(*best).Steps[i]
		if st.Do != Send || codec.Type(st.Data[0]>>4) != codec.CONNECT {
			continue
		}
		v := (*best).VersionAt(i)
		for _, p := range []*codec.Connect{{CleanStart: true}, {CleanStart: true, ClientID: codec.Text("a")}, {CleanStart: true, ClientID: codec.Text(Token)}} {
			data, err := p.Append(nil, v)
			if err == nil && len(data) < len(st.Data) && try(func(s *Session) bool { s.Steps[i].Data = data; return true }) {
				break
			}
		}
	}
}

// shorterStrings takes bytes out of what two bytes before them may be the length of,
// and brings that down by as many, whether it was right or not.
func shorterStrings(best **Session, try attempt) {
	for i := 0; i < len((*best).Steps); i++ {
		for at := 0; at+2 < len((*best).Steps[i].Data); at++ {
			for {
				data := (*best).Steps[i].Data
				if at+2 >= len(data) {
					break
				}
				n := int(binary.BigEndian.Uint16(data[at:]))
				most := min(n, len(data)-at-2)
				shrunk := false
				for _, k := range []int{most, most / 2, 1} {
					if k == 0 || k > most {
						continue
					}
					shrunk = try(func(s *Session) bool {
						st := &s.Steps[i]
						st.Data = slices.Clone(st.Data)
						binary.BigEndian.PutUint16(st.Data[at:], uint16(n-k))
						return shorten(st, at+2, k)
					})
					if shrunk {
						break
					}
				}
				if !shrunk {
					break
				}
			}
		}
	}
}

// fewerBytes leaves out bytes of what is sent, with the Remaining Length around them
// right where it was right, and then makes what is left plain.
func fewerBytes(best **Session, try attempt) {
	for i := 0; i < len((*best).Steps); i++ {
		size := len((*best).Steps[i].Data) / 2
		for ; size >= 1; size /= 2 {
			for from := 0; from < len((*best).Steps[i].Data); {
				if !try(func(s *Session) bool { return shorten(&s.Steps[i], from, size) }) {
					from += size
				}
			}
		}
	}
}

// shorten takes bytes out of the data of a step.
func shorten(st *Step, from, size int) bool {
	to := min(from+size, len(st.Data))
	if to-from == 0 || to-from == len(st.Data) {
		return false
	}
	at := 0
	for at < len(st.Data) {
		n, ok, err := codec.FrameSize(st.Data[at:])
		if err != nil || !ok || at+n > len(st.Data) {
			break
		}
		head := at + 1
		for st.Data[head] >= 0x80 {
			head++
		}
		head++
		if from >= head && to <= at+n { // inside one body: its length follows
			body := slices.Concat(st.Data[head:from], st.Data[to:at+n])
			st.Data = slices.Concat(codec.AppendVarint(st.Data[:at+1:at+1], uint32(len(body))), body, st.Data[at+n:])
			st.Breaks = nil
			return true
		}
		at += n
	}
	st.Data, st.Breaks = slices.Delete(slices.Clone(st.Data), from, to), nil
	return true
}
