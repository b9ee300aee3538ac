package process

import (
	"os/exec"
	"syscall"
)

// setAttributes keeps Ctrl-C from the child, since the harness ends it in
// order, and has the kernel kill it where the harness is killed.
func setAttributes(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
