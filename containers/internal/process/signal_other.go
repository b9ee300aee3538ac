//go:build !unix

package process

import (
	"fmt"
	"os"
	"os/exec"
)

func setAttributes(*exec.Cmd) {}

// terminate does nothing where there is no SIGTERM; the kill follows.
func terminate(*exec.Cmd) {}

func kill(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func describe(s *os.ProcessState) string { return fmt.Sprintf("exit code %d", s.ExitCode()) }
