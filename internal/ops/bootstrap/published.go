// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/route53"
)

// describe is what Route 53 stores and asks permission for.
func describe() provider.Description {
	return route53.New(awsconf.Local(""), route53.Defaults(), provider.Filter{}).Describe()
}

// usualTypes are the types of --managed-record-types' default.
func usualTypes() []record.Type { return []record.Type{record.A, record.AAAA, record.CNAME} }

// published are the types of record sets that are published, sorted.
func (o Options) published() []record.Type {
	if len(o.Types) == 0 {
		return usualTypes()
	}
	var out []record.Type
	for _, t := range o.Types {
		out = append(out, record.Type(t))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (o Options) checkTypes() error {
	known := describe().Types
	for _, t := range o.published() {
		if !slices.Contains(known, t) {
			return fmt.Errorf("--managed-record-types=%s: Route 53 has no such type, or we don't write it: use some of %v", t, known)
		}
	}
	return nil
}
