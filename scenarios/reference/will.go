package reference

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// will is a Will Message that waits for the end of its connection (3.1.2.5).
type will struct {
	message *message
	delay   uint32 // seconds (3.1.3.2.2)
}

// newWill is the Will Message of the CONNECT; nil for none.
func (c *conn) newWill() *will {
	p := c.connect
	kept := c.b.kept[c.id] // by a fault alone
	delete(c.b.kept, c.id)
	switch {
	case p.Will == nil && c.is(willNotReplaced):
		return nil
	case p.Will == nil || kept != nil:
		return kept
	}
	w := p.Will
	m := c.newMessage(w.Topic.String(), w.Payload, w.QoS, w.Retain, c.willProperties())
	if strings.HasPrefix(m.topic, "$") && !c.b.opts.DollarTopics && !c.is(dollarWills) {
		m.withheld = true
	}
	absent := uint32(0) // no delay (3.1.3.2.2)
	if c.is(willDelayInvented) {
		absent = math.MaxUint32
	}
	return &will{m, w.Properties.Int(codec.WillDelayInterval, absent)}
}

func (c *conn) willProperties() codec.Properties {
	ps := c.connect.Will.Properties
	switch {
	case c.is(willPropertiesReversed):
		ps = ps.Clone()
		slices.Reverse(ps)
	case c.is(willPropertiesSorted):
		ps = byName(ps)
	case c.is(willPropertiesLost):
		return nil
	case c.is(willExpiryLost):
		return slices.DeleteFunc(ps.Clone(), func(p codec.Property) bool { return p.ID == codec.MessageExpiryInterval })
	case c.is(willExpiryInvented):
		if _, has := ps.Find(codec.MessageExpiryInterval); !has {
			return append(ps.Clone(), codec.Int(codec.MessageExpiryInterval, 86400))
		}
	}
	return ps
}

// setWill binds the Will Message of the CONNECT to the session (MQTT-3.1.2-7).
func (s *session) setWill(c *conn) {
	w := c.newWill()
	switch {
	case w == nil || !s.is(willAtConnect):
		s.will = w
	default:
		s.publishWill(w)
	}
	if s.will != nil && s.is(willNotReplaced) {
		c.b.kept[s.id] = w
	}
}

// losesWill says whether a fault drops the will of a connection that ends with a
// Reason Code of the server's, or by itself.
func (s *session) losesWill(c *conn) bool {
	switch {
	case s.is(willNotStored):
		return s.expiry > 0
	case c.code == codeKeepAliveTimeout:
		return s.is(willNotOnSilence)
	case c.code == codeTakenOver:
		return s.is(willNotOnTakeover)
	case c.code != 0:
		return s.is(willNotOnError)
	}
	return s.is(willNotOnLoss) && !c.rules.left
}

// discardWill is what DISCONNECT with Reason Code 0x00, the only one before 5.0,
// does to the Will Message (MQTT-3.14.4-3). With another code it stays (3.14).
func (s *session) discardWill(code byte) {
	w := s.will
	if w == nil {
		return
	}
	switch {
	case code == 0x04:
		if s.is(willNotOn04) {
			s.will = nil
		}
	case code >= 0x80:
		if s.is(willNotOnErrorCode) {
			s.will = nil
		}
	case code != 0, s.is(willSurvivesDisconnect), s.is(willRetainedSurvives) && w.message.retain, s.is(willDelayedSurvives) && w.delay > 0:
	default:
		s.will = nil
		if s.is(willKeptAfterDisconnect) {
			s.b.kept[s.id] = w
		}
	}
}

// willWaits publishes the will of a connection that has ended, at once or when
// its delay is over. The end of the session, if that comes first, does it too.
func (s *session) willWaits(w *will) {
	if w.delay == 0 || s.is(willDelayIgnored) {
		s.will = nil
		s.publishWill(w)
		return
	}
	delay := time.Duration(w.delay) * time.Second
	switch {
	case s.is(willDelayForever):
	case s.is(willDespiteResume):
		s.will = nil
		time.AfterFunc(delay, func() { s.b.locked(func() { s.publishWill(w) }) })
	default:
		s.willTimer = s.after(delay, func() {
			s.will = nil
			s.publishWill(w)
		})
	}
}

func (s *session) publishWill(w *will) {
	if s.is(willLate) {
		time.AfterFunc(4*time.Second, func() { s.b.locked(func() { s.publishWillNow(w) }) })
		return
	}
	s.publishWillNow(w)
}

func (s *session) publishWillNow(w *will) {
	m := *w.message
	m.lastWill = true
	m.taken = time.Now() // its Message Expiry Interval begins with its publication
	if s.is(willNeverPublished) || s.is(willEmptyDropped) && len(m.payload) == 0 {
		return
	}
	switch {
	case s.is(willNeverRetained):
		m.retain = false
	case s.is(willAlwaysRetained):
		m.retain = true
	case s.is(willRemovesRetained) && !m.retain:
		delete(s.b.retained, m.topic)
	case s.is(willAtQoS0):
		m.qos = 0
	case s.is(willPayloadCut):
		m.payload, _, _ = bytes.Cut(m.payload, []byte{0})
	case s.is(willExpiryIgnored):
		m.expires = false
	case s.is(willKeptAfterPublished):
		s.b.kept[s.id] = w
	case s.is(willTwice):
		s.b.publish(&m)
	}
	s.b.publish(&m)
}
