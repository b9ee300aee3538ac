package session

import (
	"encoding/binary"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

// LogIn has the clients of later sessions connect with the credentials: every CONNECT
// that has none and can carry some gets them when it is sent. Sessions and their files
// hold none, so that they can be run against another broker and shown to anybody; what
// is recorded has asterisks in their place.
func (r *Runner) LogIn(user, password string) {
	r.user, r.password = user, password
	r.secrets = result.NewSecrets(user, password)
}

// loggedIn gives the data of a step with credentials in every CONNECT, and where its
// writes end then.
func (r *Runner) loggedIn(data []byte, breaks []int) ([]byte, []int) {
	if r.user == "" && r.password == "" {
		return data, breaks
	}
	var out []byte
	moved := append([]int(nil), breaks...)
	for at := 0; at < len(data); {
		n, ok, err := codec.FrameSize(data[at:])
		if err != nil || !ok || at+n > len(data) {
			return append(out, data[at:]...), moved
		}
		frame := withCredentials(data[at:at+n], r.user, r.password)
		out = append(out, frame...)
		for i, b := range breaks { // behind the packet, by as much as it has grown
			if b >= at+n {
				moved[i] += len(frame) - n
			}
		}
		at += n
	}
	return out, moved
}

// withCredentials puts user name and password behind all else in a CONNECT, where they
// belong (3.1.3). Any other packet, and a CONNECT in which they would break something,
// stays as it is.
func withCredentials(frame []byte, user, password string) []byte {
	if codec.Type(frame[0]>>4) != codec.CONNECT {
		return frame
	}
	p, broken := codec.Inspect(frame, 0, codec.FromClient)
	c, ok := p.(*codec.Connect)
	if !ok || c.User != nil || c.Password != nil {
		return frame
	}
	head := 2
	for frame[head-1] >= 0x80 {
		head++
	}
	body := append([]byte(nil), frame[head:]...)
	flags := 3 // behind Protocol Name and Protocol Level
	if len(body) >= 2 {
		flags += int(binary.BigEndian.Uint16(body))
	}
	if flags >= len(body) {
		return frame
	}
	for _, field := range []struct {
		flag byte
		text string
	}{{0x80, user}, {0x40, password}} {
		if field.text != "" {
			body[flags] |= field.flag
			body = append(binary.BigEndian.AppendUint16(body, uint16(len(field.text))), field.text...)
		}
	}
	out := append(codec.AppendVarint([]byte{frame[0]}, uint32(len(body))), body...)
	p, still := codec.Inspect(out, 0, codec.FromClient)
	if c, ok := p.(*codec.Connect); !ok || string(c.User) != user || string(c.Password) != password || len(still) > len(broken) {
		return frame // what was broken is broken in another way now
	}
	return out
}
