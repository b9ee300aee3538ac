package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
	"github.com/mqttproof/mqttproof/containers"
	"github.com/mqttproof/mqttproof/containers/internal/failure"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// engine is the Docker engine, with what of it the library leaves to us.
type engine struct {
	*testcontainers.DockerClient
	bind netip.Addr // where its containers listen
	host string     // where that is from here
}

// prepareLibrary sets what testcontainers-go reads from the environment, once
// and before it reads it, so that nobody has to know of it.
var prepareLibrary = sync.OnceFunc(func() {
	// Its reaper is one more image to pull; containers are labelled and swept
	// instead. The library takes "1" for false.
	if off, err := strconv.ParseBool(os.Getenv("TESTCONTAINERS_RYUK_DISABLED")); err != nil || off {
		os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	}
	// It prints a page about the engine where a report is expected.
	log.SetDefault(log.NewNoopLogger())
})

// connectEngine finds the engine as Docker's own command does and asks whether
// it is there.
func connectEngine(ctx context.Context) (_ *engine, err error) {
	prepareLibrary()
	defer func() {
		// The library panics where it finds no engine.
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		// The library would pass over one that does not answer, and take
		// another engine than the user asked for.
		if err := ping(limited); err != nil {
			return nil, fmt.Errorf("DOCKER_HOST=%s: %w", host, err)
		}
	}
	c, err := testcontainers.NewDockerClientWithOpts(limited)
	if err != nil {
		return nil, err
	}
	// The library gives a client even where nobody answered.
	if _, err := c.Ping(limited, client.PingOptions{}); err != nil {
		c.Close()
		return nil, err
	}
	e := &engine{DockerClient: c, bind: netip.MustParseAddr("127.0.0.1"), host: "127.0.0.1"}
	// Inside a container the library would take the gateway for the host; the
	// port is pinned to 127.0.0.1, so it is not asked. An engine elsewhere has
	// another address, and whoever set one knows better.
	if host := remoteHost(os.Getenv("TESTCONTAINERS_HOST_OVERRIDE"), c.DaemonHost()); host != "" {
		e.bind, e.host = netip.IPv4Unspecified(), host
	}
	return e, nil
}

// ping asks the engine that the environment names.
func ping(ctx context.Context) error {
	c, err := client.New(client.FromEnv)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Ping(ctx, client.PingOptions{})
	return err
}

// remoteHost gives the host where containers are reached, empty if it is this one.
func remoteHost(override, daemon string) string {
	host := override
	if host == "" {
		u, err := url.Parse(daemon)
		if err != nil || u.Scheme != "tcp" && u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ssh" {
			return "" // a socket
		}
		host = u.Hostname()
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return ""
	}
	return host
}

// freePort gives a port that was free a moment ago. It is pinned, because a port
// that the engine chooses changes with every restart.
func (e *engine) freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// image gives the image to run: the one of the project if it is here, the one
// that was built locally if that is, and else the project's, pulled.
func (e *engine) image(ctx context.Context, c *containers.PresetContainer) (string, error) {
	for _, ref := range []string{c.Image, c.Local} {
		if ref == "" {
			continue
		}
		switch _, err := e.ImageInspect(ctx, ref); {
		case err == nil:
			return ref, nil
		case errdefs.IsInvalidArgument(err):
			return "", failure.Usage("%q is not the name of an image: %w", ref, err)
		case !errdefs.IsNotFound(err):
			return "", fmt.Errorf("the image %s: %w", ref, err)
		}
	}
	if c.Image == "" || strings.HasPrefix(c.Image, "mqttproof/") {
		if c.Image != "" && c.Local == "" {
			return "", fmt.Errorf("there is no image %s here; build it with: go tool mage images (ejabberd and rabbitmq: debianImages)", c.Image)
		}
		return "", fmt.Errorf("there is no image %s here; build it with: go tool mage images (ejabberd and rabbitmq: debianImages)", c.Local)
	}
	if err := e.pull(ctx, c.Image); err != nil {
		advice := "docker pull " + c.Image + " shows more"
		if c.Local != "" {
			advice += "; without a registry, go tool mage images (ejabberd and rabbitmq: debianImages) builds " + c.Local
		}
		return "", fmt.Errorf("there is no image %s here, and it cannot be pulled: %w; %s", c.Image, err, advice)
	}
	return c.Image, nil
}

// pull pulls an image with one try: the library would try for 15 minutes.
func (e *engine) pull(ctx context.Context, ref string) error {
	var options client.ImagePullOptions
	// Without a login the pull is anonymous, as most are.
	if _, login, err := testcontainers.DockerImageAuth(ctx, ref); err == nil {
		if options.RegistryAuth, err = authconfig.Encode(login); err != nil {
			return err
		}
	}
	pulling, err := e.ImagePull(ctx, ref, options)
	if err != nil {
		return err
	}
	return pulling.Wait(ctx)
}

// logs gives the last lines of a container.
func (e *engine) logs(ctx context.Context, id string) string { return e.lines(ctx, id, "50") }

// lines gives the last lines of a container, as many as tail says, or "all" that
// there are in the first MiB.
func (e *engine) lines(ctx context.Context, id, tail string) string {
	stream, err := e.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: tail})
	if err != nil {
		return ""
	}
	defer stream.Close()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, io.LimitReader(stream, 1<<20)); err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(out.String(), "�"))
}

// remove ends a container at once and removes it with its volumes.
func (e *engine) remove(ctx context.Context, id string) error {
	_, err := e.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsNotFound(err) || err != nil && strings.Contains(err.Error(), "is already in progress") {
		return nil
	}
	return err
}

// sweep removes the containers of harnesses that ended without doing so.
func (e *engine) sweep(ctx context.Context) error {
	list, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", labelTarget)})
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range list.Items {
		if orphaned(c.Labels) {
			errs = append(errs, e.remove(ctx, c.ID))
		}
	}
	return errors.Join(errs...)
}
