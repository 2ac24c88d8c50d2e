// SPDX-License-Identifier: Apache-2.0

package iamemu

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mostKeys and mostVersions are IAM's quotas (IAM User Guide, "IAM and AWS STS quotas").
const (
	mostKeys     = 2
	mostVersions = 5
)

// action is one operation. It is called with the server's mutex held.
type action func(*Server, url.Values) (element, error)

func actions() map[string]action {
	return map[string]action{
		"GetUser": (*Server).getUser, "CreateUser": (*Server).createUser, "DeleteUser": (*Server).deleteUser,
		"TagUser": (*Server).tagUser, "TagRole": (*Server).tagRole, "TagPolicy": (*Server).tagPolicy,
		"ListAccessKeys": (*Server).listKeys, "CreateAccessKey": (*Server).createKey, "DeleteAccessKey": (*Server).deleteKey,
		"GetRole": (*Server).getRole, "CreateRole": (*Server).createRole, "DeleteRole": (*Server).deleteRole, "UpdateAssumeRolePolicy": (*Server).updateTrust,
		"GetPolicy": (*Server).getPolicy, "CreatePolicy": (*Server).createPolicy, "DeletePolicy": (*Server).deletePolicy, "ListPolicies": (*Server).listPolicies,
		"ListPolicyVersions": (*Server).listVersions, "GetPolicyVersion": (*Server).getVersion,
		"CreatePolicyVersion": (*Server).createVersion, "DeletePolicyVersion": (*Server).deleteVersion,
		"AttachUserPolicy": attach(userPolicies), "DetachUserPolicy": detach(userPolicies), "ListAttachedUserPolicies": attached(userPolicies),
		"AttachRolePolicy": attach(rolePolicies), "DetachRolePolicy": detach(rolePolicies), "ListAttachedRolePolicies": attached(rolePolicies),
	}
}

// tagsOf reads Tags.member.N.Key and .Value.
func tagsOf(form url.Values) map[string]string {
	out := make(map[string]string)
	for i := 1; form.Has(fmt.Sprintf("Tags.member.%d.Key", i)); i++ {
		member := "Tags.member." + strconv.Itoa(i)
		out[form.Get(member+".Key")] = form.Get(member + ".Value")
	}
	return out
}

func tagList(tags map[string]string) element {
	var members element
	for key, value := range tags {
		members = members.with(node("member", leaf("Key", key), leaf("Value", value)))
	}
	slices.SortFunc(members, func(a, b item) int { return strings.Compare(a.in[0].text, b.in[0].text) })
	return node("Tags", members)
}

func (s *Server) describeUser(name string) element {
	return node("User", leaf("UserName", name), leaf("Arn", "arn:aws:iam::"+Account+":user/"+name), leaf("UserId", "AIDAEXAMPLE"),
		leaf("Path", "/"), leaf("CreateDate", "2026-01-01T00:00:00Z"), tagList(s.users[name].tags))
}

func (s *Server) getUser(form url.Values) (element, error) {
	name := form.Get("UserName")
	if s.users[name] == nil {
		return nil, missing("user", name)
	}
	return s.describeUser(name), nil
}

func (s *Server) createUser(form url.Values) (element, error) {
	name := form.Get("UserName")
	if s.users[name] != nil {
		return nil, taken("User", name)
	}
	s.users[name] = &user{tags: tagsOf(form)}
	return s.describeUser(name), nil
}

func (s *Server) deleteUser(form url.Values) (element, error) {
	name := form.Get("UserName")
	switch u := s.users[name]; {
	case u == nil:
		return nil, missing("user", name)
	case len(u.keys) > 0:
		return nil, conflict("Cannot delete entity, must delete access keys first.")
	case len(u.attached) > 0:
		return nil, conflict("Cannot delete entity, must detach all policies first.")
	}
	delete(s.users, name)
	return nil, nil
}

func (s *Server) listKeys(form url.Values) (element, error) {
	u := s.users[form.Get("UserName")]
	if u == nil {
		return nil, missing("user", form.Get("UserName"))
	}
	var members element
	for _, k := range u.keys {
		members = members.with(node("member", leaf("AccessKeyId", k.id), leaf("Status", "Active"), leaf("UserName", form.Get("UserName")),
			leaf("CreateDate", "2026-01-01T00:00:00Z")))
	}
	return node("AccessKeyMetadata", members).with(leaf("IsTruncated", "false")), nil
}

func (s *Server) createKey(form url.Values) (element, error) {
	u := s.users[form.Get("UserName")]
	switch {
	case u == nil:
		return nil, missing("user", form.Get("UserName"))
	case len(u.keys) >= mostKeys:
		return nil, refuse(http.StatusConflict, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: %d", mostKeys)
	}
	s.made++
	k := key{fmt.Sprintf("AKIAEXAMPLE%09d", s.made), fmt.Sprintf("emulated/secret+%024d", s.made)}
	u.keys = append(u.keys, k)
	return node("AccessKey", leaf("UserName", form.Get("UserName")), leaf("AccessKeyId", k.id), leaf("Status", "Active"), leaf("SecretAccessKey", k.secret),
		leaf("CreateDate", "2026-01-01T00:00:00Z")), nil
}

func (s *Server) deleteKey(form url.Values) (element, error) {
	u := s.users[form.Get("UserName")]
	if u == nil {
		return nil, missing("user", form.Get("UserName"))
	}
	id := form.Get("AccessKeyId")
	i := slices.IndexFunc(u.keys, func(k key) bool { return k.id == id })
	if i < 0 {
		return nil, refuse(http.StatusNotFound, "NoSuchEntity", "The Access Key with id %s cannot be found.", id)
	}
	u.keys = slices.Delete(u.keys, i, i+1)
	return nil, nil
}
