package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// Fault is a switch that breaks one thing in one version of MQTT.
type Fault struct {
	// Name is the version and the behaviour, such as 5.0/dup-always-set.
	Name string
	// What the broker does wrong, in a sentence.
	What string
	// Breaks lists the requirements that this breaks: what a scenario must cite
	// to kill it. They are statements of one version that say the same thing.
	Breaks []spec.Ref

	on *flaw
}

// flaw is a way to go wrong, in each version in which it breaks something.
type flaw struct {
	name   string
	what   string
	breaks []spec.Ref
	needs  []string // behaviours without which it cannot show

	over string // the transport over which alone it shows, ws or tls; empty for any

	// What is said of packets as such is said here, and not asked for elsewhere.
	misses func(*mistake) bool                               // errors of clients that are not seen
	takes  func(*conn, *mistake) bool                        // errors that are seen, and not answered by the close
	spoils func(c *conn, p codec.Packet, data []byte) []byte // what becomes of the bytes that are sent
}

// all holds every flaw, in the order of the files that state them.
var all []*flaw

// broken makes a flaw: the code asks for it by conn.is or session.is.
func broken(name, what string, breaks ...spec.Ref) *flaw {
	f := &flaw{name: name, what: what, breaks: breaks}
	all = append(all, f)
	return f
}

// unseen makes the flaw of not seeing an error of clients that the codec
// reports under one of these requirements.
func unseen(name, what string, breaks ...spec.Ref) *flaw {
	return broken(name, what, breaks...).missing(func(m *mistake) bool { return slices.Contains(breaks, m.Requirement) })
}

func v311(ids ...string) []spec.Ref { return refs(codec.V311, ids) }
func v5(ids ...string) []spec.Ref   { return refs(codec.V5, ids) }

func refs(v codec.Version, ids []string) (list []spec.Ref) {
	for _, id := range ids {
		list = append(list, spec.Ref{Version: v, ID: id})
	}
	return list
}

func both(lists ...[]spec.Ref) []spec.Ref { return slices.Concat(lists...) }

// Faults lists all faults, sorted by name.
func Faults() []Fault {
	var list []Fault
	for _, f := range all {
		for _, v := range []codec.Version{codec.V311, codec.V5} {
			var breaks []spec.Ref
			for _, ref := range f.breaks {
				if ref.Version == v {
					breaks = append(breaks, ref)
				}
			}
			if len(breaks) > 0 {
				list = append(list, Fault{v.String() + "/" + f.name, f.what, breaks, f})
			}
		}
	}
	slices.SortFunc(list, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// FindFaults gives the faults that an expression names: a fault
// (5.0/dup-always-set), a behaviour in all its versions (dup-always-set), or a
// requirement (5.0/MQTT-3.3.1-9) with all that break it. The error says that
// there is none.
func FindFaults(expression string) ([]Fault, error) {
	var found []Fault
	for _, f := range Faults() {
		_, behaviour, _ := strings.Cut(f.Name, "/")
		breaks := slices.ContainsFunc(f.Breaks, func(r spec.Ref) bool { return r.String() == expression })
		if f.Name == expression || behaviour == expression || breaks {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no fault %q; `mqttproof list --faults` names them, and a requirement such as 5.0/MQTT-3.3.1-9 stands for all that break it", expression)
	}
	return found, nil
}

// faultSet is what is switched on: for each flaw the versions.
type faultSet struct {
	on map[*flaw]map[codec.Version]bool
}

func newFaultSet(faults []Fault) faultSet {
	set := faultSet{map[*flaw]map[codec.Version]bool{}}
	for _, f := range faults {
		for _, ref := range f.Breaks {
			if set.on[f.on] == nil {
				set.on[f.on] = map[codec.Version]bool{}
			}
			set.on[f.on][ref.Version] = true
		}
	}
	return set
}

// has says whether the flaw shows in the version. What is wrong in 3.1.1 is so
// in 3.1 too, whose text has no numbers.
func (s faultSet) has(f *flaw, v codec.Version) bool {
	if len(s.on) == 0 {
		return false
	}
	return s.on[f][max(v, codec.V311)]
}

func (c *conn) is(f *flaw) bool { return c.b.faults.has(f, c.version) }

func (s *session) is(f *flaw) bool { return s.b.faults.has(f, s.version) }

// anywhere says whether the flaw is on in any version: for what happens before
// the version is known.
func (s faultSet) anywhere(f *flaw) bool { return len(s.on[f]) > 0 }

// Set changes the options to those with which the fault can show: one that
// ignores a limit needs a broker that has declared it.
func (f Fault) Set(o *Options) {
	for _, b := range behaviours {
		for _, name := range f.on.needs {
			if b.Name == name {
				b.set(o)
			}
		}
	}
}

// with notes the behaviours without which the flaw cannot show.
func (f *flaw) with(behaviours ...string) *flaw {
	f.needs = append(f.needs, behaviours...)
	return f
}
