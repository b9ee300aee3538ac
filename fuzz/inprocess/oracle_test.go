package inprocess

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/grammar"
	"github.com/mqttproof/mqttproof/fuzz/session"
	"github.com/mqttproof/mqttproof/reports"
)

// tiny is a broker that answers CONNECT and PINGREQ, and is bad in one way.
type tiny struct {
	bad  string
	stop chan struct{}
	mu   sync.Mutex
	dead bool
}

func (b *tiny) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		frame, err := readFrame(r)
		if err != nil {
			return
		}
		b.mu.Lock()
		dead := b.dead
		b.mu.Unlock()
		if dead {
			<-b.stop
			return
		}
		switch codec.Type(frame[0] >> 4) {
		case codec.CONNECT:
			_, _ = c.Write([]byte{0x20, 2, 0, 0})
		case codec.PINGREQ:
			_, _ = c.Write([]byte{0xD0, 0})
		case codec.UNSUBSCRIBE:
			switch b.bad {
			case "panics":
				var none []byte
				_ = none[len(frame)]
			case "dies":
				b.mu.Lock()
				b.dead = true
				b.mu.Unlock()
			case "leaks with clients":
				go func() { <-b.stop }()
			case "leaks":
				go func() { select {} }()
			case "answers wrongly":
				_, _ = c.Write([]byte{0xB0, 2, 0, 77})
			}
		}
	}
}

func readFrame(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(2)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, 2+int(head[1]&0x7F))
	_, err = io.ReadFull(r, frame)
	return frame, err
}

// start is a Start of tiny brokers.
func start(bad string) Start {
	return func(testing.TB) (func(net.Conn), func()) {
		b := &tiny{bad: bad, stop: make(chan struct{})}
		if bad == "never ends" {
			go func() { select {} }()
		}
		return b.serve, func() { close(b.stop) }
	}
}

func newTest(start Start, o Options) *fuzzer {
	z := &fuzzer{o: o, limit: hangLimit, generator: grammar.Generator{Clients: session.MaxClients}}
	z.runner = session.NewRunner(z.dials, session.DefaultLimits())
	z.once = func(t *testing.T, s *session.Session) *attempt { return z.bubble(t, start, s) }
	return z
}

// unsubscribes connects, pings, and sends what the tiny brokers are bad at.
func unsubscribes(t *testing.T) *session.Session {
	t.Helper()
	s := &session.Session{}
	for _, p := range []codec.Packet{
		&codec.Connect{CleanStart: true, ClientID: codec.Text("f000000a")}, &codec.Pingreq{},
		&codec.Unsubscribe{PacketID: 1, Filters: []codec.Text{codec.Text("f000000/a")}}, &codec.Pingreq{},
	} {
		data, err := p.Append(nil, codec.V311)
		if err != nil {
			t.Fatal(err)
		}
		s.Steps = append(s.Steps, session.Step{Do: session.Send, Data: data}, session.Step{Do: session.Await})
	}
	return s
}

// TestOracles: each way of being bad is told, by a message that explains itself.
func TestOracles(t *testing.T) {
	timeline := []string{"a -> UNSUBSCRIBE", "do: send"}
	for _, test := range []struct {
		name string
		bad  string
		want []string // none: it is good
	}{
		{"a good one", "", nil},
		{"a panic", "panics", append(timeline, "the broker panics: runtime error: index out of range", "inprocess.(*tiny).serve")},
		{"no answer to a fresh CONNECT", "dies", append(timeline, "does not answer a fresh CONNECT: nothing came within 5s", "inprocess.(*tiny).serve")},
		{"goroutines of clients", "leaks with clients", append(timeline, "leaves goroutines behind when the clients have gone", "created by")},
		{"goroutines of the broker", "leaks", append(timeline, "leaves goroutines behind when")},
		{"goroutines of its start", "never ends", []string{"leaves goroutines behind when it is stopped", "select (no cases)"}},
		{"a wrong answer", "answers wrongly", append(timeline, "breaks 3.1.1/MQTT-2.3.1-7", "expected: an identifier that an UNSUBSCRIBE used", "got: UNSUBACK 77", `leaves it out: "3.1.1/MQTT-2.3.1-7"`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := newTest(start(test.bad), Options{}).check(t, unsubscribes(t))
			if len(test.want) == 0 && text != "" {
				t.Errorf("it is told of a good broker:\n%s", text)
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in:\n%s", want, text)
				}
			}
			if strings.Count(text, "do: send") > 2 {
				t.Errorf("two packets are enough:\n%s", text)
			}
		})
	}
}

// TestTolerate: what is known is passed over, and nothing else.
func TestTolerate(t *testing.T) {
	for _, test := range []struct {
		name, bad, known string
		passes           bool
	}{
		{"a requirement", "answers wrongly", "3.1.1/MQTT-2.3.1-7", true},
		{"in every version", "answers wrongly", "*/MQTT-2.3.1-7", true},
		{"in another version", "answers wrongly", "5.0/MQTT-2.3.1-7", false},
		{"a function that panics", "panics", "(*tiny).serve", true},
		{"another function", "panics", "(*tiny).read", false},
		{"goroutines", "leaks with clients", "goroutines left behind", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := newTest(start(test.bad), Options{Tolerate: []string{test.known}}).check(t, unsubscribes(t))
			if passes := text == ""; passes != test.passes {
				t.Errorf("passed over: %t, want %t\n%s", passes, test.passes, text)
			}
		})
	}
	t.Run("a list of known deviations", func(t *testing.T) {
		known, err := reports.ParseKnown("tiny.yaml", []byte("broker: tiny\ndeviations: [{requirement: '*/MQTT-2.3.1-7', scenario: x.y, reason: it is tiny}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		if text := newTest(start("answers wrongly"), Options{Known: known}).check(t, unsubscribes(t)); text != "" {
			t.Error(text)
		}
	})
}

// TestHang: a broker that waits for something outside of itself is told, with where it
// waits, though nothing in its bubble can go on.
func TestHang(t *testing.T) {
	outside := make(chan struct{})
	told := make(chan string, 1)
	z := newTest(func(testing.TB) (func(net.Conn), func()) {
		return func(c net.Conn) {
			defer c.Close()
			frame, err := readFrame(bufio.NewReader(c))
			if err == nil && len(frame) > 14 {
				<-outside
			}
			_, _ = c.Write([]byte{0x20, 2, 0, 0})
		}, func() {}
	}, Options{})
	z.alive = []byte{0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0}
	z.limit = 100 * time.Millisecond
	z.stuck = func(text string) {
		told <- text
		close(outside)
	}
	z.check(t, unsubscribes(t))
	text := <-told
	for _, want := range []string{"the broker hangs", "TestHang.func", "do: send", "UNSUBSCRIBE"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

// TestSilent: a broker that answers no CONNECT at all is no broker to be fuzzed.
func TestSilent(t *testing.T) {
	text := newTest(func(testing.TB) (func(net.Conn), func()) {
		return func(c net.Conn) { _ = c.Close() }, func() {}
	}, Options{}).check(t, unsubscribes(t))
	if !strings.Contains(text, "answers no CONNECT") {
		t.Errorf("got %q", text)
	}
}

// TestAddress: a broker over loopback is looked at with the same oracles.
func TestAddress(t *testing.T) {
	for _, test := range []struct{ bad, want string }{
		{"", ""},
		{"leaks with clients", "leaves goroutines behind when the clients have gone"},
		{"answers wrongly", "breaks 3.1.1/MQTT-2.3.1-7"},
	} {
		t.Run(test.bad, func(t *testing.T) {
			b := &tiny{bad: test.bad, stop: make(chan struct{})}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					wg.Go(func() { b.serve(c) })
				}
			})
			defer wg.Wait()
			defer close(b.stop)
			defer l.Close()
			z := newTest(nil, Options{})
			z.address(l.Addr().String())
			text := z.check(t, unsubscribes(t))
			if (text == "") != (test.want == "") || !strings.Contains(text, test.want) {
				t.Errorf("want %q in:\n%s", test.want, text)
			}
		})
	}
}
