// Package presets has the well-known brokers, one YAML file each.
package presets

import (
	"bytes"
	"embed"
	"io/fs"
	"strings"

	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/internal/failure"
	"go.yaml.in/yaml/v3"
)

//go:embed *.yaml
var files embed.FS

// Get gives the preset of that name. The error for an unknown one names those
// that there are.
func Get(name string) (containers.Preset, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return containers.Preset{}, failure.Usage("no preset %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return Parse(text)
}

// Names lists the presets, sorted.
func Names() (names []string) {
	list, _ := fs.Glob(files, "*.yaml") // fails on a wrong pattern only
	for _, file := range list {
		names = append(names, strings.TrimSuffix(file, ".yaml"))
	}
	return names
}

// Parse reads a preset and checks it. A field that is not known is an error.
func Parse(text []byte) (containers.Preset, error) {
	var p containers.Preset
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&p); err != nil {
		return p, failure.Usage("the preset cannot be read: %w", err)
	}
	if err := p.Check(); err != nil {
		return p, err
	}
	return p, nil
}
