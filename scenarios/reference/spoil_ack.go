package reference

import (
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// ackFaults are the faults in one kind of acknowledgement. A nil one does not
// exist for it.
type ackFaults struct {
	wrongID, swappedID, undefinedCode       *flaw
	code                                    byte // that is not defined for it
	reasonTooLong, userTooLong, reasonTwice *flaw
}

var faultsOfAck = map[codec.Type]ackFaults{
	codec.PUBACK:  {pubackIdentifierWrong, pubackIdentifierSwapped, pubackCodeUndefined, 0x01, pubackReasonTooLong, pubackUserTooLong, pubackReasonTwice},
	codec.PUBREC:  {pubrecIdentifierWrong, nil, pubrecCodeUndefined, 0x01, pubrecReasonTooLong, pubrecUserTooLong, pubrecReasonTwice},
	codec.PUBREL:  {pubrelIdentifierWrong, nil, pubrelCodeUndefined, 0x80, pubrelReasonTooLong, pubrelUserTooLong, pubrelReasonTwice},
	codec.PUBCOMP: {pubcompIdentifierWrong, nil, pubcompCodeUndefined, 0x80, pubcompReasonTooLong, pubcompUserTooLong, pubcompReasonTwice},
}

// spoilAck applies the faults in acknowledgements.
func (c *conn) spoilAck(t codec.Type, p *codec.Ack) {
	f := faultsOfAck[t]
	const long = 4096 // bytes, more than a client with a small Maximum Packet Size takes
	switch {
	case c.is(f.wrongID):
		p.PacketID++
	case c.is(f.swappedID):
		p.PacketID = p.PacketID<<8 | p.PacketID>>8
	case c.is(f.undefinedCode):
		p.Code = f.code
	case c.is(f.reasonTooLong):
		p.Properties = append(p.Properties, codec.Data(codec.ReasonString, strings.Repeat("reason ", long/7)))
	case c.is(f.userTooLong):
		p.Properties = append(p.Properties, codec.User("text", strings.Repeat("reason ", long/7)))
	case c.is(f.reasonTwice):
		p.Properties = append(p.Properties, codec.Data(codec.ReasonString, "one"), codec.Data(codec.ReasonString, "two"))
	}
}

// spoilPubrel gives the bytes of a PUBREL.
func (c *conn) spoilPubrel(p *codec.Pubrel) []byte {
	c.spoilAck(codec.PUBREL, &p.Ack)
	data := c.encode(p)
	again := slices.ContainsFunc(c.session.inflight, func(d *delivery) bool { return d.id == p.PacketID && d.attempts > 0 })
	switch {
	case c.is(pubrelFlagsWrong):
		data[0] = 0x60
	case again && c.is(pubrelWithDup):
		data[0] = 0x6A
	}
	return data
}

// spoilFrame says that a packet of the client is not handled, because of a fault
// that shows in its bytes.
func (c *conn) spoilFrame(frame []byte, p codec.Packet) (handled bool) {
	if c.haltsDuringAuth(p) {
		return true
	}
	switch p.(type) {
	case *codec.Pubrel:
		if frame[0]&0x0F != 0b0010 && c.is(pubrelFlagsIgnored) {
			return true
		}
	case *codec.Puback, *codec.Pubrec, *codec.Pubcomp:
	default:
		return false
	}
	if len(frame) == 4 && c.is(shortAckRefused) || len(frame) == 5 && c.is(bareAckRefused) {
		c.refuse(codeMalformed)
		return true
	}
	return false
}
