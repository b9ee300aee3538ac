package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
	"golang.org/x/term"
)

// screen is what one sees while a run goes on: a line for each failure as it
// happens, and, in a terminal only, one line at the bottom that says how far
// the run is.
type screen struct {
	text  reports.Text
	level spec.Level

	mu       sync.Mutex
	w        io.Writer
	live     bool // a terminal, in which the line at the bottom may be drawn again
	columns  func() int
	lanes    []*lane
	started  time.Time
	drawn    bool
	stop     chan struct{}
	finished sync.WaitGroup
}

const redraw = 100 * time.Millisecond

func newScreen(w io.Writer, level spec.Level, verbose bool) *screen {
	s := &screen{w: w, level: level, started: time.Now(), stop: make(chan struct{})}
	s.text = reports.Text{Level: level, Verbose: verbose}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return s
	}
	s.columns = func() int {
		if n, _, err := term.GetSize(int(file.Fd())); err == nil && n > 0 {
			return n
		}
		return 80
	}
	s.text.Width = s.columns()
	s.text.Color = os.Getenv("NO_COLOR") == ""
	if os.Getenv("TERM") == "dumb" {
		s.text.Color = false
		return s
	}
	s.live = true
	s.finished.Go(s.animate)
	return s
}

func (s *screen) animate() {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			s.mu.Lock()
			s.draw()
			s.mu.Unlock()
		}
	}
}

// finish takes the line at the bottom away.
func (s *screen) finish() {
	close(s.stop)
	s.finished.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if len(s.lanes) > 0 && s.lanes[0].said {
		_, _ = fmt.Fprintln(s.w)
	}
}

func (s *screen) erase() {
	if s.drawn {
		_, _ = io.WriteString(s.w, "\r\x1b[K")
		s.drawn = false
	}
}

// draw draws the line at the bottom, cut to the width: a line that wraps
// cannot be taken back.
func (s *screen) draw() {
	if !s.live {
		return
	}
	var parts []string
	for _, l := range s.lanes {
		if part := l.progress(len(s.lanes) > 1); part != "" {
			parts = append(parts, part)
		}
	}
	line := fmt.Sprintf("%s  %.0f s", strings.Join(parts, "   "), time.Since(s.started).Seconds())
	for limit := s.columns() - 1; utf8.RuneCountInString(line) > limit && line != ""; {
		_, size := utf8.DecodeLastRuneInString(line)
		line = line[:len(line)-size]
	}
	_, _ = io.WriteString(s.w, "\r\x1b[K"+line)
	s.drawn = true
}

// print prints whole lines above the line at the bottom.
func (s *screen) print(text []byte) {
	s.erase()
	_, _ = s.w.Write(text)
	s.draw()
}

// lane is the part of one target.
type lane struct {
	s      *screen
	name   string
	total  int
	said   bool
	begun  bool
	ended  bool
	counts map[result.Verdict]int
	done   int
}

func (s *screen) lane(name string, total int) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &lane{s: s, name: name, total: total, counts: map[result.Verdict]int{}}
	s.lanes = append(s.lanes, l)
	return l
}

// prefix tells the lines of several targets apart.
func (l *lane) prefix() string {
	if len(l.s.lanes) > 1 {
		return l.name + ": "
	}
	return ""
}

// say prints a remark on the target.
func (l *lane) say(format string, args ...any) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.begun, l.said = true, true
	l.s.print([]byte(reports.Printable(l.name+": "+fmt.Sprintf(format, args...)) + "\n"))
}

// result counts a result, and shows it in a line if it is bad news.
func (l *lane) result(res *result.Result) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.begun = true
	if res.Area != "judge" {
		l.done++
	}
	l.counts[res.Verdict]++
	if !l.s.bad(res) {
		return
	}
	var line bytes.Buffer
	prefix := reports.Printable(l.prefix())
	line.WriteString(prefix)
	text := l.s.text
	if text.Width > 0 {
		text.Width -= utf8.RuneCountInString(prefix)
	}
	_ = text.Line(&line, res)
	l.s.print(line.Bytes())
}

// bad says whether the result counts against the target or the run.
func (s *screen) bad(res *result.Result) bool {
	return res.Verdict == result.Fail || res.Verdict == result.Error ||
		(res.Verdict == result.Warn && s.level == spec.Should)
}

func (l *lane) end() {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.ended = true
}

// progress says in a few words how far the target is.
func (l *lane) progress(named bool) string {
	name := ""
	if named {
		name = l.name + " "
	}
	switch {
	case l.ended:
		name += "done, "
	case !l.begun:
		return name + "starting"
	default:
		name += fmt.Sprintf("%d/%d, ", l.done, l.total)
	}
	text := fmt.Sprintf("%d pass, %d fail", l.counts[result.Pass], l.counts[result.Fail])
	for _, v := range []result.Verdict{result.Warn, result.Known, result.Error} {
		if n := l.counts[v]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, v)
		}
	}
	return name + text
}

// details prints everything about each result that counts against the target;
// with -v also about the warnings. What could not even begin has nothing to
// show, and the summary gives the reason once for all of them.
func (s *screen) details(run *result.Run, named bool) error {
	first := true
	for _, res := range run.Results {
		warning := s.text.Verbose && res.Verdict == result.Warn
		if !warning && !s.bad(res) || (res.Verdict == result.Error && len(res.Trace) == 0) {
			continue
		}
		if first && named {
			if _, err := fmt.Fprintf(s.w, "%s\n\n", reports.Printable(run.Header.Target)); err != nil {
				return err
			}
		}
		first = false
		if err := s.text.Result(s.w, res); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.w); err != nil {
			return err
		}
	}
	return nil
}
