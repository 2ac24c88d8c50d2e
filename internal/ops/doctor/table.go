// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry"
)

// tryTable tries what a table is used for, on a row that isn't there. It changes nothing: a row is written or removed only where it is
// what is expected, and one that is drawn at random here, with 128 bits, is nobody's. The check owners reads the table.
func (e *exam) tryTable(ctx context.Context) []tried {
	s := e.patient.Table
	if s == nil {
		return nil
	}
	row := registry.Row{Key: record.Key{Name: dnsname.Name("nafuda-doctor-" + strings.ToLower(rand.Text()) + ".invalid"), Type: record.A}, Owner: rand.Text()}
	other := row.With("resource", "nafuda doctor: may go")
	all := []tried{
		{action: "dynamodb:GetItem", err: get(ctx, s, row.Key)},
		{action: "dynamodb:PutItem", err: s.Swap(ctx, &row, &other)},
		{action: "dynamodb:DeleteItem", err: s.Swap(ctx, &row, nil)},
	}
	for i := range all {
		t := &all[i]
		t.on = "the table of our ownership"
		switch {
		case errors.Is(t.err, registry.ErrChanged): // as it should be
			t.err = nil
		case provider.ClassOf(t.err) == provider.Denied && t.err != nil:
			t.code = denied
		}
	}
	return all
}

func get(ctx context.Context, s registry.Store, k record.Key) error {
	_, err := s.Get(ctx, k)
	return err
}
