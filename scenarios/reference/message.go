package reference

import (
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

// message is an Application Message as the broker holds it.
type message struct {
	topic   string
	payload []byte
	qos     byte
	retain  bool
	// properties travel with the message: without Topic Alias, Subscription
	// Identifiers and Message Expiry Interval, which belong to one hop.
	properties codec.Properties
	// from is the Client Identifier of the publisher, for No Local.
	from string
	// withheld says that nobody gets it: the server keeps Topic Names that begin
	// with $ to itself (4.7.2), and takes an empty one, or one with a wildcard, only to be tolerant.
	withheld bool
	// passedOn says that it was given to its subscribers: a QoS 2 message may
	// wait for its PUBREL.
	passedOn bool
	// taken is when the broker took it; lasts is its Message Expiry Interval in
	// seconds, if it has one.
	taken   time.Time
	expires bool
	lasts   uint32

	// What only faults look at: the version of the publisher, the retained
	// message that this one should have replaced, and who was sent this one.
	version codec.Version
	beside  *message
	sentTo  []string
	dup     bool // the DUP flag that it came with
	// lastWill says that it is a Will Message.
	lastWill bool
}

// newMessage takes a message out of the packet it came in.
func (c *conn) newMessage(topic string, payload []byte, qos byte, retain bool, ps codec.Properties) *message {
	m := &message{topic: topic, payload: slices.Clone(payload), qos: qos, retain: retain, from: c.id, taken: time.Now(), version: c.version}
	for _, p := range ps.Clone() {
		switch p.ID {
		case codec.TopicAlias, codec.SubscriptionIdentifier, codec.WillDelayInterval:
		case codec.MessageExpiryInterval:
			m.expires, m.lasts = true, p.Int
		default:
			m.properties = append(m.properties, p)
		}
	}
	// What the standard lets us take from a client (4.13.1) it forbids us to send.
	m.withheld = c.b.opts.TolerateUnnamed && (topic == "" || strings.ContainsAny(topic, "+#"))
	return m
}

// left is what remains of the Message Expiry Interval, in seconds: the value
// received less the time that the message has waited (MQTT-3.3.2-6). over says
// that nothing remains.
func (m *message) left(now time.Time) (seconds uint32, over bool) {
	waited := now.Sub(m.taken)
	if waited >= time.Duration(m.lasts)*time.Second {
		return 0, true
	}
	return m.lasts - uint32(waited/time.Second), false
}

func (m *message) expired(now time.Time) bool {
	if !m.expires {
		return false
	}
	_, over := m.left(now)
	return over
}

// delivery is a message on its way to one session.
type delivery struct {
	*message
	qos         byte
	retain      bool
	identifiers []uint32      // of the subscriptions that it is for
	share       *subscription // the shared one that it comes through, if it does
	filter      string        // of a subscription that it is for
	stored      bool          // it is a retained message for a new subscription
	waited      bool          // it came while the client was away

	id       uint16 // Packet Identifier, once it was sent at QoS 1 or 2
	on       *conn  // the connection on which it was sent last
	attempts int    // how often it was sent
	released bool   // PUBREC came and PUBREL was sent

	// What only a fault looks at: the attempt before, which may have an alias.
	firstTopic      codec.Text
	firstProperties codec.Properties
}
