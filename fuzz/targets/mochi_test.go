package targets

import (
	"errors"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
)

func TestAgainstMochi(t *testing.T) { differ(t, "mochi", compareMochi) }

func compareMochi(_ *testing.T, b []byte, v codec.Version, from codec.Sender) (difference, bool) {
	if level, ok := codec.ConnectVersion(b); ok && level >= codec.V31 && level <= codec.V5 {
		v = level // which mochi goes by
	}
	p, n, err := codec.Decode(b, v, from)
	if errors.Is(err, codec.ErrIncomplete) {
		return difference{}, false // which mochi leaves to its reader
	}
	if n == 0 {
		n = len(b)
	}
	return between(v, p, err, mochi(b[:n], v))
}
