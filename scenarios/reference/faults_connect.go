package reference

// What a connection begins with (3.1.0, 3.12, 6).
var (
	pingUnanswered       = broken("ping-unanswered", "does not answer PINGREQ", both(v311("MQTT-3.12.4-1"), v5("MQTT-3.12.4-1"))...)
	wrongSubprotocol     = broken("wrong-subprotocol", "answers a WebSocket client with another subprotocol than mqtt", both(v311("MQTT-6.0.0-4"), v5("MQTT-6.0.0-4"))...)
	firstPacketAny       = broken("first-packet-any", "leaves a connection open on which another packet than CONNECT comes first", both(v311("MQTT-3.1.0-1"), v5("MQTT-3.1.0-1"))...)
	secondConnectTaken   = broken("second-connect-taken", "answers a second CONNECT by a second CONNACK", both(v311("MQTT-3.1.0-2"), v5("MQTT-3.1.0-2", "MQTT-3.2.0-2"))...)
	secondConnectIgnored = broken("second-connect-ignored", "drops a second CONNECT and keeps the connection", both(v311("MQTT-3.1.0-2"), v5("MQTT-3.1.0-2"))...)
)

// Protocol Name and Protocol Level, and the flag that is reserved (3.1.2.1 to
// 3.1.2.3).
var (
	anyProtocolName      = unseen("any-protocol-name", "serves a client whatever its Protocol Name", both(v311("MQTT-3.1.2-1"), v5("MQTT-3.1.2-1"))...)
	nameRefusedOpen      = broken("protocol-name-refused-open", "refuses a wrong Protocol Name and leaves the connection open", v5("MQTT-3.1.2-1")...)
	anyProtocolLevel     = unseen("any-protocol-level", "serves a client whatever its Protocol Level", both(v311("MQTT-3.1.2-2"), v5("MQTT-3.1.2-2"))...)
	levelRefusedOpen     = broken("level-refused-open", "refuses an unknown Protocol Level and leaves the connection open", both(v311("MQTT-3.1.2-2"), v5("MQTT-3.1.2-2"))...)
	levelRefusedSilently = broken("level-refused-silently", "refuses an unknown Protocol Level without a CONNACK", v311("MQTT-3.1.2-2")...).with("refuse-5.0")
	levelRefusedWrongly  = broken("level-refused-wrongly", "refuses an unknown Protocol Level with the return code 0x02", v311("MQTT-3.1.2-2")...).with("refuse-5.0")
	_                    = unseen("reserved-connect-flag-taken", "serves a client that sets the reserved Connect Flag", both(v311("MQTT-3.1.2-3"), v5("MQTT-3.1.2-3", "U5-3.1.2.3-u1"))...)
	_                    = broken("reserved-connect-flag-ignored", "drops a CONNECT with the reserved Connect Flag and leaves the connection open",
		both(v311("MQTT-3.1.2-3"), v5("MQTT-3.1.2-3"))...).dropping(func(m *mistake) bool { return m.Requirement.ID == "MQTT-3.1.2-3" })
)

// Keep Alive (3.1.2.10) and Server Keep Alive (3.2.2.3.14).
var (
	keepAliveShort         = broken("keep-alive-short", "cuts a client off after half of its Keep Alive", both(v311("MQTT-3.1.2-24"), v5("MQTT-3.1.2-22"))...)
	keepAliveUnwatched     = broken("keep-alive-unwatched", "leaves a silent client connected for ever", both(v311("MQTT-3.1.2-24"), v5("MQTT-3.1.2-22", "MQTT-3.2.2-22"))...)
	keepAliveOfPings       = broken("keep-alive-of-pings", "takes PINGREQ alone for a sign of life", both(v311("MQTT-3.1.2-24"), v5("MQTT-3.1.2-22"))...)
	keepAliveOfDeliveries  = broken("keep-alive-of-deliveries", "takes what it sends to a client for a sign of its life", both(v311("MQTT-3.1.2-24"), v5("MQTT-3.1.2-22"))...)
	keepAliveUntold        = broken("keep-alive-untold", "goes by a Keep Alive of a minute for all clients and does not tell them", v5("MQTT-3.2.2-22")...)
	serverKeepAliveUnused  = broken("server-keep-alive-unused", "sends a Server Keep Alive and goes by that of the client", v5("MQTT-3.1.2-22")...).with("server-keep-alive")
	serverKeepAliveForSome = broken("server-keep-alive-for-some", "does not watch a client that asked for no Keep Alive, and is told a Server Keep Alive", v5("MQTT-3.1.2-22")...).with("server-keep-alive")
)

// Client Identifiers (3.1.3.1).
var (
	idCaseFolded          = broken("client-identifier-case-folded", "takes Client Identifiers that differ in case alone for the same", both(v311("MQTT-3.1.3-2"), v5("MQTT-3.1.3-2"))...)
	idTrimmed             = broken("client-identifier-trimmed", "drops a space at the end of a Client Identifier", both(v311("MQTT-3.1.3-2"), v5("MQTT-3.1.3-2"))...)
	idCut                 = broken("client-identifier-cut", "looks at the first 20 bytes of a Client Identifier alone", both(v311("MQTT-3.1.3-2"), v5("MQTT-3.1.3-2"))...)
	idOf23Refused         = broken("client-identifier-of-23-refused", "refuses a Client Identifier of 23 bytes", both(v311("MQTT-3.1.3-5"), v5("MQTT-3.1.3-5"))...)
	idCapitalsRefused     = broken("client-identifier-capitals-refused", "refuses a Client Identifier with the letter Q", both(v311("MQTT-3.1.3-5"), v5("MQTT-3.1.3-5"))...)
	longIDRefusedWrongly  = broken("long-client-identifier-refused-wrongly", "refuses a Client Identifier of more than 23 bytes with the return code 0x05", v311("MQTT-3.1.3-9")...)
	longIDRefusedSilently = broken("long-client-identifier-refused-silently", "refuses a Client Identifier of more than 23 bytes without a CONNACK", v311("MQTT-3.1.3-9")...)
	longIDRefusedOpen     = broken("long-client-identifier-refused-open", "refuses a Client Identifier of more than 23 bytes and leaves the connection open",
		both(v311("MQTT-3.1.3-9"), v5("MQTT-3.1.3-8"))...)
	assignedIDHidden = broken("assigned-id-hidden", "does not tell a client which Client Identifier it has assigned", v5("MQTT-3.2.2-16", "MQTT-3.1.3-7")...)
	assignedIDShared = broken("assigned-id-shared", "assigns the same Client Identifier to all clients without one",
		both(v311("MQTT-3.1.3-6"), v5("MQTT-3.1.3-6", "MQTT-3.2.2-16"))...)
	assignedIDReused = broken("assigned-id-reused", "assigns a Client Identifier that belongs to the session of a client that is away", v5("MQTT-3.2.2-16")...)
	assignedIDWrong  = broken("assigned-id-wrong", "tells a client another Client Identifier than it has assigned", v5("MQTT-3.1.3-7")...)
	emptyIDTwice     = broken("empty-client-identifier-used", "takes the empty Client Identifier for that of one client",
		both(v311("MQTT-3.1.3-6"), v5("MQTT-3.1.3-6", "MQTT-3.2.2-16"))...)
	emptyIDOpen     = broken("empty-client-identifier-refused-open", "refuses an empty Client Identifier and leaves the connection open", both(v311("MQTT-3.1.3-9"), v5("MQTT-3.1.3-8"))...).with("no-assigned-ids")
	emptyIDWrongly  = broken("empty-client-identifier-refused-wrongly", "refuses an empty Client Identifier with the return code 0x03", v311("MQTT-3.1.3-9")...).with("no-assigned-ids")
	_               = unseen("empty-client-identifier-kept", "keeps a session for an empty Client Identifier", v311("MQTT-3.1.3-7", "MQTT-3.1.3-8")...)
	emptyIDUntold   = broken("empty-client-identifier-kept-untold", "refuses an empty Client Identifier with CleanSession 0 without a CONNACK", v311("MQTT-3.1.3-8")...)
	emptyIDMistold  = broken("empty-client-identifier-kept-mistold", "refuses an empty Client Identifier with CleanSession 0 with the return code 0x05", v311("MQTT-3.1.3-8")...)
	emptyIDLeftOpen = broken("empty-client-identifier-kept-open", "refuses an empty Client Identifier with CleanSession 0 and leaves the connection open", v311("MQTT-3.1.3-8")...)
)

// What is answered to a CONNECT (3.1.4, 3.2).
var (
	malformedConnectAnswered = broken("malformed-connect-answered", "answers a malformed CONNECT by a CONNACK", v311("MQTT-3.1.4-1")...)
	loginRefusedOpen         = broken("login-refused-open", "refuses a user and leaves the connection open", both(v311("U3-3.1.4-u4"), v5("MQTT-3.1.4-2"))...).with("refuse-users")
	loginRefusedSilently     = broken("login-refused-silently", "refuses a user without a CONNACK", v311("U3-3.2.2.3-u1")...).with("refuse-users")
	connectAnsweredEarly     = broken("connect-answered-early", "accepts a CONNECT whose last bytes have not come yet", both(v311("MQTT-3.1.4-1"), v5("MQTT-3.1.4-1"))...)
	refusedSubscribed        = broken("refused-subscribed", "answers SUBSCRIBE behind a CONNECT that it refuses", both(v311("MQTT-3.1.4-5"), v5("MQTT-3.1.4-6"))...)
	refusedProcessed         = broken("refused-processed", "publishes what comes behind a CONNECT that it refuses", both(v311("MQTT-3.1.4-5"), v5("MQTT-3.1.4-6"))...)
	longKeepAliveRefused     = broken("long-keep-alive-refused", "refuses a CONNECT with the longest Keep Alive", both(v311("MQTT-3.1.4-4"), v5("MQTT-3.1.4-5"))...)
	noKeepAliveUnanswered    = broken("no-keep-alive-unanswered", "does not answer a CONNECT with the Keep Alive 0", both(v311("MQTT-3.1.4-4"), v5("MQTT-3.1.4-5"))...)
	passwordAloneRefused     = broken("password-alone-refused", "refuses a password without a user name as malformed", v5("MQTT-3.1.4-5")...)
	pipelinedLost            = broken("pipelined-lost", "drops what comes in one segment with a CONNECT", both(v311("U3-3.1.4-u5"), v5("MQTT-3.8.4-1"))...)
	segmentsRefused          = broken("segments-refused", "drops a packet of which the first segment holds one byte, and all behind it", both(v311("MQTT-7.1.1-1"), v5("MQTT-4.2-1"))...)
	messagesBeforeConnack    = broken("messages-before-connack", "sends the messages that wait for a client before CONNACK", both(v311("MQTT-3.2.0-1"), v5("MQTT-3.2.0-1"))...)
	connackTwice             = broken("connack-twice", "sends every CONNACK twice", v5("MQTT-3.2.0-2")...)
	connackAgainOnPing       = broken("connack-again-on-ping", "sends CONNACK again before the first PINGRESP", v5("MQTT-3.2.0-2")...)
	refusalReservedBits      = broken("connack-reserved-bits-in-refusal", "sets a reserved bit of the Connect Acknowledge Flags in a CONNACK that refuses", both(v311("U3-3.2.2.1-u1"), v5("MQTT-3.2.2-1"))...)
	connackReservedBits      = broken("connack-reserved-bits", "sets a reserved bit of the Connect Acknowledge Flags", both(v311("U3-3.2.2.1-u1"), v5("MQTT-3.2.2-1"))...)
	presentAtCleanStart      = broken("session-present-at-clean-start", "says that a session is present in answer to a clean start", both(v311("MQTT-3.2.2-1"), v5("MQTT-3.2.2-2"))...)
	presentWhenDiscarded     = broken("session-present-when-discarded", "says that a session is present where a clean start has just discarded one", both(v311("MQTT-3.2.2-1"), v5("MQTT-3.2.2-2"))...)
	presentWhenNew           = broken("session-present-when-new", "says that a session is present where there was none", both(v311("MQTT-3.2.2-3"), v5("MQTT-3.2.2-3"))...)
	presentUntold            = broken("session-present-untold", "does not say that a session is present", both(v311("MQTT-3.2.2-2"), v5("MQTT-3.2.2-3"))...)
	presentInRefusal         = broken("session-present-in-refusal", "says that a session is present in a CONNACK that refuses", both(v311("MQTT-3.2.2-4"), v5("MQTT-3.2.2-6"))...)
	refusalOpen              = broken("refusal-open", "leaves the connection open behind a CONNACK that refuses", both(v311("MQTT-3.2.2-5"), v5("MQTT-3.2.2-7"))...)
	refusalUndefined         = broken("refusal-code-undefined", "refuses with a code that CONNACK does not have", both(v311("MQTT-3.2.2-6"), v5("MQTT-3.2.2-8"))...)
	acceptanceUndefined      = broken("acceptance-code-undefined", "accepts a client that wants to continue a session with the Reason Code 0x02", v5("MQTT-3.2.2-8")...)
	responseUnasked          = broken("response-information-unasked", "gives Response Information to clients that decline it", v5("MQTT-3.1.2-28", "U5-3.1.2.11.6-u2")...)
	responseUnsaid           = broken("response-information-unsaid", "gives Response Information to clients that say nothing about it", v5("U5-3.1.2.11.6-u2")...)
	connackReasonTooLarge    = broken("connack-reason-string-too-large", "puts a Reason String into CONNACK that makes it too large for the client", v5("MQTT-3.2.2-19")...)
	connackUserTooLarge      = broken("connack-user-property-too-large", "puts a User Property into CONNACK that makes it too large for the client", v5("MQTT-3.2.2-20")...)
)

// Request Problem Information (3.1.2.11.7).
var (
	reasonsUnasked  = broken("reason-strings-unasked", "puts Reason Strings into SUBACK and UNSUBACK that the client declines", v5("MQTT-3.1.2-29")...)
	usersUnasked    = broken("user-properties-unasked", "puts User Properties into SUBACK and UNSUBACK that the client declines", v5("MQTT-3.1.2-29")...)
	reasonsUnasked1 = broken("reason-strings-unasked-in-puback", "puts Reason Strings into PUBACK that the client declines", v5("MQTT-3.1.2-29")...)
	reasonsUnasked2 = broken("reason-strings-unasked-at-qos-2", "puts Reason Strings into PUBREC and PUBCOMP that the client declines", v5("MQTT-3.1.2-29")...)
)
