//go:build gofuzz

package targets

import (
	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// The targets for dvyukov/go-fuzz: 1 keeps the input in the corpus with priority, 0
// keeps it if it is new.

// FuzzCodec5 is Codec in 5.0.
func FuzzCodec5(input []byte) int { return checkCodec(input, codec.V5) }

// FuzzCodec311 is Codec in 3.1.1.
func FuzzCodec311(input []byte) int { return checkCodec(input, codec.V311) }

// FuzzCodec31 is Codec in 3.1.
func FuzzCodec31(input []byte) int { return checkCodec(input, codec.V31) }

func checkCodec(input []byte, v codec.Version) int {
	accepted, broken := Codec(parser.Packet(input, v, 0), v)
	if broken != nil {
		panic(broken)
	}
	if accepted {
		return 1
	}
	return 0
}

// FuzzMochi5 is Mochi in 5.0.
func FuzzMochi5(input []byte) int { return check(mochi5, input) }

// FuzzMochi311 is Mochi in 3.1.1.
func FuzzMochi311(input []byte) int { return check(mochi311, input) }

// FuzzPahoGolang is PahoGolang.
func FuzzPahoGolang(input []byte) int { return check(pahoGolang, input) }

// FuzzPahoMQTT is PahoMQTT.
func FuzzPahoMQTT(input []byte) int { return check(pahoMQTT, input) }

var mochi5, mochi311, pahoGolang, pahoMQTT = Mochi(codec.V5), Mochi(codec.V311), PahoGolang(), PahoMQTT()

func check(p parser.Parser, input []byte) int {
	if f := p.Check(input); f != nil {
		panic(f.Error())
	}
	return 0
}
