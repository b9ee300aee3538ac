package reports

import "strings"

// prose writes a text so that Markdown shows it as it is. Plain prose is
// escaped; what GitHub would make a link or a mention goes into a code span,
// the only place where it makes none.
func prose(s string) string {
	s = Printable(s)
	if risky(s) {
		return code(s)
	}
	return escape(s)
}

// escape writes a text that may have links in it, such as a reason from the
// user's own list.
func escape(s string) string {
	s = Printable(s)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case strings.IndexByte("\\`*_[]<>&|~#!$", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case i == 0 && (c == '-' || c == '+' || c == '='): // begins a list or a heading
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// risky finds what is made a link, a mention, a reference to an issue or a
// picture in plain text.
func risky(s string) bool {
	if strings.ContainsAny(s, "@<`") || strings.Contains(s, "](") {
		return true
	}
	lower := strings.ToLower(s)
	for _, mark := range []string{"://", "www.", "mailto:", "javascript:", "xmpp:", "gh-"} {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '#' && s[i+1] >= '0' && s[i+1] <= '9' {
			return true
		}
	}
	return false
}

// inCell lets Markdown stand in a table, which takes | for the end of the cell
// even in a code span.
func inCell(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '|' && (i == 0 || s[i-1] != '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// code writes a text as a code span.
func code(s string) string {
	s = Printable(s)
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if s == "" || s[0] == '`' || s[len(s)-1] == '`' || s[0] == ' ' {
		s = " " + s + " "
	}
	return fence + s + fence
}

// CodeInCell writes a text as a code span that may stand in a table.
func CodeInCell(s string) string { return inCell(code(s)) }

// codes writes names as code spans, counting those behind the first dozen.
func codes(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i == markdownNames {
			return b.String() + " and " + count(len(names)-i, "more", "more")
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(code(Clip(name, 200)))
	}
	return b.String()
}

// fenced writes lines as a code block that nothing in them can end.
func fenced(language, s string) string {
	fence := strings.Repeat("`", max(3, longestRun(s, '`')+1))
	return fence + language + "\n" + strings.TrimRight(s, "\n") + "\n" + fence
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] == c {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}
