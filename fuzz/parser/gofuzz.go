//go:build gofuzz

package parser

// FuzzDecode is Decode for dvyukov/go-fuzz: 1 keeps the input in the corpus
// with priority, 0 keeps it if it is new.
func FuzzDecode(data []byte) int {
	accepted, broken := Decode(data)
	if broken != nil {
		panic(broken)
	}
	if accepted {
		return 1
	}
	return 0
}
