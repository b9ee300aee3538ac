package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Load reads a finding: its folder, its finding.json, or a session in YAML or in binary,
// which has a class and a signature only where a finding.json lies beside it.
func Load(path string) (*Finding, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading a finding: %w", err)
	}
	dir, file := filepath.Dir(path), path
	if info.IsDir() {
		dir, file = path, filepath.Join(path, "session.yaml")
	} else if filepath.Ext(path) == ".json" {
		file = filepath.Join(dir, "session.yaml")
	}
	f := &Finding{}
	if f.Session, err = readSession(file); err != nil {
		return nil, fmt.Errorf("reading a finding: %w", err)
	}
	about, err := os.ReadFile(filepath.Join(dir, "finding.json"))
	if errors.Is(err, fs.ErrNotExist) && filepath.Ext(path) != ".json" {
		return f, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a finding: %w", err)
	}
	if err := json.Unmarshal(about, f); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "finding.json"), err)
	}
	return f, nil
}

// Seen is something wrong that a replay showed.
type Seen struct {
	Class     Class
	Signature string
	Detail    string
}

// Replayed is what a session did once more.
type Replayed struct {
	Trace result.Trace
	// Seen is all that was wrong, of any class that shows by itself and of the class
	// of the finding.
	Seen []Seen
	// Again says that what the finding tells of happened again. Where the finding is
	// of no class, anything does.
	Again bool
}

// Replay runs the session of a finding on a fresh broker of the target, as often as
// asked. A broker at an address is taken as it is, and cannot be asked again once it
// is gone.
func Replay(ctx context.Context, target containers.Target, f *Finding, times int) (list []Replayed, err error) {
	b, err := target.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close(context.WithoutCancel(ctx))) }()
	l, err := newLab(ctx, target, b, nil, defaultLimits())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close(context.WithoutCancel(ctx))) }()
	look := search{class: f.Class, restart: true, runs: f.Runs}
	if f.Class == "" {
		look.class = Crash
	}
	for range times {
		out, seen, err := l.run(ctx, f.Session, look)
		if err != nil {
			return list, err
		}
		out.Describe()
		r := Replayed{Trace: out.Trace}
		for _, s := range seen {
			r.Seen = append(r.Seen, Seen{s.class, s.signature, s.detail})
			r.Again = r.Again || f.Class == "" || s.class == f.Class && sameBug(f, s)
		}
		list = append(list, r)
	}
	return list, nil
}
