// SPDX-License-Identifier: Apache-2.0

package iamemu

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
)

func (s *Server) describePolicy(arn string) element {
	p := s.policies[arn]
	i := slices.IndexFunc(p.versions, func(v version) bool { return v.isDefault })
	return node("Policy", leaf("PolicyName", p.name), leaf("Arn", arn), leaf("PolicyId", "ANPAEXAMPLE"), leaf("Path", "/"),
		leaf("DefaultVersionId", p.versions[i].id), leaf("AttachmentCount", strconv.Itoa(s.holders(arn))), leaf("IsAttachable", "true"),
		leaf("CreateDate", "2026-01-01T00:00:00Z"), leaf("UpdateDate", "2026-01-01T00:00:00Z"), tagList(p.tags))
}

// holders counts who has a policy.
func (s *Server) holders(arn string) int {
	n := 0
	for _, u := range s.users {
		n += count(u.attached, arn)
	}
	for _, r := range s.roles {
		n += count(r.attached, arn)
	}
	return n
}

func count(list []string, s string) int {
	if slices.Contains(list, s) {
		return 1
	}
	return 0
}

func (s *Server) policy(form url.Values) (*policy, error) {
	if p := s.policies[form.Get("PolicyArn")]; p != nil {
		return p, nil
	}
	return nil, refuse(http.StatusNotFound, "NoSuchEntity", "Policy %s was not found.", form.Get("PolicyArn"))
}

func (s *Server) getPolicy(form url.Values) (element, error) {
	if _, err := s.policy(form); err != nil {
		return nil, err
	}
	return s.describePolicy(form.Get("PolicyArn")), nil
}

func (s *Server) listPolicies(url.Values) (element, error) {
	var members element
	for _, arn := range slices.Sorted(maps.Keys(s.policies)) {
		members = members.with(node("member", s.describePolicy(arn)[0].in))
	}
	return node("Policies", members).with(leaf("IsTruncated", "false")), nil
}

// document checks a policy as far as IAM's MalformedPolicyDocument goes for us: JSON with a version and statements, each Sid of letters
// and digits.
func document(text string) error {
	var d struct {
		Version   string
		Statement []struct{ Sid, Effect string }
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil || d.Version != "2012-10-17" || len(d.Statement) == 0 {
		return refuse(http.StatusBadRequest, "MalformedPolicyDocument", "Syntax errors in policy.")
	}
	const most = 6144 // characters of a managed policy, white space apart
	if len(text) > 2*most {
		return refuse(http.StatusConflict, "LimitExceeded", "Cannot exceed quota for PolicySize: %d", most)
	}
	for _, st := range d.Statement {
		if !regexp.MustCompile(`^[A-Za-z0-9]*$`).MatchString(st.Sid) {
			return refuse(http.StatusBadRequest, "MalformedPolicyDocument", "Statement IDs (SID) must be alpha-numeric.")
		}
	}
	return nil
}

func (s *Server) createPolicy(form url.Values) (element, error) {
	name := form.Get("PolicyName")
	arn := "arn:aws:iam::" + Account + ":policy/" + name
	if s.policies[arn] != nil {
		return nil, taken("A policy", name)
	}
	if err := document(form.Get("PolicyDocument")); err != nil {
		return nil, err
	}
	s.policies[arn] = &policy{name: name, tags: tagsOf(form), next: 2, versions: []version{{"v1", form.Get("PolicyDocument"), true}}}
	return s.describePolicy(arn), nil
}

func (s *Server) deletePolicy(form url.Values) (element, error) {
	p, err := s.policy(form)
	switch {
	case err != nil:
		return nil, err
	case s.holders(form.Get("PolicyArn")) > 0:
		return nil, conflict("Cannot delete a policy attached to entities.")
	case len(p.versions) > 1:
		return nil, conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions.")
	}
	delete(s.policies, form.Get("PolicyArn"))
	return nil, nil
}

func describeVersion(v version, withDocument bool) element {
	out := leaf("VersionId", v.id).with(leaf("IsDefaultVersion", strconv.FormatBool(v.isDefault)), leaf("CreateDate", "2026-01-01T00:00:00Z"))
	if withDocument {
		out = out.with(leaf("Document", url.QueryEscape(v.document)))
	}
	return out
}

// listVersions has the newest first, as IAM has.
func (s *Server) listVersions(form url.Values) (element, error) {
	p, err := s.policy(form)
	if err != nil {
		return nil, err
	}
	var members element
	for _, v := range slices.Backward(p.versions) {
		members = members.with(node("member", describeVersion(v, false)))
	}
	return node("Versions", members).with(leaf("IsTruncated", "false")), nil
}

func (s *Server) version(form url.Values) (*policy, int, error) {
	p, err := s.policy(form)
	if err != nil {
		return nil, 0, err
	}
	i := slices.IndexFunc(p.versions, func(v version) bool { return v.id == form.Get("VersionId") })
	if i < 0 {
		return nil, 0, refuse(http.StatusNotFound, "NoSuchEntity", "Policy %s version %s does not exist.", form.Get("PolicyArn"), form.Get("VersionId"))
	}
	return p, i, nil
}

func (s *Server) getVersion(form url.Values) (element, error) {
	p, i, err := s.version(form)
	if err != nil {
		return nil, err
	}
	return node("PolicyVersion", describeVersion(p.versions[i], true)), nil
}

func (s *Server) createVersion(form url.Values) (element, error) {
	p, err := s.policy(form)
	if err == nil {
		err = document(form.Get("PolicyDocument"))
	}
	switch {
	case err != nil:
		return nil, err
	case len(p.versions) >= mostVersions:
		return nil, refuse(http.StatusConflict, "LimitExceeded", "A managed policy can have up to %d versions.", mostVersions)
	}
	v := version{fmt.Sprintf("v%d", p.next), form.Get("PolicyDocument"), form.Get("SetAsDefault") == "true"}
	p.next++
	for i := range p.versions {
		p.versions[i].isDefault = p.versions[i].isDefault && !v.isDefault
	}
	p.versions = append(p.versions, v)
	return node("PolicyVersion", describeVersion(v, false)), nil
}

func (s *Server) deleteVersion(form url.Values) (element, error) {
	p, i, err := s.version(form)
	switch {
	case err != nil:
		return nil, err
	case p.versions[i].isDefault:
		return nil, conflict("Cannot delete the default version of a policy.")
	}
	p.versions = slices.Delete(p.versions, i, i+1)
	return nil, nil
}
