// SPDX-License-Identifier: Apache-2.0

package iamemu

import (
	"maps"
	"net/url"
)

// tagUser adds tags; one of the same key is replaced (API_TagUser).
func (s *Server) tagUser(form url.Values) (element, error) {
	u := s.users[form.Get("UserName")]
	if u == nil {
		return nil, missing("user", form.Get("UserName"))
	}
	maps.Copy(u.tags, tagsOf(form))
	return nil, nil
}

func (s *Server) tagRole(form url.Values) (element, error) {
	r := s.roles[form.Get("RoleName")]
	if r == nil {
		return nil, missing("role", form.Get("RoleName"))
	}
	maps.Copy(r.tags, tagsOf(form))
	return nil, nil
}

func (s *Server) tagPolicy(form url.Values) (element, error) {
	p, err := s.policy(form)
	if err != nil {
		return nil, err
	}
	maps.Copy(p.tags, tagsOf(form))
	return nil, nil
}
