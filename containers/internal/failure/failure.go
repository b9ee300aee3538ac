// Package failure makes the two kinds of errors that targets give, so that a
// command can tell a wrong question from a broker that is not there.
package failure

import (
	"errors"
	"fmt"
)

// The kinds, for errors.Is. Package containers exports them.
var (
	ErrUsage       = errors.New("wrong usage")
	ErrUnreachable = errors.New("no broker")
)

// failure is an error whose text is complete as it stands: the kind is for
// errors.Is and does not appear in it.
type failure struct {
	text  string
	kind  error
	cause error
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

// Usage says that what was asked for cannot be, whatever runs.
func Usage(format string, args ...any) error { return make(ErrUsage, format, args) }

// Unreachable says that the broker could not be started or reached.
func Unreachable(format string, args ...any) error { return make(ErrUnreachable, format, args) }

func make(kind error, format string, args []any) error {
	err := fmt.Errorf(format, args...)
	return &failure{text: err.Error(), kind: kind, cause: err}
}
