// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// target is what the header X-Amz-Target starts with, before the action.
const target = "Route53AutoNaming_v20170314."

// mostBody bounds a request: the attributes of an instance have at most 5,000 characters.
const mostBody = 64 << 10

// Options say how the service behaves. The zero Options is a service that does at once what it is asked for, without a limit of rate.
type Options struct {
	Region string           // the only one that requests may be signed for; empty: any
	Settle time.Duration    // how long operations take
	Now    func() time.Time // nil: time.Now
	Page   int              // most entries of a page; 0: as many as the request asks for
}

// Server is an account in one region. All its methods may be called at the same time.
type Server struct {
	opts Options

	mu         sync.Mutex // guards what follows
	namespaces map[string]*namespace
	services   map[string]*service
	operations map[string]*operation
	pending    []*operation // in the order of their ends
	made       int
	calls      map[string]int
	faults     []planned
	failing    []string // error codes of the operations that come next
}

// New returns an account without namespaces.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{
		opts: o, namespaces: make(map[string]*namespace), services: make(map[string]*service),
		operations: make(map[string]*operation), calls: make(map[string]int),
	}
}

// Calls counts the requests so far by action, refused ones included.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// action does what a request asks for.
type action func(s *Server, body []byte) (any, error)

func actions() map[string]action {
	return map[string]action{
		"ListNamespaces": typed((*Server).listNamespaces), "GetNamespace": typed((*Server).getNamespace),
		"CreateService": typed((*Server).createService), "GetService": typed((*Server).getService),
		"UpdateService": typed((*Server).updateService), "DeleteService": typed((*Server).deleteService),
		"ListServices": typed((*Server).listServices), "ListInstances": typed((*Server).listInstances),
		"RegisterInstance": typed((*Server).registerInstance), "DeregisterInstance": typed((*Server).deregisterInstance),
		"GetOperation": typed((*Server).getOperation),
	}
}

// typed reads the body into the action's own input.
func typed[I any](do func(*Server, I) (any, error)) action {
	return func(s *Server, body []byte) (any, error) {
		var in I
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			return nil, &Error{Status: http.StatusBadRequest, Code: "SerializationException", Message: err.Error()}
		}
		return do(s, in)
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		return
	}
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
	f := s.begin(name)
	var out any
	if err = f.before(r.Context()); err == nil {
		out, err = s.serve(name, r, body)
	}
	if f.LoseAnswer || errors.Is(err, errDropped) {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	status := http.StatusOK
	if err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			e = &Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
		}
		status, out = e.Status, e.body()
	}
	text, err := json.Marshal(out)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"__type":"InternalFailure"}`)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may be gone
}

// scope finds the region in a signature (AWS General Reference, "Signature Version 4").
var scope = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[^/, ]+/\d{8}/([a-z0-9-]+)/servicediscovery/aws4_request,`)

func (s *Server) serve(name string, r *http.Request, body []byte) (any, error) {
	do := actions()[name]
	if do == nil || r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("X-Amz-Target"), target) {
		return nil, &Error{Status: http.StatusBadRequest, Code: "UnknownOperationException"}
	}
	m := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil || s.opts.Region != "" && m[1] != s.opts.Region {
		return nil, &Error{Status: http.StatusForbidden, Code: "InvalidSignatureException", Message: "Credential should be scoped to a valid region."}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	return do(s, body)
}
