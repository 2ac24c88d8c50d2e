// SPDX-License-Identifier: Apache-2.0

// Package stsemu puts several emulated AWS accounts behind one address, as AWS has them: who asks is told by the access key of a
// request, and STS's AssumeRole gives keys of sessions that end. It looks at key ids and session tokens; signatures aren't computed
// again, so that a wrong secret passes.
//
// Sources are AWS's documentation: AssumeRole in the STS API reference, "Common error types", and for the external id the IAM User
// Guide, "Access to AWS accounts owned by third parties".
package stsemu

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Role is a role that keys of some accounts may assume.
type Role struct {
	ARN        string
	Account    string        // whose Route 53 its sessions see
	Trusts     []string      // the accounts whose keys may assume it
	ExternalID string        // what must be told to assume it; empty: nothing
	Session    time.Duration // how long its sessions are good for; 0: as long as is asked for, an hour where nothing is
}

// Cloud is several accounts. Its methods may be called at the same time.
type Cloud struct {
	now      func() time.Time
	mu       sync.Mutex // guards what follows
	accounts map[string]http.Handler
	keys     map[string]key
	roles    map[string]Role
	calls    map[string]int
	made     int
}

// key is an access key: whose it is, and of a session also its token and its end.
type key struct {
	account, who, token string
	until               time.Time // zero: no end
}

// New returns a cloud without accounts; now nil is time.Now.
func New(now func() time.Time) *Cloud {
	if now == nil {
		now = time.Now
	}
	return &Cloud{now: now, accounts: make(map[string]http.Handler), keys: make(map[string]key), roles: make(map[string]Role), calls: make(map[string]int)}
}

// AddAccount adds an account: its Route 53, such as an r53emu.Server.
func (c *Cloud) AddAccount(name string, route53 http.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts[name] = route53
}

// AddKey makes an access key of an account.
func (c *Cloud) AddKey(account, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[id] = key{account: account, who: id}
}

// RemoveKey ends an access key: from now on nobody knows it.
func (c *Cloud) RemoveKey(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.keys, id)
}

// AddRole makes a role, or changes the one of that name.
func (c *Cloud) AddRole(r Role) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roles[r.ARN] = r
}

// Calls counts the requests so far by who sent them: an access key, or the ARN of a role.
func (c *Cloud) Calls() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}

var credential = regexp.MustCompile(`Credential=([A-Za-z0-9]+)/`)

// ServeHTTP answers a request: STS's at the root, Route 53's everywhere else.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k, account, err := c.caller(r)
	if err != nil {
		answer(w, http.StatusForbidden, err)
		return
	}
	if r.URL.Path == "/" && r.Method == http.MethodPost {
		c.sts(w, r, k)
		return
	}
	account.ServeHTTP(w, r)
}

// caller finds who sends a request.
func (c *Cloud) caller(r *http.Request) (key, http.Handler, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return key{}, nil, refuse("MissingAuthenticationToken", "Missing Authentication Token")
	}
	k, ok := c.keys[m[1]]
	account := c.accounts[k.account]
	switch {
	case !ok || account == nil || k.token != r.Header.Get("X-Amz-Security-Token"):
		return key{}, nil, refuse("InvalidClientTokenId", "The security token included in the request is invalid.")
	case !k.until.IsZero() && !c.now().Before(k.until):
		return key{}, nil, refuse("ExpiredToken", "The security token included in the request is expired")
	}
	c.calls[k.who]++
	return k, account, nil
}

// refusal is an error as the services write it.
type refusal struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Error   struct{ Type, Code, Message string }
	Request string `xml:"RequestId"`
}

func refuse(code, format string, args ...any) *refusal {
	r := &refusal{Request: "00000000-0000-4000-8000-000000000000"}
	r.Error.Type, r.Error.Code, r.Error.Message = "Sender", code, fmt.Sprintf(format, args...)
	return r
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(v) // the client may be gone
}
