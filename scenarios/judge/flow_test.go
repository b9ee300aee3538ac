package judge_test

import (
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
)

func TestFlows(t *testing.T) {
	publish := from("p", message("t", "m", 1, 7))
	publish2 := from("p", message("t", "m", 2, 7))
	there := all(kept("s"), subscribes("s", "t", 2), connected("p"))
	// The session of s is resumed 5 s after the cut, and s does nothing for 5 s.
	back := all(cut("s"), resumed("s"))
	idle := all(wait(5*time.Second), cut("s"), end())
	judged(t, []trace{
		{"QoS 2 step by step", bothVersions, steps(connected("p"), publishes("p", "t", "m", 2)), "", ""},
		{"PUBREC for QoS 1", bothVersions, steps(connected("p"), publish, to("p", pubrec(7))), "MQTT-3.3.4-1", "MQTT-3.3.4-1"},
		{"PUBACK for QoS 2", bothVersions, steps(connected("p"), publish2, to("p", puback(7))), "MQTT-3.3.4-1", "MQTT-3.3.4-1"},
		{"PUBREC for each PUBLISH", bothVersions, steps(connected("p"), publish2, publish2, to("p", pubrec(7)), to("p", pubrec(7))), "", ""},
		{"PUBCOMP without PUBREL", bothVersions, steps(connected("p"), publish2, to("p", pubrec(7)), to("p", pubcomp(7))), "MQTT-4.3.3-2", "MQTT-2.2.1-5"},
		{"PUBCOMP for a PUBREL of nothing", bothVersions, steps(connected("p"), from("p", pubrel(7)), to("p", pubcomp(7))), "", ""},
		{"PUBREC for what follows a PUBREL of nothing", bothVersions, steps(connected("p"), from("p", pubrel(7)), publish2, to("p", pubcomp(7)), to("p", pubrec(7))), "", ""},
		{"PUBREC for what follows the second PUBREL", bothVersions, steps(connected("p"), publish2, to("p", pubrec(7)), from("p", pubrel(7)), from("p", pubrel(7)), publish2, to("p", pubcomp(7)), to("p", pubcomp(7)), to("p", pubrec(7))), "", ""},
		{"PUBREC again after PUBCOMP", bothVersions, steps(connected("p"), publish2, to("p", pubrec(7)), from("p", pubrel(7)), to("p", pubcomp(7)), to("p", pubrec(7))), "MQTT-2.3.1-6", "MQTT-2.2.1-5"},
		{"PUBCOMP of the connection before", bothVersions, steps(kept("p"), publish2, to("p", pubrec(7)), from("p", pubrel(7)), cut("p"), resumed("p"), to("p", pubcomp(7))), "", ""},
		{"no answer to a PUBLISH", bothVersions, steps(connected("p"), publish, wait(5*time.Second), cut("p")), "MQTT-3.3.4-1", "MQTT-3.3.4-1"},
		{"no answer yet", bothVersions, steps(connected("p"), publish, wait(3*time.Second), cut("p")), "", ""},
		{"no answer, and the close", bothVersions, steps(connected("p"), publish, wait(5*time.Second), dropped("p")), "", ""},
		{"no PUBCOMP", bothVersions, steps(connected("p"), publish2, to("p", pubrec(7)), from("p", pubrel(7)), wait(5*time.Second), cut("p")), "MQTT-4.3.3-2", "MQTT-4.3.3-11"},
		{"no PINGRESP", bothVersions, steps(connected("p"), from("p", &codec.Pingreq{}), wait(5*time.Second), cut("p")), "MQTT-3.12.4-1", "MQTT-3.12.4-1"},

		{"PUBREL without PUBREC", bothVersions, steps(there, reads("s", "t", "m", 2, 1), to("s", pubrel(1))), "MQTT-2.3.1-6", "MQTT-2.2.1-5"},
		{"PUBREL again on a live connection", bothVersions, steps(there, reads("s", "t", "m", 2, 1), from("s", pubrec(1)), to("s", pubrel(1)), to("s", pubrel(1))), "", "MQTT-4.4.0-1"},
		{"PUBREL again on resumption", bothVersions, steps(there, reads("s", "t", "m", 2, 1), from("s", pubrec(1)), to("s", pubrel(1)), back, to("s", pubrel(1))), "", ""},
		{"PUBREL for what a client of an unknown past may have", bothVersions, steps(resumed("s"), to("s", pubrel(1))), "", ""},

		{"an identifier in use over a break", bothVersions, steps(there, reads("s", "t", "m", 1, 1), back, reads("s", "t", "n", 1, 1)), "MQTT-2.3.1-4", "MQTT-2.2.1-4"},
		{"an identifier free in a new session", bothVersions, steps(there, reads("s", "t", "m", 1, 1), cut("s"), connected("s"), subscribes("s", "t", 2), reads("s", "t", "n", 1, 1)), "", ""},
		{"an identifier free after a refusal", only5, steps(there, reads("s", "t", "m", 2, 1), from("s", &codec.Pubrec{Ack: codec.Ack{PacketID: 1, Code: 0x80}}), reads("s", "t", "n", 2, 1)), "", ""},
		{"an acknowledgement that may be lost", bothVersions, steps(there, reads("s", "t", "m", 1, 1), from("s", puback(1)), back, gets("s", "t", "m", 1, 1, dup)), "", ""},
		{"an acknowledgement that has arrived", bothVersions, steps(there, reads("s", "t", "m", 1, 1), from("s", puback(1)), synced("s"), back, gets("s", "t", "m", 1, 1, dup)), "", "MQTT-4.4.0-1"},
		{"another message after it", bothVersions, steps(there, reads("s", "t", "m", 1, 1), from("s", puback(1)), synced("s"), back, gets("s", "t", "n", 1, 1)), "", ""},
		{"a refused message again", only5, steps(there, reads("s", "t", "m", 1, 1), from("s", &codec.Puback{Ack: codec.Ack{PacketID: 1, Code: 0x80}}), synced("s"), back, gets("s", "t", "m", 1, 1, dup)), "", "MQTT-4.4.0-2"},
		{"PUBLISH after PUBREL was read", bothVersions, steps(there, reads("s", "t", "m", 2, 1), from("s", pubrec(1)), to("s", pubrel(1)), back, reads("s", "t", "m", 2, 1, dup)), "MQTT-4.3.3-1", "MQTT-4.3.3-6"},
		{"PUBLISH after a cut between PUBREC and PUBREL", bothVersions, steps(there, reads("s", "t", "m", 2, 1), from("s", pubrec(1)), back, reads("s", "t", "m", 2, 1, dup)), "", ""},
		{"nothing again on resumption", bothVersions, steps(there, reads("s", "t", "m", 1, 1), back, idle), "MQTT-4.4.0-1", "MQTT-4.4.0-1"},
		{"nothing again yet", bothVersions, steps(there, reads("s", "t", "m", 1, 1), back, wait(3*time.Second), cut("s"), end()), "", ""},
		{"nothing again to a new session", bothVersions, steps(there, reads("s", "t", "m", 1, 1), cut("s"), wait(time.Second), dial("s"),
			from("s", &codec.Connect{CleanStart: true, ClientID: codec.Text("s")}), to("s", &codec.Connack{}), idle), "", ""},
		{"nothing again after a restart", bothVersions, steps(there, reads("s", "t", "m", 1, 1), restarted(), dropped("s"), kept("s"), idle), "", ""},
		{"a client that answered wrongly", bothVersions, steps(there, reads("s", "t", "m", 1, 1), from("s", pubrec(1)), to("s", pubrel(1)), back, to("s", pubrel(1)), idle), "", ""},
	})
}

func TestDup(t *testing.T) {
	there := all(kept("s"), subscribes("s", "t", 1), connected("p"))
	back := all(cut("s"), resumed("s"))
	judged(t, []trace{
		{"sent again without DUP", bothVersions, steps(there, reads("s", "t", "m", 1, 1), back, reads("s", "t", "m", 1, 1)), "MQTT-3.3.1-1", "MQTT-3.3.1-1"},
		{"sent again with DUP", bothVersions, steps(there, reads("s", "t", "m", 1, 1), back, reads("s", "t", "m", 1, 1, dup)), "", ""},
		{"the same content after its acknowledgement", bothVersions, steps(there, reads("s", "t", "m", 1, 1), from("s", puback(1)), back, reads("s", "t", "m", 1, 1)), "", ""},
		{"DUP on the first connection of a session", bothVersions, steps(there, publishes("p", "t", "m", 1), gets("s", "t", "m", 1, 1, dup)), "MQTT-3.3.1-3", "MQTT-3.3.1-3"},
		{"DUP on what nobody here published", bothVersions, steps(there, gets("s", "t", "m", 1, 1, dup)), "MQTT-3.3.1-3", "MQTT-3.3.1-3"},
		{"DUP on what may have been tried before", bothVersions, steps(there, publishes("p", "t", "m", 1), back, gets("s", "t", "m", 1, 1, dup)), "", ""},
		{"DUP on what was published after the return", bothVersions, steps(there, back, publishes("p", "t", "m", 1), gets("s", "t", "m", 1, 1, dup)), "MQTT-3.3.1-3", "MQTT-3.3.1-3"},
		{"DUP in a session with an unknown past", bothVersions, steps(resumed("s"), gets("s", "t", "m", 1, 1, dup)), "", ""},
		{"DUP to a member of a shared subscription", only5, steps(connected("s"), subscribes("s", "$share/g/t", 1), connected("p"), publishes("p", "t", "m", 1), gets("s", "t", "m", 1, 1, dup)), "", ""},
	})
}
