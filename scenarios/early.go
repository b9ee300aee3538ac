package scenarios

import (
	"slices"

	"github.com/mqttproof/mqttproof/scenarios/engine"
)

// waiting names, with * for any run of characters, the scenarios that wait for
// seconds which the standard counts, or for what some brokers never send. They start
// before the others, so that a run takes little longer than the longest of them.
var waiting = []string{
	"will.*",
	"guide.last-will", "guide.keep-alive",
	"connect.silent", "connect.keep-alive-*",
	"session.expiry*", "session.disconnect-changes-expiry",
	"session.takeover-hanging", "session.takeover-delayed-will", "session.server-disconnect",
	"message.acknowledged-or-refused", "message.*expir*",
	"qos.2-sent-past-expiry",
}

// early says whether the scenario starts before the others.
func early(s engine.Scenario) bool {
	return slices.ContainsFunc(waiting, func(pattern string) bool { return glob(pattern, s.ID) })
}
