// Command nats-server-2.8.4 finds again how clients that take over the Client Identifier
// of one another end nats-server 2.8.4: one that comes within a second is put on hold
// without a session, and a packet that follows its CONNECT at once finds none.
package main

import (
	"net"
	"strconv"
	"time"

	"github.com/mqttproof/mqttproof/fuzz/known"
	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	known.Broker(time.Minute, func(address, folder string) error {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		opts := &server.Options{ServerName: "known", Host: host, Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: folder}
		opts.MQTT.Host = host
		if opts.MQTT.Port, err = strconv.Atoi(port); err != nil {
			return err
		}
		s, err := server.NewServer(opts)
		if err != nil {
			return err
		}
		s.Start()
		select {}
	}, "(*mqttAccountSessionManager).lockSession", "(*Server).mqttProcessPub", "(*client).mqttHandlePubRetain")
}
