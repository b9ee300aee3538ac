package containers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/mqttproof/mqttproof/containers/internal/failure"
)

// Preset is how to start a well-known broker for a conformance run: open to
// everyone, and with no limit of its own in the way of a test. Those that come
// with mqttproof are in containers/presets, as YAML.
//
// Texts of files, commands and the environment are templates of text/template
// with the data PresetData.
type Preset struct {
	Name    string `yaml:"name"`
	Licence string `yaml:"licence"`

	// Versions, HighestQoS and Lacks are what the broker's documentation says
	// of it; features it lacks are skipped, not failed.
	Versions   []string `yaml:"versions"`
	HighestQoS int      `yaml:"highest_qos"`
	Lacks      []string `yaml:"lacks"`
	// Notes tell what one should know about results with this preset.
	Notes []string `yaml:"notes"`

	// Software finds the version in what the broker prints: a regular
	// expression whose group 1 is the version.
	Software string `yaml:"software"`

	Credentials struct {
		User     string `yaml:"user"`
		Password string `yaml:"password"`
	} `yaml:"credentials"`

	// Ready is how long the broker may take until it accepts a CONNECT, Stop
	// how long until it has ended when it was asked to.
	Ready time.Duration `yaml:"ready"`
	Stop  time.Duration `yaml:"stop"`

	WSPath string            `yaml:"ws_path"`
	Files  []PresetFile      `yaml:"files"`
	Env    map[string]string `yaml:"env"`

	Executable *PresetExecutable `yaml:"executable"`
	Container  *PresetContainer  `yaml:"container"`
}

// PresetFile is a file that the broker wants before it starts.
type PresetFile struct {
	// Name is its name in the folder of a local executable.
	Name string `yaml:"name"`
	// Path is its place in a container.
	Path string `yaml:"path"`
	Text string `yaml:"text"`
}

// PresetExecutable is the broker as a local program.
type PresetExecutable struct {
	// Transports are those that the configuration has a listener for.
	Transports []string `yaml:"transports"`
	// Command is the program and its arguments; a program without a slash is
	// looked for in PATH, /usr/sbin and /usr/local/sbin.
	Command []string `yaml:"command"`
	// Install says how to get it.
	Install string `yaml:"install"`
	// PortTaken is what the broker prints when its port is in use.
	PortTaken string `yaml:"port_taken"`
}

// PresetContainer is the broker as a container.
type PresetContainer struct {
	// Image is the one that its project publishes; empty where there is none.
	Image string `yaml:"image"`
	// Local is an image that `go tool mage images` builds, or debianImages where
	// it is of Debian packages, used where Image is not present.
	Local   string         `yaml:"local"`
	Ports   map[string]int `yaml:"ports"` // by transport: tcp, tls, ws, wss
	Command []string       `yaml:"command"`
	Folder  string         `yaml:"folder"` // for the broker's data
}

// PresetData is what templates of a preset may use.
type PresetData struct {
	Folder  string         // for configuration and data, without a slash at the end
	Address string         // the IP address to listen on
	Ports   map[string]int // by transport, those to be opened
}

// Expand fills in a template of a preset.
func (d PresetData) Expand(text string) (string, error) {
	t, err := template.New("preset").Option("missingkey=zero").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, d); err != nil {
		return "", err
	}
	return b.String(), nil
}

// Check says what is wrong with a preset.
func (p *Preset) Check() error {
	wrong := func(format string, args ...any) error {
		return failure.Usage("preset %q: %s", p.Name, fmt.Sprintf(format, args...))
	}
	switch {
	case p.Name == "" || strings.ContainsAny(p.Name, " :/?"):
		return wrong("name must be there, without blanks and : / ?")
	case p.Executable == nil && p.Container == nil:
		return wrong("executable or container must be there")
	case p.Ready <= 0 || p.Stop <= 0:
		return wrong("ready and stop must be durations, such as 10s")
	case p.HighestQoS < 0 || p.HighestQoS > 2:
		return wrong("highest_qos is %d, not 0, 1 or 2", p.HighestQoS)
	case p.Executable != nil && len(p.Executable.Command) == 0:
		return wrong("executable.command must name a program")
	case p.Container != nil && p.Container.Image == "" && p.Container.Local == "":
		return wrong("container.image must be there")
	}
	for _, v := range p.Versions {
		if !slices.Contains([]string{"3.1", "3.1.1", "5.0"}, v) {
			return wrong("versions has %q; there are 3.1, 3.1.1 and 5.0", v)
		}
	}
	if re, err := regexp.Compile(p.Software); err != nil {
		return wrong("software is no regular expression: %v", err)
	} else if p.Software != "" && re.NumSubexp() < 1 {
		return wrong("software has no group for the version")
	}
	var transports []string
	if p.Executable != nil {
		transports = append(transports, p.Executable.Transports...)
	}
	if p.Container != nil {
		for transport, port := range p.Container.Ports {
			if port < 1 || port > 65535 {
				return wrong("container.ports has the port %d", port)
			}
			transports = append(transports, transport)
		}
	}
	for _, t := range transports {
		if !slices.Contains([]string{"tcp", "tls", "ws", "wss"}, t) {
			return wrong("%q is no transport; there are tcp, tls, ws and wss", t)
		}
	}
	for _, text := range p.templates() {
		if _, err := (PresetData{}).Expand(text); err != nil {
			return wrong("%v", err)
		}
	}
	return nil
}

func (p *Preset) templates() (texts []string) {
	for _, f := range p.Files {
		texts = append(texts, f.Text)
	}
	for _, value := range p.Env {
		texts = append(texts, value)
	}
	if p.Executable != nil {
		texts = append(texts, p.Executable.Command...)
	}
	if p.Container != nil {
		texts = append(texts, p.Container.Command...)
	}
	return texts
}

// Options are those of connections to the broker.
func (p *Preset) Options() []Option {
	return []Option{Credentials(p.Credentials.User, p.Credentials.Password)}
}

// URL is where a broker of the preset listens on a port of a host.
func (p *Preset) URL(transport, hostPort string) string {
	switch transport {
	case "tls":
		return "mqtts://" + hostPort
	case "ws", "wss":
		path := p.WSPath
		if path == "" {
			path = "/mqtt"
		}
		return transport + "://" + hostPort + path
	}
	return "mqtt://" + hostPort
}

// Version finds the version in what the broker printed.
func (p *Preset) Version(output string) string {
	if p.Software == "" {
		return ""
	}
	re, err := regexp.Compile(p.Software)
	if err != nil {
		return ""
	}
	if m := re.FindStringSubmatch(output); len(m) > 1 {
		return m[1]
	}
	return ""
}
