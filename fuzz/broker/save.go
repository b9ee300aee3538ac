package broker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

// save writes the folder of a finding.
func (f *fuzzer) save(x *Finding) error {
	dir := filepath.Join(f.o.Dir, "findings", x.ID)
	if f.o.Replay != nil {
		x.Replay = f.o.Replay(filepath.Join(dir, "session.yaml"))
	}
	started := f.start.Add(time.Duration(x.After * float64(time.Second)))
	if err := errors.Join(x.save(dir), x.saveCapture(dir, started)); err != nil {
		return fmt.Errorf("writing the finding %s: %w", x.ID, err)
	}
	return nil
}

// save writes finding.json, session.yaml, the bytes of each connection, the trace
// and what the broker printed.
func (x *Finding) save(dir string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(x); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, "finding.json"), b.Bytes()); err != nil {
		return err
	}
	if x.Session != nil {
		data, err := x.Session.Marshal()
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, "session.yaml"), data); err != nil {
			return err
		}
	}
	if x.last.output != "" {
		if err := writeFile(filepath.Join(dir, "output.txt"), []byte(x.last.output+"\n")); err != nil {
			return err
		}
	}
	sent := map[int][]byte{}
	for _, e := range x.last.trace {
		if e.Dir == result.Out {
			sent[e.Conn] = append(sent[e.Conn], e.Data...)
		}
	}
	for conn, data := range sent {
		if err := writeFile(filepath.Join(dir, fmt.Sprintf("connection-%d.bin", conn)), data); err != nil {
			return err
		}
	}
	return nil
}
