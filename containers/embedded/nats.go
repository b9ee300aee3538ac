package embedded

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/mqttproof/mqttproof/containers/internal/nats"
)

// serveNATS is the nats-server of the child.
func serveNATS(o order, broken func()) (urls []string, shutdown func(), err error) {
	listen := nats.Listen{Store: o.Store}
	switch o.Scheme {
	case "ws":
		listen.WS = o.Address
	case "mqtts":
		certificate, err := newCertificate()
		if err != nil {
			return nil, nil, err
		}
		listen.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		listen.TCP = o.Address
	default:
		listen.TCP = o.Address
	}
	return nats.Serve(listen, os.Stderr, broken)
}

// newCertificate makes one for 127.0.0.1, which signs itself and is known to
// nobody.
func newCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    now.Add(-time.Hour), // clocks are set back at times
		NotAfter:     now.Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, nil
}
