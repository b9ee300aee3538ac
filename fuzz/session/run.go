package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Dial opens a Network Connection to the broker.
type Dial func(context.Context) (net.Conn, error)

// Limits are how long a runner waits.
type Limits struct {
	// Await is how long a step waits for an answer that may never come: the
	// standard often leaves a broker the choice to say nothing.
	Await time.Duration
	// End is how long the last PINGREQ of a client may stay without an answer and
	// the connection open.
	End time.Duration
	// Whole is how long a session may take. Steps that come later are left out.
	Whole time.Duration
}

// DefaultLimits fit a broker on this machine.
func DefaultLimits() Limits {
	return Limits{Await: 50 * time.Millisecond, End: 300 * time.Millisecond, Whole: 5 * time.Second}
}

// Outcome is what a session did.
type Outcome struct {
	Trace result.Trace
	// Connections and Packets count what was opened, and what was sent and read.
	Connections, Packets int
	// Refused is why a connection could not be opened.
	Refused error
	// Secrets are the credentials with which the clients connected. Data and Text of the
	// trace are masked; what is made of its packets has to be.
	Secrets result.Secrets
}

// Runner runs sessions, one after the other.
type Runner struct {
	dial   Dial
	limits Limits
	speaks []codec.Version
	buf    []byte
	usual  time.Duration // how long an answer takes, about

	user, password string
	secrets        result.Secrets

	ctx     context.Context
	name    [len(Token)]byte
	start   time.Time
	out     *Outcome
	clients [MaxClients]client
}

// NewRunner gives a runner of its own buffers, for one goroutine.
func NewRunner(dial Dial, limits Limits) *Runner {
	return &Runner{dial: dial, limits: limits, speaks: []codec.Version{codec.V31, codec.V311, codec.V5}, buf: make([]byte, 64<<10)}
}

// Speaks tells in which versions the broker accepts a CONNECT, the oldest first; until
// then it is all of them. A broker answers what it does not speak in a version that it
// does: 3.1.1 refuses the level of 5.0 with a CONNACK that 5.0 does not have.
func (r *Runner) Speaks(versions []codec.Version) { r.speaks = versions }

// reads is the version in which the broker reads a CONNECT of a version. What 3.1
// says is judged with care, and few ask whether a broker speaks it.
func (r *Runner) reads(v codec.Version) codec.Version {
	if v == codec.V31 || slices.Contains(r.speaks, v) || len(r.speaks) == 0 {
		return v
	}
	return r.speaks[len(r.speaks)-1]
}

// client is one client of the session that runs, with its connection at hand.
type client struct {
	name    string
	version codec.Version
	conn    net.Conn // nil while it has none
	ack     acknowledger
	number  int  // of the connection in the trace
	ended   bool // the broker closed it; later steps do nothing

	pending []byte // written or kept back, and not yet a whole packet
	kept    []byte // kept back for the next write
	garbage bool   // what we sent cannot be cut into packets
	half    bool   // our direction is closed

	read       []byte // read, and not yet a whole packet
	unreadable bool   // what was read cannot be cut into packets

	awaited codec.Type // what answers the last packet; 0 for nothing
	pinged  bool
	sent    int // packets on the connection
	// toAnswer are the deliveries and releases that Answer acknowledges.
	toAnswer []ack
}

type ack struct {
	answer codec.Type
	id     uint16
}

var clientNames = [MaxClients]string{"a", "b", "c", "d"}

// Run runs the session under a name for its Token. It ends in bounded time: a step
// waits for Limits.Await at most, and each client for Limits.End at the end.
func (r *Runner) Run(ctx context.Context, s *Session, name [len(Token)]byte) *Outcome {
	r.ctx, r.name, r.start = ctx, name, time.Now()
	r.out = &Outcome{Secrets: r.secrets, Trace: make(result.Trace, 0, 4*len(s.Steps)+8)}
	for i := range r.clients {
		c := &r.clients[i]
		*c = client{name: clientNames[i], version: r.reads(codec.V5), pending: c.pending[:0], kept: c.kept[:0], read: c.read[:0], toAnswer: c.toAnswer[:0]}
	}
	for i := range s.Steps {
		if r.out.Refused != nil || ctx.Err() != nil || time.Since(r.start) > r.limits.Whole {
			break
		}
		r.step(&s.Steps[i])
	}
	r.finish()
	return r.out
}

func (r *Runner) step(st *Step) {
	c := &r.clients[st.Client%MaxClients]
	switch st.Do {
	case Send:
		r.send(c, st)
	case Await:
		r.flush(c)
		if c.awaited != 0 {
			r.await(c)
		}
	case Answer:
		r.answer(c)
	case HalfClose:
		r.flush(c)
		r.halfClose(c)
	case Cut, Reset:
		r.flush(c)
		r.close(c, st.Do == Reset)
	}
}

// send writes the bytes of a step. A client whose broker has closed opens a new
// connection for a CONNECT alone: what was meant for the old one is left out.
func (r *Runner) send(c *client, st *Step) {
	if len(st.Data) == 0 {
		return
	}
	if c.conn != nil && c.ended {
		if codec.Type(st.Data[0]>>4) != codec.CONNECT {
			return
		}
		r.close(c, false)
	}
	if c.conn == nil && !r.open(c, st.Data) {
		return
	}
	if c.half {
		return
	}
	at := len(c.kept)
	data, breaks := r.loggedIn(st.Data, st.Breaks)
	c.kept = append(c.kept, data...)
	named(c.kept[at:], r.name)
	if st.Join {
		return
	}
	r.record(c, c.kept)
	from := 0
	for _, b := range breaks {
		if b += at; b > from && b < len(c.kept) {
			r.write(c, c.kept[from:b])
			from = b
		}
	}
	r.write(c, c.kept[from:])
	c.kept = c.kept[:0]
}

// flush writes what was kept back.
func (r *Runner) flush(c *client) {
	if len(c.kept) == 0 {
		return
	}
	r.record(c, c.kept)
	r.write(c, c.kept)
	c.kept = c.kept[:0]
}

func (r *Runner) open(c *client, first []byte) bool {
	conn, err := r.dial(r.ctx)
	if err != nil {
		r.out.Refused = err
		return false
	}
	r.out.Connections++
	if v, ok := codec.ConnectVersion(first); ok && v >= codec.V31 && v <= codec.V5 {
		c.version = r.reads(v)
	}
	c.ack = newAcknowledger(conn)
	c.conn, c.number, c.ended, c.garbage, c.half = conn, r.out.Connections, false, false, false
	c.pending, c.kept, c.read, c.unreadable, c.awaited, c.pinged, c.sent = c.pending[:0], c.kept[:0], c.read[:0], false, 0, false, 0
	c.toAnswer = c.toAnswer[:0]
	r.add(c, result.Event{Dir: result.Open})
	return true
}

func (r *Runner) add(c *client, e result.Event) {
	e.At, e.Client, e.Conn, e.Version = time.Since(r.start), c.name, c.number, c.version
	if len(r.secrets) > 0 && len(e.Data) > 0 {
		e.Data = r.secrets.Mask(e.Data)
	}
	r.out.Trace = append(r.out.Trace, e)
}

// record notes what is about to be written, packet by packet. Bytes that do not make
// a whole packet wait for the rest.
func (r *Runner) record(c *client, data []byte) {
	c.pending = append(c.pending, data...)
	rest := c.pending
	for len(rest) > 0 && !c.garbage {
		n, ok, err := codec.FrameSize(rest)
		if err != nil {
			c.garbage = true
			break
		}
		if codec.Type(rest[0]>>4) == 0 {
			// No packet begins so: what the broker makes of it nobody knows.
			c.garbage = true
			break
		}
		if !ok || n > len(rest) {
			break
		}
		frame := append([]byte(nil), rest[:n]...)
		rest = rest[n:]
		p, violations := codec.Inspect(frame, c.version, codec.FromClient)
		r.add(c, result.Event{Dir: result.Out, Data: frame, Packet: p, Violations: violations})
		r.out.Packets++
		c.sent++
		c.awaited = answerTo(p, frame)
	}
	c.pending = append(c.pending[:0], rest...)
	if c.garbage {
		r.leftover(c)
	}
}

// leftover notes bytes that are no packet.
func (r *Runner) leftover(c *client) {
	if len(c.pending) == 0 {
		return
	}
	data := append([]byte(nil), c.pending...)
	c.pending = c.pending[:0]
	_, violations := codec.Inspect(data, c.version, codec.FromClient)
	r.add(c, result.Event{Dir: result.Out, Data: data, Violations: violations})
}

// insteadOf lists what may come in place of the usual answer: of packets that carry a
// wrong identifier brokers answer the one that they take them for.
var insteadOf = map[codec.Type][]codec.Type{
	codec.CONNACK: {codec.AUTH},
	codec.AUTH:    {codec.CONNACK},
	codec.PUBACK:  {codec.PUBREC},
	codec.PUBREC:  {codec.PUBACK},
}

// answerTo is the type of the packet that answers one; 0 for none.
func answerTo(p codec.Packet, frame []byte) codec.Type {
	switch codec.Type(frame[0] >> 4) {
	case codec.CONNECT:
		return codec.CONNACK
	case codec.PUBLISH:
		if pub, ok := p.(*codec.Publish); ok && pub.QoS == 1 {
			return codec.PUBACK
		}
		if frame[0]&6 != 0 {
			return codec.PUBREC
		}
	case codec.PUBREC:
		return codec.PUBREL
	case codec.PUBREL:
		return codec.PUBCOMP
	case codec.SUBSCRIBE:
		return codec.SUBACK
	case codec.UNSUBSCRIBE:
		return codec.UNSUBACK
	case codec.PINGREQ:
		return codec.PINGRESP
	case codec.AUTH:
		return codec.AUTH
	case codec.DISCONNECT:
		return codec.DISCONNECT // the close that follows is what is awaited
	}
	return 0
}

// Describe fills in the texts of a trace, which a run leaves out: most traces are
// looked at by nobody.
func (o *Outcome) Describe() {
	for i := range o.Trace {
		if e := &o.Trace[i]; e.Text == "" && e.Packet != nil {
			e.Text = o.Secrets.MaskText(e.Packet.String())
		} else if e.Text == "" && len(e.Data) > 0 {
			e.Text = fmt.Sprintf("%d bytes that are no packet", len(e.Data))
		}
	}
}

// writeLimit bounds a write to a broker that reads nothing more.
const writeLimit = time.Second

func (r *Runner) write(c *client, data []byte) {
	if c.ended || len(data) == 0 {
		return
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	// That the broker has closed is told by the next read. One that reads nothing more
	// gets nothing more.
	if _, err := c.conn.Write(data); errors.Is(err, os.ErrDeadlineExceeded) {
		c.half = true
	}
}

// answer acknowledges what was read so far.
func (r *Runner) answer(c *client) {
	if c.conn == nil || c.ended || c.half {
		return
	}
	r.poll(c)
	for _, a := range c.toAnswer {
		first := byte(a.answer) << 4
		if a.answer == codec.PUBREL {
			first |= 2
		}
		data := []byte{first, 2, byte(a.id >> 8), byte(a.id)}
		r.record(c, data)
		r.write(c, data)
		c.awaited = 0
	}
	c.toAnswer = c.toAnswer[:0]
}

func (r *Runner) halfClose(c *client) {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if c.conn == nil || c.ended || !ok {
		return
	}
	r.leftover(c)
	c.half = true
	_ = half.CloseWrite()
}

// close ends the connection from our side, if it is open.
func (r *Runner) close(c *client, reset bool) {
	if c.conn == nil {
		return
	}
	if !c.ended {
		r.poll(c)
	}
	r.leftover(c)
	if tcp, ok := c.conn.(interface{ SetLinger(int) error }); ok && (reset || c.ended) {
		// A reset leaves no port behind that waits; the broker was done anyway
		// where it has closed.
		_ = tcp.SetLinger(0)
	}
	_ = c.conn.Close()
	if !c.ended {
		r.add(c, result.Event{Dir: result.Close, Text: result.ByUs})
	}
	c.conn = nil
}

// pollFor is how long a read takes that only collects what is there.
const pollFor = 200 * time.Microsecond

func (r *Runner) poll(c *client) { r.readFor(c, pollFor, func() bool { return false }) }

// await waits for an answer about as long as it can be expected to take. Many packets
// of a session get none, and most time would go there.
func (r *Runner) await(c *client) {
	start := time.Now()
	const least, times = 3 * time.Millisecond, 20
	if r.readUntil(c, min(max(least, times*r.usual), r.limits.Await)) {
		r.usual += (time.Since(start) - r.usual) / 16
		return
	}
	r.usual += r.usual/16 + 10*time.Microsecond // it may have become slower
}

// readUntil reads until what is awaited has come, the broker has closed, or the
// time is over. It says whether it was not in vain.
func (r *Runner) readUntil(c *client, limit time.Duration) bool {
	r.readFor(c, limit, func() bool { return c.awaited == 0 })
	return c.awaited == 0 || c.ended
}

func (r *Runner) readFor(c *client, limit time.Duration, done func() bool) {
	if c.conn == nil || c.ended {
		return
	}
	c.ack.now()
	_ = c.conn.SetReadDeadline(time.Now().Add(limit))
	for !c.ended && !done() {
		n, err := c.conn.Read(r.buf)
		if n > 0 && !c.unreadable {
			c.read = append(c.read, r.buf[:n]...)
			r.split(c)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil {
			r.closed(c, err)
		}
	}
}

// closed notes that the broker closed the connection.
func (r *Runner) closed(c *client, err error) {
	if len(c.read) > 0 && !c.unreadable {
		r.add(c, result.Event{Dir: result.In, Data: append([]byte(nil), c.read...), Violations: []codec.Violation{}})
	}
	how := "closed by the broker"
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		how = "reset by the broker"
	case !errors.Is(err, io.EOF):
		how = "closed by the broker (" + err.Error() + ")"
	}
	// What we wrote last may never have been read.
	r.leftover(c)
	c.ended = true
	r.add(c, result.Event{Dir: result.Close, Text: how})
}

// maxPacket bounds what one packet of a broker may claim.
const maxPacket = 8 << 20

// split takes the whole packets off what was read.
func (r *Runner) split(c *client) {
	rest := c.read
	for len(rest) > 0 {
		n, ok, err := codec.FrameSize(rest)
		if err != nil || n > maxPacket {
			data := append([]byte(nil), rest...)
			p, violations := codec.Inspect(data, c.version, codec.FromServer)
			r.add(c, result.Event{Dir: result.In, Data: data, Packet: p, Violations: violations})
			c.unreadable, rest = true, nil
			break
		}
		if !ok || n > len(rest) {
			break
		}
		r.got(c, append([]byte(nil), rest[:n]...))
		rest = rest[n:]
	}
	c.read = append(c.read[:0], rest...)
}

func (r *Runner) got(c *client, frame []byte) {
	p, violations := codec.Inspect(frame, c.version, codec.FromServer)
	r.add(c, result.Event{Dir: result.In, Data: frame, Packet: p, Violations: violations})
	r.out.Packets++
	t := codec.Type(frame[0] >> 4)
	if t == c.awaited || slices.Contains(insteadOf[c.awaited], t) {
		c.awaited = 0
	}
	switch p := p.(type) {
	case *codec.Publish:
		switch p.QoS {
		case 1:
			c.toAnswer = append(c.toAnswer, ack{codec.PUBACK, p.PacketID})
		case 2:
			c.toAnswer = append(c.toAnswer, ack{codec.PUBREC, p.PacketID})
		}
	case *codec.Pubrel:
		c.toAnswer = append(c.toAnswer, ack{codec.PUBCOMP, p.PacketID})
	case *codec.Pubrec:
		if p.Code < 0x80 {
			c.toAnswer = append(c.toAnswer, ack{codec.PUBREL, p.PacketID})
		}
	}
}

var pingreq = []byte{byte(codec.PINGREQ) << 4, 0}

// finish has every client that can still be understood ask for a PINGRESP, reads
// what came until then, and closes.
func (r *Runner) finish() {
	for i := range r.clients {
		c := &r.clients[i]
		if c.conn == nil {
			continue
		}
		r.flush(c)
		switch {
		case c.ended:
		case c.half:
			// The broker should notice; that it takes its time is its right.
			r.readFor(c, r.limits.Await, func() bool { return false })
		case len(c.pending) > 0 || c.garbage || c.sent == 0:
			r.poll(c) // it waits for the rest of a packet, or has seen garbage
		default:
			r.record(c, pingreq)
			r.write(c, pingreq)
			r.readUntil(c, r.limits.End)
		}
	}
	for i := range r.clients {
		c := &r.clients[i]
		if c.conn != nil && !c.ended && r.out.Connections > 1 {
			r.poll(c) // what others caused after the answer
		}
		r.close(c, true)
	}
}
