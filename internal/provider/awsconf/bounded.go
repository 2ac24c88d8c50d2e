// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/singleflight"

	"nafuda.io/nafuda/internal/model/crash"
)

// credentialsTimeout is how long a call waits for credentials. It is shorter than the loop's limit of a call, so that what is
// reported is that credentials hang, and not that Route 53 does.
const credentialsTimeout = 6 * time.Second

// filesTimeout is how long the start waits for the shared files: long enough that only a disk that hangs takes longer, and not a machine that is busy.
const filesTimeout = time.Minute

// bounded has an end to every wait for credentials: the instance's metadata service, STS, a helper process and a file on a disk that hangs may each take
// for ever, the last without heeding a context. One retrieval at a time is under way, and goes on for a while after its callers have given up, so that a slow
// one is of use to the next call. It is safe for concurrent use.
type bounded struct {
	inner  aws.CredentialsProvider
	of     string // the profile or role
	limit  time.Duration
	flight singleflight.Group
}

var _ aws.CredentialsProvider = (*bounded)(nil)

func within(inner aws.CredentialsProvider, of string) *bounded {
	return &bounded{inner: inner, of: of, limit: credentialsTimeout}
}

// Retrieve implements aws.CredentialsProvider. A wait that was too long is no context's error: nothing has been sent by then.
func (b *bounded) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if err := ctx.Err(); err != nil {
		return aws.Credentials{}, err
	}
	keys, err := wait(ctx, b.limit, b.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*b.limit)
		defer cancel()
		return b.retrieve(ctx)
	}))
	if errors.Is(err, errTooLong) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // the SDK has limits too
		err = fmt.Errorf("get the credentials of %s: %w: check its instance metadata service, STS, helper process or files, whichever it has them from", b.of, errTooLong)
	}
	creds, _ := keys.(aws.Credentials)
	return creds, err
}

func (b *bounded) retrieve(ctx context.Context) (keys aws.Credentials, err error) {
	if caught := crash.Catch("get the credentials of "+b.of, func() { keys, err = b.inner.Retrieve(ctx) }); caught != nil {
		return aws.Credentials{}, caught
	}
	return keys, err
}

var errTooLong = errors.New("there was no answer in time")

// wait returns a result, or an error where there is none in time.
func wait(ctx context.Context, limit time.Duration, result <-chan singleflight.Result) (any, error) {
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case r := <-result:
		return r.Val, r.Err
	case <-late.C:
		return nil, errTooLong
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, errTooLong
		}
		return nil, ctx.Err()
	}
}

// loadWithin is load with an end, for it reads files.
func loadWithin(ctx context.Context, limit time.Duration, o Options, name string) (Account, error) {
	var flight singleflight.Group
	a, err := wait(ctx, limit, flight.DoChan("", func() (any, error) { return load(context.WithoutCancel(ctx), o, name) }))
	if errors.Is(err, errTooLong) {
		err = fmt.Errorf("read the shared files: %w", err)
	}
	account, _ := a.(Account)
	return account, err
}
