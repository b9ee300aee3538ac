package docker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// The labels of a container say whose it is, so that it can be removed when its
// owner is gone, and only then.
const (
	labelTarget  = "mqttproof"         // the name of the target
	labelHost    = "mqttproof.host"    // where process ids mean the same
	labelPID     = "mqttproof.pid"     // of the harness
	labelStarted = "mqttproof.started" // when that process started, if known
)

func labels(target string) map[string]string {
	pid := os.Getpid()
	started, _ := startOf(pid)
	return map[string]string{
		labelTarget:  target,
		labelHost:    processHost(),
		labelPID:     strconv.Itoa(pid),
		labelStarted: started,
	}
}

// orphaned says whether the harness that made a container is gone. One of
// another host, or of another container that shares the engine, is nobody we
// can know about.
func orphaned(labels map[string]string) bool {
	pid, err := strconv.Atoi(labels[labelPID])
	if err != nil || labels[labelHost] != processHost() {
		return false
	}
	started, alive := startOf(pid)
	return !alive || started != labels[labelStarted]
}

// processHost names the set of processes among which a process id is unique.
func processHost() string {
	host, _ := os.Hostname()
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return host
	}
	return host + " " + namespace
}

// startOf tells whether a process runs and, on Linux, when it was started: the
// id alone may have come to another process meanwhile.
func startOf(pid int) (started string, alive bool) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		p, err := os.FindProcess(pid)
		if err != nil {
			return "", false
		}
		defer p.Release()
		err = p.Signal(syscall.Signal(0))
		return "", err == nil || errors.Is(err, os.ErrPermission)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// pid (name) state …; the name may hold anything, so count behind it. The
	// state is field 3, the start time field 22.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 || string(fields[0]) == "Z" {
		return "", false
	}
	return string(fields[19]), true
}
