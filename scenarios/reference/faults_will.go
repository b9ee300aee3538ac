package reference

import "github.com/mqttproof/mqttproof/codec"

// Faults with Will Messages (3.1.2.5 to 3.1.2.7, 3.1.3.2, 3.14.4).

// Whether a will is published, by how its connection ended.
var (
	willNeverPublished  = broken("will-never-published", "publishes no Will Message", both(v311("MQTT-3.1.2-8"), v5("MQTT-3.1.2-8"))...)
	willNotOnLoss       = broken("will-not-on-loss", "drops the Will Message where the client closes its connection without DISCONNECT", both(v311("MQTT-3.1.2-8", "U3-3.1.2.5-u3"), v5("MQTT-3.1.2-8", "U5-3.14-u1"))...)
	willNotOnError      = broken("will-not-on-error", "drops the Will Message where it closes the connection for an error", both(v311("MQTT-3.1.2-8", "U3-3.1.2.5-u3"), v5("MQTT-3.1.2-8", "U5-3.14-u1"))...)
	willNotOnSilence    = broken("will-not-on-silence", "drops the Will Message where it closes the connection of a silent client", both(v311("MQTT-3.1.2-8", "U3-3.1.2.5-u3"), v5("MQTT-3.1.2-8"))...)
	willNotOnTakeover   = broken("will-not-on-takeover", "drops the Will Message of a connection that is taken over", both(v311("MQTT-3.1.2-8"), v5("MQTT-3.1.2-8", "U5-3.1.4-u3"))...)
	willNotOn04         = broken("will-not-on-0x04", "drops the Will Message at DISCONNECT 0x04", v5("MQTT-3.1.2-8", "U5-3.14-u1")...)
	willNotOnErrorCode  = broken("will-not-on-error-code", "drops the Will Message at a DISCONNECT with the code of an error", v5("MQTT-3.1.2-8", "U5-3.14-u1")...)
	willEmptyDropped    = broken("will-empty-dropped", "publishes no Will Message without payload", both(v311("MQTT-3.1.2-8"), v5("MQTT-3.1.2-8"))...)
	willPayloadCut      = broken("will-payload-cut", "cuts the payload of a Will Message at its first zero byte", both(v311("MQTT-3.1.2-8"), v5("MQTT-3.1.2-8"))...)
	willLate            = broken("will-late", "publishes a Will Message four seconds late", both(v311("U3-3.1.2.5-u1"), v5("U5-3.1.2.5-u1"))...)
	willAtConnect       = broken("will-at-connect", "publishes the Will Message when it accepts the connection", both(v311("MQTT-3.1.2-8"), v5("MQTT-3.1.2-8"))...)
	willOfRefused       = broken("will-of-refused", "publishes the Will Message of a CONNECT that it refuses", both(v311("MQTT-3.1.2-8"), v5("MQTT-3.1.2-8"))...)
	willNotStored       = broken("will-not-stored", "stores no Will Message with a session that outlives the connection", v5("MQTT-3.1.2-7", "MQTT-3.1.2-8")...)
	willQoSUnlimited    = broken("will-qos-unlimited", "accepts a Will QoS above its Maximum QoS", v5("MQTT-3.2.2-12")...).with("maximum-qos-1")
	willQoSRefusedOpen  = broken("will-qos-refused-open", "refuses a Will QoS above its Maximum QoS and leaves the connection open", v5("MQTT-3.2.2-12")...).with("maximum-qos-1")
	willRetainUnlimited = broken("will-retain-unlimited", "accepts Will Retain 1 although it declares to have no retained messages", v5("MQTT-3.2.2-13")...).with("no-retained")
	willRetainRefusedOn = broken("will-retain-refused-open", "refuses Will Retain 1 without retained messages and leaves the connection open", v5("MQTT-3.2.2-13")...).with("no-retained")
	_                   = broken("will-topic-empty-accepted", "publishes a Will Message on an empty topic", both(v311("MQTT-4.7.3-1"), v5("MQTT-4.7.3-1", "U5-3.3.2.1-u1"))...).missing(func(m *mistake) bool { return m.in(codec.CONNECT) && m.Requirement.ID == "MQTT-4.7.3-1" })
	_                   = unseen("will-wildcard-accepted", "publishes a Will Message on a topic with wildcards", both(v311("MQTT-3.3.2-2", "MQTT-4.7.1-1"), v5("MQTT-3.3.2-2", "MQTT-4.7.0-1"))...)
)

// Wills that should be gone.
var (
	willSurvivesDisconnect  = broken("will-survives-disconnect", "publishes the Will Message after DISCONNECT", both(v311("MQTT-3.14.4-3", "MQTT-3.1.2-10"), v5("MQTT-3.14.4-3", "MQTT-3.1.2-10"))...)
	willRetainedSurvives    = broken("will-retained-survives", "publishes a Will Message with Will Retain 1 after DISCONNECT", both(v311("MQTT-3.14.4-3"), v5("MQTT-3.14.4-3"))...)
	willDelayedSurvives     = broken("will-delayed-survives", "publishes a delayed Will Message after DISCONNECT", v5("MQTT-3.14.4-3")...)
	willKeptAfterDisconnect = broken("will-kept-after-disconnect", "keeps the Will Message at DISCONNECT, and publishes it after a later connection", both(v311("MQTT-3.1.2-10", "MQTT-3.1.2-12"), v5("MQTT-3.1.2-10"))...)
	willKeptAfterPublished  = broken("will-kept-after-published", "keeps a published Will Message, and publishes it again after a later connection", both(v311("MQTT-3.1.2-10", "MQTT-3.1.2-12"), v5("MQTT-3.1.2-10"))...)
	willTwice               = broken("will-twice", "publishes the Will Message twice", both(v311("MQTT-3.1.2-10"), v5("MQTT-3.1.2-10"))...)
	willNotReplaced         = broken("will-not-replaced", "publishes the Will Message of an earlier connection in place of the new one", both(v311("MQTT-3.1.2-8", "MQTT-3.1.2-10"), v5("MQTT-3.1.2-8", "MQTT-3.1.2-10"))...)
)

// Will Delay Interval.
var (
	willDelayInvented   = broken("will-delay-invented", "keeps a Will Message without a Will Delay Interval until the session ends", v5("U5-3.1.3.2.2-u2")...)
	willDelayIgnored    = broken("will-delay-ignored", "publishes a delayed Will Message at once", v5("MQTT-3.1.2-8")...)
	willDelayForever    = broken("will-delay-for-ever", "never publishes a delayed Will Message", v5("MQTT-3.1.2-8")...)
	willLostWithSession = broken("will-lost-with-session", "drops a delayed Will Message when its session ends first", v5("MQTT-3.1.2-8")...)
	willDespiteResume   = broken("will-despite-resume", "publishes a delayed Will Message although the session is resumed in time", v5("MQTT-3.1.3-9")...)
	willAtResume        = broken("will-at-resume", "publishes a delayed Will Message when the session is resumed in time", v5("MQTT-3.1.3-9")...)
)

// How a will is published.
var (
	willAlwaysRetained     = broken("will-always-retained", "stores every Will Message as a retained one", both(v311("MQTT-3.1.2-16"), v5("MQTT-3.1.2-14"))...)
	willRemovesRetained    = broken("will-removes-retained", "removes the retained message of the topic of a Will Message with Will Retain 0", both(v311("MQTT-3.3.1-12"), v5("MQTT-3.3.1-8"))...)
	willNeverRetained      = broken("will-never-retained", "stores no Will Message as a retained one", both(v311("MQTT-3.1.2-17"), v5("MQTT-3.1.2-15"))...)
	willAtQoS0             = broken("will-at-qos-0", "publishes every Will Message at QoS 0", both(v311("MQTT-3.8.4-6"), v5("MQTT-3.8.4-8"))...)
	willPropertiesReversed = broken("will-properties-reversed", "reverses the User Properties of Will Messages", v5("MQTT-3.1.3-10")...)
	willPropertiesSorted   = broken("will-properties-sorted", "sorts the User Properties of Will Messages by name", v5("MQTT-3.1.3-10")...)
	willPropertiesLost     = broken("will-properties-lost", "publishes Will Messages without their properties", v5("MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-20")...)
	willExpiryLost         = broken("will-expiry-lost", "publishes Will Messages without their Message Expiry Interval", v5("MQTT-3.3.2-6")...)
	willExpiryIgnored      = broken("will-expiry-ignored", "delivers Will Messages whose Message Expiry Interval is over", v5("MQTT-3.3.2-5")...)
	willExpiryInvented     = broken("will-expiry-invented", "publishes every Will Message with a Message Expiry Interval", v5("U5-3.1.3.2.4-u2")...)
)
