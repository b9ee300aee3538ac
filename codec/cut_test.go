package codec

import (
	"errors"
	"testing"
)

// A good packet that is cut is incomplete and nothing else: no field that is not
// there is complained about. Where its length is corrected it has one fault, or
// none. samples hold every property, so that each is cut at every byte.
func TestCutPackets(t *testing.T) {
	for _, v := range []Version{V31, V311, V5} {
		for _, p := range samples(v) {
			b, err := p.Append(nil, v)
			if err != nil {
				t.Fatal(err)
			}
			from := sender(p, v)
			if _, vs := Inspect(b, v, from); len(vs) > 0 {
				continue // 3.1 does not have everything that its samples hold
			}
			for n := 1; n < len(b); n++ {
				got, vs := Inspect(b[:n], v, from)
				if len(vs) != 1 || vs[0].Offset != n || vs[0].Class != Malformed || vs[0].Requirement != ruleIncomplete.ref(v) {
					t.Errorf("%s %s cut at %d: %s", v, p.Type(), n, brief(vs))
				}
				if got == nil || got.Type() != p.Type() {
					t.Errorf("%s %s cut at %d: it is shown as %v", v, p.Type(), n, got)
				}
				if _, _, err := Decode(b[:n], v, from); !errors.Is(err, ErrIncomplete) {
					t.Errorf("%s %s cut at %d: %v", v, p.Type(), n, err)
				}
				short, err := Mutate(p, v, CutAt(n, true))
				if err != nil {
					continue // inside the fixed header
				}
				if _, vs := Inspect(short, v, from); len(vs) > 1 {
					t.Errorf("%s %s cut at %d, length corrected: %s", v, p.Type(), n, brief(vs))
				}
				checkOneDecoder(t, short, v, from)
			}
		}
	}
}

// What is wrong before the end comes first, and decides the verdict.
func TestVerdictOfCutPackets(t *testing.T) {
	for _, test := range []struct {
		name, hex string
		v         Version
		want      string
	}{
		{"nothing wrong", "30 05 0001 61", V311, "malformed"},
		{"DUP with QoS 0", "38 05 0001 61", V311, "protocol_error"},
		{"DUP with QoS 0", "38 05 0001 61", V5, "unspecified"},
		{"QoS 3", "36 05 0001 61", V5, "malformed"},
		{"a wildcard", "30 09 0002 6123", V5, "unspecified"},
		{"nothing at all", "", V5, "malformed"},
	} {
		_, vs := Inspect(fromHex(t, test.hex), test.v, FromClient)
		if got := Verdict(vs); got != test.want {
			t.Errorf("%s, %s: %s, want %s: %s", test.name, test.v, got, test.want, brief(vs))
		}
		if last := vs[len(vs)-1]; last.Requirement != ruleIncomplete.ref(test.v) || last.Class != Malformed {
			t.Errorf("%s, %s: the last is %s", test.name, test.v, &last)
		}
	}
}
