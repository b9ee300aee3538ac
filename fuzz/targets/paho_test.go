package targets

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// What is lost or moved when paho.golang reads a packet and writes it, and what
// the standard says of it. asPaho does the same to a packet of ours.
//   - Properties come in an order of its own. They have none, but for User
//     Properties among themselves (5.0, 3.3.2.3.7) and Subscription Identifiers.
//   - A property of zero bytes is taken for none, though it is there: Content
//     Type, Response Topic, Reason String and others are any UTF-8 Encoded
//     String, and Correlation Data any Binary Data (5.0, 1.5.4, 1.5.6).
//   - Of several Subscription Identifiers in a PUBLISH only the last one is kept,
//     though multiple ones will be included if the publication is the result of
//     a match to more than one subscription (5.0, 3.3.2.3.8).
//   - Of two Payload Format Indicators or Message Expiry Intervals in a PUBLISH
//     only the last one is kept; the standard says nothing of a second.
//   - An empty AUTH is written with a Reason Code and a Property Length, and one
//     with an empty Authentication Method without it; then the method must not be
//     left out (5.0, 3.15.2.2.2).
//   - Will Properties other than the Will Delay Interval and User Properties are
//     read and not written, though they are the Will's to send (5.0, 3.1.3.2).
func asPaho(p codec.Packet) codec.Packet {
	p = p.Clone()
	switch p := p.(type) {
	case *codec.Connect:
		p.Properties = pahoProperties(p.Properties)
		if p.Will != nil {
			p.Will.Properties = slices.DeleteFunc(pahoProperties(p.Will.Properties), func(p codec.Property) bool {
				return p.ID != codec.WillDelayInterval && p.ID != codec.UserProperty
			})
		}
	case *codec.Connack:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Publish:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Puback:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Pubrec:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Pubrel:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Pubcomp:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Subscribe:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Suback:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Unsubscribe:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Unsuback:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Disconnect:
		p.Properties = pahoProperties(p.Properties)
	case *codec.Auth:
		p.Properties = pahoProperties(p.Properties)
	}
	return p
}

func pahoProperties(ps codec.Properties) (kept codec.Properties) {
	for i, p := range ps {
		kind := p.ID.Kind()
		empty := (kind == spec.Text || kind == spec.Binary) && len(p.Data) == 0
		again := slices.ContainsFunc(ps[i+1:], func(later codec.Property) bool { return later.ID == p.ID })
		if !empty && (!again || p.ID == codec.UserProperty) {
			kept = append(kept, p)
		}
	}
	slices.SortStableFunc(kept, func(a, b codec.Property) int { return cmp.Compare(a.ID, b.ID) })
	return kept
}

// comparePaho compares both readings, and what paho.golang makes of a packet that
// both accept.
func comparePaho(t *testing.T, b []byte, v codec.Version, from codec.Sender) (difference, bool) {
	if v != codec.V5 {
		return difference{}, false // which paho.golang does not have
	}
	p, n, err := codec.Decode(b, v, from)
	if n == 0 {
		// Incomplete, or its length has five bytes: paho.golang makes room for what
		// is announced before it reads, 256 MiB and more.
		return difference{}, false
	}
	read, theirs := readPaho(b[:n])
	if d, ok := between(v, p, err, theirs); ok || err != nil {
		return d, ok
	}
	if auth, ok := p.(*codec.Auth); ok {
		if method, _ := auth.Properties.Find(codec.AuthenticationMethod); len(method.Data) == 0 {
			return difference{}, false // which it writes with a code and without a method
		}
	}
	// What it read is compared by what it writes, which ours reads again.
	var out bytes.Buffer
	if _, err := read.WriteTo(&out); err != nil {
		t.Errorf("%x: %s; paho.golang does not write it: %v", b, p, err)
		return difference{}, false
	}
	again, found := codec.Inspect(out.Bytes(), codec.V5, from)
	if again == nil || len(found) > 0 || !bytes.Equal(encoded(t, asPaho(p)), encoded(t, asPaho(again))) {
		t.Errorf("%x: %s; paho.golang makes of it %v %v", b, p, again, found)
	}
	return difference{}, false
}

func encoded(t *testing.T, p codec.Packet) []byte {
	t.Helper()
	b, err := p.Append(nil, codec.V5)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAgainstPaho(t *testing.T) { differ(t, "paho.golang", comparePaho) }

func TestAgainstPahoMQTT(t *testing.T) { differ(t, "paho.mqtt.golang", comparePahoMQTT) }

func comparePahoMQTT(_ *testing.T, b []byte, v codec.Version, from codec.Sender) (difference, bool) {
	if v != codec.V311 {
		return difference{}, false // 3.1 differs little, and it has no 5.0
	}
	p, n, err := codec.Decode(b, v, from)
	if n == 0 {
		return difference{}, false // incomplete: see guarded
	}
	return between(v, p, err, PahoMQTT().Parse(b[:n]))
}
