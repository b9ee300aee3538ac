package result

import (
	"bytes"

	"github.com/mqttproof/mqttproof/codec"
)

// Secrets are the credentials of a target. They are masked before anything is
// recorded, so that no trace, report or log can show them.
type Secrets [][]byte

// NewSecrets gives those of a user; empty ones hide nothing.
func NewSecrets(user, password string) Secrets {
	var s Secrets
	for _, v := range []string{password, user} {
		if v != "" {
			s = append(s, []byte(v))
		}
	}
	return s
}

// shortSecret is the length below which a secret is masked in CONNECT alone:
// replacing every "a" in a trace would make it unreadable and hide nothing.
const shortSecret = 3

// Mask gives data with every secret replaced by as many asterisks, so that the
// bytes still parse. It copies, so that the caller may reuse data.
func (s Secrets) Mask(data []byte) []byte {
	out := bytes.Clone(data)
	connect := len(data) > 0 && codec.Type(data[0]>>4) == codec.CONNECT
	for _, secret := range s {
		if len(secret) < shortSecret && !connect {
			continue
		}
		stars := bytes.Repeat([]byte("*"), len(secret))
		out = bytes.ReplaceAll(out, secret, stars)
	}
	return out
}

// MaskText is Mask for words.
func (s Secrets) MaskText(text string) string {
	if len(s) == 0 {
		return text
	}
	return string(s.Mask([]byte(text)))
}
