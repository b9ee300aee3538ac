package reports

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Printable makes a text safe to print on one line of a terminal: control
// characters, the marks that change the direction of writing, and bytes that
// are not UTF-8 become escapes as in Go source. A broker chooses much of what
// is printed, and it must not be able to move the cursor or hide a line.
func Printable(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
		i += size
	}
	return b.String()
}

// Clip makes a text printable and cuts it behind limit bytes of it, saying how
// long it was.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return Printable(s)
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes in all)", Printable(s[:cut]), len(s))
}

// Wrap breaks a text into lines of at most width columns, between words where
// it can. Every rune counts as one column.
func Wrap(s string, width int) []string {
	width = max(width, 16)
	var lines []string
	line, length := "", 0
	flush := func() {
		lines = append(lines, line)
		line, length = "", 0
	}
	for word := range strings.FieldsSeq(s) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width {
			flush()
		}
		if length > 0 {
			line += " "
			length++
		}
		for n > width-length { // longer than a line
			head := firstRunes(word, width-length)
			line += head
			word = word[len(head):]
			n -= width - length
			flush()
		}
		line += word
		length += n
	}
	if length > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

// firstRunes gives the first n runes of the text.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
