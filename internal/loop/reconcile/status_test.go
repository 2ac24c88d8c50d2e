// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// TestToldStaysAsItWas: what the loop tells is a value. Others write it to a browser while the loop goes on, so none of it may change
// with what happens next: a name that is put off again, a zone that pauses again, an object that asks for something else.
func TestToldStaysAsItWas(t *testing.T) {
	for name, class := range map[string]provider.Class{"a name is put off": provider.Rejected, "a zone pauses": provider.Unavailable} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				fault := providertest.Fails(class, errors.New("not now"))
				fault.Times, fault.When = -1, bad(1)
				r.flaky.Fail(providertest.OpApply, fault)
				l := r.start()
				r.synced(many(3)...)
				tell := func() any {
					status, err := l.Status(context.Background())
					census, err2 := l.Census(context.Background())
					explained, err3 := l.Explain(context.Background(), nth(1), endpoint.Ref{})
					if err := errors.Join(err, err2, err3); err != nil {
						t.Fatal(err)
					}
					return []any{status, census.States, census.Zones, explained}
				}
				told := tell()
				before := written(t, told)

				time.Sleep(2 * time.Minute) // some tries
				r.settle()
				r.put("d/n001", ask(string(nth(1))+"=192.0.2.9"))
				r.put("d/n002", ask(string(nth(2))+"=192.0.2.9"))
				r.settle()
				if after := written(t, told); after != before {
					t.Errorf("it was\n%s\nand has become\n%s", before, after)
				}
				if now := written(t, tell()); now == before {
					t.Errorf("nothing has happened:\n%s", now)
				}
			})
		})
	}
}

// written is a value with all that it points to.
func written(t *testing.T, v any) string {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestSaysWhenAllIsDone: after the last batch there is a word that nothing is left to do, whether or not the batch makes other names dirty.
func TestSaysWhenAllIsDone(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		for _, address := range []string{"", "192.0.2.2"} {
			if address != "" {
				r.put("d/a", ask("a.example.com="+address))
				r.settle()
			}
			var last string
			for _, e := range r.seen() {
				switch e.(type) {
				case reconcile.Applied:
					last = "applied"
				case reconcile.UpToDate:
					last = "up to date"
				}
			}
			if last != "up to date" {
				t.Errorf("with the address %q the last word is %q", address, last)
			}
		}
	})
}
