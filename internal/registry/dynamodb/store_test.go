// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/internal/registry/storetest"
	"nafuda.io/nafuda/test/dynalite"
	"nafuda.io/nafuda/test/moto"
)

// patient calls again where moto closes the connection in the midst of telling an error.
type patient struct{ registry.Store }

func (p patient) Swap(ctx context.Context, before, after *registry.Row) error {
	err := p.Store.Swap(ctx, before, after)
	for err != nil && strings.Contains(err.Error(), "failed to copy error response body") && ctx.Err() == nil {
		err = p.Store.Swap(ctx, before, after)
	}
	return err
}

func TestStore(t *testing.T) {
	for name, start := range map[string]func(*testing.T) string{"dynalite": dynalite.Start, "moto": moto.Start} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := awsconf.Local(start(t))
			n := 0
			storetest.Run(t, func(t *testing.T) registry.Store {
				n++
				table := fmt.Sprint("table-", n)
				dynalite.Table(t, account.Config, table)
				return patient{dynamodb.New(account, dynamodb.Options{Table: table})}
			})
		})
	}
}

func TestMissingTable(t *testing.T) {
	s := dynamodb.New(awsconf.Local(dynalite.Start(t)), dynamodb.Options{Table: "missing"})
	_, err := s.Load(t.Context())
	if err == nil || provider.ClassOf(err) != provider.Unavailable || !strings.Contains(err.Error(), "--dynamodb-table") {
		t.Errorf("%v: it must say what to do", err)
	}
	if _, err := s.Get(t.Context(), record.Key{Name: "www.example.com", Type: record.A}); err == nil {
		t.Error("a row of no table was read")
	}
}

func TestCheck(t *testing.T) {
	for why, tc := range map[string]struct {
		o    dynamodb.Options
		want int
	}{
		"the defaults":    {dynamodb.Options{Table: "external-dns"}, 0},
		"all wrong":       {dynamodb.Options{Table: "a/b", Region: "Frankfurt"}, 2},
		"another program": {dynamodb.Options{Table: "My.Table_1", Region: "eu-central-1"}, 0},
	} {
		err := tc.o.Check()
		if got := len(strings.Split(fmt.Sprint(err), "\n")); err == nil && tc.want > 0 || err != nil && got != tc.want {
			t.Errorf("%s: %v", why, err)
		}
	}
}
