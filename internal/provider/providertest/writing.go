// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"nafuda.io/nafuda/internal/model/record"
)

// writing are the cases of single edits.
func writing() []kase {
	return []kase{
		{name: "create, replace and delete", test: func(b *bench) {
			b.become(b.set("www", record.A, "192.0.2.1"))
			b.become(b.set("www", record.A, "192.0.2.2"))
			b.become()
		}},
		{name: "several values", test: func(b *bench) {
			b.become(b.set("www", record.A, "192.0.2.3", "192.0.2.1", "192.0.2.2"))
			b.become(b.set("www", record.A, "192.0.2.1"))
		}},
		{name: "TTL only", test: func(b *bench) {
			s := b.set("www", record.A, "192.0.2.1")
			b.become(s)
			s.TTL = 120
			b.become(s)
		}},
		{name: "a TTL that isn't set", test: func(b *bench) {
			s := b.set("www", record.A, "192.0.2.1")
			s.TTL = 0
			if got := b.store(s); got[0].TTL == 0 {
				b.Error("Desired leaves the TTL open")
			}
			b.holds(b.desired(s))
		}},
		{name: "A to CNAME and back", test: func(b *bench) {
			b.become(b.set("www", record.A, "192.0.2.1"))
			b.become(b.set("www", record.CNAME, "other.example.com"))
			b.become(b.set("www", record.A, "192.0.2.1"))
		}, able: atomic},
		{name: "a batch is undone by its inverse", test: func(b *bench) {
			before := b.store(b.set("www", record.A, "192.0.2.1"), b.set("old", record.CNAME, "x.example.com"))
			batch := between(b.read(b.Zone), b.desired(b.set("www", record.A, "192.0.2.2"), b.set("new", record.CNAME, "www.example.com")))
			b.apply(batch)
			b.apply(batch.Inverse())
			b.holds(before)
		}},
		{name: "set identifiers and weights", test: weights, able: weighted},
		{name: "alias", test: aliases, able: aliasing},
	}
}

func weights(b *bench) {
	one := b.set("www", record.A, "192.0.2.1")
	one.ID, one.Props = "one", []record.Prop{{Name: "aws/weight", Value: "10"}}
	two := b.set("www", record.A, "192.0.2.2")
	two.ID, two.Props = "two", []record.Prop{{Name: "aws/weight", Value: "20"}}
	b.become(one, two)
	two.Props = []record.Prop{{Name: "aws/weight", Value: "0"}}
	b.become(one, two)
	b.become(two)
	b.become()
}

func aliases(b *bench) {
	target := b.set("target", record.A, "192.0.2.1")
	target6 := b.set("target", record.AAAA, "2001:db8::1")
	s := b.set("www", record.CNAME, string(b.name("target")))
	s.Props = []record.Prop{{Name: "alias", Value: "true"}}
	b.become(target, target6, s)
	b.become(target, target6, b.set("www", record.CNAME, string(b.name("target"))))
	b.become(target, target6, s)
	b.become()
}
