package reference

import "github.com/mqttproof/mqttproof/codec"

// The DUP flag (3.3.1.1).
var (
	dupAlwaysSet = broken("dup-always-set", "sends the first attempt of a QoS 1 or 2 message with DUP 1",
		both(v311("MQTT-3.3.1-3", "MQTT-4.3.2-1", "MQTT-4.3.3-1"), v5("MQTT-3.3.1-3", "MQTT-4.3.2-2", "MQTT-4.3.3-2"))...)
	dupAlwaysSetAt1 = broken("dup-always-set-at-qos-1", "sends the first attempt of a QoS 1 message with DUP 1",
		both(v311("MQTT-3.3.1-3", "MQTT-4.3.2-1"), v5("MQTT-3.3.1-3", "MQTT-4.3.2-2"))...)
	dupAlwaysSetAt2 = broken("dup-always-set-at-qos-2", "sends the first attempt of a QoS 2 message with DUP 1",
		both(v311("MQTT-3.3.1-3", "MQTT-4.3.3-1"), v5("MQTT-3.3.1-3", "MQTT-4.3.3-2"))...)
	dupSetAtQoS0 = broken("dup-set-at-qos-0", "sends QoS 0 messages with DUP 1",
		both(v311("MQTT-3.3.1-2", "MQTT-4.3.1-1"), v5("MQTT-3.3.1-2", "MQTT-4.3.1-1"))...)
	dupSetWhenLowered = broken("dup-set-when-lowered", "sends a message of QoS 1 or 2 that it delivers at QoS 0 with DUP 1",
		both(v311("MQTT-3.3.1-2", "MQTT-4.3.1-1"), v5("MQTT-3.3.1-2", "MQTT-4.3.1-1"))...)
	dupCopied = broken("dup-copied", "hands the DUP flag of a publisher on with the first attempt at QoS 1 and 2",
		both(v311("MQTT-3.3.1-3"), v5("MQTT-3.3.1-3"))...)
	dupCopiedAtQoS0 = broken("dup-copied-at-qos-0", "hands the DUP flag of a publisher on with QoS 0 messages",
		both(v311("MQTT-3.3.1-2", "MQTT-3.3.1-3"), v5("MQTT-3.3.1-2", "MQTT-3.3.1-3"))...).
		missing(func(m *mistake) bool { return m.Requirement.ID == "MQTT-3.3.1-2" }) // or it would hand nothing on
	dupCopiedToRetained = broken("dup-copied-to-retained", "keeps the DUP flag of a publisher with a retained message and sends it to new subscribers",
		both(v311("MQTT-3.3.1-3"), v5("MQTT-3.3.1-3"))...)
	dupNeverSet = broken("dup-never-set", "sends a message again with DUP 0",
		both(v311("MQTT-3.3.1-1"), v5("MQTT-3.3.1-1"))...)
	dupMissingAt2 = broken("dup-missing-at-qos-2", "sends a QoS 2 message again with DUP 0",
		both(v311("MQTT-3.3.1-1"), v5("MQTT-3.3.1-1"))...)
	dupMissingLater = broken("dup-missing-the-second-time", "sends a message again with DUP 1 once, and with DUP 0 after that",
		both(v311("MQTT-3.3.1-1"), v5("MQTT-3.3.1-1"))...)
)

// Packet Identifiers (2.2.1; 2.3.1 in 3.1.1).
var (
	packetIDZero = broken("packet-identifier-zero-sent", "sends messages of QoS 1 and 2 with the Packet Identifier 0",
		both(v311("MQTT-2.3.1-1"), v5("MQTT-2.2.1-4"))...)
	_ = broken("packet-identifier-zero-taken", "takes a PUBLISH with the Packet Identifier 0",
		v311("MQTT-4.8.0-1", "MQTT-2.3.1-1")...).missing(func(m *mistake) bool { return m.in(codec.PUBLISH) && m.Requirement.ID == "MQTT-2.3.1-1" })
	packetIDReusedAt1 = broken("packet-identifier-reused-at-qos-1", "gives a new QoS 1 message the Packet Identifier of one that is not acknowledged",
		both(v311("MQTT-2.3.1-4", "MQTT-4.3.2-1"), v5("MQTT-2.2.1-4", "MQTT-4.3.2-1"))...)
	packetIDReusedAt2 = broken("packet-identifier-reused-at-qos-2", "gives a new QoS 2 message the Packet Identifier of one that is not acknowledged",
		both(v311("MQTT-2.3.1-4", "MQTT-4.3.3-1"), v5("MQTT-2.2.1-4", "MQTT-4.3.3-1"))...)
	packetIDOfByte = broken("packet-identifier-of-a-byte", "begins with Packet Identifier 1 again behind 255, whatever is under way",
		both(v311("MQTT-2.3.1-4", "MQTT-4.3.2-1"), v5("MQTT-2.2.1-4", "MQTT-4.3.2-1"))...)
	packetIDFreeAtPubrec = broken("packet-identifier-free-at-pubrec", "uses the Packet Identifier of a QoS 2 message again before its PUBCOMP has come",
		both(v311("MQTT-2.3.1-4"), v5("MQTT-2.2.1-4"))...)
	packetIDChanges = broken("packet-identifier-changes", "sends a message again under another Packet Identifier",
		both(v311("MQTT-2.3.1-4", "MQTT-4.4.0-1"), v5("MQTT-4.4.0-1"))...)
	packetIDOfPubrelChanges = broken("packet-identifier-of-pubrel-changes", "sends PUBREL again under another Packet Identifier",
		both(v311("MQTT-4.4.0-1"), v5("MQTT-4.4.0-1"))...)
	packetIDAtQoS0 = broken("packet-identifier-at-qos-0", "writes a Packet Identifier into QoS 0 messages",
		both(v311("MQTT-2.3.1-5"), v5("MQTT-2.2.1-2"))...)
	pubackIdentifierWrong = broken("puback-identifier-wrong", "answers PUBLISH by PUBACK with the next Packet Identifier",
		both(v311("MQTT-2.3.1-6", "MQTT-4.3.2-2"), v5("MQTT-2.2.1-5", "MQTT-4.3.2-4"))...)
	pubackIdentifierSwapped = broken("puback-identifier-swapped", "swaps the two bytes of the Packet Identifier in PUBACK",
		both(v311("MQTT-2.3.1-6"), v5("MQTT-2.2.1-5"))...)
	pubrecIdentifierWrong = broken("pubrec-identifier-wrong", "answers PUBLISH by PUBREC with the next Packet Identifier",
		both(v311("MQTT-2.3.1-6", "MQTT-4.3.3-2"), v5("MQTT-2.2.1-5", "MQTT-4.3.3-8"))...)
	pubrelIdentifierWrong = broken("pubrel-identifier-wrong", "answers PUBREC by PUBREL with the next Packet Identifier",
		both(v311("MQTT-2.3.1-6", "MQTT-4.3.3-1"), v5("MQTT-2.2.1-5", "MQTT-4.3.3-4"))...)
	pubcompIdentifierWrong = broken("pubcomp-identifier-wrong", "answers PUBREL by PUBCOMP with the next Packet Identifier",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-2.2.1-5", "MQTT-4.3.3-11"))...)
	packetIDsShared = broken("packet-identifiers-shared", "refuses a SUBSCRIBE under a Packet Identifier that it uses for a message itself",
		both(v311("U3-2.3.1-u1"), v5("U5-2.2.1-u1"))...)
	packetIDsConfused = broken("packet-identifiers-confused", "takes a PUBLISH of a client for the acknowledgement of its own message with the same Packet Identifier",
		both(v311("MQTT-4.3.2-1", "MQTT-4.4.0-1"), v5("MQTT-4.3.2-3", "MQTT-4.4.0-1"))...)
)

// Answers to PUBLISH (3.3.4), and QoS 1 (4.3.2).
var (
	qos0SentAsQoS1        = broken("qos-0-sent-at-qos-1", "sends QoS 0 messages at QoS 1", v5("MQTT-4.3.1-1")...)
	publishUnacknowledged = broken("publish-unacknowledged", "does not answer a QoS 1 PUBLISH",
		both(v311("MQTT-3.3.4-1", "MQTT-4.3.2-2", "U3-3.3.4-u1"), v5("MQTT-3.3.4-1", "MQTT-4.3.2-4"))...)
	pubackForQoS0 = broken("puback-for-qos-0", "answers a QoS 0 PUBLISH by PUBACK",
		both(v311("MQTT-3.3.4-1", "U3-3.3.4-u1"), v5("MQTT-3.3.4-1"))...)
	pubrecForQoS1 = broken("pubrec-for-qos-1", "answers a QoS 1 PUBLISH by PUBREC",
		both(v311("MQTT-3.3.4-1"), v5("MQTT-3.3.4-1"))...)
	_ = broken("qos-3-dropped", "drops a PUBLISH with QoS 3 and keeps the connection",
		both(v311("MQTT-3.3.1-4"), v5("MQTT-3.3.1-4", "U5-3.3.1.2-u1"))...).dropping(isQoS3)
	_ = broken("qos-3-taken-as-qos-0", "takes a PUBLISH with QoS 3 for one of QoS 0",
		both(v311("MQTT-3.3.1-4"), v5("MQTT-3.3.1-4", "U5-3.3.1.2-u1"))...).
		taking(func(c *conn, m *mistake) bool {
			if p, ok := m.packet.(*codec.Publish); ok && isQoS3(m) {
				c.b.publish(c.newMessage(p.Topic.String(), p.Payload, 0, p.Retain, nil))
			}
			return isQoS3(m)
		})
	pubackForQoS2 = broken("puback-for-qos-2", "answers a QoS 2 PUBLISH by PUBACK",
		both(v311("MQTT-3.3.4-1"), v5("MQTT-3.3.4-1"))...)
	qos1IdentifierRemembered = broken("qos-1-identifier-remembered", "takes a QoS 1 PUBLISH for a repetition when its Packet Identifier was used before",
		both(v311("MQTT-4.3.2-2"), v5("MQTT-4.3.2-5"))...)
	qos1DupDropped = broken("qos-1-dup-dropped", "drops a QoS 1 PUBLISH with DUP 1 whose Packet Identifier was acknowledged before",
		both(v311("MQTT-4.3.2-2"), v5("MQTT-4.3.2-5"))...)
	qos1Forgotten = broken("qos-1-forgotten", "forgets a QoS 1 message once it is sent",
		both(v311("MQTT-4.3.2-1", "MQTT-4.4.0-1"), v5("MQTT-4.3.2-3", "MQTT-4.4.0-1"))...)
	anyPubackCounts = broken("any-puback-counts", "lets a PUBACK for an unknown message acknowledge the oldest one",
		both(v311("MQTT-4.3.2-1"), v5("MQTT-4.3.2-3"))...)
	pubackCountsForAll = broken("puback-counts-for-all", "lets a PUBACK acknowledge all QoS 1 messages that are under way",
		both(v311("MQTT-4.3.2-1"), v5("MQTT-4.3.2-3"))...)
	pubrecEndsQoS1 = broken("pubrec-ends-qos-1", "lets a PUBREC acknowledge a QoS 1 message",
		both(v311("MQTT-4.3.2-1"), v5("MQTT-4.3.2-3"))...)
)

func isQoS3(m *mistake) bool { return m.in(codec.PUBLISH) && m.Requirement.ID == "MQTT-3.3.1-4" }

// QoS 2 as the sender (4.3.3).
var (
	qos2Forgotten = broken("qos-2-forgotten", "forgets a QoS 2 message once it is sent",
		both(v311("MQTT-4.3.3-1", "MQTT-4.4.0-1"), v5("MQTT-4.3.3-3", "MQTT-4.4.0-1"))...)
	pubackEndsQoS2 = broken("puback-ends-qos-2", "lets a PUBACK acknowledge a QoS 2 message",
		both(v311("MQTT-4.3.3-1"), v5("MQTT-4.3.3-3"))...)
	pubrelNeverSent = broken("pubrel-never-sent", "does not answer PUBREC",
		both(v311("MQTT-4.3.3-1"), v5("MQTT-4.3.3-4"))...)
	pubrelMissingForCode = broken("pubrel-missing-for-code", "takes a PUBREC with Reason Code 0x10 for a refusal and sends no PUBREL",
		v5("MQTT-4.3.3-4")...)
	pubrelForgotten = broken("pubrel-forgotten", "forgets a QoS 2 message once its PUBREL is sent",
		both(v311("MQTT-4.3.3-1", "MQTT-4.4.0-1"), v5("MQTT-4.3.3-5", "MQTT-4.4.0-1"))...)
	publishInPlaceOfPubrel = broken("publish-in-place-of-pubrel", "sends the PUBLISH again where its PUBREL is not answered",
		both(v311("MQTT-4.3.3-1"), v5("MQTT-4.3.3-6"))...)
	publishBesidePubrel = broken("publish-beside-pubrel", "sends the PUBLISH again as well where its PUBREL is not answered",
		both(v311("MQTT-4.3.3-1"), v5("MQTT-4.3.3-6"))...)
	expiryEndsSent = broken("expiry-ends-sent", "drops a QoS 2 message that was sent and has expired meanwhile",
		v5("MQTT-4.3.3-7")...)
	expiryEndsExchange = broken("expiry-ends-exchange", "does not answer PUBREC when the message has expired meanwhile",
		v5("MQTT-4.3.3-7")...)
)

// QoS 2 as the receiver (4.3.3).
var (
	qos2TakenTwice = broken("qos-2-taken-twice", "delivers a QoS 2 message again when its PUBLISH comes again",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-4.3.3-10"))...)
	qos2TakenTwiceWithoutDup = broken("qos-2-taken-twice-without-dup", "delivers a QoS 2 message again when its PUBLISH comes again with DUP 0",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-4.3.3-10"))...)
	qos2ForgottenAtReturn = broken("qos-2-forgotten-at-return", "forgets with the connection which QoS 2 messages it has received",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-4.3.3-10"))...)
	pubrecNeverSent = broken("pubrec-never-sent", "does not answer a QoS 2 PUBLISH",
		both(v311("MQTT-3.3.4-1", "MQTT-4.3.3-2"), v5("MQTT-3.3.4-1", "MQTT-4.3.3-8"))...)
	pubrecMissingForRepetition = broken("pubrec-missing-for-repetition", "does not answer a QoS 2 PUBLISH that comes again",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-4.3.3-10"))...)
	pubrelForgetsNothing = broken("pubrel-forgets-nothing", "takes a QoS 2 PUBLISH for a repetition when its Packet Identifier was used before",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-4.3.3-12"))...)
	pubcompNeverSent = broken("pubcomp-never-sent", "does not answer PUBREL",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-4.3.3-11"))...)
	pubcompMissingForUnknown = broken("pubcomp-missing-for-unknown", "does not answer a PUBREL whose Packet Identifier it does not know",
		both(v311("MQTT-4.3.3-2"), v5("MQTT-4.3.3-11"))...)
	pubcompMissingForCode = broken("pubcomp-missing-for-code", "does not answer a PUBREL with the Reason Code 0x92",
		v5("MQTT-4.3.3-11")...)
	pubcompMissingPastExpiry = broken("pubcomp-missing-past-expiry", "does not answer PUBREL when the message has expired meanwhile",
		v5("MQTT-4.3.3-13")...)
	refusedIdentifierKept = broken("refused-identifier-kept", "takes a PUBLISH for a repetition when the one before it under its Packet Identifier was refused by PUBREC",
		v5("MQTT-4.3.3-9")...).with("refuse-dollar")
	refusedSilently = broken("refused-silently", "neither acknowledges a message that it refuses nor closes the connection",
		v311("MQTT-3.3.5-2")...).with("refuse-dollar")
)

// PUBREL and the Reason Codes of acknowledgements (3.4 to 3.7).
var (
	_ = unseen("pubrel-flags-taken", "takes a PUBREL whose flags are wrong",
		both(v311("MQTT-3.6.1-1"), v5("MQTT-3.6.1-1"))...)
	pubrelFlagsIgnored = unseen("pubrel-flags-ignored", "drops a PUBREL whose flags are wrong and keeps the connection",
		both(v311("MQTT-3.6.1-1"), v5("MQTT-3.6.1-1"))...)
	pubrelFlagsWrong = broken("pubrel-flags-wrong", "sends PUBREL with the flags 0000",
		both(v311("MQTT-3.6.1-1"), v5("MQTT-3.6.1-1"))...)
	pubrelWithDup = broken("pubrel-with-dup", "sends PUBREL again with the flags 1010, as in MQTT 3.1",
		both(v311("MQTT-3.6.1-1"), v5("MQTT-3.6.1-1"))...)
	pubackCodeUndefined  = broken("puback-code-undefined", "sends PUBACK with the Reason Code 0x01", v5("MQTT-3.4.2-1")...)
	pubrecCodeUndefined  = broken("pubrec-code-undefined", "sends PUBREC with the Reason Code 0x01", v5("MQTT-3.5.2-1")...)
	pubrelCodeUndefined  = broken("pubrel-code-undefined", "sends PUBREL with the Reason Code 0x80", v5("MQTT-3.6.2-1")...)
	pubcompCodeUndefined = broken("pubcomp-code-undefined", "sends PUBCOMP with the Reason Code 0x80", v5("MQTT-3.7.2-1")...)
	shortAckRefused      = broken("short-acknowledgement-refused", "refuses an acknowledgement without a Reason Code as malformed", v5("U5-3.4.2.1-u2")...)
	bareAckRefused       = broken("bare-acknowledgement-refused", "refuses an acknowledgement without a Property Length as malformed", v5("U5-3.4.2.2.1-u1")...)
)

// What comes again on a resumed session (4.4).
var (
	nothingAgain = broken("nothing-again", "sends no PUBLISH again on a resumed session",
		both(v311("MQTT-4.4.0-1"), v5("MQTT-4.4.0-1", "U5-4.4-u1"))...)
	onlyFirstAgain = broken("only-first-again", "sends the oldest unacknowledged PUBLISH again, and no other",
		both(v311("MQTT-4.4.0-1"), v5("MQTT-4.4.0-1"))...)
	nothingAgainAfterDisconnect = broken("nothing-again-after-disconnect", "forgets unacknowledged messages of a client that disconnects",
		both(v311("MQTT-4.4.0-1"), v5("MQTT-4.4.0-1"))...)
	againAsNew            = broken("again-on-live-connection-as-new", "sends unacknowledged messages again at each PINGREQ, with DUP 0", v311("MQTT-3.3.1-1")...)
	againOnLiveConnection = broken("again-on-live-connection", "sends unacknowledged messages again at each PINGREQ", v5("MQTT-4.4.0-1")...)
	acknowledgedAgain     = broken("acknowledged-again", "sends the last acknowledged QoS 1 message once more on a resumed session", v5("MQTT-4.4.0-1")...)
	refusedAgainAt1       = broken("refused-again-at-qos-1", "sends a message again that was refused by PUBACK", v5("MQTT-4.4.0-2")...)
	refusedAgainAt2       = broken("refused-again-at-qos-2", "sends a message again that was refused by PUBREC", v5("MQTT-4.4.0-2")...)
)

// Message receipt (4.5).
var (
	qos1Lost = broken("qos-1-lost", "acknowledges every second QoS 1 message and hands it to nobody",
		both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	qos2Lost = broken("qos-2-lost", "acknowledges every second QoS 2 message and hands it to nobody",
		both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	offlineQoS1Lost = broken("offline-qos-1-lost", "keeps no QoS 1 messages for a client that is away",
		both(v311("MQTT-3.1.2-5", "MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	offlineQoS2Lost = broken("offline-qos-2-lost", "keeps no QoS 2 messages for a client that is away",
		both(v311("MQTT-3.1.2-5", "MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	offlineOnlyLast = broken("offline-only-last", "keeps the last message alone for a client that is away",
		both(v311("MQTT-3.1.2-5"), v5("MQTT-4.5.0-1"))...)
	offlineLostAfterCut = broken("offline-lost-after-cut", "keeps no messages for a client whose connection was lost",
		both(v311("MQTT-3.1.2-5"), v5("MQTT-4.5.0-1"))...)
)

// Order (4.6).
var (
	orderSwappedAt0 = broken("order-swapped-at-qos-0", "delivers QoS 0 messages in swapped pairs",
		both(v311("MQTT-4.6.0-5", "MQTT-4.6.0-6"), v5("MQTT-4.6.0-5", "MQTT-4.6.0-6"))...)
	orderSwappedAt1 = broken("order-swapped-at-qos-1", "delivers QoS 1 messages in swapped pairs",
		both(v311("MQTT-4.6.0-5", "MQTT-4.6.0-6"), v5("MQTT-4.6.0-5", "MQTT-4.6.0-6"))...)
	orderSwappedAt2 = broken("order-swapped-at-qos-2", "delivers QoS 2 messages in swapped pairs",
		both(v311("MQTT-4.6.0-5", "MQTT-4.6.0-6"), v5("MQTT-4.6.0-5", "MQTT-4.6.0-6"))...)
	orderLostByWildcard = broken("order-lost-by-wildcard", "delivers messages in swapped pairs to subscriptions with wildcards",
		both(v311("MQTT-4.6.0-6"), v5("MQTT-4.6.0-6"))...)
	orderLostWhileAway = broken("order-lost-while-away", "sends what has waited for a client that was away in reverse order",
		both(v311("MQTT-4.6.0-6"), v5("MQTT-4.6.0-5"))...)
	orderLostWhileWaiting = broken("order-lost-while-waiting", "sends the newest of the messages that wait for the Receive Maximum first",
		v5("MQTT-4.6.0-5")...)
	repetitionsReversed = broken("repetitions-reversed", "sends unacknowledged messages again in reverse order",
		v311("MQTT-4.6.0-6")...)
	pubrelsReversed = broken("pubrels-reversed", "answers two PUBRECs by PUBRELs in reverse order",
		v311("MQTT-4.6.0-6")...)
)
