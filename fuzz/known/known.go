// Package known finds bugs again that older versions of parsers and brokers have.
// Each is a module of its own in a folder of this one, so that no other module sees
// the old version, with a command of one bug that calls Main; `go tool mage fuzz:known`
// runs them all. They measure the fuzzers with their default options, and nothing in
// these may be made for a bug that is here.
package known

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

// Main looks for one bug for at most so long, in one process, and exits: with 0 and
// "found in SECONDS s: WHAT" on standard output, or with 1 and "not found in SECONDS
// s". look gives what it found, or "" where its context ended before. The flags are
// -seed and -for.
func Main(limit time.Duration, look func(ctx context.Context, seed uint64) (what string)) {
	seed := flag.Uint64("seed", 1, "what the run is made from")
	flag.DurationVar(&limit, "for", limit, "how long to look")
	flag.Parse()
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	what := look(ctx, *seed)
	cancel()
	took := time.Since(begin).Seconds()
	if what == "" {
		fmt.Printf("not found in %.2f s\n", took)
		os.Exit(1)
	}
	fmt.Printf("found in %.2f s: %s\n", took, what)
}
