package suites

import (
	"testing"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
)

// Run runs the scenarios on the target as a Ginkgo suite of their own. It may
// be called in several tests of a package, for one target each. Ginkgo specs
// that the package registered before are forgotten: in such a package use
// Register instead.
func Run(t *testing.T, target containers.Target, opts ...Option) {
	t.Helper()
	Uncached()
	// A second suite in one process ends the process without this.
	globals.Reset()
	defer globals.Reset()
	s, err := newSuite(target, opts)
	if err != nil {
		t.Fatal(err)
	}
	s.register()
	s.preview()
	// Everything else stays as the flags have it.
	suiteConfig, reporterConfig := ginkgo.GinkgoConfiguration()
	suiteConfig.FailOnEmpty = true
	ginkgo.RunSpecs(t, "MQTT conformance of "+target.Name(), suiteConfig, reporterConfig)
}

// Register adds the scenarios to a Ginkgo suite of your own, at its top level,
// as one ordered container. Call it in the test function, before RunSpecs, so
// that flags which select specs have been read:
//
//	func TestSuite(t *testing.T) {
//		gomega.RegisterFailHandler(ginkgo.Fail)
//		suites.Register(target)
//		ginkgo.RunSpecs(t, "my broker")
//	}
//
// What is wrong with the target or an option fails the first spec.
func Register(target containers.Target, opts ...Option) {
	Uncached()
	s, err := newSuite(target, opts)
	if err != nil {
		ginkgo.Describe("MQTT conformance of "+target.Name(), func() {
			ginkgo.It("has options that can be used", func() { ginkgo.Fail(err.Error()) })
		})
		return
	}
	s.register()
	s.preview()
}
