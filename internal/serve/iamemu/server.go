// SPDX-License-Identifier: Apache-2.0

package iamemu

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"sync"
)

// Account is the account that everything belongs to: AWS's documentation uses the number in examples.
const Account = "123456789012"

// AdminKey is the access key id of who may do everything and is there from the start.
const AdminKey = "AKIDEXAMPLE"

// mostBody bounds a request: a policy has at most 6,144 characters, which a form may triple.
const mostBody = 64 << 10

// Server is an account. All its methods may be called at the same time.
type Server struct {
	mu       sync.Mutex // guards what follows
	users    map[string]*user
	roles    map[string]*role
	policies map[string]*policy // by ARN
	clusters map[string][]*association
	made     int
	calls    map[string]int
	refuse   map[string]string // action → code
}

type user struct {
	tags     map[string]string
	attached []string
	keys     []key
}

type key struct{ id, secret string }

type role struct {
	tags     map[string]string
	attached []string
	trust    string
}

type policy struct {
	name     string
	tags     map[string]string
	versions []version
	next     int
}

type version struct {
	id, document string
	isDefault    bool
}

// New returns an empty account.
func New() *Server {
	return &Server{
		users: make(map[string]*user), roles: make(map[string]*role), policies: make(map[string]*policy), clusters: make(map[string][]*association),
		calls: make(map[string]int), refuse: make(map[string]string),
	}
}

// Calls counts the requests so far by action, refused ones included.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// Refuse has an action answer with an error of this code from now on; an empty code ends that.
func (s *Server) Refuse(action, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[action] = code
}

// fault is an error that a client is told.
type fault struct {
	status        int
	code, message string
}

// Error implements error.
func (f *fault) Error() string { return f.code + ": " + f.message }

func refuse(status int, code, format string, args ...any) error {
	return &fault{status, code, fmt.Sprintf(format, args...)}
}

func missing(what, name string) error {
	return refuse(http.StatusNotFound, "NoSuchEntity", "The %s with name %s cannot be found.", what, name)
}

func taken(what, name string) error {
	return refuse(http.StatusConflict, "EntityAlreadyExists", "%s with name %s already exists.", what, name)
}

func conflict(format string, args ...any) error {
	return refuse(http.StatusConflict, "DeleteConflict", format, args...)
}

// ServeHTTP answers one request of the query API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	err := s.Signed(r)
	if err == nil {
		err = r.ParseForm()
	}
	action := r.PostForm.Get("Action")
	var out element
	if err == nil {
		out, err = s.serve(action, r.PostForm, credential(r))
	}
	w.Header().Set("Content-Type", "text/xml")
	var b bytes.Buffer
	status := http.StatusOK
	if err != nil {
		f, ok := errors.AsType[*fault](err)
		if !ok {
			f = &fault{http.StatusBadRequest, "MalformedInput", err.Error()}
		}
		status = f.status
		out = node("ErrorResponse", node("Error", leaf("Type", "Sender"), leaf("Code", f.code), leaf("Message", f.message)), leaf("RequestId", "0"))
	} else {
		out = node(action+"Response", node(action+"Result", out), node("ResponseMetadata", leaf("RequestId", "0")))
	}
	for _, e := range out {
		e.write(&b)
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client may be gone
}

func (s *Server) serve(action string, form url.Values, access string) (element, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[action]++
	if code := s.refuse[action]; code != "" {
		return nil, refuse(http.StatusForbidden, code, "refused on demand")
	}
	who, err := s.caller(access)
	if err != nil {
		return nil, err
	}
	if action == "GetCallerIdentity" {
		return element{}.with(leaf("Account", Account), leaf("Arn", "arn:aws:iam::"+Account+":user/"+who), leaf("UserId", "AIDAEXAMPLE")), nil
	}
	if who != admin {
		return nil, refuse(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: iam:%s", who, action)
	}
	do := actions()[action]
	if do == nil {
		return nil, refuse(http.StatusBadRequest, "InvalidAction", "Could not find operation %s", action)
	}
	return do(s, form)
}

const admin = "admin"

// caller is who an access key id belongs to.
func (s *Server) caller(access string) (string, error) {
	if access == AdminKey {
		return admin, nil
	}
	for name, u := range s.users {
		for _, k := range u.keys {
			if k.id == access {
				return name, nil
			}
		}
	}
	return "", refuse(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

func credential(r *http.Request) string {
	if m := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(\w+)/`).FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[1]
	}
	return ""
}

// item is an element of an answer: with text, or with others in it.
type item struct {
	name, text string
	in         element
}

type element []item

func (e element) with(more ...element) element {
	for _, m := range more {
		e = append(e, m...)
	}
	return e
}

func leaf(name, text string) element { return element{{name: name, text: text}} }

func node(name string, in ...element) element {
	return element{{name: name, in: element{}.with(in...)}}
}

func (i item) write(b *bytes.Buffer) {
	b.WriteString("<" + i.name + ">")
	_ = xml.EscapeText(b, []byte(i.text)) // a buffer takes all
	for _, sub := range i.in {
		sub.write(b)
	}
	b.WriteString("</" + i.name + ">")
}
