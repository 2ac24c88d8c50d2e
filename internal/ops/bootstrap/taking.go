// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Stop deletes the Deployment and waits until its pods are gone, so that nothing publishes while the rest goes.
func (t *Target) Stop(ctx context.Context, out io.Writer) error {
	i := slices.IndexFunc(t.plan.Objects, func(o Object) bool { return o.Kind == "Deployment" })
	if err := run(ctx, out, []step{t.taking(t.plan.Objects[i])}); err != nil {
		return err
	}
	const patience = 2 * time.Minute
	return t.poll(ctx, patience, func(ctx context.Context) error {
		n, err := t.cluster.pods(ctx, t.o.Namespace, "app="+t.o.Name)
		if err == nil && n > 0 {
			err = fmt.Errorf("pods with the label app=%[2]s in %[3]s run still: %[1]d; nothing more was deleted: run this again once they are gone", n, t.o.Name, t.o.Namespace)
		}
		return err
	})
}

// Delete takes everything back, the last first. What isn't ours is left and named.
func (t *Target) Delete(ctx context.Context, out io.Writer) error {
	var steps []step
	if t.o.Auth == authUser {
		steps = append(steps,
			step{"access keys of the IAM user " + t.o.userName(), t.lookKeys, t.takeKeys},
			t.taking(Object{Kind: "Secret", Namespace: t.o.Namespace, Name: t.o.secretName(), Path: t.secretPath()}))
	}
	for _, o := range slices.Backward(t.plan.Objects) {
		steps = append(steps, t.taking(o))
	}
	if t.o.Auth == authPodIdentity {
		steps = append(steps, t.dissociating())
	}
	return run(ctx, out, append(steps, t.takingIAM()...))
}

func (t *Target) taking(o Object) step {
	return step{o.String(), func(ctx context.Context) (todo, error) {
		there, err := t.cluster.get(ctx, o.Path)
		switch {
		case err != nil || there == nil || at(there, "metadata", "deletionTimestamp") != nil:
			return todo{}, err
		case !ours(there):
			return notOurs(ourLabel), nil
		}
		return todo{text: "delete it"}, nil
	}, func(ctx context.Context) error { return t.cluster.remove(ctx, o.Path) }}
}

// takeable lists the keys to delete: all of a user of ours, of another one the Secret's.
func (t *Target) takeable(ctx context.Context) ([]string, error) {
	ours, there, err := t.user(ctx)
	if err != nil || !there {
		return nil, err
	}
	keys, err := t.iam.keys(ctx, t.o.userName())
	if err != nil || ours {
		return keys, err
	}
	secret, id, err := t.secret(ctx)
	if secret == nil || err != nil { // a Secret without keys names none
		return nil, nil //nolint:nilerr // the Secret is deleted all the same
	}
	return slices.DeleteFunc(keys, func(k string) bool { return k != id }), nil
}

func (t *Target) lookKeys(ctx context.Context) (todo, error) {
	keys, err := t.takeable(ctx)
	if err != nil || len(keys) == 0 {
		return todo{}, err
	}
	return todo{text: fmt.Sprintf("delete %d", len(keys))}, nil
}

func (t *Target) takeKeys(ctx context.Context) error {
	keys, err := t.takeable(ctx)
	for _, k := range keys {
		if err == nil {
			err = t.iam.deleteKey(ctx, t.o.userName(), k)
		}
	}
	return err
}

// takingIAM detaches before it deletes, and has versions go before their policy: else IAM answers with DeleteConflict.
func (t *Target) takingIAM() []step {
	of, name := "user "+t.o.userName(), t.o.userName()
	detach, remove, parameter := "DetachUserPolicy", "DeleteUser", "UserName"
	if t.o.Auth != authUser {
		of, name = "role "+t.o.roleName(), t.o.roleName()
		detach, remove, parameter = "DetachRolePolicy", "DeleteRole", "RoleName"
	}
	return []step{
		{"IAM policy " + t.o.policyName() + " of " + of, func(ctx context.Context) (todo, error) {
			there, err := t.attached(ctx)
			if err != nil || !there {
				return todo{}, err
			}
			return todo{text: "detach it"}, nil
		}, func(ctx context.Context) error {
			return t.iam.call(ctx, nil, detach, parameter, name, "PolicyArn", t.o.policyARN())
		}},
		{"IAM " + of, t.lookHolder, func(ctx context.Context) error { return t.iam.call(ctx, nil, remove, parameter, name) }},
		{"IAM policy " + t.o.policyName(), t.lookTaken, t.takePolicy},
	}
}

// lookHolder tells whether the user or the role is to go.
func (t *Target) lookHolder(ctx context.Context) (todo, error) {
	if t.o.Auth == authUser {
		ours, there, err := t.user(ctx)
		return going(ours, there), err
	}
	var role roleFacts
	err := t.iam.call(ctx, &role, "GetRole", "RoleName", t.o.roleName())
	if is(err, noSuchEntity) {
		return todo{}, nil
	}
	return going(role.Tags.ours(), true), err
}

func (t *Target) lookTaken(ctx context.Context) (todo, error) {
	there, err := t.policy(ctx)
	if is(err, noSuchEntity) {
		return todo{}, nil
	}
	return going(there.Tags.ours(), true), err
}

func going(ours, there bool) todo {
	switch {
	case !there:
		return todo{}
	case !ours:
		return notOurs(ourTag)
	}
	return todo{text: "delete it"}
}

func (t *Target) takePolicy(ctx context.Context) error {
	list, err := t.versions(ctx)
	if err != nil {
		return err
	}
	for _, v := range list.Member {
		if v.IsDefault {
			continue
		}
		if err := t.iam.call(ctx, nil, "DeletePolicyVersion", "PolicyArn", t.o.policyARN(), "VersionId", v.VersionID); err != nil {
			return err
		}
	}
	return t.iam.call(ctx, nil, "DeletePolicy", "PolicyArn", t.o.policyARN())
}
