module github.com/mqttproof/mqttproof/fuzz/known/paho-v0.9.0

go 1.26.0

require (
	github.com/eclipse/paho.golang v0.23.0
	github.com/mqttproof/mqttproof v0.0.0
)

replace github.com/mqttproof/mqttproof => ../../..

// The root module requires a later version, which would win.
replace github.com/eclipse/paho.golang => github.com/eclipse/paho.golang v0.9.0
