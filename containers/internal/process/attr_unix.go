//go:build unix && !linux

package process

import (
	"os/exec"
	"syscall"
)

// setAttributes keeps Ctrl-C from the child, since the harness ends it in
// order.
func setAttributes(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
