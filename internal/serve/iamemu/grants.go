// SPDX-License-Identifier: Apache-2.0

package iamemu

import "slices"

// Grants are the policies, as they are now, of the user who has an access key: what a service would go by. Nobody's key has none and
// isn't known; the admin's is known and has none, and may do everything.
func (s *Server) Grants(access string) (documents []string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, err := s.caller(access)
	if err != nil || who == admin {
		return nil, err == nil
	}
	for _, arn := range s.users[who].attached {
		versions := s.policies[arn].versions
		i := slices.IndexFunc(versions, func(v version) bool { return v.isDefault })
		documents = append(documents, versions[i].document)
	}
	return documents, true
}

// Left names what there is in the account, sorted: "association C N/A", "policy P", "role R", "user U".
func (s *Server) Left() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, p := range s.policies {
		out = append(out, "policy "+p.name)
	}
	for name := range s.roles {
		out = append(out, "role "+name)
	}
	for name := range s.users {
		out = append(out, "user "+name)
	}
	for name, list := range s.clusters {
		for _, a := range list {
			out = append(out, "association "+name+" "+a.Namespace+"/"+a.Account)
		}
	}
	slices.Sort(out)
	return out
}
