package matrix

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// codeIDs are the statements on the codes of a packet, of 3.1.1 and of 5.0.
var codeIDs = map[codec.Type][2]string{
	codec.CONNACK:    {"MQTT-3.2.2-6", "MQTT-3.2.2-8"},
	codec.PUBACK:     {"", "MQTT-3.4.2-1"},
	codec.PUBREC:     {"", "MQTT-3.5.2-1"},
	codec.PUBREL:     {"", "MQTT-3.6.2-1"},
	codec.PUBCOMP:    {"", "MQTT-3.7.2-1"},
	codec.SUBACK:     {"MQTT-3.9.3-2", "MQTT-3.9.3-2"},
	codec.UNSUBACK:   {"", "MQTT-3.11.3-2"},
	codec.DISCONNECT: {"", "MQTT-3.14.2-1"},
	codec.AUTH:       {"", "MQTT-3.15.2-1"},
}

// reasonCodes puts every value of the byte in every packet that has a code, from
// every end that may send it.
func (l *list) reasonCodes() {
	for _, v := range versions {
		for t := codec.CONNECT; t <= codec.AUTH; t++ {
			id := section(v, codeIDs[t][0], codeIDs[t][1])
			if id == "" {
				continue
			}
			for _, from := range senders(t, v) {
				for code := range 256 {
					l.reasonCode(v, from, t, byte(code), id)
				}
			}
		}
	}
}

func (l *list) reasonCode(v codec.Version, from codec.Sender, t codec.Type, code byte, id string) {
	p := plain(t)
	switch p := p.(type) {
	case *codec.Connack:
		p.Code = code
	case *codec.Puback:
		p.Code = code
	case *codec.Pubrec:
		p.Code = code
	case *codec.Pubrel:
		p.Code = code
	case *codec.Pubcomp:
		p.Code = code
	case *codec.Suback:
		p.Codes = []byte{0, code}
	case *codec.Unsuback:
		p.Codes = []byte{0, code}
	case *codec.Disconnect:
		p.Code = code
	case *codec.Auth:
		p.Code = code
	}
	end := spec.Client
	if from == codec.FromServer {
		end = spec.Server
	}
	f := fault{unspecified(v), id, MayClose}
	if r, ok := spec.FindReason(spec.Packet(t), v, code); ok && r.By&end != 0 {
		f = valid
	}
	l.add(ReasonCode, fmt.Sprintf("0x%02x", code), v, from, p, f)
}
