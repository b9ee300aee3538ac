package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/suites/session"
)

// exitUsage is wrong usage or configuration; the other exit codes are those of
// package reports.
const exitUsage = 2

// cli is the grammar of the command line.
type cli struct {
	Run      runCmd      `cmd:"" help:"Judge brokers: run the scenarios against each target."`
	List     listCmd     `cmd:"" help:"List areas and scenarios, requirements, or faults and behaviours of the reference broker."`
	Explain  explainCmd  `cmd:"" help:"Say in words what a scenario, a requirement or a fault is, and why it matters."`
	Probe    probeCmd    `cmd:"" help:"Ask a broker what it supports, and try what it does where the standard leaves it free."`
	Selftest selftestCmd `cmd:"" help:"Prove the scenarios: the reference broker passes them, and each fault fails one."`
	Fuzz     fuzzCmd     `cmd:"" help:"Attack a broker with sessions of packets, and keep what breaks it."`
	Replay   replayCmd   `cmd:"" help:"Run a finding of fuzz again, or turn it into a Go test."`
	Decode   decodeCmd   `cmd:"" help:"Show packets given in hex, with every rule that they break."`
	Serve    serveCmd    `cmd:"" help:"Serve the reference broker, and say what its clients do wrong."`
	Targets  targetsCmd  `cmd:"" help:"List what can be judged, and how it is written."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// out is where a command prints: what it found, and what went wrong.
type out struct{ std, err io.Writer }

// exitCode is how a command ends that printed everything itself.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run is the program without its process: it gives the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parser, err := kong.New(&cli{},
		kong.Name("mqttproof"),
		kong.Description("Judges MQTT brokers against the standard, and proves each claim with the packets."),
		kong.Vars{"features": featureNames()},
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(out{stdout, stderr}),
	)
	if err != nil {
		panic(err) // the grammar itself is wrong, which every test would show
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		complain(stderr, errors.New(usageMessage(err)))
		return exitUsage
	}
	err = ctx.Run()
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	complain(stderr, err)
	return codeOf(err)
}

// complain prints an error. Every error of the command comes through here.
func complain(stderr io.Writer, err error) {
	_, _ = fmt.Fprintf(stderr, "mqttproof: %v\n", err)
}

// userInfo is what stands before the last @ of an address. A message repeats
// what was typed, and may be kept in a log.
var userInfo = regexp.MustCompile(`://\S*@`)

// usageMessage adds what there is to a message about what there is not.
func usageMessage(err error) string {
	text := userInfo.ReplaceAllString(err.Error(), "://")
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil {
		return text
	}
	node := parse.Context.Selected()
	if node == nil {
		var names []string
		for _, child := range parse.Context.Model.Children {
			names = append(names, child.Name)
		}
		return text + "; the commands are " + strings.Join(names, ", ") + " (mqttproof --help)"
	}
	if strings.HasPrefix(text, "unknown flag") {
		var names []string
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				names = append(names, "--"+flag.Name)
			}
		}
		text += "; the flags are " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s (mqttproof %s --help)", text, node.Name)
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(o out) error {
	_, err := fmt.Fprintf(o.std, "%s (%s, %s/%s)\n", session.Tool(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// codeOf is the exit code for an error: wrong usage, or could not run.
func codeOf(err error) int {
	var wrong *usageError
	if errors.As(err, &wrong) || errors.Is(err, containers.ErrUsage) {
		return exitUsage
	}
	return exitNotRun
}

// usageError is a mistake on the command line or in a file named there.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }
