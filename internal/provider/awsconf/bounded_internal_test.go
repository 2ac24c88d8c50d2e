// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"nafuda.io/nafuda/internal/provider"
)

// stuck gives credentials once it is let go, whatever the context says.
type stuck struct {
	gate  chan struct{}
	calls atomic.Int32
}

func (s *stuck) Retrieve(context.Context) (aws.Credentials, error) {
	s.calls.Add(1)
	<-s.gate
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE"}, nil
}

func TestApartCredentialsThatHangEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{gate: make(chan struct{})}
		b := within(s, "the profile x")
		begin := time.Now()
		for range 3 {
			_, err := b.Retrieve(t.Context())
			if err == nil || !strings.Contains(err.Error(), "the credentials of the profile x") || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it gives %v", err)
			}
			if c := ClassifyWrite(err); provider.ClassOf(c) != provider.Unavailable {
				t.Errorf("a write that got no credentials is %s: nothing was sent", provider.ClassOf(c))
			}
		}
		if took := time.Since(begin); took != 3*credentialsTimeout || s.calls.Load() != 1 {
			t.Errorf("three waits took %s and %d calls, want %s and one", took, s.calls.Load(), 3*credentialsTimeout)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Retrieve(short); !errors.Is(err, errTooLong) {
			t.Errorf("with a shorter limit of the call it gives %v", err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Retrieve(over); !errors.Is(err, context.Canceled) {
			t.Errorf("at the end it gives %v", err)
		}
		close(s.gate)
		synctest.Wait()
		if keys, err := b.Retrieve(t.Context()); err != nil || keys.AccessKeyID != "AKIDEXAMPLE" {
			t.Errorf("once it answers it gives %v, %v", keys, err)
		}
	})
}

func TestAliveCredentialsThatPanic(t *testing.T) {
	b := within(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { panic("odd") }), "x")
	if _, err := b.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "odd") {
		t.Errorf("it gives %v", err)
	}
}

// TestApartAFileThatHangs: a pipe that nobody writes hangs as a file does on a network disk that is away.
func TestApartAFileThatHangs(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "credentials")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	good := credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", "")
	r := &rotating{files: []string{pipe}, now: good, load: func(context.Context) (aws.CredentialsProvider, error) { return good, nil }}
	b := &bounded{inner: r, of: "x", limit: 20 * time.Millisecond}
	if _, err := b.Retrieve(t.Context()); !errors.Is(err, errTooLong) {
		t.Errorf("it gives %v", err)
	}
	forgot := make(chan struct{})
	go func() { r.forget(); close(forgot) }() // as a call that was refused meanwhile does
	select {
	case <-forgot:
	case <-time.After(10 * time.Second):
		t.Fatal("forget waits for the file")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", pipe)
	if _, err := loadWithin(t.Context(), 20*time.Millisecond, Options{}, DefaultName); !errors.Is(err, errTooLong) {
		t.Errorf("the start gives %v", err)
	}
	let(t, pipe)
	for end := time.Now().Add(10 * time.Second); ; {
		let(t, pipe)
		if _, err := b.Retrieve(t.Context()); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it gives nothing though the file can be read again")
		}
	}
	if r.print() != sha256.Sum256([]byte{0}) {
		t.Error("the file that can be read again isn't read")
	}
}

// let lets whoever waits for a pipe read that it is empty, and makes it a file that doesn't hang.
func let(t *testing.T, pipe string) {
	t.Helper()
	w, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	empty := pipe + ".new"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(empty, pipe); err != nil {
		t.Fatal(err)
	}
}
