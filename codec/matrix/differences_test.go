package matrix

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// difference is a group of packets that one codec accepts and the other refuses.
type difference struct {
	// stricter is "ours" or "theirs".
	stricter string
	// what is the requirement by which ours refuses, with its version, and what ours
	// says where it is a section; or the version, the type of the packet and the
	// error of theirs.
	what string
}

// between compares two readings of a packet: p and ours, or theirs.
func between(v codec.Version, p codec.Packet, ours, theirs error) (d difference, ok bool) {
	var violation *codec.Violation
	switch {
	case (ours == nil) == (theirs == nil):
		return difference{}, false
	case errors.As(ours, &violation):
		what := violation.Requirement.String()
		if strings.Contains(what, "§") {
			text, _, _ := strings.Cut(violation.Text, ":")
			what += ": " + text
		}
		return difference{"ours", what}, true
	}
	return difference{"theirs", fmt.Sprintf("%s %s: %v", v, p.Type(), theirs)}, true
}

// known reads the list of differences that were looked into, with the sentence of
// the standard, in our words, that proves us right.
func known(t testing.TB, peer string) map[difference]string {
	t.Helper()
	b, err := os.ReadFile("testdata/differences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	list := map[difference]string{}
	for n, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		cells := strings.Split(line, "\t")
		if len(cells) != 4 {
			t.Fatalf("differences.tsv, line %d: %d cells where peer, stricter, what and sentence are expected", n+1, len(cells))
		}
		if cells[0] != peer {
			continue
		}
		d := difference{cells[1], cells[2]}
		if list[d] != "" {
			t.Errorf("differences.tsv, line %d: %s stands in it twice", n+1, d.what)
		}
		list[d] = cells[3]
	}
	return list
}

type comparison func(t *testing.T, b []byte, v codec.Version, from codec.Sender) (difference, bool)

// differ compares every case of the matrix: a difference that is not in the list
// fails, and an entry of the list that no case shows.
func differ(t *testing.T, peer string, compare comparison) {
	list := known(t, peer)
	seen := map[difference]bool{}
	cases := Cases()
	for i := range cases {
		c := &cases[i]
		b, err := c.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		d, ok := compare(t, b, c.Version, c.From)
		if !ok || seen[d] {
			continue
		}
		seen[d] = true
		if list[d] == "" {
			t.Errorf("not in the list: %s\t%s\t%s\t%s %x", peer, d.stricter, d.what, c.Name, b)
		}
	}
	for d := range list {
		if !seen[d] {
			t.Errorf("no case shows what the list has: %s\t%s\t%s", peer, d.stricter, d.what)
		}
	}
}

// fuzzPeer looks for differences that are not in the list.
func fuzzPeer(f *testing.F, peer string, compare comparison) {
	list := known(f, peer)
	cases := Cases()
	for i := range cases {
		if i%50 != 0 {
			continue
		}
		b, err := cases[i].Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, byte(cases[i].Version), byte(cases[i].From))
	}
	f.Fuzz(func(t *testing.T, b []byte, version, from byte) {
		if len(b) == 0 {
			return
		}
		v := codec.V31 + codec.Version(version)%3
		if d, ok := compare(t, b, v, codec.Sender(from%3)); ok && list[d] == "" {
			t.Errorf("not in the list: %s\t%s\t%s\t%s %x", peer, d.stricter, d.what, v, b)
		}
	})
}

// Each sentence says where it stands; what ours refuses by must exist.
func TestDifferencesSayWhy(t *testing.T) {
	for _, peer := range []string{"mochi", "paho.golang"} {
		for d, sentence := range known(t, peer) {
			if !strings.Contains(sentence, "(3.1, ") && !strings.Contains(sentence, "(3.1.1, ") && !strings.Contains(sentence, "(5.0, ") {
				t.Errorf("%s %s: no version and section in %q", peer, d.what, sentence)
			}
			if d.stricter == "theirs" {
				continue
			}
			version, id, _ := strings.Cut(d.what, "/")
			if strings.HasPrefix(id, "§") {
				continue
			}
			ref, err := spec.ParseRef(d.what)
			if err != nil {
				t.Errorf("%s: %v", d.what, err)
			} else if r, ok := spec.Lookup(ref); !ok || !strings.Contains(sentence, "("+version+", "+r.Section) {
				t.Errorf("%s %s: it stands in %s %s, the list says %q", peer, d.what, version, r.Section, sentence)
			}
		}
	}
}
