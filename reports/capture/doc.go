// Package capture writes a trace as a capture file that Wireshark opens, and
// reads the MQTT out of one: of ours, and of what tcpdump and dumpcap write.
package capture
