package process

import (
	"bytes"
	"strings"
	"sync"
)

const (
	tailLines   = 50
	tailLineLen = 1000
)

// tail keeps the last lines that were written to it, and the line with which a
// Go program says why it crashes: the stack below may be longer than the tail.
type tail struct {
	mu    sync.Mutex
	part  []byte // of the line that has not ended yet
	lines []string
	crash string
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte{'\n'})
		if room := tailLineLen - len(t.part); room > 0 {
			t.part = append(t.part, line[:min(room, len(line))]...)
		}
		p = rest
		if ended {
			t.end()
		}
	}
	return n, nil
}

// end completes the line at hand.
func (t *tail) end() {
	line := strings.ToValidUTF8(strings.TrimRight(string(t.part), "\r"), "�")
	t.part = t.part[:0]
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
		t.crash = line
	}
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, line)
}

// String gives the lines, the crash first if they do not hold it any more.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := strings.Join(t.lines, "\n")
	if len(t.part) > 0 {
		all += "\n" + string(t.part)
	}
	if t.crash != "" && !strings.Contains(all, t.crash) {
		all = t.crash + "\n…\n" + all
	}
	return strings.Trim(all, "\n")
}

// Crash is the line with which a Go program said why it crashed, if it did.
func (t *tail) Crash() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.crash
}

// firstLine passes the first line on and everything to next.
type firstLine struct {
	next *tail
	line chan string // takes one line without blocking
	part []byte
	done bool
}

func (f *firstLine) Write(p []byte) (int, error) {
	if !f.done {
		line, _, ended := bytes.Cut(p, []byte{'\n'})
		if len(f.part)+len(line) <= tailLineLen {
			f.part = append(f.part, line...)
		}
		if ended {
			f.done = true
			f.line <- string(f.part)
		}
	}
	return f.next.Write(p)
}
