package containers_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/mqttproof/mqttproof/containers"
)

// certificates makes a CA, and a certificate for 127.0.0.1 that serves both
// ends, as files.
func certificates(t *testing.T) (conf *tls.Config, caFile, certFile, keyFile string) {
	t.Helper()
	folder := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	must(err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	must(err)
	caFile = write("ca.pem", "CERTIFICATE", caDER)
	certFile, keyFile = write("cert.pem", "CERTIFICATE", der), write("key.pem", "EC PRIVATE KEY", keyDER)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	must(err)
	pool := x509.NewCertPool()
	caCert, err := x509.ParseCertificate(caDER)
	must(err)
	pool.AddCert(caCert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool}, caFile, certFile, keyFile
}

func TestTLS(t *testing.T) {
	conf, ca, cert, key := certificates(t)
	broker, silent := answers{accept311, accept5}, answers{"silence", "silence"}
	open := broker.listen(t, conf)
	mutual := conf.Clone()
	mutual.ClientAuth = tls.RequireAndVerifyClientCert
	closed := broker.listen(t, mutual)
	for _, test := range []struct {
		name, url string
		opts      []containers.Option
		want      string // in the error
	}{
		{"CA", "mqtts://" + open, []containers.Option{containers.CA(ca)}, ""},
		{"other schemes", "ssl://" + open, []containers.Option{containers.CA(ca)}, ""},
		{"insecure", "tls://" + open, []containers.Option{containers.Insecure(true)}, ""},
		{"unknown CA", "mqtts://" + open, nil, "--insecure"},
		{"client certificate", "mqtts://" + closed, []containers.Option{containers.CA(ca), containers.ClientCertificate(cert, key)}, ""},
		{"no client certificate", "mqtts://" + closed, []containers.Option{containers.CA(ca)}, "certificate"},
		{"no TLS", "mqtts://" + answers{"HTTP/1.1", "HTTP/1.1"}.listen(t, nil), nil, "does not speak TLS"},
		{"silence", "mqtts://" + silent.listen(t, nil), []containers.Option{containers.ConnectTimeout(500 * time.Millisecond)}, "does not become tls within 500ms"},
		{"TLS in place of TCP", "mqtt://" + open, nil, "mqtt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, err := containers.Address(test.url, test.opts...).Start(t.Context())
			if test.want != "" {
				if !errors.Is(err, containers.ErrUnreachable) || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v\nwant in it: %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.Transport() != "tls" {
				t.Errorf("transport %s", b.Transport())
			}
		})
	}
}

// webSocket plays a broker that speaks WebSocket at /mqtt; what it was asked
// for is in seen.
func webSocket(t *testing.T, secure bool, serve func(*websocket.Conn)) (address string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/mqtt", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sec-WebSocket-Protocol") != "mqtt" {
			http.Error(w, "no mqtt", http.StatusBadRequest)
			return
		}
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mqtt"}})
		if err == nil {
			serve(ws)
			ws.CloseNow()
		}
	})
	server := httptest.NewUnstartedServer(mux)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestWebSocketAddress(t *testing.T) {
	serve := func(ws *websocket.Conn) {
		answers{accept311, accept5}.serve(websocket.NetConn(context.Background(), ws, websocket.MessageBinary))
	}
	plain, secure := webSocket(t, false, serve), webSocket(t, true, serve)
	for _, test := range []struct {
		name, url string
		insecure  bool
		transport string
		want      string // in the error
	}{
		{"default path", "ws://" + plain, false, "ws", ""},
		{"path and query", "ws://" + plain + "/mqtt?token=x", false, "ws", ""},
		{"secure", "wss://" + secure, true, "wss", ""},
		{"another path", "ws://" + plain + "/other", false, "", "is the path right"},
		{"unknown CA", "wss://" + secure, false, "", "--insecure"},
		{"no WebSocket", "ws://" + answers{"?", "?"}.listen(t, nil), false, "", "is this the port for WebSocket"},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := containers.Address(test.url, containers.Insecure(test.insecure))
			if strings.Contains(target.Name(), "token") {
				t.Errorf("the name %s has the query", target.Name())
			}
			b, err := target.Start(t.Context())
			if test.want != "" {
				if !errors.Is(err, containers.ErrUnreachable) || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v\nwant in it: %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.Transport() != test.transport {
				t.Errorf("transport %s", b.Transport())
			}
		})
	}
}

// What a net.Conn promises must hold over WebSocket too.
func TestWebSocketConn(t *testing.T) {
	const long = 100_000 // more than the read limit that the library sets
	next := make(chan string)
	address := webSocket(t, false, func(ws *websocket.Conn) {
		conn := websocket.NetConn(context.Background(), ws, websocket.MessageBinary)
		first := make([]byte, 1)
		if _, err := conn.Read(first); err != nil || first[0] == 0x10 { // the probe
			io.WriteString(conn, accept311)
			io.Copy(io.Discard, conn)
			return
		}
		for what := range next {
			switch what {
			case "long":
				conn.Write(make([]byte, long))
			case "text":
				ws.Write(context.Background(), websocket.MessageText, []byte("text"))
			case "close":
				return
			}
		}
	})
	b, err := containers.Address("ws://" + address).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		conn, err := b.Dial(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cancel() // bounds the opening only
		if _, err := conn.Write([]byte{0xc0}); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	var timeout net.Error
	conn := dial()
	conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("reading past the deadline gives %v", err)
	}
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	next <- "long"
	if n, err := io.ReadFull(conn, make([]byte, long)); err != nil {
		t.Errorf("after a deadline %d bytes were read, then %v", n, err)
	}
	next <- "close"
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("read %d bytes of a closed connection, %v", n, err)
	}
	conn.Close()

	conn = dial()
	next <- "text"
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "not binary") {
		t.Errorf("a text message gives %v", err)
	}
	conn.Close()
	if _, err := conn.Write([]byte{1}); err == nil {
		t.Error("a closed connection can be written to")
	}
	close(next)
}
