package reference

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// shortID is as long as a Client Identifier must be taken (MQTT-3.1.3-5).
const shortID = 23

// spoilID gives the Client Identifier as the faults read it.
func (c *conn) spoilID(id string) string {
	switch {
	case c.is(idCaseFolded):
		return strings.ToLower(id)
	case c.is(idTrimmed):
		return strings.TrimRight(id, " ")
	case c.is(idCut) && len(id) > 20:
		return id[:20]
	}
	return id
}

// wrongID gives the Client Identifier that a fault assigns.
func (c *conn) wrongID() (id string, ok bool) {
	if c.is(assignedIDShared) {
		return "reference", true
	}
	for _, s := range c.b.byAge {
		if s.conn == nil && strings.HasPrefix(s.id, "reference") && c.is(assignedIDReused) {
			return s.id, true
		}
	}
	return "", false
}

// spoilConnect refuses a CONNECT that is to be accepted, and says whether it did.
func (c *conn) spoilConnect(p *codec.Connect) bool {
	long, unauthorised := len(c.id) > shortID, byte(0x05)
	if c.version == codec.V5 {
		unauthorised = codeNotAuthorized
	}
	old := c.b.sessions[c.id]
	code := unauthorised
	switch {
	case c.is(idOf23Refused) && len(c.id) == shortID,
		c.is(idCapitalsRefused) && strings.Contains(c.id, "Q"),
		c.is(longKeepAliveRefused) && p.KeepAlive == 65535,
		c.is(newSessionRefused) && !p.CleanStart && old == nil,
		c.is(takeoverRefusesNew) && old != nil && old.conn != nil,
		c.is(longIDRefusedWrongly) && long:
	case c.is(passwordAloneRefused) && p.User == nil && p.Password != nil:
		code = codeMalformed
	case c.is(longIDRefusedOpen) && long:
		code = codeBadClientID
		if c.version != codec.V5 {
			code = 0x02
		}
		c.sendRefusal(code)
		return true
	case c.is(longIDRefusedSilently) && long:
		c.end()
		return true
	case c.is(noKeepAliveUnanswered) && p.KeepAlive == 0:
		return true
	default:
		return false
	}
	if c.version == codec.V5 {
		c.refuse(code)
	} else {
		c.refuseOld(code)
	}
	return true
}

// refuseEmptyID refuses a client of 3.1 or 3.1.1 without a Client Identifier
// (3.1.1/MQTT-3.1.3-8, MQTT-3.1.3-9).
func (c *conn) refuseEmptyID() {
	switch {
	case c.is(emptyIDUntold):
		c.end()
	case c.is(emptyIDMistold):
		c.refuseOld(0x05)
	case c.is(emptyIDWrongly):
		c.refuseOld(0x03)
	case c.is(emptyIDLeftOpen), c.is(emptyIDOpen):
		c.sendRefusal(0x02)
	default:
		c.refuseOld(0x02)
	}
}

// refuseLogin refuses a user of 3.1 or 3.1.1 (3.1.4).
func (c *conn) refuseLogin() {
	switch {
	case c.is(loginRefusedSilently):
		c.end()
	case c.is(loginRefusedOpen):
		c.sendRefusal(0x04)
	default:
		c.refuseOld(0x04)
	}
}

// sendRefusal sends a CONNACK that refuses.
func (c *conn) sendRefusal(code byte) {
	ack := &codec.Connack{Code: code}
	switch {
	case c.is(disconnectBeforeConnack):
		c.sayBeforeConnack(code)
		return
	case c.is(presentInRefusal):
		ack.SessionPresent = true
	case c.is(refusalReservedBits):
		ack.Reserved = 2
	case c.is(refusalUndefined) && c.version == codec.V5:
		ack.Code = codeFilterInvalid
	case c.is(refusalUndefined):
		ack.Code = 0x06
	}
	c.send(ack)
	if c.is(disconnectBehindRefusal) {
		c.send(&codec.Disconnect{Code: code})
	}
}

// sayBeforeConnack sends the DISCONNECT that only a fault sends before CONNACK.
func (c *conn) sayBeforeConnack(code byte) {
	if c.b.faults.anywhere(disconnectBeforeConnack) {
		c.version = codec.V5
		c.send(&codec.Disconnect{Code: code})
	}
}

// spoilConnack applies the faults in a CONNACK that accepts. discarded says that
// there was a session before it.
func (c *conn) spoilConnack(ack *codec.Connack, discarded bool) {
	clean := c.connect.CleanStart
	switch {
	case c.is(presentAtCleanStart) && clean, c.is(presentWhenDiscarded) && clean && discarded,
		c.is(presentWhenNew) && !clean:
		ack.SessionPresent = true
	case c.is(presentUntold):
		ack.SessionPresent = false
	case c.is(connackReservedBits):
		ack.Reserved = 2
	case c.is(acceptanceUndefined) && !clean:
		ack.Code = 0x02
	}
	if c.is(connackTwice) {
		c.send(ack)
	}
	if c.version == codec.V5 {
		ack.Properties = append(ack.Properties, c.tooLarge(connackReasonTooLarge, connackUserTooLarge)...)
	}
	c.connack = ack
}

// spoilDeclared applies the faults in what CONNACK declares.
func (c *conn) spoilDeclared(ps codec.Properties) codec.Properties {
	without := func(id codec.PropertyID) codec.Properties {
		return slices.DeleteFunc(ps, func(p codec.Property) bool { return p.ID == id })
	}
	switch {
	case c.is(responseUnasked) && c.connect.Properties.Int(codec.RequestResponseInformation, 0) == 0:
		return append(ps, codec.Data(codec.ResponseInformation, "response/"))
	case c.is(expiryToldOnly) && c.session.expiry > 1:
		return append(ps, codec.Int(codec.SessionExpiryInterval, 1))
	case c.is(responseUnsaid):
		if _, said := c.connect.Properties.Find(codec.RequestResponseInformation); !said {
			return append(ps, codec.Data(codec.ResponseInformation, "response/"))
		}
	case c.is(methodUnasked) && c.auth == nil:
		return append(ps, codec.Data(codec.AuthenticationMethod, AuthenticationMethod))
	case c.is(connackMethodMissing):
		return without(codec.AuthenticationMethod)
	case c.is(connackMethodWrong) && c.auth != nil:
		return append(without(codec.AuthenticationMethod), codec.Data(codec.AuthenticationMethod, "another"))
	}
	return ps
}

// spoilKeepAlive gives the time of silence after which a client is cut off.
func (c *conn) spoilKeepAlive(limit time.Duration) time.Duration {
	asked := time.Duration(c.connect.KeepAlive) * 1500 * time.Millisecond
	switch {
	case c.is(keepAliveShort):
		return limit / 3
	case c.is(keepAliveUnwatched), c.is(serverKeepAliveForSome) && asked == 0:
		return 0
	case c.is(keepAliveUntold):
		return 90 * time.Second
	case c.is(serverKeepAliveUnused):
		return asked
	}
	return limit
}

// countsAsLife says whether a packet of the client ends its silence.
func (c *conn) countsAsLife(frame []byte) bool {
	return c.version == 0 || !c.is(keepAliveOfPings) || codec.Type(frame[0]>>4) == codec.PINGREQ
}

// behindTheEnd handles what a client sends behind the end of its connection.
func (c *conn) behindTheEnd(frame []byte) {
	p, _ := codec.Inspect(frame, c.version, codec.FromClient)
	if s, ok := p.(*codec.Subscribe); ok && c.session == nil && c.is(refusedSubscribed) {
		c.out.write(c.encode(&codec.Suback{PacketID: s.PacketID, Codes: make([]byte, len(s.Subscriptions))}))
		c.out.finish()
	}
	if c.rules.left {
		c.broke(ruleAfterwards, p)
	} else if p, ok := p.(*codec.Publish); ok && (c.session == nil && c.is(refusedProcessed) || c.session != nil && c.is(behindErrorProcessed) || c.code == codeTakenOver && c.is(takeoverHears)) {
		p = p.Clone().(*codec.Publish)
		c.b.publish(c.newMessage(p.Topic.String(), p.Payload, p.QoS, p.Retain, p.Properties))
	}
}

// finish closes the connection behind what was sent.
func (c *conn) finish() {
	if c.session == nil && c.version != 0 && c.is(refusedSubscribed) {
		time.AfterFunc(200*time.Millisecond, c.out.finish) // for what comes with the CONNECT
		return
	}
	c.out.finish()
}

// stream gives what the packets of a connection are read from.
func (c *conn) stream() io.Reader {
	if c.b.faults.anywhere(segmentsRefused) {
		return wholeSegments{c.out.nc}
	}
	if c.b.faults.anywhere(connectAnsweredEarly) {
		return &eager{c: c}
	}
	return c.out.nc
}

// eager answers a CONNECT of which only the first segment has come.
type eager struct {
	c     *conn
	begun bool
}

func (e *eager) Read(b []byte) (int, error) {
	n, err := e.c.out.nc.Read(b)
	size, ok, _ := codec.FrameSize(b[:n])
	name := 2 // where the Protocol Name begins
	if ok && size > 129 {
		name = 3
	}
	if level := name + 6; !e.begun && ok && b[0] == byte(codec.CONNECT)<<4 && n > level && n < size {
		if v := codec.Version(b[level]); e.c.b.faults.has(connectAnsweredEarly, v) {
			data, _ := (&codec.Connack{}).Append(nil, v)
			e.c.out.write(data)
		}
	}
	e.begun = true
	return n, err
}

// wholeSegments gives nothing of a stream any more once a segment of one byte has
// come.
type wholeSegments struct{ from io.Reader }

func (w wholeSegments) Read(b []byte) (int, error) {
	n, err := w.from.Read(b)
	for n == 1 && err == nil {
		_, err = io.Copy(io.Discard, w.from)
		n = 0
		if err == nil {
			err = io.EOF
		}
	}
	return n, err
}
