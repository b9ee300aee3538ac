package session

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/codec"
)

// TestLoggedIn: credentials come into each CONNECT that can carry them, and nothing
// else changes.
func TestLoggedIn(t *testing.T) {
	const plain = "100c 0004 4d515454 04 02 003c 0000"
	const logged = "1017 0004 4d515454 04 c2 003c 0000 0003 626f62 0004 77306c66"
	unhex := func(text string) []byte {
		data, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, c := range []struct {
		name, password, in, want string
		breaks, moved            []int
	}{
		{"3.1.1", "w0lf", plain, logged, nil, nil},
		{"without a password", "", plain, "1011 0004 4d515454 04 82 003c 0000 0003 626f62", nil, nil},
		{"5.0 with a will", "w0lf", "1018 0004 4d515454 05 06 003c 03 210001 0001 61 00 0001 74 0001 70",
			"1023 0004 4d515454 05 c6 003c 03 210001 0001 61 00 0001 74 0001 70 0003 626f62 0004 77306c66", nil, nil},
		{"it has a user", "w0lf", "100f 0004 4d515454 04 82 003c 0000 0001 75", "100f 0004 4d515454 04 82 003c 0000 0001 75", nil, nil},
		{"another packet", "w0lf", "c000", "c000", nil, nil},
		{"several, with breaks", "w0lf", plain + "c000" + plain, logged + "c000" + logged, []int{3, 14, 15, 16, 20}, []int{3, 25, 26, 27, 31}},
		{"a reserved flag is still wrong", "w0lf", "100c 0004 4d515454 04 03 003c 0000", "1017 0004 4d515454 04 c3 003c 0000 0003 626f62 0004 77306c66", nil, nil},
		{"it ends too early", "w0lf", "100b 0004 4d515454 04 02 003c 00", "100b 0004 4d515454 04 02 003c 00", nil, nil},
		{"no whole packet", "w0lf", "1020 0004 4d515454 04 02 003c 0000", "1020 0004 4d515454 04 02 003c 0000", nil, nil},
		{"no packet", "w0lf", "10ffffffffff", "10ffffffffff", nil, nil},
		{"its first byte alone", "w0lf", "10", "10", nil, nil},
		{"empty", "w0lf", "1000", "1000", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Runner{}
			r.LogIn("bob", c.password)
			in := unhex(c.in)
			got, moved := r.loggedIn(in, c.breaks)
			if string(got) != string(unhex(c.want)) {
				t.Errorf("got  %x\nwant %x", got, unhex(c.want))
			}
			if len(moved) != len(c.moved) {
				t.Fatalf("breaks %v, want %v", moved, c.moved)
			}
			for i := range moved {
				if moved[i] != c.moved[i] {
					t.Errorf("breaks %v, want %v", moved, c.moved)
				}
			}
			if string(in) != string(unhex(c.in)) {
				t.Error("the step itself was changed")
			}
		})
	}
}

// FuzzLoggedIn: what is sent with credentials breaks nothing that it did not break
// without them.
func FuzzLoggedIn(f *testing.F) {
	f.Add([]byte("\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00\xc0\x00"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) == 0 {
			return
		}
		_, before := codec.Inspect(frame, 0, codec.FromClient)
		if n, ok, err := codec.FrameSize(frame); err != nil || !ok || n != len(frame) {
			return
		}
		_, after := codec.Inspect(withCredentials(frame, "bob", "w0lf"), 0, codec.FromClient)
		if len(after) > len(before) {
			t.Errorf("%x breaks %v, and before %v", frame, after, before)
		}
	})
}
