package reference

import (
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// will is a Will Message that waits for the end of its connection (3.1.2.5).
type will struct {
	message *message
	delay   uint32 // seconds (3.1.3.2.2)
}

func newWill(p *codec.Connect, id string) *will {
	if p.Will == nil {
		return nil
	}
	w := p.Will
	m := newMessage(w.Topic.String(), w.Payload, w.QoS, w.Retain, w.Properties, id)
	return &will{m, w.Properties.Int(codec.WillDelayInterval, 0)}
}

// willWaits publishes the will of a connection that has ended, at once or when
// its delay is over. The end of the session, if that comes first, does it too.
func (s *session) willWaits(w *will) {
	if w.delay == 0 {
		s.will = nil
		s.publishWill(w)
		return
	}
	s.willTimer = s.after(time.Duration(w.delay)*time.Second, func() {
		s.will = nil
		s.publishWill(w)
	})
}

func (s *session) publishWill(w *will) {
	if s.is(willNeverPublished) {
		return
	}
	m := *w.message
	m.taken = time.Now() // its Message Expiry Interval begins with its publication
	if s.is(willNeverRetained) {
		m.retain = false
	}
	s.b.publish(&m)
}
