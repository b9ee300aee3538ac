//go:build mage

// The tasks of the project, for people and for CI: go tool mage -l lists them.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/magefile/mage/mg"
)

// Default is what `go tool mage` does.
var Default = Test

// Test vets the code and runs the tests; those that need Docker, mosquitto or tshark
// skip where these are missing.
func Test() error {
	return tasks(
		task{"vet", "go vet ./...", nil, []string{"go", "vet", "./..."}},
		task{"test", "go test ./...", nil, []string{"go", "test", "./..."}},
	)
}

// Full is what is run before an issue is closed: lint, the race detector, every
// broker that there is, and the report in a browser. Nothing is skipped; it
// takes minutes.
func Full() error {
	everything := []string{"MQTTPROOF_REQUIRE=docker,mosquitto,browser,tshark"}
	suite := func(target string, more ...string) task {
		return task{"suites", target, everything,
			append([]string{"go", "test", "-count=1", "./suites", "-args", "-target=" + target}, more...)}
	}
	known := "-known=../reports/known/mosquitto.yaml"
	mg.SerialDeps(Lint, Images, DebianImages)
	return tasks(
		task{"vet", "go vet ./...", nil, []string{"go", "vet", "./..."}},
		task{"race", "go test -race ./...", everything, []string{"go", "test", "-race", "-timeout=30m", "./..."}},
		suite("exec:mosquitto", known),
		suite("docker:mosquitto", known),
		suite("docker:mosquitto?transport=ws", known),
		suite("docker:mochi", "-known=../reports/known/mochi.yaml"),
		suite("embedded:nats"),
		suite("docker:ejabberd", "-known=../reports/known/ejabberd.yaml"),
		suite("docker:rabbitmq", "-known=../reports/known/rabbitmq.yaml"),
		task{"selftest", "mqttproof selftest", nil, []string{"go", "tool", "mage", "selftest"}},
	)
}

// Selftest proves the scenarios: the reference broker passes them in all its
// behaviours, and its faults fail them. It writes suites/selftest/recorded.tsv,
// which is what `mqttproof list --requirements` and the README tell, and fails
// where that file has to be committed anew.
func Selftest() error {
	const file = "suites/selftest/recorded.tsv"
	before, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := tasks(
		task{"selftest", "mqttproof selftest", nil, []string{"go", "run", "./cmd/mqttproof", "selftest", "--record", file}},
		task{"numbers", "README.md", nil, []string{"go", "test", "-count=1", "-run=TestReadme", "./suites/selftest", "-args", "-update"}},
	); err != nil {
		return err
	}
	after, err := os.ReadFile(file)
	if err == nil && string(after) != string(before) {
		err = fmt.Errorf("%s has changed, and with it the numbers in README.md: look at the difference and commit both", file)
	}
	return err
}

// Lint runs golangci-lint, which is built from its module.
func Lint() error {
	return tasks(task{"lint", "golangci-lint run", nil,
		[]string{"go", "tool", "-modfile=tools/go.mod", "golangci-lint", "run"}})
}

// Bench measures the codec beside others on the same bytes, and prints how many
// times slower they are. Each figure is the best of twelve short runs: on a
// machine that others use the best one is nearest to the truth. They are taken in
// twelve passes over all rows, so that one disturbance does not hit all runs of a
// row. It takes about two minutes.
func Bench() error {
	var out []byte
	for range 12 {
		cmd := exec.Command("go", "test", "./codec", "-run=^$", "-bench=^Benchmark(De|En)code$", "-benchmem", "-benchtime=40ms")
		cmd.Stderr = os.Stderr
		pass, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, pass)
		}
		out = append(out, pass...)
	}
	list := measurements(string(out))
	if len(list) == 0 {
		return fmt.Errorf("no benchmark in:\n%s", out)
	}
	fmt.Print(benchTables(list))
	fmt.Print(benchMisses(list))
	return nil
}

// ours is the name of our codec in the benchmark, and limit that of the bare
// pass over the bytes.
const ours, limit = "mqttproof", "limit"

// measured is what one codec took for one packet.
type measured struct {
	op, packet, codec string // op is Decode or Encode
	ns                float64
	allocs            string
}

// measurements reads the output of go test -bench -benchmem. Of several runs it
// keeps the fastest.
func measurements(out string) (list []measured) {
	// BenchmarkDecode/PUBACK_5.0/codec=mochi-2   1000   123.4 ns/op   8 B/op   1 allocs/op
	line := regexp.MustCompile(`(?m)^Benchmark(\w+)/(.+)/codec=(.+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op.*\s(\d+) allocs/op$`)
	place := map[[3]string]int{}
	for _, m := range line.FindAllStringSubmatch(out, -1) {
		ns, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			continue
		}
		key := [3]string(m[1:4])
		i, ok := place[key]
		if !ok {
			i = len(list)
			place[key] = i
			list = append(list, measured{m[1], strings.ReplaceAll(m[2], "_", " "), m[3], ns, m[5]})
		}
		list[i].ns = min(list[i].ns, ns)
	}
	return list
}

// benchTables prints a table for each operation, in Markdown: ours and the limit
// in nanoseconds, the others as ratios to ours.
func benchTables(list []measured) string {
	var b strings.Builder
	var all []string // codecs, in one order for both tables
	for _, m := range list {
		if !slices.Contains(all, m.codec) {
			all = append(all, m.codec)
		}
	}
	for _, op := range []string{"Decode", "Encode"} {
		var packets []string
		cells := map[[2]string]measured{}
		for _, m := range list {
			if m.op != op {
				continue
			}
			cells[[2]string{m.packet, m.codec}] = m
			if !slices.Contains(packets, m.packet) {
				packets = append(packets, m.packet)
			}
		}
		codecs := slices.DeleteFunc(slices.Clone(all), func(codec string) bool {
			return !slices.ContainsFunc(list, func(m measured) bool { return m.op == op && m.codec == codec })
		})
		fmt.Fprintf(&b, "\n| %s |", op)
		for _, c := range codecs {
			fmt.Fprintf(&b, " %s |", c)
		}
		fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("---:|", len(codecs)))
		for _, p := range packets {
			fmt.Fprintf(&b, "| %s |", p)
			for _, c := range codecs {
				m, ok := cells[[2]string{p, c}]
				switch {
				case !ok:
					b.WriteString(" - |")
				case c == ours:
					fmt.Fprintf(&b, " %.1f ns, %s |", m.ns, m.allocs)
				case c == limit:
					fmt.Fprintf(&b, " %.1f ns |", m.ns)
				default:
					fmt.Fprintf(&b, " %.1f x (%.1f ns, %s) |", m.ns/cells[[2]string{p, ours}].ns, m.ns, m.allocs)
				}
			}
			b.WriteByte('\n')
		}
	}
	b.WriteString("\nBest of twelve short runs: time, and allocations; n x is n times as long as mqttproof. - cannot, or writes other bytes.\n")
	return b.String()
}

// benchMisses lists the rows that miss a goal of docs/performance.md.
func benchMisses(list []measured) string {
	var b strings.Builder
	mine := map[[2]string]measured{}
	for _, m := range list {
		if m.codec == ours {
			mine[[2]string{m.op, m.packet}] = m
			if m.allocs != "0" {
				fmt.Fprintf(&b, "- %s of %s allocates %s times\n", m.op, m.packet, m.allocs)
			}
		}
	}
	for _, m := range list {
		we := mine[[2]string{m.op, m.packet}]
		switch {
		case m.codec == limit && m.op == "Decode" && we.ns > 1.5*m.ns+20:
			fmt.Fprintf(&b, "- Decode of %s: %.1f ns is more than 1.5 times plus 20 ns of the limit, %.1f ns\n", m.packet, we.ns, m.ns)
		case m.codec != limit && m.codec != ours && we.ns > m.ns+5:
			fmt.Fprintf(&b, "- %s of %s: %s is faster by %.1f ns\n", m.op, m.packet, m.codec, we.ns-m.ns)
		}
	}
	if b.Len() == 0 {
		return "\nNo allocation, no decode above 1.5 times plus 20 ns of the limit, no other codec faster by more than 5 ns.\n"
	}
	return "\nMissed:\n" + b.String()
}

// Images builds the local images that tests run in containers: mochi and nats
// from their Go modules, mosquitto from the one that is installed. Nothing is
// pulled. DebianImages builds those that take minutes.
func Images() error {
	if err := dockerAnswers(); err != nil {
		return err
	}
	if err := goImage("mochi", "mochi", "./"+imageFolder+"/mochi"); err != nil {
		return err
	}
	if err := goImage("nats", "nats-server", "github.com/nats-io/nats-server/v2"); err != nil {
		return err
	}
	return mosquittoImage()
}

// DebianImages builds the local images of ejabberd and rabbitmq from packages of
// Debian. It takes two minutes, debootstrap and root.
func DebianImages() error {
	if err := dockerAnswers(); err != nil {
		return err
	}
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return errors.New("no debootstrap here to make images with; install it (Debian, Ubuntu: apt-get install debootstrap)")
	}
	if os.Getuid() != 0 {
		return errors.New("debootstrap makes the files of a system, so it must be run by root")
	}
	if err := debianImage("ejabberd", "ejabberd"); err != nil {
		return err
	}
	return debianImage("rabbitmq", "rabbitmq-server")
}

const imageFolder = "containers/docker/images"

func dockerAnswers() error {
	if out, err := exec.Command("docker", "version").CombinedOutput(); err != nil {
		return fmt.Errorf("images need Docker, which does not answer: %s", strings.TrimSpace(string(out)))
	}
	return nil
}

// goImage makes the image of a broker that is a program in Go.
func goImage(name, program, source string) error {
	folder, err := os.MkdirTemp("", "mqttproof-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := tasks(task{name, "static build", []string{"CGO_ENABLED=0", "GOOS=linux"},
		[]string{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(folder, program), source}}); err != nil {
		return err
	}
	return build(name, folder)
}

// debianImage makes the image of a broker that is a package of Debian, with the
// least system that it runs on. Versions are those of the release, so that lists
// of known deviations hold for them.
func debianImage(name, pkg string) error {
	folder, err := os.MkdirTemp("", "mqttproof-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	root := filepath.Join(folder, "root")
	context := filepath.Join(folder, "context")
	if err := os.Mkdir(context, 0o755); err != nil {
		return err
	}
	if err := tasks(
		task{name, "debootstrap with " + pkg, nil, []string{"debootstrap", "--variant=minbase", "--include=" + pkg, "bookworm", root}},
		task{name, "archive", nil, []string{"tar", "-C", root, "--exclude=./var/cache/apt/archives/*", "--exclude=./usr/share/doc",
			"--exclude=./usr/share/man", "--exclude=./proc/*", "--exclude=./sys/*", "--exclude=./dev/*", "-cf", filepath.Join(context, "root.tar"), "."}},
	); err != nil {
		return err
	}
	return build(name, context)
}

// mosquittoImage takes the program that is installed with the libraries it is
// linked to.
func mosquittoImage() error {
	program := ""
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		return errors.New("no mosquitto here to make an image of; install it (Debian, Ubuntu: apt-get install mosquitto)")
	}
	linked, err := exec.Command("ldd", program).Output()
	if err != nil {
		return fmt.Errorf("ldd %s: %w", program, err)
	}
	folder, err := os.MkdirTemp("", "mqttproof-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	root := filepath.Join(folder, "root")
	copies := map[string]string{
		"/usr/sbin/mosquitto":              program,
		"/mosquitto/config/mosquitto.conf": imageFolder + "/mosquitto/mosquitto.conf",
	}
	// "libc.so.6 => /lib/… (0x…)", and the loader as "/lib64/… (0x…)"
	for _, field := range strings.Fields(string(linked)) {
		if strings.HasPrefix(field, "/") {
			copies[field] = field
		}
	}
	for to, from := range copies {
		if err := copyFile(filepath.Join(root, to), from); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "mosquitto/data"), 0o755); err != nil {
		return err
	}
	return build("mosquitto", folder)
}

// build makes mqttproof/NAME:local of a folder and the Dockerfile of the name.
func build(name, folder string) error {
	if err := copyFile(filepath.Join(folder, "Dockerfile"), filepath.Join(imageFolder, name, "Dockerfile")); err != nil {
		return err
	}
	var env []string
	if exec.Command("docker", "buildx", "version").Run() != nil {
		env = []string{"DOCKER_BUILDKIT=0"} // the builder that comes with the engine
	}
	ref := "mqttproof/" + name + ":local"
	return tasks(task{"image", ref, env, []string{"docker", "build", "--quiet", "--tag", ref, folder}})
}

// copyFile copies what a file or link holds, with the right to run it.
func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

// task is a command with what is printed about it.
type task struct {
	name, what string
	env        []string
	command    []string
}

// tasks runs one after the other, all of them, and says at the end which failed.
func tasks(list ...task) error {
	var failed []string
	for _, t := range list {
		fmt.Printf("== %s: %s\n", t.name, t.what)
		begin := time.Now()
		cmd := exec.Command(t.command[0], t.command[1:]...)
		cmd.Env = append(os.Environ(), t.env...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err := cmd.Run()
		took := time.Since(begin).Round(100 * time.Millisecond)
		if err != nil {
			fmt.Printf("== %s: FAILED after %v: %v\n", t.name, took, err)
			failed = append(failed, t.name)
			continue
		}
		fmt.Printf("== %s: ok, %v\n", t.name, took)
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}
