package targets

import (
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/matrix"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

type comparison func(t *testing.T, b []byte, v codec.Version, from codec.Sender) (difference, bool)

// differ compares every case of the matrix, and every packet that fuzzing has found: a difference that is not in the list
// fails, and an entry of the list that no case shows.
func differ(t *testing.T, peer string, compare comparison) {
	list := differences(peer)
	seen := map[difference]bool{}
	one := func(name string, b []byte, v codec.Version, from codec.Sender) {
		d, ok := compare(t, b, v, from)
		if !ok || seen[d] {
			return
		}
		seen[d] = true
		if list[d] == "" {
			t.Errorf("not in the list: %s\t%s\t%s\t%s %x", peer, d.stricter, d.what, name, b)
		}
	}
	cases := matrix.Cases()
	for i := range cases {
		c := &cases[i]
		b, err := c.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		one(c.Name, b, c.Version, c.From)
	}
	found, err := parser.ReadCorpus("testdata/corpus")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range found {
		for v := codec.V31; v <= codec.V5; v++ {
			one("corpus", b, v, 0)
		}
	}
	for d := range list {
		if !seen[d] {
			t.Errorf("no case shows what the list has: %s\t%s\t%s", peer, d.stricter, d.what)
		}
	}
}

// Each sentence says where it stands; what ours refuses by must exist.
func TestDifferencesSayWhy(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(differencesList) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 4 {
			t.Fatalf("%q: %d cells where peer, stricter, what and sentence are expected", line, len(cells))
		}
		if key := strings.Join(cells[:3], " "); seen[key] {
			t.Errorf("%s stands in it twice", key)
		} else {
			seen[key] = true
		}
	}
	for _, peer := range []string{"mochi", "paho.golang", "paho.mqtt.golang"} {
		for d, sentence := range differences(peer) {
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
