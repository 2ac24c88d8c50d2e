// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Observe is told of each HTTP request: what was asked of whom, and the status of the answer, 0 where none came. It may be called
// from several goroutines.
type Observe func(r *http.Request, status int, took time.Duration)

func client() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(callTimeout).WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = tlsTimeout, answerTimeout
		})
}

// observed wraps a client; without an observer it is the client itself.
func observed(c aws.HTTPClient, observe Observe) aws.HTTPClient {
	if observe == nil {
		return c
	}
	return watching{c, observe}
}

type watching struct {
	aws.HTTPClient
	observe Observe
}

func (w watching) Do(r *http.Request) (*http.Response, error) {
	begin := time.Now()
	resp, err := w.HTTPClient.Do(r)
	status := 0
	if resp != nil {
		status = resp.StatusCode
	}
	w.observe(r, status, time.Since(begin))
	return resp, err
}
