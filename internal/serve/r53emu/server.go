// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Options adjusts the service. The zero Options is one without limits of rate, delays and policy.
type Options struct {
	DB         *zonedb.DB       // the zones, with sets as Apply leaves them; nil for a new, empty one
	Now        func() time.Time // nil: time.Now
	Limits     Limits
	Policy     *Policy       // nil allows everything
	Rate       float64       // requests a second that the account is allowed; 0: any
	Burst      int           // requests that may come at once; 0: as many as a second's
	Processing time.Duration // how long a zone refuses writes after one, with PriorRequestNotComplete
	Delay      time.Duration // how long changes stay PENDING
	Latency    time.Duration // how long each request is under way before anything is done; not by Now
	// ZoneMark is a part of the ids of the account's zones, of capital letters and digits: no other account's zones have the same ids.
	ZoneMark string
	// HealthChecks are the ids of the account's health checks; nil: any id is taken.
	HealthChecks []string
	Log          func(Call) // called after each request, possibly from several goroutines
}

// Call is a request as the service understood it.
type Call struct {
	Action  string // "ListHostedZones"; empty where unknown
	Zone    string // the hosted zone's id, where there is one
	Changes []Change
	Err     error // an *Error, or nil
}

// Server is an account at Route 53. All its methods may be called at the same time.
type Server struct {
	opts                Options
	db                  *zonedb.DB
	mu                  sync.Mutex // guards what follows
	meta                map[string]zoneMeta
	busy                map[string]time.Time // zone id → until when it is processing
	sent                map[string]time.Time // change id → when
	calls               map[string]int
	faults              []planned
	refuse              map[string]*Error
	guardrails          map[string][]Guardrail // by zone id
	ids, zones, changes int
	bucket              bucket
}

// zoneMeta is what a zone has beside its records.
type zoneMeta struct {
	reference, comment string
	vpcs               []wireVPC
	tags               map[string]string
}

// New returns a service.
func New(opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.DB == nil {
		opts.DB = zonedb.New()
	}
	opts.Limits = opts.Limits.withDefaults()
	return &Server{
		opts: opts, db: opts.DB, meta: make(map[string]zoneMeta), busy: make(map[string]time.Time), sent: make(map[string]time.Time),
		calls: make(map[string]int), refuse: make(map[string]*Error), guardrails: make(map[string][]Guardrail), bucket: newBucket(opts, opts.Now()),
	}
}

// DB is the database with the service's zones.
func (s *Server) DB() *zonedb.DB { return s.db }

// Calls counts the requests so far by action, refused ones included.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// request is one call on its way through the service.
type request struct {
	*http.Request
	call   Call
	route  route
	id     string // of the thing in the path
	second string // the path's second variable: a limit's type, a tag's resource id
}

// answer is the result of an action.
type answer struct {
	status   int // 0: 200
	location string
	body     body
}

// ServeHTTP answers one request of the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	req, found := match(r)
	s.mu.Lock()
	s.calls[req.call.Action]++
	s.ids++
	requestID := fmt.Sprintf("%08x-0000-4000-8000-000000000000", s.ids)
	s.mu.Unlock()
	w.Header().Set("x-amzn-RequestId", requestID)
	w.Header().Set("Content-Type", "text/xml")
	if !found {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("<UnknownOperationException/>\n"))
		return
	}
	out, err := s.serve(req)
	req.call.Err = err
	if s.opts.Log != nil {
		s.opts.Log(req.call)
	}
	if errors.Is(err, errDropped) {
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	}
	if err != nil {
		fail(w, err, requestID)
		return
	}
	write(w, out)
}

var errDropped = errors.New("the connection was dropped on demand")

// serve is a request's way: signature, faults, rate, permission, the action itself.
func (s *Server) serve(req *request) (answer, error) {
	if err := checkSignature(req.Request); err != nil {
		return answer{}, err
	}
	if err := (Fault{Delay: s.opts.Latency}).before(req.Context()); err != nil {
		return answer{}, err
	}
	fault, planned := s.takeFault(req.call.Action)
	if planned {
		if err := fault.before(req.Context()); err != nil {
			return answer{}, err
		}
	}
	if !s.take() {
		return answer{}, throttled()
	}
	if req.call.Action == changeAction {
		changes, err := decodeChanges(req.Body) // before the permission, which may depend on them
		if err != nil {
			return answer{}, err
		}
		req.call.Changes = changes
	}
	if err := s.opts.Policy.check(req.call.Action, req.route.resource(req.id), req.call.Changes); err != nil {
		return answer{}, err
	}
	out, err := req.route.serve(s, req)
	if planned && fault.LoseAnswer {
		return answer{}, errDropped
	}
	return out, err
}

// checkSignature looks only for a signature of version 4 in the header; any key will do.
func checkSignature(r *http.Request) error {
	auth := r.Header.Get("Authorization")
	switch {
	case auth == "":
		return &Error{http.StatusForbidden, "MissingAuthenticationToken", "Missing Authentication Token"}
	case !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 ") || !strings.Contains(auth, "Credential=") || !strings.Contains(auth, "Signature="):
		return &Error{http.StatusBadRequest, "IncompleteSignature", "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter."}
	}
	return nil
}

func write(w http.ResponseWriter, out answer) {
	if out.location != "" {
		w.Header().Set("Location", out.location)
	}
	writeXML(w, max(out.status, http.StatusOK), out.body)
}

func fail(w http.ResponseWriter, err error, requestID string) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{http.StatusInternalServerError, "InternalFailure", err.Error()}
	}
	kind := "Sender"
	if e.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	writeXML(w, e.Status, wireError{Type: kind, Code: e.Code, Message: e.Message, RequestId: requestID})
}

func writeXML(w http.ResponseWriter, status int, v any) {
	var out bytes.Buffer
	out.WriteString("<?xml version=\"1.0\"?>\n")
	if err := xml.NewEncoder(&out).Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the client may be gone
}
