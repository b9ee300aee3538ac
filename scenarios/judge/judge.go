// Package judge reads a trace and says which requirements were broken in it,
// whatever produced the trace: a scenario, a fuzzer, a capture. It judges the
// broker alone. What one packet shows by itself comes from the codec; what
// needs the history of a connection is decided here.
package judge

import (
	"fmt"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Trace judges all connections of a trace and gives the findings in the order
// of the trace.
func Trace(trace result.Trace) []result.Finding {
	j := &judge{conns: map[int]*conn{}}
	for i, e := range trace {
		if e.Conn == 0 {
			continue
		}
		c := j.conns[e.Conn]
		if c == nil {
			c = newConn(e.Version)
			j.conns[e.Conn] = c
		}
		j.event, j.conn = i, c
		switch e.Dir {
		case result.Out:
			c.sent(e)
		case result.In:
			j.received(e)
		}
	}
	return j.findings
}

type judge struct {
	conns    map[int]*conn
	findings []result.Finding
	event    int
	conn     *conn
}

// rule names one requirement in the two versions; an empty id means that the
// version has no such rule.
type rule struct{ v311, v5 string }

func (r rule) in(v spec.Version) spec.Ref {
	id := r.v311
	if v == spec.V5 {
		id = r.v5
	} else {
		v = spec.V311 // 3.1 has no numbers of its own
	}
	if id == "" {
		return spec.Ref{}
	}
	return spec.Ref{Version: v, ID: id}
}

func (j *judge) broken(r rule, expected, format string, args ...any) {
	j.brokenRef(r.in(j.conn.version), expected, fmt.Sprintf(format, args...))
}

func (j *judge) brokenRef(ref spec.Ref, expected, got string) {
	if ref == (spec.Ref{}) {
		return
	}
	level := spec.Should // a section without a number is no MUST that we could cite
	if r, ok := spec.Lookup(ref); ok {
		level = r.Level
	}
	// The first packet shows it; a broker that goes on proves no more.
	if slices.ContainsFunc(j.findings, func(f result.Finding) bool { return f.Requirement == ref }) {
		return
	}
	j.findings = append(j.findings, result.Finding{
		Requirement: ref, Level: level, Source: result.FromJudge,
		Expected: expected, Got: got, Event: j.event,
	})
}

// received judges one packet from the broker.
func (j *judge) received(e result.Event) {
	c := j.conn
	if c.foreign {
		return
	}
	for _, v := range e.Violations {
		j.brokenRef(v.Requirement, "a packet without this error: "+v.Text, e.Text)
	}
	if e.Packet == nil {
		return
	}
	j.order(e.Packet)
	switch p := e.Packet.(type) {
	case *codec.Connack:
		j.connack(p)
	case *codec.Publish:
		j.publish(p, len(e.Data))
	case *codec.Puback:
		j.answers(c.published[1], p.PacketID, "PUBACK", "PUBLISH of QoS 1")
	case *codec.Pubrec:
		j.answers(c.published[2], p.PacketID, "PUBREC", "PUBLISH of QoS 2")
	case *codec.Suback:
		j.suback(p)
	case *codec.Unsuback:
		j.unsuback(p)
	}
	c.got(e.Packet)
}

// order judges what may come at this point of a connection at all.
func (j *judge) order(p codec.Packet) {
	c := j.conn
	_, isConnack := p.(*codec.Connack)
	_, isAuth := p.(*codec.Auth)
	_, isDisconnect := p.(*codec.Disconnect)
	switch {
	case c.serverDisconnected:
		j.broken(rule{"", "MQTT-3.14.4-1"}, "nothing after the DISCONNECT of the Server", "%s", p)
	case isDisconnect && !c.accepted:
		j.broken(rule{"", "MQTT-3.14.0-1"}, "no DISCONNECT of the Server unless a CONNACK that accepts came before it", "%s", p)
	case c.connacks == 0 && !isConnack:
		if isAuth && c.method {
			return
		}
		if c.connects == 0 {
			return // the client sent no CONNECT; the scenario judges what follows
		}
		j.broken(rule{"MQTT-3.2.0-1", "MQTT-3.2.0-1"}, "CONNACK as the first packet", "%s", p)
	case c.connacks > 0 && isConnack:
		j.broken(rule{"", "MQTT-3.2.0-2"}, "one CONNACK on a connection", "%s", p)
	}
}

func (j *judge) connack(p *codec.Connack) {
	c := j.conn
	if c.broken || c.connects != 1 {
		return
	}
	if p.Code == 0 && p.SessionPresent && c.clean {
		j.broken(rule{"MQTT-3.2.2-1", "MQTT-3.2.2-2"}, "Session Present 0 in answer to a clean start", "%s", p)
	}
	if c.version == spec.V5 && !c.method {
		if _, has := p.Properties.Find(codec.AuthenticationMethod); has {
			j.broken(rule{"", "MQTT-4.12.0-6"}, "no Authentication Method, which the client did not name", "%s", p)
		}
	}
	if c.version == spec.V5 && !c.wantsResponseInfo {
		if _, has := p.Properties.Find(codec.ResponseInformation); has {
			j.broken(rule{"", "MQTT-3.1.2-28"}, "no Response Information, which was not asked for", "%s", p)
		}
	}
}

// answers judges an acknowledgement of something that the client sent.
func (j *judge) answers(open map[uint16]int, id uint16, name, cause string) {
	c := j.conn
	if c.broken || c.resumed {
		return // ids of an earlier connection may be acknowledged in 3.1.1
	}
	if open[id] == 0 {
		j.broken(rule{"MQTT-2.3.1-6", "MQTT-2.2.1-5"}, "an identifier that a "+cause+" used", "%s %d", name, id)
	}
}

func (j *judge) suback(p *codec.Suback) {
	c := j.conn
	open := c.subscribes[p.PacketID]
	if c.broken {
		return
	}
	if len(open) == 0 {
		j.broken(rule{"MQTT-2.3.1-7", "MQTT-2.2.1-6"}, "an identifier that a SUBSCRIBE used", "SUBACK %d", p.PacketID)
		return
	}
	asked := open[0]
	if len(p.Codes) != len(asked) {
		j.broken(rule{"MQTT-3.8.4-5", "MQTT-3.8.4-6"}, fmt.Sprintf("one code for each of %d filters", len(asked)), "%d codes", len(p.Codes))
		return
	}
	for i, code := range p.Codes {
		if code <= 2 && code > asked[i] {
			j.broken(rule{"MQTT-3.8.4-5", "MQTT-3.8.4-7"}, fmt.Sprintf("the QoS granted for filter %d, at most %d", i+1, asked[i]), "QoS %d", code)
		}
	}
}

func (j *judge) unsuback(p *codec.Unsuback) {
	c := j.conn
	open := c.unsubscribes[p.PacketID]
	if c.broken {
		return
	}
	if len(open) == 0 {
		j.broken(rule{"MQTT-2.3.1-7", "MQTT-2.2.1-6"}, "an identifier that an UNSUBSCRIBE used", "UNSUBACK %d", p.PacketID)
		return
	}
	n := open[0]
	if c.version == spec.V5 && len(p.Codes) != n {
		j.broken(rule{"", "MQTT-3.11.3-1"}, fmt.Sprintf("one code for each of %d filters", n), "%d codes", len(p.Codes))
	}
}

// publish judges a delivery against the client's limits and the identifiers in
// flight.
func (j *judge) publish(p *codec.Publish, size int) {
	c := j.conn
	if c.maxPacket > 0 && size > int(c.maxPacket) {
		j.broken(rule{"", "MQTT-3.1.2-24"}, fmt.Sprintf("no packet above the client's Maximum Packet Size %d", c.maxPacket), "%d bytes", size)
	}
	if alias := p.Properties.Int(codec.TopicAlias, 0); alias > c.aliasMaximum {
		id := "MQTT-3.1.2-26"
		if c.aliasMaximum == 0 {
			id = "MQTT-3.1.2-27"
		}
		j.broken(rule{"", id}, fmt.Sprintf("no Topic Alias above the client's maximum %d", c.aliasMaximum), "%s", p)
	}
	if p.QoS == 0 || c.broken {
		return // a wrong acknowledgement leaves open what is in flight
	}
	if _, open := c.inflight[p.PacketID]; open && !p.Dup {
		j.broken(rule{"MQTT-2.3.1-4", "MQTT-2.2.1-4"}, "a Packet Identifier that is not in use", "%s", p)
	}
	if c.version == spec.V5 {
		if _, open := c.inflight[p.PacketID]; open && p.Dup {
			j.broken(rule{"", "MQTT-4.4.0-1"}, "no PUBLISH sent again on a live connection", "%s", p)
		}
		open := len(c.inflight)
		if _, again := c.inflight[p.PacketID]; !again {
			open++
		}
		if open > int(c.receiveMaximum) {
			j.broken(rule{"", "MQTT-3.3.4-9"}, fmt.Sprintf("at most %d messages that the client has not acknowledged", c.receiveMaximum), "%d", open)
		}
	}
}
