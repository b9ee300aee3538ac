module github.com/mqttproof/mqttproof/fuzz/known/mochi-2.7.9

go 1.26.0

require (
	github.com/mochi-mqtt/server/v2 v2.7.9
	github.com/mqttproof/mqttproof v0.0.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/gopacket/gopacket v1.7.7 // indirect
	github.com/gorilla/websocket v1.5.3 // indirect
	github.com/rs/xid v1.4.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/mqttproof/mqttproof => ../../..

// The version in which the bug is, whatever mqttproof itself has.
replace github.com/mochi-mqtt/server/v2 => github.com/mochi-mqtt/server/v2 v2.7.9
