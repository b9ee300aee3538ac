package selftest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"time"

	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/scenarios/engine"
	"github.com/mqttproof/mqttproof/scenarios/reference"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// judgeOver runs scenarios on a reference broker over ws or tls.
func judgeOver(ctx context.Context, transport string, opts reference.Options, faults []reference.Fault, list []engine.Scenario, versions ...spec.Version) (*result.Run, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	serving, ended := reference.New(opts, faults...), make(chan struct{})
	serve, url := serving.ServeWebSocket, "ws://"+l.Addr().String()+"/mqtt"
	if transport == "tls" {
		conf, err := certified()
		if err != nil {
			return nil, err
		}
		l, serve, url = tls.NewListener(l, conf), serving.Serve, "mqtts://"+l.Addr().String()
	}
	go func() {
		defer close(ended)
		_ = serve(l)
	}()
	defer func() {
		serving.Close()
		<-ended
	}()
	b, err := containers.Address(url, containers.Insecure(transport == "tls")).Start(ctx)
	if err != nil {
		return nil, err
	}
	return engine.Run(ctx, b, list, engine.Options{Versions: versions, Timeouts: timeouts(len(faults) > 0)}, nil)
}

// certified is TLS with a certificate for this run alone.
func certified() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}
