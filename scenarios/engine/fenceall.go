package engine

import "fmt"

// FenceAll is Fence for several receivers with one settle window for all.
func (t *T) FenceAll(from *Client, to ...*Client) {
	for _, c := range to {
		if c.fence == "" || c.wire.number != c.fenced {
			t.fences++
			c.fence = fmt.Sprintf("%s%s/%d", t.fencePrefix(), fenceLevel, t.fences)
			c.fenced = c.wire.number
			c.Subscribe(c.fence, 1)
		}
		t.pass(from, c, c.fence, 1)
	}
	t.Sleep(t.timeouts.Settle)
}
