package containers_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers"
)

func ExampleAddress() {
	_, err := containers.Address("mqtt://127.0.0.1:1").Start(context.Background())
	fmt.Println(errors.Is(err, containers.ErrUnreachable), err)
	// Output: true no broker at mqtt://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused; is it running, and is the port right?
}

// answers plays a broker: it gives the bytes that belong to the Protocol Level
// in a CONNECT, and closes.
type answers struct{ v311, v5 string }

func (a answers) serve(conn net.Conn) {
	defer conn.Close()
	packet := make([]byte, 256)
	n, err := conn.Read(packet)
	if err != nil || n < 9 {
		return
	}
	answer := a.v311
	if packet[8] == 5 {
		answer = a.v5
	}
	if answer == "silence" {
		io.Copy(io.Discard, conn)
		return
	}
	io.WriteString(conn, answer)
	if strings.HasPrefix(answer, "\x20") {
		io.Copy(io.Discard, conn) // until the client closes
	}
}

func (a answers) listen(t *testing.T, conf *tls.Config) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	if conf != nil {
		l = tls.NewListener(l, conf)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go a.serve(conn)
		}
	}()
	return address
}

const (
	accept311 = "\x20\x02\x00\x00"
	accept5   = "\x20\x03\x00\x00\x00"
)

func TestAnswersToTheProbe(t *testing.T) {
	for _, test := range []struct {
		name string
		answers
		versions []codec.Version
		want     string // in the error
	}{
		{"both versions", answers{accept311, accept5}, []codec.Version{codec.V311, codec.V5}, ""},
		{"5.0 refused by code 1", answers{accept311, "\x20\x02\x00\x01"}, []codec.Version{codec.V311}, ""},
		{"5.0 refused by code 0x84", answers{accept311, "\x20\x03\x00\x84\x00"}, []codec.Version{codec.V311}, ""},
		{"5.0 closed", answers{accept311, ""}, []codec.Version{codec.V311}, ""},
		{"5.0 unanswered", answers{accept311, "silence"}, []codec.Version{codec.V311}, ""},
		{"3.1.1 refused", answers{"\x20\x02\x00\x01", accept5}, []codec.Version{codec.V5}, ""},
		{"session present", answers{"\x20\x02\x01\x00", ""}, []codec.Version{codec.V311}, ""},
		{"both refused", answers{"\x20\x02\x00\x01", "\x20\x03\x00\x84\x00"}, nil, "refuses CONNECT in MQTT 3.1.1 and 5.0 (code 0x"},
		{"both closed", answers{"", ""}, nil, "ends them at CONNECT"},
		{"both unanswered", answers{"silence", "silence"}, nil, "did not answer a CONNECT within 500ms"},
		{"not authorized", answers{"\x20\x02\x00\x05", "\x20\x03\x00\x87\x00"}, nil, "without a user name"},
		{"endless length", answers{"\x20\xff\xff\xff\xff\xff", "\x20\xff\xff\xff\xff\xff"}, nil, "is no CONNACK"},
		{"HTTP", answers{"HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 400 Bad Request\r\n"}, nil, "use ws:// or wss://"},
		{"SSH", answers{"SSH-2.0-x\r\n", "SSH-2.0-x\r\n"}, nil, "this is not an MQTT broker"},
	} {
		t.Run(test.name, func(t *testing.T) {
			address := test.listen(t, nil)
			var opts []containers.Option
			if test.v311 == "silence" || test.v5 == "silence" {
				opts = append(opts, containers.ConnectTimeout(500*time.Millisecond)) // all of it is waited for
			}
			b, err := containers.Address("mqtt://"+address, opts...).Start(t.Context())
			if test.want != "" {
				if !errors.Is(err, containers.ErrUnreachable) || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v\nwant in it: %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(b.Versions(), test.versions) {
				t.Errorf("versions %v, want %v", b.Versions(), test.versions)
			}
			if b.CanRestart() || b.Restart(t.Context()) == nil {
				t.Error("an address cannot be restarted")
			}
			if how, exited := b.Exited(); exited || b.PID() != 0 || b.Output() != "" || b.Software() != "" {
				t.Errorf("of an address nothing is known, not %q", how)
			}
			if err := b.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCredentialsStayOutOfNamesAndErrors(t *testing.T) {
	refuse := answers{"\x20\x02\x00\x04", "\x20\x03\x00\x86\x00"}
	for _, test := range []struct {
		name, userInfo string
		opts           []containers.Option
	}{
		{"in the address", "sesame:open%40sesame@", nil},
		{"not encoded", "sesame:o/p#e?n@sesame@", nil},
		{"as an option", "", []containers.Option{containers.Credentials("sesame", "open")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := containers.Address("mqtt://"+test.userInfo+refuse.listen(t, nil), test.opts...)
			_, err := target.Start(t.Context())
			if err == nil {
				t.Fatal("it was not refused")
			}
			if text := target.Name() + err.Error(); strings.Contains(text, "sesame") || strings.Contains(text, "open") {
				t.Errorf("%s", text)
			}
		})
	}
	address := answers{accept311, accept5}.listen(t, nil)
	b, err := containers.Address("mqtt://a:b@" + address).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if user, password := b.Credentials(); user != "a" || password != "b" {
		t.Errorf("credentials %q, %q", user, password)
	}
	if b.Name() != "mqtt://"+address || b.URL() != b.Name() {
		t.Errorf("name %s, URL %s", b.Name(), b.URL())
	}
}

// A broker whose rules look at the Client Identifier lets the probe in.
func TestClientPrefix(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ids := make(chan string, 2)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			packet := make([]byte, 256)
			n, _ := conn.Read(packet)
			if p, _, err := codec.Decode(packet[:n], codec.V311, codec.FromClient); err == nil {
				ids <- p.(*codec.Connect).ClientID.String()
				io.WriteString(conn, accept311)
			}
			conn.Close()
		}
	}()
	_, err = containers.Address("mqtt://"+l.Addr().String(), containers.ClientPrefix(""), containers.ClientPrefix("tenant/")).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id := <-ids; !strings.HasPrefix(id, "tenant/probe") {
		t.Errorf("asked as %q", id)
	}
}

func TestWrongAddresses(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.pem")
	for _, test := range []struct {
		url  string
		opts []containers.Option
		want string
	}{
		{"", nil, "it has no scheme"},
		{"localhost:1883", nil, "for example mqtt://127.0.0.1:1883"},
		{"http://localhost", nil, "the schemes are mqtt:// (or tcp://), mqtts://"},
		{"mqtt://", nil, "names no host"},
		{"mqtt://:1883", nil, "names no host"},
		{"mqtt://host:port", nil, "cannot be read as an address"},
		{"mqtt://host:0", nil, "ports are 1 to 65535"},
		{"mqtt://host:65536", nil, "ports are 1 to 65535"},
		{"mqtt://[::1", nil, "cannot be read as an address"},
		{"mqtt://host/path", nil, "only ws:// and wss:// have one"},
		{"mqtt://host?query", nil, "only ws:// and wss:// have one"},
		{"mqtt://host#fragment", nil, "cannot be read as an address"},
		{"mqtt://host\x00", nil, "cannot be read as an address"},
		{"mqtt://host", []containers.Option{containers.CA(none)}, "write mqtts:// or wss://"},
		{"mqtts://host", []containers.Option{containers.CA(none)}, "the CA file cannot be read"},
		{"mqtts://host", []containers.Option{containers.CA("address_test.go")}, "holds no certificate"},
		{"mqtts://host", []containers.Option{containers.ClientCertificate(none, "")}, "needs two files"},
		{"wss://host", []containers.Option{containers.ClientCertificate(none, none)}, "cannot be used"},
	} {
		t.Run(test.url, func(t *testing.T) {
			_, err := containers.Address(test.url, test.opts...).Start(t.Context())
			if !errors.Is(err, containers.ErrUsage) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nwant in it: %s", err, test.want)
			}
		})
	}
}

func TestCancelledAndSlow(t *testing.T) {
	address := answers{"silence", "silence"}.listen(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := containers.Address("mqtt://" + address).Start(ctx)
	if !errors.Is(err, containers.ErrUnreachable) || time.Since(begin) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	// TLS with a server that says nothing.
	_, err = containers.Address("mqtts://"+address, containers.ConnectTimeout(50*time.Millisecond)).Start(t.Context())
	if !errors.Is(err, containers.ErrUnreachable) || !strings.Contains(err.Error(), "within 50ms") {
		t.Error(err)
	}
}

func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answers{accept311, accept5}.serve(conn)
		}
	}()
	if _, err := containers.Address("tcp://" + l.Addr().String()).Start(t.Context()); err != nil {
		t.Error(err)
	}
}
