// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// maxFile is the most that is read of a shared file to see whether it has changed, in bytes.
const maxFile = 1 << 20

// sharedFiles are the files that the SDK takes profiles from (AWS SDKs and Tools Reference Guide, "Shared config and credentials
// files").
func sharedFiles() []string {
	return []string{
		cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()),
		cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()),
	}
}

// rotating has the credentials of an account as its files have them now. The SDK reads them only once; a Secret that is mounted, or
// a person, changes them under a running program. It is safe for concurrent use.
type rotating struct {
	files []string
	load  func(context.Context) (aws.CredentialsProvider, error)

	mu   sync.Mutex // guards what follows
	seen [sha256.Size]byte
	now  aws.CredentialsProvider
	good aws.CredentialsProvider // the last that gave credentials, unless the service has refused them since
	void bool                    // the service has refused what now gives
}

var _ aws.CredentialsProvider = (*rotating)(nil)

// adopt takes credentials that were loaded just now.
func (r *rotating) adopt(p aws.CredentialsProvider) {
	seen := r.print()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now, r.seen = p, seen
}

// Retrieve implements aws.CredentialsProvider. Files that give no credentials, such as one that is half written, leave those that
// were there before until the files change again or the service refuses them.
func (r *rotating) Retrieve(ctx context.Context) (aws.Credentials, error) {
	now := r.current(ctx)
	keys, err := now.Retrieve(ctx)
	r.mu.Lock()
	if err == nil {
		r.good = now
	}
	good := r.good
	r.mu.Unlock()
	if err != nil && good != nil && good != now {
		return good.Retrieve(ctx)
	}
	return keys, err
}

// current loads what the files have now. It reads them without the lock, for they may hang, and forget shall not.
func (r *rotating) current(ctx context.Context) aws.CredentialsProvider {
	seen := r.print()
	r.mu.Lock()
	now, void := r.now, r.void
	fresh := seen == r.seen && !void
	r.void = false // from here on it is a new refusal
	r.mu.Unlock()
	if fresh {
		return now
	}
	p, err := r.load(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.now = p
	} else {
		r.void = r.void || void
	}
	r.seen = seen
	return r.now
}

// forget has the next call load the credentials anew, caches included, for the service has refused them.
func (r *rotating) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.void, r.good = true, nil
}

// print is what tells one state of the files from another. It reads them, for a file may change within the clock's tick and keep
// its size.
func (r *rotating) print() [sha256.Size]byte {
	h := sha256.New()
	for _, name := range r.files {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		_, _ = io.Copy(h, io.LimitReader(f, maxFile)) // what can't be read counts as its beginning
		_ = f.Close()
		h.Write([]byte{0})
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// onRefusedKeys calls forget where a service says that it doesn't know or no longer takes the keys of a call.
func onRefusedKeys(forget func()) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ForgetRefusedKeys", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleInitialize(ctx, in)
			if refusedKeys(err) {
				forget()
			}
			return out, meta, err
		}), middleware.Before)
	}
}

// refusedKeys reports whether an error is about the keys of a call themselves ("Common error types" of the services).
func refusedKeys(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException":
		return true
	}
	return false
}
