package scenarios

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
	. "github.com/mqttproof/mqttproof/scenarios/engine"
)

// The bits of the Connect Flags (3.1.2.3).
const (
	willFlag     = 1 << 2
	willQoS1     = 1 << 3
	willQoS2     = 1 << 4
	willRetain   = 1 << 5
	passwordFlag = 1 << 6
	userFlag     = 1 << 7
)

// badConnects makes a scenario for each way to break the format of a CONNECT.
// The broker must validate the format, so each of them is its duty to find
// (MQTT-3.1.4-1); what the client did wrong is the cause that the step names.
var badConnects = []badConnect{
	{
		id: "connect.fixed-header-flags", title: "a CONNECT with a reserved flag of the fixed header set is refused",
		why:  "who ignores these bits will take a packet of a later version for one of today",
		refs: Requirements(V311("MQTT-2.2.2-2"), V5("MQTT-3.1.4-1")),
		cases: []brokenConnect{
			{"flags 0001", nil, breaks(codec.Flags(1))},
			{"flags 0010", nil, breaks(codec.Flags(2))},
			{"flags 0100", nil, breaks(codec.Flags(4))},
			{"flags 1000", nil, breaks(codec.Flags(8))},
		},
	}, {
		id: "connect.will-flags-without-will", title: "a CONNECT with Will QoS or Will Retain but no Will Flag is refused",
		why: "a client that sets them wants a will; a broker that lets it in has silently dropped it",
		cases: []brokenConnect{
			{"Will Flag 0 and Will QoS 1", nil, toggles(willQoS1)},
			{"Will Flag 0 and Will QoS 2", nil, toggles(willQoS2)},
			{"Will Flag 0 and Will Retain 1", nil, toggles(willRetain)},
		},
	}, {
		id: "connect.will-qos-3", title: "a CONNECT with Will QoS 3 is refused",
		why:   "there is no QoS 3: the broker would have to guess, on the day the client dies, what was meant",
		refs:  Requirements(connectFormat, V311("MQTT-3.1.2-14"), V5("MQTT-3.1.2-12", "U5-3.1.2.6-u1")),
		cases: []brokenConnect{{"Will QoS 3", []Option{someWill}, breaks(codec.QoS3())}},
	}, {
		id: "connect.will-missing", title: "a CONNECT with the Will Flag and no will in it is refused",
		why: "the client believes that its death will be announced",
		cases: []brokenConnect{
			{"Will Flag 1 without will fields", nil, toggles(willFlag)},
			{"Will Flag 1 with a Will Topic alone", []Option{someWill, credentials("", "")}, cutWillPayload},
		},
	}, {
		id: "connect.will-unexpected", title: "a CONNECT with will fields but without the Will Flag is refused",
		why:   "the fields would be taken for something else, such as the user name",
		cases: []brokenConnect{{"Will Flag 0 with will fields", []Option{someWill}, toggles(willFlag)}},
	}, {
		id: "connect.user-missing", title: "a CONNECT with the User Name Flag and no user name is refused",
		why:   "an empty name made up by the broker may be a name with rights",
		cases: []brokenConnect{{"User Name Flag 1 without a user name", []Option{credentials("", "")}, toggles(userFlag)}},
	}, {
		id: "connect.user-unexpected", title: "a CONNECT with a user name but without its flag is refused",
		why:   "a broker that reads over it lets a named client in as an anonymous one",
		cases: []brokenConnect{{"User Name Flag 0 with a user name", []Option{credentials("someone", "")}, toggles(userFlag)}},
	}, {
		id: "connect.password-missing", title: "a CONNECT with the Password Flag and no password is refused",
		why:   "an empty password made up by the broker may open a door",
		cases: []brokenConnect{{"Password Flag 1 without a password", []Option{credentials("someone", "")}, toggles(passwordFlag)}},
	}, {
		id: "connect.password-unexpected", title: "a CONNECT with a password but without its flag is refused",
		why:   "a broker that reads over it lets a client in without looking at its password",
		cases: []brokenConnect{{"Password Flag 0 with a password", []Option{someCredentials}, toggles(passwordFlag)}},
	}, {
		id: "connect.client-id-missing", title: "a CONNECT without any payload is refused",
		why:   "the client identifier is not optional, and a broker that invents one loses the session",
		cases: []brokenConnect{{"no Client Identifier", []Option{credentials("", ""), ID("")}, cutPayload}},
	}, {
		id: "connect.trailing-bytes", title: "a CONNECT with a byte behind its last field is refused",
		why:   "bytes that nobody reads are where two implementations begin to differ",
		cases: []brokenConnect{{"a byte too many", nil, breaks(codec.Trailing(0))}},
	}, {
		id: "connect.field-overrun", title: "a CONNECT in which a field runs past the end of the packet is refused",
		why: "a reader that trusts the length reads the memory behind the packet",
		cases: []brokenConnect{
			{"the length of the Protocol Name is too large", nil, breaks(codec.FieldLength("Protocol Name", 0xFFFF))},
			{"the length of the Client Identifier is too large", nil, breaks(codec.FieldLength("Client Identifier", 0x7FFF))},
			{"the length of the Will Topic is too large", []Option{someWill}, breaks(codec.FieldLength("Will Topic", 0x7FFF))},
		},
	},
}

type badConnect struct {
	id, title, why string
	refs           []spec.Ref // what a broker breaks that does not refuse; MQTT-3.1.4-1 if nil
	cases          []brokenConnect
}

// brokenConnect is a valid CONNECT, by its options, and one error made in it.
type brokenConnect struct {
	name   string
	with   []Option
	broken func(*T, *codec.Connect) codec.Mutation
}

var connectFormat = Requirements(V311("MQTT-3.1.4-1"), V5("MQTT-3.1.4-1"))

var _ = func() (all []Scenario) {
	for _, b := range badConnects {
		if b.refs == nil {
			b.refs = connectFormat
		}
		all = append(all, add(Scenario{
			ID: b.id, Title: b.title, Why: b.why,
			Proves: Requirements(b.refs, connectFormat),
			Run: func(t *T) {
				for _, bad := range b.cases {
					acceptedWithoutError(t, bad.with...)
					t.Step(bad.name, b.refs...)
					c := t.Open(bad.with...)
					c.SendBroken(c.Packet(), bad.broken(t, c.Packet()))
					expectMalformedConnectRefused(t, c)
				}
			},
		}))
	}
	return all
}()

// acceptedWithoutError shows that the CONNECT is accepted as long as it has no
// error. A broker that wants other credentials cannot be asked.
func acceptedWithoutError(t *T, opts ...Option) {
	t.Step("without the error the CONNECT is accepted", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
	c := t.Open(opts...)
	c.SendConnect()
	// Without its own name, or with a name of ours, a client may be refused.
	mayRefuse := c.ID() == "" && t.V5() || c.Packet().User != nil || c.Packet().Password != nil
	if mayRefuse && c.RefusesSilently() {
		t.Skip("the broker refuses the valid form of this CONNECT: it closes without a CONNACK")
	}
	connack := c.ExpectConnack()
	switch {
	case deniesLogin(connack), c.ID() == "" && connack.Code != 0:
		t.Skip("the broker refuses the valid form of this CONNECT: %s", connack)
	}
	t.Equal("CONNACK code", connack.Code, byte(0))
	c.Disconnect()
}

// deniesLogin says whether a CONNACK speaks of user name, password or rights.
func deniesLogin(p *codec.Connack) bool {
	return p.Code == 4 || p.Code == 5 || p.Code == 0x86 || p.Code == 0x87
}

// expectMalformedConnectRefused expects the close; 3.1.1 allows no CONNACK
// before it, 5.0 does.
func expectMalformedConnectRefused(t *T, c *Client) {
	connack := c.ExpectRefused()
	if connack != nil && !t.V5() {
		t.Step("no CONNACK answers a malformed CONNECT", V311("MQTT-3.1.4-1")...)
		t.Broken("the close without a CONNACK", connack.String(), -1)
	}
}

var _ = add(Scenario{
	ID:     "connect.password-any-bytes",
	Title:  "a password may hold any bytes: a broker that lets in whoever has a text lets in whoever has others",
	Why:    "keys and tokens are no text; a broker that reads them as UTF-8 refuses some of its clients, by chance",
	Proves: Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5")),
	Run: func(t *T) {
		accepted := func(name, password string) bool {
			c := t.Open(Name("client with "+name), credentials("mqttproof-nobody", password))
			c.SendConnect()
			connack, _ := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
			return connack != nil && connack.Code == 0
		}
		if !accepted("a text", t.ClientID()) {
			t.Skip("the broker looks at passwords")
		}
		t.Step("other bytes are accepted like a text", Requirements(V311("MQTT-3.1.4-4"), V5("MQTT-3.1.4-5"))...)
		for _, password := range []struct{ name, bytes string }{
			{"bytes that are no UTF-8", "\xFF\xFE\x80\xC0\xAF"}, {"U+0000", "a\x00b"}, {"a surrogate", "\xED\xA0\x80"},
		} {
			if !accepted("a password of "+password.name, password.bytes) {
				t.Broken("a CONNACK that accepts a password of "+password.name, "none, where one of text is accepted", -1)
			}
		}
	},
})

// credentials sets user name and password; an empty one is left out.
func credentials(user, password string) Option {
	return Modify(func(p *codec.Connect) {
		p.User, p.Password = nil, nil
		if user != "" {
			p.User = codec.Text(user)
		}
		if password != "" {
			p.Password = []byte(password)
		}
	})
}

// someCredentials makes sure that there are a user name and a password: those
// that the target wants, or any.
var someCredentials = Modify(func(p *codec.Connect) {
	if p.User == nil || p.Password == nil {
		p.User, p.Password = codec.Text("someone"), []byte("secret")
	}
})

// someWill gives the client a will on a topic that nobody has.
var someWill = WithWill(codec.Will{Topic: codec.Text("mqttproof-unused"), Payload: []byte("will")})

func breaks(m codec.Mutation) func(*T, *codec.Connect) codec.Mutation {
	return func(*T, *codec.Connect) codec.Mutation { return m }
}

// toggles turns bits of the Connect Flags and leaves the payload as it is.
func toggles(bits byte) func(*T, *codec.Connect) codec.Mutation {
	return func(_ *T, p *codec.Connect) codec.Mutation { return codec.ConnectFlags(connectFlags(p) ^ bits) }
}

// cutPayload ends a CONNECT with an empty Client Identifier before it.
func cutPayload(t *T, p *codec.Connect) codec.Mutation {
	return codec.CutAt(p.Size(t.Version())-2, true)
}

// cutWillPayload ends a CONNECT without credentials behind its Will Topic.
func cutWillPayload(t *T, p *codec.Connect) codec.Mutation {
	return codec.CutAt(p.Size(t.Version())-2-len(p.Will.Payload), true)
}

func connectFlags(p *codec.Connect) (flags byte) {
	set := func(bit byte, on bool) {
		if on {
			flags |= bit
		}
	}
	set(1<<1, p.CleanStart)
	set(userFlag, p.User != nil)
	set(passwordFlag, p.Password != nil)
	if p.Will != nil {
		set(willFlag, true)
		set(willRetain, p.Will.Retain)
		flags |= p.Will.QoS << 3
	}
	return flags
}

var _ = add(Scenario{
	ID:     "connect.cut-short",
	Title:  "a CONNECT that ends early is refused, wherever it ends",
	Why:    "a parser that reads behind the end of a packet is the way into many a broker",
	Proves: connectFormat,
	Run: func(t *T) {
		full := []Option{someWill, someCredentials}
		acceptedWithoutError(t, full...)
		size := t.New(full...).Packet().Size(t.Version())
		for n := 2; n < size; n++ {
			t.Step(fmt.Sprintf("%d of %d bytes", n, size), connectFormat...)
			c := t.Open(full...)
			c.SendBroken(c.Packet(), codec.CutAt(n, true))
			expectMalformedConnectRefused(t, c)
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.password-without-user",
	Title:  "a password without a user name is refused in 3.1.1, and a legal form in 5.0",
	Why:    "the rule changed: a broker that applies one version's rule to the other locks clients out, or in",
	Proves: Requirements(V311("MQTT-3.1.4-1"), V5("MQTT-3.1.4-5")),
	Run: func(t *T) {
		if t.V5() {
			c := t.Open(credentials("", "secret"))
			c.SendConnect()
			if c.RefusesSilently() {
				t.Skip("the broker closes without a CONNACK: it may want other credentials")
			}
			if connack := c.ExpectConnack(); deniesLogin(connack) {
				t.Skip("the broker understands the CONNECT and wants other credentials: %s", connack)
			}
			t.Equal("CONNACK code", c.Connack.Code, byte(0))
			return
		}
		acceptedWithoutError(t, credentials("someone", "secret"))
		t.Step("Password Flag 1 with User Name Flag 0", V311("MQTT-3.1.4-1")...)
		c := t.Open(credentials("", "secret"))
		c.SendConnect()
		expectMalformedConnectRefused(t, c)
	},
})

var _ = add(Scenario{
	ID:     "connect.protocol-name",
	Title:  "a CONNECT with a wrong protocol name is not accepted as MQTT",
	Why:    "a broker that does not look at the name serves clients of protocols that it does not know",
	Proves: Requirements(V311("MQTT-3.1.2-1"), V5("MQTT-3.1.2-1")),
	Run: func(t *T) {
		for _, name := range []string{"mqtt", "MQTTX", "MQT", "HTTP", "~#%&", ""} {
			t.Step(fmt.Sprintf("protocol name %q", name), Requirements(V311("MQTT-3.1.2-1"), V5("MQTT-3.1.2-1"))...)
			c := t.Open(Modify(func(p *codec.Connect) { p.Protocol = codec.Text(name) }))
			c.SendConnect()
			if t.V5() {
				c.ExpectRefused()
			} else {
				c.ExpectNotServed()
			}
		}
		// The name of 3.1, which a broker may go by (3.1.1, 3.1.2.1).
		t.Step("protocol name \"MQIsdp\" at a later level")
		c := t.Open(Modify(func(p *codec.Connect) { p.Protocol = codec.Text("MQIsdp") }))
		c.SendConnect()
		connack, answered := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
		switch {
		case answered && connack.Code == 0:
			t.Observe("the protocol name of 3.1 at this level", "served")
		default:
			t.Observe("the protocol name of 3.1 at this level", "not served")
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.protocol-level",
	Title:  "a CONNECT with a protocol level that does not exist is refused",
	Why:    "a client of a later version must learn that it is not understood, or it takes silence for service",
	Proves: Requirements(V311("MQTT-3.1.2-2"), V5("MQTT-3.1.2-2")),
	Run: func(t *T) {
		both := t.V5() || t.Speaks(spec.V5)
		levels := []byte{0, 1, 2, 6, 127, 255}
		if !both {
			levels = append(levels, 5)
		}
		for _, level := range levels {
			t.Step(fmt.Sprintf("protocol level %d", level), Requirements(V311("MQTT-3.1.2-2"), V5("MQTT-3.1.2-2"))...)
			c := t.Open()
			c.SendBroken(c.Packet(), codec.ProtocolLevel(level))
			connack := c.ExpectRefused()
			switch {
			case both: // the text of 5.0 lets it answer 0x84 or nothing
			case connack == nil:
				t.Broken("CONNACK 0x01 before the close", "no CONNACK", -1)
			default:
				t.Equal("CONNACK code", connack.Code, byte(1))
			}
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.bridge-level",
	Title:  "a CONNECT with the level of a bridge is accepted, or refused like any level that does not exist",
	Why:    "bridges of some brokers set the highest bit of the level; another broker must not hang on it",
	Proves: V311("MQTT-3.1.2-2"),
	Run: func(t *T) {
		const bridge = 0x80
		for _, v := range []spec.Version{spec.V31, spec.V311} {
			what := fmt.Sprintf("the level of %s with its highest bit set", v)
			t.Step(what, V311("MQTT-3.1.2-2")...)
			c := t.Open(In(v))
			p := c.Packet()
			p.Level = bridge | byte(v)
			c.Send(p)
			if connack, ok := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack); ok && connack.Code == 0 {
				t.Observe(what, "accepted")
				continue
			}
			c.ExpectClosedWithin(t.Timeouts().Answer)
			t.Observe(what, "refused")
		}
	},
})

var _ = add(Scenario{
	ID:    "connect.refusal-code",
	Title: "a CONNACK that refuses has a code of its version, no session, and is followed by the close",
	Why:   "a client tells by the code whether to try again, to change its password, or to give up",
	Proves: Requirements(V311("MQTT-3.2.2-4", "MQTT-3.2.2-5", "MQTT-3.2.2-6", "U3-3.2.2.1-u1"),
		V5("MQTT-3.2.2-1", "MQTT-3.2.2-6", "MQTT-3.2.2-7", "MQTT-3.2.2-8", "MQTT-3.14.0-1")),
	Run: func(t *T) {
		answered := 0
		for _, bad := range []brokenConnect{
			{"an empty id that wants a session", []Option{ID(""), Keep()}, nil},
			{"Will QoS 3", []Option{someWill}, breaks(codec.QoS3())},
			{"the reserved Connect Flag", nil, breaks(codec.ReservedConnectFlag())},
			{"a byte too many", nil, breaks(codec.Trailing(0))},
			{"a wrong password", []Option{credentials("someone", t.ClientID())}, nil},
		} {
			t.Step(bad.name, Requirements(V311("MQTT-3.2.2-6"), V5("MQTT-3.2.2-8"))...)
			c := t.Open(bad.with...)
			if bad.broken == nil {
				c.SendConnect()
			} else {
				c.SendBroken(c.Packet(), bad.broken(t, c.Packet()))
			}
			connack, ok := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
			if !ok || connack.Code == 0 {
				c.Drop()
				continue // accepted, or closed without a word: for other scenarios
			}
			answered++
			if codec.ReasonName(codec.CONNACK, t.Version(), connack.Code) == "" {
				t.Broken("a CONNACK code that MQTT "+t.Version().String()+" has", connack.String(), -1)
			}
			t.Step(bad.name+": no session goes with a refusal", Requirements(V311("MQTT-3.2.2-4"), V5("MQTT-3.2.2-6"))...)
			t.Equal("Session Present", connack.SessionPresent, false)
			t.Step(bad.name+": the other flags are 0", Requirements(V311("U3-3.2.2.1-u1"), V5("MQTT-3.2.2-1"))...)
			t.Equal("reserved bits", connack.Reserved, byte(0))
			t.Step(bad.name+": the close follows the refusal", Requirements(V311("MQTT-3.2.2-5"), V5("MQTT-3.2.2-7"))...)
			c.ExpectClosedWithin(t.Timeouts().Answer)
			if d, sent := c.Taken(isDisconnect); sent && t.V5() {
				t.Step(bad.name+": no DISCONNECT to a client that was not accepted", V5("MQTT-3.14.0-1")...)
				t.Broken("the close without a DISCONNECT", d.String(), -1)
			}
		}
		if answered == 0 {
			t.Skip("the broker refused nothing here with a CONNACK")
		}
	},
})

var _ = add(Scenario{
	ID:     "connect.refused-not-processed",
	Title:  "nothing that a client sends behind a refused CONNECT has an effect",
	Why:    "otherwise a client that was not let in can still publish",
	Proves: Requirements(V311("MQTT-3.1.4-5"), V5("MQTT-3.1.4-6")),
	Run: func(t *T) {
		watcher := t.Connect(Name("watcher"))
		topic := t.Topic("t")
		watcher.Subscribe(topic, 0)
		publish := &codec.Publish{Topic: codec.Text(topic), Payload: []byte("behind a good CONNECT")}
		t.Step("behind an accepted CONNECT a PUBLISH is delivered", Requirements(V311("MQTT-4.5.0-1"), V5("MQTT-4.5.0-1"))...)
		good := t.Open(Name("accepted client"))
		good.SendTogether(good.Packet(), publish)
		watcher.ExpectMessage(topic, "behind a good CONNECT")
		publish.Payload = []byte("behind a refused CONNECT")
		refused := t.Open(Name("refused client"), Modify(func(p *codec.Connect) { p.Reserved = true }))
		t.Step("the CONNECT with the reserved flag is refused", Requirements(V311("MQTT-3.1.2-3"), V5("MQTT-3.1.2-3"))...)
		subscribe := &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: codec.Text(topic)}}}
		refused.SendTogether(refused.Packet(), publish, subscribe)
		refused.ExpectRefused()
		t.Step("the SUBSCRIBE behind the refused CONNECT is not answered", Requirements(V311("MQTT-3.1.4-5"), V5("MQTT-3.1.4-6"))...)
		if p, answered := refused.Taken(func(p codec.Packet) bool { return p.Type() == codec.SUBACK }); answered {
			t.Broken("no SUBACK", p.String(), -1)
		}
		t.Step("the PUBLISH behind the refused CONNECT goes nowhere", Requirements(V311("MQTT-3.1.4-5"), V5("MQTT-3.1.4-6"))...)
		watcher.ExpectNothing(good)
	},
})

var _ = add(Scenario{
	ID:     "connect.wrong-password",
	Title:  "a client with a wrong password is closed, and its will is not published",
	Why:    "a will is a message: whoever is not let in must not be able to send one",
	Proves: Requirements(V311("U3-3.1.4-u3", "U3-3.1.4-u4", "U3-3.2.2.3-u1", "MQTT-3.2.2-5"), V5("MQTT-3.1.4-2", "U5-4.12-u2")),
	Run: func(t *T) {
		watcher, topic := t.Connect(Name("watcher")), t.Topic("will")
		watcher.Subscribe(topic, 1)
		c := t.Open(Name("intruder"), credentials("mqttproof-nobody", t.ClientID()),
			WithWill(codec.Will{Topic: codec.Text(topic), Payload: []byte("will")}))
		c.SendConnect()
		connack, _ := c.AnswerWithin(t.Timeouts().Answer).(*codec.Connack)
		// Whether it looks at who comes is up to the broker, and to who runs it.
		t.Step("the broker may look at user name and password", Requirements(V311("U3-3.1.4-u3"), V5("U5-4.12-u2"))...)
		if connack != nil && connack.Code == 0 {
			t.Observe("a user that the broker cannot know", "let in")
			t.Skip("the broker lets everybody in")
		}
		t.Observe("a user that the broker cannot know", "refused")
		t.Step("the connection is closed", Requirements(V311("U3-3.1.4-u4", "MQTT-3.2.2-5"), V5("MQTT-3.1.4-2"))...)
		c.ExpectClosedWithin(t.Timeouts().Answer)
		if connack == nil && !t.V5() { // 5.0 lets a server say nothing
			t.Warn(V311("U3-3.2.2.3-u1"), "a CONNACK that says why", "the close without one")
		}
		t.Step("no will of the refused client comes", Requirements(V311("MQTT-3.1.4-5"), V5("MQTT-3.1.4-6"))...)
		watcher.ExpectNothing(t.Connect(Name("marker")))
	},
})
