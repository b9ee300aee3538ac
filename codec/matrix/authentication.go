package matrix

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// authentication are AUTH packets with and without an Authentication Method
// (3.15.2.2.2). The empty one, of Remaining Length 0, is the only one that another
// sentence lets go without (3.15.2.1); it says Success, which a Server says.
func (l *list) authentication() {
	const v = codec.V5
	missing := fault{codec.ProtocolError, "U5-3.15.2.2.2-u1", Close}
	method, data := codec.Data(codec.AuthenticationMethod, "M"), codec.Data(codec.AuthenticationData, "d")
	for _, sent := range []struct {
		from codec.Sender
		code byte
	}{{codec.FromClient, 0x18}, {codec.FromClient, 0x19}, {codec.FromServer, 0x00}, {codec.FromServer, 0x18}} {
		for _, test := range []struct {
			name string
			ps   codec.Properties
			f    fault
		}{
			{"without properties", nil, missing},
			{"with data alone", codec.Properties{data}, missing},
			{"with others alone", codec.Properties{codec.Data(codec.ReasonString, "r"), codec.User("k", "v")}, missing},
			{"with its method", codec.Properties{method}, valid},
			{"with its method behind data", codec.Properties{data, method}, valid},
			{"with an empty method", codec.Properties{codec.Data(codec.AuthenticationMethod, "")}, valid},
		} {
			p := &codec.Auth{Code: sent.code, Properties: test.ps}
			var m []codec.Mutation
			if sent.code == 0 && test.ps == nil {
				m = append(m, codec.Trailing(0, 0)) // the code and the Property Length, which are left out else
			}
			l.add(Authentication, fmt.Sprintf("0x%02x %s", sent.code, test.name), v, sent.from, p, test.f, m...)
		}
	}
	l.add(Authentication, "empty", v, codec.FromServer, &codec.Auth{}, valid)
	l.add(Authentication, "empty", v, codec.FromClient, &codec.Auth{}, fault{codec.Unspecified, "MQTT-3.15.2-1", MayClose})
}
