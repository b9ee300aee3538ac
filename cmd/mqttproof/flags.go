package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/cmd/mqttproof/target"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios"
	"github.com/mqttproof/mqttproof/scenarios/engine"
)

// reachFlags say how to reach a broker.
type reachFlags struct {
	User           string        `placeholder:"NAME" help:"User name for CONNECT. The password comes from --password-file or from the environment variable MQTTPROOF_PASSWORD."`
	PasswordFile   string        `placeholder:"FILE" help:"File with the password."`
	CA             string        `name:"ca" placeholder:"FILE" help:"Certificates that may sign the broker's (PEM)."`
	Cert           string        `placeholder:"FILE" help:"Our own certificate (PEM)."`
	Key            string        `placeholder:"FILE" help:"The key of our own certificate (PEM)."`
	Insecure       bool          `help:"Accept any certificate of the broker."`
	ConnectTimeout time.Duration `default:"5s" help:"Limit for opening a connection."`
	Fault          []string      `sep:"none" placeholder:"NAME,..." help:"Faults to switch on in embedded:reference: names of list --faults, or requirements."`
	With           []string      `sep:"none" placeholder:"NAME,..." help:"Ways in which embedded:reference behaves: names of list --behaviours."`
}

// brokerFlags are the flags of the commands that ask a broker by scenarios.
type brokerFlags struct {
	reachFlags

	Prefix        string  `placeholder:"TOPIC" help:"Beginning of every topic, for brokers with access rules (default mqttproof/)."`
	ClientPrefix  string  `placeholder:"TEXT" help:"Beginning of every client identifier (default mp)."`
	TimeoutFactor float64 `default:"1" help:"Multiplies every wait, for slow machines and networks."`
}

// targets reads what names brokers; embedded: where nothing does.
func (c *brokerFlags) targets(texts []string) ([]target.Target, error) {
	return c.reachFlags.targets(texts, containers.ClientPrefix(c.ClientPrefix))
}

// runCmd is the flags of run. Those that talk about the broker come first.
type runCmd struct {
	Targets []string `arg:"" optional:"" name:"target" help:"Brokers to judge, side by side: embedded:mochi (the default), embedded:nats, mqtt://HOST:PORT, mqtts://, ws://, wss://, exec:mosquitto, docker:mosquitto, docker:IMAGE:TAG."`

	brokerFlags

	Broker  string   `placeholder:"NAME@VERSION" help:"What the broker is, where it cannot be known; its list of known deviations is applied."`
	Without []string `sep:"none" placeholder:"FEATURE,..." help:"Features that the broker is declared to lack: ${features}."`

	Only         []string       `sep:"none" placeholder:"WHAT,..." help:"Run these only: scenarios, areas or requirements; * stands for anything. May be given again."`
	Skip         []string       `sep:"none" placeholder:"WHAT,..." help:"Leave these out."`
	Versions     []spec.Version `placeholder:"VERSION" help:"Versions of MQTT (default 3.1.1,5.0: those of them that the broker speaks). In 3.1 nothing is more than a warning."`
	GuideLiteral bool           `help:"Run the area guide with its topics as they stand in the guide, one scenario after the other."`

	Parallel int     `default:"256" help:"Scenarios in flight at once; they mostly wait."`
	Seed     *uint64 `help:"Repeats a run with the same seed (default: a fresh one)."`

	Known   string `placeholder:"FILE" help:"List of known deviations; none turns off the one of embedded:."`
	Level   string `default:"must" help:"Lowest level that must hold: must or should."`
	Report  string `placeholder:"DIR" help:"Write results.jsonl, junit.xml, summary.md, report.html and captures for Wireshark there."`
	Verbose bool   `short:"v" help:"Also show the details of warnings and the slowest scenarios."`
}

// featureNames lists the features for help and messages.
func featureNames() string {
	var names []string
	for _, f := range engine.Features() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// plan is a run that was understood: nothing in it is a mistake of the user.
type plan struct {
	targets   []target.Target
	scenarios []engine.Scenario
	all       bool // nothing was left out
	count     int  // scenarios, each in each version
	options   engine.Options
	shown     []string // options for the report, without secrets
	level     spec.Level
	known     *reports.Known // from --known FILE
	noKnown   bool           // --known none
	software  string         // from --broker
}

// plan checks everything that can be checked before a broker is started.
func (c *runCmd) plan() (*plan, error) {
	p := &plan{level: spec.Must}
	var err error
	if p.targets, err = c.targets(c.Targets); err != nil {
		return nil, err
	}
	if err := c.selected(p); err != nil {
		return nil, err
	}
	if p.options, err = c.options(); err != nil {
		return nil, err
	}
	switch c.Level {
	case "must":
	case "should":
		p.level = spec.Should
	default:
		return nil, usage("--level %q is not known; there are must and should", c.Level)
	}
	if err := c.knownList(p); err != nil {
		return nil, err
	}
	if c.Report != "" {
		if err := os.MkdirAll(c.Report, 0o755); err != nil {
			return nil, usage("--report: %w", err)
		}
	}
	p.shown = c.shown(p.options.Seed)
	return p, nil
}

// targets reads what names brokers; embedded: where nothing does.
func (c *reachFlags) targets(texts []string, more ...containers.Option) (list []target.Target, err error) {
	if len(texts) == 0 {
		texts = []string{"embedded:"}
	}
	password, err := c.password()
	if err != nil {
		return nil, err
	}
	if c.ConnectTimeout <= 0 {
		return nil, usage("--connect-timeout must be above 0, for example 5s")
	}
	secrets := c.User != "" || c.CA != "" || c.Cert != "" || c.Key != "" || c.Insecure
	used := false
	if texts, err = c.deviating(texts); err != nil {
		return nil, err
	}
	for _, text := range texts {
		t, err := target.Parse(text, append(slices.Clone(more), containers.Credentials(c.User, password), containers.CA(c.CA),
			containers.ClientCertificate(c.Cert, c.Key), containers.Insecure(c.Insecure), containers.ConnectTimeout(c.ConnectTimeout))...)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(other target.Target) bool { return other.Name() == t.Name() }) {
			return nil, usage("the target %s is named twice", t.Name())
		}
		used = used || t.Kind == target.Address || t.Kind == target.Container
		list = append(list, t)
	}
	if secrets && !used {
		return nil, usage("--user, --ca, --cert, --key and --insecure are for brokers at an address or in a container, and there is none among the targets")
	}
	return list, nil
}

// deviating adds what --fault and --with ask for to the reference broker among
// the targets.
func (c *reachFlags) deviating(texts []string) ([]string, error) {
	var query []string
	for _, name := range split(c.Fault) {
		query = append(query, "fault="+name)
	}
	for _, name := range split(c.With) {
		query = append(query, "with="+name)
	}
	if len(query) == 0 {
		return texts, nil
	}
	changed, found := slices.Clone(texts), false
	for i, text := range texts {
		name, rest, _ := strings.Cut(text, "?")
		if name != "embedded:reference" {
			continue
		}
		found = true
		if rest != "" {
			query = append([]string{rest}, query...)
		}
		changed[i] = name + "?" + strings.Join(query, "&")
	}
	if !found {
		return nil, usage("--fault and --with are for embedded:reference, which is not among the targets")
	}
	return changed, nil
}

// password is never a flag: flags are seen by everyone on the machine.
func (c *reachFlags) password() (string, error) {
	if c.User == "" {
		if c.PasswordFile != "" {
			return "", usage("--password-file needs --user")
		}
		return "", nil
	}
	if c.PasswordFile == "" {
		return os.Getenv("MQTTPROOF_PASSWORD"), nil
	}
	data, err := os.ReadFile(c.PasswordFile)
	if err != nil {
		return "", usage("--password-file: %w", err)
	}
	password := strings.TrimRight(string(data), "\r\n")
	if password == "" {
		return "", usage("--password-file: %s is empty", c.PasswordFile)
	}
	return password, nil
}

// split takes lists with commas apart.
func split(lists []string) (all []string) {
	for _, list := range lists {
		for item := range strings.SplitSeq(list, ",") {
			all = append(all, strings.TrimSpace(item))
		}
	}
	return all
}

// selected selects the scenarios.
func (c *runCmd) selected(p *plan) (err error) {
	only, skip := split(c.Only), split(c.Skip)
	// An empty one comes from a variable that is not set. Taken for nothing it
	// would run everything.
	if slices.Contains(only, "") || slices.Contains(skip, "") {
		return usage("--only and --skip want a scenario, an area or a requirement, and one of them is empty")
	}
	all := scenarios.All()
	if p.scenarios, err = scenarios.Select(all, only, skip); err != nil {
		return &usageError{err}
	}
	if c.GuideLiteral {
		if p.scenarios, err = scenarios.Select(p.scenarios, []string{"guide"}, nil); err != nil {
			return usage("--guide-literal runs the area guide, of which nothing is selected")
		}
	}
	p.all = len(p.scenarios) == len(all) && len(c.Versions) == 0
	versions := c.Versions
	if len(versions) == 0 {
		versions = []spec.Version{spec.V311, spec.V5}
	}
	for _, s := range p.scenarios {
		for _, v := range versions {
			if s.In(v) {
				p.count++
			}
		}
	}
	if p.count == 0 {
		return usage("nothing is left to run: none of the scenarios selected runs in the versions %v, or --skip leaves none", versions)
	}
	return nil
}

// engineOptions are what the flags say to the engine.
func (c *brokerFlags) engineOptions() (o engine.Options, err error) {
	o = engine.Options{Prefix: c.Prefix, ClientPrefix: c.ClientPrefix}
	if o.Timeouts, err = engine.DefaultTimeouts().Scale(c.TimeoutFactor); err != nil {
		return o, usage("--timeout-factor: %w", err)
	}
	if strings.ContainsAny(c.Prefix, "+#") {
		return o, usage("--prefix %q holds a wildcard, which no topic may", c.Prefix)
	}
	return o, nil
}

func (c *runCmd) options() (o engine.Options, err error) {
	if o, err = c.engineOptions(); err != nil {
		return o, err
	}
	o.Versions, o.Parallel, o.Literal = slices.Compact(slices.Sorted(slices.Values(c.Versions))), c.Parallel, c.GuideLiteral
	if c.Parallel < 1 {
		return o, usage("--parallel must be 1 or more")
	}
	for _, name := range split(c.Without) {
		f := engine.Feature(name)
		if !slices.Contains(engine.Features(), f) {
			return o, usage("--without %q is not a feature; the features are %s", name, featureNames())
		}
		o.Without = append(o.Without, f)
	}
	if c.Seed != nil {
		o.Seed = *c.Seed
	} else {
		o.Seed = rand.Uint64N(1 << 31) // short enough to be typed
	}
	return o, nil
}

// knownList reads what --known and --broker say.
func (c *runCmd) knownList(p *plan) (err error) {
	switch c.Known {
	case "":
	case "none":
		p.noKnown = true
	default:
		if p.known, err = reports.LoadKnown(c.Known); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return usage("--known wants a file or none: %w", err)
			}
			return usage("--known: %w", err)
		}
	}
	if c.Broker == "" {
		return nil
	}
	name, version, _ := strings.Cut(c.Broker, "@")
	if name == "" || version == "" {
		return usage("--broker %q is not NAME@VERSION, for example mochi@2.7.9", c.Broker)
	}
	if len(p.targets) > 1 {
		return usage("--broker says what one target is, and there are %d targets", len(p.targets))
	}
	p.software = name + " " + version
	return nil
}

// again are the flags set that reach the same broker again. User name and password
// are not among them.
func (c *reachFlags) again() (set []string) {
	add := func(name, value string) {
		if value != "" {
			set = append(set, name, value)
		}
	}
	add("--ca", c.CA)
	add("--cert", c.Cert)
	add("--key", c.Key)
	if c.Insecure {
		set = append(set, "--insecure")
	}
	if c.ConnectTimeout != 5*time.Second {
		add("--connect-timeout", c.ConnectTimeout.String())
	}
	return set
}

// common are the flags set that a run of one scenario wants again.
func (c *runCmd) common() (set []string) {
	set = c.again()
	add := func(name, value string) {
		if value != "" {
			set = append(set, name, value)
		}
	}
	add("--prefix", c.Prefix)
	add("--client-prefix", c.ClientPrefix)
	if c.TimeoutFactor != 1 {
		add("--timeout-factor", strconv.FormatFloat(c.TimeoutFactor, 'g', -1, 64))
	}
	if c.GuideLiteral {
		set = append(set, "--guide-literal")
	}
	return set
}

// shown are the options for the report. That there was a user is said, who it
// was is not.
func (c *runCmd) shown(seed uint64) (list []string) {
	for _, word := range c.common() {
		if strings.HasPrefix(word, "--") {
			list = append(list, word)
		} else {
			list[len(list)-1] += " " + word
		}
	}
	add := func(name string, values ...string) {
		if text := strings.Join(values, ","); text != "" {
			list = append(list, name+" "+text)
		}
	}
	if c.User != "" {
		add("--user", "(not shown)")
	}
	add("--broker", c.Broker)
	add("--without", c.Without...)
	add("--only", c.Only...)
	add("--skip", c.Skip...)
	var versions []string
	for _, v := range c.Versions {
		versions = append(versions, v.String())
	}
	add("--versions", versions...)
	if c.Parallel != 256 {
		add("--parallel", strconv.Itoa(c.Parallel))
	}
	add("--known", c.Known)
	if c.Level != "must" {
		add("--level", c.Level)
	}
	return append(list, fmt.Sprintf("--seed %d", seed))
}
