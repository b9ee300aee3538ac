package presets_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/presets"
)

func TestPresetsAreRight(t *testing.T) {
	names := presets.Names()
	if len(names) < 2 {
		t.Fatalf("presets: %v", names)
	}
	for _, name := range names {
		p, err := presets.Get(name)
		if err != nil {
			t.Error(err)
		}
		if p.Name != name {
			t.Errorf("%s.yaml has the name %q", name, p.Name)
		}
		if p.Licence == "" || len(p.Versions) == 0 {
			t.Errorf("%s does not say its licence and versions", name)
		}
	}
}

func TestUnknownPreset(t *testing.T) {
	for _, name := range []string{"", "mosquito", "../presets", "a\x00b"} {
		_, err := presets.Get(name)
		if !errors.Is(err, containers.ErrUsage) || !strings.Contains(err.Error(), "there are ejabberd, mochi, mosquitto, nats, rabbitmq") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestParse(t *testing.T) {
	right, err := os.ReadFile("mosquitto.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"no YAML", "name: mosquitto", "name: [", "cannot be read"},
		{"unknown field", "highest_qos: 2", "highest: 2", "field highest not found"},
		{"wrong version", `"3.1.1"`, `"3.1.2"`, "there are 3.1, 3.1.1 and 5.0"},
		{"wrong QoS", "highest_qos: 2", "highest_qos: 3", "not 0, 1 or 2"},
		{"wrong name", "name: mosquitto\n", "name: a/b\n", "name must be there"},
		{"no duration", "ready: 10s", "ready: 0s", "must be durations"},
		{"wrong transport", "{tcp: 1883, ws: 8083}", "{udp: 1883}", "is no transport"},
		{"wrong port", "tcp: 1883", "tcp: 70000", "has the port 70000"},
		{"wrong expression", `(\S+)`, `(\S+`, "no regular expression"},
		{"no group", `(\S+)`, `\S+`, "no group"},
		{"wrong template", "{{.Folder}}/mosquitto.conf", "{{.Folder/mosquitto.conf", "template"},
		{"template without such data", "{{.Folder}}/mosquitto.conf", "{{.Home}}/mosquitto.conf", "Home"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(string(right), test.old, test.new, 1)
			if test.old != "" && text == string(right) {
				t.Fatal("nothing was replaced")
			}
			_, err := presets.Parse([]byte(text))
			if test.want == "" && err != nil {
				t.Error(err)
			}
			if test.want != "" && (!errors.Is(err, containers.ErrUsage) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v\nwant in it: %s", err, test.want)
			}
		})
	}
}

func TestParseGarbage(t *testing.T) {
	for _, text := range []string{"", "---", "[]", "a", "\xff", "name: x"} {
		if _, err := presets.Parse([]byte(text)); !errors.Is(err, containers.ErrUsage) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
