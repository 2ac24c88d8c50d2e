// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/static"
)

// sources are the chosen sources, sorted.
func (o Options) sources() []string {
	list := slices.Clone(o.Sources)
	slices.Sort(list)
	list = slices.Compact(list)
	if o.usual() { // as its arguments are usually ordered
		slices.Reverse(list)
	}
	return list
}

func (o Options) checkSources() error {
	if len(o.Sources) == 0 {
		return fmt.Errorf("--source: name at least one source: %s", strings.Join(slices.Sorted(maps.Keys(all.Sources(all.Options{}))), ", "))
	}
	if slices.Contains(o.Sources, static.Name) {
		return fmt.Errorf("--source=%s: its names aren't the cluster's: add the source and its --static to the arguments of what is written here", static.Name)
	}
	return all.Options{}.Check(o.Sources)
}

// rules let the watched kinds be listed and watched, and objects be got by themselves: an Event names its object's uid, without which
// kubectl describe doesn't find it. The usual set-up's are others, because ExternalDNS asks for them and the image may be swapped back:
// without Events, which are then in the log alone.
func (o Options) rules() []rbacv1.PolicyRule {
	known := all.Kinds(all.Options{})
	groups := make(map[string][]string)
	add := func(kind string) {
		k := known[kind]
		if !slices.Contains(groups[k.Group], k.Resource) {
			groups[k.Group] = append(groups[k.Group], k.Resource)
		}
	}
	chosen := all.Sources(all.Options{})
	for _, name := range o.sources() {
		add(chosen[name].Kind)
		for _, u := range chosen[name].Uses {
			add(u.Kind)
		}
	}
	if o.usual() {
		groups[""] = []string{"endpoints", "nodes", "pods", "services"}
	}
	var out []rbacv1.PolicyRule
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		slices.Sort(groups[group])
		out = append(out, rbacv1.PolicyRule{APIGroups: []string{group}, Resources: groups[group], Verbs: []string{"get", "list", "watch"}})
	}
	if !o.usual() {
		out = append(out, rbacv1.PolicyRule{APIGroups: []string{"events.k8s.io"}, Resources: []string{"events"}, Verbs: []string{"create", "patch"}})
	}
	return out
}

// leaseRules let one of several replicas be elected. A name can't be asked for with create: the object isn't there yet.
func (o Options) leaseRules() []rbacv1.PolicyRule {
	rule := rbacv1.PolicyRule{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}}
	if o.usual() {
		rule.Verbs = []string{"create", "get", "update"}
		return []rbacv1.PolicyRule{rule}
	}
	create, own := rule, rule
	create.Verbs = []string{"create"}
	own.Verbs, own.ResourceNames = []string{"get", "update"}, []string{o.Name}
	return []rbacv1.PolicyRule{create, own}
}

func (o Options) rbac() []any {
	typed := func(kind string) metav1.TypeMeta {
		return metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind}
	}
	subjects := []rbacv1.Subject{{Kind: "ServiceAccount", Name: o.Name, Namespace: o.Namespace}}
	ref := func(kind string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: o.Name}
	}
	return []any{
		&rbacv1.ClusterRole{TypeMeta: typed("ClusterRole"), ObjectMeta: o.meta(o.Name, ""), Rules: o.rules()},
		&rbacv1.ClusterRoleBinding{TypeMeta: typed("ClusterRoleBinding"), ObjectMeta: o.meta(o.binding(), ""), RoleRef: ref("ClusterRole"), Subjects: subjects},
		&rbacv1.Role{TypeMeta: typed("Role"), ObjectMeta: o.meta(o.Name, o.Namespace), Rules: o.leaseRules()},
		&rbacv1.RoleBinding{TypeMeta: typed("RoleBinding"), ObjectMeta: o.meta(o.Name, o.Namespace), RoleRef: ref("Role"), Subjects: subjects},
	}
}
