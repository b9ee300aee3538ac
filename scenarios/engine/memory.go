package engine

import (
	"fmt"
	"os"
	"strings"
)

// process is a Target whose broker runs as a child of ours.
type process interface{ PID() int }

// Memory gives how many bytes of memory the process of the broker holds; ok is
// false where there is no process that we can look at.
func (t *T) Memory() (bytes int, ok bool) {
	p, is := t.target.(process)
	if !is || p.PID() == 0 {
		return 0, false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, false // Linux has it
	}
	for line := range strings.Lines(string(status)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb << 10, true
		}
	}
	return 0, false
}
