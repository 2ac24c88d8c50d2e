// SPDX-License-Identifier: Apache-2.0

package service_test

import (
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/service"
)

// TestUses guards the permissions that are derived from it: a filter that needs no Pods asks for none.
func TestUses(t *testing.T) {
	for name, tc := range map[string]struct{ filter, want []string }{
		"no filter":    {filter: nil, want: []string{"endpointslice", "pod", "node"}},
		"LoadBalancer": {filter: []string{"LoadBalancer", "ExternalName"}},
		"NodePort":     {filter: []string{"NodePort"}, want: []string{"pod", "node"}},
		"ClusterIP":    {filter: []string{"ClusterIP"}, want: []string{"endpointslice", "pod", "node"}},
	} {
		var got []string
		for _, u := range service.New(service.Options{TypeFilter: tc.filter}, source.Options{}).Uses {
			got = append(got, u.Kind)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: uses %v, want %v", name, got, tc.want)
		}
	}
}

func TestAStrangeObjectAsksForNothing(t *testing.T) {
	if got := service.New(service.Options{}, source.Options{}).Eval("not a Service", nil).Names(); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}
