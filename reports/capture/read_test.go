package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/reports/capture"
)

// lines gives the events of a capture in short: direction and text.
func lines(c *capture.Capture) (list []string) {
	for _, e := range c.Trace {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s %s", e.Conn, e.Dir, e.Text)))
	}
	return list
}

func read(t *testing.T, data []byte) *capture.Capture {
	t.Helper()
	c, err := capture.Read(bytes.NewReader(data), 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestReadsWhatItWrote: the packets, the close, the comments and the times come back.
func TestReadsWhatItWrote(t *testing.T) {
	f := scene(t)
	f.Trace[7].Data, f.Trace[7].Cut = f.Trace[7].Data[:8], len(f.Trace[7].Data)-8
	c := read(t, written(t, f))
	want := []string{
		"1 open", `1 out CONNECT protocol=MQTT level=5 id=sub clean keepalive=60`, "1 in CONNACK code=0x00",
		"2 open", `2 out CONNECT protocol=MQTT level=5 id=pub clean keepalive=60`, "2 in CONNACK code=0x00",
		"2 out PUBLISH, of which the capture has the first 8 bytes of 15", "2 in PUBACK id=7", "2 close closed by us",
		"1 close reset by the broker",
	}
	if got := lines(c); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var comments []string
	for i := range c.Trace {
		comments = append(comments, c.Comments[i]...)
	}
	if got, want := fmt.Sprintf("%q", comments), `["connection 1 of the client \"subscriber\"" "step: connect" "connection 2 of the client \"publisher\"" "said of the PUBLISH" "and this" "nothing came"]`; got != want {
		t.Errorf("comments %s\nwant %s", got, want)
	}
	// The first thing in the file is the handshake of the subscriber.
	if got := c.Trace[6]; !c.Started.Equal(f.Started.Add(time.Millisecond)) || got.At != 6*time.Millisecond || got.Client != "198.18.0.3:49153" || got.Cut != 7 {
		t.Errorf("started %v, %+v", c.Started, got)
	}
	if c.Comment != f.Comment || c.Application != f.Application {
		t.Errorf("%q by %q", c.Comment, c.Application)
	}
}

// TestReadsWhatTcpdumpWrote reads mosquitto_sub and mosquitto_pub, over IPv6 and IPv4.
func TestReadsWhatTcpdumpWrote(t *testing.T) {
	for file, want := range map[string]string{
		"tcpdump-ethernet.pcap": "PUBLISH t=a/b qos=2 id=1 payload=",
		"tcpdump-any.pcap":      "PUBLISH t=a/b qos=2 id=1 payload=",
		"tcpdump-s100.pcap":     "PUBLISH, of which the capture has the first 34 bytes of 310",
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			c := read(t, data)
			if c.Read != 34 || c.Connections != 2 || len(c.Trace) != 20 || c.Skipped != 0 {
				t.Errorf("%d frames, %d connections, %d events, %d skipped", c.Read, c.Connections, len(c.Trace), c.Skipped)
			}
			for i, e := range c.Trace {
				if len(e.Violations) > 0 {
					t.Errorf("event %d: %v", i, e.Wrong())
				}
			}
			if got := c.Trace[8].Text; !strings.HasPrefix(got, want) || c.Frames[8] != 18 {
				t.Errorf("frame %d is %q, want %q", c.Frames[8], got, want)
			}
		})
	}
}

// part is a TCP segment of a test; the sequence number counts from the client's or the
// server's first.
type part struct {
	server bool
	flags  string // of S, A, F, R
	at     uint32
	data   string
	snap   int // > 0: how many bytes of the data are in the file
	port   uint16
	to     uint16 // port of the server; 0 for 1883
}

// file writes segments as they would come over a link.
func file(t testing.TB, link layers.LinkType, first uint32, parts []part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(1<<18, link); err != nil {
		t.Fatal(err)
	}
	for i, p := range parts {
		client, server := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
		tcp := &layers.TCP{SrcPort: layers.TCPPort(40000 + p.port), DstPort: 1883, Seq: first + p.at, Window: 1000}
		if p.to != 0 {
			tcp.DstPort = layers.TCPPort(p.to)
		}
		if p.server {
			client, server = server, client
			tcp.SrcPort, tcp.DstPort = tcp.DstPort, tcp.SrcPort
		}
		tcp.SYN, tcp.ACK = strings.Contains(p.flags, "S"), strings.Contains(p.flags, "A")
		tcp.FIN, tcp.RST = strings.Contains(p.flags, "F"), strings.Contains(p.flags, "R")
		ip := &layers.IPv4{Version: 4, TTL: 9, Protocol: layers.IPProtocolTCP, SrcIP: client.AsSlice(), DstIP: server.AsSlice()}
		_ = tcp.SetNetworkLayerForChecksum(ip)
		list := []gopacket.SerializableLayer{ip, tcp, gopacket.Payload(p.data)}
		mac := []byte{2, 0, 0, 0, 0, 1}
		switch link {
		case layers.LinkTypeEthernet:
			list = append([]gopacket.SerializableLayer{&layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: layers.EthernetTypeDot1Q},
				&layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeIPv4}}, list...)
		case layers.LinkTypeLinuxSLL:
			list = append([]gopacket.SerializableLayer{gopacket.Payload{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}}, list...)
		case layers.LinkTypeNull:
			list = append([]gopacket.SerializableLayer{gopacket.Payload(binary.LittleEndian.AppendUint32(nil, 2))}, list...)
		case layers.LinkTypeLoop:
			list = append([]gopacket.SerializableLayer{gopacket.Payload(binary.BigEndian.AppendUint32(nil, 2))}, list...)
		}
		s := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(s, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, list...); err != nil {
			t.Fatal(err)
		}
		data, size := s.Bytes(), len(s.Bytes())
		if p.snap > 0 {
			data = data[:size-len(p.data)+p.snap]
		}
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1e9, int64(i)*1e6), CaptureLength: len(data), Length: size}
		if err := w.WritePacket(info, data); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

const (
	connect  = "\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00" // 14 bytes
	connack  = "\x20\x02\x00\x00"
	pingreq  = "\xc0\x00"
	pingresp = "\xd0\x00"
	publish  = "\x30\x0a\x00\x03a/bhello" // 12 bytes
)

func TestReadsWhatNetworksDo(t *testing.T) {
	shake := []part{{flags: "S"}, {server: true, flags: "SA"}, {flags: "A", at: 1}}
	on := func(more ...part) []part { return append(shake[:3:3], more...) }
	const opened = "1 open"
	const sent, got = "1 out CONNECT protocol=MQTT level=4 id=\"\" clean keepalive=60", "1 in CONNACK code=0x00"
	const hello = `1 out PUBLISH t=a/b qos=0 payload="hello" (5 bytes)`
	for _, c := range []struct {
		name    string
		parts   []part
		want    []string
		wrong   string // the first violation
		skipped int
	}{
		{"in order", on(part{at: 1, data: connect}, part{server: true, at: 1, data: connack}, part{at: 15, data: pingreq}),
			[]string{opened, sent, got, "1 out PINGREQ"}, "", 0},
		{"the other way round", on(part{at: 15, data: publish}, part{at: 1, data: connect}), []string{opened, sent, hello}, "", 0},
		{"sent twice", on(part{at: 1, data: connect}, part{at: 1, data: connect}, part{at: 15, data: publish}), []string{opened, sent, hello}, "", 0},
		{"sent again with more", on(part{at: 1, data: connect}, part{at: 5, data: connect[4:] + publish}), []string{opened, sent, hello}, "", 0},
		{"a keep-alive probe", on(part{at: 1, data: connect}, part{at: 14, data: "\x00"}, part{at: 15, data: publish}), []string{opened, sent, hello}, "", 0},
		{"bytes one by one", on(part{at: 1, data: connect[:1]}, part{at: 2, data: connect[1:2]}, part{at: 3, data: connect[2:]}), []string{opened, sent}, "", 0},
		{"several in one", on(part{at: 1, data: connect + publish + pingreq}), []string{opened, sent, hello, "1 out PINGREQ"}, "", 0},
		{"a segment is lost", on(part{at: 1, data: connect}, part{at: 15 + 12, data: pingreq}), []string{opened, sent, "1 out PINGREQ"}, "", 0},
		{"the middle of a packet is lost", on(part{at: 1, data: connect + publish[:4]}, part{at: 22, data: publish[7:] + pingreq}),
			[]string{opened, sent, "1 out PUBLISH, of which the capture has the first 4 bytes of 12", "1 out PINGREQ"}, "", 0},
		{"the end of one and the beginning of the next are lost", on(part{at: 1, data: connect + publish[:4]}, part{at: 15 + 14, data: publish[2:]}, part{at: 15 + 24, data: pingreq}),
			[]string{opened, sent, "1 out PUBLISH, of which the capture has the first 4 bytes of 12", "1 out PINGREQ"}, "", 10},
		{"a snapshot length", on(part{at: 1, data: connect}, part{at: 15, data: publish, snap: 5}, part{at: 27, data: pingreq}),
			[]string{opened, sent, "1 out PUBLISH, of which the capture has the first 5 bytes of 12", "1 out PINGREQ"}, "", 0},
		{"a snapshot length at the end", on(part{at: 1, data: connect}, part{at: 15, data: publish, snap: 5}),
			[]string{opened, sent, "1 out PUBLISH, of which the capture has the first 5 bytes of 12"}, "", 0},
		{"the file ends inside a packet", on(part{at: 1, data: connect + publish[:7]}),
			[]string{opened, sent, "1 out PUBLISH, of which the capture has the first 7 bytes of 12"}, "", 0},
		{"the connection ends inside a packet", on(part{at: 1, data: connect + publish[:7]}, part{flags: "FA", at: 22}),
			[]string{opened, sent, `1 out PUBLISH t=a/b qos=0 payload="" (0 bytes)`, "1 close closed by us"}, "the packet is incomplete", 0},
		{"closed by the broker", on(part{at: 1, data: connect}, part{server: true, flags: "FA", at: 1}, part{flags: "FA", at: 15}),
			[]string{opened, sent, "1 close closed by the broker"}, "", 0},
		{"reset by the broker", on(part{at: 1, data: connect}, part{server: true, flags: "R", at: 1}), []string{opened, sent, "1 close reset by the broker"}, "", 0},
		{"begun before the file", []part{{at: 500, data: pingreq}, {server: true, at: 900, data: pingresp}, {at: 502, data: publish}},
			[]string{"1 out PINGREQ", "1 in PINGRESP", hello}, "", 0},
		{"begun inside a packet", []part{{at: 500, data: publish[5:]}, {at: 507, data: pingreq}}, []string{"1 out PINGREQ"}, "", 7},
		{"another port", []part{{to: 9999, flags: "S"}, {to: 9999, at: 1, data: connect}}, []string{opened, sent}, "", 0},
		{"another port, begun before the file, the broker first", []part{{to: 9999, server: true, at: 1, data: "\x90"}, {to: 9999, at: 1, data: connect}}, []string{sent}, "", 1},
		{"no MQTT", []part{{to: 80, flags: "S"}, {to: 80, at: 1, data: "GET / HTTP/1.1\r\n\r\n"}}, nil, "", 0},
		{"ports used again", append(on(part{at: 1, data: connect}, part{flags: "FA", at: 15}), part{flags: "S", at: 7000}, part{at: 7001, data: connect}),
			[]string{opened, sent, "1 close closed by us", "2 open", strings.Replace(sent, "1", "2", 1)}, "", 0},
		{"a SYN repeated", append([]part{{flags: "S"}}, on(part{at: 1, data: connect})...), []string{opened, sent}, "", 0},
		{"no packet", on(part{at: 1, data: connect + "\x30\xff\xff\xff\xff\x01"}, part{at: 30, data: publish}),
			[]string{opened, sent, `1 out PUBLISH t="" qos=0 payload="" (0 bytes)`}, "Remaining Length", 12},
		{"a packet of the other end", on(part{at: 1, data: connect}, part{at: 15, data: connack}), []string{opened, sent, "1 out CONNACK code=0x00"}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, first := range []uint32{1000, 1<<32 - 20} { // sequence numbers wrap
				got := read(t, file(t, layers.LinkTypeRaw, first, c.parts))
				if l := lines(got); !reflect.DeepEqual(l, c.want) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(l, "\n"), strings.Join(c.want, "\n"))
				}
				if got.Skipped != c.skipped {
					t.Errorf("%d bytes skipped, want %d", got.Skipped, c.skipped)
				}
				var wrong []string
				for _, e := range got.Trace {
					wrong = append(wrong, e.Wrong()...)
				}
				if text := strings.Join(wrong, "; "); c.wrong != "" && !strings.Contains(text, c.wrong) || c.wrong == "" && text != "" && c.name != "a packet of the other end" {
					t.Errorf("violations %q, want %q", text, c.wrong)
				}
			}
		})
	}
}

func TestReadsLinks(t *testing.T) {
	parts := []part{{flags: "S"}, {at: 1, data: connect}}
	for _, link := range []layers.LinkType{layers.LinkTypeRaw, layers.LinkTypeEthernet, layers.LinkTypeLinuxSLL, layers.LinkTypeNull, layers.LinkTypeLoop} {
		t.Run(link.String(), func(t *testing.T) {
			if c := read(t, file(t, link, 1, parts)); len(c.Trace) != 2 {
				t.Errorf("%d frames, %q", c.Read, lines(c))
			}
		})
	}
}

func TestVersionWithoutConnect(t *testing.T) {
	suback := "\x90\x03\x00\x01\x00" // of 3.1.1; in 5.0 the last byte is the length of the properties, and no code follows
	data := file(t, layers.LinkTypeRaw, 1, []part{{server: true, at: 1, data: suback}})
	for _, c := range []struct {
		version codec.Version
		wrong   bool
	}{{codec.V311, false}, {0, false}, {codec.V5, true}} {
		got, err := capture.Read(bytes.NewReader(data), c.version)
		if err != nil || len(got.Trace) != 1 || (len(got.Trace[0].Violations) > 0) != c.wrong {
			t.Errorf("read as %s: %v, %+v", c.version, err, got.Trace)
		}
	}
}

// TestCutFiles: a file that ends anywhere gives what is before, and an error unless it
// ends where a frame does.
func TestCutFiles(t *testing.T) {
	for name, data := range map[string][]byte{
		"pcapng": written(t, scene(t)),
		"pcap":   file(t, layers.LinkTypeRaw, 1, []part{{flags: "S"}, {at: 1, data: connect}}),
	} {
		t.Run(name, func(t *testing.T) {
			ends := 0
			for n := range data {
				c, err := capture.Read(bytes.NewReader(data[:n]), 0)
				if err == nil {
					ends++
				}
				if c == nil || errors.Is(err, io.EOF) {
					t.Fatalf("%d bytes: %v, %v", n, c, err)
				}
			}
			if all := read(t, data).Read; ends > all+2 {
				t.Errorf("%d of the cuts are no error, and there are %d frames", ends, all)
			}
		})
	}
}

func TestNoCapture(t *testing.T) {
	for _, text := range []string{"", "x", "hello world, this is text", "\x0a\x0d\x0d\x0a", "\xd4\xc3\xb2\xa1 and no more"} {
		if _, err := capture.Read(strings.NewReader(text), 0); err == nil || !strings.Contains(err.Error(), "reading a capture") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzRead: whatever is in the file, it neither panics nor takes memory out of
// proportion, and what it gives is well formed.
func FuzzRead(f *testing.F) {
	f.Add(written(f, scene(f)))
	for _, link := range []layers.LinkType{layers.LinkTypeRaw, layers.LinkTypeEthernet, layers.LinkTypeLinuxSLL} {
		f.Add(file(f, link, 1, []part{{flags: "S"}, {server: true, flags: "SA"}, {at: 1, data: connect + publish}, {server: true, at: 1, data: connack}, {flags: "FA", at: 27}}))
	}
	for _, name := range []string{"tcpdump-any.pcap", "tcpdump-s100.pcap"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := capture.Read(bytes.NewReader(data), 0)
		if c == nil {
			t.Fatal(err)
		}
		if len(c.Frames) != len(c.Trace) {
			t.Fatalf("%d frames of %d events", len(c.Frames), len(c.Trace))
		}
		total := 0
		for i, e := range c.Trace {
			total += len(e.Data)
			if c.Frames[i] < 1 || c.Frames[i] > c.Read || e.Cut < 0 {
				t.Fatalf("event %d: frame %d of %d, %+v", i, c.Frames[i], c.Read, e)
			}
		}
		if total > len(data) {
			t.Fatalf("%d bytes of packets in a file of %d", total, len(data))
		}
	})
}
