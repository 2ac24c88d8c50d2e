// SPDX-License-Identifier: Apache-2.0

package source

import (
	"nafuda.io/nafuda/internal/model/crash"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
)

// SlimSafely is Slim for feeds. Where Slim panics, the object is refused: it is there, but what it asks for isn't known.
func (k Kind) SlimSafely(ref endpoint.Ref, obj any, keep Keep) (slim any, refused *endpoint.Refusal) {
	if caught := crash.Catch("read "+ref.String(), func() { slim = k.Slim(obj, keep) }); caught != nil {
		return nil, &endpoint.Refusal{Ref: ref, Field: caught.Stack, Why: reason.New(reason.Crash, "%s", caught)}
	}
	return slim, nil
}
