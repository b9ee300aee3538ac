package reference

import (
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// spoilSuback gives what goes out for a SUBACK: itself, where no fault makes it
// otherwise.
func (c *conn) spoilSuback(p *codec.Suback) [][]byte {
	p.Codes = slices.Clone(p.Codes)
	n := len(p.Codes)
	switch {
	case c.is(subackWrongID):
		p.PacketID++
	case c.is(subackForEach):
		var each [][]byte
		for _, code := range p.Codes {
			each = append(each, c.encode(&codec.Suback{PacketID: p.PacketID, Codes: []byte{code}}))
		}
		return each
	case c.is(subackCodeMissing) && n > 1:
		p.Codes = p.Codes[:n-1]
	case c.is(subackCodeTooMany) && n > 0:
		p.Codes = append(p.Codes, p.Codes[n-1])
	case c.is(subackFailsFalsely):
		p.Codes = slices.Repeat([]byte{0x80}, n)
	case c.is(subackReversed):
		slices.Reverse(p.Codes)
	case c.is(subackSorted):
		slices.Sort(p.Codes)
	case c.is(subackUndefinedCode):
		for i, code := range p.Codes {
			if code == 2 {
				p.Codes[i] = 3
			}
		}
	}
	p.Properties = c.tooLarge(subackTooLarge, subackUserTooLarge)
	return [][]byte{c.spoilt(p, c.encode(p))}
}

// spoilUnsuback is spoilSuback for UNSUBACK.
func (c *conn) spoilUnsuback(p *codec.Unsuback) [][]byte {
	p.Codes = slices.Clone(p.Codes)
	switch {
	case c.is(unsubackWrongID):
		p.PacketID++
	case c.is(unsubackForEach):
		var each [][]byte
		for _, code := range p.Codes {
			each = append(each, c.encode(&codec.Unsuback{PacketID: p.PacketID, Codes: []byte{code}}))
		}
		return each
	case c.is(unsubackReversed):
		slices.Reverse(p.Codes)
	case c.is(unsubackSorted):
		slices.Sort(p.Codes)
	case c.is(unsubackUndefinedCode):
		for i, code := range p.Codes {
			if code == 0 {
				p.Codes[i] = 1
			}
		}
	case c.is(unsubackNoCodes):
		p.Codes = nil
	}
	p.Properties = c.tooLarge(unsubackTooLarge, unsubackUserTooLarge)
	return [][]byte{c.spoilt(p, c.encode(p))}
}

// tooLarge is a property that one of two faults adds, as large as the client's
// Maximum Packet Size.
func (c *conn) tooLarge(reason, user *flaw) codec.Properties {
	long := strings.Repeat("x", min(int(c.maximumPacket), 1000))
	switch {
	case c.maximumPacket == 0:
	case c.is(reason):
		return codec.Properties{codec.Data(codec.ReasonString, long)}
	case c.is(user):
		return codec.Properties{codec.User("reference", long)}
	}
	return nil
}
