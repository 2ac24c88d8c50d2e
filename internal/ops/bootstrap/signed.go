// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"nafuda.io/nafuda/internal/provider/awsconf"
)

// signed is a request to a service of AWS.
type signed struct {
	service, region, action string
	method, url             string
	header                  http.Header
	body                    []byte
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 1 << 20

// send signs a request as the SDK does, and sends it once. No error of it has a credential or a request id.
func send(ctx context.Context, config aws.Config, s signed) (answer []byte, status int, err error) {
	what := s.service + ":" + s.action
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, s.method, s.url, bytes.NewReader(s.body))
	if err != nil {
		return nil, 0, fmt.Errorf("ask %s: %w", what, err)
	}
	req.Header = s.header
	keys, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("find the credentials for %s: %s: set AWS_PROFILE, or the keys of someone who may change IAM", what, awsconf.Scrub(err.Error()))
	}
	hash := sha256.Sum256(s.body)
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(hash[:]), s.service, s.region, time.Now()); err != nil {
		return nil, 0, fmt.Errorf("sign %s: %w", what, err)
	}
	resp, err := config.HTTPClient.Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("ask %s: %s", what, awsconf.Scrub(err.Error()))
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return nil, 0, fmt.Errorf("read the answer of %s: %w", what, err)
	}
	return answer, resp.StatusCode, nil
}
