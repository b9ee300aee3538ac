package spec

import (
	_ "embed" // the catalogue
	"fmt"
	"iter"
	"strings"
)

// Requirement is one statement of one version of the standard, in our words.
// Numbered statements keep their ids (MQTT-3.1.0-1); obligations of the
// running text that carry no number have ids of our own (U5-3.14.4-u1).
type Requirement struct {
	Ref
	// Section is the number of the section that states it, such as 3.1.2.4.
	Section string
	// Actor is whom it binds: server, client, both, either sender, either
	// receiver.
	Actor string
	// Level is what breaking it means. A numbered statement is a MUST, also
	// where it has no RFC 2119 word (it says "is a Malformed Packet" or takes
	// the MUST of another one). Of the others, what the text calls malformed or
	// a Protocol Error is a MUST, a plain sentence a SHOULD.
	Level Level
	// Wording is the keyword, or kind of sentence, that the standard uses.
	Wording string
	// Observable says whether a server can be seen from outside to comply: yes,
	// partly or no.
	Observable string
	// Summary states the requirement in our own words.
	Summary string
	// Note says how it shows on the wire, or why it does not.
	Note string
}

// Numbered says whether the standard gives the statement a number.
func (r Requirement) Numbered() bool { return strings.HasPrefix(r.ID, "MQTT-") }

//go:embed mqtt311.tsv
var tsv311 string

//go:embed mqtt50.tsv
var tsv50 string

type catalogue struct {
	order []Requirement
	index map[Ref]int
}

// The catalogue is data of this package; a broken row is a bug that the first
// test of anything shows.
var all = load()

func load() catalogue {
	c := catalogue{index: map[Ref]int{}}
	for _, f := range []struct {
		version Version
		tsv     string
	}{{V311, tsv311}, {V5, tsv50}} {
		lines := strings.Split(strings.TrimSuffix(f.tsv, "\n"), "\n")
		for n, line := range lines[1:] {
			r, err := parseRow(f.version, line)
			if err == nil {
				if _, twice := c.index[r.Ref]; twice {
					err = fmt.Errorf("%s stands in it twice", r.Ref)
				}
			}
			if err != nil {
				panic(fmt.Sprintf("catalogue of %s, line %d: %v", f.version, n+2, err))
			}
			c.index[r.Ref] = len(c.order)
			c.order = append(c.order, r)
		}
	}
	return c
}

func parseRow(v Version, line string) (Requirement, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != 8 {
		return Requirement{}, fmt.Errorf("%d cells where 8 are expected", len(cells))
	}
	r := Requirement{
		Ref: Ref{v, cells[0]}, Section: cells[1], Actor: cells[2], Wording: cells[4],
		Observable: cells[5], Summary: cells[6], Note: cells[7],
	}
	return r, r.Level.UnmarshalText([]byte(cells[3]))
}

// Lookup gives the requirement, and whether the catalogue has it.
func Lookup(ref Ref) (Requirement, bool) {
	i, ok := all.index[ref]
	if !ok {
		return Requirement{}, false
	}
	return all.order[i], true
}

// Requirements gives the requirements of the version in the order of the
// standard, numbered ones first. There are none for 3.1, whose text has no
// numbered statements.
func Requirements(v Version) iter.Seq[Requirement] {
	return func(yield func(Requirement) bool) {
		for _, r := range all.order {
			if r.Version == v && !yield(r) {
				return
			}
		}
	}
}
