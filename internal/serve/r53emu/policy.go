// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// principal is who every request comes from: AWS's documentation uses this account number in examples.
const principal = "arn:aws:iam::123456789012:user/emulated"

// Policy is an IAM policy. The nil Policy allows everything.
type Policy struct{ statements statements }

type statement struct {
	Effect                  string
	Action, Resource        texts
	Condition               map[string]map[string]texts // operator → key → values
	NotAction, NotResource  json.RawMessage
	Principal, NotPrincipal json.RawMessage
}

// texts is a JSON string or a list of them.
type texts []string

// UnmarshalJSON reads either form.
func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = texts{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("want a string or a list of strings")
	}
	*t = many
	return nil
}

// ParsePolicy reads the JSON of an IAM policy with Effect, Action, Resource and Route 53's conditions on changes. What it would
// have to ignore, such as other conditions, is an error.
func ParsePolicy(doc []byte) (*Policy, error) {
	var in struct{ Statement statements }
	if err := json.Unmarshal(doc, &in); err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	for i, s := range in.Statement {
		if err := s.validate(); err != nil {
			return nil, fmt.Errorf("read the policy: statement %d %w", i+1, err)
		}
	}
	return &Policy{statements: in.Statement}, nil
}

// statements is one statement or a list of them.
type statements []statement

// UnmarshalJSON reads either form.
func (s *statements) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		*s = make(statements, 1)
		return json.Unmarshal(b, &(*s)[0])
	}
	return json.Unmarshal(b, (*[]statement)(s))
}

func (s statement) validate() error {
	switch {
	case s.NotAction != nil || s.NotResource != nil || s.Principal != nil || s.NotPrincipal != nil:
		return errors.New("has an element beside Effect, Action, Resource and Condition, which isn't emulated")
	case s.Effect != "Allow" && s.Effect != "Deny":
		return fmt.Errorf("has the effect %q, not Allow or Deny", s.Effect)
	case len(s.Action) == 0 || len(s.Resource) == 0:
		return errors.New("lacks Action or Resource")
	}
	return checkConditions(s.Condition)
}

// check asks the policy (IAM User Guide, policy evaluation logic): a Deny decides, else an Allow is needed. Actions on no one
// resource have an empty resource and need a statement for "*".
func (p *Policy) check(action, resource string, changes []Change) error {
	if p == nil {
		return nil
	}
	allowed, why := false, "because no identity-based policy allows the route53:"+action+" action"
	for _, s := range p.statements {
		if !s.covers("route53:"+action, resource) || !s.holds(changes) {
			continue
		}
		if s.Effect == "Deny" {
			allowed, why = false, "with an explicit deny in an identity-based policy"
			break
		}
		allowed = true
	}
	if allowed {
		return nil
	}
	return denied(action, resource, why)
}

func denied(action, resource, why string) *Error {
	on := ""
	if resource != "" {
		on = " on resource: " + resource
	}
	return &Error{http.StatusForbidden, "AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: route53:%s%s %s", principal, action, on, why)}
}

func (s statement) covers(action, resource string) bool {
	hit := false
	for _, a := range s.Action {
		hit = hit || wild(strings.ToLower(a), strings.ToLower(action))
	}
	if !hit {
		return false
	}
	for _, r := range s.Resource {
		if resource == "" && r == "*" || resource != "" && wild(r, resource) {
			return true
		}
	}
	return false
}

// wild matches a pattern with * for any characters and ? for one.
func wild(pattern, s string) bool {
	star, from := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, from = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
