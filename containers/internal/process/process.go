// Package process runs a broker as a child of the harness: it ends with the
// harness, keeps its last words, and can be started again.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync/atomic"
	"time"
)

// Spec says what to run.
type Spec struct {
	Path string
	Args []string
	Env  []string // the whole environment; nil for that of the harness
	Dir  string
	// Stdin gives the child an open standard input, whose end asks it to end;
	// otherwise SIGTERM does.
	Stdin bool
	// Grace is how long it may take to end when it was asked to.
	Grace time.Duration
}

// Process is a child that was started.
type Process struct {
	cmd   *exec.Cmd
	grace time.Duration
	stdin io.Closer // nil without Spec.Stdin
	tail  tail
	first chan string
	asked atomic.Bool
	done  chan struct{}
}

// Start starts the child. It lives until Stop, or until the harness ends.
func Start(spec Spec) (*Process, error) {
	p := &Process{
		cmd:   exec.Command(spec.Path, spec.Args...),
		grace: spec.Grace,
		first: make(chan string, 1),
		done:  make(chan struct{}),
	}
	p.cmd.Env, p.cmd.Dir = spec.Env, spec.Dir
	p.cmd.Stdout = &firstLine{next: &p.tail, line: p.first}
	p.cmd.Stderr = &p.tail
	// Where a grandchild keeps the pipes open, Wait does not wait for it.
	p.cmd.WaitDelay = time.Second
	if spec.Stdin {
		in, err := p.cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		p.stdin = in
	}
	setAttributes(p.cmd)
	started := make(chan error)
	go func() {
		// On Linux the child is killed when the *thread* that started it ends.
		// This one lives as long as the child.
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.cmd.Wait() // the way it ended is in ProcessState
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// FirstLine waits for the first line that the child prints.
func (p *Process) FirstLine(ctx context.Context) (string, error) {
	select {
	case line := <-p.first:
		return line, nil
	case <-p.done:
		select {
		case line := <-p.first:
			return line, nil
		default:
			return "", errors.New("it ended: " + p.how())
		}
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Output gives the last lines of both outputs.
func (p *Process) Output() string { return p.tail.String() }

// Exited says whether and how the child ended without being asked to.
func (p *Process) Exited() (how string, exited bool) {
	select {
	case <-p.done:
		if !p.asked.Load() {
			return p.how(), true
		}
	default:
	}
	return "", false
}

// how tells the end of a child that has ended.
func (p *Process) how() string {
	how := describe(p.cmd.ProcessState)
	if crash := p.tail.Crash(); crash != "" {
		how += ", " + crash
	}
	if out := p.Output(); out != "" {
		how += "\nits last lines:\n" + out
	}
	return how
}

// Stop asks the child to end, and kills it where it does not within its grace
// or ctx is done. It returns when the child has ended.
func (p *Process) Stop(ctx context.Context) error {
	p.ask()
	grace := time.NewTimer(p.grace)
	defer grace.Stop()
	select {
	case <-p.done:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}
	if err := kill(p.cmd); err != nil {
		// Most likely it ended meanwhile, and Wait has not told yet.
		select {
		case <-p.done:
			return nil
		case <-time.After(2 * p.cmd.WaitDelay):
			return fmt.Errorf("process %d cannot be killed: %w", p.PID(), err)
		}
	}
	<-p.done
	return nil
}

func (p *Process) ask() {
	select {
	case <-p.done: // how it ended stays as it is: nobody asked it to
		return
	default:
	}
	p.asked.Store(true)
	if p.stdin != nil {
		p.stdin.Close()
		return
	}
	terminate(p.cmd)
}
