package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// echoMethod is an Authentication Method that needs no secret: the client sends
// the Authentication Data back that the broker sends. A broker that does not know
// it, as none must, is not asked for more than to refuse it.
const echoMethod = "mqttproof-echo"

func method(name string) codec.Property { return codec.Data(codec.AuthenticationMethod, name) }

// sendAuth sends an AUTH with a method and data.
func sendAuth(c *Client, code byte, name, data string) {
	c.Send(&codec.Auth{Code: code, Properties: codec.Properties{method(name), codec.Data(codec.AuthenticationData, data)}})
}

// challenged connects a client that authenticates itself and gives the data that
// it is to answer. It skips where the broker does not know the method.
func challenged(t *T, opts ...Option) (c *Client, data string) {
	c = t.Open(append([]Option{With(method(echoMethod))}, opts...)...)
	c.SendConnect()
	p, ok := c.AnswerWithin(t.Timeouts().Answer).(*codec.Auth)
	if !ok {
		t.Skip("the broker does not ask a client with the Authentication Method %s for anything", echoMethod)
	}
	return c, authenticationData(p)
}

func authenticationData(p *codec.Auth) string {
	data, _ := p.Properties.Find(codec.AuthenticationData)
	return string(data.Data)
}

// authenticated connects a client that has authenticated itself.
func authenticated(t *T, opts ...Option) *Client {
	c, data := challenged(t, opts...)
	t.Step("the right answer is accepted", V5("MQTT-3.1.4-5")...)
	sendAuth(c, 0x18, echoMethod, data)
	if connack := c.ExpectConnack(); connack.Code != 0 {
		t.Fail("a CONNACK that accepts the client", connack.String(), -1)
	}
	return c
}

// authForm are the statements on the AUTH packets of a broker and what surrounds
// them. The codec and the judge find what breaks them.
var authForm = V5("MQTT-3.15.2-1", "MQTT-3.15.2-2", "MQTT-3.15.2-3", "MQTT-4.12.0-2", "MQTT-4.12.0-5",
	"U5-3.15.2.2.2-u1", "U5-3.15.2.2.3-u1", "U5-3.15.2.2.4-u2")

var _ = add(Scenario{
	ID:     "auth.unknown-method",
	Title:  "a client with an Authentication Method that the broker cannot know is refused",
	Why:    "a broker that reads over the method lets a client in that it has not authenticated",
	Proves: V5("MQTT-4.12.0-1", "MQTT-3.2.2-7"),
	Run: func(t *T) {
		t.Step("a method that was made up", V5("MQTT-4.12.0-1")...)
		c := t.Open(With(method("mqttproof-" + t.ClientID())))
		c.SendConnect()
		c.ExpectRefused()
	},
})

var _ = add(Scenario{
	ID:     "auth.not-named",
	Title:  "a client that names no Authentication Method gets no AUTH and no method in CONNACK",
	Why:    "a client that knows no AUTH packet takes it for an error and leaves",
	Proves: V5("MQTT-4.12.0-6"),
	Run: func(t *T) {
		t.Step("neither AUTH nor a method comes", V5("MQTT-4.12.0-6")...)
		c := t.Connect()
		_, named := c.Connack.Properties.Find(codec.AuthenticationMethod)
		t.Equal("Authentication Method in CONNACK", named, false)
		c.Sync()
		if p, sent := c.Taken(func(p codec.Packet) bool { _, is := p.(*codec.Auth); return is }); sent {
			t.Broken("no AUTH", p.String(), -1)
		}
	},
})

var _ = add(Scenario{
	ID:     "auth.without-method",
	Title:  "AUTH of a client that named no Authentication Method ends the connection",
	Why:    "whoever may begin an authentication in the midst of a connection may change who it is",
	Proves: V5("MQTT-4.12.0-7", "MQTT-4.12.0-6", "U5-3.15-u1"),
	Run: func(t *T) {
		for _, code := range []byte{0x18, 0x19} {
			c := t.Connect()
			t.Step(fmt.Sprintf("an AUTH with 0x%02X", code), V5("U5-3.15-u1", "MQTT-4.12.0-7")...)
			sendAuth(c, code, echoMethod, "data")
			c.ExpectClosed()
		}
	},
})

var _ = add(Scenario{
	ID:     "auth.exchange",
	Title:  "AUTH and CONNACK of an authentication have their codes, and the method of the CONNECT",
	Why:    "a client that may use several methods finds its way by these alone",
	Proves: authForm,
	Run: func(t *T) {
		t.Step("the broker asks for more, and then accepts", authForm...)
		c, data := challenged(t, takesSmall())
		sendAuth(c, 0x18, echoMethod, data)
		connack := c.ExpectConnack()
		t.Equal("CONNACK code", connack.Code, byte(0))
		named, _ := connack.Properties.Find(codec.AuthenticationMethod)
		t.Step("CONNACK names the method", V5("MQTT-4.12.0-5")...)
		t.Equal("Authentication Method", string(named.Data), echoMethod)
		c.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "auth.wrong-answer",
	Title:  "a client that answers the challenge wrongly is refused",
	Why:    "it is what the challenge is for",
	Proves: V5("MQTT-4.12.0-4"),
	Run: func(t *T) {
		c, data := challenged(t)
		t.Step("another answer than the right one", V5("MQTT-4.12.0-4")...)
		sendAuth(c, 0x18, echoMethod, data+" and more")
		c.ExpectRefused()
	},
})

var _ = add(Scenario{
	ID:     "auth.property-twice",
	Title:  "a CONNECT with two Authentication Methods, or with two Authentication Data, is refused",
	Why:    "one part of the broker may look at the first one, and another at the second",
	Proves: V5("MQTT-3.1.4-1", "U5-3.1.2.11.9-u1", "U5-3.1.2.11.10-u2"),
	Run: func(t *T) {
		// Only a broker that goes on with the method shows that it has taken one.
		challenged(t, Name("client without an error"), With(codec.Data(codec.AuthenticationData, "data")))
		for _, twice := range []struct {
			name string
			with codec.Properties
			ref  string
		}{
			{"Authentication Method twice", codec.Properties{method(echoMethod), method(echoMethod)}, "U5-3.1.2.11.9-u1"},
			{"Authentication Data twice", codec.Properties{method(echoMethod), codec.Data(codec.AuthenticationData, "data"),
				codec.Data(codec.AuthenticationData, "data")}, "U5-3.1.2.11.10-u2"},
		} {
			t.Step(twice.name, V5("MQTT-3.1.4-1", twice.ref)...)
			c := t.Open(Name("client with " + twice.name))
			p := c.Packet()
			p.Properties = append(p.Properties, twice.with...)
			c.Send(p)
			c.ExpectRefused()
		}
	},
})

var _ = add(Scenario{
	ID:     "auth.other-method",
	Title:  "AUTH with another method than that of the CONNECT ends the connection",
	Why:    "a client that may go over to a weaker method need not know the secret of the strong one",
	Proves: V5("U5-3.15-u1"),
	Run: func(t *T) {
		c, data := challenged(t)
		t.Step("the right answer, under another method", V5("U5-3.15-u1")...)
		sendAuth(c, 0x18, "mqttproof-"+t.ClientID(), data)
		c.ExpectRefused()
	},
})

var _ = add(Scenario{
	ID:     "auth.before-connack",
	Title:  "a client that is being authenticated gets no service before CONNACK",
	Why:    "whoever is served before the end of the authentication needs no right answer",
	Proves: V5("MQTT-3.2.0-1", "MQTT-3.1.4-6"),
	Run: func(t *T) {
		topic := t.Topic("t")
		for _, p := range []codec.Packet{
			&codec.Pingreq{}, &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text(topic)}}},
		} {
			c, data := challenged(t)
			t.Step(p.Type().String()+" in the midst of the authentication is not answered before CONNACK", V5("MQTT-3.2.0-1")...)
			c.Send(p)
			sendAuth(c, 0x18, echoMethod, data)
			switch answer := c.AnswerWithin(t.Timeouts().Answer).(type) {
			case nil:
				t.Observe(p.Type().String()+" before CONNACK", "no answer")
			case *codec.Connack, *codec.Auth:
				t.Observe(p.Type().String()+" before CONNACK", "%s", answer.Type())
			default:
				t.Broken("CONNACK, AUTH or the close", answer.String(), -1)
			}
		}
		watcher := t.Connect(Name("watcher"))
		watcher.Subscribe(topic, 0)
		c, data := challenged(t)
		t.Step("PUBLISH of a client that is then refused goes nowhere", V5("MQTT-3.1.4-6")...)
		c.Send(&codec.Publish{Topic: codec.Text(topic), Payload: []byte("of somebody")})
		sendAuth(c, 0x18, echoMethod, data+" and more")
		c.ExpectRefused()
		watcher.ExpectNothing(t.Connect(Name("marker")))
	},
})

var _ = add(Scenario{
	ID:     "auth.again",
	Title:  "a client can authenticate again on its connection",
	Why:    "rights that end must be renewed without a break",
	Proves: V5("U5-4.12.1-u1", "MQTT-3.15.2-1"),
	Run: func(t *T) {
		c := authenticated(t)
		t.Step("AUTH with 0x19 is answered with 0x18 or 0x00", V5("U5-4.12.1-u1")...)
		sendAuth(c, 0x19, echoMethod, "")
		for {
			p, _ := c.ExpectWhere("AUTH", func(p codec.Packet) bool { _, is := p.(*codec.Auth); return is }).(*codec.Auth)
			if t.OneOf("Reason Code of AUTH", p.Code, byte(0), byte(0x18)); p.Code != 0x18 {
				break
			}
			sendAuth(c, 0x18, echoMethod, authenticationData(p))
		}
		c.StillOpen()
	},
})

// challengedAgain gives a client that authenticates again, and what it is to
// answer.
func challengedAgain(t *T) (c *Client, data string) {
	c = authenticated(t)
	sendAuth(c, 0x19, echoMethod, "")
	t.Step("AUTH with 0x19 is answered", V5("U5-4.12.1-u1")...)
	p, _ := c.ExpectWhere("AUTH", func(p codec.Packet) bool { _, is := p.(*codec.Auth); return is }).(*codec.Auth)
	return c, authenticationData(p)
}

var _ = add(Scenario{
	ID:     "auth.again-other-method",
	Title:  "a client that authenticates again by another method is disconnected",
	Why:    "a client that may change its method need not know the secret of the first one",
	Proves: V5("MQTT-4.12.1-1", "U5-3.15-u1"),
	Run: func(t *T) {
		c := authenticated(t)
		t.Step("AUTH with 0x19 and another method", V5("U5-3.15-u1", "MQTT-4.12.1-1")...)
		sendAuth(c, 0x19, "mqttproof-"+t.ClientID(), "")
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "auth.again-wrong-answer",
	Title:  "a client that fails to authenticate again is disconnected",
	Why:    "rights that were withdrawn are to end also for those who are connected",
	Proves: V5("MQTT-4.12.1-2", "U5-4.13.1-u2"),
	Run: func(t *T) {
		c, data := challengedAgain(t)
		t.Step("another answer than the right one", V5("MQTT-4.12.1-2")...)
		sendAuth(c, 0x18, echoMethod, data+" and more")
		c.ExpectClosed()
	},
})

var _ = add(Scenario{
	ID:     "auth.again-beside-others",
	Title:  "a client that authenticates again is served all the while",
	Why:    "rights are renewed every hour somewhere, and messages must not stop for it",
	Proves: V5("MQTT-3.12.4-1", "MQTT-4.5.0-1"),
	Run: func(t *T) {
		c, data := challengedAgain(t)
		t.Step("a PINGREQ before the answer to the challenge", V5("MQTT-3.12.4-1")...)
		c.StillOpen()
		t.Step("a message before the answer to the challenge", V5("MQTT-4.5.0-1")...)
		topic := t.Topic("t")
		c.Subscribe(topic, 0)
		c.Publish(topic, "in the meantime", 0)
		c.ExpectMessage(topic, "in the meantime")
		t.Step("the authentication is completed behind it", V5("U5-4.12.1-u1")...)
		sendAuth(c, 0x18, echoMethod, data)
		c.ExpectWhere("AUTH", func(p codec.Packet) bool { _, is := p.(*codec.Auth); return is })
	},
})

var _ = add(Scenario{
	ID:     "auth.unusual-code",
	Title:  "what the broker does with an AUTH that has a code only servers use, or none at all, is observed, and it goes on serving others",
	Why:    "the standard names no reaction, but a broker that falls over is of no use to anybody",
	Proves: V5("MQTT-3.12.4-1"),
	Run: func(t *T) {
		other := t.Connect(Name("other"))
		for _, code := range []byte{0x00, 0x01, 0xFF} {
			c, data := challenged(t, Name(fmt.Sprintf("client with code 0x%02X", code)))
			sendAuth(c, code, echoMethod, data)
			answer := "the close"
			if p := c.AnswerWithin(t.Timeouts().CarriesOn); p != nil {
				answer = p.Type().String()
			} else if !c.ClosedWithin(0) {
				answer = "nothing"
			}
			t.Observe(fmt.Sprintf("AUTH with 0x%02X in the midst of an authentication", code), "%s", answer)
		}
		t.Step("the other client is served", V5("MQTT-3.12.4-1")...)
		other.StillOpen()
	},
})

var _ = add(Scenario{
	ID:     "auth.problem-information",
	Title:  "a client that sets Request Problem Information 0 gets no Reason String and no User Property in AUTH",
	Why:    "a client that pays for each byte declines texts that it does not read",
	Proves: V5("MQTT-3.1.2-29"),
	Run: func(t *T) {
		c, data := challenged(t, With(codec.Int(codec.RequestProblemInformation, 0)))
		sendAuth(c, 0x18, echoMethod, data)
		t.Equal("CONNACK code", c.ExpectConnack().Code, byte(0))
		sendAuth(c, 0x19, echoMethod, "")
		t.Step("AUTH has no such text", V5("MQTT-3.1.2-29")...)
		if p, ok := c.AnswerWithin(t.Timeouts().Answer).(*codec.Auth); ok {
			t.Equal("Reason Strings and User Properties in AUTH", problemTexts(p.Properties), 0)
		}
	},
})
