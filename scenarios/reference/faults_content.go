package reference

// The topic and the payload (3.3.2.1, 3.3.3).
var (
	topicIllFormed = broken("topic-ill-formed", "puts the byte FF in place of the last one of the Topic Name",
		both(v311("MQTT-3.3.2-1"), v5("MQTT-3.3.2-1"))...)
	longTopicCut = broken("long-topic-cut", "cuts Topic Names at 32,767 bytes",
		both(v311("MQTT-3.3.2-3"), v5("MQTT-3.3.2-3"))...)
	topicLeftOut = broken("topic-left-out", "sends a message with an empty Topic Name and no Topic Alias",
		v5("U5-3.3.2.1-u1")...)
	payloadCut = broken("payload-cut", "cuts the payload at its first zero byte",
		both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	payloadShort = broken("payload-short", "leaves the last byte of the payload out",
		both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	textInLatin1 = broken("text-in-latin-1", "writes a payload that is marked as text in Latin-1, as far as it can",
		v5("U5-3.3.2.3.2-u1")...)
	propertiesBefore5 = broken("properties-before-5.0", "writes a Property Length in front of the payload of messages from clients of 5.0 to those of 3.1.1",
		v311("MQTT-4.5.0-1")...)
)

// The properties of a message (3.3.2.3).
var (
	formatDropped          = broken("payload-format-dropped", "leaves the Payload Format Indicator out", v5("MQTT-3.3.2-4")...)
	formatOfIllFormed      = broken("payload-format-of-ill-formed", "turns the Payload Format Indicator 1 into 0 where the payload is not well-formed text", v5("MQTT-3.3.2-4")...)
	formatAltered          = broken("payload-format-altered", "turns the Payload Format Indicator 1 into 0", v5("MQTT-3.3.2-4")...)
	formatSet              = broken("payload-format-set", "turns the Payload Format Indicator 0 into 1", v5("MQTT-3.3.2-4")...)
	contentTypeDropped     = broken("content-type-dropped", "leaves the Content Type out", v5("MQTT-3.3.2-20")...)
	contentTypeAltered     = broken("content-type-altered", "writes the Content Type in lower case", v5("MQTT-3.3.2-20")...)
	responseTopicDropped   = broken("response-topic-dropped", "leaves the Response Topic out", v5("MQTT-3.3.2-15")...)
	responseTopicAltered   = broken("response-topic-altered", "takes the first level off the Response Topic", v5("MQTT-3.3.2-15")...)
	responseTopicWildcard  = broken("response-topic-wildcard", "sends messages that have no Response Topic with one that holds a wildcard", v5("MQTT-3.3.2-14")...)
	responseTopicMended    = broken("response-topic-mended", "takes the wildcards out of a Response Topic and passes the message on", v5("MQTT-3.3.2-15")...).with("tolerate-unnamed")
	responseTopicIllFormed = broken("response-topic-ill-formed", "puts the byte FF in place of the last one of the Response Topic", v5("MQTT-3.3.2-13")...)
	contentTypeIllFormed   = broken("content-type-ill-formed", "puts the byte FF in place of the last one of the Content Type", v5("MQTT-3.3.2-19")...)
	correlationDropped     = broken("correlation-data-dropped", "leaves the Correlation Data out", v5("MQTT-3.3.2-16")...)
	correlationCut         = broken("correlation-data-cut", "cuts the Correlation Data at its first zero byte", v5("MQTT-3.3.2-16")...)
	usersDropped           = broken("user-properties-dropped", "leaves the User Properties out", v5("MQTT-3.3.2-17")...)
	usersOnce              = broken("user-properties-once", "keeps the last of several User Properties with one name", v5("MQTT-3.3.2-17")...)
	usersLowered           = broken("user-properties-lowered", "writes the names of User Properties in lower case", v5("MQTT-3.3.2-17")...)
	usersLostInQueue       = broken("user-properties-lost-in-queue", "keeps messages for a client that is away without their User Properties", v5("MQTT-3.3.2-17")...)
	usersTakenForProblems  = broken("user-properties-taken-for-problems", "leaves the User Properties of a message out for a client with Request Problem Information 0", v5("MQTT-3.3.2-17")...)
	usersSorted            = broken("user-properties-sorted", "sends the User Properties sorted by name", v5("MQTT-3.3.2-18")...)
	usersReversed          = broken("user-properties-reversed", "sends the User Properties in reverse order", v5("MQTT-3.3.2-18")...)
	contentTypeTwice       = broken("content-type-twice", "sends the Content Type twice", v5("U5-3.3.2.3.9-u1")...)
	responseTopicTwice     = broken("response-topic-twice", "sends the Response Topic twice", v5("U5-3.3.2.3.5-u1")...)
	correlationTwice       = broken("correlation-data-twice", "sends the Correlation Data twice", v5("U5-3.3.2.3.6-u1")...)
)

// The Message Expiry Interval (3.3.2.3.3).
var (
	expiredDelivered = broken("expired-delivered", "sends messages whose Message Expiry Interval has passed while they waited for a client",
		v5("MQTT-3.3.2-5")...)
	expiredInQueueDelivered = broken("expired-in-queue-delivered", "looks at the Message Expiry Interval of messages for clients that are there, and not of those that wait for a client that is away",
		v5("MQTT-3.3.2-5")...)
	expiryUncountedAway = broken("expiry-uncounted-while-away", "counts the Message Expiry Interval from the return of a client that was away", v5("MQTT-3.3.2-6")...)
	expiryDropped       = broken("expiry-dropped", "leaves the Message Expiry Interval out", v5("MQTT-3.3.2-6")...)
	expiryUncounted     = broken("expiry-uncounted", "sends the Message Expiry Interval as it came, however long the message has waited", v5("MQTT-3.3.2-6")...)
)

// Topic Aliases of the client (3.3.2.3.4).
var (
	aliasAboveMaximumTaken = broken("alias-above-maximum-taken", "takes Topic Aliases above its maximum",
		v5("MQTT-3.3.2-9", "MQTT-3.2.2-17", "U5-3.3.4-u2")...)
	aliasWithoutPermissionTaken = broken("alias-without-permission-taken", "takes Topic Aliases although it allows none",
		v5("MQTT-3.2.2-18", "U5-3.3.4-u2", "U5-3.2.2.3.8-u2")...).with("no-aliases")
	_                     = unseen("alias-zero-taken", "takes the Topic Alias 0", v5("MQTT-3.3.2-8")...)
	unknownAliasTaken     = broken("unknown-alias-taken", "takes a Topic Alias that stands for no topic", v5("U5-3.3.4-u3")...)
	aliasSurvives         = broken("alias-survives", "keeps the Topic Aliases of a client over its connections", v5("MQTT-3.3.2-7")...)
	aliasShared           = broken("alias-shared", "has one list of Topic Aliases for all clients", v5("MQTT-3.3.2-7")...)
	aliasAtMaximumRefused = broken("alias-at-maximum-refused", "refuses the highest of the Topic Aliases that it allows", v5("MQTT-3.3.2-12")...)
	aliasNotChanged       = broken("alias-not-changed", "keeps the first topic of a Topic Alias when it is set again", v5("MQTT-3.3.2-12")...)
	aliasAloneRefused     = broken("alias-alone-refused", "refuses a Topic Alias without a Topic Name", v5("MQTT-3.3.2-12")...)
)

// Topic Aliases of the broker.
var (
	aliasUnasked = broken("alias-unasked", "sends Topic Aliases to clients that allow none", v5("MQTT-3.1.2-27", "U5-3.1.2.11.5-u2")...)
	aliasOverrun = broken("alias-overrun", "goes on to new Topic Aliases past the client's maximum",
		v5("MQTT-3.1.2-26", "MQTT-3.3.2-11")...).with("send-aliases")
	aliasAboveMaximumSent = broken("alias-above-maximum-sent", "sends each message with the Topic Alias above the client's maximum",
		v5("MQTT-3.1.2-26", "MQTT-3.3.2-11", "U5-3.3.4-u2")...)
	aliasZeroSent = broken("alias-zero-sent", "sends the Topic Alias 0 to clients that allow aliases", v5("MQTT-3.3.2-8")...)
	aliasUnset    = broken("alias-unset", "goes on to use its Topic Aliases of the connection before",
		v5("U5-3.3.4-u3")...).with("send-aliases")
	aliasForwarded = broken("alias-forwarded", "hands the Topic Alias of a publisher on to the subscribers", v5("MQTT-3.1.2-27")...)
	aliasResent    = broken("alias-sent-again", "sends a message again as it was sent first, by its Topic Alias alone",
		v5("U5-3.3.4-u3")...).with("send-aliases")
	aliasTwice = broken("alias-twice", "sends its Topic Alias twice in a packet", v5("U5-3.3.2.3.4-u1")...).with("send-aliases")
)

// Overlapping subscriptions and Subscription Identifiers (3.3.4; 3.3.5 in 3.1.1).
var (
	_                   = unseen("subscription-identifier-taken", "takes a PUBLISH with a Subscription Identifier", v5("MQTT-3.3.4-6")...)
	identifierForwarded = unseen("subscription-identifier-forwarded", "hands a Subscription Identifier in a PUBLISH on to the subscribers",
		v5("MQTT-3.3.4-6", "U5-3.3.4-u1")...)
)
