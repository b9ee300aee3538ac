package target

import (
	"strings"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/docker"
	"github.com/mqttproof/mqttproof/containers/presets"
)

// parseDocker tells a preset from an image by the colon or slash that an image
// has: docker:mosquitto is the preset, docker:eclipse-mosquitto:2 the image.
func parseDocker(name, transport string, opts []containers.Option) (Target, error) {
	if strings.ContainsAny(name, ":/") {
		if transport != "" {
			return Target{}, usage("docker:%s is an image, of which only port 1883 is known; a preset has transports (docker:%s)",
				name, strings.Join(presets.Names(), ", docker:"))
		}
		return Target{docker.Image(name, opts...), Container}, nil
	}
	p, err := presets.Get(name)
	if err != nil {
		return Target{}, usage("there is no preset docker:%s; the presets are %s, and an image is named with its tag: docker:IMAGE:TAG",
			name, strings.Join(presets.Names(), ", "))
	}
	return Target{docker.Preset(p, transport, opts...), Container}, nil
}
