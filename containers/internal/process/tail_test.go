package process

import (
	"fmt"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	many := func(n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("line %d", i))
		}
		return lines
	}
	for _, test := range []struct {
		name    string
		written []string
		want    string
	}{
		{"nothing", nil, ""},
		{"one line in pieces", []string{"a", "b", "c\nd"}, "abc\nd"},
		{"carriage returns", []string{"a\r\nb\r\n"}, "a\nb"},
		{"the last 50", []string{strings.Join(many(120), "\n") + "\n"}, strings.Join(many(120)[70:], "\n")},
		{"a long line", []string{strings.Repeat("x", 5000) + "\nb"}, strings.Repeat("x", tailLineLen) + "\nb"},
		{"not UTF-8", []string{"\xff\n"}, "�"},
		{
			"a crash above the last 50",
			[]string{"panic: oh\n" + strings.Join(many(60), "\n") + "\n"},
			"panic: oh\n…\n" + strings.Join(many(60)[10:], "\n"),
		},
		{"a crash among them", []string{"a\nfatal error: oh\nb\n"}, "a\nfatal error: oh\nb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out tail
			for _, w := range test.written {
				if n, err := out.Write([]byte(w)); n != len(w) || err != nil {
					t.Fatal(n, err)
				}
			}
			if got := out.String(); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
