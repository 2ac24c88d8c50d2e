// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"net/http"
	"strings"
)

// Error is what the service answers instead of a result.
type Error struct {
	Status  int    // of HTTP
	Code    string // as in the documentation of each action
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }

// invalidBatch refuses a change batch; Route 53 tells everything that is wrong with it, in brackets.
func invalidBatch(messages []string) *Error {
	return &Error{http.StatusBadRequest, "InvalidChangeBatch", "[" + strings.Join(messages, ", ") + "]"}
}

func invalidInput(format string, args ...any) *Error {
	return &Error{http.StatusBadRequest, "InvalidInput", fmt.Sprintf(format, args...)}
}

// constraint is the form in which AWS's services report members that break their model.
func constraint(value any, member, rule string) *Error {
	return invalidInput("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, rule)
}

func noZone(id string) *Error {
	return &Error{http.StatusNotFound, "NoSuchHostedZone", "No hosted zone found with ID: " + id}
}

// noHealthCheck is an error of ChangeResourceRecordSets that names no record set (API_ChangeResourceRecordSets, Errors).
func noHealthCheck(id string) *Error {
	return &Error{http.StatusNotFound, "NoSuchHealthCheck", "A health check with id " + id + " does not exist."}
}

func throttled() *Error { return &Error{http.StatusBadRequest, "Throttling", "Rate exceeded"} }

func priorRequest() *Error {
	return &Error{http.StatusBadRequest, "PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior request."}
}
