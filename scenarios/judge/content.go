package judge

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mqttproof/mqttproof/codec"
	"github.com/mqttproof/mqttproof/codec/spec"
)

var (
	identifiers   = only5("MQTT-3.3.4-3")
	expiryCounted = only5("MQTT-3.3.2-6")
	expired       = only5("MQTT-3.3.2-5")
)

// content judges what a delivery carries against what was published.
func (j *judge) content() {
	for _, d := range j.deliveries {
		if d.stale || d.conn.session == nil || d.conn.broken < d.event {
			continue
		}
		if len(d.from) == 0 {
			j.payload(d)
			continue
		}
		if d.conn.version != spec.V5 {
			continue
		}
		j.properties(d)
		if d.fresh() && d.conn.session.firm() {
			j.identifiers(d)
		}
	}
}

// payload judges a payload that nobody published on the topic, where it is one
// that was: two bytes in front of it are an identifier that QoS 0 has not.
func (j *judge) payload(d *delivery) {
	r := rule{"MQTT-2.3.1-5", "MQTT-2.2.1-2"}
	for _, m := range j.topics[d.topic] {
		if m.payload == "" {
			continue
		}
		switch {
		case d.QoS == 0 && len(d.payload) == len(m.payload)+2 && strings.HasSuffix(d.payload, m.payload):
			j.broken(d.conn, d.event, r, fmt.Sprintf("the payload %q, and no Packet Identifier at QoS 0", short(m.payload)), "%s", d.Publish)
			return
		case similar(d.payload, m.payload):
			j.broken(d.conn, d.event, delivered, fmt.Sprintf("the payload %q as it was published", short(m.payload)), "%s", d.Publish)
			return
		}
	}
}

// similar says that one payload is the other with something cut off, added or
// changed: long enough that it is not a message of its own.
func similar(got, published string) bool {
	const least = 8
	if len(published) < least || len(got) < least/2 {
		return false
	}
	if strings.HasPrefix(published, got) || strings.HasSuffix(published, got) ||
		strings.HasPrefix(got, published) || strings.HasSuffix(got, published) {
		return !bytes.ContainsAny([]byte(strings.TrimPrefix(got, published)), "0123456789")
	}
	if len(got) != len(published) {
		return false
	}
	same := 0
	for i := range got {
		if got[i] == published[i] {
			same++
		}
	}
	return same > 0 && !strings.ContainsAny(published, "0123456789") && same*4 >= len(got)*3
}

// properties judges the properties of the message. It is right if it is so for
// one of the messages that it may be.
func (j *judge) properties(d *delivery) {
	var wrong []difference
	for n, m := range d.from {
		if m.doubtful || m.conn.version != spec.V5 {
			return
		}
		found := j.differences(d, m)
		if len(found) == 0 {
			for _, p := range m.props {
				if r, ok := carried[p.ID]; ok {
					j.kept(d.conn, r)
				}
			}
			return
		}
		if n == 0 || len(found) < len(wrong) {
			wrong = found
		}
	}
	for _, w := range wrong {
		j.broken(d.conn, d.event, w.rule, w.expected, "%s", w.got)
	}
}

// carried are the properties that travel with a message unaltered (3.3.2.3).
var carried = map[codec.PropertyID]rule{
	codec.PayloadFormatIndicator: only5("MQTT-3.3.2-4"),
	codec.ResponseTopic:          only5("MQTT-3.3.2-15"),
	codec.CorrelationData:        only5("MQTT-3.3.2-16"),
	codec.ContentType:            only5("MQTT-3.3.2-20"),
	codec.UserProperty:           only5("MQTT-3.3.2-17"),
	codec.MessageExpiryInterval:  expiryCounted,
}

type difference struct {
	rule          rule
	expected, got string
}

// differences lists what the delivery has otherwise than the message.
func (j *judge) differences(d *delivery, m *message) []difference {
	var found []difference
	for _, id := range []codec.PropertyID{codec.PayloadFormatIndicator, codec.ResponseTopic, codec.CorrelationData, codec.ContentType} {
		want, has := m.props.Find(id)
		if id == codec.PayloadFormatIndicator && want.Int == 0 {
			has = false // the same as leaving it out (3.3.2.3.2)
		}
		got, came := d.Properties.Find(id)
		if id == codec.PayloadFormatIndicator && got.Int == 0 {
			came = false
		}
		// None may be demanded where none was published, nor forbidden: but it is
		// not the message as it was.
		if has && (!came || got.Int != want.Int || !bytes.Equal(got.Data, want.Data)) {
			found = append(found, difference{carried[id], id.String() + " as it was published", d.Publish.String()})
		}
	}
	found = append(found, userProperties(d, m)...)
	return append(found, j.expiry(d, m)...)
}

// userProperties judges that all are there, and in order; others may stand
// between them.
func userProperties(d *delivery, m *message) []difference {
	var want, got []string
	for _, p := range m.props {
		if p.ID == codec.UserProperty {
			want = append(want, string(p.Name)+"\x00"+string(p.Data))
		}
	}
	for _, p := range d.Properties {
		if p.ID == codec.UserProperty {
			got = append(got, string(p.Name)+"\x00"+string(p.Data))
		}
	}
	rest := got
	for n, w := range want {
		i := slices.Index(rest, w)
		if i >= 0 {
			rest = rest[i+1:]
			continue
		}
		count := 0
		for _, o := range want[:n+1] {
			if o == w {
				count++
			}
		}
		for _, o := range got {
			if o == w {
				count--
			}
		}
		r := only5("MQTT-3.3.2-18")
		if count > 0 {
			r = carried[codec.UserProperty]
		}
		return []difference{{r, "all User Properties as they were published, in their order", d.Publish.String()}}
	}
	return nil
}

// expiry judges the Message Expiry Interval, which counts down while the message
// waits, and that none comes whose time is over.
func (j *judge) expiry(d *delivery, m *message) []difference {
	want, has := m.props.Find(codec.MessageExpiryInterval)
	got, came := d.Properties.Find(codec.MessageExpiryInterval)
	if !has || m.will || want.Int == 0 {
		return nil // a will waits before it is published, and what 0 means is open (3.3.2.3.3)
	}
	if !came {
		return []difference{{expiryCounted, fmt.Sprintf("a Message Expiry Interval of %d or less", want.Int), d.Publish.String()}}
	}
	if d.repeat {
		return nil
	}
	// It has waited at least from its acknowledgement until the connection came,
	// and at most from its PUBLISH until it was read.
	var least time.Duration
	if m.taken < d.conn.connectAt {
		least = j.at(d.conn.connectAt) - j.at(m.taken)
	}
	longest := j.at(d.event) - j.at(m.sent[0])
	left, most := inSeconds(got.Int), inSeconds(want.Int)-least.Truncate(time.Second)+slack
	if got.Int > want.Int || left > max(most, slack) { // it cannot say less than nothing
		return []difference{{expiryCounted, fmt.Sprintf("a Message Expiry Interval of %d, less the %s that it has waited", want.Int, least.Round(time.Second)), d.Publish.String()}}
	}
	if left+slack < inSeconds(want.Int)-longest-time.Second {
		return []difference{{expiryCounted, fmt.Sprintf("a Message Expiry Interval of %d, less the %s at most that it has waited", want.Int, longest.Round(time.Second)), d.Publish.String()}}
	}
	late := slack
	if d.Retain {
		late = clearing // a broker looks for those that are over from time to time
	}
	if !d.Dup && least > inSeconds(want.Int)+late && j.wasAway(d, m) {
		return []difference{{expired, "no message whose Message Expiry Interval is over", d.Publish.String()}}
	}
	return nil
}

// inSeconds is a Message Expiry Interval, of which the largest is no other than
// the rest (3.3.2.3.3).
func inSeconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

// wasAway says that the session had no connection from before the message was
// published until that of the delivery: nobody has tried to send it.
func (j *judge) wasAway(d *delivery, m *message) bool {
	for _, c := range d.conn.session.conns {
		if c != d.conn && c.ended > m.sent[0] {
			return false
		}
	}
	return true
}

// identifiers judges the Subscription Identifiers of a delivery: those of one of
// the subscriptions that may bring it, or of several.
func (j *judge) identifiers(d *delivery) {
	published := never
	for _, m := range d.from {
		published = min(published, m.earliest())
	}
	legal := map[uint32]bool{}
	all, any := true, false // they have an identifier, now and before
	for _, sub := range d.conn.session.matching(d.topic) {
		if sub.asked > d.event || sub.refused {
			continue
		}
		legal[sub.id] = true
		if sub.possible(published, d.event) {
			any = true
			all = all && sub.id != 0
		}
	}
	if !any {
		return
	}
	none := true
	for _, p := range d.Properties {
		if p.ID != codec.SubscriptionIdentifier {
			continue
		}
		none = false
		if !legal[p.Int] {
			j.broken(d.conn, d.event, only5("U5-3.3.4-u1"), "only Subscription Identifiers of subscriptions that bring the message", "%s", d.Publish)
			return
		}
	}
	switch {
	case none && all:
		j.broken(d.conn, d.event, identifiers, "the Subscription Identifier of the subscription that brings the message", "%s", d.Publish)
	case all:
		j.kept(d.conn, identifiers)
	}
}
