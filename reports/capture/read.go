package capture

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// Capture is the MQTT of a capture file.
type Capture struct {
	File
	// Frames are the numbers, from 1 as in Wireshark, of the frames that complete the
	// events of the trace.
	Frames []int
	// Read is how many frames the file has. Connections are those of MQTT: to or from
	// port 1883, or opened with a CONNECT.
	Read, Connections int
	// Skipped is how many bytes of MQTT are not in the trace: they came before the
	// first packet whose beginning is in the file, behind bytes that are missing, or
	// behind some that are no packet.
	Skipped int

	assumed codec.Version
}

// IsCapture says whether a file that begins so is one that Read reads.
func IsCapture(head []byte) bool {
	for _, magic := range [][]byte{
		{0x0A, 0x0D, 0x0D, 0x0A},                           // pcapng
		{0xD4, 0xC3, 0xB2, 0xA1}, {0xA1, 0xB2, 0xC3, 0xD4}, // pcap
		{0x4D, 0x3C, 0xB2, 0xA1}, {0xA1, 0xB2, 0x3C, 0x4D}, // pcap with nanoseconds
	} {
		if bytes.HasPrefix(head, magic) {
			return true
		}
	}
	return false
}

// Read reads a pcapng or pcap file: the TCP connections of MQTT in it, in the clear,
// over IPv4 or IPv6 and any link that gopacket knows, such as Ethernet, a loopback or
// the "any" of Linux. The trace has an Open where the file has the handshake, the
// packets with what they break, and a Close; the client of an event is the address
// of the client.
//
// assumed is the version of a connection whose CONNECT the file does not have; with 0 it
// is the one of 5.0 and 3.1.1 in which fewer of its packets break something. With an error Read gives what it read until then.
func Read(r io.Reader, assumed codec.Version) (*Capture, error) {
	c := &Capture{assumed: assumed, File: File{Comments: map[int][]string{}}}
	next, err := c.open(bufio.NewReader(r))
	if err != nil {
		return c, fmt.Errorf("reading a capture: %w", err)
	}
	t := &table{open: map[pair]*flow{}}
	for {
		f, err := next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			c.assemble(t)
			return c, fmt.Errorf("reading a capture: behind frame %d: %w", c.Read, err)
		}
		c.Read++
		if c.Read == 1 {
			c.Started = f.at
		}
		f.number = c.Read
		t.add(f)
	}
	c.assemble(t)
	return c, nil
}

// rawFrame is a frame of the file.
type rawFrame struct {
	number   int
	at       time.Time
	link     layers.LinkType
	data     []byte
	comments []string
}

// open gives what reads the next frame.
func (c *Capture) open(r *bufio.Reader) (func() (rawFrame, error), error) {
	head, err := r.Peek(4)
	switch {
	case err != nil:
		return nil, errors.New("the file is too short")
	case !IsCapture(head):
		return nil, fmt.Errorf("the file begins with % x, and is neither pcapng nor pcap", head)
	case head[0] != 0x0A:
		old, err := pcapgo.NewReader(r)
		if err != nil {
			return nil, whole(err)
		}
		return func() (rawFrame, error) {
			data, info, err := old.ReadPacketData()
			return rawFrame{at: info.Timestamp, link: old.LinkType(), data: data}, err
		}, nil
	}
	ng, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return nil, whole(err)
	}
	c.Application, c.Comment = ng.SectionInfo().Application, ng.SectionInfo().Comment
	return func() (rawFrame, error) {
		data, info, options, err := ng.ReadPacketDataWithOptions()
		if err != nil {
			return rawFrame{}, err
		}
		f := rawFrame{at: info.Timestamp, data: data, comments: options.Comments}
		f.link, _ = info.AncillaryData[0].(layers.LinkType)
		return f, nil
	}, nil
}

// whole turns an end of file, where more is wanted, into one that is none.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// pair is the two ends of a TCP connection, the smaller first.
type pair struct{ a, b netip.AddrPort }

// flow is a TCP connection.
type flow struct {
	a, b half // what the first and the second end of the pair sent
	pair pair
	// client is the end that opened it; unknown (zero) where the file does not have
	// the handshake.
	client netip.AddrPort
	opened *rawFrame
	said   []rawFrame // those with comments
	ended  *ending
}

// ending is how a connection ended.
type ending struct {
	frame rawFrame
	by    netip.AddrPort
	reset bool
}

// table sorts frames into connections.
type table struct {
	open map[pair]*flow // the last one between two ends
	all  []*flow
}

func (t *table) add(f rawFrame) {
	from, to, tcp, size := dissect(f)
	if tcp == nil {
		return
	}
	p := pair{from, to}
	if cmp.Or(from.Addr().Compare(to.Addr()), cmp.Compare(from.Port(), to.Port())) > 0 {
		p = pair{to, from}
	}
	fl := t.open[p]
	opens := tcp.SYN && !tcp.ACK
	if fl == nil || opens && fl.used(from, tcp.Seq) {
		fl = &flow{pair: p}
		t.open[p] = fl
		t.all = append(t.all, fl)
	}
	if len(f.comments) > 0 {
		fl.said = append(fl.said, f)
	}
	h := fl.half(from)
	switch {
	case opens:
		fl.client = from
		if fl.opened == nil {
			fl.opened = &f
		}
	case tcp.SYN && fl.client == (netip.AddrPort{}):
		fl.client = to
	}
	h.add(sent{tcp: tcp, data: tcp.Payload, size: size, frame: f})
	if (tcp.FIN || tcp.RST) && fl.ended == nil {
		fl.ended = &ending{f, from, tcp.RST}
	}
}

// half gives what one end sent.
func (fl *flow) half(of netip.AddrPort) *half {
	if of == fl.pair.b {
		return &fl.b
	}
	return &fl.a
}

// used says that a SYN of the end is not a repetition: its ports are used again.
func (fl *flow) used(from netip.AddrPort, seq uint32) bool {
	h := fl.half(from)
	return fl.ended != nil || h.known && h.start != seq+1
}

// dissect gives the TCP segment of a frame, and how many bytes it carried, of which the
// file may hold fewer; nil where there is none.
func dissect(f rawFrame) (from, to netip.AddrPort, tcp *layers.TCP, size int) {
	p := gopacket.NewPacket(f.data, f.link, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	tcp, ok := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
	if !ok {
		return from, to, nil, 0
	}
	var src, dst netip.Addr
	header := 4 * int(tcp.DataOffset)
	switch ip := p.NetworkLayer().(type) {
	case *layers.IPv4:
		src, _ = netip.AddrFromSlice(ip.SrcIP)
		dst, _ = netip.AddrFromSlice(ip.DstIP)
		size = int(ip.Length) - 4*int(ip.IHL) - header
	case *layers.IPv6:
		src, _ = netip.AddrFromSlice(ip.SrcIP)
		dst, _ = netip.AddrFromSlice(ip.DstIP)
		if ip.NextHeader == layers.IPProtocolTCP {
			size = int(ip.Length) - header
		}
	default:
		return from, to, nil, 0
	}
	// A length of 0 is that of a segment which the network card will split.
	return netip.AddrPortFrom(src, uint16(tcp.SrcPort)), netip.AddrPortFrom(dst, uint16(tcp.DstPort)), tcp, max(size, len(tcp.Payload))
}

// located is an event with its frame.
type located struct {
	result.Event
	frame rawFrame
}

// assemble makes the trace of what the connections carried.
func (c *Capture) assemble(t *table) {
	var all []located
	for _, fl := range t.all {
		client, ok := fl.mqtt()
		if !ok {
			continue
		}
		c.Connections++
		for _, e := range fl.events(client, c) {
			e.Conn, e.Client, e.At = c.Connections, client.String(), e.frame.at.Sub(c.Started)
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b located) int { return cmp.Compare(a.frame.number, b.frame.number) })
	for i, e := range all {
		c.Trace = append(c.Trace, e.Event)
		c.Frames = append(c.Frames, e.frame.number)
		// A frame with several packets is commented once, at the last.
		if len(e.frame.comments) > 0 && (i+1 == len(all) || all[i+1].frame.number != e.frame.number) {
			c.Comments[i] = e.frame.comments
		}
	}
}
