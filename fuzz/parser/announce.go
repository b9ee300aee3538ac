package parser

import (
	"slices"

	"github.com/mqttproof/mqttproof/codec"
)

// smallLie is what a length announces in a packet of n bytes that is tried before the
// one that announces more: enough to stand out, too little to hurt.
func smallLie(n int) uint64 { return min(2*plenty(n), codec.MaxRemaining) }

// lowered gives the packet with the lengths made smaller that announce more than a
// small lie, and the name of the first; "" is none. Parsers that make room for what is
// announced are so found by half a megabyte, not by 256 of them, or by the gigabytes
// that a Remaining Length of more than four bytes can announce to those who do not
// count its bytes.
func lowered(packet []byte, v codec.Version, from codec.Sender) (small []byte, length string) {
	if len(packet) < 4 {
		return nil, "" // three bytes announce two megabytes at most
	}
	most := smallLie(len(packet))
	if value, n := loose(packet[1:]); value > most {
		small, length = slices.Concat(packet[:1], lie(most, n), packet[1+n:]), "Remaining Length"
	}
	b := packet
	if small != nil {
		b = small
	}
	if versionOf(b, v) != codec.V5 || !longVarint(b[2:]) {
		return small, length
	}
	fields := codec.Fields(b, v, from)
	slices.Reverse(fields) // so that the offsets before a replaced one stay
	for _, f := range fields {
		if f.Name != "Property Length" {
			continue
		}
		if value, n := loose(b[f.Offset:]); value > most {
			small = slices.Concat(b[:f.Offset], lie(most, n), b[f.Offset+n:])
			b = small
			if length == "" {
				length = f.Name
			}
		}
	}
	return small, length
}

// longVarint tells whether there may be a Variable Byte Integer of three bytes and
// more; those that are shorter announce little.
func longVarint(b []byte) bool {
	for i := 1; i < len(b); i++ {
		if b[i] >= 0x80 && b[i-1] >= 0x80 {
			return true
		}
	}
	return false
}

// loose reads a Variable Byte Integer as a careless parser does: any number of bytes.
func loose(b []byte) (value uint64, n int) {
	for n < len(b) && n < 9 {
		c := b[n]
		value |= uint64(c&0x7F) << (7 * n)
		n++
		if c < 0x80 {
			return value, n
		}
	}
	return 0, n // it does not end here
}

// lie is a value as a Variable Byte Integer: as short as can be, or of n bytes where
// that is more than the standard allows.
func lie(value uint64, n int) []byte {
	b := codec.AppendVarint(nil, uint32(value))
	if n <= 4 {
		return b
	}
	b[len(b)-1] |= 0x80
	for len(b) < n-1 {
		b = append(b, 0x80)
	}
	return append(b, 0)
}
