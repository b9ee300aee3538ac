package reference

// Faults with retained messages (3.3.1.3, and Retain Handling of 3.8.3.1).

// Storing, replacing and removing.
var (
	retainedNotStored      = broken("retained-not-stored", "stores no retained messages", both(v311("MQTT-3.3.1-5"), v5("MQTT-3.3.1-5"))...)
	retainedQoS2NotStored  = broken("retained-qos-2-not-stored", "stores no retained messages of QoS 2", both(v311("MQTT-3.3.1-5"), v5("MQTT-3.3.1-5"))...)
	retainedQoSNotStored   = broken("retained-qos-not-stored", "stores each retained message as one of QoS 0", both(v311("MQTT-3.3.1-5", "MQTT-3.8.4-6"), v5("MQTT-3.8.4-8"))...)
	retainedNotReplaced    = broken("retained-not-replaced", "keeps the first retained message of a topic, whatever follows", both(v311("MQTT-3.3.1-5", "MQTT-3.3.1-6"), v5("MQTT-3.3.1-5"))...)
	retainedPartlyReplaced = broken("retained-partly-replaced", "replaces the payload of a retained message and leaves its QoS and properties as they were", both(v311("MQTT-3.3.1-5"), v5("MQTT-3.3.1-5"))...)
	retainedStoredBeside   = broken("retained-stored-beside", "sends a new subscriber the retained message that was replaced as well", both(v311("MQTT-3.3.1-6"), v5("MQTT-3.3.1-5"))...)
	retainedQoS0KeepsOld   = broken("retained-qos-0-keeps-old", "leaves the retained message where one of QoS 0 should take its place", both(v311("MQTT-3.3.1-7"), v5("MQTT-3.3.1-5"))...)
	retainedNotCleared     = broken("retained-not-cleared", "keeps a retained message that an empty one should remove", both(v311("MQTT-3.3.1-10"), v5("MQTT-3.3.1-6"))...)
	retainedClearedAtQoS0  = broken("retained-cleared-at-qos-0", "removes a retained message for an empty one of QoS 0 only", both(v311("MQTT-3.3.1-10"), v5("MQTT-3.3.1-6"))...)
	clearingNotDelivered   = broken("clearing-not-delivered", "does not pass on the empty message that removes a retained one", both(v311("MQTT-3.3.1-10"), v5("MQTT-3.3.1-6"))...)
	emptyRetained          = broken("empty-retained", "stores an empty message as a retained one", both(v311("MQTT-3.3.1-11"), v5("MQTT-3.3.1-7"))...)
	plainRetained          = broken("plain-retained", "stores a message with RETAIN 0 where there is no retained one", both(v311("MQTT-3.3.1-12"), v5("MQTT-3.3.1-8"))...)
	plainReplaces          = broken("plain-replaces", "puts a message with RETAIN 0 in the place of a retained one", both(v311("MQTT-3.3.1-12"), v5("MQTT-3.3.1-8"))...)
	plainRemoves           = broken("plain-removes", "removes a retained message when one with RETAIN 0 comes", both(v311("MQTT-3.3.1-12"), v5("MQTT-3.3.1-8"))...)
	emptyPlainRemoves      = broken("empty-plain-removes", "removes a retained message when an empty one with RETAIN 0 comes", both(v311("MQTT-3.3.1-12"), v5("MQTT-3.3.1-8"))...)
	retainedEndsWithOwner  = broken("retained-ends-with-publisher", "removes retained messages with the session of their publisher", both(v311("MQTT-3.1.2-7"), v5("U5-4.1-u1"))...)
	retainedEndsWithReader = broken("retained-ends-with-subscriber", "removes retained messages with the session of a subscriber that got them", both(v311("MQTT-3.1.2-7"), v5("U5-4.1-u1"))...)
	retainedFades          = broken("retained-fades", "removes retained messages after a second", v311("U3-4.1-u1")...)
	retainedNeverExpires   = broken("retained-never-expires", "sends retained messages whose Message Expiry Interval is over", v5("MQTT-3.3.2-5")...)
	retainedExpiryStands   = broken("retained-expiry-stands", "sends retained messages with the Message Expiry Interval that they were published with", v5("MQTT-3.3.2-6")...)
	retainNotOffered       = broken("retain-not-offered", "refuses a PUBLISH with RETAIN 1 without having declared it", v5("U5-3.2.2.3.5-u4")...)
	retainRefusedMistold   = broken("retain-refused-mistold", "ends the connection for RETAIN 1 without retained messages by DISCONNECT 0x82", v5("U5-3.2.2.3.5-u3")...).with("no-retained")
	retainUnlimited        = broken("retain-unlimited", "takes a PUBLISH with RETAIN 1 although it declares to have no retained messages", v5("MQTT-3.2.2-14", "U5-3.2.2.3.5-u2")...).with("no-retained")
)

// What a new subscription brings.
var (
	retainedNotSent          = broken("retained-not-sent", "sends no retained messages to a new subscriber", both(v311("MQTT-3.3.1-6", "U3-3.8.4-u2"), v5("MQTT-3.3.1-9", "U5-3.8.4-u2"))...)
	retainedSentOnce         = broken("retained-sent-once", "sends a retained message to the first new subscriber and removes it", both(v311("MQTT-3.3.1-6"), v5("MQTT-3.3.1-9"))...)
	retainedNotForWildcards  = broken("retained-not-for-wildcards", "sends no retained messages for a filter with wildcards", both(v311("MQTT-3.3.1-6"), v5("MQTT-3.3.1-9"))...)
	retainedFirstOnly        = broken("retained-first-only", "sends one retained message only for a filter that matches several", both(v311("MQTT-3.3.1-6"), v5("MQTT-3.3.1-9"))...)
	retainedForFirstFilter   = broken("retained-for-first-filter", "sends retained messages for the first filter of a SUBSCRIBE only", both(v311("MQTT-3.8.4-4"), v5("MQTT-3.8.4-5"))...)
	retainedNotSentAgain     = broken("retained-not-sent-again", "sends no retained messages for a subscription that was there", both(v311("MQTT-3.8.4-3"), v5("MQTT-3.8.4-4", "MQTT-3.3.1-9"))...)
	handlingNewAlways        = broken("retain-handling-1-always", "sends retained messages with Retain Handling 1 also for a subscription that was there", v5("MQTT-3.3.1-10")...)
	handlingNewNever         = broken("retain-handling-1-never", "sends no retained messages with Retain Handling 1", v5("MQTT-3.3.1-10")...)
	handlingNewInverted      = broken("retain-handling-1-inverted", "sends retained messages with Retain Handling 1 where the subscription was there, and none where it is new", v5("MQTT-3.3.1-10")...)
	handlingNeverSends       = broken("retain-handling-2-sends", "sends retained messages with Retain Handling 2", v5("MQTT-3.3.1-11")...)
	handlingNeverSendsNew    = broken("retain-handling-2-sends-new", "sends retained messages with Retain Handling 2 for a new subscription", v5("MQTT-3.3.1-11")...)
	retainedToShared         = broken("retained-to-shared", "sends retained messages to a new shared subscription", v5("U5-3.8.4-u3", "U5-4.8.2-u3")...)
	retainedAboveGranted     = broken("retained-above-granted", "sends retained messages at the QoS they were published with, whatever was granted", both(v311("MQTT-3.8.4-6"), v5("MQTT-3.8.4-8"))...)
	retainedDollarToAll      = broken("retained-dollar-to-all", "sends retained messages on $ topics to filters that begin with a wildcard", both(v311("MQTT-4.7.2-1"), v5("MQTT-4.7.2-1"))...).with("dollar-topics")
	retainedWithoutID        = broken("retained-without-identifier", "sends retained messages without the Subscription Identifier", v5("MQTT-3.3.4-3")...)
	retainedPropertiesLost   = broken("retained-properties-lost", "stores retained messages without their properties", v5("MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-20")...)
	retainedPropertiesSorted = broken("retained-properties-sorted", "sorts the User Properties of retained messages by name", v5("MQTT-3.3.2-18")...)
)

// The RETAIN flag of what is sent.
var (
	retainedFlagCleared     = broken("retained-flag-cleared", "sends what a new subscription brings with RETAIN 0", both(v311("MQTT-3.3.1-8"), v5("U5-3.8.3.1-u3"))...)
	retainedFlagForExact    = broken("retained-flag-for-exact", "sends what a new subscription with wildcards brings with RETAIN 0", both(v311("MQTT-3.3.1-8"), v5("U5-3.8.3.1-u3"))...)
	retainedFlagAsPublished = broken("retained-flag-as-published", "sends what a new subscription brings with RETAIN 0 where Retain As Published is 0", v5("U5-3.8.3.1-u3")...)
	liveFlagKept            = broken("live-flag-kept", "passes the RETAIN flag of the publisher on to those who are subscribed already", both(v311("MQTT-3.3.1-9"), v5("MQTT-3.3.1-12"))...)
	queuedFlagKept          = broken("queued-flag-kept", "keeps the RETAIN flag of messages that wait for a session", both(v311("MQTT-3.3.1-9"), v5("MQTT-3.3.1-12"))...)
	liveFlagAlways          = broken("live-flag-always", "sets RETAIN in all that goes to those who are subscribed already", both(v311("MQTT-3.3.1-9"), v5("MQTT-3.3.1-12"))...)
	asPublishedClears       = broken("as-published-clears", "clears RETAIN although Retain As Published is 1", v5("MQTT-3.3.1-13")...)
	asPublishedSets         = broken("as-published-sets", "sets RETAIN in all messages where Retain As Published is 1", v5("MQTT-3.3.1-13")...)
)
