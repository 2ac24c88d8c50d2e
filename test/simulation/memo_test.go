// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"iter"
	"sync"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// memo is a registry that remembers Subjects, a pure function that takes more than half of a run's time: there are few names.
type memo struct {
	registry.Registry
	prefix string
	known  *sync.Map // shared by all runs
}

var subjects sync.Map

func remember(r registry.Registry, prefix string) registry.Registry {
	return memo{Registry: r, prefix: prefix, known: &subjects}
}

func (m memo) Subjects(at dnsname.Name, z zone.Zone) []dnsname.Name {
	type question struct {
		prefix   string
		at, zone dnsname.Name
	}
	q := question{m.prefix, at, z.Name}
	if names, known := m.known.Load(q); known {
		return names.([]dnsname.Name)
	}
	names := m.Registry.Subjects(at, z)
	m.known.Store(q, names)
	return names
}

// Survey implements registry.Surveyor.
func (m memo) Survey(z zone.Zone, sets iter.Seq[record.Set]) registry.Registry {
	if s, can := m.Registry.(registry.Surveyor); can {
		m.Registry = s.Survey(z, sets)
	}
	return m
}
