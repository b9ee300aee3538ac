package codec

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// citations are the requirements that the codec can report.
func citations() map[spec.Ref]bool {
	cited := map[spec.Ref]bool{}
	cite := func(v Version, id string) {
		if id != "" && !strings.HasPrefix(id, "§") {
			cited[spec.Ref{Version: v, ID: id}] = true
		}
	}
	for _, r := range allRules() {
		cite(V31, r.v31)
		cite(V311, r.v311)
		cite(V5, r.v5)
	}
	for _, p := range spec.Properties {
		for _, in := range p.In {
			cite(V5, in.Twice)
			cite(V5, in.Range)
		}
	}
	return cited
}

// The codec cites ids; each must exist, or the report leads nowhere. Sections
// stand where the standard has no id.
func TestCitedRequirementsExist(t *testing.T) {
	source, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	if n, all := bytes.Count(source, []byte("= rule{"))+2*len(rulesFlags), len(allRules()); n != all {
		t.Errorf("allRules lists %d rules, rules.go has %d", all, n)
	}
	cited := citations()
	if len(cited) < 150 {
		t.Errorf("only %d citations", len(cited))
	}
	for ref := range cited {
		if _, ok := spec.Lookup(ref); !ok {
			t.Errorf("%s is not in the catalogue", ref)
		}
	}
}

// What 5.0 calls malformed or a Protocol Error is reported where one packet shows
// it. These are reported by another name, or need more than one packet.
var notCited = map[string]string{
	"MQTT-3.1.0-2":     "needs the history: a second CONNECT",
	"MQTT-4.13.1-1":    "the receiver's duty",
	"U5-1.5.4-u1":      "MQTT-1.5.4-1",
	"U5-1.5.4-u2":      "MQTT-1.5.4-2",
	"U5-1.5.4-u4":      "a MAY",
	"U5-1.5.7-u1":      "MQTT-1.5.7-1",
	"U5-2.1.3-u1":      "MQTT-2.1.3-1 and those of the packets",
	"U5-2.2.2.2-u2":    "the receiver's code",
	"U5-3.1.2.3-u1":    "MQTT-3.1.2-3",
	"U5-3.1.2.6-u1":    "MQTT-3.1.2-12",
	"U5-3.1.2.11.4-u2": "needs the CONNECT",
	"U5-3.1.2.11.7-u2": "needs the CONNECT",
	"U5-3.2.2.3.4-u2":  "needs the CONNACK",
	"U5-3.2.2.3.5-u2":  "needs the CONNACK",
	"U5-3.2.2.3.6-u2":  "needs the CONNACK",
	"U5-3.2.2.3.11-u2": "needs the CONNACK",
	"U5-3.2.2.3.12-u2": "needs the CONNACK",
	"U5-3.2.2.3.13-u2": "needs the CONNACK",
	"U5-3.3.1.2-u1":    "MQTT-3.3.1-4",
	"U5-3.3.1.2-u2":    "the receiver's code",
	"U5-3.3.4-u1":      "needs the SUBSCRIBE; MQTT-3.3.4-6 where a Client sends it",
	"U5-3.3.4-u2":      "MQTT-3.3.2-8 for 0; above the maximum needs the CONNECT or CONNACK",
	"U5-3.3.4-u3":      "needs the PUBLISH that set the alias",
	"U5-3.8.3-u1":      "MQTT-3.8.3-2",
	"U5-3.10.3-u1":     "MQTT-3.10.3-2",
	"U5-3.14.2.2.2-u2": "needs the CONNECT",
	"U5-3.14.2.2.2-u3": "the receiver's code",
	"U5-3.15-u1":       "needs the CONNECT",
	"U5-4.13.1-u1":     "the receiver's duty",
	"U5-4.13.1-u2":     "the receiver's duty",
	"U5-4.13.1-u3":     "the receiver's code",
	"U5-4.13.1-u4":     "the receiver's code",
}

func TestErrorsOf50AreReported(t *testing.T) {
	cited := citations()
	errors := 0
	for r := range spec.Requirements(V5) {
		text := r.Wording + r.Summary
		if !strings.Contains(text, "Malformed Packet") && !strings.Contains(text, "Protocol Error") {
			continue
		}
		errors++
		why, listed := notCited[r.ID]
		if cited[r.Ref] == listed {
			t.Errorf("%s: cited %v, listed as not cited %q: %s", r.Ref, cited[r.Ref], why, r.Summary)
		}
		if same := (spec.Ref{Version: V5, ID: why}); strings.HasPrefix(why, "MQTT-") && !strings.Contains(why, " ") && !cited[same] {
			t.Errorf("%s: it is said to be %s, which is not cited", r.Ref, same)
		}
	}
	if errors < 80 {
		t.Errorf("only %d statements speak of errors", errors)
	}
}

// allRules lists every rule, for the tests that look at all of them.
func allRules() (rules []*rule) {
	for i := range rulesFlags {
		rules = append(rules, &rulesFlags[i], &rulesCode[i])
	}
	return append(rules,
		&ruleType, &ruleDirection, &ruleLengthBytes, &ruleIncomplete, &ruleNonMinimal, &ruleShort,
		&ruleTrailing, &ruleBeyond, &ruleQoS1, &ruleUTF8, &ruleNull, &rulePair, &ruleNameWildcard,
		&rulePublishWildcard, &ruleEmptyName, &ruleMultiLevel, &ruleSingleLevel, &ruleShareName,
		&ruleShareFilter, &ruleResponseTopic, &rulePropertyLength, &rulePropertyLengthBytes,
		&rulePropertiesLong, &ruleProperty, &ruleSubscriptionIDFromClient, &ruleExpiryFromServer,
		&ruleAuthData, &ruleAuthMethod, &ruleConnectShort, &ruleConnectTrailing, &ruleProtocolName,
		&ruleProtocolLevel, &ruleConnectReserved, &ruleWillQoSWithoutWill, &ruleWillRetainWithoutWill,
		&ruleWillQoS, &rulePasswordWithoutUser, &ruleClientIDMissing, &ruleClientIDNone, &ruleClientIDEmpty, &ruleClientIDLong,
		&ruleWillNotASCII, &ruleTopicLong, &ruleWillMissing, &ruleUserMissing, &rulePasswordMissing, &ruleConnackFlags, &ruleSessionPresent,
		&ruleQoS3, &ruleDup, &ruleTopicMissing, &ruleTopicEmpty, &ruleServerPacketID, &ruleClientPacketID,
		&ruleNoFilter, &ruleNoUnsubscribe, &ruleOptionsReserved, &ruleOptionsQoS, &ruleRetainHandling,
		&ruleNoLocalShared, &ruleNoCode, &ruleNoUnsubackCode)
}
