package target_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/cmd/mqttproof/target"
	"github.com/mqttproof/mqttproof/containers"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		name string
		kind target.Kind
	}{
		"embedded:":                        {"embedded:mochi", target.Embedded},
		"embedded:mochi":                   {"embedded:mochi", target.Embedded},
		"embedded://mochi":                 {"embedded:mochi", target.Embedded},
		"embedded:nats":                    {"embedded:nats", target.Embedded},
		"embedded:nats?transport=tls":      {"embedded:nats?transport=tls", target.Embedded},
		"embedded:?transport=ws":           {"embedded:mochi?transport=ws", target.Embedded},
		"exec:mosquitto":                   {"exec:mosquitto", target.Executable},
		"docker:mosquitto":                 {"docker:mosquitto", target.Container},
		"docker:mosquitto?transport=ws":    {"docker:mosquitto?transport=ws", target.Container},
		"docker:eclipse-mosquitto:2":       {"docker:eclipse-mosquitto:2", target.Container},
		"docker:example/broker":            {"docker:example/broker", target.Container},
		"docker:broker@sha256:0123":        {"docker:broker@sha256:0123", target.Container},
		"mqtt://127.0.0.1:1883":            {"mqtt://127.0.0.1:1883", target.Address},
		"tcp://localhost":                  {"tcp://localhost", target.Address},
		"MQTTS://user:pass@localhost":      {"MQTTS://localhost", target.Address},
		"wss://localhost/mqtt?token=s3cr3": {"wss://localhost/mqtt", target.Address},
	} {
		got, err := target.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got.Name() != want.name || got.Kind != want.kind {
			t.Errorf("%s is %s of kind %d, not %s of kind %d", text, got.Name(), got.Kind, want.name, want.kind)
		}
		if _, err := target.Parse(got.Name()); err != nil && want.kind != target.Address {
			t.Errorf("the name of %s is no target: %v", text, err)
		}
	}
}

// Every mistake says what there is, and repeats no password.
func TestParseMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "has no scheme",
		"localhost":                       "has no scheme",
		"localhost:1883":                  "there is no scheme \"localhost\"",
		"alice:s3cret@localhost":          "has no scheme",
		"http://alice:s3cret@localhost":   "there is no scheme \"http\"",
		"embedded:hivemq":                 "there are mochi, nats and reference",
		"embedded:mochi?transport=tls":    "it has tcp and ws",
		"embedded:nats?transport=wss":     "it has tcp, ws and tls",
		"embedded:nats?fault=x":           "for embedded:reference",
		"embedded:mochi?port=1":           "there is ?transport=",
		"exec:":                           "there is exec:mosquitto",
		"exec:mochi":                      "there is exec:mosquitto",
		"docker:":                         "the presets are ejabberd, mochi, mosquitto, nats, rabbitmq",
		"docker:nothing":                  "docker:IMAGE:TAG",
		"docker:nothing:1?transport=ws":   "only port 1883",
		"quic://alice:s3cret@localhost:1": "embedded:mochi",
	} {
		_, err := target.Parse(text)
		if !errors.Is(err, containers.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, without %q", text, err, want)
			continue
		}
		for _, secret := range []string{"alice", "s3cret"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q repeats %s: %v", text, secret, err)
			}
		}
	}
}
