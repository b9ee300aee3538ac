package broker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/reports"
)

// LoadCorpus reads the sessions of a folder, in the order of their names, so that the
// same folder gives the same run. A folder that is not there is an empty one.
func LoadCorpus(dir string) (list []*session.Session, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the corpus: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the corpus: %w", err)
		}
		s, err := session.Unmarshal(data)
		if err != nil {
			return nil, fmt.Errorf("reading the corpus: %s: %w", e.Name(), err)
		}
		list = append(list, s)
	}
	return list, nil
}

// saveSession writes a session under a name made of its content: folders of several
// machines can be poured together.
func saveSession(dir string, s *session.Session) error {
	data, err := s.Marshal()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	path := filepath.Join(dir, hex.EncodeToString(sum[:8])+".yaml")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return writeFile(path, data)
}

// writeFile writes a file as a whole or not at all.
func writeFile(path string, data []byte) error {
	return reports.WriteFile(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// recent keeps the sessions that ended last.
type recent struct {
	list []*session.Session
}

const recentKept = 64

func (r *recent) add(s *session.Session) {
	if len(r.list) == recentKept {
		r.list = slices.Delete(r.list, 0, 1)
	}
	r.list = append(r.list, s)
}

// latest gives them, the last one first.
func (r *recent) latest() []*session.Session {
	list := slices.Clone(r.list)
	slices.Reverse(list)
	return list
}
