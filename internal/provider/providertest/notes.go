// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// notes are the cases of what a provider keeps with a name beside its record sets.
func notes() []kase {
	return []kase{
		{name: "a note comes, changes and goes with its name", test: func(b *bench) {
			www := b.set("www", record.A, "192.0.2.1")
			b.become(www, b.note("www", `heritage=external-dns,external-dns/owner=me "\`))
			b.become(www, b.note("www", "changed"))
			b.become(b.set("www", record.A, "192.0.2.2"), b.note("www", "both"))
			b.become(b.note("www", "both"))
			b.become(b.set("www", record.A, "192.0.2.3"), b.note("www", "both"))
			b.become(b.set("www", record.CNAME, "other.example.com"), b.note("www", "another type"))
			b.become()
		}, able: noting},
		{name: "a note that isn't as expected", test: func(b *bench) {
			there := b.store(b.set("www", record.A, "192.0.2.1"), b.note("www", "theirs"))
			mine := b.desired(b.note("www", "mine"))[0]
			address := b.desired(b.set("www", record.A, "192.0.2.2"))[0]
			for why, changes := range map[string][]change.Change{
				"expected to be free":         {{After: &address}, {After: &mine}},
				"the note expected to be new": {{Before: &there[0], After: &address}, {After: &mine}},
				"another note":                {{Before: &there[0], After: &address}, {Before: &mine, After: &mine}},
				"another note, deleted":       {{Before: &there[0]}, {Before: &mine}},
			} {
				b.Log(why)
				_ = b.refuses(change.Batch{Groups: []change.Group{{Name: address.Name, Changes: changes}}}, provider.Stale)
				b.holds(there)
			}
		}, able: noting},
	}
}

func (b *bench) note(label, text string) record.Set {
	return record.Set{Key: record.Key{Name: b.name(label), Type: record.Note}, Values: []string{record.Quote(text)}}
}
