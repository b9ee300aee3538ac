package matrix

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// truncations cut packets at every byte: with the length corrected the packet
// ends too early, without it the receiver must wait.
func (l *list) truncations() {
	for _, v := range versions {
		for t := codec.CONNECT; t <= codec.AUTH; t++ {
			for _, from := range senders(t, v) {
				p := full(t)
				b, err := p.Append(nil, v)
				if err != nil {
					panic(err)
				}
				fields := codec.Fields(b, v, from)
				for n := 1; n < len(b); n++ {
					l.add(Incomplete, fmt.Sprintf("after byte %d", n), v, from, p,
						fault{codec.Malformed, section(v, "U3-2.2.3-u2", "U5-2.1.4-u2"), Wait}, codec.CutAt(n, false))
				}
				for n := 2; n < len(b); n++ {
					l.add(Truncated, fmt.Sprintf("after byte %d", n), v, from, p,
						shortened(t, v, from, fields, n), codec.CutAt(n, true))
				}
			}
		}
	}
}

// full is a valid packet with several fields of each sort.
func full(t codec.Type) codec.Packet {
	pair := codec.Properties{codec.User("k", "v")}
	ack := codec.Ack{PacketID: 10, Code: 0x80, Properties: pair}
	rel := codec.Ack{PacketID: 10, Code: 0x92, Properties: pair}
	p := plain(t)
	switch p := p.(type) {
	case *codec.Connect:
		p = withWill()
		p.Properties, p.Will.Properties = pair, pair
		return p
	case *codec.Connack:
		p.Properties = pair
	case *codec.Publish:
		p.Properties = pair
	case *codec.Puback:
		p.Ack = ack
	case *codec.Pubrec:
		p.Ack = ack
	case *codec.Pubrel:
		p.Ack = rel
	case *codec.Pubcomp:
		p.Ack = rel
	case *codec.Subscribe:
		p.Properties = pair
		p.Subscriptions = append(p.Subscriptions, codec.Subscription{Filter: codec.Text("b/#")})
	case *codec.Suback:
		p.Properties, p.Codes = pair, []byte{0, 1}
	case *codec.Unsubscribe:
		p.Properties = pair
		p.Filters = append(p.Filters, codec.Text("b/#"))
	case *codec.Unsuback:
		p.Properties, p.Codes = pair, []byte{0, 0x11}
	case *codec.Disconnect:
		p.Properties = pair
	case *codec.Auth:
		p.Properties = append(p.Properties, pair...)
	}
	return p
}

// missing are the statements that a field must be there, of 3.1.1 and 5.0.
var missing = map[string][2]string{
	"Client Identifier": {"MQTT-3.1.3-3", "MQTT-3.1.3-3"},
	"Will Topic":        {"MQTT-3.1.2-9", "MQTT-3.1.2-9"},
	"Will Payload":      {"MQTT-3.1.2-9", "MQTT-3.1.2-9"},
	"User Name":         {"MQTT-3.1.2-19", "MQTT-3.1.2-17"},
	"Password":          {"MQTT-3.1.2-21", "MQTT-3.1.2-19"},
	"Topic Name":        {"MQTT-3.3.2-1", "MQTT-3.3.2-1"},
	"Property Length":   {"", "MQTT-2.2.2-1"},
}

// shortened is what is wrong with a packet that ends at byte n and says so.
func shortened(t codec.Type, v codec.Version, from codec.Sender, fields []codec.Field, n int) fault {
	f := fault{codec.Malformed, section(v, "U3-2.2.3-u2", "U5-2.1.4-u2"), Close}
	if t == codec.CONNECT {
		f.id = "MQTT-3.1.4-1"
	}
	var next codec.Field
	for _, next = range fields {
		if next.Offset+next.Len > n {
			break
		}
	}
	inside := n > next.Offset
	if ids, ok := missing[next.Name]; ok {
		f.id = section(v, ids[0], ids[1])
	}
	if v == codec.V31 && !inside && (next.Name == "User Name" || next.Name == "Password") {
		return valid // the Remaining Length decides whether they are there
	}
	isAck := t >= codec.PUBACK && t <= codec.PUBCOMP
	switch {
	case next.Name == "User Property" || next.Name == "Authentication Method":
		f.id = "U5-2.2.2.1-u1" // the Property Length goes past the end
	case next.Name == "Payload", next.Name == "Reason Codes" && inside:
		return valid // the payload, or the list of codes, is shorter
	case next.Name == "Reason Code" && (isAck || t == codec.DISCONNECT):
		return valid // 0x00
	case next.Name == "Reason Code" && t == codec.AUTH:
		if from == codec.FromClient {
			return fault{codec.Unspecified, "MQTT-3.15.2-1", MayClose} // Success is for the Server to send
		}
		return valid
	case next.Name == "Property Length" && (isAck || t == codec.DISCONNECT):
		return valid // a bare Reason Code
	case next.Name == "Topic Filter" && !inside:
		if first := firstOf(fields, "Topic Filter"); first.Offset < next.Offset {
			return valid // one filter less
		}
		id := section(v, "MQTT-3.8.3-3", "MQTT-3.8.3-2")
		if t == codec.UNSUBSCRIBE {
			id = "MQTT-3.10.3-2"
		}
		return fault{codec.ProtocolError, id, Close}
	case next.Name == "Reason Codes":
		id := section(v, "MQTT-3.8.4-5", "MQTT-3.8.4-6")
		if t == codec.UNSUBACK {
			id = "MQTT-3.11.3-2"
		}
		return fault{unspecified(v), id, MayClose}
	}
	return f
}

func firstOf(fields []codec.Field, name string) codec.Field {
	for _, f := range fields {
		if f.Name == name {
			return f
		}
	}
	return codec.Field{}
}
