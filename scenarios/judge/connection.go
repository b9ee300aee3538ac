package judge

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// connection judges what the broker sends on one connection, each packet by
// itself and in its place.
func (j *judge) connection(c *conn) {
	var refused, closing int = never, never // the CONNACK that refuses, the DISCONNECT of the broker
	connacks := 0
	for _, i := range c.events {
		e := &j.trace[i]
		if e.Dir != in {
			continue
		}
		for _, v := range e.Violations {
			if j.handsOn(e.Packet, &v) || j.answersNoFilter(c, e.Packet, i) {
				continue
			}
			j.brokenRef(c, i, v.Requirement, "a packet without this error: "+v.Text, e.Text)
		}
		if e.Packet == nil {
			continue
		}
		j.place(c, e.Packet, i, connacks, refused, closing)
		switch p := e.Packet.(type) {
		case *codec.Connack:
			connacks++
			if p.Code != 0 {
				refused = min(refused, i)
			}
			j.connack(c, p, i)
		case *codec.Disconnect:
			closing = min(closing, i)
		case *codec.Auth:
			j.auth(c, p, i)
		default:
			j.problems(c, p, i)
		}
	}
	j.closes(c, refused, closing)
	j.takeover(c)
	j.silence(c)
}

// handsOn says that the broker hands on what a client got wrong and it must not
// alter: a Response Topic that is empty or holds a wildcard. MQTT-3.3.2-14 and
// MQTT-4.7.3-1 bind it as a sender too, but so does MQTT-3.3.2-15, and no sentence
// tells it to refuse the message: who keeps one of them is not blamed for the other.
func (j *judge) handsOn(p codec.Packet, v *codec.Violation) bool {
	m, ok := p.(*codec.Publish)
	if !ok || v.Class != codec.Unspecified || !strings.HasSuffix(v.Text, ": "+codec.ResponseTopic.String()) {
		return false
	}
	got, _ := m.Properties.Find(codec.ResponseTopic)
	return j.restarted || slices.ContainsFunc(j.messages, func(sent *message) bool {
		was, has := sent.props.Find(codec.ResponseTopic)
		return has && bytes.Equal(was.Data, got.Data)
	})
}

// answersNoFilter says that the packet has no code and answers a request without a
// Topic Filter. The request should have ended the connection, but a code for each
// filter is none then.
func (j *judge) answersNoFilter(c *conn, p codec.Packet, i int) bool {
	var id uint16
	switch p := p.(type) {
	case *codec.Suback:
		if len(p.Codes) > 0 {
			return false
		}
		id = p.PacketID
	case *codec.Unsuback:
		if len(p.Codes) > 0 {
			return false
		}
		id = p.PacketID
	default:
		return false
	}
	return slices.ContainsFunc(c.events, func(k int) bool {
		e := &j.trace[k]
		if k > i || e.Dir != out {
			return false
		}
		switch request := e.Packet.(type) {
		case *codec.Subscribe:
			return request.PacketID == id && len(request.Subscriptions) == 0
		case *codec.Unsubscribe:
			return request.PacketID == id && len(request.Filters) == 0
		}
		return false
	})
}

// place judges what may come at this point of a connection at all.
func (j *judge) place(c *conn, p codec.Packet, i, connacks, refused, closing int) {
	_, isConnack := p.(*codec.Connack)
	_, isAuth := p.(*codec.Auth)
	_, isDisconnect := p.(*codec.Disconnect)
	var (
		first   = both("MQTT-3.2.0-1")
		once    = only5("MQTT-3.2.0-2")
		silent  = only5("MQTT-3.14.4-1")
		early   = only5("MQTT-3.14.0-1")
		connack = "CONNACK as the first packet"
	)
	switch {
	case closing != never:
		j.broken(c, i, silent, "nothing after the DISCONNECT of the Server", "%s", p)
	case isDisconnect && (connacks == 0 || refused != never):
		j.broken(c, i, early, "no DISCONNECT of the Server unless a CONNACK that accepts came before it", "%s", p)
	case connacks == 0 && !isConnack:
		if isAuth && c.method() != nil || c.connect == nil {
			return // without a CONNECT the scenario judges what follows
		}
		j.broken(c, i, first, connack, "%s", p)
	case connacks > 0 && isConnack:
		j.broken(c, i, once, "one CONNACK on a connection", "%s", p)
	case refused != never:
		// In 5.0 a CONNACK with 0x00 comes before any other packet (3.2).
		j.broken(c, i, only5("MQTT-3.2.0-1"), "nothing but the close behind a CONNACK that refuses", "%s", p)
	case isConnack:
		j.kept(c, first)
		j.kept(c, once)
	}
}

// method is the Authentication Method that the client named; nil for none.
func (c *conn) method() []byte {
	if c.connect == nil {
		return nil
	}
	if p, ok := c.connect.Properties.Find(codec.AuthenticationMethod); ok {
		return append([]byte{}, p.Data...)
	}
	return nil
}

func (j *judge) connack(c *conn, p *codec.Connack, i int) {
	if c.connect == nil || c.broken < i || c.connackAt != i {
		return
	}
	clean := rule{"MQTT-3.2.2-1", "MQTT-3.2.2-2"}
	if p.Code == 0 && c.connect.CleanStart {
		if p.SessionPresent {
			j.broken(c, i, clean, "Session Present 0 in answer to a clean start", "%s", p)
		} else if c.version != spec.V31 {
			j.kept(c, clean)
		}
	}
	if c.version != spec.V5 {
		return
	}
	method := c.method()
	named, has := p.Properties.Find(codec.AuthenticationMethod)
	switch {
	case method == nil && has:
		j.broken(c, i, only5("MQTT-4.12.0-6"), "no Authentication Method, which the client did not name", "%s", p)
	case method == nil:
		j.kept(c, only5("MQTT-4.12.0-6"))
	case p.Code == 0 && !(has && bytes.Equal(named.Data, method)):
		j.broken(c, i, only5("MQTT-4.12.0-5"), "the Authentication Method of the CONNECT in a CONNACK that accepts", "%s", p)
	}
	information := only5("MQTT-3.1.2-28")
	if c.connect.Properties.Int(codec.RequestResponseInformation, 0) != 1 {
		if _, has := p.Properties.Find(codec.ResponseInformation); has {
			j.broken(c, i, information, "no Response Information, which was not asked for", "%s", p)
		} else {
			j.kept(c, information)
		}
	}
	if p.Code == 0 && len(c.connect.ClientID) == 0 {
		j.assigned(c, p, i)
	}
}

// assigned judges the Client Identifier that the broker gives (3.2.2.3.7).
func (j *judge) assigned(c *conn, p *codec.Connack, i int) {
	r := only5("MQTT-3.2.2-16")
	id, has := p.Properties.Find(codec.AssignedClientIdentifier)
	if !has || len(id.Data) == 0 {
		j.broken(c, i, r, "an Assigned Client Identifier, for a client that has none", "%s", p)
		return
	}
	for _, other := range j.conns {
		// Whose connection is open has a session.
		if other == c || !other.accepted() || other.session == nil || other.connackAt > c.connectAt || other.ended < i {
			continue
		}
		if other.session.id == string(id.Data) && other.disconnect == nil && other.broken == never {
			j.broken(c, i, r, "an identifier that no other session has", "%s, which %s has", p, j.trace[other.connackAt].Client)
			return
		}
	}
	j.kept(c, r)
}

func (j *judge) auth(c *conn, p *codec.Auth, i int) {
	method := c.method()
	named, _ := p.Properties.Find(codec.AuthenticationMethod)
	switch {
	case c.connect == nil || c.broken < i:
	case method == nil:
		j.broken(c, i, only5("MQTT-4.12.0-6"), "no AUTH to a client that named no Authentication Method", "%s", p)
	case c.connackAt > i && p.Code != 0x18:
		j.broken(c, i, only5("MQTT-4.12.0-2"), "AUTH with 0x18 (Continue authentication) before CONNACK", "%s", p)
	case !bytes.Equal(named.Data, method):
		j.broken(c, i, only5("MQTT-4.12.0-5"), "the Authentication Method of the CONNECT in every AUTH", "%s", p)
	}
}

// problems judges what is said beside a Reason Code, where the client does not
// want to hear it (3.1.2.11.7).
func (j *judge) problems(c *conn, p codec.Packet, i int) {
	if c.version != spec.V5 || c.connect == nil || c.connect.Properties.Int(codec.RequestProblemInformation, 1) != 0 {
		return
	}
	switch p.(type) {
	case *codec.Puback, *codec.Pubrec, *codec.Pubrel, *codec.Pubcomp, *codec.Suback, *codec.Unsuback:
	default:
		return
	}
	ps := propertiesOf(p)
	r := only5("MQTT-3.1.2-29")
	if slices.ContainsFunc(ps, func(p codec.Property) bool { return p.ID == codec.ReasonString || p.ID == codec.UserProperty }) {
		j.broken(c, i, r, "no Reason String and no User Property, which the client does not want", "%s", p)
		return
	}
	j.kept(c, r)
}

// closes judges that the close follows where the broker has said that it will.
func (j *judge) closes(c *conn, refused, closing int) {
	for _, owed := range []struct {
		at int
		r  rule
	}{{refused, rule{"MQTT-3.2.2-5", "MQTT-3.2.2-7"}}, {closing, only5("MQTT-3.14.4-2")}} {
		if owed.at == never {
			continue
		}
		if c.ended != never && !c.ours {
			j.kept(c, owed.r)
		} else if j.waited(c, owed.at, j.patience.Answer) {
			j.broken(c, owed.at, owed.r, "the close of the connection behind "+j.trace[owed.at].Text, "%s later it is open", j.open(c)-j.at(owed.at))
		}
	}
}

// open gives the time until which the connection was open.
func (j *judge) open(c *conn) time.Duration { return j.at(c.ended) }

// waited says that the connection was open, and not closed by the broker, for
// the whole limit after the event.
func (j *judge) waited(c *conn, event int, limit time.Duration) bool {
	return limit > 0 && event != never && (c.ours || c.ended == never) && j.open(c)-j.at(event) >= limit
}

// takeover judges that a client whose identifier another uses is cut off.
func (j *judge) takeover(c *conn) {
	r := rule{"MQTT-3.1.4-2", "MQTT-3.1.4-3"}
	if !c.accepted() || c.session.id == "" || c.disconnect != nil {
		return
	}
	for _, next := range j.conns {
		if next == c || !next.accepted() || next.session.id != c.session.id || next.session.shaky ||
			next.connectAt < c.connackAt || next.connackAt > c.ended || next.foreign {
			continue
		}
		if c.ended != never && !c.ours {
			j.kept(c, r)
		} else if j.waited(c, next.connackAt, j.patience.Answer) {
			j.broken(c, next.connackAt, r, "the close of the connection of "+j.trace[c.connectAt].Client+", whose identifier another client uses now",
				"%s later it is open", j.open(c)-j.at(next.connackAt))
		}
		return
	}
}

// silence judges that a client which is silent for too long is cut off
// (3.1.2.10).
func (j *judge) silence(c *conn) {
	r := rule{"MQTT-3.1.2-24", "MQTT-3.1.2-22"}
	if !c.accepted() || c.keepAlive() == 0 || j.patience.Late == 0 {
		return
	}
	limit := c.keepAlive() + c.keepAlive()/2
	last := c.connackAt
	for _, i := range c.events {
		if j.trace[i].Dir != out || i < last {
			continue
		}
		if j.at(i)-j.at(last) >= limit+j.patience.Late {
			break
		}
		last = i
	}
	if last > c.connackAt && c.broken <= last || c.disconnect != nil {
		return
	}
	if end := j.open(c); end-j.at(last) >= limit+j.patience.Late {
		j.broken(c, min(c.ended, j.to-1), r, "the close of the connection after 1.5 times the Keep Alive of "+c.keepAlive().String(),
			"it is open after %s without a packet", (end - j.at(last)).Round(time.Second))
	} else if c.ended != never && !c.ours && end-j.at(last) >= limit {
		j.kept(c, r)
	}
}
