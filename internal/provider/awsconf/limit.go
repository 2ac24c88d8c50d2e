// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"context"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// maxBody is the most that is read of one answer, in bytes. The largest page of Route 53 that its quotas allow to be of use is
// far smaller.
const maxBody = 16 << 20

// limitBody cuts answers off after maxBody, so that no service can fill the memory; what is cut off doesn't parse.
func limitBody(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("LimitBody", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleDeserialize(ctx, in)
		if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && resp.Body != nil {
			resp.Body = limited{io.LimitReader(resp.Body, maxBody), resp.Body}
		}
		return out, meta, err
	}), middleware.After)
}

type limited struct {
	io.Reader
	io.Closer
}
