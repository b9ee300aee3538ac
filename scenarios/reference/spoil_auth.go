package reference

import (
	"slices"

	"github.com/mqttproof/mqttproof/codec"
)

// sendAuth sends an AUTH as the faults leave it.
func (c *conn) sendAuth(p *codec.Auth) {
	again, last := c.session != nil, p.Code == 0
	rename := func(name string) {
		p.Properties = slices.DeleteFunc(p.Properties, func(p codec.Property) bool { return p.ID == codec.AuthenticationMethod })
		if name != "" {
			p.Properties = append(p.Properties, codec.Data(codec.AuthenticationMethod, name))
		}
	}
	switch {
	case c.is(challengeCode) && !last:
		p.Code = 0
	case c.is(challengeReauth) && !last, c.is(reauthCode) && again && last:
		p.Code = codeReauthenticate
	case c.is(authCodeUndefined):
		p.Code = 0x01
	case c.is(challengeMethod):
		rename("another")
	case c.is(authMethodMissing):
		rename("")
	}
	p.Properties = append(p.Properties, c.tooLarge(authReasonTooLarge, authUserTooLarge)...)
	if c.is(reauthTexts) && !c.problems {
		p.Properties = append(p.Properties, codec.Data(codec.ReasonString, "in words"))
	}
	c.send(p)
}

// haltsDuringAuth says that a packet is dropped while the client authenticates
// again.
func (c *conn) haltsDuringAuth(p codec.Packet) bool {
	if c.auth == nil || c.auth.challenge == "" {
		return false
	}
	_, ping := p.(*codec.Pingreq)
	_, message := p.(*codec.Publish)
	return ping && c.is(reauthHalts) || message && c.is(reauthHaltsMessages)
}

// servesDuringAuth serves what a client may not send before CONNACK, and says
// whether it did.
func (c *conn) servesDuringAuth(p codec.Packet) bool {
	switch p := p.(type) {
	case *codec.Pingreq:
		if c.is(servedDuringAuth) {
			c.send(&codec.Pingresp{})
			return true
		}
	case *codec.Subscribe:
		if c.is(subscribedDuringAuth) {
			c.send(&codec.Suback{PacketID: p.PacketID, Codes: make([]byte, len(p.Subscriptions))})
			return true
		}
	case *codec.Publish:
		if c.is(publishedDuringAuth) {
			c.b.publish(c.newMessage(p.Topic.String(), p.Payload, p.QoS, p.Retain, p.Properties))
		}
	}
	return false
}

// takesAnswer says whether a wrong answer to a challenge is taken.
func (c *conn) takesAnswer() bool {
	return c.session == nil && c.is(anyAnswerTaken) || c.session != nil && c.is(reauthFailedTaken)
}

// sayGoodbye sends the DISCONNECT that goes before the close.
func (c *conn) sayGoodbye(code byte) {
	p := &codec.Disconnect{Code: code}
	taken, reauth := code == codeTakenOver, c.auth != nil && code == codeNotAuthorized
	switch {
	case c.is(disconnectMissing) && !taken, c.is(takeoverUntold) && taken, c.is(reauthFailedSilently) && reauth:
		return
	case c.is(takeoverMistold) && taken:
		p.Code = 0x80
	case c.is(errorsToldAsNormal) && !taken:
		p.Code = 0
	case c.is(disconnectUndefined):
		p.Code = 0x01
	case c.is(disconnectOfClients):
		p.Code = 0x04
	case c.is(disconnectWithExpiry):
		p.Properties = codec.Properties{codec.Int(codec.SessionExpiryInterval, 10)}
	}
	p.Properties = append(p.Properties, c.tooLarge(disconnectReasonTooLarge, disconnectUserTooLarge)...)
	c.send(p)
	if c.is(disconnectTwice) {
		c.send(p)
	}
	if c.is(disconnectNotLast) {
		c.send(&codec.Pingresp{})
	}
}

// staysOpen says whether a connection that is refused stays open.
func (c *conn) staysOpen(code byte) bool {
	if c.session == nil {
		return c.is(refusalOpen) || c.is(wrongAnswerOpen) && c.auth != nil && code == codeNotAuthorized
	}
	return c.is(disconnectLeavesOpen) && code != codeTakenOver || c.is(disconnectLeavesTakenOver) && code == codeTakenOver ||
		c.is(reauthFailedOpen) && c.auth != nil && code == codeNotAuthorized
}
