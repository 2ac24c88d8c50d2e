// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// refused is an answer that isn't a success.
type refused struct {
	code int
	text string
}

func (r *refused) Error() string {
	return fmt.Sprintf("%d %s: %s", r.code, http.StatusText(r.code), r.text)
}

// Ask sends a request to a path as the administrator, with in as JSON, or as a merge patch where the method is PATCH, and reads the answer into
// out unless that is nil. Found is false where the server has no such thing.
func (c *Cluster) Ask(ctx context.Context, method, place string, in, out any) (found bool, err error) {
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return false, fmt.Errorf("%s %s: %w", method, place, err)
		}
	}
	content := "application/json"
	if method == http.MethodPatch {
		content = "application/merge-patch+json"
	}
	answer, err := c.call(ctx, method, place, content, body)
	if r, ok := errors.AsType[*refused](err); ok && r.code == http.StatusNotFound {
		return false, nil
	}
	if err == nil && out != nil {
		err = json.Unmarshal(answer, out)
	}
	if err != nil {
		return false, fmt.Errorf("%s %s: %w", method, place, err)
	}
	return true, nil
}
