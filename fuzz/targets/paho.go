package targets

import (
	"bytes"

	paho "github.com/eclipse/paho.golang/packets"
	pahomqtt "github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/fuzz/parser"
)

// PahoGolang is the codec of eclipse/paho.golang, which has 5.0 only, as a parser
// under test.
func PahoGolang() parser.Parser {
	return peer("paho.golang", codec.V5, func(packet []byte) error {
		b, err := guarded(packet)
		if err != nil {
			return err
		}
		_, err = readPaho(b)
		return err
	})
}

func readPaho(b []byte) (*paho.ControlPacket, error) { return paho.ReadPacket(bytes.NewReader(b)) }

// PahoMQTT is the codec of eclipse/paho.mqtt.golang, of 3.1.1, as a parser under test.
func PahoMQTT() parser.Parser {
	return peer("paho.mqtt.golang", codec.V311, func(packet []byte) error {
		b, err := guarded(packet)
		if err != nil {
			return err
		}
		p, err := pahomqtt.ReadPacket(bytes.NewReader(b))
		if connect, ok := p.(*pahomqtt.ConnectPacket); ok && err == nil {
			if code := connect.Validate(); code != pahomqtt.Accepted {
				return pahomqtt.ConnErrors[code]
			}
		}
		return err
	})
}

// guarded gives the packet at the start of the bytes if it is whole: both make room
// for what is announced before they read, 256 MiB for five bytes, so that their users
// have to look first, and so do we.
func guarded(b []byte) ([]byte, error) {
	n, ok, err := codec.FrameSize(b)
	if err != nil {
		return nil, err
	}
	if !ok || n > len(b) {
		return nil, codec.ErrIncomplete
	}
	return b[:n], nil
}
