// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// SameOwnership fails where the running Deployment says otherwise than the options where record sets are published and whose they are: who
// looks for what the owner holds in DNS would find nothing, and leave it behind. Without a Deployment of ours there is nothing to compare.
func (t *Target) SameOwnership(ctx context.Context) error {
	i := slices.IndexFunc(t.plan.Objects, func(o Object) bool { return o.Kind == "Deployment" })
	there, err := t.cluster.get(ctx, t.plan.Objects[i].Path)
	if err != nil || there == nil || !ours(there) {
		return err
	}
	var runs []string
	containers, _ := at(there, "spec", "template", "spec", "containers").([]any)
	for _, c := range containers {
		args, _ := at(c, "args").([]any)
		for _, a := range args {
			if s, ok := a.(string); ok {
				runs = append(runs, s)
			}
		}
	}
	theirs, given := ownership(runs), ownership(t.o.args())
	if slices.Equal(theirs, given) {
		return nil
	}
	return fmt.Errorf("the Deployment %s runs with %s, and these options say %s: give the options that it was set up with", t.o.Name, strings.Join(theirs, " "), strings.Join(given, " "))
}

// ownership are the arguments that say where record sets are and whose, sorted.
func ownership(args []string) (out []string) {
	for _, a := range args {
		flag, _, _ := strings.Cut(a, "=")
		switch flag {
		case "--provider", "--registry", "--txt-owner-id", "--txt-prefix", "--dynamodb-table", "--dynamodb-region", "--domain-filter", "--zone-id-filter", "--aws-zone-type":
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}
