package engine

import (
	"fmt"
	"time"
)

// Timeouts is the one table of every wait in a run. Scale multiplies all of
// them, so that a slow machine needs one number.
type Timeouts struct {
	// Answer is how long the broker may take for what it must do at once:
	// accept a connection, CONNACK, PUBACK, SUBACK, PINGRESP, a close.
	Answer time.Duration
	// Delivery is how long a message may be under way before it counts as lost.
	Delivery time.Duration
	// CarriesOn is how long a connection may stay open after an error before
	// the broker is asked, with a PINGREQ, whether it carries on.
	CarriesOn time.Duration
	// Settle follows a weak fence before an unwanted message counts as absent.
	// A later one is missed; nobody is accused by it.
	Settle time.Duration
	// Unwind is how long a client stays away after its connection has ended. A
	// broker closes a connection first and clears up behind it.
	Unwind time.Duration
	// Farewell is how long the close after our DISCONNECT is awaited, which is
	// only a SHOULD.
	Farewell time.Duration
	// Late is added to a limit that the standard counts in seconds: past both,
	// what has not happened counts as never.
	Late time.Duration
	// Ready is how long a restarted broker may take to accept a CONNECT.
	Ready time.Duration
	// Scenario is the hard limit of one scenario with all its waits.
	Scenario time.Duration
	// Cleanup is the hard limit for removing what a scenario left.
	Cleanup time.Duration
}

// DefaultTimeouts suit a broker on the same machine or network, also a busy one.
func DefaultTimeouts() Timeouts {
	return Timeouts{
		Answer:    4 * time.Second,
		Delivery:  4 * time.Second,
		CarriesOn: 500 * time.Millisecond,
		Settle:    250 * time.Millisecond,
		Unwind:    200 * time.Millisecond,
		Farewell:  time.Second,
		Late:      10 * time.Second,
		Ready:     15 * time.Second,
		Scenario:  60 * time.Second,
		Cleanup:   5 * time.Second,
	}
}

// fields gives the rows of the table.
func (t *Timeouts) fields() []struct {
	name string
	d    *time.Duration
} {
	return []struct {
		name string
		d    *time.Duration
	}{
		{"answer", &t.Answer}, {"delivery", &t.Delivery}, {"carries_on", &t.CarriesOn},
		{"settle", &t.Settle}, {"unwind", &t.Unwind}, {"farewell", &t.Farewell}, {"late", &t.Late},
		{"ready", &t.Ready}, {"scenario", &t.Scenario}, {"cleanup", &t.Cleanup},
	}
}

// Scale gives the table with every wait multiplied by factor, which must be
// above 0.
func (t Timeouts) Scale(factor float64) (Timeouts, error) {
	if !(factor > 0) || factor > 1000 {
		return t, fmt.Errorf("timeout factor %v: a number above 0 and up to 1000 is needed", factor)
	}
	for _, f := range t.fields() {
		*f.d = time.Duration(float64(*f.d) * factor)
	}
	return t, nil
}

// Table gives the waits by name, as results carry them.
func (t Timeouts) Table() map[string]string {
	m := map[string]string{}
	for _, f := range t.fields() {
		m[f.name] = f.d.String()
	}
	return m
}
