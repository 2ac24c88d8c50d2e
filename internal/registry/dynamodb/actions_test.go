// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/test/dynalite"
)

// TestActions: what the store calls is what the policy of bootstrap allows, no more and no less.
func TestActions(t *testing.T) {
	account := awsconf.Local(dynalite.Start(t))
	dynalite.Table(t, account.Config, "names")
	called := make(map[string]bool)
	account.Config.APIOptions = append(account.Config.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("note", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			called["dynamodb:"+awsmiddleware.GetOperationName(ctx)] = true
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
	s := dynamodb.New(account, dynamodb.Options{Table: "names"})
	first := registry.Row{Key: record.Key{Name: "www.example.com", Type: record.A}, Owner: "me", Labels: map[string]string{"owner": "me", "resource": "service/shop/web"}}
	second := first
	second.Labels = map[string]string{"owner": "me", "resource": "service/shop/other"}
	for _, swap := range []struct{ before, after *registry.Row }{{nil, &first}, {&first, &second}, {&second, nil}} {
		if err := s.Swap(t.Context(), swap.before, swap.after); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Get(t.Context(), first.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	var granted []string
	for _, a := range dynamodb.Actions("arn:aws:dynamodb:us-east-1:123456789012:table/names") {
		granted = append(granted, a.Name)
	}
	slices.Sort(granted)
	if diff := cmp.Diff(granted, slices.Sorted(maps.Keys(called))); diff != "" {
		t.Errorf("-granted +called:\n%s", diff)
	}
}
