// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/report"
)

// Report is what was found, for people and machines. Its JSON form keeps its keys, marks, places and codes; texts may change.
type Report struct {
	Good      bool     `json:"good"`
	Resolvers []string `json:"resolvers"` // that were asked, the first that answers
	Asked     int      `json:"asked"`     // names
	More      int      `json:"more"`      // names that weren't asked about, because of --limit
	Rows      []Row    `json:"names"`
}

// Row is one name and type in one zone.
type Row struct {
	Name     dnsname.Name `json:"name"`
	Type     record.Type  `json:"type"`
	View     string       `json:"view"`
	Zone     *report.Zone `json:"zone,omitempty"`
	Private  bool         `json:"private,omitempty"` // the zone is
	Seen     string       `json:"seen,omitempty"`    // by whom the zone is: private, public, or of which provider it is
	Good     bool         `json:"good"`
	Objects  []string     `json:"objects"` // that ask for the name
	Object   Place        `json:"object"`
	Provider Place        `json:"provider"`
	Servers  Place        `json:"servers"`
	Resolver Place        `json:"resolver"`
	Connect  *Place       `json:"connect,omitempty"`
	Reached  []Reached    `json:"reached,omitempty"`
	Causes   []Cause      `json:"causes,omitempty"`
	Notes    []Cause      `json:"notes,omitempty"`
}

// Mark says how one place compares with the one before.
type Mark string

// The marks.
const (
	OK   Mark = "ok"
	No   Mark = "no"
	None Mark = "none" // nothing to say yes or no to
)

// Place is what one place says.
type Place struct {
	Mark   Mark           `json:"mark"`
	Values []string       `json:"values,omitempty"`
	TTL    uint32         `json:"ttl,omitempty"` // seconds; of a resolver, those that are left
	Reason *reason.Reason `json:"reason,omitempty"`
}

// Cause is why a place differs, or something to know of it.
type Cause struct {
	Place  string        `json:"place"`
	Reason reason.Reason `json:"reason"`
	Fix    string        `json:"fix,omitempty"`
}

// Make judges what was found of each subject.
func Make(subjects []Subject, found []Found) Report {
	r := Report{Good: true, Resolvers: []string{}, Rows: []Row{}}
	names := make(map[dnsname.Name]bool)
	for i, s := range subjects {
		row := Judge(s, found[i])
		r.Rows = append(r.Rows, row)
		r.Good = r.Good && row.Good
		names[s.Name] = true
	}
	r.Asked = len(names)
	return r
}

// Judge compares what was found of a subject. It is pure: equal arguments give equal rows.
func Judge(s Subject, f Found) Row {
	s = s.asServed(f)
	row := Row{Name: s.Name, Type: s.Type, View: s.View, Private: s.Zone.Private, Objects: append([]string{}, s.Objects...), Reached: f.Reached}
	if s.Zone.ID != "" {
		z := report.ZoneOf(s.Zone)
		row.Zone, row.Seen = &z, report.Seen(s.Zone, s.World)
	}
	row.Object = placed(objects(s))
	row.Provider = placed(providers(s))
	row.Provider.Values, row.Provider.TTL = few(values(s.There)), ttl(s.There)
	row.Servers = placed(servers(s, f))
	if i := informed(f.Servers); i >= 0 {
		row.Servers.Values, row.Servers.TTL = few(f.Servers[i].Values), f.Servers[i].TTL
	}
	row.Resolver = placed(resolver(s, f))
	row.Resolver.Values, row.Resolver.TTL = few(f.Resolver.Values), f.Resolver.TTL
	if len(f.Reached) > 0 {
		c := placed(connection(s, f))
		row.Connect = &c
	}
	row.tell()
	return row
}

// tell collects the causes: one of what isn't asked for or published, and one of DNS, from which what comes after follows.
func (r *Row) tell() {
	r.Good = true
	told := false
	for _, p := range r.places() {
		no := p.Mark == No
		r.Good = r.Good && !no
		switch {
		case p.Reason == nil || no && p.dns && told:
		case no:
			r.Causes, told = append(r.Causes, p.cause(r.Name)), told || p.dns
		default:
			r.Notes = append(r.Notes, p.cause(r.Name))
		}
	}
}

func (p namedPlace) cause(name dnsname.Name) Cause {
	c := Cause{p.name, *p.Reason, p.Reason.Fix()}
	if c.Fix == "" && p.Mark == No && p.name == "provider" {
		c.Fix = "wait until it is done; nafuda why " + string(name) + " tells what it waits for"
	}
	return c
}

type namedPlace struct {
	Place
	name string
	dns  bool // it comes after what the provider has
}

func (r *Row) places() []namedPlace {
	list := []namedPlace{{r.Object, "object", false}, {r.Provider, "provider", false}, {r.Servers, "servers", true}, {r.Resolver, "resolver", true}}
	if r.Connect != nil {
		list = append(list, namedPlace{*r.Connect, "connect", true})
	}
	return list
}

func placed(m Mark, why reason.Reason) Place {
	p := Place{Mark: m}
	if !why.None() {
		p.Reason = &why
	}
	return p
}

// informed is the first server that answers; -1: none does.
func informed(list []Said) int {
	for i, s := range list {
		if s.Answered() {
			return i
		}
	}
	return -1
}

func ttl(sets []record.Set) uint32 {
	var most uint32
	for _, s := range sets {
		most = max(most, s.TTL)
	}
	return most
}

// few bounds what is kept of values: anybody can send any number of them.
func few(list []string) []string {
	const most, length = 20, 300
	var out []string
	for i, v := range list {
		if i == most {
			break
		}
		out = append(out, v[:min(len(v), length)])
	}
	return out
}
