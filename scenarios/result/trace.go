package result

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// Dir says what an event is.
type Dir string

// The kinds of events, seen from the client.
const (
	Out   Dir = "out"   // bytes sent to the broker
	In    Dir = "in"    // bytes read from the broker
	Open  Dir = "open"  // a Network Connection was established
	Close Dir = "close" // a Network Connection ended; Text says who ended it, and how
	Note  Dir = "note"  // a step of the scenario, or a remark of the engine
)

// Texts that tell a reader of the trace, and the judge, what no packet shows.
const (
	// ByUs is the Text of a Close that is our own doing.
	ByUs = "closed by us"
	// Restart is the Text of a Note: from there on nothing is known about what
	// the broker has kept.
	Restart = "the broker is restarted"
)

// ClosedByUs says that the event is a Close which is our own doing.
func (e Event) ClosedByUs() bool { return e.Dir == Close && e.Text == ByUs }

// Restarted says that the broker was restarted here.
func (e Event) Restarted() bool { return e.Dir == Note && e.Client == "" && e.Text == Restart }

// Event is one thing that happened in a scenario. Secrets are already removed
// from Data and Text.
type Event struct {
	At     time.Duration // since the scenario began
	Client string        // the client's name in the scenario, such as "publisher"
	// Conn numbers the Network Connections of a scenario from 1; 0 in a note.
	Conn int
	Dir  Dir
	Data []byte
	// Cut is how many bytes behind Data were left out when the event was
	// written; 0 in a trace that was just recorded.
	Cut int
	// Text is the decoded packet on one line, how a connection ended, or the
	// note.
	Text string
	// Packet is the decoded packet; nil where the bytes are none, and in a
	// trace that was read back.
	Packet codec.Packet
	// Version is the version in which Data was read or written.
	Version codec.Version
	// Violations are the rules that the packet breaks, visible in it alone.
	Violations []codec.Violation
}

// Trace is all that happened in a scenario, in the order of time.
type Trace []Event

// maxHex is how many bytes of an event are kept in the JSON form; a payload of
// 64 KiB explains nothing that its first bytes do not.
const maxHex = 1024

type eventJSON struct {
	TimeUS  int64         `json:"t_us"`
	Client  string        `json:"client"`
	Conn    int           `json:"conn,omitempty"`
	Dir     Dir           `json:"dir"`
	Version codec.Version `json:"version,omitzero"`
	Hex     string        `json:"hex,omitempty"`
	Cut     int           `json:"cut,omitempty"` // bytes left out of hex
	Text    string        `json:"text,omitempty"`
	Wrong   []string      `json:"wrong,omitempty"`
}

// MarshalJSON writes the published form of an event.
func (e Event) MarshalJSON() ([]byte, error) {
	j := eventJSON{
		TimeUS: e.At.Microseconds(), Client: e.Client, Conn: e.Conn, Dir: e.Dir, Text: e.Text,
		Cut: e.Cut, Wrong: e.Wrong(),
	}
	if _, err := spec.ParseVersion(e.Version.String()); err == nil {
		j.Version = e.Version // a level of no version says nothing to a reader
	}
	data := e.Data
	if len(data) > maxHex {
		j.Cut += len(data) - maxHex
		data = data[:maxHex]
	}
	j.Hex = hex.EncodeToString(data)
	return json.Marshal(j)
}

// UnmarshalJSON reads the published form. The decoded packet is not in it, and
// of a violation only its text comes back.
func (e *Event) UnmarshalJSON(b []byte) error {
	var j eventJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	data, err := hex.DecodeString(j.Hex)
	if err != nil {
		return fmt.Errorf("trace event at %d us: hex: %w", j.TimeUS, err)
	}
	*e = Event{
		At: time.Duration(j.TimeUS) * time.Microsecond, Client: j.Client, Conn: j.Conn, Dir: j.Dir,
		Data: data, Cut: j.Cut, Text: j.Text, Version: j.Version,
	}
	for _, w := range j.Wrong {
		e.Violations = append(e.Violations, codec.Violation{Text: w})
	}
	return nil
}

// Wrong gives the texts of the violations.
func (e Event) Wrong() []string {
	var texts []string
	for _, v := range e.Violations {
		if v.Requirement.ID == "" {
			texts = append(texts, v.Text) // read back from JSON
			continue
		}
		texts = append(texts, v.Error())
	}
	return texts
}
