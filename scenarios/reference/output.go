package reference

import (
	"net"
	"sync"
	"time"
)

// output writes to a connection in the background, so that a client which does
// not read holds nobody up.
type output struct {
	nc net.Conn

	mu      sync.Mutex
	more    *sync.Cond
	waiting [][]byte
	size    int
	last    bool // nothing follows: close once all is written
}

// A client that lets so much wait, or takes nothing for so long, is cut off.
const (
	mostWaiting = 64 << 20 // bytes
	stalled     = 30 * time.Second
	// lingering is how long a connection that we have ended is still read: to
	// close it with bytes unread would reset it, and the client could lose what
	// we wrote last.
	lingering = time.Second
)

func newOutput(nc net.Conn) *output {
	o := &output{nc: nc}
	o.more = sync.NewCond(&o.mu)
	return o
}

func (o *output) write(data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last {
		return
	}
	o.waiting = append(o.waiting, data)
	if o.size += len(data); o.size > mostWaiting {
		o.last, o.waiting = true, nil
		_ = o.nc.Close()
	}
	o.more.Signal()
}

// hangs says whether the client lets more wait than is under way at any time.
func (o *output) hangs() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size > 1<<10
}

// finish closes the connection behind what was written.
func (o *output) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = true
	o.more.Signal()
}

// abort closes the connection at once.
func (o *output) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last, o.waiting = true, nil
	_ = o.nc.Close()
	o.more.Signal()
}

// run writes until the end.
func (o *output) run() {
	for {
		o.mu.Lock()
		for len(o.waiting) == 0 && !o.last {
			o.more.Wait()
		}
		batch, last := o.waiting, o.last
		o.waiting, o.size = nil, 0
		o.mu.Unlock()
		for _, data := range batch {
			_ = o.nc.SetWriteDeadline(time.Now().Add(stalled))
			if _, err := o.nc.Write(data); err != nil {
				_ = o.nc.Close() // the reader sees it
				break
			}
		}
		if last && len(batch) == 0 {
			o.end()
			return
		}
	}
}

// end closes for writing and lets the reader take what still comes.
func (o *output) end() {
	if c, ok := o.nc.(interface{ CloseWrite() error }); ok && c.CloseWrite() == nil {
		_ = o.nc.SetReadDeadline(time.Now().Add(lingering))
		return
	}
	_ = o.nc.Close()
}
