package matrix

import (
	"bytes"
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// in31 are the statements of 3.1.1 that MQTT 3.1 makes too, with the section of
// the IBM text that does. What is not here 3.1 does not say: there flags that are
// reserved later are "not used", UTF-8 is not demanded, and the fields that Connect
// Flags announce may be left out.
var in31 = map[string]string{
	"U3-2.2.1-u1":   "§2.1", // types
	"U3-2.2.3-u1":   "§2.1", // Remaining Length of four bytes
	"U3-2.2.3-u2":   "§2.1", // and what it counts
	"MQTT-2.3.1-1":  "§2.4", // Message ID 0
	"MQTT-3.1.2-1":  "§3.1", // protocol name
	"MQTT-3.1.2-2":  "§3.1", // and version
	"MQTT-3.1.2-9":  "§3.1", // will fields
	"MQTT-3.1.2-14": "§3.1", // Will QoS 3
	"MQTT-3.1.2-19": "§3.1", // a User Name that is cut
	"MQTT-3.1.2-21": "§3.1", // a Password that is cut
	"MQTT-3.1.2-22": "§3.1", // a Password without a User Name
	"MQTT-3.1.3-3":  "§3.1", // Client Identifier
	"MQTT-3.1.3-7":  "§3.1", // and an empty one
	"MQTT-3.1.4-1":  "§3.1", // the format of CONNECT
	"MQTT-3.2.2-6":  "§3.2", // return codes
	"MQTT-3.3.1-4":  "§2.1", // QoS 3
	"MQTT-3.3.2-1":  "§3.3", // topic name
	"MQTT-3.3.2-2":  "§3.3", // without wildcards
	"MQTT-3.8.3-3":  "§3.8", // topics of SUBSCRIBE
	"MQTT-3.8.4-5":  "§3.9", // a code for each
	"MQTT-3.9.3-2":  "§3.9", // granted QoS, of two bits
	"MQTT-3.10.3-2": "§3.10",
	"MQTT-4.7.1-1":  "§A", // wildcards
	"MQTT-4.7.1-2":  "§A",
	"MQTT-4.7.1-3":  "§A",
	"MQTT-4.7.3-1":  "§A", // at least one character
}

// in gives the fault as a version has it. A fault of 3.1.1 is none in 3.1 where
// that text does not speak of it. 3.1 has no rule that a broker must close for an
// error in general (4.8 of 3.1.1, 4.13 of 5.0), so that there closing is never
// more than right, and what is judged in it is at most a warning.
func (f fault) in(v codec.Version) fault {
	if v != codec.V31 || f == valid {
		return f
	}
	if section, ok := in31[f.id]; ok {
		f.id = section
	} else if f.id[0] == 'M' || f.id[0] == 'U' {
		return valid
	}
	if f.duty == Close {
		f.duty = MayClose
	}
	return f
}

// only31 are the rules that 3.1 alone has.
func (l *list) only31() {
	const v = codec.V31
	breach := func(section string) fault { return fault{codec.ProtocolError, section, MayClose} }
	id := func(n int, f fault) {
		p := plain(codec.CONNECT).(*codec.Connect)
		p.ClientID = bytes.Repeat([]byte("c"), n)
		l.add(Limit, fmt.Sprintf("Client Identifier of %d characters", n), v, codec.FromClient, p, f)
	}
	id(23, valid)
	id(24, breach("§3.1"))
	topic := func(n int, f fault) {
		t := bytes.Repeat([]byte("t"), n)
		for _, from := range senders(codec.PUBLISH, v) {
			l.add(Limit, fmt.Sprintf("Topic Name of %d characters", n), v, from, &codec.Publish{Topic: t}, f)
		}
		p := withWill()
		p.Will.Topic = t // for which Appendix A has 64k
		l.add(Limit, fmt.Sprintf("Will Topic of %d characters", n), v, codec.FromClient, p, valid)
	}
	topic(32_767, valid)
	topic(32_768, breach("§2.2"))
	for payload, f := range ordered(map[string]fault{"\x7f": valid, "\x80": breach("§3.1"), "é": breach("§3.1")}) {
		p := withWill()
		p.Will.Payload = []byte(payload)
		l.add(Limit, fmt.Sprintf("Will Message %q", payload), v, codec.FromClient, p, f)
	}
}
