// Package containers is the broker under test: one that already runs at an
// address, or a local executable that is started from a preset. Brokers built
// into the harness are in containers/embedded and containers proper in
// containers/docker, so that who needs neither does not compile them.
//
// A Target says what to test; Start gives the running Broker, which accepted a
// CONNECT already; Close ends it and removes whatever was made for it.
package containers
