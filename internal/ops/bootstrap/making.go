// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
)

func (t *Target) makingIAM() []step {
	steps := []step{{
		"IAM policy " + t.o.policyName(), t.lookPolicy,
		func(ctx context.Context) error { return t.makePolicy(ctx) },
	}}
	if t.o.Auth == authUser {
		return append(steps,
			step{"IAM user " + t.o.userName(), t.lookUser, t.makeUser},
			step{"IAM policy " + t.o.policyName() + " of user " + t.o.userName(), t.lookAttached, func(ctx context.Context) error {
				return t.iam.call(ctx, nil, "AttachUserPolicy", "UserName", t.o.userName(), "PolicyArn", t.o.policyARN())
			}})
	}
	return append(steps,
		step{"IAM role " + t.o.roleName(), t.lookRole, t.makeRole},
		step{"IAM policy " + t.o.policyName() + " of role " + t.o.roleName(), t.lookAttached, func(ctx context.Context) error {
			return t.iam.call(ctx, nil, "AttachRolePolicy", "RoleName", t.o.roleName(), "PolicyArn", t.o.policyARN())
		}})
}

// tagged adds our tag to an action's parameters.
func (o Options) tagged(parameters ...string) []string {
	return append(parameters, "Tags.member.1.Key", tagKey, "Tags.member.1.Value", o.Name)
}

func (t *Target) lookPolicy(ctx context.Context) (todo, error) {
	there, err := t.policy(ctx)
	if is(err, noSuchEntity) {
		return todo{text: "make it, as " + t.o.policyFile() + " has it"}, nil
	}
	if err != nil {
		return todo{}, err
	}
	document, err := t.document(ctx, there.Default)
	same := equal(document, t.plan.Policy)
	switch {
	case err != nil:
		return todo{}, err
	case !there.Tags.ours() && same:
		return t.foreign(ourTag, ""), nil
	case !there.Tags.ours():
		return t.foreign(ourTag, fmt.Sprintf("and, for all %d who have it, a new version:%s", there.Holders, difference(document, t.plan.Policy))), nil
	case same:
		return todo{}, nil
	}
	return todo{text: "give it a new version, as " + t.o.policyFile() + " has it"}, nil
}

func (t *Target) policy(ctx context.Context) (policyFacts, error) {
	var out policyFacts
	err := t.iam.call(ctx, &out, "GetPolicy", "PolicyArn", t.o.policyARN())
	return out, err
}

func (t *Target) document(ctx context.Context, version string) ([]byte, error) {
	var out struct {
		Document string `xml:"GetPolicyVersionResult>PolicyVersion>Document"`
	}
	if err := t.iam.call(ctx, &out, "GetPolicyVersion", "PolicyArn", t.o.policyARN(), "VersionId", version); err != nil {
		return nil, err
	}
	text, err := url.QueryUnescape(out.Document)
	if err != nil {
		return nil, fmt.Errorf("read the policy's document: %w", err)
	}
	return []byte(text), nil
}

// equal compares two JSON documents.
func equal(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// makePolicy makes the policy, or a new version of it: of the five that IAM keeps the oldest gives way.
func (t *Target) makePolicy(ctx context.Context) error {
	document := string(t.plan.Policy)
	err := t.iam.call(ctx, nil, "CreatePolicy", t.o.tagged("PolicyName", t.o.policyName(), "PolicyDocument", document)...)
	if !is(err, alreadyExists) {
		return err
	}
	if err := t.adoptPolicy(ctx); err != nil {
		return err
	}
	now, err := t.policy(ctx)
	if err != nil {
		return err
	}
	if was, err := t.document(ctx, now.Default); err != nil || equal(was, t.plan.Policy) {
		return err
	}
	list, err := t.versions(ctx)
	if err != nil {
		return err
	}
	const most = 5
	if len(list.Member) >= most {
		for _, v := range slices.Backward(list.Member) { // the newest is first
			if v.IsDefault {
				continue
			}
			if err := t.iam.call(ctx, nil, "DeletePolicyVersion", "PolicyArn", t.o.policyARN(), "VersionId", v.VersionID); err != nil {
				return err
			}
			break
		}
	}
	return t.iam.call(ctx, nil, "CreatePolicyVersion", "PolicyArn", t.o.policyARN(), "PolicyDocument", document, "SetAsDefault", "true")
}

func (t *Target) versions(ctx context.Context) (versionList, error) {
	var list versionList
	err := t.iam.call(ctx, &list, "ListPolicyVersions", "PolicyArn", t.o.policyARN())
	return list, err
}

func (t *Target) lookUser(ctx context.Context) (todo, error) {
	ours, there, err := t.user(ctx)
	switch {
	case err != nil || ours:
		return todo{}, err
	case !there:
		return todo{text: "make it"}, nil
	}
	keys, err := t.iam.keys(ctx, t.o.userName())
	return t.foreign(ourTag, fmt.Sprintf("our policy and, where the Secret hasn't one of its %d keys, another key", len(keys))), err
}

// user tells whether the user is there, and ours.
func (t *Target) user(ctx context.Context) (ours, there bool, err error) {
	var out struct {
		Tags tags `xml:"GetUserResult>User>Tags"`
	}
	err = t.iam.call(ctx, &out, "GetUser", "UserName", t.o.userName())
	if is(err, noSuchEntity) {
		return false, false, nil
	}
	return out.Tags.ours(), err == nil, err
}

type roleFacts struct {
	Trust string `xml:"GetRoleResult>Role>AssumeRolePolicyDocument"`
	Tags  tags   `xml:"GetRoleResult>Role>Tags"`
}

func (t *Target) lookRole(ctx context.Context) (todo, error) {
	var there roleFacts
	err := t.iam.call(ctx, &there, "GetRole", "RoleName", t.o.roleName())
	if is(err, noSuchEntity) {
		return todo{text: "make it, as trust-policy.json has it"}, nil
	}
	if err != nil {
		return todo{}, err
	}
	trust, err := url.QueryUnescape(there.Trust)
	switch {
	case err != nil:
		return todo{}, fmt.Errorf("read the role's trust policy: %w", err)
	case !there.Tags.ours() && equal([]byte(trust), t.plan.Trust):
		return t.foreign(ourTag, "our policy"), nil
	case !there.Tags.ours():
		return t.foreign(ourTag, "our policy and our trust policy:"+difference([]byte(trust), t.plan.Trust)), nil
	case equal([]byte(trust), t.plan.Trust):
		return todo{}, nil
	}
	return todo{text: "let only the service account take it, as trust-policy.json has it"}, nil
}

func (t *Target) makeRole(ctx context.Context) error {
	trust := string(t.plan.Trust)
	err := t.iam.call(ctx, nil, "CreateRole", t.o.tagged("RoleName", t.o.roleName(), "AssumeRolePolicyDocument", trust)...)
	if is(err, alreadyExists) {
		if err := t.adoptRole(ctx); err != nil {
			return err
		}
		return t.iam.call(ctx, nil, "UpdateAssumeRolePolicy", "RoleName", t.o.roleName(), "PolicyDocument", trust)
	}
	return err
}

func (t *Target) lookAttached(ctx context.Context) (todo, error) {
	there, err := t.attached(ctx)
	if err != nil || there {
		return todo{}, err
	}
	return todo{text: "attach it"}, nil
}

func (t *Target) attached(ctx context.Context) (bool, error) {
	var list attachedList
	err := error(nil)
	if t.o.Auth == authUser {
		err = t.iam.call(ctx, &list, "ListAttachedUserPolicies", "UserName", t.o.userName())
	} else {
		err = t.iam.call(ctx, &list, "ListAttachedRolePolicies", "RoleName", t.o.roleName())
	}
	if is(err, noSuchEntity) {
		return false, nil
	}
	return slices.Contains(append(list.User, list.Role...), t.o.policyARN()), err
}

// makingObjects has the Secret before the Deployment, which needs it.
func (t *Target) makingObjects() []step {
	var steps []step
	for _, o := range t.plan.Objects {
		if o.Kind == "Deployment" && t.o.Auth == authUser {
			steps = append(steps, step{"Secret " + t.o.Namespace + "/" + t.o.secretName(), t.lookSecret, t.makeSecret})
		}
		steps = append(steps, step{o.String(), func(ctx context.Context) (todo, error) { return t.lookObject(ctx, o) }, func(ctx context.Context) error { return t.makeObject(ctx, o) }})
	}
	return steps
}

func (t *Target) lookObject(ctx context.Context, o Object) (todo, error) {
	there, err := t.cluster.get(ctx, o.Path)
	switch {
	case err != nil:
		return todo{}, err
	case there == nil:
		return todo{text: "make it"}, nil
	case at(there, "metadata", "deletionTimestamp") != nil:
		return todo{}, errors.New("it is being deleted: run this again once it is gone")
	case !ours(there):
		return t.foreign(ourLabel, t.changes(there, o)), nil
	}
	tried, err := t.cluster.apply(ctx, o, true)
	if err != nil || same(there, tried) {
		return todo{}, err
	}
	return todo{text: "change it to what " + t.o.manifestFile() + " has"}, nil
}
