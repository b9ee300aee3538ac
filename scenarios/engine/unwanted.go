package engine

// Unwanted makes it a finding, which points at this PUBLISH, that the message
// came at all; the scenario goes on.
func (m *Message) Unwanted(expected string) { m.t.Broken(expected, m.String(), m.event) }
