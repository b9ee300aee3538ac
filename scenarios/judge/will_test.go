package judge_test

import (
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

func TestWills(t *testing.T) {
	withWill := func(expiry, delay uint32, clean bool) *codec.Connect {
		return &codec.Connect{CleanStart: clean, ClientID: codec.Text("w"), Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, expiry)},
			Will: &codec.Will{Topic: codec.Text("will"), Payload: []byte("gone"), QoS: 1, Properties: codec.Properties{codec.Int(codec.WillDelayInterval, delay)}}}
	}
	watcher := all(connected("s"), subscribes("s", "will", 1))
	alive := func(expiry, delay uint32) step {
		return all(watcher, dial("w"), from("w", withWill(expiry, delay, true)), to("w", &codec.Connack{}))
	}
	back := func(present bool) step {
		return all(dial("w"), from("w", &codec.Connect{ClientID: codec.Text("w"), Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, 60)}}),
			to("w", &codec.Connack{SessionPresent: present}))
	}
	leave := from("w", &codec.Disconnect{})
	comes := gets("s", "will", "gone", 1, 1)
	interval := with(codec.Int(codec.MessageExpiryInterval, 9))
	seconds := func(n int) step { return wait(time.Duration(n) * time.Second) }
	judged(t, []trace{
		{"after the close", bothVersions, steps(alive(0, 0), cut("w"), comes), "", ""},
		{"just before we notice the close", bothVersions, steps(alive(0, 0), comes, dropped("w")), "", ""},
		{"while the connection is served", bothVersions, steps(alive(0, 0), comes, synced("w")), "MQTT-3.1.2-8", "MQTT-3.1.2-8"},
		{"after DISCONNECT", bothVersions, steps(alive(0, 0), leave, dropped("w"), comes), "MQTT-3.14.4-3", "MQTT-3.14.4-3"},
		{"after a DISCONNECT that may be lost", bothVersions, steps(alive(0, 0), leave, cut("w"), comes), "", ""},
		{"after DISCONNECT 0x04", only5, steps(alive(0, 0), from("w", &codec.Disconnect{Code: 4}), dropped("w"), comes), "", ""},
		{"after a DISCONNECT that came too late", bothVersions, steps(alive(0, 0), connected("w2"), leave, from("w", &codec.Pingreq{}), dropped("w"), comes), "", ""},
		{"when its delay is over", only5, steps(alive(60, 5), cut("w"), seconds(5), comes), "", ""},
		{"before its delay is over", only5, steps(alive(60, 5), cut("w"), seconds(2), comes), "", "MQTT-3.1.2-8"},
		{"when the session ends before its delay", only5, steps(alive(2, 5), cut("w"), seconds(2), comes), "", ""},
		{"without a session, at once", only5, steps(alive(0, 5), cut("w"), comes), "", ""},
		{"after the return to the session", only5, steps(alive(60, 5), cut("w"), seconds(1), back(true), seconds(6), comes), "", "MQTT-3.1.3-9"},
		{"after a return that came too late", only5, steps(alive(60, 5), cut("w"), seconds(6), back(true), comes), "", ""},
		{"after a return to a new session", only5, steps(alive(60, 5), cut("w"), seconds(1), connected("w"), comes), "", ""},
		{"with an expiry that it has not", only5, steps(alive(0, 0), cut("w"), gets("s", "will", "gone", 1, 1, interval)), "", "U5-3.1.3.2.4-u2"},
		{"never", bothVersions, steps(alive(0, 0), cut("w"), seconds(12), end()), "MQTT-3.1.2-8", "MQTT-3.1.2-8"},
		{"not yet", bothVersions, steps(alive(0, 0), cut("w"), seconds(8), end()), "", ""},
		{"never, after DISCONNECT", bothVersions, steps(alive(0, 0), leave, dropped("w"), seconds(12), end()), "", ""},
		{"never, with a delay of a minute", only5, steps(alive(100, 60), cut("w"), seconds(12), end()), "", ""},
		{"late", bothVersions, steps(alive(0, 0), cut("w"), seconds(12), comes), "U3-3.1.2.5-u1", "U5-3.1.2.5-u1"},
		{"after the client broke the protocol", bothVersions, steps(alive(0, 0), from("w", &codec.Connect{ClientID: codec.Text("w")}), dropped("w"), seconds(12), end()), "", ""},
	})
}

func TestSessionPresent(t *testing.T) {
	connect := func(expiry uint32) step {
		return all(dial("c"), from("c", &codec.Connect{ClientID: codec.Text("c"), Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, expiry)}}))
	}
	is := func(present bool, ps ...codec.Property) step {
		return to("c", &codec.Connack{SessionPresent: present, Properties: ps})
	}
	clean := all(dial("c"), from("c", &codec.Connect{CleanStart: true, ClientID: codec.Text("c")}), is(false))
	limit := codec.Int(codec.SessionExpiryInterval, 2)
	expiring := func(n uint32) codec.Packet {
		return &codec.Disconnect{Properties: codec.Properties{codec.Int(codec.SessionExpiryInterval, n)}}
	}
	judged(t, []trace{
		{"resumed", bothVersions, steps(connect(60), is(false), cut("c"), connect(60), is(true)), "", ""},
		{"forgotten", bothVersions, steps(connect(60), is(false), cut("c"), connect(60), is(false)), "MQTT-3.2.2-2", "MQTT-3.2.2-3"},
		{"forgotten in a restart", bothVersions, steps(connect(60), is(false), cut("c"), restarted(), connect(60), is(false)), "", ""},
		{"unknown before", bothVersions, steps(connect(60), is(true)), "", ""},
		{"over", only5, steps(connect(2), is(false), cut("c"), wait(20*time.Second), connect(2), is(true)), "", "MQTT-3.2.2-3"},
		{"over a moment ago", only5, steps(connect(2), is(false), cut("c"), wait(3*time.Second), connect(2), is(true)), "", ""},
		{"ended early", only5, steps(connect(9), is(false), cut("c"), wait(3*time.Second), connect(9), is(false)), "", "MQTT-3.2.2-3"},
		{"ended at the limit of the broker", only5, steps(connect(9), is(false, limit), cut("c"), wait(3*time.Second), connect(9), is(false)), "", ""},
		{"ended by DISCONNECT", only5, steps(connect(9), is(false), from("c", expiring(0)), dropped("c"), connect(9), is(false)), "", ""},
		{"ended by a DISCONNECT that may be lost", only5, steps(connect(9), is(false), from("c", expiring(0)), cut("c"), connect(9), is(true)), "", ""},
		{"not kept, taken over", bothVersions, steps(clean, connect(60), is(true), dropped("c")), "", ""},
		{"a clean one comes back", bothVersions, steps(clean, cut("c"), wait(20*time.Second), connect(60), is(true)), "MQTT-3.2.2-3", "MQTT-3.2.2-3"},
		{"two CONNECTs race", bothVersions, steps(connect(60), is(false), cut("c"), from("c", &codec.Pingreq{}), connect(60), connect(60), is(false)), "", ""},
	})
}

func TestTakeover(t *testing.T) {
	other := func(s *script) {
		s.open("other")
		s.packet("other", "out", &codec.Connect{CleanStart: true, ClientID: codec.Text("c")})
		s.packet("other", "in", &codec.Connack{})
	}
	judged(t, []trace{
		{"the first is closed", bothVersions, steps(connected("c"), other, dropped("c")), "", ""},
		{"the first stays", bothVersions, steps(connected("c"), other, wait(5*time.Second), cut("c")), "MQTT-3.1.4-2", "MQTT-3.1.4-3"},
		{"the first stays for a moment", bothVersions, steps(connected("c"), other, wait(time.Second), cut("c")), "", ""},
	})
}
