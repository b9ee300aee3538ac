package reference

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// conn is one Network Connection.
type conn struct {
	b   *Broker
	out *output

	version codec.Version // 0 before the CONNECT
	session *session      // nil before the CONNECT is accepted
	connect *codec.Connect
	auth    *exchange // enhanced authentication, nil without
	ended   bool      // nothing more is taken or sent
	code    byte      // why we ended it; 0 if we did not

	id string // the Client Identifier, given or assigned

	// What the client allows in 5.0.
	receiveMaximum int
	maximumPacket  uint32
	aliasMaximum   uint16
	problems       bool // Request Problem Information

	aliases     map[uint16]string // that the client set
	sentAliases map[string]uint16 // that we set

	keepAlive time.Duration // one and a half times the interval; 0 is none
	silence   *time.Timer
	heard     time.Time      // when the last packet came
	connack   *codec.Connack // that accepted
	rules     clientRules
}

func newConn(b *Broker, nc net.Conn) *conn {
	return &conn{b: b, out: newOutput(nc), receiveMaximum: 65535, problems: true,
		aliases: map[uint16]string{}, sentAliases: map[string]uint16{}, rules: newClientRules()}
}

// largest is a bound on packets that no test reaches, above any that is declared.
const largest = 32 << 20

// read takes packets until the connection ends.
func (c *conn) read() {
	nc := c.out.nc
	frames := codec.NewReader(c.stream(), largest)
	lost := 0 // bytes that a fault drops
	for {
		frame, err := frames.Next()
		c.b.mu.Lock()
		switch {
		case c.ended:
			if err == nil {
				c.behindTheEnd(frame)
			}
		case err == nil && lost > 0:
			lost -= len(frame)
		case err == nil:
			if c.countsAsLife(frame) {
				c.alive()
			}
			first := c.version == 0
			c.packet(frame)
			if first && c.is(pipelinedLost) || !first && c.is(restOfSegmentLost) {
				lost = len(frames.Buffered())
			}
		case errors.Is(err, codec.ErrLength):
			c.badLength(frames.Buffered())
		case errors.Is(err, codec.ErrTooLarge):
			c.refuse(codePacketTooLarge)
		default:
			c.spoilUnfinished(frames.Buffered())
			if _, secure := nc.(*tls.Conn); secure && c.session != nil && c.is(willLostOverTLS) {
				c.session.will = nil
			}
			c.lost()
		}
		c.b.mu.Unlock()
		if err != nil {
			break
		}
	}
	drain(nc)
	_ = nc.Close()
	c.out.abort()
	c.b.mu.Lock()
	c.lost()
	delete(c.b.conns, c)
	c.b.mu.Unlock()
}

// drain reads a connection that can be followed no more to its end: what was
// written last is still on its way, see output.end. With a fault that overlooks
// why it cannot be followed it stays open.
func drain(nc net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := nc.Read(buf); err != nil {
			return
		}
	}
}

// badLength handles a Remaining Length that cannot be read.
func (c *conn) badLength(b []byte) {
	_, _ = c.decode(b) // which ends the connection, unless a fault overlooks it
}

// decode reads a packet and applies the rules that one packet can break. ok is
// false where the connection has ended for it, or nothing can be done with it.
func (c *conn) decode(frame []byte) (p codec.Packet, ok bool) {
	v := c.version
	if v == 0 {
		v = c.asked(frame)
	}
	p, found := codec.Inspect(frame, v, codec.FromClient)
	if p != nil {
		p = p.Clone()
	}
	for i := range found {
		c.blame(found[i], p)
	}
	for i := range found {
		f := &found[i]
		// 3.1.1 lets nothing pass (3.1.1/MQTT-4.8.0-1).
		if !f.Named && c.b.opts.TolerateUnnamed && v == codec.V5 {
			continue
		}
		m := &mistake{f, p, frame}
		if !c.sees(m) {
			break // what follows from the same error is not seen either
		}
		if !c.tolerates(m) {
			c.refuseFor(f, p)
		}
		return nil, false
	}
	return p, p != nil
}

// packet handles one packet of the client.
func (c *conn) packet(frame []byte) {
	if limit := c.b.opts.MaximumPacketSize; limit > 0 && c.version == codec.V5 && len(frame) > int(limit) && !c.is(anySizeTaken) {
		p, _ := codec.Inspect(frame, c.version, codec.FromClient)
		c.broke(rulePacketSize, p)
		c.refuse(codePacketTooLarge)
		return
	}
	if c.version == 0 {
		c.firstPacket(frame)
		return
	}
	p, ok := c.decode(frame)
	if !ok {
		return
	}
	if c.session == nil {
		c.beforeConnack(p)
		return
	}
	if c.spoilFrame(frame, p) {
		return
	}
	switch p := p.(type) {
	case *codec.Connect:
		c.secondConnect(p)
	case *codec.Publish:
		c.published(p)
	case *codec.Puback:
		c.session.acknowledged(c, p)
	case *codec.Pubrec:
		c.session.received(c, p)
	case *codec.Pubrel:
		c.releasedByClient(p)
	case *codec.Pubcomp:
		c.session.completed(c, p)
	case *codec.Subscribe:
		c.subscribe(p)
	case *codec.Unsubscribe:
		c.unsubscribe(p)
	case *codec.Pingreq:
		c.pinged()
	case *codec.Disconnect:
		c.disconnected(p)
	case *codec.Auth:
		c.authenticate(p)
	}
}

func (c *conn) pinged() {
	if c.is(connackAgainOnPing) && c.connack != nil {
		c.send(c.connack)
		c.connack = nil
	}
	if !c.is(pingUnanswered) {
		c.send(&codec.Pingresp{})
	}
	c.session.againOnPing()
}

// send writes a packet to the client, unless the connection has ended. What a
// packet may leave out is left out where the client wants none of it, or where
// it would make the packet larger than the client takes (3.1.2.11.4).
func (c *conn) send(p codec.Packet) {
	if c.ended {
		return
	}
	c.sentPacket(p)
	if _, delivery := p.(*codec.Publish); delivery && c.is(keepAliveOfDeliveries) {
		c.alive()
	}
	for _, data := range c.spoil(p) {
		c.out.write(data)
	}
}

func (c *conn) encode(p codec.Packet) []byte {
	data, err := p.Append(nil, c.version)
	if err != nil {
		panic("reference: a packet of our own has no encoding: " + err.Error())
	}
	return data
}

// fits says whether the client takes a packet of this size (MQTT-3.1.2-24).
func (c *conn) fits(p codec.Packet) bool {
	return c.maximumPacket == 0 || c.sizeOf(p) <= int(c.maximumPacket)
}

// refuse ends the connection because of an error of the client, and says why
// where the version and the moment have a packet for it: CONNACK before the
// connection was accepted, DISCONNECT behind it (5.0, 4.13.1; 3.1.1 has neither).
func (c *conn) refuse(code byte) {
	if c.ended {
		return
	}
	c.code = code
	if c.version == codec.V5 && !c.b.opts.Silent {
		switch {
		case c.session != nil:
			c.sayGoodbye(code)
		case code >= 0x80 && c.fits(&codec.Connack{Code: code}): // MQTT-3.1.2-24 has no exception
			c.sendRefusal(code)
		}
	}
	if !c.staysOpen(code) {
		c.end()
	}
}

// end closes the connection behind what was sent.
func (c *conn) end() {
	if c.ended {
		return
	}
	c.finish()
	c.gone()
}

// abort closes the connection at once.
func (c *conn) abort() {
	c.out.abort()
	c.stopSilence()
}

// lost notes that the client has gone without a DISCONNECT.
func (c *conn) lost() {
	if !c.ended {
		c.gone()
	}
}

// gone does what follows the end of a connection, whoever ended it.
func (c *conn) gone() {
	c.ended = true
	c.stopSilence()
	if s := c.session; s != nil && s.conn == c && !c.b.closed {
		s.connectionEnded()
	}
}
