package judge

import "github.com/mqttproof/mqttproof/codec"

var (
	dupAgain = both("MQTT-3.3.1-1")
	dupFirst = both("MQTT-3.3.1-3")
)

// dup judges the DUP flag: 1 where the client has read the message before under
// this identifier, 0 where it was certainly not sent before; in between both are
// right (3.3.1.1).
func (j *judge) dup(c *conn) {
	s := c.session
	if s == nil || s.shaky {
		return
	}
	for _, i := range c.events {
		p, ok := j.trace[i].Packet.(*codec.Publish)
		if !ok || j.trace[i].Dir != in || p.QoS == 0 || p.QoS > 2 {
			continue
		}
		d, q := j.byEvent[i], j.parcels[i]
		if q == nil || d.stale || c.broken < i {
			continue
		}
		switch {
		case d.repeat:
			// On a live connection flow.go sees an identifier in use. Behind an
			// acknowledgement it may be another message of the same content.
			if q.acked < i || j.previous(q, d).conn == c {
				continue
			}
			if !p.Dup {
				j.broken(c, i, dupAgain, "DUP 1: the client read this message before and has not acknowledged it", "%s", p)
			} else {
				j.kept(c, dupAgain)
			}
		case j.cannotRepeat(d):
			if p.Dup {
				j.broken(c, i, dupFirst, "DUP 0: this message was not sent to the client before", "%s", p)
			} else {
				j.kept(c, dupFirst)
			}
		}
	}
}

// previous gives the transmission before.
func (j *judge) previous(q *parcel, d *delivery) *delivery {
	last := q.sent[0]
	for _, e := range q.sent {
		if e.event < d.event {
			last = e
		}
	}
	return last
}

// cannotRepeat says that nobody has tried to send the message to the client
// before: the session began with this connection, on which everything is read,
// or the message was published after the connection was accepted.
func (j *judge) cannotRepeat(d *delivery) bool {
	c := d.conn
	if c.session.shared {
		return false // the attempt may have been made with another member (4.8.2)
	}
	if c.session.conns[0] == c && !c.resumed && c.session.known {
		return true
	}
	for _, m := range d.from {
		if m.will || m.earliest() < c.connackAt {
			return false
		}
	}
	return len(d.from) > 0
}
