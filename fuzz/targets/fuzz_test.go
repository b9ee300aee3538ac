package targets_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
	"github.com/mqttproof/mqttproof/fuzz/targets"
)

// The corpus that all targets and both engines share: what was found worth keeping
// in any of them is a packet for the others.
const kept = "testdata/corpus"

var more = flag.String("corpus", "", "a folder with more inputs, raw or as go test writes them")

// corpus reads both folders.
func corpus(f *testing.F) (inputs [][]byte) {
	f.Helper()
	for _, dir := range []string{kept, *more} {
		list, err := parser.ReadCorpus(dir)
		if err != nil && dir != "" {
			f.Fatal(err)
		}
		inputs = append(inputs, list...)
	}
	return inputs
}

func FuzzCodec5(f *testing.F)   { fuzzCodec(f, codec.V5) }
func FuzzCodec311(f *testing.F) { fuzzCodec(f, codec.V311) }
func FuzzCodec31(f *testing.F)  { fuzzCodec(f, codec.V31) }

func fuzzCodec(f *testing.F, v codec.Version) {
	f.Helper()
	for _, input := range slices.Concat(parser.FewSeeds(v, 0), corpus(f)) {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if _, broken := targets.Codec(parser.Packet(input, v, 0), v); broken != nil {
			t.Error(broken)
		}
	})
}

func FuzzMochi5(f *testing.F)     { fuzz(f, targets.Mochi(codec.V5)) }
func FuzzMochi311(f *testing.F)   { fuzz(f, targets.Mochi(codec.V311)) }
func FuzzPahoGolang(f *testing.F) { fuzz(f, targets.PahoGolang()) }
func FuzzPahoMQTT(f *testing.F)   { fuzz(f, targets.PahoMQTT()) }

func fuzz(f *testing.F, p parser.Parser) {
	f.Helper()
	for _, input := range corpus(f) {
		f.Add(input)
	}
	p.Fuzz(f)
}

// All packets of the matrix keep the promises of the codec, in every version.
func TestCodec(t *testing.T) {
	accepted := 0
	for _, packet := range parser.Seeds(0, 0) {
		for v := codec.V31; v <= codec.V5; v++ {
			ok, broken := targets.Codec(packet, v)
			if broken != nil {
				t.Errorf("% x: %v", packet, broken)
			}
			if ok {
				accepted++
			}
		}
	}
	if accepted < 1000 {
		t.Errorf("%d seeds are valid packets; the codec accepts every case of the matrix that is valid, more than 1,000", accepted)
	}
}

func BenchmarkCodec(b *testing.B) {
	seeds := parser.FewSeeds(codec.V5, 0)
	for i := 0; b.Loop(); i++ {
		if _, broken := targets.Codec(parser.Packet(seeds[i%len(seeds)], codec.V5, 0), codec.V5); broken != nil {
			b.Fatal(broken)
		}
	}
}

func ExampleCodec() {
	accepted, broken := targets.Codec([]byte{0xC0, 0x00}, codec.V311) // PINGREQ
	fmt.Println(accepted, broken)
	// Output: true <nil>
}

func BenchmarkCheck(b *testing.B) {
	seeds := parser.FewSeeds(codec.V5, 0)
	mochi := targets.Mochi(codec.V5)
	for i := 0; b.Loop(); i++ {
		if f := mochi.Check(seeds[i%len(seeds)]); f != nil {
			b.Fatal(f)
		}
	}
}
