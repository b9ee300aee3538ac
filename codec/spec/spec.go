// Package spec holds the catalogue of requirements of MQTT 3.1.1 and 5.0 and
// the protocol tables (packets, properties, reason codes) as data. It is the
// one source for ids, levels and summaries; nothing else states them.
package spec

import (
	"fmt"
	"strings"
)

// Version is a version of the MQTT standard, by its Protocol Level in CONNECT
// (3.1.2.2).
type Version uint8

// The versions that mqttproof knows.
const (
	V31  Version = 3
	V311 Version = 4
	V5   Version = 5
)

// String gives "3.1", "3.1.1" or "5.0".
func (v Version) String() string {
	switch v {
	case V31:
		return "3.1"
	case V311:
		return "3.1.1"
	case V5:
		return "5.0"
	}
	return fmt.Sprintf("level %d", uint8(v))
}

// ParseVersion reads what String writes; "5" is taken for "5.0".
func ParseVersion(s string) (Version, error) {
	switch s {
	case "3.1":
		return V31, nil
	case "3.1.1":
		return V311, nil
	case "5.0", "5":
		return V5, nil
	}
	return 0, fmt.Errorf("no MQTT version %q; there are 3.1, 3.1.1 and 5.0", s)
}

// MarshalText writes the version as String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (v *Version) UnmarshalText(b []byte) error {
	got, err := ParseVersion(string(b))
	*v = got
	return err
}

// Ref names one requirement of one version, such as 5.0/MQTT-3.1.2-7. The same
// id in another version is a different statement, so an id never stands alone.
type Ref struct {
	Version Version // 0 in the zero Ref, which names nothing
	ID      string  // MQTT-…, U3-…, U5-…, or a section such as §2.1
}

// String gives the printed form, 5.0/MQTT-3.1.2-7; empty for the zero Ref.
func (r Ref) String() string {
	if r == (Ref{}) {
		return ""
	}
	return r.Version.String() + "/" + r.ID
}

// ParseRef reads what String writes. It does not ask whether the catalogue
// has the requirement; Lookup does.
func ParseRef(s string) (Ref, error) {
	v, id, ok := strings.Cut(s, "/")
	if !ok || id == "" {
		return Ref{}, fmt.Errorf("%q is not a requirement; one looks like 5.0/MQTT-3.1.2-7", s)
	}
	version, err := ParseVersion(v)
	if err != nil {
		return Ref{}, fmt.Errorf("requirement %q: %w", s, err)
	}
	return Ref{version, id}, nil
}

// MarshalText writes the printed form, so that a Ref can be a key in JSON.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (r *Ref) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*r = Ref{}
		return nil
	}
	got, err := ParseRef(string(b))
	*r = got
	return err
}

// Level is the strength of a requirement (RFC 2119): breaking a MUST fails,
// breaking a SHOULD warns, a MAY is observed.
type Level uint8

// The levels, strongest last, so that they compare.
const (
	May Level = iota + 1
	Should
	Must
)

// String gives MUST, SHOULD or MAY.
func (l Level) String() string {
	switch l {
	case Must:
		return "MUST"
	case Should:
		return "SHOULD"
	case May:
		return "MAY"
	}
	return "none"
}

// MarshalText writes the level as String does.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (l *Level) UnmarshalText(b []byte) error {
	for _, c := range []Level{Must, Should, May} {
		if string(b) == c.String() {
			*l = c
			return nil
		}
	}
	return fmt.Errorf("no level %q; there are MUST, SHOULD and MAY", b)
}
