package broker

import (
	"context"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/embedded"
	"github.com/mqttproof/mqttproof/fuzz/session"
)

// fuzzed runs a target with a fixed seed, in a folder that is given back.
func fuzzed(t *testing.T, target containers.Target, o Options) (*Report, string) {
	t.Helper()
	dir := t.TempDir()
	o.Dir, o.Seed, o.Clients = dir, 1, 2
	o.Replay = func(path string) string { return "mqttproof replay " + path + " --target " + target.Name() }
	report, err := Run(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Save(dir); err != nil {
		t.Fatal(err)
	}
	return report, dir
}

// TestCredentials: the clients connect with user name and password, and neither stands
// in anything that is written.
func TestCredentials(t *testing.T) {
	report, dir := fuzzed(t, bad(t, "auth"), Options{For: 30 * time.Second, Sessions: 200})
	// Of a client that is not accepted a broker shows little: 257.
	if report.Stats.Tuples < 400 {
		t.Errorf("%d behaviours in %d sessions: the clients are not accepted", report.Stats.Tuples, report.Stats.Sessions)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		for _, secret := range []string{badUser, badPassword} {
			for _, form := range []string{secret, hexOf(secret)} {
				if strings.Contains(string(data), form) {
					t.Errorf("%s holds %q", path, form)
				}
			}
		}
		return err
	})
	if err != nil || files < 10 {
		t.Errorf("%d files, %v", files, err)
	}
}

func hexOf(text string) string { return hex.EncodeToString([]byte(text)) }

// steps makes a session of one client: each packet is sent and its answer awaited.
func steps(t testing.TB, packets ...codec.Packet) *session.Session {
	t.Helper()
	s := &session.Session{}
	for _, p := range packets {
		data, err := p.Append(nil, codec.V311)
		if err != nil {
			t.Fatal(err)
		}
		s.Steps = append(s.Steps, session.Step{Do: session.Send, Data: data}, session.Step{Do: session.Await})
	}
	return s
}

func connectPacket() codec.Packet {
	return &codec.Connect{CleanStart: true, ClientID: codec.Text(session.Token), KeepAlive: 60}
}

// innocent is a session that does no broker any harm, guilty one that turns a bad one.
func innocent(t testing.TB) *session.Session {
	return steps(t, connectPacket(), &codec.Publish{QoS: 1, PacketID: 1, Topic: codec.Text("a"), Payload: []byte("x")})
}

func guilty(t testing.TB) *session.Session {
	return steps(t, connectPacket(), &codec.Subscribe{PacketID: 2, Subscriptions: []codec.Subscription{{Filter: codec.Text("a/b")}}},
		&codec.Unsubscribe{PacketID: 3, Filters: []codec.Text{codec.Text("a/b")}}, &codec.Pingreq{})
}

// limitsFor are limits that a test can wait for.
func limitsFor(class Class) limits {
	l := defaultLimits()
	switch class {
	case Hang:
		l.answer = 1500 * time.Millisecond
	case Slow:
		l.slow = 500 * time.Millisecond
	}
	return l
}

// laboratory is a lab with brokers of the target.
func laboratory(t *testing.T, target containers.Target, l limits) *lab {
	t.Helper()
	b, err := target.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	lab, err := newLab(t.Context(), target, b, nil, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.close(context.WithoutCancel(t.Context())) })
	return lab
}

// TestOracles: each way to be bad is seen for what it is, reproduced each time, blamed
// on the session that caused it, and made small.
func TestOracles(t *testing.T) {
	for _, c := range []struct {
		how       string
		class     Class
		signature string
		blamed    codec.Type // what is left of the session, beside a CONNECT
	}{
		{"exit", Crash, "exit code 3 after UNSUBSCRIBE", codec.UNSUBSCRIBE},
		{"signal", Crash, "killed by signal 9 (killed) after UNSUBSCRIBE", codec.UNSUBSCRIBE},
		{"panic", Crash, "panic: runtime error: index out of range [N] with length N < github.com/mqttproof/mqttproof/fuzz/broker.parseFilters", codec.UNSUBSCRIBE},
		{"sanitizer", Crash, "heap-buffer-overflow < unsubscribe_parse < packet__read", codec.UNSUBSCRIBE},
		{"hang", Hang, "no answer after UNSUBSCRIBE", codec.UNSUBSCRIBE},
		{"slow", Slow, "slow after UNSUBSCRIBE", codec.UNSUBSCRIBE},
		{"memory", Memory, "grows after ", 0},
		{"spin", Spin, "busy after UNSUBSCRIBE", codec.UNSUBSCRIBE},
	} {
		t.Run(c.how, func(t *testing.T) {
			if c.class == Memory || c.class == Spin {
				needProc(t)
			}
			if c.class == Hang || c.class == Slow {
				t.Parallel() // they mostly wait
			}
			l := laboratory(t, bad(t, c.how), limitsFor(c.class))
			suspects := []*session.Session{innocent(t), guilty(t)}
			if c.class == Memory {
				suspects = suspects[1:] // any session grows it
			}
			found, err := l.investigate(t.Context(), suspicion{class: c.class, signature: "seen by the run", suspects: suspects})
			if err != nil {
				t.Fatal(err)
			}
			if found == nil || !found.Stable || found.Seen != confirmations || found.Class != c.class || !strings.Contains(found.Signature, c.signature) {
				t.Fatalf("%+v, want %s with %q", found, c.class, c.signature)
			}
			if c.blamed != 0 && (len(found.Session.Steps) > 2 || !sends(found.Session, c.blamed)) {
				text, _ := found.Session.Marshal()
				t.Errorf("the session was not made small:\n%s", text)
			}
		})
	}
}

func sends(s *session.Session, kind codec.Type) bool {
	for _, st := range s.Steps {
		if st.Do == session.Send && codec.Type(st.Data[0]>>4) == kind {
			return true
		}
	}
	return false
}

func needProc(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/statm"); err != nil {
		t.Skip("memory and CPU of another process are read from /proc, which is not here")
	}
}

// TestOraclesOfACorrectBroker: of a broker that does its duty, none of them says a
// word.
func TestOraclesOfACorrectBroker(t *testing.T) {
	l := laboratory(t, embedded.Reference(), limits{answer: 5 * time.Second, slow: 3 * time.Second, idle: 400 * time.Millisecond})
	for _, class := range Classes() {
		for _, s := range []*session.Session{innocent(t), guilty(t)} {
			if seen, err := l.try(t.Context(), s, search{class: class, restart: true}); err != nil || len(seen) > 0 {
				t.Errorf("%s: %v, %v", class, seen, err)
			}
		}
	}
}

// TestSignatures: numbers, repeated panics and what stands behind the first stack do not
// make another bug of one.
func TestSignatures(t *testing.T) {
	for _, c := range []struct{ name, how, want string }{
		{"a panic", "exit code 2\npanic: index out of range [7] with length 4\n\ngoroutine 5 [running]:\npanic({0x1, 0x2})\n\tx.go:1\nexample.com/b.decode({0xc0, 0x1})\n\tb.go:7\n",
			"panic: index out of range [N] with length N < example.com/b.decode"},
		{"a panic that passes a WaitGroup", "exit code 2\npanic: index out of range [8] with length 4 [recovered, repanicked]\n\ngoroutine 9 [running]:\nsync.(*WaitGroup).Go.func1.1()\n\tw.go:1\nexample.com/b.decode({0xc0, 0x2})\n\tb.go:7\n",
			"panic: index out of range [N] with length N < example.com/b.decode"},
		{"two reports of a sanitizer", "exit code 1\n==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n    #0 0x1 in parse /a.c:1\n==12==ERROR: AddressSanitizer: SEGV on address 0x0\n    #0 0x1 in other /a.c:9\n",
			"==N==ERROR: AddressSanitizer: heap-use-after-free < parse"},
		{"an assertion", "killed by signal 6\nbroker: queue.c:12: push: Assertion `n > 0' failed.\n", "broker: queue.c:N: push: Assertion `n > N' failed."},
		{"not a word", "killed by signal 11\n", "killed by signal 11 after nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ofCrash(c.how, nil); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
