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
	"sync"

	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/reports"
)

// binaryExt is that of a session in binary, as a run writes it: that takes no time.
const binaryExt = ".session"

// LoadCorpus reads the sessions of a folder, in binary and in YAML, in the order of
// their names, so that the same folder gives the same run. A folder that is not there is
// an empty one.
func LoadCorpus(dir string) (list []*session.Session, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the corpus: %w", err)
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.IsDir() || ext != binaryExt && ext != ".yaml" {
			continue
		}
		s, err := readSession(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the corpus: %w", err)
		}
		if len(s.Steps) > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}

// readSession reads a session in binary or in YAML.
func readSession(path string) (*session.Session, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(path) == binaryExt {
		return session.Decode(data), nil
	}
	s, err := session.Unmarshal(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// saver writes sessions to a folder beside the run.
type saver struct {
	dir   string
	queue chan *session.Session
	wg    sync.WaitGroup
	err   error // the first one; to be read when it is closed
}

func newSaver(dir string) *saver {
	s := &saver{dir: dir, queue: make(chan *session.Session, 1024)}
	s.wg.Go(func() {
		for one := range s.queue {
			if err := s.save(one); err != nil && s.err == nil {
				s.err = err // a full disk does not end the run
			}
		}
	})
	return s
}

// close waits until all is written, and gives the first error.
func (s *saver) close() error {
	close(s.queue)
	s.wg.Wait()
	return s.err
}

// save writes a session under a name made of its content: folders of several machines
// can be poured together.
func (s *saver) save(one *session.Session) error {
	data, err := one.AppendBinary(nil)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	path := filepath.Join(s.dir, hex.EncodeToString(sum[:8])+binaryExt)
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
