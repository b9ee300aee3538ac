// Package need is for tests that want more than Go: each function skips the
// test with the reason where its tool is missing, or fails it where the
// environment variable MQTTPROOF_REQUIRE names the tool, as CI does
// (MQTTPROOF_REQUIRE=docker,mosquitto).
package need

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// T is what is needed of a test; *testing.T, *testing.B and GinkgoTB() are.
type T interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
}

// Mosquitto gives the path of the mosquitto broker.
func Mosquitto(t T) string {
	t.Helper()
	// Debian installs it where the PATH of a user does not look.
	for _, file := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if path, err := exec.LookPath(file); err == nil {
			return path
		}
	}
	missing(t, "mosquitto", "no mosquitto here (Debian, Ubuntu: apt-get install mosquitto)")
	return ""
}

// MosquittoClients gives the paths of mosquitto_sub and mosquitto_pub.
func MosquittoClients(t T) (sub, pub string) {
	t.Helper()
	sub, subErr := exec.LookPath("mosquitto_sub")
	pub, pubErr := exec.LookPath("mosquitto_pub")
	if subErr != nil || pubErr != nil {
		missing(t, "mosquitto", "no mosquitto_sub and mosquitto_pub here (Debian, Ubuntu: apt-get install mosquitto-clients)")
	}
	return sub, pub
}

// Docker wants a Docker engine that answers, and the docker command.
func Docker(t T) {
	t.Helper()
	if out, err := docker("version", "--format", "{{.Server.Version}}"); err != nil {
		missing(t, "docker", fmt.Sprintf("no Docker here: %v: %s", err, out))
	}
}

// Image wants Docker and a local image, such as mqttproof/mochi:local.
func Image(t T, ref string) {
	t.Helper()
	Docker(t)
	if _, err := docker("image", "inspect", ref); err != nil {
		missing(t, "docker", "no image "+ref+" here (go tool mage images builds it)")
	}
}

// Browser gives the path of a Chromium.
func Browser(t T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "browser", "no Chromium here (Debian, Ubuntu: apt-get install chromium)")
	return ""
}

// Tshark gives the path of tshark, the Wireshark for terminals.
func Tshark(t T) string {
	t.Helper()
	path, err := exec.LookPath("tshark")
	if err != nil {
		missing(t, "tshark", "no tshark here (Debian, Ubuntu: apt-get install tshark)")
	}
	return path
}

func docker(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func missing(t T, tool, reason string) {
	t.Helper()
	required := strings.FieldsFunc(os.Getenv("MQTTPROOF_REQUIRE"), func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Contains(required, tool) {
		t.Fatal(reason + "; MQTTPROOF_REQUIRE asks for it")
	}
	t.Skip(reason)
}
