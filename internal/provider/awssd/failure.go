// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"errors"

	"github.com/aws/smithy-go"

	"nafuda.io/nafuda/internal/provider"
)

var (
	// errGone is why a call is Stale that is about a service which isn't there.
	errGone = errors.New("there is no such service")
	// errBusy is why a call is Stale that comes before an operation has ended.
	errBusy = errors.New("an instance of the service is still being registered or deregistered")
)

func gone(err error) bool { return errors.Is(err, errGone) }

// classify adds to the classes that all AWS services share those of Cloud Map's exceptions (API reference, the errors of each
// action); the rest is for the function given, one of awsconf.
func classify(err error, rest func(error) error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return rest(err)
	}
	switch api.ErrorCode() {
	case "ServiceNotFound":
		return &provider.Error{Class: provider.Stale, Err: errGone}
	case "ResourceInUse", "DuplicateRequest":
		return &provider.Error{Class: provider.Stale, Err: errBusy}
	case "ServiceAlreadyExists":
		return &provider.Error{Class: provider.Stale, Err: errors.New("there is such a service already")}
	case "ResourceLimitExceeded", "TooManyTagsException":
		e, _ := errors.AsType[*provider.Error](rest(err))
		out := *e
		out.Class = provider.Rejected
		return &out
	default:
		return rest(err)
	}
}
