//go:build mage

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// Fuzz holds the tasks that fuzz parsers, and the one that finds known bugs again.
type Fuzz mg.Namespace

// What fuzzing leaves behind; the corpus is shared by all targets and both engines.
const (
	fuzzTargets = "./fuzz/targets"
	fuzzFolder  = "tmp/fuzz"
	fuzzCorpus  = fuzzFolder + "/corpus"
)

// Native fuzzes a target of fuzz/targets with go test -fuzz, such as: fuzz:native FuzzCodec5 30s
// What it keeps goes into tmp/fuzz/corpus.
func (Fuzz) Native(target string, span time.Duration) error {
	corpus, err := filepath.Abs(fuzzCorpus)
	if err != nil {
		return err
	}
	// -fuzzminimizetime: where a target starts goroutines the default, 60 s for each
	// input that is new, stalls the workers.
	failed := tasks(task{"fuzz", target, nil, []string{"go", "test", fuzzTargets, "-run=^$", "-fuzz=^" + target + "$",
		"-fuzztime=" + span.String(), "-fuzzminimizetime=10x", "-args", "-corpus=" + corpus}})
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return err
	}
	kept := filepath.Join(strings.TrimSpace(string(cache)), "fuzz", "github.com/mqttproof/mqttproof/fuzz/targets", target)
	return errors.Join(failed, merge(fuzzCorpus, kept))
}

// GoFuzz fuzzes a target of fuzz/targets with dvyukov/go-fuzz, such as: fuzz:gofuzz FuzzCodec5 60s
// What it keeps goes into tmp/fuzz/corpus, crashers into tmp/fuzz/go-fuzz/TARGET.
func (Fuzz) GoFuzz(target string, span time.Duration) error {
	archive, workdir, err := goFuzzBuild(target)
	if err != nil {
		return err
	}
	failed := goFuzz(span, "-bin", archive, "-workdir", workdir, "-func", target)
	if err := errors.Join(failed, merge(fuzzCorpus, filepath.Join(workdir, "corpus"))); err != nil {
		return err
	}
	crashers, err := filepath.Glob(filepath.Join(workdir, "crashers", "*.output"))
	if err != nil {
		return err
	}
	if len(crashers) > 0 {
		return fmt.Errorf("%d crashers; the first: %s", len(crashers), crashers[0])
	}
	return nil
}

// Coordinator keeps the corpus and crashers of a go-fuzz target that runs on several machines, such as: fuzz:coordinator FuzzCodec5 :8745
// It runs until it is interrupted.
func (Fuzz) Coordinator(target, listen string) error {
	workdir, err := goFuzzFolder(target)
	if err != nil {
		return err
	}
	failed := goFuzz(0, "-workdir", workdir, "-coordinator", listen)
	return errors.Join(failed, merge(fuzzCorpus, filepath.Join(workdir, "corpus")))
}

// Worker fuzzes for a coordinator with all processors of this machine, such as: fuzz:worker FuzzCodec5 10.0.0.1:8745
// It runs until it is interrupted.
func (Fuzz) Worker(target, coordinator string) error {
	archive, _, err := goFuzzBuild(target)
	if err != nil {
		return err
	}
	return goFuzz(0, "-bin", archive, "-func", target, "-worker", coordinator)
}

// Archive builds a target as a static library for libFuzzer, tmp/fuzz/TARGET.a, such as: fuzz:archive FuzzCodec5
func (Fuzz) Archive(target string) error {
	if err := os.MkdirAll(fuzzFolder, 0o755); err != nil {
		return err
	}
	return goFuzzArchive(target, filepath.Join(fuzzFolder, target+".a"), "-libfuzzer")
}

// Corpus writes the seed corpus, one packet a file, and the dictionary, FOLDER.dict, such as: fuzz:corpus tmp/seeds
func (Fuzz) Corpus(folder string) error {
	if err := seedCorpus(folder); err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(folder)+".dict", []byte(parser.Dictionary()), 0o644)
}

func seedCorpus(folder string) error {
	found, err := parser.ReadCorpus(filepath.Join(fuzzTargets, "testdata/corpus"))
	if err != nil {
		return err
	}
	return parser.WriteCorpus(folder, append(parser.FewSeeds(0, 0), found...))
}

// goFuzzFolder makes the folder that go-fuzz works in, and brings its corpus and the
// shared one together.
func goFuzzFolder(target string) (workdir string, err error) {
	if err := seedCorpus(fuzzCorpus); err != nil {
		return "", err
	}
	workdir = filepath.Join(fuzzFolder, "go-fuzz", target)
	return workdir, errors.Join(merge(fuzzCorpus, filepath.Join(workdir, "corpus")), merge(filepath.Join(workdir, "corpus"), fuzzCorpus))
}

// merge adds the inputs in one folder to those in another.
func merge(to, from string) error {
	inputs, err := parser.ReadCorpus(from)
	if err != nil {
		return err
	}
	return parser.WriteCorpus(to, inputs)
}

func goFuzzBuild(target string) (archive, workdir string, err error) {
	if workdir, err = goFuzzFolder(target); err != nil {
		return "", "", err
	}
	archive = filepath.Join(workdir, target+".zip")
	return archive, workdir, goFuzzArchive(target, archive)
}

func goFuzzArchive(target, out string, flags ...string) error {
	// -preserve: go-fuzz cannot instrument this package of the standard library.
	command := append([]string{"go", "tool", "go-fuzz-build", "-func", target, "-o", out, "-preserve", "crypto/internal/fips140/bigmod"}, flags...)
	return tasks(task{"build", target, nil, append(command, fuzzTargets)})
}

// goFuzz runs go-fuzz, which has no limit of its own, for a time; 0 is until an
// interrupt, which is also how it is told to end.
func goFuzz(span time.Duration, args ...string) error {
	ctx, cancel := context.WithCancel(context.Background())
	if span > 0 {
		ctx, cancel = context.WithTimeout(ctx, span)
	}
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append([]string{"tool", "go-fuzz"}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
