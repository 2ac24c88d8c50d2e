// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"context"
	"errors"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// errorCases are the cases of calls that fail.
func errorCases() []kase {
	return []kase{
		{name: "a cancelled context", test: func(b *bench) {
			ctx, cancel := context.WithCancel(b.Context())
			cancel()
			for call, err := range b.calls(ctx) {
				if err == nil {
					b.Errorf("%s succeeds", call)
				} else if !errors.Is(err, context.Canceled) {
					b.Errorf("%s: %v", call, err)
				}
			}
			b.holds(nil)
		}},
		{name: "a zone that isn't there", test: func(b *bench) {
			b.Zone.ID = "ZNOTHERE"
			_, err := b.Provider.Records(b.Context(), b.Zone, "")
			if err == nil {
				b.Fatal("no error")
			}
			_ = b.classed(err)
			if _, err := b.Provider.Apply(b.Context(), b.Zone, between(nil, b.desired(b.set("www", record.A, "192.0.2.1")))); err == nil {
				b.Error("no error")
			}
		}},
		{name: "error classes", test: func(b *bench) {
			for _, c := range []provider.Class{provider.Throttled, provider.Denied, provider.Unavailable, provider.Uncertain} {
				b.broken(c)
			}
		}, able: breakable},
	}
}

// calls makes one call of each kind and yields its error.
func (b *bench) calls(ctx context.Context) map[string]error {
	batch := between(nil, b.desired(b.set("www", record.A, "192.0.2.1")))
	_, zones := b.Provider.Zones(ctx)
	_, records := b.Provider.Records(ctx, b.Zone, "")
	_, apply := b.Provider.Apply(ctx, b.Zone, batch)
	return map[string]error{"Zones": zones, "Records": records, "Apply": apply}
}

// broken makes an Apply meet an error of a class. Unless the class says otherwise, nothing was changed.
func (b *bench) broken(c provider.Class) {
	b.Helper()
	before := b.read(b.Zone)
	if !b.Break(c) {
		b.Logf("not run: the target can't break with %s", c)
		return
	}
	_ = b.refuses(between(nil, b.desired(b.set("broken-"+string(c), record.A, "192.0.2.1"))), c)
	if c != provider.Uncertain {
		b.holds(before)
	}
}
