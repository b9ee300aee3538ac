package reports

import (
	"slices"
	"strconv"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

// row is one line of a timeline as reports show it: an event, or how many are
// left out in its place.
type row struct {
	Index   int // of the event in the trace
	Event   result.Event
	Client  string
	Marks   []int // numbers of the findings, from 1, that this event shows
	LeftOut int   // > 0: this many events stand here, and there is no event
}

// timeline gives at most about limit events: where there are more, those
// around what shows a finding, the first and the last stay.
func timeline(r *result.Result, limit int) []row {
	n := len(r.Trace)
	marks := map[int][]int{}
	for i, f := range r.Findings {
		if f.Event >= 0 && f.Event < n {
			marks[f.Event] = append(marks[f.Event], i+1)
		}
	}
	keep := make([]bool, n)
	if n <= limit {
		for i := range keep {
			keep[i] = true
		}
	} else {
		part := max(1, limit/3)
		left := limit
		take := func(from, to int) {
			for i := max(0, from); i < min(n, to) && left > 0; i++ {
				if !keep[i] {
					keep[i] = true
					left--
				}
			}
		}
		shown := make([]int, 0, len(marks))
		for i := range marks {
			shown = append(shown, i)
		}
		slices.Sort(shown)
		for _, i := range shown { // first of all what proves something
			take(i, i+1)
		}
		for _, i := range shown {
			take(i-part/2, i+2)
		}
		take(0, part)
		take(n-part, n)
	}
	names := clientNames(r.Trace)
	var rows []row
	gap := 0
	for i, e := range r.Trace {
		if !keep[i] {
			gap++
			continue
		}
		if gap > 0 {
			rows = append(rows, row{LeftOut: gap})
			gap = 0
		}
		rows = append(rows, row{Index: i, Event: e, Client: names[connKey{e.Client, e.Conn}], Marks: marks[i]})
	}
	if gap > 0 {
		rows = append(rows, row{LeftOut: gap})
	}
	return rows
}

type connKey struct {
	client string
	conn   int
}

// clientNames names each connection by its client, with the connection's
// number where the client had several.
func clientNames(trace result.Trace) map[connKey]string {
	conns := map[string]map[int]bool{}
	for _, e := range trace {
		if conns[e.Client] == nil {
			conns[e.Client] = map[int]bool{}
		}
		if e.Conn > 0 {
			conns[e.Client][e.Conn] = true
		}
	}
	names := map[connKey]string{}
	for _, e := range trace {
		name := Clip(e.Client, 40)
		if e.Conn > 0 && len(conns[e.Client]) > 1 {
			name += "#" + strconv.Itoa(e.Conn)
		}
		names[connKey{e.Client, e.Conn}] = name
	}
	return names
}
