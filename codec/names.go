package codec

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// String gives the name of the packet, such as CONNECT; "type 0" for the
// reserved one.
func (t Type) String() string {
	if t >= CONNECT && t <= AUTH {
		return spec.Packet(t).Name()
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// String gives "client" or "server".
func (s Sender) String() string {
	switch s {
	case FromClient:
		return "client"
	case FromServer:
		return "server"
	}
	return fmt.Sprintf("sender %d", uint8(s))
}

// ends gives the sender as a set: the numbers are the same. One that is not
// known may be either.
func (s Sender) ends() spec.Ends {
	if s-1 > 1 {
		return spec.Either
	}
	return spec.Ends(s)
}

// String gives the name of the property, such as Session Expiry Interval.
func (id PropertyID) String() string {
	if info := propertyInfo(id); info != nil {
		return info.Name
	}
	return fmt.Sprintf("property 0x%02x", uint32(id))
}

// Kind is the data type of the property's value; 0 if there is no such
// property.
func (id PropertyID) Kind() spec.Kind {
	if info := propertyInfo(id); info != nil {
		return info.Kind
	}
	return 0
}

// propertyIndex finds a property by its identifier: all of them are below 43.
var propertyIndex = func() (index [43]*spec.Property) {
	for i := range spec.Properties {
		index[spec.Properties[i].ID] = &spec.Properties[i]
	}
	return index
}()

func propertyInfo(id PropertyID) *spec.Property {
	if id < PropertyID(len(propertyIndex)) {
		return propertyIndex[id]
	}
	return nil
}

// ReasonName gives the name of a Reason Code (5.0) or return code (3.1, 3.1.1)
// in a packet, such as "Not authorized"; empty where that packet of that
// version has no such code.
func ReasonName(t Type, v Version, code byte) string {
	r, _ := spec.FindReason(spec.Packet(t), v, code)
	return r.Name
}

// codeSets holds, for each version from 3.1 on, each packet and each code, who
// may send it: the tables of spec in a form that costs nothing to ask.
var codeSets = func() (sets [3][AUTH + 1][256]spec.Ends) {
	for v := V31; v <= V5; v++ {
		for t := CONNECT; t <= AUTH; t++ {
			for c := range 256 {
				if r, ok := spec.FindReason(spec.Packet(t), v, byte(c)); ok {
					sets[v-V31][t][c] = r.By
				}
			}
		}
	}
	return sets
}()

// Senders tells who may send a packet of this type in a version; 0 where the
// version does not have it.
func (t Type) Senders(v Version) spec.Ends { return spec.Packet(t).Senders(v) }

// flags gives the fixed header flags that the packet must have; ok is false for
// PUBLISH, whose flags have meanings (2.1.3).
func (t Type) flags() (nibble byte, ok bool) { return spec.Packet(t).Flags() }
