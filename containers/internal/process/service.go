package process

import (
	"context"
	"errors"
	"sync"
)

// Service is a child that can be started again.
type Service struct {
	launch func(ctx context.Context) (*Process, error)

	changing sync.Mutex // held while one child is replaced by another
	mu       sync.Mutex
	current  *Process
	closed   bool
}

// NewService starts a child by launch, which is called again for every restart
// and then starts it where the first one was.
func NewService(ctx context.Context, launch func(ctx context.Context) (*Process, error)) (*Service, error) {
	p, err := launch(ctx)
	if err != nil {
		return nil, err
	}
	return &Service{launch: launch, current: p}, nil
}

func (s *Service) process() *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// PID is that of the child at hand.
func (s *Service) PID() int { return s.process().PID() }

// Output is that of the child at hand.
func (s *Service) Output() string { return s.process().Output() }

// Exited is that of the child at hand.
func (s *Service) Exited() (how string, exited bool) { return s.process().Exited() }

// Restart ends the child, if it runs, and starts another.
func (s *Service) Restart(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.closed {
		return errors.New("it was closed")
	}
	if err := s.process().Stop(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p, err := s.launch(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.current = p
	s.mu.Unlock()
	return nil
}

// Close ends the child for good.
func (s *Service) Close(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.closed = true
	return s.process().Stop(ctx)
}
