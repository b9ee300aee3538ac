package matrix

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/mqttproof/mqttproof/codec"
)

// ordered walks a map in the order of its keys, so that the matrix is the same
// every time.
func ordered(m map[string]fault) iter.Seq2[string, fault] {
	return func(yield func(string, fault) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

// connectFlags puts every value of the Connect Flags before a payload that fits
// it, where flags do not contradict each other, and before one that does not.
func (l *list) connectFlags() {
	for _, v := range versions {
		for flags := range 256 {
			p := announced(byte(flags))
			if f, ok := badConnectFlags(v, byte(flags)); ok {
				l.add(ConnectFlags, fmt.Sprintf("%08b", flags), v, codec.FromClient, p, f, codec.ConnectFlags(byte(flags)))
			}
		}
		// A flag without its field, and a field without its flag.
		for _, test := range []struct {
			name       string
			had, flags byte
			f          fault
		}{
			{"will flag without its fields", 0x02, 0x06, fault{codec.Malformed, section(v, "MQTT-3.1.2-9", "MQTT-2.2.2-1"), Close}},
			{"user flag without user", 0x02, 0x82, absent(v, "MQTT-3.1.2-19", "MQTT-3.1.2-17")},
			{"password flag without password", 0x82, 0xC2, absent(v, "MQTT-3.1.2-21", "MQTT-3.1.2-19")},
			{"user and password flag without both", 0x02, 0xC2, absent(v, "MQTT-3.1.2-19", "MQTT-3.1.2-17")},
			{"user without its flag", 0x82, 0x02, fault{codec.Malformed, "MQTT-3.1.4-1", Close}},
			{"password without its flag", 0xC2, 0x82, fault{codec.Malformed, "MQTT-3.1.4-1", Close}},
			{"will fields without the flag", 0x06, 0x02, fault{codec.Malformed, "MQTT-3.1.4-1", Close}},
		} {
			l.add(ConnectFlags, test.name, v, codec.FromClient, announced(test.had), test.f, codec.ConnectFlags(test.flags))
		}
		l.connectHeads(v)
	}
}

// absent is what is wrong with a User Name or Password that its flag announces and
// that is not there at all: nothing in 3.1, where the Remaining Length decides.
func absent(v codec.Version, v311, v5 string) fault {
	if v == codec.V31 {
		return valid
	}
	return fault{codec.Malformed, section(v, v311, v5), Close}
}

// announced is a CONNECT with the fields that the flags announce.
func announced(flags byte) *codec.Connect {
	p := &codec.Connect{CleanStart: flags&2 != 0, KeepAlive: 60, ClientID: codec.Text("matrix")}
	if flags&4 != 0 {
		p.Will = &codec.Will{Topic: codec.Text("matrix/will"), Payload: []byte("gone")}
	}
	if flags&0x80 != 0 {
		p.User = codec.Text("user")
	}
	if flags&0x40 != 0 {
		p.Password = []byte("secret")
	}
	return p
}

// badConnectFlags is what is wrong with the flags themselves; ok is false where
// more than one thing is.
func badConnectFlags(v codec.Version, flags byte) (f fault, ok bool) {
	var all []fault
	say := func(class codec.Class, id string) {
		if f := (fault{class, id, Close}).in(v); f != valid {
			all = append(all, f)
		}
	}
	will, qos := flags&4 != 0, flags>>3&3
	if flags&1 != 0 {
		say(codec.Malformed, "MQTT-3.1.2-3")
	}
	if !will && qos != 0 {
		say(codec.ProtocolError, section(v, "MQTT-3.1.2-13", "MQTT-3.1.2-11"))
	}
	if !will && flags&0x20 != 0 {
		say(codec.ProtocolError, section(v, "MQTT-3.1.2-15", "MQTT-3.1.2-13"))
	}
	if will && qos == 3 {
		if v == codec.V5 {
			say(codec.Malformed, "MQTT-3.1.2-12")
		} else {
			say(codec.ProtocolError, "MQTT-3.1.2-14")
		}
	}
	if v != codec.V5 && flags&0xC0 == 0x40 {
		say(codec.ProtocolError, "MQTT-3.1.2-22")
	}
	switch len(all) {
	case 0:
		return valid, true
	case 1:
		return all[0], true
	}
	return valid, false
}

// connectHeads are the Protocol Name, the Protocol Level and the Client
// Identifier. What a Server does with a name or level that it does not know
// depends on what else it speaks.
func (l *list) connectHeads(v codec.Version) {
	own := "MQTT"
	if v == codec.V31 {
		own = "MQIsdp"
	}
	for _, name := range []string{"", "mqtt", "MQTT ", "MQIsdp", "MQTT", "MQTX"} {
		if name == own {
			continue
		}
		p := plain(codec.CONNECT).(*codec.Connect)
		p.Protocol = codec.Text(name)
		l.add(ConnectFlags, fmt.Sprintf("Protocol Name %q", name), v, codec.FromClient, p,
			fault{codec.ProtocolError, "MQTT-3.1.2-1", MayClose})
	}
	for _, level := range []byte{1, 2, 6, 7, 127, 131, 132, 255} { // 0x83 and 0x84 are those of bridges
		p := plain(codec.CONNECT).(*codec.Connect)
		p.Level = level
		l.add(ConnectFlags, fmt.Sprintf("Protocol Level %d", level), v, codec.FromClient, p,
			fault{codec.ProtocolError, "MQTT-3.1.2-2", MayClose})
	}
	empty := withWill()
	empty.Will.Payload = []byte{}
	l.add(ConnectFlags, "Will of zero bytes", v, codec.FromClient, empty, valid)
	for _, clean := range []bool{false, true} {
		p := &codec.Connect{CleanStart: clean, KeepAlive: 60}
		f := valid
		if !clean && v == codec.V311 || v == codec.V31 { // 1 to 23 characters there
			f = fault{codec.ProtocolError, "MQTT-3.1.3-7", Close}
		}
		l.add(ConnectFlags, fmt.Sprintf("empty Client Identifier, clean %v", clean), v, codec.FromClient, p, f)
	}
}

// connackFlags puts every value of the Connect Acknowledge Flags before a code of 0
// and before one that is not (3.2.2.1, 3.2.2.2). In 3.1 the byte is not used.
func (l *list) connackFlags() {
	for _, v := range versions {
		refusal := byte(5)
		if v == codec.V5 {
			refusal = 0x87
		}
		for flags := range 256 {
			f := valid
			if flags > 1 {
				f = fault{codec.Malformed, section(v, "U3-3.2.2.1-u1", "MQTT-3.2.2-1"), None}
			}
			p := &codec.Connack{SessionPresent: flags&1 != 0, Reserved: byte(flags &^ 1)}
			l.add(ConnackFlags, fmt.Sprintf("%08b", flags), v, codec.FromServer, p, f)
		}
		l.add(ConnackFlags, "Session Present with a refusal", v, codec.FromServer, &codec.Connack{SessionPresent: true, Code: refusal},
			fault{unspecified(v), section(v, "MQTT-3.2.2-4", "MQTT-3.2.2-6"), None})
	}
}

// subscriptionOptions puts every value of the byte behind a filter (3.8.3.1;
// 3.8.3 in 3.1.1), and No Local on a Shared Subscription.
func (l *list) subscriptionOptions() {
	for _, v := range versions {
		for o := range 256 {
			f := badOptions(v, byte(o))
			if f == nil {
				continue
			}
			p := &codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{{Filter: codec.Text("matrix/a")}}}
			b, err := p.Append(nil, v)
			if err != nil {
				panic(err)
			}
			l.add(Options, fmt.Sprintf("%08b", o), v, codec.FromClient, p, *f, codec.SetByte(len(b)-1, byte(o)))
		}
	}
	p := &codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{{Filter: codec.Text("$share/g/a"), NoLocal: true}}}
	l.add(Options, "No Local on a Shared Subscription", codec.V5, codec.FromClient, p,
		fault{codec.ProtocolError, "MQTT-3.8.3-4", Close})
}

// badOptions is what is wrong with an options byte; nil where more than one
// thing is.
func badOptions(v codec.Version, o byte) *fault {
	if v == codec.V31 { // where the upper bits are not used
		if o&3 == 3 {
			return &fault{codec.Malformed, "§3.8", MayClose}
		}
		return &fault{}
	}
	if v != codec.V5 {
		switch {
		case o <= 2:
			return &fault{}
		case o == 3 || o&3 != 3:
			return &fault{codec.Malformed, "MQTT-3.8.3-4", Close}
		}
		return nil
	}
	reserved, qos, handling := o&0xC0 != 0, o&3 == 3, o>>4&3 == 3
	switch {
	case !reserved && !qos && !handling:
		return &fault{}
	case reserved && !qos && !handling:
		return &fault{codec.Malformed, "MQTT-3.8.3-5", Close}
	case qos && !reserved && !handling:
		return &fault{codec.ProtocolError, "U5-3.8.3.1-u1", Close}
	case handling && !reserved && !qos:
		return &fault{codec.ProtocolError, "U5-3.8.3.1-u2", Close}
	}
	return nil
}
