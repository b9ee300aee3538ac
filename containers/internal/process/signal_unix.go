//go:build unix

package process

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func terminate(cmd *exec.Cmd) { cmd.Process.Signal(syscall.SIGTERM) }

// kill ends the child with all it started: its process group.
func kill(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

func describe(s *os.ProcessState) string {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return fmt.Sprintf("killed by signal %d (%v)", status.Signal(), status.Signal())
	}
	return fmt.Sprintf("exit code %d", s.ExitCode())
}
