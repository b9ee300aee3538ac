package codec

// PropertyID identifies a property (5.0, 2.2.2.2).
type PropertyID uint32

// The properties of 5.0, Table 2-4.
const (
	PayloadFormatIndicator          PropertyID = 0x01
	MessageExpiryInterval           PropertyID = 0x02
	ContentType                     PropertyID = 0x03
	ResponseTopic                   PropertyID = 0x08
	CorrelationData                 PropertyID = 0x09
	SubscriptionIdentifier          PropertyID = 0x0B
	SessionExpiryInterval           PropertyID = 0x11
	AssignedClientIdentifier        PropertyID = 0x12
	ServerKeepAlive                 PropertyID = 0x13
	AuthenticationMethod            PropertyID = 0x15
	AuthenticationData              PropertyID = 0x16
	RequestProblemInformation       PropertyID = 0x17
	WillDelayInterval               PropertyID = 0x18
	RequestResponseInformation      PropertyID = 0x19
	ResponseInformation             PropertyID = 0x1A
	ServerReference                 PropertyID = 0x1C
	ReasonString                    PropertyID = 0x1F
	ReceiveMaximum                  PropertyID = 0x21
	TopicAliasMaximum               PropertyID = 0x22
	TopicAlias                      PropertyID = 0x23
	MaximumQoS                      PropertyID = 0x24
	RetainAvailable                 PropertyID = 0x25
	UserProperty                    PropertyID = 0x26
	MaximumPacketSize               PropertyID = 0x27
	WildcardSubscriptionAvailable   PropertyID = 0x28
	SubscriptionIdentifierAvailable PropertyID = 0x29
	SharedSubscriptionAvailable     PropertyID = 0x2A
)

// Property is one property of a packet.
type Property struct {
	ID PropertyID // also one that 5.0 does not define
	// Int is the value of a property whose type is one of the integers.
	Int uint32
	// Data is the value of a string or binary property, and the value of a
	// User Property.
	Data []byte
	// Name is the name of a User Property.
	Name Text
}

// Properties are the properties of a packet in the order of the wire, repeated
// and misplaced ones included.
type Properties []Property

// Int makes a property with an integer value.
func Int(id PropertyID, value uint32) Property { return Property{ID: id, Int: value} }

// Data makes a property with a string or binary value.
func Data(id PropertyID, value string) Property { return Property{ID: id, Data: []byte(value)} }

// User makes a User Property.
func User(name, value string) Property {
	return Property{ID: UserProperty, Name: Text(name), Data: []byte(value)}
}

// Find gives the first property with the id, and whether there is one.
func (ps Properties) Find(id PropertyID) (Property, bool) {
	for _, p := range ps {
		if p.ID == id {
			return p, true
		}
	}
	return Property{}, false
}

// Int gives the integer value of the first property with the id, or def where
// there is none: most properties have a default when they are left out.
func (ps Properties) Int(id PropertyID, def uint32) uint32 {
	if p, ok := ps.Find(id); ok {
		return p.Int
	}
	return def
}
