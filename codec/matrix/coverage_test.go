package matrix

import (
	"fmt"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

// The number of cases of each kind in 3.1, 3.1.1 and 5.0. It changes when the
// matrix does, and then on purpose: a generator that loses cases fails here.
var counts = map[Kind][3]int{
	PropertyPlace:   {0, 0, 568},
	PropertyTwice:   {0, 0, 86},
	PropertyCut:     {0, 0, 359},
	PropertyRange:   {0, 0, 208},
	PropertyUnknown: {0, 0, 882},
	PropertyText:    {0, 0, 1239},
	ReasonCode:      {512, 512, 3840},
	HeaderFlags:     {304, 304, 384},
	HeaderType:      {6, 6, 4},
	HeaderLength:    {76, 76, 88},
	Direction:       {9, 9, 8},
	Truncated:       {147, 145, 335},
	Incomplete:      {166, 164, 357},
	TrailingBytes:   {34, 34, 40},
	BadText:         {123, 123, 123},
	Syntax:          {71, 71, 101},
	ZeroID:          {14, 14, 14},
	ConnectFlags:    {271, 157, 183},
	ConnackFlags:    {257, 257, 257},
	Options:         {256, 193, 169},
	Authentication:  {0, 0, 26},
	Limit:           {11, 0, 0},
}

func TestCounts(t *testing.T) {
	got := map[Kind][3]int{}
	total := 0
	for _, c := range Cases() {
		n := got[c.Kind]
		n[c.Version-codec.V31]++
		got[c.Kind] = n
		total++
	}
	for kind, n := range got {
		if n != counts[kind] {
			t.Errorf("%q: %v cases in 3.1, 3.1.1 and 5.0, %v are written down", kind, n, counts[kind])
		}
	}
	for kind := range counts {
		if _, ok := got[kind]; !ok {
			t.Errorf("%q: no case", kind)
		}
	}
	t.Log(total, "cases")
}

// What the matrix promises, asked of the tables one by one: every property in
// every packet that has properties, every reason code, every flag nibble and every
// truncation point, from each end that may send the packet.
func TestCoverage(t *testing.T) {
	cases := map[string]bool{}
	for _, c := range Cases() {
		cases[c.Name] = true
	}
	asked := 0
	want := func(v codec.Version, packet codec.Type, from codec.Sender, kind Kind, detail string) {
		t.Helper()
		asked++
		if name := fmt.Sprintf("%s %s from %s: %s: %s", v, packet, from, kind, detail); !cases[name] {
			t.Errorf("no case %q", name)
		}
	}
	for _, v := range []codec.Version{codec.V31, codec.V311, codec.V5} {
		for packet := codec.CONNECT; packet <= codec.AUTH; packet++ {
			for _, from := range []codec.Sender{codec.FromClient, codec.FromServer} {
				end := spec.Client
				if from == codec.FromServer {
					end = spec.Server
				}
				if packet.Senders(v)&end == 0 {
					if packet.Senders(v) != 0 {
						asked++
						if !cases[fmt.Sprintf("%s %s from %s: %s", v, packet, from, Direction)] {
							t.Errorf("no case of %s %s from the %s", v, packet, from)
						}
					}
					continue
				}
				for nibble := range 16 {
					want(v, packet, from, HeaderFlags, fmt.Sprintf("%04b", nibble))
				}
				coverCodes(want, v, packet, from)
				coverCuts(want, v, packet, from)
				if v == codec.V5 {
					coverProperties(want, spec.Packet(packet), packet, from, "")
				}
			}
		}
	}
	coverProperties(want, spec.Will, codec.CONNECT, codec.FromClient, "Will: ")
	if asked < 5000 {
		t.Errorf("only %d cases were asked for", asked)
	}
}

type wanted func(v codec.Version, packet codec.Type, from codec.Sender, kind Kind, detail string)

func coverCodes(want wanted, v codec.Version, packet codec.Type, from codec.Sender) {
	switch packet {
	case codec.CONNACK, codec.SUBACK:
	case codec.PUBACK, codec.PUBREC, codec.PUBREL, codec.PUBCOMP, codec.UNSUBACK, codec.DISCONNECT, codec.AUTH:
		if v != codec.V5 {
			return // it has no code
		}
	default:
		return
	}
	for code := range 256 {
		want(v, packet, from, ReasonCode, fmt.Sprintf("0x%02x", code))
	}
}

// coverCuts asks for every byte at which a packet can be cut.
func coverCuts(want wanted, v codec.Version, packet codec.Type, from codec.Sender) {
	for n := 1; n < full(packet).Size(v); n++ {
		want(v, packet, from, Incomplete, fmt.Sprintf("after byte %d", n))
		if n >= 2 {
			want(v, packet, from, Truncated, fmt.Sprintf("after byte %d", n))
		}
	}
}

func coverProperties(want wanted, in spec.Packet, packet codec.Type, from codec.Sender, prefix string) {
	const v = codec.V5
	if packet == codec.PINGREQ || packet == codec.PINGRESP {
		return
	}
	for i := range spec.Properties {
		p := &spec.Properties[i]
		want(v, packet, from, PropertyPlace, prefix+p.Name) // allowed or not
		if _, ok := p.Allowed(in); !ok {
			continue
		}
		id := codec.PropertyID(p.ID)
		if id == codec.SubscriptionIdentifier && packet == codec.PUBLISH && from == codec.FromClient ||
			id == codec.SessionExpiryInterval && packet == codec.DISCONNECT && from == codec.FromServer {
			continue // this end must not send it at all
		}
		want(v, packet, from, PropertyCut, prefix+p.Name+" after 1 bytes") // the value is missing
		want(v, packet, from, PropertyTwice, prefix+p.Name)
		switch p.Kind {
		case spec.Byte, spec.TwoByte:
			for _, n := range []uint32{0, 1, 2} {
				want(v, packet, from, PropertyRange, fmt.Sprintf("%s%s = %d", prefix, p.Name, n))
			}
		case spec.FourByte:
			for _, n := range []uint32{0, 1, 1<<32 - 1} {
				want(v, packet, from, PropertyRange, fmt.Sprintf("%s%s = %d", prefix, p.Name, n))
			}
		case spec.VarInt:
			for _, n := range []string{" = 0", " = 268,435,455", " with a byte too many", " of five bytes"} {
				want(v, packet, from, PropertyRange, prefix+p.Name+n)
			}
		case spec.Text:
			want(v, packet, from, PropertyText, prefix+p.Name+" with U+0000")
			want(v, packet, from, PropertyText, prefix+p.Name+" with an overlong '/'")
			want(v, packet, from, PropertyText, prefix+p.Name+" with the surrogate U+D800")
		case spec.Pair:
			want(v, packet, from, PropertyText, prefix+p.Name+" whose name has U+0000")
			want(v, packet, from, PropertyText, prefix+p.Name+" whose value has the surrogate U+D800")
		}
	}
	for _, unknown := range []string{"0x00", "0x04", "0x3f", "0x7f", "0x80 in two bytes", "a cut identifier"} {
		want(v, packet, from, PropertyUnknown, prefix+unknown)
	}
}
