// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"net/http"
	"slices"
	"time"
)

// operation is work that goes on after its request was answered (API_Operation).
type operation struct {
	id, kind          string
	service, instance string
	begun, due        time.Time
	status, code      string
	do                func()
}

const (
	register   = "REGISTER_INSTANCE"
	deregister = "DEREGISTER_INSTANCE"
	update     = "UPDATE_SERVICE"
)

// FailOperations has as many of the operations that come next fail as codes are given, each with its code (API_Operation,
// ErrorCode), having changed nothing.
func (s *Server) FailOperations(codes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = append(s.failing, codes...)
}

// start begins an operation. do changes what it is about when it ends.
func (s *Server) start(kind, service, instance string, do func()) map[string]string {
	now := s.opts.Now()
	op := &operation{id: s.id("op"), kind: kind, service: service, instance: instance, begun: now, due: now.Add(s.opts.Settle), status: "SUBMITTED", do: do}
	if len(s.failing) > 0 {
		op.code, s.failing = s.failing[0], s.failing[1:]
	}
	s.operations[op.id] = op
	s.pending = append(s.pending, op)
	s.settle()
	return map[string]string{"OperationId": op.id}
}

// settle ends the operations whose time has come.
func (s *Server) settle() {
	now := s.opts.Now()
	s.pending = slices.DeleteFunc(s.pending, func(op *operation) bool {
		if op.due.After(now) {
			op.status = "PENDING"
			return false
		}
		if op.status = "SUCCESS"; op.code != "" {
			op.status = "FAIL"
		} else {
			op.do()
		}
		return true
	})
}

// busy refuses a request about an instance, or a service where instance is empty, that an operation is under way for.
func (s *Server) busy(kind, service, instance string) error {
	for _, op := range s.pending {
		switch {
		case op.service != service || op.instance != instance:
		case op.kind == kind:
			return &Error{
				Status: http.StatusBadRequest, Code: "DuplicateRequest", Message: "Another operation of type " + kind + " is in progress",
				More: map[string]string{"DuplicateOperationId": op.id},
			}
		default:
			return refuse("ResourceInUse", "Another operation of type %s is in progress", op.kind)
		}
	}
	return nil
}

type operationInput struct {
	OperationID string `json:"OperationId"`
}

func (s *Server) getOperation(in operationInput) (any, error) {
	op := s.operations[in.OperationID]
	if op == nil {
		return nil, refuse("OperationNotFound", "No operation exists with the specified ID.")
	}
	targets := map[string]string{"SERVICE": op.service}
	if op.instance != "" {
		targets["INSTANCE"] = op.instance
	}
	out := map[string]any{"Id": op.id, "Type": op.kind, "Status": op.status, "CreateDate": seconds(op.begun), "Targets": targets}
	if op.status == "FAIL" {
		out["ErrorCode"], out["ErrorMessage"] = op.code, "the operation failed on demand"
	}
	return map[string]any{"Operation": out}, nil
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
