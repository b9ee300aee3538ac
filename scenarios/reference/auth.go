package reference

import (
	"fmt"

	"github.com/mqttproof/mqttproof/codec"
)

// AuthenticationMethod is the one method of enhanced authentication that the
// broker knows (4.12). The server sends a challenge as Authentication Data, and
// the client answers with the same bytes. Nothing is secret about it: it is
// there so that the exchange can be judged.
const AuthenticationMethod = "mqttproof-echo"

// exchange is an enhanced authentication that goes on, or has been done.
type exchange struct {
	name      string
	challenge string // that is to be answered; empty if none is open
}

func (e *exchange) method() codec.Property { return codec.Data(codec.AuthenticationMethod, e.name) }

// startAuthentication begins what a CONNECT with an Authentication Method asks.
func (c *conn) startAuthentication(method string) {
	known := method == AuthenticationMethod && !c.b.opts.NoAuthentication
	c.auth = &exchange{name: method}
	switch {
	case known, c.is(unknownMethodAsked):
		c.challenge()
	case c.is(unknownMethodTaken):
		c.welcome()
	case c.is(unknownMethodOpen):
		c.send(&codec.Connack{Code: codeBadAuthMethod})
	default:
		c.refuse(codeBadAuthMethod) // MQTT-4.12.0-1
	}
}

func (c *conn) challenge() {
	c.b.assigned++
	c.auth.challenge = fmt.Sprintf("challenge %d", c.b.assigned)
	c.sendAuth(&codec.Auth{Code: codeContinueAuth, Properties: codec.Properties{
		c.auth.method(), codec.Data(codec.AuthenticationData, c.auth.challenge)}})
}

// beforeConnack handles what comes between CONNECT and CONNACK: the client of an
// exchange may send AUTH and DISCONNECT alone (MQTT-3.1.2-30).
func (c *conn) beforeConnack(p codec.Packet) {
	switch p := p.(type) {
	case *codec.Auth:
		if c.answers(p, codeContinueAuth) {
			c.auth.challenge = ""
			c.welcome()
		}
	case *codec.Disconnect:
		c.end()
	default:
		c.broke(ruleBeforeConnack, p)
		if !c.servesDuringAuth(p) {
			c.refuse(codeProtocolError)
		}
	}
}

// authenticate handles AUTH on an accepted connection: re-authentication (4.12.1).
func (c *conn) authenticate(p *codec.Auth) {
	switch {
	case c.auth == nil:
		c.broke(ruleAuthUnasked, p)
		switch {
		case c.is(authWithoutMethodTaken):
		case c.is(authWithoutMethodRight):
			c.send(&codec.Auth{Properties: p.Properties})
		default:
			c.refuse(codeProtocolError)
		}
	case c.auth.challenge == "" && p.Code == codeReauthenticate:
		if c.rightMethod(p) && !c.is(reauthUnanswered) {
			c.challenge()
		}
	default:
		if c.answers(p, codeContinueAuth) {
			c.auth.challenge = ""
			c.sendAuth(&codec.Auth{Properties: codec.Properties{c.auth.method()}})
		}
	}
}

// rightMethod says whether AUTH has the method of the CONNECT (MQTT-4.12.0-5).
func (c *conn) rightMethod(p *codec.Auth) bool {
	method, _ := p.Properties.Find(codec.AuthenticationMethod)
	if string(method.Data) == c.auth.name || c.is(authMethodChanges) || c.session != nil && c.is(reauthMethodChanges) {
		return true
	}
	c.broke(ruleAuthMethod, p)
	c.refuse(codeProtocolError)
	return false
}

// answers says whether AUTH answers the challenge; else the connection ends.
func (c *conn) answers(p *codec.Auth, code byte) bool {
	if !c.rightMethod(p) {
		return false
	}
	data, _ := p.Properties.Find(codec.AuthenticationData)
	switch {
	case c.auth.challenge == "" || p.Code != code:
		c.refuse(codeProtocolError)
		return false
	case string(data.Data) != c.auth.challenge && !c.takesAnswer():
		c.refuse(codeNotAuthorized) // MQTT-4.12.0-4, MQTT-4.12.1-2
		return false
	}
	return true
}
