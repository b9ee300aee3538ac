module github.com/mqttproof/mqttproof/fuzz/known/paho-v0.23.0

go 1.26.0

require (
	github.com/eclipse/paho.golang v0.23.0
	github.com/mqttproof/mqttproof v0.0.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/gopacket/gopacket v1.7.7 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/mqttproof/mqttproof => ../../..

// The root module requires a version too; this one stays where that one goes on.
replace github.com/eclipse/paho.golang => github.com/eclipse/paho.golang v0.23.0
