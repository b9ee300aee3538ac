package suites

import (
	"os"
	"path/filepath"
	"strings"
)

// startedIn is the folder of the package whose tests run: where go test starts
// them, before any test may go elsewhere.
var startedIn, _ = os.Getwd()

// Uncached keeps go test from taking the result of this test from its cache
// the next time. A cached pass says nothing about a broker, which may be gone.
// Run and Register call it; call it in tests of your own that use a broker.
//
// go test uses a cached pass if the files that the test opened look as they
// did. So we let it see that we opened the folder in which go test itself makes
// a new folder for each of its runs, which never looks the same twice. It only
// cares for files within the module, by the beginning of their name; the name
// goes up from there.
//
// go test -count=1 does the same, and is to be preferred where one remembers.
func Uncached() {
	executable, err := os.Executable()
	if err != nil {
		return
	}
	if f, err := os.Open(freshFolder(startedIn, executable)); err == nil {
		_ = f.Close()
	}
}

// freshFolder names the folder that holds the working folder of go test, in
// which the test binary lies: WORK/b001/name.test.
func freshFolder(inModule, executable string) string {
	holder := filepath.Dir(filepath.Dir(filepath.Dir(executable)))
	steps := 1 + strings.Count(inModule, separator)
	if real, err := filepath.EvalSymlinks(inModule); err == nil {
		steps += strings.Count(real, separator) // it may lie deeper than its name
	}
	// Steps too many do no harm: they end at the root.
	return inModule + strings.Repeat(separator+"..", steps) + strings.TrimPrefix(holder, filepath.VolumeName(holder))
}

const separator = string(filepath.Separator)
