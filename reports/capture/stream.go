package capture

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/gopacket/gopacket/layers"
	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// sent is what one TCP segment carried: size bytes, of which the file has data.
type sent struct {
	tcp    *layers.TCP
	offset int64 // in the stream
	data   []byte
	size   int
	frame  rawFrame
}

func (s *sent) end() int64 { return s.offset + int64(s.size) }

// half is one direction of a TCP connection.
type half struct {
	segments []sent
	known    bool   // start is: a SYN was seen
	start    uint32 // the sequence number of the first byte
	last     uint32 // the sequence number of the segment added last
	at       int64  // and its offset
}

// add places a segment in the stream, relative to the one before: sequence numbers
// begin anew behind 2^32.
func (h *half) add(s sent) {
	seq := s.tcp.Seq
	if s.tcp.SYN {
		seq++
		if !h.known && len(h.segments) == 0 {
			h.known, h.start, h.last, h.at = true, seq, seq, 0
		}
	}
	if s.size == 0 {
		return
	}
	if !h.known && len(h.segments) == 0 {
		h.last, h.at = seq, 0
	}
	s.offset = h.at + int64(int32(seq-h.last))
	h.last, h.at = seq, s.offset
	h.segments = append(h.segments, s)
}

// piece is a part of a stream in its order: data, or missing bytes.
type piece struct {
	data    []byte
	missing int64
	frame   rawFrame
}

// pieces puts the segments in order, once each, and tells where bytes are missing.
//
// The frame of a piece is the one in which it and all before it were there.
func (h *half) pieces() (list []piece) {
	slices.SortStableFunc(h.segments, func(a, b sent) int { return cmp.Compare(a.offset, b.offset) })
	var frame rawFrame
	next := int64(0)
	if !h.known && len(h.segments) > 0 {
		next = h.segments[0].offset
	}
	for _, s := range h.segments {
		if s.end() <= next {
			continue // a repetition, or a probe
		}
		if s.frame.number > frame.number {
			frame = s.frame
		}
		if s.offset > next {
			list = append(list, piece{missing: s.offset - next, frame: frame})
			next = s.offset
		}
		if skip := next - s.offset; skip < int64(len(s.data)) {
			list = append(list, piece{data: s.data[skip:], frame: frame})
			next = s.offset + int64(len(s.data))
		}
		if s.end() > next { // the frame was not captured as a whole
			list = append(list, piece{missing: s.end() - next, frame: frame})
			next = s.end()
		}
	}
	return list
}

// mqtt says whether the connection is one of MQTT, and which end is the client.
func (fl *flow) mqtt() (client netip.AddrPort, ok bool) {
	a, b := fl.pair.a, fl.pair.b
	connects := func(h *half) bool {
		for _, p := range h.pieces() {
			_, ok := codec.ConnectVersion(p.data)
			return ok
		}
		return false
	}
	switch {
	case fl.client.IsValid():
		h, server := fl.half(fl.client), b
		if fl.client == b {
			server = a
		}
		return fl.client, server.Port() == Port || connects(h)
	case b.Port() == Port || connects(&fl.a):
		return a, true
	case a.Port() == Port || connects(&fl.b):
		return b, true
	}
	return client, false
}

// events gives what happened on the connection, in any order, and counts what could not
// be read.
func (fl *flow) events(client netip.AddrPort, c *Capture) (list []located) {
	server := fl.pair.a
	if client == server {
		server = fl.pair.b
	}
	if fl.opened != nil {
		list = append(list, located{result.Event{Dir: result.Open}, *fl.opened})
	}
	packets, version, skipped := fl.packets(client, server, c.assumed)
	c.Skipped += skipped
	list = append(list, packets...)
	if e := fl.ended; e != nil {
		how := "closed by the broker"
		switch {
		case e.by == client:
			how = result.ByUs
		case e.reset:
			how = "reset by the broker"
		}
		list = append(list, located{result.Event{Dir: result.Close, Text: how}, e.frame})
	}
	// A frame that completes nothing may be commented as well.
	told := map[int]bool{}
	for _, e := range list {
		told[e.frame.number] = true
	}
	for _, f := range fl.said {
		if !told[f.number] {
			list = append(list, located{result.Event{Dir: result.Note}, f})
		}
	}
	for i := range list {
		list[i].Version = version
	}
	return list
}

// packets gives what both ends sent, and the version in which it was read: that of the
// CONNECT, else the one assumed, else the one in which fewer packets break something.
func (fl *flow) packets(client, server netip.AddrPort, assumed codec.Version) (list []located, v codec.Version, skipped int) {
	read := func(assumed codec.Version) ([]located, codec.Version, int) {
		out := cutter{dir: result.Out, assumed: assumed, ended: fl.ended != nil}
		out.cut(fl.half(client))
		in := cutter{dir: result.In, version: out.version, assumed: assumed, ended: fl.ended != nil}
		in.cut(fl.half(server))
		return append(out.events, in.events...), cmp.Or(out.version, assumed), out.skipped + in.skipped
	}
	if assumed != 0 {
		return read(assumed)
	}
	broken := func(list []located) (n int) {
		for _, e := range list {
			n += min(1, len(e.Violations))
		}
		return n
	}
	list, v, skipped = read(codec.V5)
	if broken(list) > 0 {
		if old, oldVersion, oldSkipped := read(codec.V311); broken(old) < broken(list) {
			return old, oldVersion, oldSkipped
		}
	}
	return list, v, skipped
}

// cutter cuts one direction into packets.
type cutter struct {
	dir     result.Dir
	version codec.Version // 0 where no CONNECT was seen, in place of which is
	assumed codec.Version
	ended   bool // so that nothing can follow

	events  []located
	skipped int
	buf     []byte // of the packet at hand
	missing int64  // bytes of it that the file does not have, behind those in buf
	frame   rawFrame
	lost    bool // where a packet begins is not known
}

func (c *cutter) cut(h *half) {
	c.lost = !h.known
	readable := true
	for _, p := range h.pieces() {
		if !readable {
			c.skipped += len(p.data)
			continue
		}
		c.frame = p.frame
		if p.missing > 0 {
			c.gap(p.missing)
			continue
		}
		if c.lost {
			if !aligned(p.data) {
				c.skipped += len(p.data)
				continue
			}
			c.lost = false
		}
		readable = c.take(p.data)
	}
	switch {
	case len(c.buf) == 0:
	case c.missing == 0 && c.ended:
		c.packet(c.buf) // it was never sent as a whole
	default:
		c.part()
	}
}

// aligned says that the data are whole packets: where one begins is not known, and
// most segments hold just that.
func aligned(data []byte) bool {
	for len(data) > 0 {
		n, ok, err := codec.FrameSize(data)
		if err != nil || !ok || n > len(data) || data[0]>>4 == 0 {
			return false
		}
		data = data[n:]
	}
	return true
}

// gap leaves out bytes that the file does not have.
func (c *cutter) gap(n int64) {
	size, ok, err := codec.FrameSize(c.buf)
	if left := int64(size) - int64(len(c.buf)) - c.missing; ok && err == nil && n <= left {
		c.missing += n
		if n == left {
			c.part()
		}
		return
	}
	if len(c.buf) > 0 {
		c.part()
	}
	c.lost = true
}

// take takes the next bytes of the stream. It says false where the rest cannot be cut
// into packets.
func (c *cutter) take(data []byte) bool {
	if c.missing > 0 { // what is behind the missing ones belongs to no packet that can be read
		size, _, _ := codec.FrameSize(c.buf)
		n := min(int64(len(data)), int64(size)-int64(len(c.buf))-c.missing)
		c.missing += n
		data = data[n:]
		if int64(len(c.buf))+c.missing < int64(size) {
			return true
		}
		c.part()
	}
	c.buf = append(c.buf, data...)
	for len(c.buf) > 0 {
		n, ok, err := codec.FrameSize(c.buf)
		if err != nil {
			c.packet(c.buf)
			c.buf = nil
			return false
		}
		if !ok || n > len(c.buf) {
			return true
		}
		c.packet(c.buf[:n])
		c.buf = c.buf[n:]
	}
	c.buf = nil
	return true
}

// packet notes a packet with what it breaks.
func (c *cutter) packet(data []byte) {
	from := codec.FromClient
	if c.dir == result.In {
		from = codec.FromServer
	} else if v, ok := codec.ConnectVersion(data); ok && c.version == 0 && v >= codec.V31 && v <= codec.V5 {
		c.version = v
	}
	e := result.Event{Dir: c.dir, Data: slices.Clone(data)}
	e.Packet, e.Violations = codec.Inspect(e.Data, cmp.Or(c.version, c.assumed), from)
	e.Text = fmt.Sprintf("%d bytes that are no packet", len(data))
	if e.Packet != nil {
		e.Text = e.Packet.String()
	}
	c.events = append(c.events, located{e, c.frame})
}

// part notes a packet of which the file does not have all bytes: nobody can say what
// it breaks.
func (c *cutter) part() {
	e := result.Event{Dir: c.dir, Data: slices.Clone(c.buf)}
	size, ok, err := codec.FrameSize(c.buf)
	if err == nil && ok {
		e.Cut = size - len(c.buf)
	}
	e.Text = fmt.Sprintf("%s, of which the capture has the first %d bytes", codec.Type(c.buf[0]>>4), len(c.buf))
	if e.Cut > 0 {
		e.Text += fmt.Sprintf(" of %d", size)
	}
	c.events = append(c.events, located{e, c.frame})
	c.buf, c.missing = nil, 0
}
