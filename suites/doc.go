// Package suites runs the scenarios as Ginkgo specs, in another module's
// go test in one line:
//
//	func TestMQTT(t *testing.T) {
//		suites.Run(t, containers.Address("mqtt://127.0.0.1:1883"))
//	}
//
// Every scenario is a spec in each version of MQTT, with its place in the
// source and with labels: the area (qos, retain, session, ...), the version
// (v3.1.1, v5.0), the level (MUST, SHOULD, MAY) and the requirements
// (MQTT-3.3.1-5). They run hundreds at once, in one process, and Ginkgo's own
// flags select and report them:
//
//	go test -count=1 . -args --ginkgo.label-filter='retain && v5.0' --ginkgo.junit-report=junit.xml
//
// The ginkgo command does not see that a package is a Ginkgo suite, and drops
// its flags, unless a test file imports Ginkgo: add an import for the blank
// identifier where you want to use it.
//
// Run is never passed from go test's cache; see Uncached. In a Ginkgo suite of
// your own use Register.
package suites
