// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// foreign is what is to be done about a thing that has our name but not our mark: nothing, unless we may adopt it. More is what it
// gets beside the mark.
func (t *Target) foreign(mark, more string) todo {
	gets := mark
	if more != "" {
		gets += ", " + more
	}
	if t.adopt {
		return todo{text: "adopt it: give it " + gets}
	}
	return todo{text: "it isn't ours; --adopt would give it " + gets, found: true}
}

// mine fails where a thing isn't ours and we may not adopt it: it has come since we looked.
func (t *Target) mine(ours bool) error {
	if ours || t.adopt {
		return nil
	}
	return fmt.Errorf("%w, and has just come: run this again", errForeign)
}

func (t *Target) adoptPolicy(ctx context.Context) error {
	there, err := t.policy(ctx)
	if err != nil || there.Tags.ours() {
		return err
	}
	if err := t.mine(false); err != nil {
		return err
	}
	return t.iam.call(ctx, nil, "TagPolicy", t.o.tagged("PolicyArn", t.o.policyARN())...)
}

func (t *Target) makeUser(ctx context.Context) error {
	err := t.iam.call(ctx, nil, "CreateUser", t.o.tagged("UserName", t.o.userName())...)
	if is(err, alreadyExists) && t.adopt {
		return t.iam.call(ctx, nil, "TagUser", t.o.tagged("UserName", t.o.userName())...)
	}
	return err
}

func (t *Target) adoptRole(ctx context.Context) error {
	var there roleFacts
	err := t.iam.call(ctx, &there, "GetRole", "RoleName", t.o.roleName())
	if err != nil || there.Tags.ours() {
		return err
	}
	if err := t.mine(false); err != nil {
		return err
	}
	return t.iam.call(ctx, nil, "TagRole", t.o.tagged("RoleName", t.o.roleName())...)
}

// makeObject applies an object. One that is adopted is first made as if all that others have set in it had been set by us: so what we
// don't set goes, such as keys in variables beside the reference to the Secret.
func (t *Target) makeObject(ctx context.Context, o Object) error {
	there, err := t.cluster.get(ctx, o.Path)
	if err != nil {
		return err
	}
	foreign := there != nil && !ours(there)
	if foreign {
		if err := t.mine(false); err != nil {
			return err
		}
		if err := t.cluster.inherit(ctx, o.Path); err != nil {
			return err
		}
	}
	_, err = t.cluster.send(ctx, o, applying{force: foreign})
	return err
}

// changes says which parts of an object would become others.
func (t *Target) changes(there tree, o Object) string {
	var want tree
	if err := json.Unmarshal(o.Body, &want); err != nil {
		return "what " + t.o.manifestFile() + " has"
	}
	paths := differing("", there, want)
	if len(paths) == 0 {
		return ""
	}
	return "and what " + t.o.manifestFile() + " has in " + strings.Join(paths, ", ")
}

// differing lists the paths of what want has and there hasn't, sorted. A list is compared by what each item of want has, as the server
// fills in defaults.
func differing(path string, there, want any) []string {
	var out []string
	switch want := want.(type) {
	case tree:
		has, ok := there.(tree)
		if !ok {
			return []string{path}
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			out = append(out, differing(strings.TrimPrefix(path+"."+key, "."), has[key], want[key])...)
		}
	case []any:
		has, ok := there.([]any)
		if !ok || len(has) != len(want) {
			return []string{path}
		}
		for i := range want {
			if len(differing(path, has[i], want[i])) > 0 {
				return []string{path}
			}
		}
	default:
		if !reflect.DeepEqual(there, want) {
			return []string{path}
		}
	}
	return out
}

// difference says what a policy that is there allows and ours doesn't, and the other way round.
func difference(there, ours []byte) string {
	was, now := allowances(there), allowances(ours)
	var out []string
	for _, part := range []struct {
		word     string
		of, from []string
	}{{"no more ", now, was}, {"now ", was, now}} {
		for _, line := range part.from {
			if !slices.Contains(part.of, line) {
				out = append(out, part.word+line)
			}
		}
	}
	if len(out) == 0 {
		return " the same in other words"
	}
	return "\n             " + strings.Join(out, "\n             ") // below what it is about
}

// allowances are a policy's statements, one line for each action on each resource, sorted.
func allowances(document []byte) []string {
	var d struct {
		Statement []map[string]any
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return []string{"what isn't a list of statements"}
	}
	list := func(v any) []string {
		switch v := v.(type) {
		case string:
			return []string{v}
		case []any:
			var out []string
			for _, s := range v {
				out = append(out, fmt.Sprint(s))
			}
			return out
		}
		return []string{""}
	}
	var out []string
	for _, s := range d.Statement {
		for _, action := range list(s["Action"]) {
			for _, resource := range list(s["Resource"]) {
				line := strings.TrimSpace(fmt.Sprint(s["Effect"], " ", action, " ", resource))
				for _, key := range []string{"Principal", "Condition", "NotAction", "NotResource"} {
					if s[key] != nil {
						text, _ := json.Marshal(s[key]) //nolint:errchkjson // it was JSON before
						line += " " + key + " " + string(text)
					}
				}
				out = append(out, line)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
