package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

var _ = add(Scenario{
	ID:     "session.random-commands",
	Title:  "three clients that do what they like get what they have subscribed to, and nothing else",
	Why:    "a broker that does each thing right may do some sequence of them wrong",
	Proves: Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1")),
	Needs:  []Feature{QoS2, Wildcard},
	Run: func(t *T) {
		for range 3 {
			script := randomScript(t.Random())
			why := play(t, script)
			if why == "" {
				continue
			}
			short, why := shorter(t, script, why)
			t.Step("three clients", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
			t.Fail("what they have subscribed to, and nothing else, in: "+strings.Join(names(short), "; "), why, -1)
		}
	},
})

// command is what a client does. On a client that is away it does nothing, so that
// any part of a script is a script.
type command struct {
	client int
	verb   string
	what   string // a topic or a filter
	qos    byte   // of a message
}

func (c command) String() string {
	s := strings.TrimSpace(fmt.Sprintf("client %d %s %s", c.client, c.verb, c.what))
	if c.verb == publishes {
		s += fmt.Sprintf(" at QoS %d", c.qos)
	}
	return s
}

func names(script []command) (list []string) {
	for _, c := range script {
		list = append(list, c.String())
	}
	return list
}

const (
	subscribes   = "subscribes to"
	unsubscribes = "unsubscribes from"
	publishes    = "publishes to"
	isLost       = "loses its connection"
	disconnects  = "disconnects"
	returns      = "returns"
)

func randomScript(random *rand.Rand) []command {
	verbs := []string{subscribes, subscribes, subscribes, publishes, publishes, publishes, publishes, publishes, publishes, unsubscribes, isLost, disconnects, returns, returns}
	script := make([]command, 40)
	for i := range script {
		c := command{client: random.IntN(3) + 1, verb: verbs[random.IntN(len(verbs))]}
		switch c.verb {
		case subscribes, unsubscribes:
			filters := []string{"a", "b", "a/x", "+", "+/x", "a/#", "#"}
			c.what = filters[random.IntN(len(filters))]
		case publishes:
			topics := []string{"a", "b", "a/x", "b/x", "c"}
			c.what, c.qos = topics[random.IntN(len(topics))], byte(1+random.IntN(2))
		}
		script[i] = c
	}
	return script
}

// player is a client with what the model knows of it.
type player struct {
	*Client
	away    bool
	filters map[string]bool
	ever    []string        // filters, also those that were removed since
	due     map[string]bool // payloads that must come
	before  map[string]int  // payloads that nothing matched, with how many filters there had been
}

// play runs a script with new clients, and says what is wrong with what they get.
func play(t *T, script []command) (why string) {
	base := t.Topic(t.ClientID() + "/") // of its own for each run
	players := make([]*player, 3)
	for i := range players {
		p := &player{Client: t.Connect(Name(fmt.Sprintf("client %d", i+1)), Keep()), filters: map[string]bool{}, due: map[string]bool{}, before: map[string]int{}}
		keptSession(t, p.Client)
		players[i] = p
	}
	topics := map[string]string{} // by payload
	for i, c := range script {
		p := players[c.client-1]
		if p.away != (c.verb == returns) {
			continue
		}
		switch c.verb {
		case subscribes:
			p.Subscribe(base+c.what, 2)
			p.filters[c.what], p.ever = true, append(p.ever, c.what)
		case unsubscribes:
			// What is under way when the subscription ends need not come (3.10.4).
			if why := p.missing(t, base, topics); why != "" {
				return why
			}
			p.Unsubscribe(base + c.what)
			delete(p.filters, c.what)
		case publishes:
			payload := fmt.Sprintf("message %d", i)
			topics[payload] = c.what
			for _, q := range players {
				if q.matches(c.what) {
					q.due[payload] = true
				} else {
					q.before[payload] = len(q.ever)
				}
			}
			p.Publish(base+c.what, payload, c.qos)
		case isLost, disconnects:
			// What has come must be taken on the connection on which it came.
			if why := p.missing(t, base, topics); why != "" {
				return why
			}
			if p.away = true; c.verb == isLost {
				p.Drop()
			} else {
				p.Disconnect()
			}
		case returns:
			p.away = false
			p.Reconnect()
		}
	}
	for _, p := range players {
		if p.away {
			p.Reconnect()
		}
		if why := p.missing(t, base, topics); why != "" {
			return why
		}
	}
	t.Fence(players[0].Client, players[0].Client, players[1].Client, players[2].Client)
	for i, p := range players {
		for _, m := range p.Pending() {
			since, nobody := p.before[string(m.Payload)]
			// A message may be routed late, to a subscription that came behind it.
			late := nobody && slices.ContainsFunc(p.ever[since:], func(f string) bool { return matchesFilter(f, topics[string(m.Payload)]) })
			if nobody && !late {
				return fmt.Sprintf("client %d gets %s, for which it has no subscription", i+1, m)
			}
		}
		p.Disconnect()
	}
	return ""
}

// missing awaits what must have come to a client by now.
func (p *player) missing(t *T, base string, topics map[string]string) string {
	for payload := range p.due {
		if _, ok := p.Gets(base+topics[payload], payload, t.Timeouts().Delivery); !ok {
			return fmt.Sprintf("%s to %s does not come within %s, with subscriptions to %d filters", payload, topics[payload], t.Timeouts().Delivery, len(p.filters))
		}
		delete(p.due, payload)
	}
	return ""
}

func (p *player) matches(topic string) bool {
	for f := range p.filters {
		if matchesFilter(f, topic) {
			return true
		}
	}
	return false
}

// matchesFilter is 4.7 for topics that do not begin with $.
func matchesFilter(filter, topic string) bool {
	f, levels := strings.Split(filter, "/"), strings.Split(topic, "/")
	for i, level := range f {
		switch {
		case level == "#":
			return len(levels) >= i // a/# matches a
		case i >= len(levels) || level != "+" && level != levels[i]:
			return false
		}
	}
	return len(f) == len(levels)
}

// shorter leaves out of a script what it can and still goes wrong, for a
// sixth of the time of a scenario.
func shorter(t *T, script []command, why string) ([]command, string) {
	for size := len(script) / 2; size >= 1; size /= 2 {
		for at := 0; at+size <= len(script); {
			if t.Elapsed() > t.Timeouts().Scenario/6 {
				return script, why
			}
			part := slices.Delete(slices.Clone(script), at, at+size)
			if w := play(t, part); w != "" {
				script, why = part, w
				continue
			}
			at += size
		}
	}
	return script, why
}
