package reference

import (
	"bytes"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// overlooked makes the flaw of leaving a connection open after an error in one
// type of packet that the codec reports under one of the ids: the packet is taken
// for a good one as far as it can be read.
func overlooked(t codec.Type, ids []string, name, what string, breaks ...spec.Ref) *flaw {
	return broken(name, what, breaks...).missing(wrongIn(t, ids...))
}

// dropped is overlooked for errors with which nothing can be done: the packet is
// dropped, and the connection stays open.
func dropped(t codec.Type, ids []string, name, what string, breaks ...spec.Ref) *flaw {
	return broken(name, what, breaks...).dropping(wrongIn(t, ids...))
}

func wrongIn(t codec.Type, ids ...string) func(*mistake) bool {
	return func(m *mistake) bool { return m.of(t) && slices.Contains(ids, m.Requirement.ID) }
}

// of says whether it stands in a packet of this type, readable or not.
func (m *mistake) of(t codec.Type) bool { return len(m.frame) > 0 && codec.Type(m.frame[0]>>4) == t }

// The requirements under which the codec reports a text.
var (
	illFormed = []string{"MQTT-1.5.3-1", "MQTT-1.5.4-1"}
	withNull  = []string{"MQTT-1.5.3-2", "MQTT-1.5.4-2"}
)

// textIn is an error of one of the ids in a field of a packet.
func textIn(t codec.Type, ids []string, field string) func(*mistake) bool {
	return func(m *mistake) bool { return wrongIn(t, ids...)(m) && m.at(field) }
}

// Texts (1.5.4; 1.5.3 in 3.1.1).
var _ = []*flaw{
	broken("client-identifier-not-utf-8", "takes a Client Identifier that is not UTF-8",
		both(v311("MQTT-1.5.3-1", "MQTT-3.1.3-4"), v5("MQTT-1.5.4-1", "U5-1.5.4-u1", "MQTT-3.1.3-4"))...).
		missing(textIn(codec.CONNECT, illFormed, "Client Identifier")),
	broken("will-topic-not-utf-8", "takes a Will Topic that is not UTF-8",
		both(v311("MQTT-1.5.3-1", "MQTT-3.1.3-10"), v5("MQTT-1.5.4-1", "U5-1.5.4-u1", "MQTT-3.1.3-11"))...).
		missing(textIn(codec.CONNECT, illFormed, "Will Topic")),
	broken("user-name-not-utf-8", "takes a User Name that is not UTF-8",
		both(v311("MQTT-1.5.3-1", "MQTT-3.1.3-11"), v5("MQTT-1.5.4-1", "U5-1.5.4-u1", "MQTT-3.1.3-12"))...).
		missing(textIn(codec.CONNECT, illFormed, "User Name")),
	broken("topic-name-not-utf-8", "takes a Topic Name that is not UTF-8",
		both(v311("MQTT-1.5.3-1", "MQTT-3.3.2-1"), v5("MQTT-1.5.4-1", "U5-1.5.4-u1", "MQTT-3.3.2-1"))...).
		missing(textIn(codec.PUBLISH, illFormed, "Topic Name")),
	broken("filter-not-utf-8", "subscribes to a Topic Filter that is not UTF-8",
		both(v311("MQTT-1.5.3-1", "MQTT-3.8.3-1"), v5("MQTT-1.5.4-1", "U5-1.5.4-u1", "MQTT-3.8.3-1"))...).
		missing(textIn(codec.SUBSCRIBE, illFormed, "Topic Filter")),
	broken("unsubscribed-filter-not-utf-8", "unsubscribes from a Topic Filter that is not UTF-8",
		both(v311("MQTT-1.5.3-1", "MQTT-3.10.3-1"), v5("MQTT-1.5.4-1", "U5-1.5.4-u1", "MQTT-3.10.3-1"))...).
		missing(textIn(codec.UNSUBSCRIBE, illFormed, "Topic Filter")),
	broken("surrogates-taken", "takes surrogates for characters",
		both(v311("MQTT-1.5.3-1"), v5("MQTT-1.5.4-1"))...).missing(func(m *mistake) bool {
		i := bytes.IndexByte(m.frame, 0xED)
		return slices.Contains(illFormed, m.Requirement.ID) && i >= 0 && i+1 < len(m.frame) && m.frame[i+1] >= 0xA0
	}),
	broken("null-in-client-identifier", "takes a Client Identifier with U+0000",
		both(v311("MQTT-1.5.3-2"), v5("MQTT-1.5.4-2", "U5-1.5.4-u2"))...).missing(textIn(codec.CONNECT, withNull, "Client Identifier")),
	broken("null-in-user-name", "takes a User Name with U+0000",
		both(v311("MQTT-1.5.3-2"), v5("MQTT-1.5.4-2", "U5-1.5.4-u2"))...).missing(textIn(codec.CONNECT, withNull, "User Name")),
	broken("null-in-will-topic", "takes a Will Topic with U+0000",
		both(v311("MQTT-1.5.3-2", "MQTT-4.7.3-2"), v5("MQTT-1.5.4-2", "U5-1.5.4-u2", "MQTT-4.7.3-2"))...).missing(textIn(codec.CONNECT, withNull, "Will Topic")),
	broken("null-in-topic-name", "takes a Topic Name with U+0000",
		both(v311("MQTT-1.5.3-2", "MQTT-4.7.3-2"), v5("MQTT-1.5.4-2", "U5-1.5.4-u2", "MQTT-4.7.3-2"))...).missing(textIn(codec.PUBLISH, withNull, "Topic Name")),
	broken("null-in-filter", "subscribes to a Topic Filter with U+0000",
		both(v311("MQTT-1.5.3-2", "MQTT-4.7.3-2"), v5("MQTT-1.5.4-2", "U5-1.5.4-u2", "MQTT-4.7.3-2"))...).missing(textIn(codec.SUBSCRIBE, withNull, "Topic Filter")),
	broken("null-in-unsubscribed-filter", "unsubscribes from a Topic Filter with U+0000",
		both(v311("MQTT-1.5.3-2", "MQTT-4.7.3-2"), v5("MQTT-1.5.4-2", "U5-1.5.4-u2", "MQTT-4.7.3-2"))...).missing(textIn(codec.UNSUBSCRIBE, withNull, "Topic Filter")),
	broken("reason-string-not-utf-8", "takes acknowledgements with a Reason String that is not UTF-8",
		v5("MQTT-1.5.4-1", "U5-1.5.4-u1")...).missing(func(m *mistake) bool { return m.Requirement.ID == "MQTT-1.5.4-1" && m.at("Reason String") }),
	unseen("user-property-not-utf-8", "takes User Properties whose name or value is not UTF-8", v5("MQTT-1.5.7-1", "U5-1.5.7-u1")...),
	overlooked(codec.PUBLISH, []string{"MQTT-1.5.7-1"}, "user-property-of-message-not-utf-8",
		"takes messages with a User Property that is not UTF-8", v5("MQTT-1.5.7-1", "U5-1.5.7-u1")...),
}

// CONNECT (3.1).
var _ = []*flaw{
	overlooked(codec.CONNECT, []string{"MQTT-3.1.2-3"}, "reserved-connect-flag-taken",
		"takes a CONNECT with the reserved Connect Flag", both(v311("MQTT-3.1.2-3"), v5("MQTT-3.1.2-3"))...),
	dropped(codec.CONNECT, []string{"MQTT-3.1.2-9"}, "will-missing", "does not answer a CONNECT whose will is missing",
		both(v311("MQTT-3.1.2-9", "MQTT-3.1.4-1"), v5("MQTT-3.1.2-9", "MQTT-3.1.4-1"))...),
	broken("will-qos-without-will", "takes a CONNECT with Will QoS and without a will",
		both(v311("MQTT-3.1.2-11", "MQTT-3.1.2-13"), v5("MQTT-3.1.2-11"))...).
		missing(func(m *mistake) bool {
			return m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-3.1.2-13"} || m.Requirement == spec.Ref{Version: codec.V5, ID: "MQTT-3.1.2-11"}
		}),
	broken("will-retain-without-will", "takes a CONNECT with Will Retain and without a will",
		both(v311("MQTT-3.1.2-11", "MQTT-3.1.2-15"), v5("MQTT-3.1.2-13"))...).
		missing(func(m *mistake) bool {
			return m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-3.1.2-15"} || m.Requirement == spec.Ref{Version: codec.V5, ID: "MQTT-3.1.2-13"}
		}),
	broken("will-qos-3", "does not answer a CONNECT with Will QoS 3", both(v311("MQTT-3.1.2-14"), v5("MQTT-3.1.2-12", "U5-3.1.2.6-u1"))...).
		dropping(func(m *mistake) bool {
			return m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-3.1.2-14"} || m.Requirement == spec.Ref{Version: codec.V5, ID: "MQTT-3.1.2-12"}
		}),
	broken("user-name-missing", "does not answer a CONNECT whose User Name is missing", both(v311("MQTT-3.1.2-19"), v5("MQTT-3.1.2-17"))...).
		dropping(func(m *mistake) bool {
			return m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-3.1.2-19"} || m.Requirement == spec.Ref{Version: codec.V5, ID: "MQTT-3.1.2-17"}
		}),
	broken("password-missing", "does not answer a CONNECT whose Password is missing", both(v311("MQTT-3.1.2-21"), v5("MQTT-3.1.2-19"))...).
		dropping(func(m *mistake) bool {
			return m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-3.1.2-21"} || m.Requirement == spec.Ref{Version: codec.V5, ID: "MQTT-3.1.2-19"}
		}),
	broken("user-name-unannounced", "takes a CONNECT with a User Name and without its flag",
		both(v311("MQTT-3.1.2-18"), v5("MQTT-3.1.2-16"))...).missing(behindConnect(func(p *codec.Connect) bool { return p.User == nil })),
	broken("password-unannounced", "takes a CONNECT with a Password and without its flag",
		both(v311("MQTT-3.1.2-20"), v5("MQTT-3.1.2-18"))...).missing(behindConnect(func(p *codec.Connect) bool { return p.User != nil && p.Password == nil })),
	broken("will-unannounced", "takes a CONNECT with a will and without its flag",
		v311("MQTT-3.1.2-11")...).missing(behindConnect(func(p *codec.Connect) bool { return p.Will == nil })),
	broken("bytes-behind-connect", "takes a CONNECT with bytes behind its last field",
		both(v311("MQTT-3.1.4-1"), v5("MQTT-3.1.4-1"))...).missing(behindConnect(func(*codec.Connect) bool { return true })),
	unseen("password-without-user-name", "takes a Password without a User Name", v311("MQTT-3.1.2-22")...),
	dropped(codec.CONNECT, []string{"MQTT-3.1.3-3"}, "client-identifier-missing", "does not answer a CONNECT without a Client Identifier",
		both(v311("MQTT-3.1.3-3"), v5("MQTT-3.1.3-3"))...),
	dropped(codec.CONNECT, []string{"MQTT-3.1.4-1"}, "cut-connect-unanswered", "does not answer a CONNECT that ends early",
		both(v311("MQTT-3.1.4-1"), v5("MQTT-3.1.4-1"))...),
}

// behindConnect is a CONNECT with bytes behind the fields that its flags announce.
func behindConnect(such func(*codec.Connect) bool) func(*mistake) bool {
	return func(m *mistake) bool {
		p, ok := m.packet.(*codec.Connect)
		return ok && m.Requirement.ID == "MQTT-3.1.4-1" && such(p)
	}
}

// PUBLISH (3.3), SUBSCRIBE (3.8) and UNSUBSCRIBE (3.10).
var _ = []*flaw{
	dropped(codec.PUBLISH, []string{"MQTT-3.3.1-4"}, "qos-3-dropped", "drops a PUBLISH with QoS 3",
		both(v311("MQTT-3.3.1-4"), v5("MQTT-3.3.1-4", "U5-3.3.1.2-u1"))...),
	dropped(codec.PUBLISH, []string{"MQTT-3.3.2-1"}, "topic-name-missing", "drops a PUBLISH that ends before or in its Topic Name",
		both(v311("MQTT-3.3.2-1"), v5("MQTT-3.3.2-1"))...),
	dropped(codec.PUBLISH, []string{"MQTT-4.7.3-1", "U5-3.3.2.1-u1"}, "empty-topic-dropped", "drops a PUBLISH with an empty Topic Name",
		both(v311("MQTT-4.7.3-1"), v5("MQTT-4.7.3-1", "U5-3.3.2.1-u1"))...),
	dropped(codec.SUBSCRIBE, []string{"MQTT-2.3.1-1"}, "subscribe-identifier-0", "drops a SUBSCRIBE with the Packet Identifier 0", v311("MQTT-2.3.1-1")...),
	dropped(codec.UNSUBSCRIBE, []string{"MQTT-2.3.1-1"}, "unsubscribe-identifier-0", "drops an UNSUBSCRIBE with the Packet Identifier 0", v311("MQTT-2.3.1-1")...),

	dropped(codec.SUBSCRIBE, []string{"MQTT-3.8.3-3", "MQTT-3.8.3-2"}, "subscribe-empty", "drops a SUBSCRIBE without a Topic Filter",
		both(v311("MQTT-3.8.3-3"), v5("MQTT-3.8.3-2", "U5-3.8.3-u1"))...),
	broken("subscribe-reserved-bits", "takes a SUBSCRIBE with reserved bits in its payload", both(v311("MQTT-3.8.3-4"), v5("MQTT-3.8.3-5"))...).
		missing(func(m *mistake) bool {
			return m.in(codec.SUBSCRIBE) && (m.Requirement.ID == "MQTT-3.8.3-5" ||
				m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-3.8.3-4"} && !asksQoS3(m))
		}),
	broken("subscribe-qos-3", "drops a SUBSCRIBE that asks for QoS 3", both(v311("MQTT-3.8.3-4"), v5("U5-3.8.3.1-u1"))...).
		dropping(func(m *mistake) bool {
			return m.Requirement.ID == "U5-3.8.3.1-u1" || m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-3.8.3-4"} && asksQoS3(m)
		}),
	unseen("no-local-on-shared", "takes No Local on a Shared Subscription", v5("MQTT-3.8.3-4")...),
	dropped(codec.SUBSCRIBE, []string{"U5-3.8.3.1-u2"}, "retain-handling-3", "drops a SUBSCRIBE with Retain Handling 3", v5("U5-3.8.3.1-u2")...),
	broken("misplaced-multi-level-unanswered", "neither answers a SUBSCRIBE with # in a wrong place nor closes the connection",
		both(v311("MQTT-4.7.1-2", "MQTT-3.8.4-1"), v5("MQTT-4.7.1-1", "MQTT-3.8.4-1"))...).dropping(func(m *mistake) bool {
		return m.of(codec.SUBSCRIBE) && (m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-4.7.1-2"} || m.Requirement == spec.Ref{Version: codec.V5, ID: "MQTT-4.7.1-1"})
	}),
	broken("misplaced-single-level-unanswered", "neither answers a SUBSCRIBE with + in a wrong place nor closes the connection",
		both(v311("MQTT-4.7.1-3", "MQTT-3.8.4-1"), v5("MQTT-4.7.1-2", "MQTT-3.8.4-1"))...).dropping(func(m *mistake) bool {
		return m.of(codec.SUBSCRIBE) && (m.Requirement == spec.Ref{Version: codec.V311, ID: "MQTT-4.7.1-3"} || m.Requirement == spec.Ref{Version: codec.V5, ID: "MQTT-4.7.1-2"})
	}),
	dropped(codec.UNSUBSCRIBE, []string{"MQTT-3.10.3-2"}, "unsubscribe-empty", "drops an UNSUBSCRIBE without a Topic Filter",
		both(v311("MQTT-3.10.3-2"), v5("MQTT-3.10.3-2", "U5-3.10.3-u1"))...),
}

// asksQoS3 says whether the options byte in which a SUBSCRIBE is wrong has QoS 3.
func asksQoS3(m *mistake) bool { return m.Offset < len(m.frame) && m.frame[m.Offset]&3 == 3 }

// What is common to all packets (2).
var _ = []*flaw{
	dropped(codec.CONNECT, []string{"MQTT-2.2.2-1", "MQTT-2.1.3-1"}, "connect-flags-unanswered", "does not answer a CONNECT with wrong flags in its fixed header",
		both(v311("MQTT-2.2.2-2"), v5("MQTT-2.1.3-1", "U5-2.1.3-u1"))...),
	overlooked(codec.CONNECT, []string{"MQTT-2.2.2-1", "MQTT-2.1.3-1"}, "connect-flags-ignored", "takes a CONNECT with wrong flags in its fixed header",
		both(v311("MQTT-2.2.2-2"), v5("MQTT-2.1.3-1", "U5-2.1.3-u1"))...),
	overlooked(codec.PINGREQ, []string{"MQTT-2.2.2-1", "MQTT-2.1.3-1"}, "pingreq-flags-ignored", "answers a PINGREQ with wrong flags in its fixed header",
		both(v311("MQTT-2.2.2-2"), v5("MQTT-2.1.3-1", "U5-2.1.3-u1"))...),
	overlooked(codec.PUBACK, []string{"MQTT-2.2.2-1", "MQTT-2.1.3-1"}, "puback-flags-ignored", "takes a PUBACK with wrong flags in its fixed header",
		both(v311("MQTT-2.2.2-2"), v5("MQTT-2.1.3-1", "U5-2.1.3-u1"))...),
	overlooked(codec.PUBREC, []string{"MQTT-2.2.2-1", "MQTT-2.1.3-1"}, "pubrec-flags-ignored", "takes a PUBREC with wrong flags in its fixed header",
		both(v311("MQTT-2.2.2-2"), v5("MQTT-2.1.3-1", "U5-2.1.3-u1"))...),
	overlooked(codec.PUBCOMP, []string{"MQTT-2.2.2-1", "MQTT-2.1.3-1"}, "pubcomp-flags-ignored", "takes a PUBCOMP with wrong flags in its fixed header",
		both(v311("MQTT-2.2.2-2"), v5("MQTT-2.1.3-1", "U5-2.1.3-u1"))...),
	overlooked(codec.SUBSCRIBE, []string{"MQTT-3.8.1-1"}, "subscribe-flags-ignored", "takes a SUBSCRIBE with wrong flags in its fixed header",
		both(v311("MQTT-3.8.1-1"), v5("MQTT-3.8.1-1"))...),
	broken("subscribe-dup-ignored", "takes a SUBSCRIBE with the flags 1010 in its fixed header, as 3.1 has them",
		both(v311("MQTT-3.8.1-1"), v5("MQTT-3.8.1-1"))...).missing(func(m *mistake) bool { return m.of(codec.SUBSCRIBE) && m.frame[0] == 0x8A }),
	overlooked(codec.UNSUBSCRIBE, []string{"MQTT-3.10.1-1"}, "unsubscribe-flags-ignored", "takes an UNSUBSCRIBE with wrong flags in its fixed header",
		both(v311("MQTT-3.10.1-1"), v5("MQTT-3.10.1-1"))...),
	broken("unsubscribe-dup-ignored", "takes an UNSUBSCRIBE with the flags 1010 in its fixed header, as 3.1 has them",
		both(v311("MQTT-3.10.1-1"), v5("MQTT-3.10.1-1"))...).missing(func(m *mistake) bool { return m.of(codec.UNSUBSCRIBE) && m.frame[0] == 0xAA }),
	dropped(codec.DISCONNECT, []string{"MQTT-3.14.1-1"}, "disconnect-flags-dropped", "drops a DISCONNECT with wrong flags in its fixed header",
		both(v311("MQTT-3.14.1-1"), v5("MQTT-3.14.1-1"))...),
	overlooked(codec.AUTH, []string{"MQTT-3.15.1-1"}, "auth-flags-ignored", "takes an AUTH with wrong flags in its fixed header", v5("MQTT-3.15.1-1")...),

	unseen("type-0-dropped", "drops a packet of a type that does not exist", both(v311("U3-2.2.1-u1"), v5("U5-2.1.2-u1"))...),
	unseen("five-length-bytes", "leaves a connection open on which a length has five bytes", both(v311("U3-2.2.3-u1"), v5("U5-2.1.4-u1"))...),
	unseen("cut-packets-dropped", "drops packets whose fields go beyond their length, or end before it", both(v311("U3-2.2.3-u2"), v5("U5-2.1.4-u2"))...),
	unseen("property-length-missing", "drops packets whose Property Length is missing", v5("MQTT-2.2.2-1")...),
	unseen("property-length-too-large", "drops packets whose Property Length goes beyond their end", v5("U5-2.2.2.1-u1")...),
	unseen("foreign-properties-ignored", "takes packets with properties that do not belong there, or are cut", v5("U5-2.2.2.2-u1")...),
	unseen("repeated-properties-of-connect", "takes a CONNECT that repeats a property with a number", v5("U5-3.1.2.11.2-u1", "U5-3.1.2.11.3-u1",
		"U5-3.1.2.11.4-u1", "U5-3.1.2.11.5-u1", "U5-3.1.2.11.6-u1", "U5-3.1.2.11.7-u1")...),
	unseen("authentication-data-alone", "takes a CONNECT with Authentication Data and without a method", v5("U5-3.1.2.11.10-u1")...),
	unseen("repeated-properties-of-will", "takes a will that repeats a property",
		v5("U5-3.1.3.2.2-u1", "U5-3.1.3.2.3-u2", "U5-3.1.3.2.4-u1", "U5-3.1.3.2.5-u1", "U5-3.1.3.2.6-u1", "U5-3.1.3.2.7-u1")...),
	unseen("repeated-properties-of-message", "takes a message that repeats a property",
		v5("U5-3.3.2.3.4-u1", "U5-3.3.2.3.5-u1", "U5-3.3.2.3.6-u1", "U5-3.3.2.3.9-u1")...),
	unseen("repeated-properties-of-acknowledgements", "takes acknowledgements that repeat the Reason String",
		v5("U5-3.4.2.2.2-u1", "U5-3.5.2.2.2-u2", "U5-3.6.2.2.2-u2", "U5-3.7.2.2.2-u2")...),
	unseen("subscription-identifier-0", "takes a SUBSCRIBE with the Subscription Identifier 0", v5("U5-3.8.2.1.2-u1")...),
	unseen("repeated-subscription-identifier", "takes a SUBSCRIBE with two Subscription Identifiers", v5("U5-3.8.2.1.2-u2")...),
	broken("errors-told-open", "answers errors by a DISCONNECT and leaves the connection open", v5("MQTT-4.13.1-1", "MQTT-4.13.2-1")...).
		taking(func(c *conn, m *mistake) bool {
			if c.session != nil && c.version == codec.V5 {
				c.send(&codec.Disconnect{Code: codeFor(m.Violation)})
			}
			return c.session != nil
		}),
	broken("protocol-errors-dropped", "drops packets that are a protocol error", both(v311("MQTT-4.8.0-1"), v5("MQTT-4.13.1-1"))...).
		dropping(func(m *mistake) bool { return m.Class == codec.ProtocolError && !m.of(codec.CONNECT) }),
}

var unfinishedDelivered = broken("unfinished-delivered", "delivers what there is of a PUBLISH of which the connection ends before its last byte",
	both(v311("U3-2.2.3-u2"), v5("U5-2.1.4-u2"))...)

// spoilUnfinished applies the fault in what a connection leaves behind.
func (c *conn) spoilUnfinished(b []byte) {
	if len(b) < 2 || codec.Type(b[0]>>4) != codec.PUBLISH || b[1] > 127 || c.session == nil || !c.is(unfinishedDelivered) {
		return
	}
	whole := bytes.Clone(b)
	whole[1] = byte(len(b) - 2)
	c.packet(whole)
}
