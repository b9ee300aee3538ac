package scenarios

import (
	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// badProperties are the errors in the properties of a CONNECT that 5.0 calls a
// Protocol Error or malformed in words; the broker must validate the format of
// CONNECT, so it must find them (MQTT-3.1.4-1).
var badProperties = []struct {
	id, title, why string
	cases          []brokenConnect
}{
	{
		"connect.property-twice", "a CONNECT that repeats a property is refused",
		"broker and client may each go by another of the two values",
		[]brokenConnect{
			{"Session Expiry Interval twice", nil, twice(codec.Int(codec.SessionExpiryInterval, 0))},
			{"Receive Maximum twice", nil, twice(codec.Int(codec.ReceiveMaximum, 100))},
			{"Maximum Packet Size twice", nil, twice(codec.Int(codec.MaximumPacketSize, 100_000))},
			{"Topic Alias Maximum twice", nil, twice(codec.Int(codec.TopicAliasMaximum, 0))},
			{"Request Response Information twice", nil, twice(codec.Int(codec.RequestResponseInformation, 0))},
			{"Request Problem Information twice", nil, twice(codec.Int(codec.RequestProblemInformation, 1))},
		},
	}, {
		"connect.property-range", "a CONNECT with a property out of its range is refused",
		"a limit of 0 would mean that nothing can ever be sent, and each broker would make something else of it",
		[]brokenConnect{
			{"Receive Maximum 0", nil, adds(codec.Int(codec.ReceiveMaximum, 0))},
			{"Maximum Packet Size 0", nil, adds(codec.Int(codec.MaximumPacketSize, 0))},
			{"Request Response Information 2", nil, adds(codec.Int(codec.RequestResponseInformation, 2))},
			{"Request Problem Information 2", nil, adds(codec.Int(codec.RequestProblemInformation, 2))},
		},
	}, {
		"connect.property-foreign", "a CONNECT with a property of another packet is refused",
		"a property in the wrong place is a client's bug that nobody finds as long as brokers are silent about it",
		foreignProperties(),
	}, {
		"connect.property-unknown", "a CONNECT with a property that does not exist is refused",
		"the length of its value is unknown, so all behind it would be misread",
		[]brokenConnect{{"property 0x7F", nil, breaks(codec.UnknownProperty())}},
	}, {
		"connect.property-overrun", "a CONNECT in which the properties run past its end is refused",
		"a reader that trusts the length reads the memory behind the packet",
		[]brokenConnect{
			{"Property Length 100", nil, breaks(codec.PropertyLength(100))},
			{"a property cut in its value", nil, breaks(codec.PropertyBytes(byte(codec.SessionExpiryInterval), 0, 0))},
		},
	}, {
		"connect.auth-data-alone", "a CONNECT with Authentication Data but no Authentication Method is refused",
		"data for a method that nobody named would be judged by a method of the broker's choice",
		[]brokenConnect{{"Authentication Data alone", nil, adds(codec.Data(codec.AuthenticationData, "secret"))}},
	},
}

var _ = func() (all []Scenario) {
	for _, b := range badProperties {
		all = append(all, add(Scenario{
			ID: b.id, Title: b.title, Why: b.why, Proves: V5("MQTT-3.1.4-1"),
			Run: func(t *T) {
				acceptedWithoutError(t)
				for _, bad := range b.cases {
					t.Step(bad.name, V5("MQTT-3.1.4-1")...)
					c := t.Open()
					p := c.Packet()
					mutation := bad.broken(t, p)
					c.SendBroken(p, mutation)
					c.ExpectRefused()
				}
			},
		}))
	}
	return all
}()

func adds(p codec.Property) func(*T, *codec.Connect) codec.Mutation {
	return breaks(codec.AddProperty(p))
}

// twice adds the property two times.
func twice(p codec.Property) func(*T, *codec.Connect) codec.Mutation {
	return func(_ *T, c *codec.Connect) codec.Mutation {
		c.Properties = append(c.Properties, p)
		return codec.AddProperty(p)
	}
}

// foreignProperties are those that belong to other packets, each with a legal
// value.
func foreignProperties() (all []brokenConnect) {
	for _, p := range []codec.Property{
		codec.Int(codec.PayloadFormatIndicator, 1), codec.Int(codec.MessageExpiryInterval, 10),
		codec.Data(codec.ContentType, "text"), codec.Data(codec.ResponseTopic, "t"), codec.Data(codec.CorrelationData, "c"),
		codec.Int(codec.SubscriptionIdentifier, 1), codec.Data(codec.AssignedClientIdentifier, "id"),
		codec.Int(codec.ServerKeepAlive, 10), codec.Int(codec.WillDelayInterval, 10), codec.Data(codec.ResponseInformation, "r"),
		codec.Data(codec.ServerReference, "s"), codec.Data(codec.ReasonString, "s"), codec.Int(codec.TopicAlias, 1),
		codec.Int(codec.MaximumQoS, 1), codec.Int(codec.RetainAvailable, 1), codec.Int(codec.WildcardSubscriptionAvailable, 1),
		codec.Int(codec.SubscriptionIdentifierAvailable, 1), codec.Int(codec.SharedSubscriptionAvailable, 1),
	} {
		all = append(all, brokenConnect{p.ID.String(), nil, adds(p)})
	}
	return all
}
