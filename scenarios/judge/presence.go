package judge

import (
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// slack is the tolerance for what the standard counts in whole seconds.
const slack = time.Second

// clearing is how long a broker may take to act on the end of a session, of
// which nothing on the wire tells.
const clearing = 10 * time.Second

// sessionPresent judges the Session Present flag against what the trace shows of
// the client's sessions (3.2.2.2; 3.2.2.1.1 in 5.0).
func (j *judge) sessionPresent() {
	there := rule{"MQTT-3.2.2-2", "MQTT-3.2.2-3"}
	notThere := rule{"MQTT-3.2.2-3", "MQTT-3.2.2-3"}
	for _, c := range j.conns {
		if !c.accepted() || c.foreign || c.connect.CleanStart || c.broken < c.connackAt || c.session.id == "" ||
			c.session.shaky || c.version == spec.V31 {
			continue
		}
		previous := j.previousConn(c)
		if previous == nil || previous.version != c.version || previous.broken != never || previous.session.shaky {
			continue // what was before this trace is not known
		}
		least, most := previous.keeps()
		// The end of the connection as the broker may have seen it: not before the
		// client was last heard, not after its next CONNECT.
		asked := j.at(c.connectAt)
		first, last := j.at(previous.alive()), asked
		takenOver := previous.ended > c.connectAt
		if !takenOver {
			last = j.at(previous.ended)
			if previous.ours {
				first = max(first, last-slack)
			}
		}
		switch {
		case c.resumed && (most == 0 && (takenOver && previous.ended != never || asked-last > clearing) ||
			most > 0 && most != forever && !takenOver && asked-last > most+clearing):
			j.broken(c, c.connackAt, notThere, "Session Present 0: the session ended with or after the connection before", "%s", c.connack)
		case !c.resumed && least > 0 && j.at(c.connackAt)-first < least-slack:
			j.broken(c, c.connackAt, there, "Session Present 1: the session of the connection before has not ended", "%s", c.connack)
		case c.resumed && least > 0:
			j.kept(c, there)
		case !c.resumed && most == 0:
			j.kept(c, notThere)
		}
	}
}

// previousConn gives the connection of the same client before this one.
func (j *judge) previousConn(c *conn) *conn {
	var last *conn
	for _, other := range j.asking[c.session.id] {
		if other == c {
			break
		}
		last = other
	}
	if last == nil || last.session == nil {
		return nil
	}
	return last
}
