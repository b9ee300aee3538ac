package broker

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"

	"github.com/mqttproof/mqttproof/fuzz/session"
)

// GoTest gives the source of a test that does what the session does, without
// mqttproof and with the standard library alone: something to attach to a bug report.
// It fails where the broker at MQTT_ADDRESS does not answer a CONNECT afterwards. What
// a broker answered wrongly it only prints: that takes a judge.
func (f *Finding) GoTest() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("// Made by mqttproof replay --go-test.\n")
	for line := range strings.Lines(strings.TrimSpace(string(f.Class) + ": " + f.Signature + "\n" + firstLine(f.Detail))) {
		fmt.Fprintf(&b, "// %s\n", strings.Map(plain, strings.TrimRight(line, "\n")))
	}
	b.WriteString(goTestHead)
	for i := range f.Session.Steps {
		st := &f.Session.Steps[i]
		client := string(rune('a' + st.Client))
		switch st.Do {
		case session.Send:
			from := 0
			fmt.Fprintf(&b, "\t\t// %s\n", strings.Map(plain, session.Describe(st.Data, f.Session.VersionAt(i))))
			for _, end := range append(append([]int(nil), st.Breaks...), len(st.Data)) {
				fmt.Fprintf(&b, "\t\t{%q, \"send\", %q},\n", client, fmt.Sprintf("%x", st.Data[from:end]))
				from = end
			}
		case session.Await, session.HalfClose, session.Cut, session.Reset:
			fmt.Fprintf(&b, "\t\t{%q, %q, \"\"},\n", client, st.Do)
		case session.Answer:
			return nil, fmt.Errorf("the session acknowledges what it gets, which a test with fixed bytes cannot do; replay it with mqttproof")
		}
	}
	b.WriteString(goTestTail)
	return format.Source(b.Bytes())
}

// plain keeps a comment on its line.
func plain(r rune) rune {
	if r < ' ' || r == 0x7F || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

const goTestHead = `package mqttproof_test

import (
	"encoding/hex"
	"net"
	"os"
	"testing"
	"time"
)

func TestFinding(t *testing.T) {
	address := os.Getenv("MQTT_ADDRESS")
	if address == "" {
		t.Skip("MQTT_ADDRESS names no broker, such as 127.0.0.1:1883")
	}
	steps := []struct{ client, do, hex string }{
`

const goTestTail = `	}
	conns := map[string]net.Conn{}
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	read := func(client string, limit time.Duration) {
		c := conns[client]
		if c == nil {
			return
		}
		buf := make([]byte, 64<<10)
		_ = c.SetReadDeadline(time.Now().Add(limit))
		n, err := c.Read(buf)
		t.Logf("%s <- % x %v", client, buf[:n], err)
	}
	for _, s := range steps {
		c := conns[s.client]
		switch s.do {
		case "send":
			data, err := hex.DecodeString(s.hex)
			if err != nil {
				t.Fatal(err)
			}
			if c == nil {
				if c, err = net.Dial("tcp", address); err != nil {
					t.Fatalf("the broker is gone: %v", err)
				}
				conns[s.client] = c
			}
			t.Logf("%s -> % x", s.client, data)
			_, _ = c.Write(data)
		case "await":
			read(s.client, 200*time.Millisecond)
		case "half-close":
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.CloseWrite()
			}
		case "cut", "reset":
			if tcp, ok := c.(*net.TCPConn); ok {
				if s.do == "reset" {
					_ = tcp.SetLinger(0)
				}
				tcp.Close()
			}
			delete(conns, s.client)
		}
	}
	for client := range conns {
		read(client, time.Second)
	}

	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatalf("afterwards the broker is gone: %v", err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	// CONNECT of 3.1.1 with a clean session.
	if _, err := c.Write([]byte("\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05alive")); err != nil {
		t.Fatalf("afterwards the broker takes no CONNECT: %v", err)
	}
	if _, err := c.Read(make([]byte, 4)); err != nil {
		t.Fatalf("afterwards the broker does not answer a CONNECT: %v", err)
	}
}
`
