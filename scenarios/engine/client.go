package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Client is one MQTT client of a scenario. It keeps its client identifier and
// options over Reconnect; each connection has its own events and inbox.
type Client struct {
	t       *T
	name    string
	version spec.Version
	manual  bool
	packet  codec.Connect // what the next CONNECT says
	wire    *wire
	ids     uint16 // the last packet identifier used
	// fence is the topic of the weak fence that it is subscribed to.
	fence  string
	fenced int // the number of the connection on which it did so
	// Connack is what the broker answered to the latest CONNECT.
	Connack *codec.Connack
}

// Option changes how a client connects.
type Option func(*Client)

// Name names the client in the trace: "publisher", "subscriber". The default
// is "client", or "client 2" and so on.
func Name(name string) Option { return func(c *Client) { c.name = name } }

// ID sets the client identifier, where T.ClientID will not do.
func ID(id string) Option { return func(c *Client) { c.packet.ClientID = codec.Text(id) } }

// Clean sets Clean Session (Clean Start in 5.0). The default is true.
func Clean(clean bool) Option { return func(c *Client) { c.packet.CleanStart = clean } }

// sessionExpiry is long enough to outlive every scenario and short enough that
// a broker which keeps sessions forgets ours soon, should a clean-up fail.
const sessionExpiry = 300

// Keep keeps the session over the end of the connection and resumes it:
// Clean Session 0, in 5.0 Clean Start 0 with a Session Expiry Interval.
func Keep() Option {
	return func(c *Client) {
		c.packet.CleanStart = false
		c.set(codec.Int(codec.SessionExpiryInterval, sessionExpiry))
	}
}

// With adds properties to CONNECT, in place of earlier ones with the same
// identifier. It has no effect below 5.0.
func With(properties ...codec.Property) Option {
	return func(c *Client) {
		for _, p := range properties {
			c.set(p)
		}
	}
}

func (c *Client) set(p codec.Property) {
	if p.ID != codec.UserProperty {
		c.packet.Properties = slices.DeleteFunc(slices.Clone(c.packet.Properties),
			func(q codec.Property) bool { return q.ID == p.ID })
	}
	c.packet.Properties = append(c.packet.Properties, p)
}

// KeepAlive sets the Keep Alive in seconds. The default is 60; no scenario
// lasts so long that a client would have to send PINGREQ.
func KeepAlive(seconds uint16) Option { return func(c *Client) { c.packet.KeepAlive = seconds } }

// WithWill gives the client a Will Message.
func WithWill(w codec.Will) Option { return func(c *Client) { c.packet.Will = &w } }

// NoWill takes the Will Message away before a Reconnect.
func NoWill() Option { return func(c *Client) { c.packet.Will = nil } }

// Manual leaves every acknowledgement of a delivery to the scenario.
func Manual() Option { return func(c *Client) { c.manual = true } }

// Automatic ends Manual before a Reconnect.
func Automatic() Option { return func(c *Client) { c.manual = false } }

// In makes the client speak another version than the scenario runs in.
func In(v spec.Version) Option { return func(c *Client) { c.version = v } }

// Modify changes the CONNECT in any way that the other options do not offer.
func Modify(f func(*codec.Connect)) Option { return func(c *Client) { f(&c.packet) } }

// refs that the exchanges of the helpers stand for.
var (
	refsConnect = []spec.Ref{{Version: spec.V311, ID: "MQTT-3.1.4-4"}, {Version: spec.V5, ID: "MQTT-3.1.4-5"}}
	refsSuback  = []spec.Ref{{Version: spec.V311, ID: "MQTT-3.8.4-1"}, {Version: spec.V5, ID: "MQTT-3.8.4-1"}}
	refsUnsub   = []spec.Ref{{Version: spec.V311, ID: "MQTT-3.10.4-4"}, {Version: spec.V5, ID: "MQTT-3.10.4-4"}}
	refsPublish = []spec.Ref{{Version: spec.V311, ID: "MQTT-3.3.4-1"}, {Version: spec.V5, ID: "MQTT-3.3.4-1"}}
	refsPubrel  = []spec.Ref{{Version: spec.V311, ID: "MQTT-4.3.3-2"}, {Version: spec.V5, ID: "MQTT-4.3.3-11"}}
	refsPing    = []spec.Ref{{Version: spec.V311, ID: "MQTT-3.12.4-1"}, {Version: spec.V5, ID: "MQTT-3.12.4-1"}}
	refsDeliver = []spec.Ref{{Version: spec.V311, ID: "MQTT-4.5.0-1"}, {Version: spec.V5, ID: "MQTT-4.5.0-1"}}
)

// on keeps the references that belong to the client's version: a client of
// another version than the scenario's is owed what its own version says.
func (c *Client) on(refs []spec.Ref) []spec.Ref { return inVersion(c.version, refs) }

// firstID is where the packet identifiers of our clients begin: above those
// that a broker uses first for its own packets. The two are independent
// (MQTT-2.2.1 of 5.0), and a broker that mixes them up shall be caught by the
// scenarios on that alone.
const firstID = 1000

// New makes a client that is not connected yet.
func (t *T) New(opts ...Option) *Client {
	c := &Client{t: t, version: t.version, ids: firstID, packet: codec.Connect{CleanStart: true, KeepAlive: 60}}
	if user, password := t.target.Credentials(); user != "" || password != "" {
		if user != "" {
			c.packet.User = codec.Text(user)
		}
		if password != "" {
			c.packet.Password = []byte(password)
		}
	}
	c.apply(opts)
	if c.name == "" {
		c.name = "client"
		if len(t.clients) > 0 {
			c.name = fmt.Sprintf("client %d", len(t.clients)+1)
		}
	}
	if c.packet.ClientID == nil {
		c.packet.ClientID = codec.Text(t.ClientID())
	}
	t.clients = append(t.clients, c)
	return c
}

func (c *Client) apply(opts []Option) {
	for _, o := range opts {
		o(c)
	}
}

// Connect opens a connection, sends CONNECT and awaits the accepting CONNACK.
func (t *T) Connect(opts ...Option) *Client {
	c := t.New(opts...)
	c.Reconnect()
	return c
}

// Open opens a connection on which nothing is sent yet.
func (t *T) Open(opts ...Option) *Client {
	c := t.New(opts...)
	c.Dial()
	return c
}

// Dial opens a new connection for the client. An earlier one stays open: that
// is how a client is taken over. After one that has ended the client gives the
// broker a moment to clear up, so that no verdict hangs on who is faster.
func (c *Client) Dial() {
	c.Connack = nil
	if c.wire != nil {
		var ended time.Time
		c.t.rec.locked(func() { ended = c.wire.endedAt })
		if !ended.IsZero() {
			c.t.Sleep(time.Until(ended.Add(c.t.timeouts.Unwind)))
		}
	}
	c.wire = c.t.dial(c)
}

// Reconnect opens a new connection with the same client identifier, and with
// the options changed, and awaits the accepting CONNACK.
func (c *Client) Reconnect(opts ...Option) *codec.Connack {
	c.apply(opts)
	c.Dial()
	c.SendConnect()
	connack := c.awaitConnack()
	if connack.Code != 0 {
		c.t.failOn(c.on(refsConnect), "a CONNACK that accepts the valid CONNECT of "+c.name,
			connack.String(), -1)
	}
	return connack
}

// SendConnect sends the client's CONNECT on the open connection.
func (c *Client) SendConnect() {
	c.remember()
	p := c.packet
	if c.version != spec.V5 {
		p.Properties = nil // they are not written, and a trace should not show them
	}
	c.Send(&p)
}

// remember notes what the CONNECT may leave behind in the broker.
func (c *Client) remember() {
	if !c.packet.CleanStart || c.packet.Properties.Int(codec.SessionExpiryInterval, 0) > 0 {
		c.t.sessions[c.packet.ClientID.String()] = c.version
	}
	if w := c.packet.Will; w != nil && w.Retain {
		c.t.retained[w.Topic.String()] = true
	}
}

// ID gives the client identifier.
func (c *Client) ID() string { return c.packet.ClientID.String() }

// Packet gives a copy of the CONNECT that the client would send.
func (c *Client) Packet() *codec.Connect {
	p := c.packet
	return &p
}

// NextID gives a packet identifier that the client has not used yet.
func (c *Client) NextID() uint16 {
	c.ids++
	return c.ids
}

// Send sends a packet as it stands, legal or not.
func (c *Client) Send(p codec.Packet) {
	// One behind a Topic Alias replaces that of the packet which set the alias.
	if pub, ok := p.(*codec.Publish); ok && pub.Retain && len(pub.Topic) > 0 {
		c.t.retained[pub.Topic.String()] = true
	}
	c.wire.lastSent = p.Type()
	c.wire.send(p)
}

// SendRaw sends bytes as they stand.
func (c *Client) SendRaw(data []byte) {
	c.wire.lastSent = 0
	if len(data) > 0 {
		c.wire.lastSent = codec.Type(data[0] >> 4)
	}
	c.wire.write(data, nil)
}

// SendBroken sends a valid packet with one error made in it on purpose.
func (c *Client) SendBroken(p codec.Packet, mutations ...codec.Mutation) {
	data, err := codec.Mutate(p, c.version, mutations...)
	if err != nil {
		c.t.end(fmt.Errorf("breaking %v: %w", p, err))
	}
	c.SendRaw(data)
}

// Drop closes the connection without a DISCONNECT.
func (c *Client) Drop() {
	if c.wire != nil {
		c.wire.close()
	}
}

// Disconnect sends DISCONNECT (Reason Code 0) and gives the broker a moment to
// close first, as it should.
func (c *Client) Disconnect() { c.DisconnectWith(&codec.Disconnect{}) }

// DisconnectWith sends the DISCONNECT given and gives the broker a moment to
// close first, as it should.
func (c *Client) DisconnectWith(p *codec.Disconnect) {
	c.Send(p)
	c.t.await(c.t.timeouts.Farewell, c.isClosed)
	c.Drop()
}

func (c *Client) isClosed() (closed bool) {
	c.t.rec.locked(func() { closed = c.wire.closed != "" })
	return closed
}

// note adds a remark about the client to the trace.
func (c *Client) note(text string) {
	c.t.rec.add(result.Event{Client: c.name, Dir: result.Note, Text: text}, nil)
}
