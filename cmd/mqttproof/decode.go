package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	"github.com/mqttproof/mqttproof/reports/capture"
)

// decodeCmd is the flags of decode.
type decodeCmd struct {
	Packets []string `arg:"" optional:"" name:"packet" help:"Packets in hex, one each (quote one with spaces), files with one packet in hex a line, or captures (pcapng, pcap); - is standard input (the default). A file whose name could be hex is written ./NAME."`

	MQTT  *spec.Version `name:"mqtt" placeholder:"VERSION" help:"Version of MQTT: 3.1, 3.1.1 or 5.0 (default: what a CONNECT says, 5.0 for all else)."`
	From  string        `placeholder:"END" help:"Who sent the packets: client or server (default: either may have)."`
	Line  bool          `help:"Print a packet and its violations on one line."`
	JSONL bool          `name:"jsonl" help:"Read one JSON object a line with name, version, direction (client_to_server, server_to_client) and hex; write one with name, verdict, violations and packet. Arguments are files."`
}

// question is a line that --jsonl reads. What it leaves out comes from the flags.
type question struct {
	Name      string        `json:"name"`
	Version   *spec.Version `json:"version"`
	Direction string        `json:"direction"`
	Hex       *string       `json:"hex"`
}

// answer is a line that --jsonl writes.
type answer struct {
	Name       string      `json:"name"`
	Verdict    string      `json:"verdict"`
	Violations []violation `json:"violations"`
	Packet     *string     `json:"packet"` // null where the first byte names no type
}

type violation struct {
	Requirement spec.Ref `json:"requirement"`
	Offset      int      `json:"offset"`
	Class       string   `json:"class"`
	Text        string   `json:"text"`
}

// decoding is decode at work.
type decoding struct {
	out
	version     codec.Version // 0 where it is not given
	from        codec.Sender  // 0 where it is not given
	line, jsonl bool

	printed  bool // a packet at length
	violated bool // a packet broke a rule
	wrong    bool // something could not be read
}

// Run decodes the packets. One that cannot be read does not stop the others.
func (c *decodeCmd) Run(o out) error {
	d := decoding{out: o, line: c.Line, jsonl: c.JSONL}
	if c.MQTT != nil {
		d.version = *c.MQTT
	}
	switch c.From {
	case "":
	case "client":
		d.from = codec.FromClient
	case "server":
		d.from = codec.FromServer
	default:
		return usage("--from %q is not known; there are client and server", c.From)
	}
	if c.Line && c.JSONL {
		return usage("--line and --jsonl are two forms of output, and one is wanted")
	}
	packets := c.Packets
	if len(packets) == 0 {
		packets = []string{"-"}
	}
	for i, text := range packets {
		if err := d.argument(i+1, text); err != nil {
			return err
		}
	}
	switch {
	case d.violated:
		return exitCode(1)
	case d.wrong:
		return exitCode(exitUsage)
	}
	return nil
}

// argument decodes what an argument stands for. The error is that of writing,
// here and below: what cannot be read is complained about at once.
func (d *decoding) argument(n int, text string) error {
	switch {
	case text == "-":
		return d.lines("standard input", os.Stdin)
	case !d.jsonl && strings.Trim(text, " \t\r\n0123456789abcdefABCDEF") == "":
		err := d.hex(text)
		if bad := (*badInput)(nil); errors.As(err, &bad) {
			d.complain("argument %d: %w", n, bad)
			return nil
		}
		return err
	}
	f, err := os.Open(text)
	switch {
	case err == nil:
		defer f.Close()
		return d.lines(text, f)
	case errors.Is(err, os.ErrNotExist) && !d.jsonl:
		d.complain("argument %d: %q is neither hex nor a file", n, text)
	default:
		d.complain("argument %d: %w", n, err)
	}
	return nil
}

// lines decodes one packet a line, or a capture. Empty lines say nothing; but where there is
// nothing else, whatever should have written the packets has failed, and a script
// must not go on as if they had been right.
func (d *decoding) lines(name string, from io.Reader) error {
	r, none := bufio.NewReader(from), true
	if head, _ := r.Peek(4); capture.IsCapture(head) {
		if d.jsonl {
			d.complain("%s is a capture, and --jsonl reads JSON; without it the packets are listed", name)
			return nil
		}
		return d.capture(name, r)
	}
	for n := 1; ; n++ {
		text, readErr := r.ReadString('\n')
		if text = strings.TrimSpace(text); text != "" {
			none = false
			decode := d.hex
			if d.jsonl {
				decode = d.json
			}
			err := decode(text)
			if bad := (*badInput)(nil); errors.As(err, &bad) {
				d.complain("%s, line %d: %w", name, n, bad)
			} else if err != nil {
				return err
			}
		}
		if errors.Is(readErr, io.EOF) {
			if none {
				d.complain("%s: there is nothing to decode", name)
			}
			return nil
		}
		if readErr != nil {
			d.complain("%s, line %d: %w", name, n, readErr)
			return nil
		}
	}
}

// badInput is what is wrong with a line or an argument that holds no packet.
type badInput struct{ err error }

func (e *badInput) Error() string { return e.err.Error() }
func (e *badInput) Unwrap() error { return e.err }

func bad(format string, args ...any) error { return &badInput{fmt.Errorf(format, args...)} }

func (d *decoding) complain(format string, args ...any) {
	d.wrong = true
	complain(d.err, fmt.Errorf(format, args...))
}

// unhex reads the bytes of one packet. Space between digits says nothing.
func unhex(text string) ([]byte, error) {
	digits := strings.Join(strings.Fields(text), "")
	b, err := hex.DecodeString(digits)
	var at hex.InvalidByteError
	switch {
	case errors.As(err, &at):
		return nil, bad("bad hex: %q is no digit", rune(at))
	case err != nil:
		return nil, bad("bad hex: an odd number of digits, %d", len(digits))
	}
	return b, nil
}

// hex decodes and prints one packet.
func (d *decoding) hex(text string) error {
	b, err := unhex(text)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return bad("no packet: it is empty")
	}
	p, found := codec.Inspect(b, d.version, d.from)
	d.violated = d.violated || len(found) > 0
	shown := codec.Verdict(found) + ": "
	if d.line {
		shown += oneLine(p)
		for i := range found {
			x := &found[i]
			shown += fmt.Sprintf(" ! %s at byte %d: %s (%s)", x.Class, x.Offset, x.Text, x.Requirement)
		}
		shown += "\n"
	} else {
		if d.printed {
			shown = "\n" + shown
		}
		d.printed = true
		shown += codec.Dump(b, d.version, d.from)
	}
	_, err = io.WriteString(d.std, shown)
	return err
}

func oneLine(p codec.Packet) string {
	if p == nil {
		return "no packet"
	}
	return p.String()
}

// json answers one line of JSON.
func (d *decoding) json(text string) error {
	q := question{}
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	err := json.Unmarshal([]byte(text), &q)
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return bad("%s must be a string", kind.Field)
	case errors.As(err, &kind):
		return bad("a JSON object is wanted, and this is none")
	case errors.As(err, &syntax):
		return bad("bad JSON: %w", err)
	case err != nil:
		return bad("%w", err)
	}
	version, from := d.version, d.from
	if q.Version != nil {
		version = *q.Version
	}
	switch q.Direction {
	case "":
	case "client_to_server":
		from = codec.FromClient
	case "server_to_client":
		from = codec.FromServer
	default:
		return bad("direction %q is not known; there are client_to_server and server_to_client", q.Direction)
	}
	if q.Hex == nil {
		return bad("there is no hex")
	}
	b, err := unhex(*q.Hex)
	if err != nil {
		return err
	}
	p, found := codec.Inspect(b, version, from)
	d.violated = d.violated || len(found) > 0
	a := answer{Name: q.Name, Verdict: codec.Verdict(found), Violations: []violation{}}
	if p != nil {
		shown := p.String()
		a.Packet = &shown
	}
	for _, v := range found {
		a.Violations = append(a.Violations, violation{v.Requirement, v.Offset, v.Class.String(), v.Text})
	}
	w := json.NewEncoder(d.std)
	w.SetEscapeHTML(false)
	return w.Encode(a)
}
