package session

import (
	"net"
	"syscall"
)

// acknowledger has the kernel acknowledge at once what it has received. Otherwise it
// waits up to 40 ms for something to send with the acknowledgement, and a broker without
// TCP_NODELAY sends no second packet meanwhile: most time of a session went there.
type acknowledger struct{ raw syscall.RawConn }

func newAcknowledger(c net.Conn) acknowledger {
	if tcp, ok := c.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			return acknowledger{raw}
		}
	}
	return acknowledger{}
}

// now has to be called before each wait: the kernel forgets it.
func (a acknowledger) now() {
	if a.raw == nil {
		return
	}
	_ = a.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
