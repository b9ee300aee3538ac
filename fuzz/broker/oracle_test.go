package broker

import (
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/containers"
)

// fuzzed runs a target with a fixed seed, in a folder that is given back.
func fuzzed(t *testing.T, target containers.Target, o Options) (*Report, string) {
	t.Helper()
	dir := t.TempDir()
	o.Dir, o.Seed, o.Clients = dir, 1, 2
	o.Replay = func(path string) string { return "mqttproof replay " + path + " --target " + target.Name() }
	report, err := Run(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Save(dir); err != nil {
		t.Fatal(err)
	}
	return report, dir
}

// TestCredentials: the clients connect with user name and password, and neither stands
// in anything that is written.
func TestCredentials(t *testing.T) {
	report, dir := fuzzed(t, bad(t, "auth"), Options{For: 30 * time.Second, Sessions: 200})
	// Of a client that is not accepted a broker shows little: 257.
	if report.Stats.Tuples < 400 {
		t.Errorf("%d behaviours in %d sessions: the clients are not accepted", report.Stats.Tuples, report.Stats.Sessions)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		for _, secret := range []string{badUser, badPassword} {
			for _, form := range []string{secret, hexOf(secret)} {
				if strings.Contains(string(data), form) {
					t.Errorf("%s holds %q", path, form)
				}
			}
		}
		return err
	})
	if err != nil || files < 10 {
		t.Errorf("%d files, %v", files, err)
	}
}

func hexOf(text string) string { return hex.EncodeToString([]byte(text)) }
