package reference

// Faults with the matching of Topic Filters and Topic Names (4.7).

var (
	dollarExchanged = broken("dollar-exchanged", "passes messages between clients on topics that begin with $", both(v311("U3-4.7.2-u1"), v5("U5-4.7.2-u1"))...)

	dollarWills = broken("dollar-wills", "passes wills on topics that begin with $ to clients", both(v311("U3-4.7.2-u1"), v5("U5-4.7.2-u1"))...)

	hashMatchesNothing = broken("hash-matches-nothing", "grants the filter # and sends nothing for it", both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	hashMissesParent   = broken("hash-misses-parent", "does not match a with a/#", both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	hashOneLevel       = broken("hash-one-level", "matches one level only with #", both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	plusMissesEmpty    = broken("plus-misses-empty", "does not match an empty level with +", both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	plusMissesFirst    = broken("plus-misses-first", "matches nothing with a filter that begins with +", both(v311("MQTT-4.5.0-1", "MQTT-4.7.1-3"), v5("MQTT-4.5.0-1", "MQTT-4.7.1-2"))...)
	plusMissesLast     = broken("plus-misses-last", "matches nothing with a filter that ends with +", both(v311("MQTT-4.5.0-1", "MQTT-4.7.1-3"), v5("MQTT-4.5.0-1", "MQTT-4.7.1-2"))...)
	dollarInside       = broken("dollar-inside", "keeps topics with a level that begins with $ from wildcards", both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)

	plusAloneEmpty = broken("plus-alone-matches-nothing", "grants the filter + and sends nothing for it", both(v311("MQTT-4.5.0-1", "MQTT-4.7.1-3"), v5("MQTT-4.5.0-1", "MQTT-4.7.1-2"))...)
	plusAloneAll   = broken("plus-alone-matches-all", "takes the filter + for #", both(v311("MQTT-3.3.2-3"), v5("MQTT-3.3.2-3"))...)

	plusManyLevels  = broken("plus-many-levels", "matches several levels with + at the end of a filter", both(v311("MQTT-3.3.2-3"), v5("MQTT-3.3.2-3"))...)
	plusNoLevel     = broken("plus-no-level", "matches a with a/+", both(v311("MQTT-3.3.2-3"), v5("MQTT-3.3.2-3"))...)
	prefixMatches   = broken("prefix-matches", "matches all topics that begin with a filter without wildcards", both(v311("MQTT-3.3.2-3"), v5("MQTT-3.3.2-3"))...)
	hashMatchesPart = broken("hash-matches-part", "matches ab and a/b with a/#", both(v311("MQTT-3.3.2-3"), v5("MQTT-3.3.2-3"))...)

	hashMatchesDollar = broken("hash-matches-dollar", "matches topics that begin with $ with #", both(v311("MQTT-4.7.2-1"), v5("MQTT-4.7.2-1"))...).with("dollar-topics")
	plusMatchesDollar = broken("plus-matches-dollar", "matches topics that begin with $ with + at the first level", both(v311("MQTT-4.7.2-1"), v5("MQTT-4.7.2-1"))...).with("dollar-topics")

	topicsComposed  = broken("topics-composed", "takes composed and decomposed characters for the same", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsCaseless  = broken("topics-caseless", "takes upper and lower case for the same", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsUnslashed = broken("topics-unslashed", "ignores a slash at the start of topics", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsEndless   = broken("topics-endless", "ignores a slash at the end of topics", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsCollapsed = broken("topics-collapsed", "takes two slashes for one", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsTrimmed   = broken("topics-trimmed", "ignores spaces at both ends of topics", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsUnescaped = broken("topics-unescaped", "takes %20 in topics for a space", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsMarkless  = broken("topics-markless", "ignores U+FEFF in topics", both(v311("MQTT-1.5.3-3"), v5("MQTT-1.5.4-3"))...)
	topicsFiltered  = broken("topics-filtered", "replaces control characters in the topics that it delivers", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsCut       = broken("topics-cut", "leaves out of topics what is behind the first 8,192 bytes", both(v311("MQTT-4.7.3-4"), v5("MQTT-4.7.3-4"))...)
	topicsLearned   = broken("topics-learned", "passes on no message on a topic that none was published to before", both(v311("MQTT-4.5.0-1"), v5("MQTT-4.5.0-1"))...)
	wildcardsFanOut = unseen("wildcards-fan-out", "delivers a message whose Topic Name has wildcards to all filters that match it as a topic", both(v311("MQTT-3.3.2-2", "MQTT-4.7.1-1"), v5("MQTT-3.3.2-2", "MQTT-4.7.0-1"))...)
)
