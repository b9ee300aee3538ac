// Package leak has tests find what they leave behind.
package leak

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Check fails the test if, once it and its clean-ups are over, there is a child
// process or a folder of ours in its own temporary folder. Call it first.
func Check(t *testing.T) {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Cleanup(func() {
		for _, pid := range children() {
			t.Errorf("left behind the process %s", pid)
		}
		left, _ := filepath.Glob(filepath.Join(temp, "*"))
		for _, file := range left {
			t.Errorf("left behind %s", file)
		}
	})
}

// children lists the children of this process; none where there is no /proc.
func children() (list []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it ended
		}
		// pid (name) state ppid …; the name may hold anything.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) > 1 && string(fields[1]) == strconv.Itoa(os.Getpid()) {
			list = append(list, fmt.Sprintf("%s (state %s)", filepath.Base(filepath.Dir(file)), fields[0]))
		}
	}
	return list
}
