package grammar

import (
	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

const token = session.Token

// connect makes a CONNECT of the client.
func (m *maker) connect(i int, a *actor) codec.Packet {
	p := &codec.Connect{
		CleanStart: !m.one(3),
		KeepAlive:  choose[uint16](m, 0, 60, 60, 60, 1, 65535),
		ClientID:   m.clientID(i),
	}
	if a.version == codec.V31 && len(p.ClientID) == 0 {
		p.ClientID = codec.Text(token)
	}
	if len(p.ClientID) == 0 && a.version != codec.V5 {
		p.CleanStart = true
	}
	if m.one(3) {
		p.Will = &codec.Will{QoS: byte(m.IntN(3)), Retain: m.one(3), Topic: m.topic(), Payload: m.payload()}
		if a.version == codec.V5 {
			p.Will.Properties = m.properties(spec.Will)
		}
	}
	if m.one(6) {
		p.User = codec.Text("u")
		if m.one(2) {
			p.Password = []byte("p")
		}
	}
	if a.version == codec.V5 {
		p.Properties = m.properties(spec.CONNECT)
		if !p.CleanStart && m.one(2) {
			p.Properties = append(without(p.Properties, codec.SessionExpiryInterval), codec.Int(codec.SessionExpiryInterval, 30))
		}
	}
	return p
}

// clientID is mostly that of the client; sometimes that of another, which takes its
// session over.
func (m *maker) clientID(i int) codec.Text {
	switch m.IntN(12) {
	case 0:
		return codec.Text{}
	case 1, 2:
		i = m.IntN(m.clients)
	}
	return codec.Text(token + string(rune('a'+i)))
}

// packet makes a packet that the client may send now, for the greater part.
func (m *maker) packet(i int, a *actor) codec.Packet {
	switch m.IntN(20) {
	case 0:
		return &codec.Pingreq{}
	case 1, 2, 3, 4:
		return m.subscribe(a)
	case 5:
		return m.unsubscribe(a)
	case 6, 7:
		return m.ack(a)
	case 8:
		if m.one(3) {
			return m.connect(i, a)
		}
	case 9:
		if m.one(2) {
			return m.disconnect(a)
		}
	case 10:
		if a.version == codec.V5 && m.one(2) {
			return &codec.Auth{Code: choose[byte](m, 0x18, 0x19, 0), Properties: m.properties(spec.AUTH)}
		}
	}
	return m.publish(a)
}

func (m *maker) publish(a *actor) codec.Packet {
	p := &codec.Publish{QoS: byte(m.IntN(3)), Retain: m.one(4), Topic: m.topic(), Payload: m.payload()}
	if p.QoS > 0 {
		p.PacketID = m.newID(a)
		p.Dup = m.one(8)
	}
	if a.version == codec.V5 {
		p.Properties = without(m.properties(spec.PUBLISH), codec.SubscriptionIdentifier)
		if alias, ok := p.Properties.Find(codec.TopicAlias); ok && int(alias.Int) <= a.aliases && m.one(2) {
			p.Topic = nil
		} else if ok {
			a.aliases = int(alias.Int)
		}
	}
	return p
}

// newID is the next Packet Identifier, sometimes one that was sent before.
func (m *maker) newID(a *actor) uint16 {
	if len(a.sent) > 0 && m.one(6) {
		return choose(m, a.sent...)
	}
	a.id++
	a.sent = append(a.sent, a.id)
	return a.id
}

func (m *maker) subscribe(a *actor) codec.Packet {
	p := &codec.Subscribe{PacketID: m.newID(a)}
	for range 1 + m.few(4) {
		s := codec.Subscription{Filter: m.filter(), QoS: byte(m.IntN(3))}
		if a.version == codec.V5 {
			s.NoLocal, s.RetainAsPublished, s.RetainHandling = m.one(6), m.one(4), byte(m.IntN(3))
		}
		a.filters = append(a.filters, string(s.Filter))
		p.Subscriptions = append(p.Subscriptions, s)
	}
	if a.version == codec.V5 {
		p.Properties = m.properties(spec.SUBSCRIBE)
	}
	return p
}

func (m *maker) unsubscribe(a *actor) codec.Packet {
	p := &codec.Unsubscribe{PacketID: m.newID(a)}
	for range 1 + m.few(4) {
		if len(a.filters) > 0 && !m.one(4) {
			p.Filters = append(p.Filters, codec.Text(choose(m, a.filters...)))
			continue
		}
		p.Filters = append(p.Filters, m.filter())
	}
	if a.version == codec.V5 {
		p.Properties = m.properties(spec.UNSUBSCRIBE)
	}
	return p
}

// ack makes an acknowledgement of something: of a delivery, whose identifier is
// mostly small, or of what the client sent.
func (m *maker) ack(a *actor) codec.Packet {
	ack := codec.Ack{PacketID: uint16(1 + m.few(6))}
	if len(a.sent) > 0 && m.one(2) {
		ack.PacketID = choose(m, a.sent...)
	}
	if a.version == codec.V5 && m.one(3) {
		ack.Code = choose[byte](m, 0, 0x10, 0x80, 0x83, 0x87, 0x91, 0x92, 0x97, 0x99)
	}
	switch m.IntN(6) {
	case 0:
		return &codec.Puback{Ack: ack}
	case 1:
		return &codec.Pubrec{Ack: ack}
	case 2:
		return &codec.Pubcomp{Ack: ack}
	}
	return &codec.Pubrel{Ack: ack}
}

func (m *maker) disconnect(a *actor) codec.Packet {
	p := &codec.Disconnect{}
	if a.version == codec.V5 && m.one(2) {
		p.Code = choose[byte](m, 0, 0x04, 0x80, 0x81, 0x82)
		p.Properties = m.properties(spec.DISCONNECT)
	}
	return p
}

// topic is one of a few below the name of the session, so that clients meet.
func (m *maker) topic() codec.Text {
	return codec.Text(token + choose(m, "", "/a", "/a", "/b", "/a/b", "/", "//a", "/é"))
}

func (m *maker) filter() codec.Text {
	f := token + choose(m, "", "/a", "/a", "/b", "/a/b", "/", "/#", "/#", "/+", "/+/b", "/+/#")
	if m.one(8) {
		f = "$share/" + choose(m, "g", token) + "/" + f
	}
	return codec.Text(f)
}

func (m *maker) payload() []byte {
	switch m.IntN(8) {
	case 0:
		return nil
	case 1:
		return make([]byte, choose(m, 1, 100, 127, 128, 1000, 16384))
	}
	// Each is its own, so that a delivery tells which one it is.
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, 4)
	for i := range b {
		b[i] = letters[m.IntN(len(letters))]
	}
	return b
}

// properties are some of those that the packet may hold.
func (m *maker) properties(in spec.Packet) (ps codec.Properties) {
	if m.one(2) {
		return nil
	}
	for range m.few(4) {
		row := &spec.Properties[m.IntN(len(spec.Properties))]
		if _, ok := row.Allowed(in); !ok {
			continue
		}
		p := m.property(row)
		if p.ID != codec.UserProperty {
			ps = without(ps, p.ID)
		}
		ps = append(ps, p)
	}
	return ps
}

// property makes a property with a legal value.
func (m *maker) property(row *spec.Property) codec.Property {
	p := codec.Property{ID: codec.PropertyID(row.ID)}
	switch row.Kind {
	case spec.Text:
		p.Data = []byte(choose(m, "x", "text/plain", "é"))
		if p.ID == codec.ResponseTopic {
			p.Data = m.topic()
		}
	case spec.Binary:
		p.Data = []byte(choose(m, "", "\x00\xff", "data"))
	case spec.Pair:
		p.Name, p.Data = codec.Text(choose(m, "k", "", "key")), []byte(choose(m, "v", "", "value"))
	default:
		p.Int = row.Min
		switch m.IntN(4) {
		case 0:
			p.Int = row.Max
		case 1, 2:
			p.Int = min(row.Max, row.Min+uint32(m.few(6)))
		}
	}
	return p
}

// without takes the property with the identifier out.
func without(ps codec.Properties, id codec.PropertyID) (rest codec.Properties) {
	for _, p := range ps {
		if p.ID != id {
			rest = append(rest, p)
		}
	}
	return rest
}
