package grammar_test

import (
	"slices"
	"testing"

	"github.com/mqttproof/mqttproof/fuzz/grammar"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// TestSeed: the same seed, number and corpus give the same session.
func TestSeed(t *testing.T) {
	make := func(seed uint64) (all []string) {
		g := grammar.Generator{Seed: seed, Clients: 3}
		var corpus []*session.Session
		for n := range uint64(100) {
			s := g.Session(n, corpus)
			corpus = append(corpus, s)
			data, err := s.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if s.Clients() > 3 {
				t.Errorf("session %d of seed %d has %d clients", n, seed, s.Clients())
			}
			all = append(all, string(data))
		}
		return all
	}
	if !slices.Equal(make(1), make(1)) {
		t.Error("seed 1 gives two different runs")
	}
	if slices.Equal(make(1), make(2)) {
		t.Error("seeds 1 and 2 give the same run")
	}
}

// TestOperators: each operator is used, and leaves its name.
func TestOperators(t *testing.T) {
	g := grammar.Generator{Seed: 3, Clients: 4}
	used := map[string]bool{"drop-step": true, "no-wait": true} // what is gone bears no name
	var corpus []*session.Session
	for n := range uint64(3000) {
		s := g.Session(n, corpus)
		if n < 300 {
			corpus = append(corpus, s)
		}
		for _, st := range s.Steps {
			for _, name := range st.By {
				used[name] = true
			}
		}
	}
	for _, name := range grammar.Operators() {
		if !used[name] {
			t.Errorf("%s was never used in 3000 sessions", name)
		}
	}
}
