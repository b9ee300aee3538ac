package reference_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/containers/need"
	"github.com/mqttproof/mqttproof/scenarios/reference"
)

// clientErrors collects what clients are told to have done wrong.
type clientErrors struct {
	mu   sync.Mutex
	list []string
}

func (e *clientErrors) tell(c reference.ClientError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, fmt.Sprintf("%s: %s: %s", c.Client, c.Error(), c.Packet))
}

// trueOfPaho is what paho.golang does now and then, read off the bytes: its
// DISCONNECT overtakes a PUBCOMP, which follows it (5.0/MQTT-3.14.4-1).
const trueOfPaho = "this packet follows the DISCONNECT of the client (5.0/MQTT-3.14.4-1): PUBCOMP"

// serve starts a broker on a free port, and fails the test if a client of it is
// said to have done anything wrong: these clients are those that others use.
func serve(t *testing.T, behaviours ...string) (address string) {
	t.Helper()
	opts, err := reference.Defaults().With(behaviours...)
	if err != nil {
		t.Fatal(err)
	}
	var errs clientErrors
	opts.Judge = errs.tell
	b := reference.New(opts)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.Serve(l) }()
	t.Cleanup(func() {
		b.Close()
		if err := <-done; !errors.Is(err, reference.ErrClosed) {
			t.Errorf("Serve ended with %v", err)
		}
		for _, e := range errs.list {
			if !strings.Contains(e, trueOfPaho) {
				t.Errorf("a client is accused: %s", e)
			}
		}
	})
	return l.Addr().String()
}

const patience = 10 * time.Second

// expect takes payloads from the channel until those wanted have come. What a
// client shows its user again, because its DISCONNECT overtook its PUBREC, is
// that client's affair.
func expect(t *testing.T, got <-chan string, want ...string) {
	t.Helper()
	open := map[string]bool{}
	for _, w := range want {
		open[w] = true
	}
	late := time.After(patience)
	for len(open) > 0 {
		select {
		case payload := <-got:
			delete(open, payload)
		case <-late:
			t.Fatalf("still missing: %v", open)
		}
	}
}

func waitFor(t *testing.T, what string, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("%s: %v", what, token.Error())
	}
}

// paho.mqtt.golang in 3.1 and 3.1.1: all QoS, a will, a session that is resumed
// with what came meanwhile.
func TestPahoMQTT(t *testing.T) {
	for _, c := range []struct {
		version codec.Version
		with    []string
	}{
		{codec.V31, nil}, {codec.V311, nil}, {codec.V311, []string{"publish-at-pubrel", "copy-per-match"}}, {codec.V311, []string{"send-quota-1"}},
	} {
		t.Run(fmt.Sprint(c.version, c.with), func(t *testing.T) {
			address := serve(t, c.with...)
			options := func(id string) *mqtt.ClientOptions {
				return mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID(id).SetProtocolVersion(uint(c.version)).
					SetAutoReconnect(false).SetConnectTimeout(patience)
			}
			got := make(chan string, 100)
			receive := func(_ mqtt.Client, m mqtt.Message) { got <- string(m.Payload()) }
			subscriber := mqtt.NewClient(options("subscriber").SetCleanSession(false).SetDefaultPublishHandler(receive))
			waitFor(t, "connect", subscriber.Connect())
			waitFor(t, "subscribe", subscriber.SubscribeMultiple(map[string]byte{"a/+": 2, "gone": 1}, nil))
			publisher := mqtt.NewClient(options("publisher"))
			waitFor(t, "connect", publisher.Connect())
			for qos := range byte(3) {
				waitFor(t, "publish", publisher.Publish("a/b", qos, false, fmt.Sprint("at ", qos)))
			}
			expect(t, got, "at 0", "at 1", "at 2")
			subscriber.Disconnect(100)
			for qos := byte(1); qos < 3; qos++ {
				waitFor(t, "publish", publisher.Publish("a/b", qos, false, fmt.Sprint("offline at ", qos)))
			}
			waitFor(t, "connect again", subscriber.Connect())
			expect(t, got, "offline at 1", "offline at 2")
			// The connection of this one is cut, so its will is published.
			var cut net.Conn
			dying := mqtt.NewClient(options("dying").SetWill("gone", "its will", 1, false).
				SetCustomOpenConnectionFn(dialer(address, &cut)))
			waitFor(t, "connect", dying.Connect())
			_ = cut.Close()
			expect(t, got, "its will")
			waitFor(t, "unsubscribe", subscriber.Unsubscribe("a/+"))
			publisher.Disconnect(100)
			subscriber.Disconnect(100)
		})
	}
}

// paho.golang in 5.0: all QoS, aliases, a session that is resumed.
func TestPahoGolang(t *testing.T) {
	for _, with := range [][]string{nil, {"send-aliases", "publish-at-pubrel"}, {"receive-maximum-5", "add-user-property"}} {
		t.Run(strings.Join(with, " "), func(t *testing.T) {
			address := serve(t, with...)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			got := make(chan string, 100)
			connect := func(id string, clean bool, expiry uint32) *paho.Client {
				var d net.Dialer
				nc, err := d.DialContext(ctx, "tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				c := paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(nc), OnPublishReceived: []func(paho.PublishReceived) (bool, error){
					func(p paho.PublishReceived) (bool, error) {
						got <- string(p.Packet.Payload)
						return true, nil
					}}})
				aliases := uint16(5)
				if _, err := c.Connect(ctx, &paho.Connect{ClientID: id, CleanStart: clean, KeepAlive: 30,
					Properties: &paho.ConnectProperties{SessionExpiryInterval: &expiry, TopicAliasMaximum: &aliases}}); err != nil {
					t.Fatal(err)
				}
				return c
			}
			subscriber := connect("subscriber", true, 60)
			identifier := 7
			if _, err := subscriber.Subscribe(ctx, &paho.Subscribe{Properties: &paho.SubscribeProperties{SubscriptionIdentifier: &identifier},
				Subscriptions: []paho.SubscribeOptions{{Topic: "a/#", QoS: 2}}}); err != nil {
				t.Fatal(err)
			}
			publisher := connect("publisher", true, 0)
			publish := func(qos byte, payload string) {
				if _, err := publisher.Publish(ctx, &paho.Publish{Topic: "a/b", QoS: qos, Payload: []byte(payload),
					Properties: &paho.PublishProperties{ContentType: "text/plain"}}); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				for qos := range byte(3) {
					publish(qos, fmt.Sprint("at ", qos))
				}
				expect(t, got, "at 0", "at 1", "at 2")
			}
			if err := subscriber.Disconnect(&paho.Disconnect{}); err != nil {
				t.Fatal(err)
			}
			publish(1, "offline")
			subscriber = connect("subscriber", false, 60)
			expect(t, got, "offline")
			for _, c := range []*paho.Client{subscriber, publisher} {
				if err := c.Disconnect(&paho.Disconnect{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The clients of mosquitto in every version and QoS.
func TestMosquittoClients(t *testing.T) {
	sub, pub := need.MosquittoClients(t)
	address := serve(t)
	host, port, _ := net.SplitHostPort(address)
	for _, version := range []string{"mqttv31", "mqttv311", "mqttv5"} {
		for qos := range 3 {
			t.Run(fmt.Sprintf("%s/qos %d", version, qos), func(t *testing.T) {
				topic := fmt.Sprintf("%s/%d", version, qos)
				common := []string{"-h", host, "-p", port, "-V", version, "-q", strconv.Itoa(qos), "-t", topic}
				// A retained message waits for the subscriber, whoever is faster.
				if out, err := exec.CommandContext(t.Context(), pub, append(common, "-r", "-m", "hello")...).CombinedOutput(); err != nil {
					t.Fatalf("mosquitto_pub: %v: %s", err, out)
				}
				out, err := exec.CommandContext(t.Context(), sub, append(common, "-C", "1", "-W", "10")...).CombinedOutput()
				if err != nil || strings.TrimSpace(string(out)) != "hello" {
					t.Errorf("mosquitto_sub: %v: %q, want hello", err, out)
				}
			})
		}
	}
}

// dialer gives the connection away, so that a test can cut it.
func dialer(address string, conn *net.Conn) mqtt.OpenConnectionFunc {
	return func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		nc, err := net.DialTimeout("tcp", address, patience)
		*conn = nc
		return nc, err
	}
}
