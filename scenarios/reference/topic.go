package reference

import "strings"

// matches says whether a Topic Filter, without $share, matches a Topic Name:
// level by level, byte by byte, without any normalization (4.7).
func matches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "#") || strings.HasPrefix(filter, "+")) {
		return false // 4.7.2
	}
	for {
		if filter == "#" {
			return true
		}
		level, restOfFilter, moreFilter := strings.Cut(filter, "/")
		name, restOfTopic, moreTopic := strings.Cut(topic, "/")
		if level != "+" && level != name {
			return false
		}
		switch {
		case moreFilter && !moreTopic:
			return restOfFilter == "#" // the parent level belongs to it (4.7.1.2)
		case !moreFilter:
			return !moreTopic
		}
		filter, topic = restOfFilter, restOfTopic
	}
}

func hasWildcard(filter string) bool { return strings.ContainsAny(filter, "+#") }
