package judge_test

import (
	"math"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

func TestContent(t *testing.T) {
	pair := all(connected("s"), connected("p"), subscribes("s", "t", 1))
	passes := func(sent, got []codec.Property) step {
		return all(publishes("p", "t", "m", 1, with(sent...)), gets("s", "t", "m", 1, 1, with(got...)))
	}
	props := func(ps ...codec.Property) []codec.Property { return ps }
	format, content := codec.Int(codec.PayloadFormatIndicator, 1), codec.Data(codec.ContentType, "c")
	response, correlation := codec.Data(codec.ResponseTopic, "r"), codec.Data(codec.CorrelationData, "d")
	a, b := codec.User("a", "1"), codec.User("b", "2")
	judged(t, []trace{
		{"everything as it was", only5, steps(pair, passes(props(format, content, response, correlation, a, b), props(b, a, b, content, response, correlation, format))), "", ""},
		{"no Payload Format Indicator", only5, steps(pair, passes(props(format), nil)), "", "MQTT-3.3.2-4"},
		{"no Payload Format Indicator 0", only5, steps(pair, passes(props(codec.Int(codec.PayloadFormatIndicator, 0)), nil)), "", ""},
		{"another Content Type", only5, steps(pair, passes(props(content), props(codec.Data(codec.ContentType, "x")))), "", "MQTT-3.3.2-20"},
		{"no Response Topic", only5, steps(pair, passes(props(response), nil)), "", "MQTT-3.3.2-15"},
		{"a Response Topic with a wildcard, handed on", only5, steps(pair, passes(props(codec.Data(codec.ResponseTopic, "r/#")), props(codec.Data(codec.ResponseTopic, "r/#")))), "", ""},
		{"an empty Response Topic, handed on", only5, steps(pair, passes(props(codec.Data(codec.ResponseTopic, "")), props(codec.Data(codec.ResponseTopic, "")))), "", ""},
		{"a Response Topic with a wildcard, left out", only5, steps(pair, passes(props(codec.Data(codec.ResponseTopic, "r/#")), nil)), "", ""},
		{"a Response Topic with a wildcard from nowhere", only5, steps(pair, passes(nil, props(codec.Data(codec.ResponseTopic, "r/#")))), "", "MQTT-3.3.2-14"},
		{"no Correlation Data", only5, steps(pair, passes(props(correlation), nil)), "", "MQTT-3.3.2-16"},
		{"a User Property less", only5, steps(pair, passes(props(a, b), props(b))), "", "MQTT-3.3.2-17"},
		{"User Properties in another order", only5, steps(pair, passes(props(a, b), props(b, a))), "", "MQTT-3.3.2-18"},
		{"one of two messages with the same payload", only5, steps(pair, publishes("p", "t", "m", 1), publishes("p", "t", "m", 1, with(a)), gets("s", "t", "m", 1, 1)), "", ""},
		{"properties to a client of 3.1.1", only5, steps(speaks("s", spec.V311), pair, publishes("p", "t", "m", 1, with(a)), gets("s", "t", "m", 1, 1)), "", ""},
		{"an identifier in front of a payload of QoS 0", bothVersions, steps(connected("s"), connected("p"), subscribes("s", "t", 0), publishes("p", "t", "m", 0), gets("s", "t", "\x00\x01m", 0, 0)), "MQTT-2.3.1-5", "MQTT-2.2.1-2"},
		{"a payload cut short", bothVersions, steps(pair, publishes("p", "t", "the whole payload", 1), gets("s", "t", "the whole", 1, 1)), "MQTT-4.5.0-1", "MQTT-4.5.0-1"},
		{"a message that nobody here published", bothVersions, steps(pair, publishes("p", "t", "the whole payload", 1), gets("s", "t", "the whole payload", 1, 1), gets("s", "t", "something else", 1, 2)), "", ""},
	})
}

func TestExpiry(t *testing.T) {
	interval := func(n uint32) func(*codec.Publish) { return with(codec.Int(codec.MessageExpiryInterval, n)) }
	away := func(after time.Duration) step {
		return all(kept("s"), subscribes("s", "t", 1), connected("p"), cut("s"), publishes("p", "t", "m", 1, interval(60)), wait(after), resumed("s"))
	}
	there := all(connected("s"), connected("p"), subscribes("s", "t", 1), publishes("p", "t", "m", 1, interval(60)))
	judged(t, []trace{
		{"as it was, at once", only5, steps(there, gets("s", "t", "m", 1, 1, interval(60))), "", ""},
		{"a second less, at once", only5, steps(there, gets("s", "t", "m", 1, 1, interval(59))), "", ""},
		{"the longest that there is", only5, steps(connected("s"), connected("p"), subscribes("s", "t", 1),
			publishes("p", "t", "m", 1, interval(math.MaxUint32)), gets("s", "t", "m", 1, 1, interval(math.MaxUint32))), "", ""},
		{"none", only5, steps(there, gets("s", "t", "m", 1, 1)), "", "MQTT-3.3.2-6"},
		{"more than it was", only5, steps(there, gets("s", "t", "m", 1, 1, interval(61))), "", "MQTT-3.3.2-6"},
		{"much less than it was", only5, steps(there, gets("s", "t", "m", 1, 1, interval(50))), "", "MQTT-3.3.2-6"},
		{"counted down", only5, steps(away(10*time.Second), gets("s", "t", "m", 1, 1, interval(50))), "", ""},
		{"not counted down", only5, steps(away(10*time.Second), gets("s", "t", "m", 1, 1, interval(60))), "", "MQTT-3.3.2-6"},
		{"over", only5, steps(away(70*time.Second), gets("s", "t", "m", 1, 1, interval(1))), "", "MQTT-3.3.2-5"},
		{"the interval 0 left out", only5, steps(connected("s"), connected("p"), subscribes("s", "t", 1), publishes("p", "t", "m", 1, interval(0)), gets("s", "t", "m", 1, 1)), "", ""},
		{"over, but tried before", only5, steps(away(70*time.Second), gets("s", "t", "m", 1, 1, interval(1), dup)), "", ""},
	})
}

func TestSubscriptionIdentifiers(t *testing.T) {
	id := func(n uint32) codec.Property { return codec.Int(codec.SubscriptionIdentifier, n) }
	subscribe := func(filter string, n uint32) step {
		return subscribesAs("s", codec.Subscription{Filter: codec.Text(filter), QoS: 1}, id(n))
	}
	pair := all(connected("s"), connected("p"))
	pub := publishes("p", "t", "m", 1)
	judged(t, []trace{
		{"its own", only5, steps(pair, subscribe("t", 7), pub, gets("s", "t", "m", 1, 1, with(id(7)))), "", ""},
		{"none", only5, steps(pair, subscribe("t", 7), pub, gets("s", "t", "m", 1, 1)), "", "MQTT-3.3.4-3"},
		{"none of a subscription that has none", only5, steps(pair, subscribe("t", 7), subscribes("s", "+", 1), pub, gets("s", "t", "m", 1, 1, with(id(7))), gets("s", "t", "m", 1, 2)), "", ""},
		{"another", only5, steps(pair, subscribe("t", 7), subscribe("u", 8), pub, gets("s", "t", "m", 1, 1, with(id(8)))), "", "U5-3.3.4-u1"},
		{"both", only5, steps(pair, subscribe("t", 7), subscribe("+", 8), pub, gets("s", "t", "m", 1, 1, with(id(8), id(7)))), "", ""},
		{"the old one after a new SUBSCRIBE", only5, steps(pair, subscribe("t", 7), subscribe("t", 8), pub, gets("s", "t", "m", 1, 1, with(id(7)))), "", ""},
	})
}
