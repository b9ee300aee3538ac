// Package control shows that go test does use its cache here: what is said of
// the package above would mean nothing without it.
package control

import (
	"os"
	"testing"
)

func TestControl(t *testing.T) {
	if os.Getenv("BROKER") == "" {
		t.Fatal("BROKER is not set")
	}
}
