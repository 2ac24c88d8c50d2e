// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// maxAnswer bounds an answer of the API server, in bytes; the longest list of a group's kinds has some 50,000.
const maxAnswer = 4 << 20

// api asks an API server. It may be used from several goroutines.
type api struct {
	base     *url.URL
	client   *http.Client
	insecure bool // its certificate isn't checked
}

func newAPI(find func() (*rest.Config, error)) (*api, error) {
	cfg, err := find()
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare the connection to the API server: %w", err)
	}
	base, _, err := rest.DefaultServerUrlFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("read the address of the API server: %w", err)
	}
	base.User = nil
	return &api{base: base, client: client, insecure: cfg.Insecure}, nil
}

// apiError is an answer that isn't a success.
type apiError struct {
	status  int // of HTTP
	message string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d: %s", e.status, e.message) }

// ask sends a request, with a body where in isn't nil, and reads the JSON of its answer. The headers are there with an apiError too.
func (a *api) ask(ctx context.Context, path string, in, out any) (http.Header, error) {
	method, body := http.MethodGet, []byte(nil)
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("write a request: %w", err)
		}
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("write a request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return resp.Header, fmt.Errorf("read the answer of the API server: %w", err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		var s metav1.Status
		_ = json.Unmarshal(text, &s) // a proxy answers something else
		if s.Message == "" {
			s.Message = http.StatusText(resp.StatusCode)
		}
		return resp.Header, &apiError{resp.StatusCode, s.Message}
	}
	if err := json.Unmarshal(text, out); err != nil {
		return resp.Header, fmt.Errorf("%s doesn't answer as an API server does: %w", a.base, err)
	}
	return resp.Header, nil
}
