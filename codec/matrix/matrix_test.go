package matrix

import (
	"errors"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// The codec must say of every case what the tables say: the requirement and the
// class, as the first violation, in strict and in lenient decode.
func TestCodecAgreesWithTheTables(t *testing.T) {
	cases := Cases()
	if len(cases) < 3000 {
		t.Errorf("%d cases, at least 3,000 were promised", len(cases))
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.Name, func(t *testing.T) {
			b, err := c.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			_, found := codec.Inspect(b, c.Version, c.From)
			if len(found) == 0 {
				if c.Class != 0 {
					t.Errorf("%x: nothing found, want %s %s", b, c.Class, c.Requirement)
				}
			} else if found[0].Class != c.Class || found[0].Requirement != c.Requirement {
				t.Errorf("%x: %s, %v\nwant %s %s", b, found[0].Class, &found[0], c.Class, c.Requirement)
			}
			if len(found) > 1 || (c.Class == 0) != (c.Requirement == spec.Ref{}) {
				t.Errorf("%x: a case must hold one error: %v", b, found)
			}
			if len(found) > 0 && c.From == codec.FromClient && c.Duty != Wait && found[0].Named != (c.Duty == Close) {
				t.Errorf("%x: a Server must %s; named is %v: %v", b, c.Duty, found[0].Named, &found[0])
			}
			_, _, err = codec.Decode(b, c.Version, c.From)
			switch {
			case c.Class == 0 && err != nil:
				t.Errorf("%x: strict decode says %v", b, err)
			case c.Duty == Wait && !errors.Is(err, codec.ErrIncomplete):
				t.Errorf("%x: strict decode says %v, not that more must come", b, err)
			case c.Class != 0 && err == nil:
				t.Errorf("%x: strict decode accepts it", b)
			}
		})
	}
}

// A Server that must close must find a case that the standard names: a citation
// of a section alone, or of no reaction at all, does not do.
func TestDuties(t *testing.T) {
	count := map[Duty]int{}
	for _, c := range Cases() {
		count[c.Duty]++
		switch {
		case c.Class == 0 && c.Duty != None,
			c.From == codec.FromServer && c.Duty != None && c.Duty != Wait,
			c.Class == codec.Unspecified && c.Duty == Close,
			c.From == codec.FromClient && c.Class != 0 && c.Duty == None:
			t.Errorf("%s: %s, %s", c.Name, c.Class, c.Duty)
		}
	}
	for _, d := range []Duty{Close, MayClose, Wait} {
		if count[d] < 100 {
			t.Errorf("only %d cases of %s", count[d], d)
		}
	}
	t.Log(count)
}
