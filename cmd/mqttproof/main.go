// Command mqttproof judges MQTT brokers: it runs scenarios against a broker and
// says which requirements of the standard hold and which are broken, with the
// packets that show it.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
