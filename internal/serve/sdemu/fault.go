// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Error is what the service answers instead of a result.
type Error struct {
	Status  int    // of HTTP
	Code    string // the exception's name
	Message string
	More    map[string]string // further members of the exception
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// body is the error as AWS JSON 1.1 has it.
func (e *Error) body() map[string]string {
	out := map[string]string{"__type": e.Code, "Message": e.Message}
	maps.Copy(out, e.More)
	return out
}

func refuse(code, format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return refuse("InvalidInput", format, args...) }

// Fault is something that goes wrong with a request.
type Fault struct {
	Err        *Error // answers this, nothing done
	Drop       bool   // closes the connection, nothing done
	LoseAnswer bool   // does what is asked and closes the connection
}

// Throttled is the fault of a rate that is used up ("Handle AWS Cloud Map DiscoverInstances API request throttling").
func Throttled() Fault {
	return Fault{Err: &Error{Status: http.StatusBadRequest, Code: "RequestLimitExceeded", Message: "Rate exceeded"}}
}

var errDropped = errors.New("the connection is closed")

func (f Fault) before(ctx context.Context) error {
	switch {
	case f.Drop:
		return errDropped
	case f.Err != nil:
		return f.Err
	default:
		return ctx.Err()
	}
}

type planned struct {
	action string
	after  int // requests that go well first
	times  int
	fault  Fault
}

// Fail has the next requests of an action (any, if it is empty) meet a fault, so many times; negative is without end.
func (s *Server) Fail(action string, times int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if times != 0 {
		s.faults = append(s.faults, planned{action: action, times: times, fault: f})
	}
}

// FailAfter has one request, of any action, meet a fault, once so many of those that change something have gone well.
func (s *Server) FailAfter(requests int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, planned{action: changing, after: requests, times: 1, fault: f})
}

// changing stands for every action that changes something.
const changing = "*"

func (p planned) meets(action string) bool {
	reads := strings.HasPrefix(action, "List") || strings.HasPrefix(action, "Get")
	return p.action == "" || p.action == action || p.action == changing && !reads
}

// Heal forgets the faults that are still to come.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.failing = nil, nil
}

// begin counts a request and takes the fault that it meets.
func (s *Server) begin(action string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[action]++
	i := slices.IndexFunc(s.faults, func(p planned) bool { return p.meets(action) })
	if i < 0 {
		return Fault{}
	}
	if s.faults[i].after > 0 {
		s.faults[i].after--
		return Fault{}
	}
	f := s.faults[i].fault
	if s.faults[i].times--; s.faults[i].times == 0 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	return f
}
