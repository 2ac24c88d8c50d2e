// SPDX-License-Identifier: Apache-2.0

package stsemu

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

const (
	maxBody        = 64 << 10
	defaultSession = time.Hour
	minSession     = 15 * time.Minute
	maxSession     = 12 * time.Hour
)

var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
)

type assumed struct {
	XMLName xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleResponse"`
	Result  struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
	} `xml:"AssumeRoleResult"`
}

// sts serves AssumeRole (API_AssumeRole).
func (c *Cloud) sts(w http.ResponseWriter, r *http.Request, k key) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil || r.PostForm.Get("Action") != "AssumeRole" {
		answer(w, http.StatusBadRequest, refuse("InvalidAction", "Could not find operation %s for version 2011-06-15", r.PostForm.Get("Action")))
		return
	}
	asked := defaultSession
	if s := r.PostForm.Get("DurationSeconds"); s != "" {
		n, err := strconv.Atoi(s)
		asked = time.Duration(n) * time.Second
		if err != nil || asked < minSession || asked > maxSession {
			answer(w, http.StatusBadRequest, refuse("ValidationError", "1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint", s))
			return
		}
	}
	id := r.PostForm.Get("ExternalId")
	if !sessionName.MatchString(r.PostForm.Get("RoleSessionName")) || id != "" && (!externalID.MatchString(id) || len(id) > 1224) {
		answer(w, http.StatusBadRequest, refuse("ValidationError", "1 validation error detected: Value at 'roleSessionName' or 'externalId' failed to satisfy constraint"))
		return
	}
	out, err := c.assume(r.PostForm.Get("RoleArn"), id, k, asked)
	if err != nil {
		answer(w, http.StatusForbidden, err)
		return
	}
	answer(w, http.StatusOK, out)
}

// assume begins a session. AWS doesn't tell a role that isn't there from one that may not be assumed.
func (c *Cloud) assume(arn, id string, k key, asked time.Duration) (*assumed, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	role, ok := c.roles[arn]
	if !ok || !slices.Contains(role.Trusts, k.account) || role.ExternalID != "" && role.ExternalID != id {
		return nil, refuse("AccessDenied", "User: arn:aws:iam::%s:user/emulated is not authorized to perform: sts:AssumeRole on resource: %s", k.account, arn)
	}
	if role.Session != 0 {
		asked = role.Session
	}
	c.made++
	until := c.now().Add(asked)
	var out assumed
	out.Result.Credentials.AccessKeyId = fmt.Sprintf("ASIAEXAMPLE%09d", c.made)
	out.Result.Credentials.SecretAccessKey = fmt.Sprintf("sessionsecret%027d", c.made)
	out.Result.Credentials.SessionToken = fmt.Sprintf("sessiontoken%028d", c.made)
	out.Result.Credentials.Expiration = until.UTC().Format(time.RFC3339)
	c.keys[out.Result.Credentials.AccessKeyId] = key{role.Account, role.ARN, out.Result.Credentials.SessionToken, until}
	return &out, nil
}
