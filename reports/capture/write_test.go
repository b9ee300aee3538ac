package capture_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers/need"
	"github.com/mqttproof/mqttproof/reports/capture"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

var update = flag.Bool("update", false, "write the golden file anew")

// packet is the bytes of a packet.
func packet(t testing.TB, p codec.Packet, v codec.Version) []byte {
	t.Helper()
	data, err := p.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// scene is a publisher and a subscriber, of which the broker ends one.
func scene(t testing.TB) *capture.File {
	connect := func(id string) []byte {
		return packet(t, &codec.Connect{CleanStart: true, ClientID: codec.Text(id), KeepAlive: 60}, codec.V5)
	}
	connack := packet(t, &codec.Connack{}, codec.V5)
	publish := packet(t, &codec.Publish{QoS: 1, PacketID: 7, Topic: codec.Text("a/b"), Payload: []byte("hello")}, codec.V5)
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	return &capture.File{
		Application: "mqttproof test", Comment: "what it is about",
		Started: time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC),
		Trace: result.Trace{
			{At: at(0), Dir: result.Note, Text: "connect"},
			{At: at(1), Client: "subscriber", Conn: 1, Dir: result.Open},
			{At: at(2), Client: "subscriber", Conn: 1, Dir: result.Out, Data: connect("sub")},
			{At: at(3), Client: "subscriber", Conn: 1, Dir: result.In, Data: connack},
			{At: at(4), Client: "publisher", Conn: 2, Dir: result.Open},
			{At: at(5), Client: "publisher", Conn: 2, Dir: result.Out, Data: connect("pub")},
			{At: at(6), Client: "publisher", Conn: 2, Dir: result.In, Data: connack},
			{At: at(7), Client: "publisher", Conn: 2, Dir: result.Out, Data: publish},
			{At: at(8), Client: "publisher", Conn: 2, Dir: result.In, Data: packet(t, &codec.Puback{Ack: codec.Ack{PacketID: 7}}, codec.V5)},
			{At: at(9), Client: "publisher", Conn: 2, Dir: result.Close, Text: result.ByUs},
			{At: at(10), Client: "subscriber", Conn: 1, Dir: result.Close, Text: "reset by the broker"},
			{At: at(11), Dir: result.Note, Text: "the end"},
		},
		Comments: map[int][]string{0: {"step: connect"}, 7: {"said of the PUBLISH", "and this"}, 11: {"nothing came"}},
	}
}

func written(t testing.TB, f *capture.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteGivesTheSameBytes(t *testing.T) {
	got := written(t, scene(t))
	path := filepath.Join("testdata", "scene.pcapng")
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; -update writes it anew, look at it with Wireshark", path)
	}
}

// TestWiresharkReads has tshark decode a capture, with checksums checked, and find
// nothing wrong with the TCP in it.
func TestWiresharkReads(t *testing.T) {
	tshark := need.Tshark(t)
	big := scene(t)
	payload := bytes.Repeat([]byte("x"), 100_000) // in two segments
	big.Trace[7].Data = packet(t, &codec.Publish{QoS: 1, PacketID: 7, Topic: codec.Text("a/b"), Payload: payload}, codec.V5)
	short := scene(t)
	short.Trace[7].Data, short.Trace[7].Cut = big.Trace[7].Data[:1024], len(big.Trace[7].Data)-1024
	for _, c := range []struct {
		name   string
		file   *capture.File
		fields []string
		filter string
		want   []string
	}{
		{"packets", scene(t), []string{"tcp.srcport", "tcp.dstport", "mqtt.msgtype", "mqtt.topic"}, "mqtt", []string{
			"49152 1883 1 ", "1883 49152 2 ", "49153 1883 1 ", "1883 49153 2 ", "49153 1883 3 a/b", "1883 49153 4 ",
		}},
		{"times", scene(t), []string{"frame.time_epoch"}, "mqtt.msgtype==3", []string{"1795361400.007000000"}},
		{"comments", scene(t), []string{"mqtt.msgtype", "frame.comment"}, "frame.comment", []string{
			` connection 1 of the client "subscriber"`, "1 step: connect", ` connection 2 of the client "publisher"`,
			"3 said of the PUBLISH,and this", " nothing came",
		}},
		{"a close by us", scene(t), []string{"tcp.srcport", "tcp.seq", "tcp.ack"}, "tcp.flags.fin==1", []string{"49153 34 10", "1883 10 35"}},
		{"a reset by the broker", scene(t), []string{"tcp.srcport"}, "tcp.flags.reset==1", []string{"1883"}},
		{"checksums", scene(t), []string{"frame.number"}, "tcp.checksum.status!=1 || ip.checksum.status!=1", nil},
		{"oddities of TCP", scene(t), []string{"frame.number"}, "tcp.analysis.flags", nil},
		{"a large packet", big, []string{"mqtt.msgtype", "mqtt.len", "frame.comment"}, "mqtt.msgtype==3",
			[]string{"3 100008 said of the PUBLISH,and this"}},
		{"oddities of a large packet", big, []string{"frame.number"}, "tcp.analysis.flags || _ws.malformed", nil},
		{"a packet of which most was left out", short, []string{"frame.cap_len", "frame.len"}, "frame.cap_len < frame.len",
			[]string{"1064 65535", "40 34557"}},
		{"the packets behind it", short, []string{"mqtt.msgtype"}, "mqtt.msgtype==4", []string{"4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.pcapng")
			if err := os.WriteFile(path, written(t, c.file), 0o666); err != nil {
				t.Fatal(err)
			}
			args := []string{"-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", c.filter, "-T", "fields", "-E", "separator= "}
			for _, f := range c.fields {
				args = append(args, "-e", f)
			}
			cmd := exec.CommandContext(t.Context(), tshark, args...)
			var complaints bytes.Buffer
			cmd.Stderr = &complaints
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, complaints.String())
			}
			var got []string
			if text := strings.TrimSuffix(string(out), "\n"); text != "" {
				got = strings.Split(text, "\n")
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("tshark -Y %q shows\n%q\nwant\n%q", c.filter, got, c.want)
			}
		})
	}
}
