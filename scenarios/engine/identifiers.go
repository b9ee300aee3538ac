package engine

// IDsFrom makes the client's own Packet Identifiers begin at n. Client and
// broker count on their own, but brokers exist that refuse a SUBSCRIBE with the
// identifier of a message under way; where that is not the matter of the
// scenario, it keeps clear of it.
func IDsFrom(n uint16) Option { return func(c *Client) { c.ids = n - 1 } }
