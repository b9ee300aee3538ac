package parser

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
)

// plenty is what a call may allocate for a packet of so many bytes: a fixed part for
// buffers and tables, and a part for each byte, since a byte may become a struct, or
// an error with a text, in a list that grows.
func plenty(packet int) uint64 { return 256<<10 + 512*uint64(packet) }

// call gives the packet to the parser and looks for a panic and for memory out of
// proportion.
func (p *Parser) call(packet []byte) (f *Finding, answer error) {
	limit := plenty(len(packet))
	used, f, answer := p.measured(packet)
	// Other goroutines allocate too, and a first call may make tables: only what is
	// seen each time is the packet's.
	for range 2 {
		if f != nil || used <= limit {
			return f, answer
		}
		var again uint64
		again, f, answer = p.measured(packet)
		used = min(used, again)
	}
	if f != nil || used <= limit {
		return f, answer
	}
	return &Finding{Class: Memory, Packet: packet, about: kind(packet),
		Text: fmt.Sprintf("for these %d bytes the parser allocates %d bytes, where %d are plenty", len(packet), used, limit)}, answer
}

// kind is the name of the packet by its first byte.
func kind(packet []byte) string {
	if len(packet) == 0 {
		return "nothing"
	}
	return codec.Type(packet[0] >> 4).String()
}

// measured calls the parser with bytes of its own, and tells how many bytes were
// allocated meanwhile.
func (p *Parser) measured(packet []byte) (used uint64, f *Finding, answer error) {
	own := bytes.Clone(packet)
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
	before := sample[0].Value.Uint64()
	f, answer = p.recovered(packet, own[:len(own):len(own)])
	metrics.Read(sample[:])
	return sample[0].Value.Uint64() - before, f, answer
}

func (p *Parser) recovered(packet, own []byte) (f *Finding, answer error) {
	defer func() {
		if r := recover(); r != nil {
			where, stack := panicked()
			f = &Finding{Class: Panic, Packet: packet, about: where,
				Text: fmt.Sprintf("an error or nil was expected; the parser panics: %v\n%s", r, stack)}
		}
	}()
	return nil, p.Parse(own)
}

// panicked gives the function that panicked, for the signature, and the stack from
// there to the parser. It is called by the deferred function of recovered.
func panicked() (where, stack string) {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var b strings.Builder
	inside := false // behind the frames of the panic itself
	for {
		frame, more := frames.Next()
		switch {
		case strings.HasSuffix(frame.Function, ".(*Parser).recovered"):
			return where, strings.TrimSuffix(b.String(), "\n")
		case !inside:
			inside = frame.Function == "runtime.gopanic"
		case where == "" && strings.HasPrefix(frame.Function, "runtime."):
		default:
			if where == "" {
				where = frame.Function
			}
			fmt.Fprintf(&b, "    %s %s:%d\n", frame.Function, frame.File, frame.Line)
		}
		if !more {
			return where, strings.TrimSuffix(b.String(), "\n")
		}
	}
}
