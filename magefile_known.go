//go:build mage

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Known finds the bugs of older versions again that are in fuzz/known, each with five seeds.
// Each run has a process and one core of its own. It fails where a bug is found with fewer
// than four of the seeds.
func (Fuzz) Known() error {
	mods, err := filepath.Glob("fuzz/known/*/go.mod")
	if err != nil {
		return err
	}
	const seeds = 5
	var missed []string
	table := fmt.Sprintf("\n| seconds to find the bug of |%s\n|---|%s\n", " seed 1 | 2 | 3 | 4 | 5 |", strings.Repeat("---:|", seeds))
	for _, mod := range mods {
		folder := filepath.Dir(mod)
		name := filepath.Base(folder)
		program, err := filepath.Abs(filepath.Join(fuzzFolder, "known", name))
		if err != nil {
			return err
		}
		if err := knownBuild(folder, program); err != nil {
			return err
		}
		found := 0
		table += "| " + name + " |"
		for seed := 1; seed <= seeds; seed++ {
			fmt.Printf("== %s, seed %d: ", name, seed)
			took, out, err := knownRun(program, seed)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			fmt.Println(out)
			if took == "" {
				took = "-"
			} else {
				found++
			}
			table += fmt.Sprintf(" %s |", took)
		}
		table += "\n"
		if found < 4 {
			missed = append(missed, fmt.Sprintf("%s (%d of %d)", name, found, seeds))
		}
	}
	fmt.Print(table)
	if len(missed) > 0 {
		return errors.New("found with fewer than four of five seeds: " + strings.Join(missed, ", "))
	}
	return nil
}

// knownBuild builds the program of a module. It does so with a copy of go.mod, which
// may be brought up to date: what the root module requires changes now and then.
func knownBuild(folder, program string) error {
	for _, ext := range []string{"mod", "sum"} {
		if err := copyFile(program+"."+ext, filepath.Join(folder, "go."+ext)); err != nil {
			return err
		}
	}
	build := exec.Command("go", "build", "-mod=mod", "-modfile", program+".mod", "-o", program, ".")
	build.Dir, build.Stdout, build.Stderr = folder, os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build %s: %w", folder, err)
	}
	return nil
}

// knownRun gives the seconds that a run took to find the bug, "" where it did not,
// and the line that it printed last.
func knownRun(program string, seed int) (took, out string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // each has a limit of its own
	defer cancel()
	command := []string{program, fmt.Sprintf("-seed=%d", seed)}
	if taskset, err := exec.LookPath("taskset"); err == nil {
		command = append([]string{taskset, "-c", "0"}, command...) // its children too
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	printed, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
	out = lines[len(lines)-1]
	if m := regexp.MustCompile(`^found in ([\d.]+) s`).FindStringSubmatch(out); m != nil && err == nil {
		return m[1], out, nil
	}
	if strings.HasPrefix(out, "not found in ") {
		return "", out, nil
	}
	return "", "", fmt.Errorf("\"found in … s\" or \"not found in … s\" was expected, it prints %s (%v)", printed, err)
}
