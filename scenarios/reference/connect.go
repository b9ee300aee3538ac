package reference

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec"
)

// asked gives the version that the first packet asks for, as far as there is
// such a version; else the one in which it is read.
func (c *conn) asked(frame []byte) codec.Version {
	v, ok := codec.ConnectVersion(frame)
	if !ok {
		return codec.V311
	}
	return min(max(v, codec.V31), codec.V5)
}

// firstPacket handles what must be a CONNECT (3.1.0-1).
func (c *conn) firstPacket(frame []byte) {
	if codec.Type(frame[0]>>4) != codec.CONNECT {
		c.notConnect(frame)
		return
	}
	level, readable := codec.ConnectVersion(frame)
	v := c.asked(frame)
	if readable {
		p, _ := codec.Inspect(frame, v, codec.FromClient)
		if v, readable = c.rightProtocol(p.(*codec.Connect), level, v); !readable {
			return
		}
	}
	c.version = v
	p, ok := c.decode(frame)
	if !ok || c.unanswered(p.(*codec.Connect)) || c.spoilPassword(p.(*codec.Connect)) {
		return
	}
	c.accept(p.(*codec.Connect))
}

// rightProtocol looks at the Protocol Name and the Protocol Level, which say by
// what the rest is read (3.1.2.1, 3.1.2.2), and gives that version.
func (c *conn) rightProtocol(p *codec.Connect, level, v codec.Version) (codec.Version, bool) {
	names := map[codec.Version]string{codec.V31: "MQIsdp", codec.V311: "MQTT", codec.V5: "MQTT"}
	name := p.Protocol.String()
	// Where there is no such level, there is no such name for it either.
	named := name == names[v] || level != v && name == names[codec.V5]
	if !named && !c.b.faults.has(anyProtocolName, v) {
		c.version = v // for the words of the complaint only
		c.broke(ruleProtocolName, p)
		if !c.b.faults.has(nameRefusedOpen, v) {
			c.end()
		}
		return v, false
	}
	if level == v && c.b.supports(v) {
		return v, true
	}
	for _, served := range []codec.Version{codec.V5, codec.V311} {
		if level != v && c.b.faults.has(anyProtocolLevel, served) {
			return served, true
		}
	}
	// A level that we do not speak: 3.1.1 demands CONNACK 0x01 in its own form
	// (3.1.1/MQTT-3.1.2-2); 5.0 allows 0x84 (5.0/MQTT-3.1.2-2).
	c.version = codec.V311
	c.broke(ruleProtocolLevel, p)
	switch {
	case c.is(levelRefusedSilently):
	case c.is(levelRefusedWrongly):
		c.send(&codec.Connack{Code: 0x02})
	default:
		c.send(&codec.Connack{Code: 0x01})
	}
	if !c.b.faults.anywhere(levelRefusedOpen) {
		c.end()
	}
	return v, false
}

// notConnect handles another packet than CONNECT at the start: a protocol error
// by definition (5.0, 1.2; 3.1 in 3.1.1).
func (c *conn) notConnect(frame []byte) {
	c.version = codec.V5
	p, _ := codec.Inspect(frame, c.version, codec.FromClient)
	c.broke(ruleFirstPacket, p)
	c.version = 0
	if c.b.faults.anywhere(firstPacketAny) {
		return
	}
	c.sayBeforeConnack(codeProtocolError)
	c.end()
}

// refuseOldConnect ends a connection of 3.1 or 3.1.1 whose CONNECT is wrong:
// without a CONNACK (3.1.1/MQTT-3.1.4-1), except where one is demanded.
func (c *conn) refuseOldConnect(f *codec.Violation, p codec.Packet) {
	connect, ok := p.(*codec.Connect)
	emptyID := ok && f.Requirement.ID == "MQTT-3.1.3-7"
	longID := ok && c.version == codec.V31 && utf8.RuneCount(connect.ClientID) > 23
	if emptyID || longID || ok && c.version == codec.V31 && len(connect.ClientID) == 0 {
		c.refuseEmptyID()
		return
	}
	if c.is(malformedConnectAnswered) {
		c.send(&codec.Connack{Code: 0x05})
	}
	c.end()
}

// refuseOld answers a CONNECT of 3.1 or 3.1.1 with a return code and closes.
func (c *conn) refuseOld(code byte) {
	c.code = code
	c.sendRefusal(code)
	if !c.is(refusalOpen) {
		c.end()
	}
}

// secondConnect handles a CONNECT on a connection that had one (MQTT-3.1.0-2).
func (c *conn) secondConnect(p *codec.Connect) {
	c.broke(ruleSecondConnect, p)
	if c.is(secondConnectTaken) {
		c.send(&codec.Connack{})
		return
	}
	if c.is(secondConnectIgnored) {
		return
	}
	c.refuse(codeProtocolError)
}

// accept looks at what a well-formed CONNECT asks for.
func (c *conn) accept(p *codec.Connect) {
	c.connect = p
	c.id = c.spoilID(p.ClientID.String())
	c.receiveMaximum = int(p.Properties.Int(codec.ReceiveMaximum, 65535))
	c.maximumPacket = p.Properties.Int(codec.MaximumPacketSize, 0)
	c.aliasMaximum = uint16(p.Properties.Int(codec.TopicAliasMaximum, 0))
	c.problems = p.Properties.Int(codec.RequestProblemInformation, 1) == 1
	if c.spoilConnect(p) {
		return
	}
	if code := c.limits(p); code != 0 {
		c.refuseConnect(code)
		return
	}
	if method, ok := p.Properties.Find(codec.AuthenticationMethod); ok {
		c.startAuthentication(string(method.Data))
		return
	}
	c.welcome()
}

// refuseConnect refuses what a CONNECT asks for, and closes the connection.
func (c *conn) refuseConnect(code byte) {
	if code == codeQoSNotSupported && c.is(willQoSRefusedOpen) || code == codeRetainNotSupported && c.is(willRetainRefusedOn) ||
		code == codePacketTooLarge && c.is(largeConnectOpen) || code == codeBadClientID && c.is(emptyIDOpen) || code == codeBadLogin && c.is(loginRefusedOpen) {
		c.send(&codec.Connack{Code: code})
		return
	}
	c.refuse(code)
}

// limits gives the Reason Code for a CONNECT that asks for more than there is;
// 0 for none. In 3.1.1 the connection has been refused by then.
func (c *conn) limits(p *codec.Connect) byte {
	switch {
	case c.b.opts.LimitConnect && c.version == codec.V5 && p.Size(codec.V5) > int(c.b.opts.MaximumPacketSize):
		return codePacketTooLarge
	case c.id == "" && c.b.opts.NoAssignedIDs && c.version == codec.V5:
		return codeBadClientID
	case c.id == "" && c.b.opts.NoAssignedIDs:
		c.refuseEmptyID()
		return codeBadClientID
	case (p.User != nil || p.Password != nil) && c.b.opts.RefuseUsers && c.version == codec.V5:
		return codeBadLogin
	case (p.User != nil || p.Password != nil) && c.b.opts.RefuseUsers:
		c.refuseLogin()
		return codeBadLogin
	}
	if p.Will == nil || c.version != codec.V5 {
		return 0
	}
	if p.Will.QoS > c.b.opts.MaximumQoS && !c.is(willQoSUnlimited) {
		return codeQoSNotSupported // MQTT-3.2.2-12
	}
	if p.Will.Retain && c.b.opts.NoRetained && !c.is(willRetainUnlimited) {
		return codeRetainNotSupported // MQTT-3.2.2-13
	}
	return 0
}

// welcome accepts the connection: it takes over, resumes or begins the session,
// sends CONNACK, and then what the session has waiting.
func (c *conn) welcome() {
	ack := &codec.Connack{}
	if c.id == "" && !c.is(emptyIDTwice) {
		c.id = c.assignID()
		if c.version == codec.V5 && !c.is(assignedIDHidden) {
			told := c.id
			if c.is(assignedIDWrong) {
				told += "0"
			}
			ack.Properties = append(ack.Properties, codec.Data(codec.AssignedClientIdentifier, told))
		}
	}
	discarded := c.b.sessions[c.id] != nil
	if c.waitsForOld() {
		return
	}
	present := c.takeSession()
	ack.SessionPresent = present && c.version != codec.V31
	if c.version == codec.V5 {
		ack.Properties = append(ack.Properties, c.declared()...)
	}
	if !c.fits(ack) && !c.is(maximumPacketIgnored) && !c.is(connackAboveMaximum) {
		c.session.will = nil
		c.end() // there is no smaller way to say yes (MQTT-3.1.2-24)
		return
	}
	c.startKeepAlive()
	c.spoilConnack(ack, discarded)
	if c.is(messagesBeforeConnack) {
		c.session.resume()
		c.send(ack)
		return
	}
	c.send(ack)
	if c.auth == nil && c.version == codec.V5 && c.is(authUnasked) {
		c.send(&codec.Auth{Code: codeContinueAuth, Properties: codec.Properties{codec.Data(codec.AuthenticationMethod, AuthenticationMethod)}})
	}
	c.session.resume()
}

// assignID makes a Client Identifier that no other session has (3.1.3.1).
func (c *conn) assignID() string {
	if id, ok := c.wrongID(); ok {
		return id
	}
	for {
		c.b.assigned++
		if id := c.assignable(fmt.Sprintf("reference%d", c.b.assigned)); c.b.sessions[id] == nil {
			return id
		}
	}
}

// declared are the properties of CONNACK that differ from what is taken for
// granted (3.2.2.3).
func (c *conn) declared() (ps codec.Properties) {
	o := &c.b.opts
	num := func(id codec.PropertyID, value uint32) { ps = append(ps, codec.Int(id, value)) }
	if c.session.expiry != c.connect.Properties.Int(codec.SessionExpiryInterval, 0) {
		num(codec.SessionExpiryInterval, c.session.expiry)
	}
	if o.ReceiveMaximum > 0 {
		num(codec.ReceiveMaximum, uint32(o.ReceiveMaximum))
	}
	if o.MaximumQoS < 2 && !c.is(maximumQoSHidden) {
		num(codec.MaximumQoS, uint32(o.MaximumQoS))
	}
	for _, f := range []struct {
		missing bool
		id      codec.PropertyID
	}{
		{o.NoRetained, codec.RetainAvailable}, {o.NoWildcards, codec.WildcardSubscriptionAvailable},
		{o.NoIdentifiers, codec.SubscriptionIdentifierAvailable}, {o.NoShared, codec.SharedSubscriptionAvailable},
	} {
		if f.missing {
			num(f.id, 0)
		}
	}
	if o.MaximumPacketSize > 0 {
		num(codec.MaximumPacketSize, o.MaximumPacketSize)
	}
	if o.TopicAliasMaximum > 0 {
		num(codec.TopicAliasMaximum, uint32(o.TopicAliasMaximum))
	}
	if o.ServerKeepAlive > 0 {
		num(codec.ServerKeepAlive, uint32(o.ServerKeepAlive))
	}
	if o.ResponseInformation != "" && c.connect.Properties.Int(codec.RequestResponseInformation, 0) == 1 {
		ps = append(ps, codec.Data(codec.ResponseInformation, o.ResponseInformation))
	}
	if c.auth != nil {
		ps = append(ps, c.auth.method())
	}
	return c.spoilDeclared(ps)
}

// startKeepAlive watches for silence: one and a half times the Keep Alive
// (MQTT-3.1.2-22; MQTT-3.1.2-24 in 3.1.1).
func (c *conn) startKeepAlive() {
	interval := c.connect.KeepAlive
	if c.b.opts.ServerKeepAlive > 0 && c.version == codec.V5 {
		interval = c.b.opts.ServerKeepAlive
	}
	c.keepAlive = c.spoilKeepAlive(time.Duration(interval) * 1500 * time.Millisecond)
	c.restartSilence()
}

// alive notes that the client has given a sign of life.
func (c *conn) alive() {
	c.heard = time.Now()
	c.restartSilence()
}

func (c *conn) restartSilence() {
	c.stopSilence()
	if c.keepAlive == 0 || c.is(keepAliveUnwatched) {
		return
	}
	heard := c.heard
	c.silence = time.AfterFunc(c.keepAlive, func() {
		c.b.locked(func() {
			if !c.ended && c.heard.Equal(heard) {
				c.broke(ruleKeepAlive, nil)
				c.refuse(codeKeepAliveTimeout)
			}
		})
	})
}

func (c *conn) stopSilence() {
	if c.silence != nil {
		c.silence.Stop()
	}
}
