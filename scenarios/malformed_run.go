package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/matrix"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// runMalformed sends every case of the version, each on its own connection: many
// at once, or where it is likely to end the broker one after the other, so that the
// finding names the case which did.
func runMalformed(t *T, packet codec.Type, all []matrix.Case, oneByOne bool) {
	var clients []*Client
	cases := map[*Client]*matrix.Case{}
	alive := map[*Client]bool{}
	same := map[string][]Survivor{} // by what they break
	var order []string
	send := func(c *Client) {
		stepFor(t, cases[c])
		c.SendRaw(malformedBytes(t, c, cases[c]))
	}
	for some := range slices.Chunk(casesIn(t.Version(), all), atOnce) {
		var now []*Client
		for _, of := range some {
			c := openFor(t, packet, of)
			now, cases[c] = append(now, c), of
			if oneByOne {
				send(c)
				c.ClosedWithin(t.Timeouts().CarriesOn)
			}
		}
		for _, c := range now {
			if !oneByOne {
				send(c)
			}
		}
		for _, s := range t.Survivors(now...) {
			alive[s.Client] = true
			cited, causes := dutyOf(cases[s.Client])
			key := fmt.Sprint(cited, causes)
			if same[key] == nil {
				order = append(order, key)
			}
			same[key] = append(same[key], s)
		}
		for _, c := range now {
			if !alive[c] {
				c.ObserveClose()
			}
			c.Drop() // what it holds is free for the next
		}
		clients = append(clients, now...)
	}
	for _, key := range order {
		first := same[key][0]
		stepFor(t, cases[first.Client])
		got := first.Instead
		if n := len(same[key]); n > 1 {
			got += fmt.Sprintf("; so after %s", namesOf(cases, same[key][1:]))
		}
		t.Broken("the broker closes the connection", got, first.Event)
	}
	if packet != codec.CONNECT || t.V5() {
		return
	}
	t.Step("no CONNACK answers a malformed CONNECT", V311("MQTT-3.1.4-1")...)
	for _, c := range clients {
		// 5.0 lets a CONNACK say why (3.1.4), 3.1.1 does not.
		connack, ok := c.Taken(func(p codec.Packet) bool { _, is := p.(*codec.Connack); return is })
		if ok && !alive[c] && !saysWhy(connack.(*codec.Connack), cases[c]) {
			t.Broken("the close without a CONNACK", fmt.Sprintf("%s after %s", connack, detail(cases[c])), -1)
			return // one shows it
		}
	}
}

// saysWhy says that a CONNACK of 3.1.1 has the code which the standard has for the
// very field that is wrong: 0x02 for an identifier that is rejected (3.1.3.1), 0x04
// for a user name or password whose data are malformed (Table 3.1). Whoever reads
// these sentences first may send it, as may a broker that does not know the user.
func saysWhy(connack *codec.Connack, c *matrix.Case) bool {
	p := c.Packet.(*codec.Connect)
	if p.User != nil || p.Password != nil {
		if deniesLogin(connack) {
			return true
		}
	}
	return connack.Code == 2 && strings.HasPrefix(detail(c), "text: Client Identifier")
}

// casesIn keeps the cases of a version.
func casesIn(v codec.Version, all []matrix.Case) (kept []*matrix.Case) {
	for i := range all {
		if all[i].Version == v {
			kept = append(kept, &all[i])
		}
	}
	return kept
}

// namesOf names cases, a few of them.
func namesOf(cases map[*Client]*matrix.Case, list []Survivor) string {
	var names []string
	for i, s := range list {
		if i == 3 {
			names = append(names, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		names = append(names, detail(cases[s.Client]))
	}
	return strings.Join(names, ", ")
}

// openFor opens a connection and brings it to where the packet belongs.
func openFor(t *T, packet codec.Type, c *matrix.Case) *Client {
	name := Name(detail(c))
	switch packet {
	case codec.CONNECT:
		return t.Open(name)
	case codec.AUTH:
		client := t.Open(name, With(codec.Data(codec.AuthenticationMethod, echoMethod)))
		client.SendConnect()
		return client
	}
	client := t.Open(name)
	client.SendConnect()
	return client
}

// malformedBytes makes the bytes of a case for this client.
func malformedBytes(t *T, client *Client, c *matrix.Case) []byte {
	packet := c.Packet.Clone()
	switch p := packet.(type) {
	case *codec.Connect:
		// Of the same length, as a mutation may name a byte by its place.
		if id := client.ID(); len(p.ClientID) > 0 && len(p.ClientID) <= len(id) {
			p.ClientID = codec.Text(id[len(id)-len(p.ClientID):])
		}
	case *codec.Publish:
		// Away from the filter of the SUBSCRIBE cases, should it be taken; of the same
		// length too.
		if p.Topic.String() == "matrix/a" {
			p.Topic = codec.Text("matrix/p")
		}
		acceptedByBroker(t, client)
	case *codec.Auth:
		challenge, ok := client.AnswerWithin(t.Timeouts().Answer).(*codec.Auth)
		if !ok {
			t.Skip("the broker knows no Authentication Method %q", echoMethod)
		}
		answers(p, challenge)
	default:
		acceptedByBroker(t, client)
	}
	data, err := codec.Mutate(packet, c.Version, c.Mutations...)
	if err != nil {
		t.Skip("the case cannot be made here: %v", err)
	}
	return data
}

// acceptedByBroker awaits the answer to the client's CONNECT.
func acceptedByBroker(t *T, c *Client) {
	if connack := c.ExpectConnack(); connack.Code != 0 {
		t.Fail("a CONNACK that accepts a valid CONNECT", connack.String(), -1)
	}
}

// answers makes an AUTH the right answer to a challenge, apart from its error. One
// without a method answers nothing.
func answers(p, challenge *codec.Auth) {
	method, _ := challenge.Properties.Find(codec.AuthenticationMethod)
	data, _ := challenge.Properties.Find(codec.AuthenticationData)
	for i := range p.Properties {
		switch p.Properties[i].ID {
		case codec.AuthenticationMethod:
			p.Properties[i].Data = method.Data
		case codec.AuthenticationData:
			p.Properties[i].Data = data.Data
		}
	}
	_, has := p.Properties.Find(codec.AuthenticationData)
	if _, named := p.Properties.Find(codec.AuthenticationMethod); named && !has {
		p.Properties = append(p.Properties, data)
	}
}

// detail is the name of a case without the words that its scenario has.
func detail(c *matrix.Case) string {
	_, rest, _ := strings.Cut(c.Name, ": ")
	return rest
}

// stepFor begins the step of a case.
func stepFor(t *T, c *matrix.Case) {
	cited, causes := dutyOf(c)
	t.Step(detail(c), cited...)
	t.Because(causes...)
}

// named are the statements that repeat, for who receives it, what another says to
// who sends it.
var named = map[string]string{
	"MQTT-1.5.4-1": "U5-1.5.4-u1", "MQTT-1.5.4-2": "U5-1.5.4-u2", "MQTT-1.5.7-1": "U5-1.5.7-u1", "MQTT-2.1.3-1": "U5-2.1.3-u1",
	"MQTT-3.3.1-4": "U5-3.3.1.2-u1", "MQTT-3.8.3-2": "U5-3.8.3-u1", "MQTT-3.10.3-2": "U5-3.10.3-u1",
}

// ofText are the statements that a field of CONNECT, or a filter, is a UTF-8
// string, of 3.1.1 and of 5.0.
var ofText = map[string][2]string{
	"CONNECT Client Identifier": {"MQTT-3.1.3-4", "MQTT-3.1.3-4"},
	"CONNECT Will Topic":        {"MQTT-3.1.3-10", "MQTT-3.1.3-11"},
	"CONNECT User Name":         {"MQTT-3.1.3-11", "MQTT-3.1.3-12"},
	"PUBLISH Topic Name":        {"MQTT-3.3.2-1", "MQTT-3.3.2-1"},
	"SUBSCRIBE Topic Filter":    {"MQTT-3.8.3-1", "MQTT-3.8.3-1"},
	"UNSUBSCRIBE Topic Filter":  {"MQTT-3.10.3-1", "MQTT-3.10.3-1"},
}

// dutyOf gives the statements that a broker breaks which does not close the
// connection at a case, and those of the client that are the cause.
func dutyOf(c *matrix.Case) (cited, causes []spec.Ref) {
	v, id := c.Version, c.Requirement.ID
	ref := func(ids ...string) []spec.Ref { return refs(v, ids) }
	causes = alsoBroken(c)
	r, _ := spec.Lookup(c.Requirement)
	switch {
	// What the format of CONNECT is, the broker must validate.
	case r.Level == spec.Should:
		return ref(id), causes // a sentence without a keyword
	case v == spec.V311 && id == "MQTT-2.2.2-1":
		return ref("MQTT-2.2.2-2"), append(causes, c.Requirement)
	case v == spec.V311 && (id == "MQTT-1.5.3-1" || id == "MQTT-1.5.3-2" || id == "MQTT-3.3.1-4"):
		return ref(id), causes // which names what the receiver must do
	case r.Actor == "server" || r.Actor == "both" && r.Numbered():
		return ref(id), causes
	case c.Packet.Type() == codec.CONNECT:
		return ref("MQTT-3.1.4-1"), append(causes, c.Requirement)
	case v == spec.V311:
		return ref("MQTT-4.8.0-1"), append(causes, c.Requirement)
	}
	return ref("MQTT-4.13.1-1"), append(causes, c.Requirement)
}

// alsoBroken gives what the client breaks beside the requirement of the case: the
// same error, said of the receiver, of the field, or of a topic.
func alsoBroken(c *matrix.Case) (also []spec.Ref) {
	v, id := c.Version, c.Requirement.ID
	field := ""
	for f := range ofText {
		packet, name, _ := strings.Cut(f, " ")
		if c.Kind == matrix.BadText && c.Packet.Type().String() == packet && strings.Contains(detail(c), name+" with") {
			field = f
		}
	}
	add := func(v311, v5 string) {
		if want := (spec.Ref{Version: v, ID: v5}); v == spec.V5 && v5 != "" {
			also = append(also, want)
		} else if v == spec.V311 && v311 != "" {
			also = append(also, spec.Ref{Version: v, ID: v311})
		}
	}
	add("", named[id])
	if ids := ofText[field]; field != "" && !strings.HasSuffix(id, "-2") {
		add(ids[0], ids[1])
	}
	if strings.HasPrefix(field, "PUBLISH") || strings.Contains(field, "Topic") {
		if id == "MQTT-1.5.3-2" || id == "MQTT-1.5.4-2" {
			add("MQTT-4.7.3-2", "MQTT-4.7.3-2")
		}
	}
	switch detail := detail(c); {
	case id == "U5-3.3.2.1-u1":
		add("", "MQTT-4.7.3-1")
	case strings.Contains(detail, "user without its flag"):
		add("MQTT-3.1.2-18", "MQTT-3.1.2-16")
	case strings.Contains(detail, "password without its flag"):
		add("MQTT-3.1.2-20", "MQTT-3.1.2-18")
	case strings.Contains(detail, "will fields without the flag"):
		add("MQTT-3.1.2-11", "")
	case id == "MQTT-3.1.2-13" && v == spec.V311, id == "MQTT-3.1.2-15" && v == spec.V311:
		add("MQTT-3.1.2-11", "")
	}
	return also
}
