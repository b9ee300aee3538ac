package reference

// The client's Receive Maximum (3.3.4, 4.9).
var (
	receiveMaximumIgnored = broken("receive-maximum-ignored", "sends without regard to the client's Receive Maximum",
		v5("MQTT-3.3.4-9", "MQTT-4.9.0-1")...)
	receiveMaximumByOne = broken("receive-maximum-exceeded-by-one", "has one message more under way than the client's Receive Maximum",
		v5("MQTT-3.3.4-9")...)
	receiveMaximumDoubled = broken("receive-maximum-doubled", "begins with twice the client's Receive Maximum",
		v5("MQTT-4.9.0-1")...)
	receiveMaximumZero = broken("receive-maximum-zero", "sends no message of QoS 1 or 2 to a client that gives a Receive Maximum",
		v5("MQTT-4.9.0-1")...)
	receiveMaximumAbsentZero = broken("receive-maximum-absent-zero", "sends no message of QoS 1 or 2 to a client that gives no Receive Maximum",
		v5("MQTT-4.9.0-1", "U5-3.1.2.11.3-u2")...)
	quotaForQoS1Only = broken("quota-for-qos-1-only", "counts QoS 1 messages alone against the Receive Maximum",
		v5("MQTT-4.9.0-2", "MQTT-3.3.4-9")...)
	quotaFreedByPubrec = broken("quota-freed-by-pubrec", "sends the next message when PUBREC comes, before PUBCOMP",
		v5("MQTT-4.9.0-2", "MQTT-3.3.4-9")...)
	repetitionsUncounted = broken("repetitions-uncounted", "does not count what it sends again against the Receive Maximum",
		v5("MQTT-3.3.4-9", "MQTT-4.9.0-2")...)
	receiveMaximumKept = broken("receive-maximum-kept", "goes by the Receive Maximum of the first connection of a session",
		v5("U5-4.9-u2", "U5-3.1.2.11.3-u2")...)
	quotaKept = broken("quota-kept", "does not give places under the Receive Maximum back when a client returns",
		v5("U5-4.9-u2")...)
	errorFreesNothing = broken("error-frees-nothing", "gives no place under the Receive Maximum back for a PUBACK or PUBREC that refuses",
		v5("U5-4.9-u1")...)
	pingrespHeld = broken("pingresp-held", "does not answer PINGREQ while the Receive Maximum is used up",
		v5("MQTT-3.3.4-10", "MQTT-4.9.0-3")...)
	subackHeld = broken("suback-held", "does not answer SUBSCRIBE while the Receive Maximum is used up",
		v5("MQTT-3.3.4-10", "MQTT-4.9.0-3")...)
	unsubackHeld = broken("unsuback-held", "does not answer UNSUBSCRIBE while the Receive Maximum is used up",
		v5("MQTT-3.3.4-10", "MQTT-4.9.0-3")...)
	acknowledgementHeld = broken("acknowledgement-held", "does not answer PUBLISH while the client's Receive Maximum is used up",
		v5("MQTT-3.3.4-10", "MQTT-4.9.0-3")...)
	pubrelHeld = broken("pubrel-held", "sends no PUBREL while the Receive Maximum is used up",
		v5("MQTT-3.3.4-10", "MQTT-4.9.0-3")...)
)

// The client's Maximum Packet Size (3.1.2.11.4).
var (
	maximumPacketIgnored = broken("maximum-packet-ignored", "sends without regard to the client's Maximum Packet Size",
		v5("MQTT-3.1.2-24")...)
	maximumPacketOfRemaining = broken("maximum-packet-of-remaining", "compares the Remaining Length with the client's Maximum Packet Size, in place of the whole packet",
		v5("MQTT-3.1.2-24")...)
	connackAboveMaximum = broken("connack-above-maximum", "sends its CONNACK without regard to the client's Maximum Packet Size",
		v5("MQTT-3.1.2-24")...)
	tooLargeWillCloses = broken("too-large-will-closes", "disconnects a client for which a will is too large",
		v5("MQTT-3.1.2-25")...)
	tooLargeSharedCloses = broken("too-large-shared-closes", "disconnects a member for which a message of a Shared Subscription is too large",
		v5("MQTT-3.1.2-25")...)
	tooLargeCloses = broken("too-large-closes", "disconnects a client for which a message is too large",
		v5("MQTT-3.1.2-25")...)
	tooLargeBlocks = broken("too-large-blocks", "sends nothing behind a message that is too large for a client",
		v5("MQTT-3.1.2-25")...)
	tooLargeTakesPlace = broken("too-large-takes-place", "lets a message that is too large for a client take a place under its Receive Maximum",
		v5("MQTT-3.1.2-25")...)
	tooLargeCut = broken("too-large-cut", "cuts the payload of a message that is too large for a client",
		v5("MQTT-3.1.2-25")...)
	pubackReasonTooLong  = broken("puback-reason-too-long", "puts a Reason String into PUBACK that makes it too large for the client", v5("MQTT-3.4.2-2")...)
	pubackUserTooLong    = broken("puback-user-property-too-long", "puts a User Property into PUBACK that makes it too large for the client", v5("MQTT-3.4.2-3")...)
	pubrecReasonTooLong  = broken("pubrec-reason-too-long", "puts a Reason String into PUBREC that makes it too large for the client", v5("MQTT-3.5.2-2")...)
	pubrecUserTooLong    = broken("pubrec-user-property-too-long", "puts a User Property into PUBREC that makes it too large for the client", v5("MQTT-3.5.2-3")...)
	pubrelReasonTooLong  = broken("pubrel-reason-too-long", "puts a Reason String into PUBREL that makes it too large for the client", v5("MQTT-3.6.2-2")...)
	pubrelUserTooLong    = broken("pubrel-user-property-too-long", "puts a User Property into PUBREL that makes it too large for the client", v5("MQTT-3.6.2-3")...)
	pubcompReasonTooLong = broken("pubcomp-reason-too-long", "puts a Reason String into PUBCOMP that makes it too large for the client", v5("MQTT-3.7.2-2")...)
	pubcompUserTooLong   = broken("pubcomp-user-property-too-long", "puts a User Property into PUBCOMP that makes it too large for the client", v5("MQTT-3.7.2-3")...)
	pubackReasonTwice    = broken("puback-reason-twice", "puts two Reason Strings into PUBACK", v5("U5-3.4.2.2.2-u1")...)
	pubrecReasonTwice    = broken("pubrec-reason-twice", "puts two Reason Strings into PUBREC", v5("U5-3.5.2.2.2-u2")...)
	pubrelReasonTwice    = broken("pubrel-reason-twice", "puts two Reason Strings into PUBREL", v5("U5-3.6.2.2.2-u2")...)
	pubcompReasonTwice   = broken("pubcomp-reason-twice", "puts two Reason Strings into PUBCOMP", v5("U5-3.7.2.2.2-u2")...)
)

// The broker's own limits for a publisher (3.2.2.3).
var (
	anySizeTaken = broken("any-size-taken", "takes packets above its Maximum Packet Size",
		v5("MQTT-3.2.2-15", "U5-3.2.2.3.6-u2")...).with("maximum-packet-size")
	largeConnectOpen = broken("large-connect-refused-open", "refuses a CONNECT above its Maximum Packet Size by CONNACK and leaves the connection open",
		v5("MQTT-3.2.2-7")...).with("limit-connect")
	qosUnlimited = broken("qos-unlimited", "takes a PUBLISH above its Maximum QoS",
		v5("MQTT-3.2.2-11", "U5-3.2.2.3.4-u2")...).with("maximum-qos-1")
	receiveMaximumUntold    = broken("receive-maximum-untold", "disconnects a client with more than 50 QoS 2 messages at once, and has not declared it", v5("U5-3.2.2.3.3-u2")...)
	receiveMaximumUnwatched = broken("receive-maximum-unwatched", "takes more QoS 2 messages at once than its Receive Maximum",
		v5("MQTT-3.3.4-7")...).with("receive-maximum-5")
	maximumQoSHidden = broken("maximum-qos-hidden", "refuses QoS 2 without having declared a Maximum QoS",
		v5("MQTT-3.2.2-9", "U5-3.2.2.3.4-u3")...).with("maximum-qos-1")
	maximumQoSRefusesSubscribe = broken("maximum-qos-refuses-subscribe", "disconnects a client that asks for a QoS above its Maximum QoS",
		v5("MQTT-3.2.2-10")...).with("maximum-qos-1")
)
