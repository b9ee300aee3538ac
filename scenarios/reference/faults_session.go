package reference

// Takeover (3.1.4).
var (
	takeoverLeavesOld    = broken("takeover-leaves-old", "keeps the old connection of a client that connects again", both(v311("MQTT-3.1.4-2"), v5("MQTT-3.1.4-3"))...)
	takeoverRefusesNew   = broken("takeover-refuses-new", "refuses a client whose old connection is open", both(v311("MQTT-3.1.4-2"), v5("MQTT-3.1.4-3"))...)
	takeoverOfOtherStays = broken("takeover-of-other-version-leaves-old", "keeps the old connection of a client that connects again in another version of MQTT",
		both(v311("MQTT-3.1.4-2"), v5("MQTT-3.1.4-3"))...)
	takeoverWaits    = broken("takeover-waits-for-old", "does not answer a client that connects again while its old connection takes no more bytes", both(v311("MQTT-3.1.4-2"), v5("MQTT-3.1.4-3"))...)
	takeoverHears    = broken("takeover-hears-old", "publishes what a client sends on a connection that was taken over", both(v311("MQTT-3.1.4-2"), v5("MQTT-3.1.4-3"))...)
	takeoverUntold   = broken("takeover-untold", "closes the connection of a client that is taken over without a DISCONNECT", v5("U5-3.1.4-u2")...)
	takeoverMistold  = broken("takeover-mistold", "closes the connection of a client that is taken over with DISCONNECT 0x80", v5("U5-3.1.4-u2")...)
	takeoverForgets  = broken("takeover-forgets", "ends the session of a client that is taken over", both(v311("MQTT-3.1.2-4"), v5("MQTT-3.1.2-5"))...)
	takeoverContinue = broken("takeover-continues-clean", "continues the session at a takeover by a clean start", both(v311("MQTT-3.1.2-6", "MQTT-3.1.4-3"), v5("MQTT-3.1.2-4", "MQTT-3.1.4-4"))...)
)

// Clean Session, Clean Start (3.1.2.4).
var (
	cleanStartIgnored        = broken("clean-start-ignored", "continues a session in spite of a clean start", both(v311("MQTT-3.1.2-6", "MQTT-3.1.4-3"), v5("MQTT-3.1.2-4", "MQTT-3.1.4-4"))...)
	cleanKeepsSubscriptions  = broken("clean-start-keeps-subscriptions", "keeps the subscriptions at a clean start", both(v311("MQTT-3.1.2-6", "MQTT-3.1.4-3"), v5("MQTT-3.1.2-4", "MQTT-3.1.4-4"))...)
	cleanKeepsMessages       = broken("clean-start-keeps-messages", "keeps the messages that wait for a client at a clean start", both(v311("MQTT-3.1.2-6", "MQTT-3.1.4-3"), v5("MQTT-3.1.2-4", "MQTT-3.1.4-4"))...)
	cleanKeepsUnacknowledged = broken("clean-start-keeps-unacknowledged", "sends messages again that were unacknowledged before a clean start", both(v311("MQTT-3.1.2-6"), v5("MQTT-3.1.2-4"))...)
	cleanKeepsIdentifiers    = broken("clean-start-keeps-identifiers", "takes a QoS 2 message behind a clean start for a repetition of one before it", both(v311("MQTT-3.1.2-6", "MQTT-3.1.4-3"), v5("MQTT-3.1.2-4", "MQTT-3.1.4-4"))...)
	cleanHides               = broken("clean-start-hides", "brings the session back that a clean start had discarded", both(v311("MQTT-3.1.2-6", "MQTT-3.1.4-3"), v5("MQTT-3.1.2-4", "MQTT-3.1.4-4"))...)
	sessionNeverResumed      = broken("session-never-resumed", "begins a new session with each connection", both(v311("MQTT-3.1.2-4"), v5("MQTT-3.1.2-5"))...)
	sessionNotMade           = broken("session-not-made", "takes no subscriptions in a session that it makes because there is none to continue", both(v311("MQTT-3.1.2-4"), v5("MQTT-3.1.2-6"))...)
	newSessionRefused        = broken("new-session-refused", "refuses a client that wants to continue a session where there is none", both(v311("MQTT-3.1.2-4"), v5("MQTT-3.1.2-6"))...)
	unsubscribedResumed      = broken("unsubscribed-resumed", "resumes subscriptions that the client has ended on a resumed connection", both(v311("MQTT-3.1.2-4"), v5("MQTT-3.1.2-5"))...)
	asPublishedNotResumed    = broken("retain-as-published-not-resumed", "resumes subscriptions without their Retain As Published", v5("MQTT-3.1.2-5")...)
	grantNotResumed          = broken("granted-qos-not-resumed", "resumes all subscriptions at QoS 0", both(v311("MQTT-3.1.2-4"), v5("MQTT-3.1.2-5"))...)
)

// What is stored with a session (4.1; 3.1.2.4 in 3.1.1).
var (
	lostOnLoss          = broken("session-lost-on-loss", "ends a session when the connection is lost", both(v311("MQTT-4.1.0-1", "MQTT-3.1.2-4"), v5("MQTT-3.1.2-23"))...)
	lostOnDisconnect    = broken("session-lost-on-disconnect", "ends a session when the client disconnects", both(v311("MQTT-4.1.0-1", "MQTT-3.1.2-4"), v5("MQTT-3.1.2-23"))...)
	subscriptionsLost   = broken("subscriptions-lost", "loses the subscriptions of a session with its connection", both(v311("MQTT-4.1.0-1", "MQTT-3.1.2-4"), v5("MQTT-3.1.2-23", "MQTT-3.1.2-5"))...)
	oneSubscriptionLost = broken("last-subscription-lost", "loses the last of several subscriptions of a session with its connection", both(v311("MQTT-4.1.0-1"), v5("MQTT-3.1.2-23"))...)
	waitingLost         = broken("waiting-messages-lost", "loses the messages that wait for a client when it returns", both(v311("MQTT-4.1.0-1"), v5("MQTT-3.1.2-23"))...)
	unsentLost          = broken("unsent-messages-lost", "loses the messages that wait for the send quota with the connection", both(v311("MQTT-4.1.0-1"), v5("MQTT-3.1.2-23"))...).with("send-quota-1")
	unacknowledgedLost1 = broken("unacknowledged-qos-1-lost", "loses the QoS 1 messages that are not acknowledged with the connection", both(v311("MQTT-4.1.0-1"), v5("MQTT-3.1.2-23"))...)
	unacknowledgedLost2 = broken("unacknowledged-qos-2-lost", "loses the QoS 2 messages that are not acknowledged with the connection", both(v311("MQTT-4.1.0-1"), v5("MQTT-3.1.2-23"))...)
	receivedLost        = broken("received-qos-2-lost", "forgets with the connection which QoS 2 messages it has taken", both(v311("MQTT-4.1.0-1"), v5("MQTT-3.1.2-23"))...)
	cleanSessionLost    = broken("clean-session-lost", "ends the clean sessions of connected clients when another client disconnects", both(v311("MQTT-4.1.0-2"), v5("MQTT-4.1.0-1"))...)
	cleanSessionKept    = broken("clean-session-kept", "keeps a session that ends with its connection", both(v311("MQTT-3.1.2-6"), v5("MQTT-4.1.0-2"))...)
	cleanSessionHeld    = broken("clean-session-kept-on-loss", "keeps a session that ends with its connection when that is lost", both(v311("MQTT-3.1.2-6"), v5("MQTT-4.1.0-2"))...)
)

// Session Expiry Interval (3.1.2.11.2, 3.2.2.3.2, 3.14.2.2.2).
var (
	expiryIgnored        = broken("session-expiry-ignored", "ends every session with its connection", v5("MQTT-3.1.2-23")...)
	expiryHalved         = broken("session-expiry-halved", "ends a session after half of its Session Expiry Interval", v5("MQTT-3.1.2-23")...)
	expiryGoesOn         = broken("session-expiry-goes-on", "counts the Session Expiry Interval from the first end of a connection", v5("MQTT-3.1.2-23")...)
	expiryNever          = broken("session-expiry-never", "keeps a session for ever that has a Session Expiry Interval", v5("MQTT-4.1.0-2")...)
	expiryKeepsMessages  = broken("session-expiry-keeps-messages", "keeps the messages of a session that has expired", v5("MQTT-4.1.0-2")...)
	expiryForeverEnds    = broken("session-expiry-for-ever-ends", "takes the Session Expiry Interval 0xFFFFFFFF for 0", v5("MQTT-3.1.2-23", "U5-3.1.2.11.2-u3")...)
	expiryLargeEnds      = broken("session-expiry-large-ends", "takes a Session Expiry Interval above 0x7FFFFFFF for 0", v5("MQTT-3.1.2-23")...)
	expiryInvented       = broken("session-expiry-invented", "keeps a session for a minute that has no Session Expiry Interval", v5("MQTT-4.1.0-2", "U5-3.1.2.11.2-u2")...)
	expiryUntold         = broken("session-expiry-limit-untold", "keeps no session for longer than a second, and does not tell", v5("MQTT-3.1.2-23", "U5-3.2.2.3.2-u2")...)
	expiryToldOnly       = broken("session-expiry-told-only", "tells each client a Session Expiry Interval of a second, and goes by that of the client", v5("U5-3.2.2.3.2-u2")...)
	expiryOfFirst        = broken("session-expiry-of-first-connect", "goes by the Session Expiry Interval of the first connection of a session", v5("MQTT-4.1.0-2")...)
	expiryWhileConnected = broken("session-expiry-while-connected", "ends a session while its client is connected, once the Session Expiry Interval is over", v5("MQTT-4.1.0-1")...)
	expiryNotStopped     = broken("session-expiry-not-stopped", "ends a session whose client has returned when the Session Expiry Interval from before is over", v5("MQTT-4.1.0-1")...)
	farewellExpiryUnread = broken("session-expiry-of-disconnect-ignored", "ignores the Session Expiry Interval of DISCONNECT", v5("MQTT-4.1.0-2")...)
	farewellZeroUnread   = broken("session-expiry-0-of-disconnect-ignored", "ignores the Session Expiry Interval 0 of DISCONNECT", v5("MQTT-4.1.0-2")...)
	farewellEnds         = broken("session-expiry-of-disconnect-invented", "takes a DISCONNECT without a Session Expiry Interval for one with 0", v5("MQTT-3.1.2-23", "U5-3.14.2.2.2-u4")...)
	expiryRaisedFromZero = broken("expiry-raised-from-zero", "lets DISCONNECT raise the Session Expiry Interval from 0", v5("U5-3.14.2.2.2-u2", "MQTT-4.1.0-2")...)
	expiryRaisedUntold   = broken("expiry-raised-from-zero-untold", "closes without a word when DISCONNECT raises the Session Expiry Interval from 0", v5("U5-3.14.2.2.2-u3")...)
)

// DISCONNECT (3.14).
var (
	farewellLeftOpen          = broken("disconnect-left-open", "does not close the connection of a client that has sent DISCONNECT", both(v311("U3-3.14.4-u1"), v5("U5-3.14.4-u1"))...)
	disconnectBeforeConnack   = broken("disconnect-before-connack", "refuses by DISCONNECT what it has not accepted", v5("MQTT-3.14.0-1")...)
	disconnectBehindRefusal   = broken("disconnect-behind-refusal", "sends a DISCONNECT behind a CONNACK that refuses", v5("MQTT-3.14.0-1")...)
	disconnectMissing         = broken("disconnect-missing", "closes the connection for an error without a DISCONNECT", v5("U5-4.13.1-u2")...)
	disconnectUndefined       = broken("disconnect-code-undefined", "sends DISCONNECT with the Reason Code 0x01", v5("MQTT-3.14.2-1")...)
	disconnectOfClients       = broken("disconnect-code-of-clients", "sends DISCONNECT with the Reason Code 0x04, which only clients may use", v5("MQTT-3.14.2-1")...)
	disconnectWithExpiry      = broken("disconnect-with-expiry", "sends DISCONNECT with a Session Expiry Interval", v5("MQTT-3.14.2-2")...)
	disconnectReasonTooLarge  = broken("disconnect-reason-string-too-large", "puts a Reason String into DISCONNECT that makes it too large for the client", v5("MQTT-3.14.2-3")...)
	disconnectUserTooLarge    = broken("disconnect-user-property-too-large", "puts a User Property into DISCONNECT that makes it too large for the client", v5("MQTT-3.14.2-4")...)
	disconnectNotLast         = broken("disconnect-not-last", "sends PINGRESP behind its DISCONNECT", v5("MQTT-3.14.4-1")...)
	disconnectTwice           = broken("disconnect-twice", "sends DISCONNECT twice", v5("MQTT-3.14.4-1")...)
	disconnectLeavesOpen      = broken("disconnect-leaves-open", "leaves the connection open behind its DISCONNECT", v5("MQTT-3.14.4-2")...)
	disconnectLeavesTakenOver = broken("disconnect-leaves-taken-over-open", "leaves the connection of a client that is taken over open behind its DISCONNECT", v5("MQTT-3.14.4-2", "MQTT-3.1.4-3")...)
)
