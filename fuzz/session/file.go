package session

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mqttproof/mqttproof/codec"
	"go.yaml.in/yaml/v3"
)

// file is a session as it is written for people.
type file struct {
	Steps []stepFile `yaml:"steps"`
}

type stepFile struct {
	Client string `yaml:"client"`
	Do     string `yaml:"do"`
	// Packet says what Hex is, for people; it is not read.
	Packet string   `yaml:"packet,omitempty"`
	Hex    string   `yaml:"hex,omitempty"`
	Breaks []int    `yaml:"breaks,omitempty,flow"`
	Join   bool     `yaml:"join,omitempty"`
	By     []string `yaml:"by,omitempty,flow"`
}

// Marshal writes the session as YAML: each packet in words and in hex, of which the
// hex counts.
func (s *Session) Marshal() ([]byte, error) {
	var f file
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Client < 0 || st.Client >= MaxClients {
			return nil, fmt.Errorf("step %d is of client %d, and there are %d", i+1, st.Client, MaxClients)
		}
		sf := stepFile{Client: clientNames[st.Client], Do: st.Do.String(), Hex: hex.EncodeToString(st.Data), Breaks: st.Breaks, Join: st.Join, By: st.By}
		if st.Do == Send {
			sf.Packet = Describe(st.Data, s.VersionAt(i))
		}
		f.Steps = append(f.Steps, sf)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// longest is how much of the words for a step is kept.
const longest = 300

// Describe says in words what the bytes of a client are.
func Describe(data []byte, v codec.Version) string {
	var b strings.Builder
	for len(data) > 0 && b.Len() <= longest {
		n, ok, err := codec.FrameSize(data)
		whole := err == nil && ok && n <= len(data)
		frame := data
		if whole {
			frame = data[:n]
		}
		if b.Len() > 0 {
			b.WriteString(" | ")
		}
		p, violations := codec.Inspect(frame, v, codec.FromClient)
		if p != nil {
			b.WriteString(p.String())
		} else {
			fmt.Fprintf(&b, "%d bytes", len(frame))
		}
		if !whole {
			b.WriteString(", which end too early")
		}
		for _, v := range violations[:min(len(violations), 3)] {
			b.WriteString("; " + v.Text)
		}
		data = data[len(frame):]
	}
	// A packet holds what it likes, and this is read on a screen.
	text := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '.'
	}, strings.ToValidUTF8(b.String(), "."))
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// Unmarshal reads what Marshal wrote, or what somebody wrote by hand.
func Unmarshal(data []byte) (*Session, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("reading a session: %w", err)
	}
	if len(f.Steps) == 0 {
		return nil, fmt.Errorf("reading a session: it has no steps")
	}
	s := &Session{}
	for i, sf := range f.Steps {
		client := slices.Index(clientNames[:], sf.Client)
		if client < 0 {
			return nil, fmt.Errorf("step %d: the client is %q; there are %s", i+1, sf.Client, strings.Join(clientNames[:], ", "))
		}
		action := slices.Index(actionNames, sf.Do)
		if action < 0 {
			return nil, fmt.Errorf("step %d: do is %q; there are %s", i+1, sf.Do, strings.Join(actionNames, ", "))
		}
		raw, err := hex.DecodeString(strings.Join(strings.Fields(sf.Hex), ""))
		if err != nil {
			return nil, fmt.Errorf("step %d: hex: %w", i+1, err)
		}
		if action := Action(action); (action == Send) != (len(raw) > 0) {
			return nil, fmt.Errorf("step %d: it is %s with %d bytes of hex; send has some, and nothing else has", i+1, action, len(raw))
		}
		for k, b := range sf.Breaks {
			if b <= 0 || b >= len(raw) || k > 0 && b <= sf.Breaks[k-1] {
				return nil, fmt.Errorf("step %d: breaks %v: they rise, and lie inside the %d bytes", i+1, sf.Breaks, len(raw))
			}
		}
		s.Steps = append(s.Steps, Step{Client: client, Do: Action(action), Data: raw, Breaks: sf.Breaks, Join: sf.Join, By: sf.By})
	}
	return s, nil
}
