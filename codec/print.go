package codec

import (
	"fmt"
	"strconv"

	"github.com/mqttproof/mqttproof/codec/spec"
)

// shownBytes is how much of a text or payload is printed.
const shownBytes = 64

// lineWriter builds the one line form of a packet. Text from the wire is quoted,
// so that it can neither break the line nor talk to a terminal.
type lineWriter struct {
	b    []byte
	bare bool // the next word needs no space before it
}

func line(name string) *lineWriter { return &lineWriter{b: append(make([]byte, 0, 128), name...)} }

func (l *lineWriter) String() string { return string(l.b) }

func (l *lineWriter) word(s string) {
	if !l.bare {
		l.b = append(l.b, ' ')
	}
	l.bare = false
	l.b = append(l.b, s...)
}

func (l *lineWriter) key(name string) {
	l.word(name)
	l.b = append(l.b, '=')
}

func (l *lineWriter) num(name string, n uint32) {
	l.key(name)
	l.b = strconv.AppendUint(l.b, uint64(n), 10)
}

func (l *lineWriter) flag(name string, on bool) {
	if on {
		l.word(name)
	}
}

// text prints a text: plain where it is printable ASCII without spaces.
func (l *lineWriter) text(name string, t []byte) {
	l.key(name)
	l.value(t)
}

func (l *lineWriter) value(t []byte) {
	cut := len(t) > 4*shownBytes
	if cut {
		t = t[:4*shownBytes]
	}
	if plain(t) {
		l.b = append(l.b, t...)
	} else {
		l.b = strconv.AppendQuoteToASCII(l.b, string(t))
	}
	if cut {
		l.b = append(l.b, "..."...)
	}
}

func plain(t []byte) bool {
	for _, c := range t {
		if c <= ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '{' || c == '}' || c == '=' {
			return false
		}
	}
	return len(t) > 0
}

func (l *lineWriter) payload(p []byte) {
	l.key("payload")
	shown := p[:min(len(p), shownBytes)]
	l.b = strconv.AppendQuoteToASCII(l.b, string(shown))
	if len(shown) < len(p) {
		l.b = append(l.b, "..."...)
	}
	l.b = fmt.Appendf(l.b, " (%d bytes)", len(p))
}

func (l *lineWriter) code(t Type, code byte) { l.codeIn(t, V5, code) }

func (l *lineWriter) codeIn(t Type, v Version, code byte) {
	l.b = fmt.Appendf(l.b, " code=0x%02x", code)
	if name := ReasonName(t, v, code); name != "" && code != 0 {
		l.b = fmt.Appendf(l.b, " (%s)", name)
	}
}

func (l *lineWriter) properties(ps Properties) {
	if len(ps) == 0 {
		return
	}
	l.word("{")
	for i, p := range ps {
		if i > 0 {
			l.b = append(l.b, ", "...)
		}
		l.property(p)
	}
	l.b = append(l.b, '}')
}

func (l *lineWriter) property(p Property) {
	l.b = append(l.b, p.ID.String()...)
	l.b = append(l.b, '=')
	switch p.ID.Kind() {
	case spec.Byte, spec.TwoByte, spec.FourByte, spec.VarInt:
		l.b = strconv.AppendUint(l.b, uint64(p.Int), 10)
	case spec.Pair:
		l.value(p.Name)
		l.b = append(l.b, ':')
		l.value(p.Data)
	case spec.Binary:
		if p.ID == AuthenticationData {
			l.b = fmt.Appendf(l.b, "(%d bytes)", len(p.Data)) // may be a secret
			return
		}
		fallthrough
	default:
		l.value(p.Data)
	}
}

// String gives the property as NAME=VALUE. Authentication Data is left out.
func (p Property) String() string {
	var l lineWriter
	l.property(p)
	return l.String()
}

// rowBytes is how many bytes of a field Dump shows.
const rowBytes = 16

// Dump prints the packet that b holds at length: the packet on one line, a line
// for each field with its offset and bytes, and a line for each violation. The
// bytes of User Name, Password and Authentication Data are left out.
func Dump(b []byte, v Version, from Sender) string {
	p, found := Inspect(b, v, from)
	var out []byte
	if p != nil {
		out = append(out, p.String()...)
	} else {
		out = append(out, "no packet"...)
	}
	out = append(out, '\n')
	end := 0
	for _, f := range Fields(b, v, from) {
		secret := f.Name == fUser.name || f.Name == fPassword.name || f.Name == AuthenticationData.String()
		out = dumpField(out, f.Name, f.Offset, b[f.Offset:f.Offset+f.Len], secret)
		end = f.Offset + f.Len
	}
	if end < len(b) {
		// In CONNECT and AUTH it may be a part of a secret.
		t := Type(b[0] >> 4)
		out = dumpField(out, "(no field)", end, b[end:], t == CONNECT || t == AUTH)
	}
	for i := range found {
		x := &found[i]
		out = fmt.Appendf(out, "  ! %s at byte %d: %s (%s)\n", x.Class, x.Offset, x.Text, x.Requirement)
	}
	return string(out)
}

func dumpField(out []byte, name string, offset int, b []byte, secret bool) []byte {
	shown := fmt.Sprintf("% x", b[:min(len(b), rowBytes)])
	switch {
	case len(b) == 0:
		shown = "(empty)"
	case secret:
		shown = fmt.Sprintf("(%d bytes)", len(b))
	case len(b) > rowBytes:
		shown += fmt.Sprintf(" ... (%d bytes)", len(b))
	}
	return fmt.Appendf(out, "  %04x  %-32s %s\n", offset, name, shown)
}
