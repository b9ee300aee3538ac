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

// matches says whether a subscription of the session is for a Topic Name: as its
// filter matches, where no fault makes it otherwise.
func (s *session) matches(sub *subscription, topic string) bool {
	if len(s.b.faults.on) == 0 {
		return matches(sub.filter, topic)
	}
	filter, topic := s.normal(sub.filter), s.normal(topic)
	right := matches(filter, topic)
	above, endsInPlus := strings.CutSuffix(filter, "/+")
	parent, endsInHash := strings.CutSuffix(filter, "/#")
	switch {
	case s.is(hashMatchesNothing) && filter == "#",
		s.is(hashMissesParent) && endsInHash && matches(parent, topic),
		s.is(hashOneLevel) && endsInHash && !matches(parent, topic) && !matches(parent+"/+", topic),
		s.is(plusMissesEmpty) && strings.Contains(filter, "+") && strings.Contains("/"+topic+"/", "//"),
		s.is(plusMissesFirst) && strings.HasPrefix(filter, "+"),
		s.is(plusMissesLast) && endsInPlus,
		s.is(dollarInside) && hasWildcard(filter) && strings.Contains(topic, "/$"),
		s.is(wildcardsLiteral) && hasWildcard(filter) && filter != topic,
		s.is(noLocalBlocksAll) && sub.noLocal:
		return false
	case s.is(plusAloneEmpty) && filter == "+":
		return false
	case s.is(plusAloneAll) && filter == "+":
		return right || matches("#", topic)
	case s.is(plusManyLevels) && endsInPlus:
		return right || matches(above+"/+/#", topic)
	case s.is(plusNoLevel) && endsInPlus:
		return right || matches(above, topic)
	case s.is(prefixMatches) && !hasWildcard(filter):
		return strings.HasPrefix(topic, filter)
	case s.is(hashMatchesPart) && endsInHash && !hasWildcard(parent):
		return strings.HasPrefix(topic, parent)
	case s.is(hashMatchesDollar) && strings.HasPrefix(filter, "#"), s.is(plusMatchesDollar) && strings.HasPrefix(filter, "+"),
		s.is(sharedDollarMatched) && sub.share != "":
		return right || matches(filter, strings.TrimPrefix(topic, "$"))
	case s.is(wildcardsFanOut) && hasWildcard(topic):
		return matches(topic, filter) || right
	}
	return right
}

// normal gives a Topic Filter or Topic Name as it is compared: as it stands
// (MQTT-4.7.3-4), where no fault alters it.
func (s *session) normal(text string) string {
	switch {
	case s.is(topicsComposed):
		return strings.NewReplacer("e\u0301", "\u00E9", "A\u030A", "\u00C5", "\u212B", "\u00C5").Replace(text)
	case s.is(topicsCaseless):
		return strings.ToLower(text)
	case s.is(topicsUnslashed):
		return strings.TrimPrefix(text, "/")
	case s.is(topicsEndless):
		return strings.TrimSuffix(text, "/")
	case s.is(topicsCollapsed):
		return strings.ReplaceAll(text, "//", "/")
	case s.is(topicsTrimmed):
		return strings.Trim(text, " ")
	case s.is(topicsUnescaped):
		return strings.ReplaceAll(text, "%20", " ")
	case s.is(topicsMarkless):
		return strings.ReplaceAll(text, "\uFEFF", "")
	}
	return text
}
