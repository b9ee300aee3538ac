package session_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/fuzz/grammar"
	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// TestFile: what is written is what is read, for whatever the grammar makes.
func TestFile(t *testing.T) {
	g := grammar.Generator{Seed: 1, Clients: session.MaxClients}
	for n := range uint64(200) {
		s := g.Session(n, nil)
		data, err := s.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		read, err := session.Unmarshal(data)
		if err != nil {
			t.Fatalf("session %d: %v\n%.2000s", n, err, data)
		}
		again, err := read.Marshal()
		if err != nil || string(again) != string(data) {
			t.Errorf("session %d is written in another way when it was read (%v)", n, err)
		}
	}
}

// TestBadFile: a file by hand may hold anything, and the error says what is wrong.
func TestBadFile(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "EOF"},
		{"no steps", "steps: []", "no steps"},
		{"an unknown client", "steps: [{client: z, do: cut}]", "the client is"},
		{"an unknown action", "steps: [{client: a, do: jump}]", "do is"},
		{"an unknown word", "steps: [{client: a, do: cut, wait: 3}]", "wait"},
		{"no hex", "steps: [{client: a, do: send, hex: xyz}]", "hex"},
		{"bytes for a cut", "steps: [{client: a, do: cut, hex: c000}]", "cut with 2 bytes"},
		{"nothing to send", "steps: [{client: a, do: send}]", "send with 0 bytes"},
		{"a break outside", "steps: [{client: a, do: send, hex: c000, breaks: [2]}]", "breaks"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := session.Unmarshal([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// TestRun runs a session under a name of its own and looks at what was recorded.
func TestRun(t *testing.T) {
	b, err := embedded.Reference().Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(t.Context())
	s, err := session.Unmarshal([]byte(`steps:
  - {client: a, do: send, hex: 101300044d5154540402003c000766303030303030}
  - {client: a, do: await}
  - {client: a, do: send, hex: "82 0c 00 01 00 07 66 30 30 30 30 30 30 00", breaks: [1, 5]}
  - {client: a, do: await}
`))
	if err != nil {
		t.Fatal(err)
	}
	out := session.NewRunner(b.Dial, session.DefaultLimits()).Run(t.Context(), s, session.Name(37))
	if out.Refused != nil || out.Connections != 1 {
		t.Fatalf("%+v", out)
	}
	out.Describe()
	// An answer that a busy machine gives late stands behind the next packet sent.
	got := map[result.Dir][]string{}
	for _, e := range out.Trace {
		got[e.Dir] = append(got[e.Dir], e.Text)
	}
	want := map[result.Dir][]string{
		result.Open:  {""},
		result.Out:   {"CONNECT protocol=MQTT level=4 id=f000011 clean keepalive=60", "SUBSCRIBE id=1 f=f000011 qos=0", "PINGREQ"},
		result.In:    {"CONNACK code=0x00", "SUBACK id=1 codes=0x00", "PINGRESP"},
		result.Close: {"closed by us"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestBinary: what is written is what is read, for whatever the grammar makes.
func TestBinary(t *testing.T) {
	g := grammar.Generator{Seed: 2, Clients: session.MaxClients}
	for n := range uint64(300) {
		s := g.Session(n, nil)
		for i := range s.Steps {
			s.Steps[i].By = nil // is not written
		}
		data, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := session.Decode(data).Marshal(); err != nil || string(got) != string(want) {
			t.Errorf("session %d (%v):\n%.2000s\nwant\n%.2000s", n, err, got, want)
		}
	}
}

// FuzzDecode: any bytes become a session that can be written as a file and read again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1})
	f.Add([]byte{0x43, 3, 1, 9, 1, 2, 0xC0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := session.Decode(data)
		if len(s.Steps) == 0 {
			return
		}
		text, err := s.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Unmarshal(text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	})
}
