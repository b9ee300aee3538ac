module github.com/mqttproof/mqttproof/fuzz/known/paho-v0.23.0

go 1.26.0

require (
	github.com/eclipse/paho.golang v0.23.0
	github.com/mqttproof/mqttproof v0.0.0
)

replace github.com/mqttproof/mqttproof => ../../..

// The root module requires a version too; this one stays where that one goes on.
replace github.com/eclipse/paho.golang => github.com/eclipse/paho.golang v0.23.0
