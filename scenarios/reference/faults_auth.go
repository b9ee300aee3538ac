package reference

// Authentication Method and AUTH before CONNACK (4.12).
var (
	unknownMethodTaken     = broken("unknown-method-taken", "accepts a client with an Authentication Method that it does not know", v5("MQTT-4.12.0-1")...)
	unknownMethodOpen      = broken("unknown-method-refused-open", "refuses an unknown Authentication Method and leaves the connection open", v5("MQTT-4.12.0-1", "MQTT-3.2.2-7")...)
	unknownMethodAsked     = broken("unknown-method-challenged", "goes on by AUTH with an Authentication Method that it does not know, and then leaves the connection open", v5("MQTT-4.12.0-1")...)
	authUnasked            = broken("auth-unasked", "sends AUTH to a client that named no Authentication Method", v5("MQTT-4.12.0-6")...)
	methodUnasked          = broken("authentication-method-unasked", "puts an Authentication Method into CONNACK for a client that named none", v5("MQTT-4.12.0-6")...)
	servedDuringAuth       = broken("other-packets-during-auth", "answers PINGREQ in the middle of an authentication, before CONNACK", v5("MQTT-3.2.0-1")...)
	subscribedDuringAuth   = broken("subscribe-during-auth", "answers SUBSCRIBE in the middle of an authentication, before CONNACK", v5("MQTT-3.2.0-1")...)
	publishedDuringAuth    = broken("publish-during-auth", "publishes what a client sends in the middle of an authentication that then fails", v5("MQTT-3.1.4-6")...)
	challengeCode          = broken("challenge-code-wrong", "asks for more by an AUTH with the Reason Code 0x00", v5("MQTT-4.12.0-2")...)
	challengeReauth        = broken("challenge-code-of-clients", "asks for more by an AUTH with the Reason Code 0x19, which only clients may use", v5("MQTT-4.12.0-2", "MQTT-3.15.2-1")...)
	authCodeUndefined      = broken("auth-code-undefined", "sends AUTH with the Reason Code 0x01", v5("MQTT-3.15.2-1")...)
	challengeMethod        = broken("challenge-method-wrong", "names another Authentication Method in AUTH than the client in CONNECT", v5("MQTT-4.12.0-5")...)
	connackMethodMissing   = broken("connack-method-missing", "leaves the Authentication Method out of CONNACK", v5("MQTT-4.12.0-5")...)
	connackMethodWrong     = broken("connack-method-wrong", "names another Authentication Method in CONNACK than the client in CONNECT", v5("MQTT-4.12.0-5")...)
	authMethodChanges      = broken("auth-method-changes", "takes AUTH with another Authentication Method than that of the CONNECT", v5("U5-3.15-u1")...)
	anyAnswerTaken         = broken("any-answer-taken", "accepts a client whatever it answers to the challenge", v5("MQTT-4.12.0-4")...)
	wrongAnswerOpen        = broken("wrong-answer-refused-open", "refuses a client that answers wrongly and leaves the connection open", v5("MQTT-4.12.0-4")...)
	authWithoutMethodTaken = broken("auth-without-method-taken", "drops AUTH of a client that named no Authentication Method and keeps the connection", v5("MQTT-4.12.0-7", "U5-3.15-u1")...)
	authWithoutMethodRight = broken("auth-without-method-answered", "answers AUTH of a client that named no Authentication Method", v5("MQTT-4.12.0-7", "MQTT-4.12.0-6")...)
	_                      = unseen("authentication-method-twice", "takes the first of two Authentication Methods in CONNECT", v5("U5-3.1.2.11.9-u1")...)
	_                      = unseen("authentication-data-twice", "takes the first of two Authentication Data in CONNECT", v5("U5-3.1.2.11.10-u2")...)
	authReasonTooLarge     = broken("auth-reason-string-too-large", "puts a Reason String into AUTH that makes it too large for the client", v5("MQTT-3.15.2-2")...)
	authUserTooLarge       = broken("auth-user-property-too-large", "puts a User Property into AUTH that makes it too large for the client", v5("MQTT-3.15.2-3")...)
	authMethodMissing      = broken("auth-method-missing", "sends AUTH without an Authentication Method", v5("U5-3.15.2.2.2-u1", "MQTT-4.12.0-5")...)
)

// Re-authentication (4.12.1).
var (
	reauthUnanswered     = broken("reauthentication-unanswered", "does not answer a client that authenticates again", v5("U5-4.12.1-u1")...)
	reauthCode           = broken("reauthentication-code-wrong", "answers a client that authenticates again with the Reason Code 0x19", v5("U5-4.12.1-u1", "MQTT-3.15.2-1")...)
	reauthMethodChanges  = broken("reauthentication-method-changes", "lets a client authenticate again with another Authentication Method", v5("MQTT-4.12.1-1")...)
	reauthFailedOpen     = broken("reauthentication-failed-open", "leaves the connection of a client open that fails to authenticate again", v5("MQTT-4.12.1-2")...)
	reauthFailedTaken    = broken("reauthentication-failed-taken", "takes any answer of a client that authenticates again", v5("MQTT-4.12.1-2")...)
	reauthFailedSilently = broken("reauthentication-failed-silently", "closes the connection of a client that fails to authenticate again without a DISCONNECT", v5("U5-4.13.1-u2")...)
)
