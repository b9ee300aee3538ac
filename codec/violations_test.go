package codec

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestViolations(t *testing.T) {
	const c, s = FromClient, FromServer
	// A CONNECT of 3.1.1 and one of 5.0 without its first two bytes, up to the
	// Connect Flags.
	const mqtt4, mqtt5 = "0004 4d515454 04", "0004 4d515454 05"
	for _, test := range []struct {
		name string
		v    Version
		from Sender
		hex  string
		want string
	}{
		{"type 0", V311, c, "0000", "0 malformed U3-2.2.1-u1"},
		{"type 0", V5, s, "0000", "0 malformed U5-2.1.2-u1"},
		{"AUTH is reserved in 3.1.1", V311, c, "f000", "0 malformed U3-2.2.1-u1"},
		{"SUBSCRIBE from a server", V5, s, "8207 0001 00 0001 61 00", "0 protocol_error U5-2.1.2-u1"},
		{"CONNACK from a client", V311, c, "2002 0000", "0 protocol_error U3-2.2.1-u1"},
		{"DISCONNECT from a server", V311, s, "e000", "0 protocol_error U3-2.2.1-u1"},
		{"DISCONNECT from a server", V5, s, "e000", ""},
		{"PINGREQ flags", V5, c, "c100", "0 malformed MQTT-2.1.3-1"},
		{"PINGREQ flags", V311, c, "c100", "0 malformed MQTT-2.2.2-1"},
		{"PINGREQ flags are not used", V31, c, "c100", ""},
		{"PUBREL flags", V5, c, "6002 0001", "0 malformed MQTT-3.6.1-1"},
		{"PUBREL with DUP", V31, c, "6a02 0001", ""},
		{"PUBREL with QoS 0", V31, c, "6002 0001", "0 protocol_error §2.1"},
		{"SUBSCRIBE flags", V311, c, "8006 0001 0001 61 00", "0 malformed MQTT-3.8.1-1"},
		{"DISCONNECT flags", V5, c, "e100", "0 malformed MQTT-3.14.1-1"},
		{"non-minimal length", V5, c, "c08000", "1 unspecified MQTT-1.5.5-1"},
		{"non-minimal length is legal", V311, c, "c08000", ""},
		{"non-minimal length of four bytes", V311, c, "c080808000", ""},
		{"five bytes of length", V5, c, "30ffffffff01", "4 malformed U5-2.1.4-u1"},
		{"five bytes of length", V311, c, "3080808080 00", "4 malformed U3-2.2.3-u1"},
		{"empty input", V5, c, "", "0 malformed U5-2.1.4-u2"},
		{"one byte", V5, c, "30", "1 malformed U5-2.1.4-u2"},
		{"length not over", V5, c, "3080", "2 malformed U5-2.1.4-u2"},
		{"packet not over", V5, c, "30 05 0001", "4 malformed U5-2.1.4-u2"},
		{"huge and not over", V5, c, "30ffffff7f", "5 malformed U5-2.1.4-u2"},
		{"wrong and not over", V5, c, "38 05 0001", "0 unspecified MQTT-3.3.1-2; 4 malformed U5-2.1.4-u2"},
		{"incomplete in a text with faults", V311, c, "82 0a 0000 0002 612b", "2 protocol_error MQTT-2.3.1-1; 7 protocol_error MQTT-4.7.1-3; 8 malformed U3-2.2.3-u2"},
		{"incomplete and from the wrong end", V5, s, "c0", "0 protocol_error U5-2.1.2-u1; 1 malformed U5-2.1.4-u2"},
		{"incomplete inside a CONNECT", V311, c, "100c" + mqtt4 + "03", "9 malformed MQTT-3.1.2-3; 10 malformed U3-2.2.3-u2"},
		{"incomplete inside a property", V5, c, "3012 0001 61 09 0102 02", "7 unspecified §3.3.2.3.2; 9 malformed U5-2.1.4-u2"},
		{"bytes behind the packet", V5, c, "c00000", "2 malformed U5-2.1.4-u2"},
		{"PINGREQ with a byte", V5, c, "c00100", "2 malformed U5-2.1.4-u2"},

		{"CONNECT", V311, c, "100c" + mqtt4 + "02 003c 0000", ""},
		{"CONNECT without protocol name", V311, c, "1000", "2 malformed MQTT-3.1.4-1"},
		{"CONNECT with another name", V311, c, "100c 0004 4d515458 04 02 003c 0000", "2 protocol_error MQTT-3.1.2-1"},
		{"CONNECT with a name that holds U+0000", V311, c, "100e 0004 4d515400 04 02 003c 0002 6331", "7 protocol_error MQTT-1.5.3-2; 8 protocol_error MQTT-3.1.2-1"},
		{"CONNECT with a name that is no UTF-8", V5, c, "100f 0004 4d5154ff 05 02 003c 00 0002 6331", "7 malformed MQTT-1.5.4-1; 8 protocol_error MQTT-3.1.2-1"},
		{"CONNECT with a name of bytes that 3.1 does not judge", V31, c, "100f 0006 4d51497364ff 03 02 003c 0001 61", "2 protocol_error §3.1"},
		{"CONNECT of level 6", V5, c, "100d 0004 4d515454 06 02 003c 00 0000", "8 protocol_error MQTT-3.1.2-2"},
		{"CONNECT of 3.1", V31, c, "100f 0006 4d5149736470 03 02 003c 0001 61", ""},
		{"CONNECT of 3.1 by its level", 0, c, "100f 0006 4d5149736470 03 02 003c 0001 61", ""},
		{"CONNECT of 3.1 without id", V31, c, "100e 0006 4d5149736470 03 02 003c 0000", "14 protocol_error §3.1"},
		{"CONNECT of 3.1 with flags for fields that are not there", V31, c, "100f 0006 4d5149736470 03 c2 003c 0001 61", ""},
		{"CONNECT of 3.1 with a password and no user", V31, c, "1012 0006 4d5149736470 03 42 003c 0001 61 0001 70", "17 protocol_error §3.1"},
		{"CONNECT of 3.1 with the flag of a password alone", V31, c, "100f 0006 4d5149736470 03 42 003c 0001 61", ""},
		{"CONNECT of 3.1 with a user and no password", V31, c, "1012 0006 4d5149736470 03 c2 003c 0001 61 0001 75", ""},
		{"CONNECT of 3.1 with a will of eight bits", V31, c, "1016 0006 4d5149736470 03 06 003c 0001 61 0001 77 0002 61c3", "23 protocol_error §3.1"},
		{"CONNECT of 3.1 with Will QoS 3", V31, c, "1014 0006 4d5149736470 03 1e 003c 0001 61 0001 77 0000", "11 protocol_error §3.1"},
		{"CONNECT reserved flag is not used", V31, c, "100f 0006 4d5149736470 03 03 003c 0001 61", ""},
		{"CONNECT reserved flag", V311, c, "100c" + mqtt4 + "03 003c 0000", "9 malformed MQTT-3.1.2-3"},
		{"CONNECT reserved flag", V5, c, "100d" + mqtt5 + "03 003c 00 0000", "9 malformed MQTT-3.1.2-3"},
		{"CONNECT Will QoS without Will", V311, c, "100c" + mqtt4 + "0a 003c 0000", "9 protocol_error MQTT-3.1.2-13"},
		{"CONNECT Will QoS without Will", V5, c, "100d" + mqtt5 + "0a 003c 00 0000", "9 protocol_error MQTT-3.1.2-11"},
		{"CONNECT Will Retain without Will", V311, c, "100c" + mqtt4 + "22 003c 0000", "9 protocol_error MQTT-3.1.2-15"},
		{"CONNECT Will QoS 3", V311, c, "1011" + mqtt4 + "1e 003c 0000 0001 61 0000", "9 protocol_error MQTT-3.1.2-14"},
		{"CONNECT Will QoS 3", V5, c, "1013" + mqtt5 + "1e 003c 00 0000 00 0001 61 0000", "9 malformed MQTT-3.1.2-12"},
		{"CONNECT password without user", V311, c, "100f" + mqtt4 + "42 003c 0000 0001 70", "9 protocol_error MQTT-3.1.2-22"},
		{"CONNECT password without user", V5, c, "1010" + mqtt5 + "42 003c 00 0000 0001 70", ""},
		{"CONNECT without id", V311, c, "100a" + mqtt4 + "02 003c", "12 malformed MQTT-3.1.3-3"},
		{"CONNECT with empty id and Clean Session 0", V311, c, "100c" + mqtt4 + "00 003c 0000", "12 protocol_error MQTT-3.1.3-7"},
		{"CONNECT with empty id and Clean Start 0", V5, c, "100d" + mqtt5 + "00 003c 00 0000", ""},
		{"CONNECT without Will fields", V311, c, "100c" + mqtt4 + "06 003c 0000", "14 malformed MQTT-3.1.2-9"},
		{"CONNECT without Will Properties", V5, c, "100d" + mqtt5 + "06 003c 00 0000", "15 malformed MQTT-2.2.2-1"},
		{"CONNECT without user", V5, c, "100d" + mqtt5 + "82 003c 00 0000", "15 malformed MQTT-3.1.2-17"},
		{"CONNECT without password", V311, c, "100f" + mqtt4 + "c2 003c 0000 0001 75", "17 malformed MQTT-3.1.2-21"},
		{"CONNECT with user and no flag", V311, c, "100f" + mqtt4 + "02 003c 0000 0001 75", "14 malformed MQTT-3.1.4-1"},
		{"CONNECT Will Topic with wildcard", V5, c, "1013" + mqtt5 + "06 003c 00 0000 00 0001 23 0000", "18 unspecified MQTT-4.7.0-1"},
		{"CONNECT Will Topic empty", V311, c, "1010" + mqtt4 + "06 003c 0000 0000 0000", "14 protocol_error MQTT-4.7.3-1"},
		{"CONNECT Authentication Data whose method may stand behind an unknown property", V5, c, "1019" + mqtt5 + "02 003c 0a 160001 64 7f00 150001 6d 0002 6331", "17 malformed U5-2.2.2.2-u1"},
		{"CONNECT Authentication Data alone", V5, c, "1010" + mqtt5 + "02 003c 03 160000 0000", "16 protocol_error U5-3.1.2.11.10-u1"},
		{"CONNECT id with U+0000", V311, c, "100d" + mqtt4 + "02 003c 0001 00", "14 protocol_error MQTT-1.5.3-2"},
		{"CONNECT id with a surrogate", V5, c, "1010" + mqtt5 + "02 003c 00 0003 eda080", "15 malformed MQTT-1.5.4-1"},
		{"CONNECT id overlong", V5, c, "100f" + mqtt5 + "02 003c 00 0002 c080", "15 malformed MQTT-1.5.4-1"},
		{"CONNECT id with U+FEFF", V5, c, "1010" + mqtt5 + "02 003c 00 0003 efbbbf", ""},
		{"CONNECT id with a control character", V5, c, "100e" + mqtt5 + "02 003c 00 0001 01", ""},
		{"CONNECT id that is no UTF-8 in 3.1", V31, c, "100f 0006 4d5149736470 03 02 003c 0001 ff", ""},

		{"CONNACK", V311, s, "2002 0100", ""},
		{"CONNACK reserved bits", V311, s, "2002 0200", "2 malformed U3-3.2.2.1-u1"},
		{"CONNACK reserved bits", V5, s, "2003 ff0000", "2 malformed MQTT-3.2.2-1"},
		{"CONNACK reserved bits are not used", V31, s, "2002 ff00", ""},
		{"CONNACK session and code", V311, s, "2002 0105", "3 protocol_error MQTT-3.2.2-4"},
		{"CONNACK session and code", V5, s, "2003 0187 00", "3 unspecified MQTT-3.2.2-6"},
		{"CONNACK undefined code", V311, s, "2002 0006", "3 protocol_error MQTT-3.2.2-6"},
		{"CONNACK undefined code", V5, s, "2003 0001 00", "3 unspecified MQTT-3.2.2-8"},
		{"CONNACK without properties", V5, s, "2002 0000", "4 malformed MQTT-2.2.2-1"},
		{"CONNACK with properties in 3.1.1", V311, s, "2003 0000 00", "4 malformed U3-2.2.3-u2"},
		{"CONNACK short", V311, s, "2001 00", "3 malformed U3-2.2.3-u2"},

		{"PUBLISH", V5, c, "3004 0001 61 00", ""},
		{"PUBLISH QoS 3", V5, c, "3606 0001 61 0001 00", "0 malformed MQTT-3.3.1-4"},
		{"PUBLISH QoS 3", V311, s, "3605 0001 61 0001", "0 malformed MQTT-3.3.1-4"},
		{"PUBLISH QoS 3 says nothing of what is behind the topic", V5, s, "3608 0003 61 ff 62 ffff ff", "0 malformed MQTT-3.3.1-4; 5 malformed MQTT-1.5.4-1"},
		{"PUBLISH QoS 3 without an identifier", V311, s, "3603 0001 61", "0 malformed MQTT-3.3.1-4"},
		{"PUBLISH DUP QoS 0", V5, s, "3804 0001 61 00", "0 unspecified MQTT-3.3.1-2"},
		{"PUBLISH DUP QoS 0", V311, s, "3803 0001 61", "0 protocol_error MQTT-3.3.1-2"},
		{"PUBLISH DUP QoS 0 and long length", V5, s, "388400 0001 61 00", "0 unspecified MQTT-3.3.1-2; 1 unspecified MQTT-1.5.5-1"},
		{"PUBLISH id 0 from a client", V5, c, "3206 0001 61 0000 00", "5 unspecified MQTT-2.2.1-3"},
		{"PUBLISH id 0 from a server", V5, s, "3206 0001 61 0000 00", "5 unspecified MQTT-2.2.1-4"},
		{"PUBLISH id 0", V311, s, "3205 0001 61 0000", "5 protocol_error MQTT-2.3.1-1"},
		{"PUBLISH without topic", V5, c, "3000", "2 malformed MQTT-3.3.2-1"},
		{"PUBLISH topic too long", V5, c, "3004 0009 61 00", "2 malformed MQTT-3.3.2-1"},
		{"PUBLISH empty topic", V311, c, "3002 0000", "2 protocol_error MQTT-4.7.3-1"},
		{"PUBLISH empty topic without alias", V5, c, "3003 0000 00", "2 protocol_error U5-3.3.2.1-u1"},
		{"PUBLISH empty topic without alias and id 0", V5, c, "3205 0000 0000 00", "2 protocol_error U5-3.3.2.1-u1; 4 unspecified MQTT-2.2.1-3"},
		{"PUBLISH empty topic without alias and a bad property", V5, s, "3805 0000 02 0102", "0 unspecified MQTT-3.3.1-2; 2 protocol_error U5-3.3.2.1-u1; 6 unspecified §3.3.2.3.2"},
		{"PUBLISH empty topic with alias and id 0", V5, c, "3208 0000 0000 03 230001", "4 unspecified MQTT-2.2.1-3"},
		{"PUBLISH empty topic with alias", V5, c, "3006 0000 03 230001", ""},
		{"PUBLISH alias 0", V5, c, "3007 0001 61 03 230000", "7 protocol_error MQTT-3.3.2-8"},
		{"PUBLISH wildcard", V5, s, "3006 0003 61 2f 23 00", "6 unspecified MQTT-3.3.2-2"},
		{"PUBLISH wildcard", V311, c, "3005 0003 61 2b 62", "5 protocol_error MQTT-3.3.2-2"},
		{"PUBLISH wildcard before bad UTF-8", V5, c, "3006 0003 23 61 ff 00", "4 unspecified MQTT-3.3.2-2; 6 malformed MQTT-1.5.4-1"},
		{"PUBLISH wildcard behind bad UTF-8", V5, c, "3007 0004 ff2361ff 00", "4 malformed MQTT-1.5.4-1; 5 unspecified MQTT-3.3.2-2; 7 malformed MQTT-1.5.4-1"},
		{"PUBLISH a run of bad UTF-8 is one", V5, c, "3009 0006 eda080c0af61 00", "4 malformed MQTT-1.5.4-1"},
		{"PUBLISH a cut character before a good one", V5, c, "3006 0003 e28261 00", "4 malformed MQTT-1.5.4-1"},
		{"PUBLISH U+0000 twice", V311, c, "3006 0004 00006100", "4 protocol_error MQTT-1.5.3-2; 7 protocol_error MQTT-1.5.3-2"},
		{"PUBLISH wildcards in runs", V5, c, "3008 0005 2b2361232b 00", "4 unspecified MQTT-3.3.2-2; 7 unspecified MQTT-3.3.2-2"},
		{"PUBLISH wildcard behind bytes that 3.1 does not judge", V31, c, "3004 0002 ff23", "5 protocol_error §3.3"},
		{"PUBLISH without properties", V5, c, "3003 0001 61", "5 malformed MQTT-2.2.2-1"},
		{"PUBLISH cut id", V311, c, "3204 0001 61 00", "5 malformed U3-2.2.3-u2"},
		{"PUBLISH Subscription Identifier from a client", V5, c, "3006 0001 61 02 0b01", "6 protocol_error MQTT-3.3.4-6"},
		{"PUBLISH Subscription Identifiers from a server", V5, s, "3008 0001 61 04 0b01 0b01", ""},
		{"PUBLISH Subscription Identifier 0", V5, s, "3006 0001 61 02 0b00", "7 protocol_error U5-3.3.2.3.8-u1"},
		{"PUBLISH Subscription Identifier long", V5, s, "3007 0001 61 03 0b8100", "7 unspecified MQTT-1.5.5-1"},
		{"PUBLISH Subscription Identifier of five bytes", V5, s, "300a 0001 61 06 0bffffffff01", "7 malformed U5-2.1.4-u1"},
		{"PUBLISH Payload Format Indicator 2", V5, s, "3006 0001 61 02 0102", "7 unspecified §3.3.2.3.2"},
		{"PUBLISH Payload Format Indicator twice", V5, s, "3008 0001 61 04 0101 0101", ""},
		{"PUBLISH Content Type twice", V5, s, "300a 0001 61 06 030000 030000", "9 protocol_error U5-3.3.2.3.9-u1"},
		{"PUBLISH Response Topic with wildcard", V5, c, "3008 0001 61 04 080001 2b", "9 unspecified MQTT-3.3.2-14"},
		{"PUBLISH Response Topic of bad text with a wildcard", V5, c, "300a 0001 74 05 080002 ff23 78", "9 malformed MQTT-1.5.4-1; 10 unspecified MQTT-3.3.2-14"},
		{"PUBLISH Response Topic empty", V5, c, "3007 0001 61 03 080000", "7 unspecified MQTT-4.7.3-1"},
		{"PUBLISH payload not of its format", V5, c, "3007 0001 61 02 0101 ff", ""},
		{"PUBLISH User Property whose value is cut", V5, c, "300a 0001 61 06 26 0001 ff 0009", "6 malformed U5-2.2.2.2-u1; 9 malformed MQTT-1.5.7-1"},
		{"PUBLISH User Property whose name is cut", V5, c, "3009 0001 61 05 26 0009 ff 00", "6 malformed U5-2.2.2.2-u1"},
		{"PUBLISH User Property at the end of the bytes", V5, c, "3020 0001 61 1b 26 0001 ff 0009", "9 malformed MQTT-1.5.7-1; 12 malformed U5-2.1.4-u2"},
		{"PUBLISH User Property no UTF-8", V5, c, "300a 0001 61 06 26 0001 ff 0000", "9 malformed MQTT-1.5.7-1"},
		{"PUBLISH unknown property", V5, c, "3006 0001 61 02 7f00", "6 malformed U5-2.2.2.2-u1"},
		{"PUBLISH misplaced property", V5, c, "3009 0001 61 05 1100000001", "6 malformed U5-2.2.2.2-u1"},
		{"PUBLISH misplaced property that is cut", V5, c, "3006 0001 61 02 1100", "6 malformed U5-2.2.2.2-u1"},
		{"PUBLISH cut property", V5, c, "3007 0001 61 03 020000", "6 malformed U5-2.2.2.2-u1"},
		{"PUBLISH Property Length too long", V5, c, "3006 0001 61 09 0101", "5 malformed U5-2.2.2.1-u1"},
		{"PUBLISH Property Length of five bytes", V5, c, "3009 0001 61 ffffffff01 00", "5 malformed U5-2.1.4-u1"},
		{"PUBLISH Property Length long", V5, c, "3005 0001 61 8000", "5 unspecified MQTT-1.5.5-1"},
		{"PUBLISH Property Length cut", V5, c, "3004 0001 61 80", "5 malformed U5-2.1.4-u2"},
		{"PUBLISH long property identifier", V5, c, "3007 0001 61 03 810000", "6 unspecified MQTT-1.5.5-1"},

		{"PUBACK of length 2", V5, s, "4002 0001", ""},
		{"PUBACK of length 3", V5, s, "4003 0001 10", ""},
		{"PUBACK of length 4", V5, s, "4004 0001 10 00", ""},
		{"PUBACK of length 1", V5, s, "4001 00", "2 malformed U5-2.1.4-u2"},
		{"PUBACK of length 3", V311, s, "4003 0001 10", "4 malformed U3-2.2.3-u2"},
		{"PUBACK id 0 is the judge's", V5, s, "4002 0000", ""},
		{"PUBACK undefined code", V5, c, "4003 0001 92", "4 unspecified MQTT-3.4.2-1"},
		{"PUBACK bytes behind", V5, c, "4005 0001 10 00 00", "6 malformed U5-2.1.4-u2"},
		{"PUBREC undefined code", V5, c, "5003 0001 01", "4 unspecified MQTT-3.5.2-1"},
		{"PUBREL code", V5, c, "6203 0001 92", ""},
		{"PUBREL undefined code", V5, c, "6203 0001 80", "4 unspecified MQTT-3.6.2-1"},
		{"PUBCOMP undefined code", V5, c, "7003 0001 80", "4 unspecified MQTT-3.7.2-1"},
		{"PUBACK Reason String twice", V5, s, "400a 0001 10 06 1f0000 1f0000", "9 protocol_error U5-3.4.2.2.2-u1"},

		{"SUBSCRIBE", V311, c, "8206 0001 0001 61 02", ""},
		{"SUBSCRIBE id 0", V311, c, "8206 0000 0001 61 00", "2 protocol_error MQTT-2.3.1-1"},
		{"SUBSCRIBE id 0", V5, c, "8207 0000 00 0001 61 00", "2 unspecified MQTT-2.2.1-3"},
		{"SUBSCRIBE without filter", V311, c, "8202 0001", "4 protocol_error MQTT-3.8.3-3"},
		{"SUBSCRIBE without filter", V5, c, "8203 0001 00", "5 protocol_error MQTT-3.8.3-2"},
		{"SUBSCRIBE without options", V311, c, "8205 0001 0001 61", "7 malformed U3-2.2.3-u2"},
		{"SUBSCRIBE QoS 3", V311, c, "8206 0001 0001 61 03", "7 malformed MQTT-3.8.3-4"},
		{"SUBSCRIBE QoS 3", V5, c, "8207 0001 00 0001 61 03", "8 protocol_error U5-3.8.3.1-u1"},
		{"SUBSCRIBE reserved bits", V311, c, "8206 0001 0001 61 04", "7 malformed MQTT-3.8.3-4"},
		{"SUBSCRIBE reserved bits", V5, c, "8207 0001 00 0001 61 40", "8 malformed MQTT-3.8.3-5"},
		{"SUBSCRIBE Retain Handling 3", V5, c, "8207 0001 00 0001 61 30", "8 protocol_error U5-3.8.3.1-u2"},
		{"SUBSCRIBE No Local", V5, c, "8207 0001 00 0001 61 04", ""},
		{"SUBSCRIBE No Local shared", V5, c, "820f 0001 00 0009 2473686172652f6761 04", "16 unspecified MQTT-4.8.2-2; 16 protocol_error MQTT-3.8.3-4"},
		{"SUBSCRIBE No Local well shared", V5, c, "8210 0001 00 000a 2473686172652f672f61 04", "17 protocol_error MQTT-3.8.3-4"},
		{"SUBSCRIBE empty filter", V5, c, "8206 0001 00 0000 00", "5 unspecified MQTT-4.7.3-1"},
		{"SUBSCRIBE empty filter", V311, c, "8205 0001 0000 00", "4 protocol_error MQTT-4.7.3-1"},
		{"SUBSCRIBE a#", V5, c, "8208 0001 00 0002 6123 00", "8 unspecified MQTT-4.7.1-1"},
		{"SUBSCRIBE a#", V311, c, "8207 0001 0002 6123 00", "7 protocol_error MQTT-4.7.1-2"},
		{"SUBSCRIBE #/a", V311, c, "8208 0001 0003 232f61 00", "6 protocol_error MQTT-4.7.1-2"},
		{"SUBSCRIBE a+", V5, c, "8208 0001 00 0002 612b 00", "8 unspecified MQTT-4.7.1-2"},
		{"SUBSCRIBE +a", V311, c, "8207 0001 0002 2b61 00", "6 protocol_error MQTT-4.7.1-3"},
		{"SUBSCRIBE +/+/#", V5, c, "820b 0001 00 0005 2b2f2b2f23 00", ""},
		{"SUBSCRIBE /", V5, c, "8207 0001 00 0001 2f 00", ""},
		{"SUBSCRIBE $SYS/#", V5, c, "820c 0001 00 0006 245359532f23 00", ""},
		{"SUBSCRIBE $share", V5, c, "820c 0001 00 0006 247368617265 00", ""},
		{"SUBSCRIBE $share/", V5, c, "820d 0001 00 0007 2473686172652f 00", "14 unspecified MQTT-4.8.2-1; 14 unspecified MQTT-4.8.2-2"},
		{"SUBSCRIBE $share//a", V5, c, "820f 0001 00 0009 2473686172652f2f61 00", "14 unspecified MQTT-4.8.2-1"},
		{"SUBSCRIBE $share/g", V5, c, "820e 0001 00 0008 2473686172652f67 00", "15 unspecified MQTT-4.8.2-2"},
		{"SUBSCRIBE $share/g/", V5, c, "820f 0001 00 0009 2473686172652f672f 00", "16 unspecified MQTT-4.8.2-2"},
		{"SUBSCRIBE $share/+/a", V5, c, "8210 0001 00 000a 2473686172652f2b2f61 00", "14 unspecified MQTT-4.8.2-2"},
		{"SUBSCRIBE $share/g/a#", V5, c, "8211 0001 00 000b 2473686172652f672f6123 00", "17 unspecified MQTT-4.7.1-1"},
		{"SUBSCRIBE $share/#", V5, c, "820e 0001 00 0008 2473686172652f23 00", "14 unspecified MQTT-4.8.2-2; 15 unspecified MQTT-4.8.2-2"},
		{"SUBSCRIBE $share/ and bad text", V5, c, "8210 0001 00 000a 2473686172652f2bff00 00", "14 unspecified MQTT-4.8.2-2; 15 malformed MQTT-1.5.4-1; 16 malformed MQTT-1.5.4-2; 17 unspecified MQTT-4.8.2-2"},
		{"SUBSCRIBE $share// and bad text", V5, c, "8210 0001 00 000a 2473686172652f2fff23 00", "14 unspecified MQTT-4.8.2-1; 15 malformed MQTT-1.5.4-1; 16 unspecified MQTT-4.7.1-1"},
		{"SUBSCRIBE $share/+b/ and U+0000", V5, c, "8212 0001 00 000c 2473686172652f2b622f7800 00", "14 unspecified MQTT-4.8.2-2; 18 malformed MQTT-1.5.4-2"},
		{"SUBSCRIBE $share/+b/ and bad text", V5, c, "8211 0001 00 000b 2473686172652f2b622fff 00", "14 unspecified MQTT-4.8.2-2; 17 malformed MQTT-1.5.4-1"},
		{"SUBSCRIBE $share/ and bad text and no filter", V5, c, "820e 0001 00 0008 2473686172652fff 00", "14 malformed MQTT-1.5.4-1; 15 unspecified MQTT-4.8.2-2"},
		{"UNSUBSCRIBE $share/a#/ and U+0000", V5, c, "a210 0001 00 000b 2473686172652f61232f00", "15 unspecified MQTT-4.8.2-2; 17 malformed MQTT-1.5.4-2"},
		{"SUBSCRIBE $share/ is any topic", V311, c, "820c 0001 0007 2473686172652f 00", ""},
		{"SUBSCRIBE filter with U+0000", V5, c, "8207 0001 00 0001 00 00", "7 malformed MQTT-1.5.4-2"},
		{"SUBSCRIBE two bad filters", V5, c, "820c 0001 00 0002 ff2b 00 0001 00 00", "7 malformed MQTT-1.5.4-1; 8 unspecified MQTT-4.7.1-2; 12 malformed MQTT-1.5.4-2"},
		{"SUBSCRIBE wildcards in runs", V5, c, "820b 0001 00 0005 612b2b2f23 00", "8 unspecified MQTT-4.7.1-2"},
		{"SUBSCRIBE filter no UTF-8", V311, c, "8206 0001 0001 ff 00", "6 malformed MQTT-1.5.3-1"},
		{"SUBSCRIBE Subscription Identifier 0", V5, c, "8209 0001 02 0b00 0001 61 00", "6 protocol_error U5-3.8.2.1.2-u1"},
		{"SUBSCRIBE Subscription Identifier twice", V5, c, "820b 0001 04 0b01 0b02 0001 61 00", "7 protocol_error U5-3.8.2.1.2-u2"},

		{"SUBACK", V311, s, "9006 0001 00 01 02 80", ""},
		{"SUBACK has two bits in 3.1", V31, s, "9006 0001 02 80 fc fe", ""},
		{"SUBACK QoS 3", V31, s, "9004 0001 03 ff", "4 protocol_error §3.9; 5 protocol_error §3.9"},
		{"SUBACK undefined codes", V311, s, "9005 0001 03 00 81", "4 protocol_error MQTT-3.9.3-2; 6 protocol_error MQTT-3.9.3-2"},
		{"SUBACK undefined code", V5, s, "9004 0001 00 03", "5 unspecified MQTT-3.9.3-2"},
		{"SUBACK without codes", V311, s, "9002 0001", "4 protocol_error MQTT-3.8.4-5"},
		{"SUBACK without codes", V5, s, "9003 0001 00", "5 unspecified MQTT-3.8.4-6"},
		{"UNSUBSCRIBE without filter", V5, c, "a203 0001 00", "5 protocol_error MQTT-3.10.3-2"},
		{"UNSUBSCRIBE a#", V311, c, "a206 0001 0002 6123", "7 protocol_error MQTT-4.7.1-2"},
		{"UNSUBACK", V311, s, "b002 0001", ""},
		{"UNSUBACK with codes", V311, s, "b003 0001 00", "4 malformed U3-2.2.3-u2"},
		{"UNSUBACK undefined code", V5, s, "b004 0001 00 10", "5 unspecified MQTT-3.11.3-2"},
		{"UNSUBACK without codes", V5, s, "b003 0001 00", "5 unspecified MQTT-3.11.3-2"},

		{"DISCONNECT of length 1", V5, c, "e001 04", ""},
		{"DISCONNECT with Will from a server", V5, s, "e001 04", "2 unspecified MQTT-3.14.2-1"},
		{"DISCONNECT 0x8e from a client", V5, c, "e001 8e", "2 unspecified MQTT-3.14.2-1"},
		{"DISCONNECT 0x9b from a client", V5, c, "e001 9b", ""},
		{"DISCONNECT 0x8c", V5, s, "e001 8c", ""},
		{"DISCONNECT undefined code", V5, s, "e001 01", "2 unspecified MQTT-3.14.2-1"},
		{"DISCONNECT with a body", V311, c, "e001 00", "2 malformed U3-2.2.3-u2"},
		{"DISCONNECT Session Expiry from a server", V5, s, "e007 00 05 1100000000", "4 unspecified MQTT-3.14.2-2"},
		{"DISCONNECT with a cut User Property and bytes behind", V5, c, "e00b 00 07 26 0001 c0 6b00 01 7601", "4 malformed U5-2.2.2.2-u1; 7 malformed MQTT-1.5.7-1; 11 malformed U5-2.1.4-u2"},
		{"DISCONNECT Session Expiry from a client", V5, c, "e007 00 05 1100000000", ""},
		{"AUTH of length 0", V5, s, "f000", ""},
		{"AUTH Success from a client", V5, c, "f000", "2 unspecified MQTT-3.15.2-1"},
		{"AUTH of length 1", V5, s, "f001 18", "3 malformed MQTT-2.2.2-1"},
		{"AUTH without method", V5, s, "f002 18 00", "4 protocol_error U5-3.15.2.2.2-u1"},
		{"AUTH of length 2 is not the short form", V5, s, "f002 00 00", "4 protocol_error U5-3.15.2.2.2-u1"},
		{"AUTH Success without method from a client", V5, c, "f002 00 00", "2 unspecified MQTT-3.15.2-1; 4 protocol_error U5-3.15.2.2.2-u1"},
		{"AUTH with other properties only", V5, s, "f008 18 06 160000 1f0000", "10 protocol_error U5-3.15.2.2.2-u1"},
		{"AUTH with a cut method", V5, s, "f004 18 02 1500", "4 malformed U5-2.2.2.2-u1"},
		{"AUTH whose method may stand behind an unknown property", V5, s, "f008 18 06 7f00 150001 61", "4 malformed U5-2.2.2.2-u1"},
		{"AUTH with a method longer than its properties", V5, s, "f007 18 05 1500056162", "4 malformed U5-2.2.2.2-u1"},
		{"PUBLISH whose alias is cut", V5, c, "3006 0000 02 2300 78", "5 malformed U5-2.2.2.2-u1"},
		{"PUBLISH whose alias may stand behind an unknown property", V5, s, "3008 0000 05 7f00 230001", "5 malformed U5-2.2.2.2-u1"},
		{"AUTH with method", V5, s, "f006 18 04 150001 61", ""},
		{"AUTH re-authenticate from a server", V5, s, "f006 19 04 150001 61", "2 unspecified MQTT-3.15.2-1"},
	} {
		t.Run(fmt.Sprintf("%s, %s", test.name, test.v), func(t *testing.T) {
			b := fromHex(t, test.hex)
			_, vs := Inspect(b, test.v, test.from)
			if got := brief(vs); got != test.want {
				t.Errorf("%x\n got %s\nwant %s", b, got, test.want)
			}
			checkOneDecoder(t, b, test.v, test.from)
		})
	}
}

// The Topic Name of a PUBLISH has a limit in 3.1, which counts characters.
func TestLongTopics(t *testing.T) {
	for _, test := range []struct {
		name  string
		v     Version
		topic string
		want  string
	}{
		{"as long as allowed", V31, strings.Repeat("a", 32_767), ""},
		{"one more", V31, strings.Repeat("a", 32_768), "4 protocol_error §2.2"},
		{"characters of two bytes", V31, strings.Repeat("é", 32_767), ""},
		{"with a wildcard", V31, strings.Repeat("a", 40_000) + "#", "4 protocol_error §2.2; 40006 protocol_error §3.3"},
		{"in 3.1.1", V311, strings.Repeat("a", 65_535), ""},
		{"in 5.0", V5, strings.Repeat("a", 65_535), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, from := range []Sender{FromClient, FromServer} {
				b, err := (&Publish{Topic: Text(test.topic)}).Append(nil, test.v)
				if err != nil {
					t.Fatal(err)
				}
				if _, vs := Inspect(b, test.v, from); brief(vs) != test.want {
					t.Errorf("got %s, want %s", brief(vs), test.want)
				}
				checkOneDecoder(t, b, test.v, from)
			}
		})
	}
	b, err := (&Connect{CleanStart: true, ClientID: Text("a"), Will: &Will{Topic: bytes.Repeat([]byte("a"), 65_535)}}).Append(nil, V31)
	if err != nil {
		t.Fatal(err)
	}
	if _, vs := Inspect(b, V31, FromClient); len(vs) > 0 {
		t.Errorf("a Will Topic may be longer: %s", brief(vs))
	}
}

// 3.1 has no general rule for errors, so nobody is blamed for going on.
func TestNothingIsNamedIn31(t *testing.T) {
	for _, h := range []string{"0000", "3600", "8200", "1000", "3080808080", "c001ff", "82050001000161", "8206000100016103"} {
		_, vs := Inspect(fromHex(t, h), V31, FromClient)
		if len(vs) == 0 {
			t.Errorf("%s: nothing found", h)
		}
		for _, v := range vs {
			if v.Named {
				t.Errorf("%s: %s: named in 3.1", h, &v)
			}
		}
	}
}
