package matrix

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// badText is a text that a UTF-8 Encoded String must not be (1.5.4; 1.5.3 in
// 3.1.1), or a suspicious one that it may be.
type badText struct {
	name  string
	bytes []byte
	// rule is 1 for ill-formed, 2 for U+0000, 0 for a legal text.
	rule int
}

var badTexts = []badText{
	{"byte 0xff", []byte{'a', 0xFF}, 1},
	{"byte 0xfe", []byte{0xFE, 'a'}, 1},
	{"a lone continuation byte", []byte{0x80, 'a'}, 1},
	{"a cut character", []byte{'a', 0xE2, 0x82}, 1},
	{"the surrogate U+D800", []byte{0xED, 0xA0, 0x80}, 1},
	{"the surrogate U+DFFF", []byte{0xED, 0xBF, 0xBF}, 1},
	{"a character as two surrogates", []byte{0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80}, 1}, // as CESU-8 has it
	{"an overlong '/'", []byte{0xC0, 0xAF}, 1},
	{"an overlong U+0000", []byte{0xC0, 0x80}, 1},
	{"a character above U+10FFFF", []byte{0xF4, 0x90, 0x80, 0x80}, 1},
	{"a form of five bytes", []byte{0xF8, 0x88, 0x80, 0x80, 0x80}, 1},
	{"U+0000", []byte{0}, 2},
	{"U+0000 inside", []byte{'a', 0, 'b'}, 2},
	{"U+FEFF", []byte{0xEF, 0xBB, 0xBF}, 0},
	{"U+0001", []byte{1}, 0}, // SHOULD NOT be sent, MAY be refused
	{"U+FFFF", []byte{0xEF, 0xBF, 0xBF}, 0},
	{"U+1F600", []byte("😀"), 0},
}

func (b *badText) fault(v codec.Version) fault {
	switch b.rule {
	case 1:
		return fault{codec.Malformed, section(v, "MQTT-1.5.3-1", "MQTT-1.5.4-1"), Close}
	case 2:
		if v == codec.V5 {
			return fault{codec.Malformed, "MQTT-1.5.4-2", Close}
		}
		return fault{codec.ProtocolError, "MQTT-1.5.3-2", Close} // well-formed UTF-8, and it parses
	}
	return valid
}

// texts are the cases of strings, Topic Names and Topic Filters.
func (l *list) texts() {
	for _, v := range versions {
		for _, field := range []string{"Client Identifier", "Will Topic", "User Name"} {
			l.badTexts(v, codec.FromClient, withWill(), field)
		}
		for _, from := range senders(codec.PUBLISH, v) {
			l.badTexts(v, from, plain(codec.PUBLISH), "Topic Name")
			l.topicNames(v, from)
		}
		l.badTexts(v, codec.FromClient, plain(codec.SUBSCRIBE), "Topic Filter")
		l.badTexts(v, codec.FromClient, plain(codec.UNSUBSCRIBE), "Topic Filter")
		l.topicFilters(v)
		l.zeroIDs(v)
		for _, n := range []uint16{0xFFFF, 300} {
			l.add(BadText, fmt.Sprintf("Topic Name of %d bytes that are not there", n), v, codec.FromClient,
				plain(codec.PUBLISH), fault{codec.Malformed, "MQTT-3.3.2-1", Close}, codec.FieldLength("Topic Name", n))
			l.add(BadText, fmt.Sprintf("Client Identifier of %d bytes that are not there", n), v, codec.FromClient,
				plain(codec.CONNECT), fault{codec.Malformed, "MQTT-3.1.3-3", Close}, codec.FieldLength("Client Identifier", n))
		}
	}
}

func (l *list) badTexts(v codec.Version, from codec.Sender, p codec.Packet, field string) {
	for _, bad := range badTexts {
		l.add(BadText, field+" with "+bad.name, v, from, p, bad.fault(v), codec.FieldText(field, bad.bytes))
	}
}

func (l *list) topicNames(v codec.Version, from codec.Sender) {
	quiet := fault{unspecified(v), "MQTT-3.3.2-2", MayClose}
	empty := fault{unspecified(v), "MQTT-4.7.3-1", MayClose}
	if v == codec.V5 {
		empty = fault{codec.ProtocolError, "U5-3.3.2.1-u1", Close}
	}
	for topic, f := range ordered(map[string]fault{
		"": empty, "#": quiet, "+": quiet, "a/#": quiet, "a/+/b": quiet, "a#": quiet, "a+b": quiet,
		"/": valid, "//": valid, "a/": valid, "a b": valid, "$x": valid, "$share/g/a": valid,
	}) {
		l.add(Syntax, fmt.Sprintf("Topic Name %q", topic), v, from,
			&codec.Publish{Topic: codec.Text(topic), QoS: 1, PacketID: 10}, f)
	}
	if from == codec.FromClient {
		will := fault{unspecified(v), section(v, "MQTT-4.7.1-1", "MQTT-4.7.0-1"), MayClose}
		none := fault{unspecified(v), "MQTT-4.7.3-1", MayClose}
		for topic, f := range ordered(map[string]fault{"": none, "#": will, "a/+": will}) {
			p := withWill()
			p.Will.Topic = codec.Text(topic)
			l.add(Syntax, fmt.Sprintf("Will Topic %q", topic), v, from, p, f)
		}
	}
}

func (l *list) topicFilters(v codec.Version) {
	c := unspecified(v)
	multi := fault{c, section(v, "MQTT-4.7.1-2", "MQTT-4.7.1-1"), MayClose}
	single := fault{c, section(v, "MQTT-4.7.1-3", "MQTT-4.7.1-2"), MayClose}
	filters := map[string]fault{
		"":  {c, "MQTT-4.7.3-1", MayClose},
		"#": valid, "+": valid, "a/#": valid, "+/#": valid, "+/a/+": valid, "/": valid, "/#": valid, "/+": valid,
		"$SYS/#": valid, "$share": valid, "a//b": valid, "a b/+": valid,
		"a#": multi, "#/a": multi, "a/#/b": multi, "a/#b": multi,
		"a+": single, "+a": single, "a/+b/c": single, "a/b+/c": single,
	}
	if v == codec.V5 {
		name := fault{c, "MQTT-4.8.2-1", MayClose}
		rest := fault{c, "MQTT-4.8.2-2", MayClose}
		for filter, f := range map[string]fault{
			"$share/g/a": valid, "$share/g/#": valid, "$share/g/+/a": valid, "$share/g//": valid, "$shared/a": valid,
			"$share//a": name, "$share//#": name, "$share/g": rest, "$share/g/": rest, "$share/+/a": rest, "$share/a#b/c": rest,
			"$share/#/a": rest, "$share/g/a#": multi, "$share/g/a+": single, "$share/g/#/a": multi,
		} {
			filters[filter] = f
		}
	}
	for filter, f := range ordered(filters) {
		l.add(Syntax, fmt.Sprintf("Topic Filter %q", filter), v, codec.FromClient,
			&codec.Subscribe{PacketID: 10, Subscriptions: []codec.Subscription{{Filter: codec.Text(filter)}}}, f)
		l.add(Syntax, fmt.Sprintf("Topic Filter %q", filter), v, codec.FromClient,
			&codec.Unsubscribe{PacketID: 10, Filters: []codec.Text{codec.Text(filter)}}, f)
	}
}

// zeroIDs: only packets that begin an exchange must not have identifier 0; in an
// acknowledgement it is one that was never sent, which one packet does not show.
func (l *list) zeroIDs(v codec.Version) {
	for t := codec.CONNECT; t <= codec.AUTH; t++ {
		if t < codec.PUBLISH || t > codec.UNSUBACK {
			continue
		}
		for _, from := range senders(t, v) {
			f := valid
			switch t {
			case codec.PUBLISH, codec.SUBSCRIBE, codec.UNSUBSCRIBE:
				id := section(v, "MQTT-2.3.1-1", "MQTT-2.2.1-3")
				if from == codec.FromServer {
					id = section(v, "MQTT-2.3.1-1", "MQTT-2.2.1-4")
				}
				f = fault{unspecified(v), id, MayClose}
			}
			l.add(ZeroID, "0", v, from, plain(t), f, codec.ZeroID())
		}
	}
}
