package parser

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/matrix"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// seed is a packet of the tables.
type seed struct {
	packet  []byte
	version codec.Version
	from    codec.Sender
	// group is the type with what is wrong: packets of one group teach a fuzzer the
	// same.
	group string
}

// tables makes all packets once: it takes a third of a second.
var tables = sync.OnceValue(func() (list []seed) {
	cases := matrix.Cases()
	for i := range cases {
		c := &cases[i]
		b, err := c.Bytes()
		if err != nil {
			panic(err) // which the tests of the matrix rule out
		}
		group := fmt.Sprintf("%s %s %s", c.Packet.Type(), c.Kind, c.Requirement)
		if c.Kind == matrix.PropertyPlace || c.Kind == matrix.PropertyRange {
			group = c.Name // every property is another piece of a parser
		}
		list = append(list, seed{b, c.Version, c.From, group})
	}
	return list
})

// Seeds gives the packets made from the tables of the standard that an end may send
// in a version, each once: every packet type, flag, property, reason code and place
// to cut a packet at, and every named way to break one; some 5,000 of 5.0 from
// either end. Version 0 is all versions, sender 0 both ends.
func Seeds(v codec.Version, from codec.Sender) [][]byte { return seeds(v, from, false) }

// FewSeeds gives inputs for a fuzzer that runs each seed many times: one of each
// group of Seeds that breaks the same rule in the same type of packet, up to 4 KiB,
// and the same once more with bytes behind it that change it, which a fuzzer then has
// only to change.
func FewSeeds(v codec.Version, from codec.Sender) [][]byte {
	list := slices.DeleteFunc(seeds(v, from, true), func(packet []byte) bool { return len(packet) > 4<<10 })
	choices := rand.New(rand.NewPCG(uint64(v), uint64(from)))
	for _, packet := range list[:len(list):len(list)] {
		if size, ok, err := codec.FrameSize(packet); err != nil || !ok || size != len(packet) {
			continue
		}
		input := bytes.Clone(packet)
		for range 12 {
			input = append(input, byte(choices.Uint32()))
		}
		list = append(list, input)
	}
	return list
}

func seeds(v codec.Version, from codec.Sender, few bool) (list [][]byte) {
	seen := map[string]bool{}
	for _, s := range tables() {
		if v != 0 && v != s.version || from != 0 && from != s.from || seen[string(s.packet)] || few && seen[s.group] {
			continue
		}
		seen[string(s.packet)], seen[s.group] = true, true
		list = append(list, s.packet)
	}
	return list
}

// goTest is the first line of a file that go test -fuzz writes.
const goTest = "go test fuzz v1\n"

// ReadCorpus reads the inputs in a folder, one in each file, in the order of the
// names: raw, as dvyukov/go-fuzz and libFuzzer keep them, or as go test -fuzz writes
// them. A folder that is not there has none; folders in it are left out.
func ReadCorpus(dir string) ([][]byte, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the corpus: %w", err)
	}
	var inputs [][]byte
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the corpus: %w", err)
		}
		if text, ok := strings.CutPrefix(string(b), goTest); ok {
			if b, err = fromGoTest(text); err != nil {
				return nil, fmt.Errorf("read the corpus: %s: %w", path, err)
			}
		}
		inputs = append(inputs, b)
	}
	return inputs, nil
}

// fromGoTest reads the one value, []byte("…"), of a file of go test.
func fromGoTest(text string) ([]byte, error) {
	quoted, ok := strings.CutPrefix(strings.TrimSpace(text), "[]byte(")
	quoted, closed := strings.CutSuffix(quoted, ")")
	if value, err := strconv.Unquote(quoted); ok && closed && err == nil {
		return []byte(value), nil
	}
	return nil, fmt.Errorf("one line of []byte(\"…\") was expected, it has %.60q", text)
}

// WriteCorpus adds inputs to a folder, raw, each in a file named by its content, so
// that folders of several machines can be merged by copying.
func WriteCorpus(dir string, inputs [][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the corpus: %w", err)
	}
	for _, in := range inputs {
		sum := sha1.Sum(in) // the names that go-fuzz and libFuzzer give
		path := filepath.Join(dir, hex.EncodeToString(sum[:]))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, in, 0o644); err != nil {
			return fmt.Errorf("write the corpus: %w", err)
		}
	}
	return nil
}

// Dictionary gives the words of MQTT for fuzzers that take a dictionary (libFuzzer,
// AFL), one NAME="VALUE" a line: fixed headers, protocol names, properties with a
// value, and the numbers and texts at the limits of the standard.
func Dictionary() string {
	var b strings.Builder
	word := func(name string, value []byte) {
		fmt.Fprintf(&b, "%s=\"", strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name)))
		for _, c := range value {
			fmt.Fprintf(&b, "\\x%02x", c)
		}
		b.WriteString("\"\n")
	}
	for t := codec.CONNECT; t <= codec.AUTH; t++ {
		flags, _ := spec.Packet(t).Flags()
		word(t.String(), []byte{byte(t)<<4 | flags})
	}
	for _, v := range []codec.Version{codec.V31, codec.V311, codec.V5} {
		name := "MQTT"
		if v == codec.V31 {
			name = "MQIsdp"
		}
		word(fmt.Sprintf("protocol_%d", v), append([]byte{0, byte(len(name))}, name+string(rune(v))...))
	}
	for i := range spec.Properties {
		row := &spec.Properties[i]
		value := map[spec.Kind]string{spec.Byte: "\x01", spec.TwoByte: "\x00\x01", spec.FourByte: "\x00\x00\x00\x01",
			spec.VarInt: "\x01", spec.Text: "\x00\x01x", spec.Binary: "\x00\x01x", spec.Pair: "\x00\x01k\x00\x01v"}[row.Kind]
		word(row.Name, append([]byte{byte(row.ID)}, value...))
	}
	for i, length := range lengths {
		word(fmt.Sprintf("length_%d", i), codec.AppendVarint(nil, length))
	}
	for i, text := range texts {
		word(fmt.Sprintf("text_%d", i), append([]byte{byte(len(text) >> 8), byte(len(text))}, text...))
	}
	return b.String()
}
