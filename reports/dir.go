package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

// WriteDir writes all formats of the runs with the default options.
func WriteDir(dir string, runs ...*result.Run) error { return Options{}.WriteDir(dir, runs...) }

// WriteDir writes results.jsonl, junit.xml, summary.md, report.html and the
// captures into a folder, which it makes. With several runs each has its own
// folder in it, named after the target, and report.html and summary.md in dir
// compare them. It sets Capture of every result that has one.
//
// A file is there as a whole or not at all: it is written beside its place and
// then renamed. What fails does not keep the other files from being written.
func (o Options) WriteDir(dir string, runs ...*result.Run) error {
	if len(runs) == 1 {
		return o.writeRun(dir, runs[0])
	}
	var errs []error
	folders := dirNames(runs)
	for i, name := range folders {
		errs = append(errs, o.writeRun(filepath.Join(dir, name), runs[i]))
	}
	o.folders = folders
	errs = append(errs,
		WriteFile(filepath.Join(dir, "report.html"), func(w io.Writer) error { return o.WriteHTML(w, runs...) }),
		WriteFile(filepath.Join(dir, "summary.md"), func(w io.Writer) error { return o.WriteMarkdown(w, runs...) }))
	return errors.Join(errs...)
}

// RunDirs gives the folder of each run in the folder that WriteDir writes.
func RunDirs(dir string, runs ...*result.Run) []string {
	if len(runs) == 1 {
		return []string{dir}
	}
	dirs := dirNames(runs)
	for i, name := range dirs {
		dirs[i] = filepath.Join(dir, name)
	}
	return dirs
}

func (o Options) writeRun(dir string, run *result.Run) error {
	nameCaptures(run)
	return errors.Join( // the truth first, should the disk be full
		WriteFile(filepath.Join(dir, "results.jsonl"), func(w io.Writer) error { return WriteJSONL(w, run) }),
		WriteFile(filepath.Join(dir, "junit.xml"), func(w io.Writer) error { return o.WriteJUnit(w, run) }),
		WriteFile(filepath.Join(dir, "summary.md"), func(w io.Writer) error { return o.WriteMarkdown(w, run) }),
		WriteFile(filepath.Join(dir, "report.html"), func(w io.Writer) error { return o.WriteHTML(w, run) }),
		writeCaptures(dir, run))
}

// WriteFile writes a file beside its place and renames it, so that it is there as a
// whole or not at all. It makes the folder.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	// Not os.CreateTemp: its mode 0600 would keep a CI system's other user out.
	temp := path + ".tmp"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	b := bufio.NewWriterSize(f, 1<<16)
	if err := errors.Join(write(b), b.Flush(), f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// dirNames makes the targets safe to be names of folders, each another one.
func dirNames(runs []*result.Run) []string {
	taken := map[string]bool{}
	names := make([]string, len(runs))
	for i, run := range runs {
		base := safeName(targetName(run))
		name := base
		for n := 2; taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		taken[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}

// safeName keeps letters, digits, dots and underscores; all else becomes one
// hyphen.
func safeName(target string) string {
	var b strings.Builder
	for _, r := range target {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 80 {
			break
		}
	}
	if name := strings.Trim(b.String(), "-."); name != "" {
		return name
	}
	return "target"
}
