package reference

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// Options are the freedoms that the standard leaves to a server, and the limits
// that it lets one declare. Every choice conforms.
type Options struct {
	// CopyPerMatch sends a client one copy of a message for each subscription
	// that matches, where false sends one copy in all (3.3.4; 3.3.5 in 3.1.1).
	CopyPerMatch bool
	// PublishAtPubrel passes a QoS 2 message on when its PUBREL comes, where
	// false does so at the PUBLISH (4.3.3, methods A and B).
	PublishAtPubrel bool
	// QueueQoS0 keeps QoS 0 messages too for a session that is not connected (4.1).
	QueueQoS0 bool
	// HoldQoS0 holds QoS 0 back with the others while the send quota is 0 (4.9).
	HoldQoS0 bool
	// SendQuota, if above 0, is the most that is under way to a client, should
	// its Receive Maximum be larger (3.3.4: fewer is allowed).
	SendQuota int
	// NoSubscribersCode answers a message that nobody gets with Reason Code 0x10
	// in place of 0x00 (3.4.2.1).
	NoSubscribersCode bool
	// RefuseDollar lets no client publish on topics that begin with $, and tells
	// it so (4.7.2), where false takes such messages and hands them to nobody.
	RefuseDollar bool
	// TolerateUnnamed carries on after an error of a client of 5.0 for which the
	// standard names no reaction (4.13.1), where false closes the connection.
	TolerateUnnamed bool
	// Silent closes without a DISCONNECT or a refusing CONNACK, where both are
	// no more than a SHOULD or a MAY (4.13.1).
	Silent bool
	// DropFormat0 leaves a Payload Format Indicator of 0 out, which says the same
	// (3.3.2.3.2).
	DropFormat0 bool
	// AddUserProperty adds a User Property of the broker's to each message (no
	// sentence forbids it).
	AddUserProperty bool
	// DropWillAtCleanStart drops a delayed Will Message when its session is ended
	// by Clean Start 1, where false sends it; the texts of MQTT-3.1.2-8 and
	// 3.1.3.2.2 contradict each other.
	DropWillAtCleanStart bool
	// SendAliases uses Topic Aliases to clients that allow them (3.3.2.3.4).
	SendAliases bool

	// PublishFirst sends the retained messages of a new subscription before its
	// SUBACK (3.8.4).
	PublishFirst bool
	// RefuseDollarFilters lets no client subscribe to topics that begin with $,
	// where the version has a code that says so (3.9.3).
	RefuseDollarFilters bool

	// DollarTopics passes messages between clients on topics that begin with $,
	// which a server should prevent (4.7.2).
	DollarTopics bool

	// MaximumQoS is the highest QoS, 0 to 2 (3.2.2.3.4). In 3.1 and 3.1.1 it
	// limits what is granted.
	MaximumQoS byte
	// NoRetained, NoWildcards, NoIdentifiers and NoShared declare a feature as
	// not available in 5.0 (3.2.2.3.5, 3.2.2.3.11 to 3.2.2.3.13).
	NoRetained, NoWildcards, NoIdentifiers, NoShared bool
	// ServerKeepAlive, if above 0, is the Keep Alive in seconds that every client
	// of 5.0 must use (3.2.2.3.14).
	ServerKeepAlive uint16
	// ReceiveMaximum is how many QoS 1 and 2 messages of a client are open at
	// once (3.2.2.3.3); 0 is the default of 65,535.
	ReceiveMaximum uint16
	// MaximumPacketSize in bytes is the largest packet that is taken (3.2.2.3.6);
	// 0 is no limit. In 3.1 and 3.1.1 there is none.
	MaximumPacketSize uint32
	// LimitConnect refuses a CONNECT above MaximumPacketSize, of which its client
	// could not know (3.2.2.2 has a Reason Code for it).
	LimitConnect bool
	// TopicAliasMaximum is how many aliases a client may use (3.2.2.3.8).
	TopicAliasMaximum uint16
	// SessionExpiryLimit, if above 0, is the longest Session Expiry Interval in
	// seconds that is granted (3.2.2.3.2).
	SessionExpiryLimit uint32
	// NoAssignedIDs refuses empty Client Identifiers (3.1.3.1 lets a server choose).
	NoAssignedIDs bool
	// ResponseInformation, if not empty, is given to clients that ask for it
	// (3.2.2.3.15).
	ResponseInformation string
	// NoAuthentication knows no Authentication Method. Otherwise there is one,
	// AuthenticationMethod.
	NoAuthentication bool
	// RefuseUsers knows no user: it lets in who gives neither a user name nor a
	// password, and nobody else.
	RefuseUsers bool
	// Refuse31 does not speak MQTT 3.1, and Refuse5 not 5.0.
	Refuse31, Refuse5 bool

	// Judge, if not nil, is told of each rule that a client breaks. It is called
	// under the lock of the broker: it must not block, nor call the broker.
	Judge func(ClientError)
}

// ClientError is a rule that a client broke.
type ClientError struct {
	Client string // its Client Identifier; empty before it gave one
	codec.Violation
	Packet string // what it sent, on one line
}

// Defaults are the options of a broker that has every feature, and takes the
// plainest of the ways that the standard allows.
func Defaults() Options { return Options{MaximumQoS: 2, TopicAliasMaximum: 10} }

// Behaviour is one deviation from Defaults that conforms just as well.
type Behaviour struct {
	Name string // for the command line: copy-per-match
	What string // what the broker does, in a sentence
	// Apart says which of several that exclude each other this is; empty for none.
	Apart string
	set   func(*Options)
	// Warns lists what is no more than a SHOULD and is not followed: a scenario
	// may warn of it.
	Warns []spec.Ref
}

// Behaviours lists what the standard leaves to a server: the names for
// `mqttproof serve --with`, and what the self-test proves the scenarios with.
func Behaviours() []Behaviour { return behaviours }

var behaviours = []Behaviour{
	{"copy-per-match", "sends one copy of a message for each subscription that matches", "", func(o *Options) { o.CopyPerMatch = true }, nil},
	{"publish-at-pubrel", "passes a QoS 2 message on when its PUBREL comes", "", func(o *Options) { o.PublishAtPubrel = true }, nil},
	{"queue-qos-0", "keeps QoS 0 messages for sessions that are not connected", "", func(o *Options) { o.QueueQoS0 = true }, nil},
	{"hold-qos-0", "holds QoS 0 messages back while the Receive Maximum is used up", "", func(o *Options) { o.HoldQoS0 = true }, nil},
	{"send-quota-1", "has one QoS 1 or 2 message under way to a client at a time", "", func(o *Options) { o.SendQuota = 1 }, nil},
	{"no-subscribers-code", "answers a message that nobody gets with Reason Code 0x10", "", func(o *Options) { o.NoSubscribersCode = true }, nil},
	{"refuse-dollar", "refuses messages on topics that begin with $: with Reason Code 0x87, before 5.0 by the close", "", func(o *Options) { o.RefuseDollar = true }, nil},
	{"tolerate-unnamed", "carries on after errors for which the standard names no reaction", "", func(o *Options) { o.TolerateUnnamed = true }, nil},
	{"silent", "closes without DISCONNECT or CONNACK", "", func(o *Options) { o.Silent = true },
		v5("U5-4.13.1-u2", "U5-3.1.4-u2", "U5-3.14.2.2.2-u3", "U5-3.2.2.3.5-u3")},
	{"drop-format-0", "leaves a Payload Format Indicator of 0 out", "", func(o *Options) { o.DropFormat0 = true }, nil},
	{"add-user-property", "adds a User Property to each message", "", func(o *Options) { o.AddUserProperty = true }, nil},
	{"drop-will-at-clean-start", "drops a delayed Will Message when Clean Start ends its session", "", func(o *Options) { o.DropWillAtCleanStart = true }, nil},
	{"send-aliases", "uses Topic Aliases to clients that allow them", "", func(o *Options) { o.SendAliases = true }, nil},
	{"publish-before-suback", "sends the retained messages of a new subscription before its SUBACK", "", func(o *Options) { o.PublishFirst = true }, nil},
	{"refuse-dollar-filters", "refuses subscriptions to topics that begin with $: with 0x87, in 3.1.1 with 0x80", "", func(o *Options) { o.RefuseDollarFilters = true }, nil},
	{"dollar-topics", "passes messages between clients on topics that begin with $", "", func(o *Options) { o.DollarTopics = true },
		both(v311("U3-4.7.2-u1"), v5("U5-4.7.2-u1"))},
	{"maximum-qos-0", "declares Maximum QoS 0", "qos", func(o *Options) { o.MaximumQoS = 0 }, nil},
	{"maximum-qos-1", "declares Maximum QoS 1", "qos", func(o *Options) { o.MaximumQoS = 1 }, nil},
	{"no-retained", "declares that retained messages are not available", "", func(o *Options) { o.NoRetained = true }, nil},
	{"no-wildcards", "declares that wildcard subscriptions are not available", "", func(o *Options) { o.NoWildcards = true }, nil},
	{"no-identifiers", "declares that Subscription Identifiers are not available", "", func(o *Options) { o.NoIdentifiers = true }, nil},
	{"no-shared", "declares that Shared Subscriptions are not available", "", func(o *Options) { o.NoShared = true }, nil},
	{"server-keep-alive", "sets the Keep Alive of every client to 10 seconds", "", func(o *Options) { o.ServerKeepAlive = 10 }, nil},
	{"receive-maximum-5", "declares Receive Maximum 5", "", func(o *Options) { o.ReceiveMaximum = 5 }, nil},
	{"maximum-packet-size", "declares a Maximum Packet Size of 16 KiB", "", func(o *Options) { o.MaximumPacketSize = 16 << 10 }, nil},
	{"limit-connect", "declares a Maximum Packet Size of 16 KiB, and refuses a CONNECT above it", "", func(o *Options) { o.MaximumPacketSize, o.LimitConnect = 16<<10, true }, nil},
	{"no-aliases", "declares Topic Alias Maximum 0", "aliases", func(o *Options) { o.TopicAliasMaximum = 0 }, nil},
	{"all-aliases", "declares Topic Alias Maximum 65,535", "aliases", func(o *Options) { o.TopicAliasMaximum = 65535 }, nil},
	{"session-expiry-limit", "grants a Session Expiry Interval of 600 seconds at most", "", func(o *Options) { o.SessionExpiryLimit = 600 }, nil},
	{"no-assigned-ids", "refuses empty Client Identifiers", "", func(o *Options) { o.NoAssignedIDs = true }, nil},
	{"response-information", "gives Response Information to those who ask", "", func(o *Options) { o.ResponseInformation = "mqttproof/response/" }, nil},
	{"no-authentication", "knows no Authentication Method", "", func(o *Options) { o.NoAuthentication = true }, nil},
	{"refuse-users", "refuses clients with a user name or a password, of which it knows none", "", func(o *Options) { o.RefuseUsers = true }, nil},
	{"refuse-5.0", "does not speak MQTT 5.0", "", func(o *Options) { o.Refuse5 = true }, nil},
	{"refuse-3.1", "does not speak MQTT 3.1", "", func(o *Options) { o.Refuse31 = true }, nil},
}

// With gives the options changed by the behaviours that are named. The error
// names one that there is not.
func (o Options) With(names ...string) (Options, error) {
next:
	for _, name := range names {
		for _, b := range behaviours {
			if b.Name == name {
				b.set(&o)
				continue next
			}
		}
		return o, fmt.Errorf("the reference broker has no behaviour %q", name)
	}
	return o, nil
}
