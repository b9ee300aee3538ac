// Package own is a Ginkgo suite that has the scenarios beside specs of its own.
package own

import (
	"os"
	"testing"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/suites"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
)

var _ = ginkgo.Describe("my broker", func() {
	ginkgo.It("has a spec of its own", func() { gomega.Expect(1 + 1).To(gomega.Equal(2)) })
})

func TestOwn(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	suites.Register(containers.Address(os.Getenv("BROKER")),
		suites.Only("connect.accepted", "guide.qos-1"), suites.TimeoutFactor(0.1))
	ginkgo.RunSpecs(t, "own")
}
