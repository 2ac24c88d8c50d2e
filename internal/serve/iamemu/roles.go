// SPDX-License-Identifier: Apache-2.0

package iamemu

import (
	"net/url"
	"slices"
)

func (s *Server) describeRole(name string) element {
	return node("Role", leaf("RoleName", name), leaf("Arn", "arn:aws:iam::"+Account+":role/"+name), leaf("RoleId", "AROAEXAMPLE"), leaf("Path", "/"),
		leaf("CreateDate", "2026-01-01T00:00:00Z"),
		leaf("AssumeRolePolicyDocument", url.QueryEscape(s.roles[name].trust)), tagList(s.roles[name].tags))
}

func (s *Server) getRole(form url.Values) (element, error) {
	name := form.Get("RoleName")
	if s.roles[name] == nil {
		return nil, missing("role", name)
	}
	return s.describeRole(name), nil
}

func (s *Server) createRole(form url.Values) (element, error) {
	name := form.Get("RoleName")
	if s.roles[name] != nil {
		return nil, taken("Role", name)
	}
	s.roles[name] = &role{tags: tagsOf(form), trust: form.Get("AssumeRolePolicyDocument")}
	return s.describeRole(name), nil
}

func (s *Server) updateTrust(form url.Values) (element, error) {
	r := s.roles[form.Get("RoleName")]
	if r == nil {
		return nil, missing("role", form.Get("RoleName"))
	}
	r.trust = form.Get("PolicyDocument")
	return nil, nil
}

func (s *Server) deleteRole(form url.Values) (element, error) {
	name := form.Get("RoleName")
	switch r := s.roles[name]; {
	case r == nil:
		return nil, missing("role", name)
	case len(r.attached) > 0:
		return nil, conflict("Cannot delete entity, must detach all policies first.")
	}
	delete(s.roles, name)
	return nil, nil
}

// holder finds the policies of a user or a role.
type holder func(*Server, url.Values) (list *[]string, err error)

func userPolicies(s *Server, form url.Values) (*[]string, error) {
	if u := s.users[form.Get("UserName")]; u != nil {
		return &u.attached, nil
	}
	return nil, missing("user", form.Get("UserName"))
}

func rolePolicies(s *Server, form url.Values) (*[]string, error) {
	if r := s.roles[form.Get("RoleName")]; r != nil {
		return &r.attached, nil
	}
	return nil, missing("role", form.Get("RoleName"))
}

// attach may be repeated, as IAM's may.
func attach(h holder) action {
	return func(s *Server, form url.Values) (element, error) {
		list, err := h(s, form)
		if err != nil {
			return nil, err
		}
		arn := form.Get("PolicyArn")
		if s.policies[arn] == nil {
			return nil, missing("policy", arn)
		}
		if !slices.Contains(*list, arn) {
			*list = append(*list, arn)
		}
		return nil, nil
	}
}

func detach(h holder) action {
	return func(s *Server, form url.Values) (element, error) {
		list, err := h(s, form)
		if err != nil {
			return nil, err
		}
		i := slices.Index(*list, form.Get("PolicyArn"))
		if i < 0 {
			return nil, missing("policy", form.Get("PolicyArn"))
		}
		*list = slices.Delete(*list, i, i+1)
		return nil, nil
	}
}

func attached(h holder) action {
	return func(s *Server, form url.Values) (element, error) {
		list, err := h(s, form)
		if err != nil {
			return nil, err
		}
		var members element
		for _, arn := range *list {
			members = members.with(node("member", leaf("PolicyArn", arn), leaf("PolicyName", s.policies[arn].name)))
		}
		return node("AttachedPolicies", members).with(leaf("IsTruncated", "false")), nil
	}
}
