// SPDX-License-Identifier: Apache-2.0

// Package providertest is the conformance suite that every provider passes, a provider in memory for the tests of what uses
// one, and a wrapper that makes calls fail.
package providertest

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Target is a provider to test and what the suite may use with it.
type Target struct {
	Provider provider.Provider
	Zone     zone.Zone // empty but for the apex's NS and SOA
	Other    zone.Zone // a second empty zone; none: cases that need one aren't run
	// Break makes the next call of any kind fail with a class; false says that it can't. nil: cases that need it aren't run.
	Break func(provider.Class) bool
	// Secrets are texts that no error may have: keys, tokens, the ids of requests.
	Secrets []string
}

// kase is one case of the suite.
type kase struct {
	name string
	test func(*bench)
	able func(*bench) bool // nil: every provider is
}

// Run tests a provider. open returns a fresh target for each case and cleans up after it.
func Run(t *testing.T, open func(t *testing.T) Target) {
	t.Helper()
	for _, list := range [][]kase{writing(), content(), notes(), reading(), batches(), errorCases(), purity()} {
		for _, k := range list {
			t.Run(k.name, func(t *testing.T) {
				b := &bench{T: t, Target: open(t)}
				if k.able != nil && !k.able(b) {
					t.Logf("not run: %s doesn't declare what %q needs", b.Provider.Describe().Name, k.name)
					return
				}
				k.test(b)
			})
		}
	}
}

func atomic(b *bench) bool { return b.Provider.Describe().Atomic }

// texting reports whether the provider has TXT record sets.
func texting(b *bench) bool { return slices.Contains(b.Provider.Describe().Types, record.TXT) }

func apexes(b *bench) bool { return !b.Provider.Describe().NoApex }

func wildcards(b *bench) bool { return !b.Provider.Describe().NoWildcard }

func noting(b *bench) bool { return slices.Contains(b.Provider.Describe().Types, record.Note) }

// possible leaves out what the provider's description says it can't store.
func (b *bench) possible(sets ...record.Set) []record.Set {
	d := b.Provider.Describe()
	types := make(map[dnsname.Name]record.Type)
	return slices.DeleteFunc(sets, func(s record.Set) bool {
		before := strings.TrimSuffix(strings.TrimSuffix(string(s.Name), string(b.Zone.Name)), ".")
		first, other := types[s.Name]
		switch {
		case !slices.Contains(d.Types, s.Type), d.NoApex && before == "", d.NoWildcard && s.Name.IsWildcard(), d.MaxName > 0 && len(before) > d.MaxName:
			return true
		case d.OneType && other && first != s.Type:
			return true
		}
		types[s.Name] = s.Type
		return false
	})
}

func twoZones(b *bench) bool { return b.Other.ID != "" }

func breakable(b *bench) bool { return b.Break != nil }

func namesReadable(b *bench) bool { _, ok := b.Provider.(provider.NameReader); return ok }

func confirming(b *bench) bool { _, ok := b.Provider.(provider.Confirmer); return ok }

// weighted reports whether the provider keeps several weighted sets at one name and type.
func weighted(b *bench) bool {
	s := b.set("probe", record.A, "192.0.2.1")
	s.ID, s.Props = "one", []record.Prop{{Name: "aws/weight", Value: "1"}}
	out, err := b.Provider.Desired(s)
	return err == nil && len(out) == 1 && out[0].ID == "one" && len(out[0].Props) == 1
}

// aliasing reports whether the provider has aliases.
func aliasing(b *bench) bool {
	s := b.set("probe", record.CNAME, "target."+string(b.Zone.Name))
	s.Props = []record.Prop{{Name: "alias", Value: "true"}}
	out, err := b.Provider.Desired(s)
	return err == nil && len(out) > 0 && out[0].Alias != nil
}
