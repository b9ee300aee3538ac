package docker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	containertypes "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/internal/failure"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// customizers is the container of the target for testcontainers-go. It waits
// for nothing: ready is a CONNECT that is answered, which Attach waits for.
func (t *target) customizers(e *engine, hostPort int) ([]testcontainers.ContainerCustomizer, error) {
	c := t.preset.Container
	port, err := network.ParsePort(strconv.Itoa(c.Ports[t.transport]) + "/tcp")
	if err != nil {
		return nil, failure.Usage("preset %s: %w", t.preset.Name, err)
	}
	data := containers.PresetData{
		Folder:  c.Folder,
		Address: "0.0.0.0",
		Ports:   map[string]int{t.transport: c.Ports[t.transport]},
	}
	expand := func(text string) string {
		out, expandErr := data.Expand(text)
		if expandErr != nil {
			err = failure.Usage("preset %s: %w", t.preset.Name, expandErr)
		}
		return out
	}
	var files []testcontainers.ContainerFile
	for _, f := range t.preset.Files {
		if f.Path != "" {
			files = append(files, testcontainers.ContainerFile{
				Reader: strings.NewReader(expand(f.Text)), ContainerFilePath: f.Path, FileMode: 0o644,
			})
		}
	}
	env := map[string]string{}
	for name, value := range t.preset.Env {
		env[name] = expand(value)
	}
	var command []string
	for _, arg := range c.Command {
		command = append(command, expand(arg))
	}
	if err != nil {
		return nil, err
	}
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithLogger(log.NewNoopLogger()),
		testcontainers.WithLabels(labels(t.name)),
		testcontainers.WithExposedPorts(port.String()),
		testcontainers.WithHostConfigModifier(func(h *containertypes.HostConfig) {
			h.PortBindings = network.PortMap{port: {{HostIP: e.bind, HostPort: strconv.Itoa(hostPort)}}}
		}),
		testcontainers.WithFiles(files...),
		testcontainers.WithEnv(env),
	}
	if len(command) > 0 {
		options = append(options, testcontainers.WithCmd(command...))
	}
	return options, nil
}

// container is a container of ours that was started.
type container struct {
	engine *engine
	id     string
	stop   time.Duration

	mu     sync.Mutex // held while it is restarted, which is no exit
	closed bool
	// The last answer of exited, and when the engine gave it.
	asked time.Time
	how   string
	gone  bool
}

// restart stops the container in order and starts it with the same port and
// the same files.
func (c *container) restart(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errors.New("the container was removed")
	}
	defer func() { c.asked = time.Time{} }()
	seconds := int((c.stop + time.Second - 1) / time.Second)
	// Cancelled half-way the engine may stop the container later, and what we did
	// would look like the end of the broker.
	steady, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.stop+30*time.Second)
	defer cancel()
	if _, err := c.engine.ContainerRestart(steady, c.id, client.ContainerRestartOptions{Timeout: &seconds}); err != nil {
		return failure.Unreachable("the container cannot be restarted: %w", err)
	}
	return nil
}

// exited says whether and how the container ended by itself.
func (c *container) exited() (how string, exited bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return "", false
	}
	// It is asked many times a second, and the engine is slow to answer.
	if time.Since(c.asked) < 50*time.Millisecond {
		return c.how, c.gone
	}
	defer func() { c.asked, c.how, c.gone = time.Now(), how, exited }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	found, err := c.engine.ContainerInspect(ctx, c.id, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return "the container was removed by someone else", true
	}
	if err != nil || found.Container.State == nil || found.Container.State.Running {
		return "", false // what is not known is not claimed
	}
	s := found.Container.State
	how = fmt.Sprintf("exit code %d", s.ExitCode)
	if s.OOMKilled {
		how += ", killed for want of memory"
	}
	if s.Error != "" {
		how += ", " + s.Error
	}
	if lines := c.engine.logs(ctx, c.id); lines != "" {
		how += "\nits last lines:\n" + lines
	}
	return how, true
}

func (c *container) output() string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return c.engine.logs(ctx, c.id)
}

// close removes the container. It does so also when ctx is done: that is when
// a run was interrupted.
func (c *container) close(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	steady, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return errors.Join(c.engine.remove(steady, c.id), c.engine.Close())
}
