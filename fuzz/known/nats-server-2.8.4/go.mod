module github.com/mqttproof/mqttproof/fuzz/known/nats-server-2.8.4

go 1.26.0

require (
	github.com/mqttproof/mqttproof v0.0.0
	github.com/nats-io/nats-server/v2 v2.15.2
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/gopacket/gopacket v1.7.7 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nkeys v0.4.16 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/mqttproof/mqttproof => ../../..

// The version in which the bug is, whatever mqttproof itself has.
replace github.com/nats-io/nats-server/v2 => github.com/nats-io/nats-server/v2 v2.8.4
