package session

import (
	"encoding/binary"
	"slices"
)

// Limits of a session that is read from bytes, so that none takes for ever.
const (
	mostSteps = 64
	mostBytes = 1 << 20
)

// The first byte of a step: the client in bits 0 and 1, the action in bits 2 to 4,
// and for Send whether the bytes are joined with the next, or written in pieces.
const (
	clientBits  = 3
	actionShift = 2
	actionBits  = 7
	joinBit     = 1 << 5
	breaksBit   = 1 << 6
)

// AppendBinary appends the session in a form that a fuzzer may change as it likes:
// Decode makes a session of any bytes.
func (s *Session) AppendBinary(b []byte) ([]byte, error) {
	for i := range s.Steps {
		st := &s.Steps[i]
		head := byte(st.Client&clientBits) | byte(st.Do)<<actionShift
		if st.Do != Send {
			b = append(b, head)
			continue
		}
		if st.Join {
			head |= joinBit
		}
		if len(st.Breaks) > 0 {
			head |= breaksBit
		}
		b = append(b, head)
		if len(st.Breaks) > 0 {
			b = binary.AppendUvarint(b, uint64(len(st.Breaks)))
			for _, at := range st.Breaks {
				b = binary.AppendUvarint(b, uint64(at))
			}
		}
		b = append(binary.AppendUvarint(b, uint64(len(st.Data))), st.Data...)
	}
	return b, nil
}

// Decode makes a session of bytes. What AppendBinary wrote becomes what it was, and
// everything else becomes some session; only no bytes at all become one without steps.
func Decode(b []byte) *Session {
	s := &Session{}
	number := func() int {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			b = nil
			return 0
		}
		b = b[size:]
		return int(min(n, mostBytes))
	}
	left := mostBytes
	for len(b) > 0 && len(s.Steps) < mostSteps {
		head := b[0]
		b = b[1:]
		st := Step{Client: int(head & clientBits), Do: Action(head >> actionShift & actionBits % byte(len(actionNames)))}
		if st.Do != Send {
			s.Steps = append(s.Steps, st)
			continue
		}
		st.Join = head&joinBit != 0
		var breaks []int
		if head&breaksBit != 0 {
			for range min(number(), len(b)) {
				breaks = append(breaks, number())
			}
		}
		n := min(number(), len(b), left)
		if n == 0 {
			continue
		}
		st.Data, b, left = slices.Clone(b[:n]), b[n:], left-n
		slices.Sort(breaks)
		for _, at := range slices.Compact(breaks) {
			if at > 0 && at < n {
				st.Breaks = append(st.Breaks, at)
			}
		}
		s.Steps = append(s.Steps, st)
	}
	return s
}
