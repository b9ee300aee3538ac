package reference

import "github.com/mqttproof/mqttproof/codec"

// spoilQuota applies the faults in the send quota of a connection, which begins
// with the client's Receive Maximum (4.9).
func (s *session) spoilQuota(maximum int) int {
	switch {
	case s.is(receiveMaximumByOne):
		maximum++
	case s.is(receiveMaximumDoubled):
		maximum *= 2
	case s.is(receiveMaximumZero) && maximum < 65535:
		maximum = 0
	case s.is(receiveMaximumAbsentZero) && maximum == 65535:
		maximum = 0
	case s.is(receiveMaximumKept):
		maximum = s.receiveMaximum
	}
	return maximum - s.placesLost
}

// uncounted says that a message under way takes no place under the Receive
// Maximum.
func (s *session) uncounted(d *delivery) bool {
	return s.is(quotaForQoS1Only) && d.qos == 2 || s.is(quotaFreedByPubrec) && d.released ||
		s.is(repetitionsUncounted) && d.attempts > 1
}

// heldByQuota says that a packet is not sent because the Receive Maximum of the
// client is used up, which concerns PUBLISH alone (MQTT-3.3.4-10).
func (c *conn) heldByQuota(p codec.Packet) bool {
	var held bool
	switch p.(type) {
	case *codec.Pingresp:
		held = c.is(pingrespHeld)
	case *codec.Suback:
		held = c.is(subackHeld)
	case *codec.Unsuback:
		held = c.is(unsubackHeld)
	case *codec.Puback, *codec.Pubrec:
		held = c.is(acknowledgementHeld)
	case *codec.Pubrel:
		held = c.is(pubrelHeld)
	}
	return held && c.session.quota() <= 0
}

// sizeOf is the size of a packet as the Maximum Packet Size counts it: all of it
// (2.1.4).
func (c *conn) sizeOf(p codec.Packet) int {
	size := p.Size(c.version)
	if !c.is(maximumPacketOfRemaining) {
		return size
	}
	for _, most := range []int{127, 16_383, 2_097_151} { // of one, two and three bytes of Remaining Length
		if header := 2; size-header <= most {
			return size - header
		}
		size--
	}
	return size - 2
}

// cutToFit cuts the payload of a message that is too large for the client, and
// says whether it did.
func (s *session) cutToFit(d *delivery) bool {
	if !s.is(tooLargeCut) {
		return false
	}
	m := *d.message
	m.payload = m.payload[:0]
	d.message = &m
	return s.conn.fits(s.packet(d, false))
}

// refuseIdentifier answers a SUBSCRIBE as if its Packet Identifier were in use.
func (c *conn) refuseIdentifier(p *codec.Subscribe) {
	code := byte(0x80)
	if c.version == codec.V5 {
		code = codeIDInUse
	}
	ack := &codec.Suback{PacketID: p.PacketID}
	for range p.Subscriptions {
		ack.Codes = append(ack.Codes, code)
	}
	c.send(ack)
}
