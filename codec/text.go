package codec

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// suspect is not 0 where a byte of w is 0 or above 0x7F.
func suspect(w uint64) uint64 { return (w | (w - ones)) & highs }

// wild is not 0 where a byte of w is '+' or '#'; it may be so too where a byte
// is above 0x7F.
func wild(w uint64) uint64 {
	plus, hash := w^('+'*ones), w^('#'*ones)
	return ((plus - ones) | (hash - ones)) & highs
}

// textOK tells whether b is well-formed UTF-8 without U+0000 (1.5.4). Eight
// bytes of ASCII are looked at in one step. Surrogates and overlong forms are
// ill-formed; U+FEFF is a character as any other.
func textOK(t []byte) bool {
	if len(t) < 8 {
		for _, c := range t {
			if c-1 >= 0x7F {
				return textOKSlow(t)
			}
		}
		return true
	}
	bad := suspect(binary.LittleEndian.Uint64(t[len(t)-8:])) // may overlap the step before
	for b := t; len(b) > 8; b = b[8:] {
		bad |= suspect(binary.LittleEndian.Uint64(b))
	}
	return bad == 0 || textOKSlow(t)
}

func textOKSlow(b []byte) bool {
	return bytes.IndexByte(b, 0) < 0 && utf8.Valid(b)
}

// nameOK tells whether b is well-formed, as textOK does, and without wildcard
// characters.
func nameOK(t []byte) bool {
	if len(t) < 8 {
		for _, c := range t {
			if c-1 >= 0x7F || c == '+' || c == '#' {
				return nameOKSlow(t)
			}
		}
		return true
	}
	w := binary.LittleEndian.Uint64(t[len(t)-8:])
	bad := suspect(w) | wild(w)
	for b := t; len(b) > 8; b = b[8:] {
		w = binary.LittleEndian.Uint64(b)
		bad |= suspect(w) | wild(w)
	}
	return bad == 0 || nameOKSlow(t)
}

func nameOKSlow(b []byte) bool {
	return textOKSlow(b) && bytes.IndexByte(b, '+') < 0 && bytes.IndexByte(b, '#') < 0
}

// runeLen is the number of bytes of the character at the start of b; 0 where
// the bytes are ill-formed.
func runeLen(b []byte) int {
	if b[0] < utf8.RuneSelf {
		return 1
	}
	c, n := utf8.DecodeRune(b)
	if c == utf8.RuneError && n == 1 {
		return 0
	}
	return n
}

const sharePrefix = "$share/"

// shared splits the Topic Filter of a Shared Subscription (4.8.2). rest is the
// filter behind the ShareName. ok is false for a Non-shared one.
func shared(filter []byte) (name, rest []byte, ok bool) {
	if len(filter) < len(sharePrefix) || string(filter[:len(sharePrefix)]) != sharePrefix {
		return nil, filter, false
	}
	name = filter[len(sharePrefix):]
	if i := bytes.IndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return name, nil, true
}

// Shared splits the Topic Filter of a Shared Subscription, $share/NAME/FILTER,
// into NAME and FILTER (5.0, 4.8.2). ok is false where the filter does not
// start with $share/. Neither part is checked.
func Shared(filter Text) (name, rest Text, ok bool) { return shared(filter) }

// filter reads a Topic Filter (4.7.1) and checks it.
func (r *reader) filter(f *field) Text {
	t := r.bin(f)
	if !textOK(t) || !filterOK(t, r.v) {
		r.badFilter(t, r.pos-len(t), f)
	}
	return t
}

// filterOK checks where the wildcards of a filter stand, and $share.
func filterOK(t []byte, v Version) bool {
	if len(t) > 0 && t[0] == '$' && v == V5 {
		name, rest, ok := shared(t)
		if ok && (len(name) == 0 || bytes.IndexByte(name, '+') >= 0 || bytes.IndexByte(name, '#') >= 0) {
			return false
		}
		t = rest
	}
	if len(t) == 0 {
		return false
	}
	if i := bytes.IndexByte(t, '#'); i >= 0 && (i != len(t)-1 || i > 0 && t[i-1] != '/') {
		return false
	}
	for i := bytes.IndexByte(t, '+'); i >= 0; {
		if i > 0 && t[i-1] != '/' || i < len(t)-1 && t[i+1] != '/' {
			return false
		}
		next := bytes.IndexByte(t[i+1:], '+')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return true
}

// A bad text is walked to its end, so that all that is wrong with it is listed:
// ill-formed bytes are passed one by one until a character begins again. A run of
// bytes or characters that break the same rule is reported once, at its start.

// textRun is the run that a walk is in.
type textRun struct {
	rule *rule
	end  int
}

// broken reports a rule at bytes i to i+n of the text at offset at, unless they
// belong to a run.
func (run *textRun) broken(r *reader, rule *rule, at, i, n int, f *field) {
	if rule != run.rule || i != run.end {
		r.say(rule, at+i, f.name)
	}
	run.rule, run.end = rule, i+n
}

// badText reports what is wrong with a text, in the order of its bytes.
func (r *reader) badText(t []byte, at int, f *field, wildcard, null *rule) {
	utf := &ruleUTF8
	if null == &rulePair {
		utf = &rulePair
	}
	var run textRun
	for i := 0; i < len(t) && !r.stop; {
		n := runeLen(t[i:])
		switch c := t[i]; {
		case n == 0:
			n = 1
			run.broken(r, utf, at, i, n, f)
		case c == 0:
			run.broken(r, null, at, i, n, f)
		case wildcard != nil && (c == '+' || c == '#'):
			run.broken(r, wildcard, at, i, n, f)
		}
		i += n
	}
}

// badFilter reports what is wrong with a filter, in the order of its bytes.
func (r *reader) badFilter(t []byte, at int, f *field) {
	if len(t) == 0 {
		r.say(&ruleEmptyName, at-2, f.name) // where its length says so
		return
	}
	start := 0 // of the filter proper
	name, rest, ok := shared(t)
	isShared := ok && r.v == V5
	if isShared {
		start = len(sharePrefix) + len(name) + 1
		if len(name) == 0 {
			r.say(&ruleShareName, at+len(sharePrefix), f.name)
		}
	}
	var run textRun
	for i := 0; i < len(t) && !r.stop; {
		n := runeLen(t[i:])
		switch c := t[i]; {
		case n == 0:
			n = 1
			run.broken(r, &ruleUTF8, at, i, n, f)
		case c == 0:
			run.broken(r, &ruleNull, at, i, n, f)
		case i < start:
			if c == '+' || c == '#' {
				run.broken(r, &ruleShareFilter, at, i, n, f)
			}
		case c == '#' && (i > start && t[i-1] != '/' || i != len(t)-1):
			run.broken(r, &ruleMultiLevel, at, i, n, f)
		case c == '+' && (i > start && t[i-1] != '/' || i != len(t)-1 && t[i+1] != '/'):
			run.broken(r, &ruleSingleLevel, at, i, n, f)
		}
		i += n
	}
	if isShared && len(rest) == 0 {
		r.say(&ruleShareFilter, at+len(t), f.name)
	}
}
