package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Port is the port of the broker in every capture that is written. TLS and
// WebSocket are not in a trace, so its bytes are those of MQTT over TCP.
const Port = 1883

const (
	firstPort = 49152 // of the clients: the first dynamic one
	// segment is the most that one IPv4 packet carries behind both headers. A
	// packet of MQTT is mostly whole in it, with its comment.
	segment = 1<<16 - 1 - ipHeader - tcpHeader
	// keep is how much of one event is written; of a longer one the file says how
	// long it was, as one made with a snapshot length does.
	keep = 128 << 10
	// maxComment is the most that an option of a pcapng block holds.
	maxComment = 1<<16 - 1

	ipHeader, tcpHeader = 20, 20
)

// broker and the clients, which are counted up from behind it, have addresses of
// the range for benchmarks (RFC 2544), which no network uses.
var broker = netip.AddrFrom4([4]byte{198, 18, 0, 1})

// File is a trace with what is to be said about it.
type File struct {
	// Application is what wrote the file, and Comment what it shows.
	Application, Comment string
	Started              time.Time // of the trace
	Trace                result.Trace
	// Comments are said of events, by their index in the trace. Those of an event
	// that is no packet (a step) stand at the next packet.
	Comments map[int][]string
}

// Write writes the file as pcapng. Every Network Connection of the trace is a TCP
// connection to port 1883 with its handshake, its data in the order of the trace,
// and its end as it was seen. The same trace gives the same bytes.
func (f *File) Write(w io.Writer) error {
	ng, err := pcapgo.NewNgWriterInterface(w,
		pcapgo.NgInterface{Name: "mqttproof", Description: "made from a trace", LinkType: layers.LinkTypeRaw, TimestampResolution: 9},
		pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: cut(f.Application), Comment: cut(f.Comment)}})
	if err != nil {
		return err
	}
	out := &writer{to: ng, conns: map[key]*conn{}, hosts: map[string]netip.Addr{}}
	for i := range f.Trace {
		e := &f.Trace[i]
		out.at = f.Started.Add(e.At)
		out.say(f.Comments[i])
		if err := out.event(e); err != nil {
			return err
		}
	}
	if err := out.flush(); err != nil {
		return err
	}
	return ng.Flush()
}

func cut(text string) string { return text[:min(len(text), maxComment)] }

// key names a Network Connection of a trace.
type key struct {
	client string
	number int
}

// conn is the TCP connection that stands for one.
type conn struct {
	client endpoint
	server endpoint
	ended  bool
}

// endpoint is one end of a TCP connection.
type endpoint struct {
	addr netip.Addr
	port uint16
	seq  uint32 // of the next byte to be sent
}

type writer struct {
	to    *pcapgo.NgWriter
	at    time.Time
	conns map[key]*conn
	hosts map[string]netip.Addr // of the clients
	id    uint16                // of the next IPv4 packet

	comments []string // for the next packet
	// held is the packet written last: it waits for what is still to be said, since
	// nothing may come behind it.
	held *frame
}

type frame struct {
	info     gopacket.CaptureInfo
	data     []byte
	comments []string
}

func (w *writer) say(comments []string) { w.comments = append(w.comments, comments...) }

// flush writes the packet held back; what is left to be said stands at it.
func (w *writer) flush() error {
	if w.held == nil {
		return nil
	}
	h := w.held
	h.comments = append(h.comments, w.comments...)
	w.held, w.comments = nil, nil
	for i, c := range h.comments {
		h.comments[i] = cut(c)
	}
	return w.to.WritePacketWithOptions(h.info, h.data, pcapgo.NgPacketOptions{Comments: h.comments})
}

func (w *writer) event(e *result.Event) error {
	if e.Dir == result.Note || e.Conn == 0 {
		return nil
	}
	c, err := w.connection(e)
	if err != nil {
		return err
	}
	switch e.Dir {
	case result.Out:
		return w.data(&c.client, &c.server, e)
	case result.In:
		return w.data(&c.server, &c.client, e)
	case result.Close:
		return w.close(c, e)
	}
	return nil
}

// connection gives the connection of an event, with its handshake where there was
// none yet.
func (w *writer) connection(e *result.Event) (*conn, error) {
	k := key{e.Client, e.Conn}
	if c := w.conns[k]; c != nil {
		return c, nil
	}
	host, known := w.hosts[e.Client]
	if !known {
		host = broker.Next()
		for range w.hosts {
			host = host.Next()
		}
		w.hosts[e.Client] = host
	}
	n := uint32(len(w.conns))
	// The sequence numbers begin where they are easy to read, each connection
	// elsewhere.
	c := &conn{
		client: endpoint{host, uint16(firstPort + n%(1<<16-firstPort)), 1_000_000 * (n + 1)},
		server: endpoint{broker, Port, 2_000_000_000 + 1_000_000*(n+1)},
	}
	w.conns[k] = c
	w.comments = append([]string{fmt.Sprintf("connection %d of the client %q", e.Conn, e.Client)}, w.comments...)
	options := []layers.TCPOption{
		{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: binary.BigEndian.AppendUint16(nil, segment)},
		{OptionType: layers.TCPOptionKindNop},
		// All is in flight until the other side sends something.
		{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{14}},
	}
	later := w.comments[1:] // belongs to what comes behind the handshake
	w.comments = w.comments[:1:1]
	if err := w.send(&c.client, &c.server, layers.TCP{SYN: true, Options: options}, nil, 0); err != nil {
		return nil, err
	}
	c.client.seq++
	if err := w.send(&c.server, &c.client, layers.TCP{SYN: true, ACK: true, Options: options}, nil, 0); err != nil {
		return nil, err
	}
	c.server.seq++
	if err := w.send(&c.client, &c.server, layers.TCP{ACK: true}, nil, 0); err != nil {
		return nil, err
	}
	w.say(later)
	return c, nil
}

// data writes what one end sent. What is said of it stands at its last segment,
// where Wireshark shows the packet.
func (w *writer) data(from, to *endpoint, e *result.Event) error {
	size := len(e.Data) + e.Cut
	said := w.comments
	w.comments = nil
	for at := 0; at < size; at += segment {
		n := min(segment, size-at)
		here := e.Data[min(at, len(e.Data), keep):min(at+n, len(e.Data), keep)]
		if at+n == size {
			w.comments = said
		}
		if err := w.send(from, to, layers.TCP{ACK: true, PSH: at+n == size}, here, n-len(here)); err != nil {
			return err
		}
		from.seq += uint32(n)
	}
	if size == 0 {
		w.comments = said
	}
	return nil
}

// close ends a connection as the trace says.
func (w *writer) close(c *conn, e *result.Event) error {
	if c.ended {
		return nil
	}
	c.ended = true
	first, second := &c.server, &c.client
	if e.ClosedByUs() {
		first, second = second, first
	}
	if isReset(e.Text) {
		return w.send(first, second, layers.TCP{RST: true, ACK: true}, nil, 0)
	}
	if err := w.send(first, second, layers.TCP{FIN: true, ACK: true}, nil, 0); err != nil {
		return err
	}
	first.seq++
	if err := w.send(second, first, layers.TCP{FIN: true, ACK: true}, nil, 0); err != nil {
		return err
	}
	second.seq++
	return w.send(first, second, layers.TCP{ACK: true}, nil, 0)
}

// send makes one packet with the comments that wait. missing is how many bytes
// behind data were sent and are not known.
func (w *writer) send(from, to *endpoint, tcp layers.TCP, data []byte, missing int) error {
	comments := slices.Clone(w.comments)
	w.comments = nil
	if err := w.flush(); err != nil {
		return err
	}
	w.id++
	ip := layers.IPv4{
		Version: 4, IHL: 5, Id: w.id, Flags: layers.IPv4DontFragment, TTL: 64, Protocol: layers.IPProtocolTCP,
		SrcIP: from.addr.AsSlice(), DstIP: to.addr.AsSlice(),
	}
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(from.port), layers.TCPPort(to.port)
	tcp.Seq, tcp.Window = from.seq, 1<<16-1
	if tcp.ACK {
		tcp.Ack = to.seq
	}
	if err := tcp.SetNetworkLayerForChecksum(&ip); err != nil {
		return err
	}
	whole := data
	if missing > 0 { // the checksum is that of a packet with zeros; nobody can check it
		whole = slices.Concat(data, make([]byte, missing))
	}
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, &ip, &tcp, gopacket.Payload(whole)); err != nil {
		return fmt.Errorf("making a TCP segment of %d bytes: %w", len(whole), err)
	}
	length := len(b.Bytes())
	w.held = &frame{
		info:     gopacket.CaptureInfo{Timestamp: w.at, CaptureLength: length - missing, Length: length},
		data:     b.Bytes()[:length-missing],
		comments: comments,
	}
	return nil
}

// isReset says that a connection ended with a TCP reset. Drivers put the error of
// the operating system into the text where it was neither that nor a plain close.
func isReset(text string) bool { return strings.HasPrefix(text, "reset ") }
