// Package reference is a broker for MQTT 3.1, 3.1.1 and 5.0 that does every
// requirement in the most literal way, in memory. It is there to prove the
// scenarios: it must pass all of them, in each way of behaving that the standard
// allows (Options), and with one Fault switched on it must fail those that cite
// the requirement which the fault breaks. It also says what its clients do wrong.
//
// Clarity goes before speed: one lock guards all state, and a message is matched
// against every subscription.
package reference

import (
	"errors"
	"net"
	"sync"

	"github.com/mqttproof/mqttproof/codec"
)

// Broker is a broker. It serves the listeners that it is given until Close.
type Broker struct {
	opts   Options
	faults faultSet

	mu        sync.Mutex
	sessions  map[string]*session // by Client Identifier
	byAge     []*session          // the same, the oldest first
	retained  map[string]*message // by Topic Name
	shares    map[string]int      // of each shared subscription, how many messages it has had
	conns     map[*conn]bool
	listeners map[net.Listener]bool
	last      map[string]*message // by Topic Name, for a fault
	kept      map[string]*will    // by Client Identifier, for faults
	aliases   map[uint16]string   // of all clients, for a fault
	hidden    map[string]*session // that a clean start discarded, for a fault
	offenders map[string]bool     // by Client Identifier, for a fault
	assigned  int                 // Client Identifiers given out
	closed    bool

	running sync.WaitGroup
}

// New gives a broker with these options and faults, which listens nowhere yet.
func New(opts Options, faults ...Fault) *Broker {
	return &Broker{
		opts: opts, faults: newFaultSet(faults),
		sessions: map[string]*session{}, retained: map[string]*message{}, shares: map[string]int{},
		last: map[string]*message{}, kept: map[string]*will{}, aliases: map[uint16]string{}, hidden: map[string]*session{}, offenders: map[string]bool{},
		conns: map[*conn]bool{}, listeners: map[net.Listener]bool{},
	}
}

// ErrClosed is the error of Serve after Close.
var ErrClosed = errors.New("reference: the broker is closed")

// Serve accepts connections, each of which carries MQTT as it is (over tcp or
// tls), until the listener fails or the broker is closed. Then it gives that
// error, or ErrClosed. It closes the listener.
func (b *Broker) Serve(l net.Listener) error {
	if !b.begin(l) {
		return errors.Join(ErrClosed, l.Close())
	}
	defer b.running.Done()
	for {
		nc, err := l.Accept()
		if err != nil {
			return b.ended(l, err)
		}
		b.Attach(nc)
	}
}

// Attach serves one connection in the background.
func (b *Broker) Attach(nc net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		_ = nc.Close()
		return
	}
	c := newConn(b, nc)
	b.conns[c] = true
	b.running.Go(c.read)
	b.running.Go(c.out.run)
}

func (b *Broker) begin(l net.Listener) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.listeners[l] = true
	b.running.Add(1)
	return true
}

func (b *Broker) ended(l net.Listener, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = l.Close()
	delete(b.listeners, l)
	if b.closed {
		return ErrClosed
	}
	return err
}

// Close ends all connections without a word, as a process that is killed does,
// and waits until nothing of the broker runs any more.
func (b *Broker) Close() {
	b.mu.Lock()
	b.closed = true
	for l := range b.listeners {
		_ = l.Close()
	}
	for c := range b.conns {
		c.abort()
	}
	for _, s := range b.sessions {
		s.stopTimers()
	}
	b.mu.Unlock()
	b.running.Wait()
}

// later runs f under the lock after the broker's timer fires, unless the broker
// is closed or the timer stopped by then.
func (b *Broker) locked(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		f()
	}
}

// supports says whether the broker speaks the version.
func (b *Broker) supports(v codec.Version) bool {
	return v == codec.V311 || v == codec.V5 && !b.opts.Refuse5 || v == codec.V31 && !b.opts.Refuse31
}
