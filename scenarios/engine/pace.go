package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/mqttproof/mqttproof/scenarios/result"
)

// A broker that has hundreds of scenarios at a time to serve may answer each of
// them late. That an answer did not come in time is no proof then that it never
// would: what was found by it is looked at again, with few scenarios beside it.

// pace is how slow the broker is.
type pace struct{ slowest atomic.Int64 }

// answered notes how long an answer took that came.
func (p *pace) answered(d time.Duration) {
	for {
		old := p.slowest.Load()
		if int64(d) <= old || p.slowest.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

// calmly is how many scenarios are in flight when findings are looked at again.
const calmly = 8

// parallel is how many scenarios may be in flight.
func (x *executor) parallel() int {
	if x.calm {
		return min(calmly, x.opts.Parallel)
	}
	return x.opts.Parallel
}

// doubts says whether the outcome may be owed to the number of scenarios in
// flight: something was awaited in vain, and others waited long for what came.
func (x *executor) doubts(o outcome) bool {
	found := o.res.Verdict == result.Fail || o.res.Verdict == result.Warn || len(o.beside) > 0
	slow := time.Duration(x.pace.slowest.Load()) > x.opts.Timeouts.Answer/4
	return found && o.missed && slow && !x.calm && x.opts.Parallel > calmly
}

// confirm runs again what is in doubt; what is found now is found.
func (x *executor) confirm(ctx context.Context) {
	jobs := x.doubtful
	x.doubtful, x.calm = nil, true
	for len(jobs) > 0 && ctx.Err() == nil {
		if x.dead != nil {
			x.giveUp(jobs, x.dead)
			break
		}
		jobs = x.runTogether(ctx, jobs)
	}
}
