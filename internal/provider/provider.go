// SPDX-License-Identifier: Apache-2.0

// Package provider is the contract between the loop and a DNS service.
//
// A provider converts and sends. It keeps no queue, retries nothing, never sleeps and logs no plan: the loop does that once,
// for all. Its methods may be called from several goroutines, though never twice at once for one zone.
package provider

import (
	"context"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Provider is one account at a DNS service.
type Provider interface {
	Describe() Description
	// Desired returns the sets that this provider would store for a set, in its own normal form: an alias may become A and
	// AAAA, a missing TTL the default. It is pure, idempotent but for a property alias=false, which it uses up, and never
	// changes its argument. The error says what can't be stored.
	Desired(record.Set) ([]record.Set, error)
	// Zones lists every hosted zone that the account and the provider's own options let us use.
	Zones(ctx context.Context) ([]zone.Zone, error)
	// Records reads one page of a zone. The zero Cursor starts at the beginning.
	Records(ctx context.Context, z zone.Zone, c Cursor) (Page, error)
	// Apply sends one batch, each write on the condition that what it replaces is what Before says and that what it creates
	// isn't there. Where Describe says Atomic, an error means that nothing was changed, unless it is Uncertain.
	Apply(ctx context.Context, z zone.Zone, b change.Batch) (Receipt, error)
}

// NameReader reads a few names instead of a zone.
type NameReader interface {
	// Names returns every record set at each of the names.
	Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error)
}

// Confirmer tells when a change has reached every server of the service.
type Confirmer interface {
	InSync(ctx context.Context, r Receipt) (bool, error)
}

// QuotaReader tells how many record sets a hosted zone may have.
type QuotaReader interface {
	// Quota returns the most record sets that a zone may have, whoever owns them, its own NS and SOA included. It changes rarely:
	// when a person has asked the service for more.
	Quota(ctx context.Context, z zone.Zone) (int, error)
}

// Router tells the routing policies of a service apart, of which record sets of one name and type have the same.
type Router interface {
	// Routing returns which policy properties make; empty for none, or one that isn't known. It is pure.
	Routing([]record.Prop) string
}

// ZoneExplainer tells which hosted zones are there but not used.
type ZoneExplainer interface {
	// ExplainZones returns what Zones returns, and every zone that the provider's options leave out, sorted.
	ExplainZones(ctx context.Context) (used []zone.Zone, skipped []SkippedZone, err error)
}

// SkippedZone is a hosted zone that isn't used, and why.
type SkippedZone struct {
	Zone zone.Zone
	Why  reason.Reason
}

// Filter says which hosted zones a view uses, whatever the provider. The zero Filter lets every zone pass.
type Filter struct {
	IDs   []string                // hosted zone ids, with or without /hostedzone/; none: any
	Match func(dnsname.Name) bool // whether names in a zone of that name can be published; nil: any
	// Below reports whether names that can be published are below a zone of that name. It is asked where the
	// provider is told to use parents of the domains too, and Match says no; nil: any.
	Below func(dnsname.Name) bool
	// Label stands behind the names of accounts, where those of several views would be the same; mostly empty.
	Label string
}

// Matches reports whether names in a zone of a name can be published.
func (f Filter) Matches(zone dnsname.Name) bool { return f.Match == nil || f.Match(zone) }

// Above reports whether names that can be published are below a zone of a name.
func (f Filter) Above(zone dnsname.Name) bool { return f.Below == nil || f.Below(zone) }

// Skip tells why a zone that the options of a provider name isn't used; no reason: it is. One above the names that can be published is
// used: it is named for them.
func (f Filter) Skip(z zone.Zone) reason.Reason {
	passes := f.Matches(z.Name) || f.Below != nil && f.Below(z.Name)
	switch {
	case len(f.IDs) > 0 && !slices.Contains(f.IDs, z.ID):
		return reason.New(reason.Filtered, "zone %s: --zone-id-filter leaves it out", z.Name)
	case !passes:
		return reason.New(reason.Filtered, "zone %s: --domain-filter leaves it out", z.Name)
	}
	return reason.Reason{}
}

// Description is what the loop, the documentation and the conformance suite need to know of a provider.
type Description struct {
	Name    string        // as --provider has it
	Types   []record.Type // what it can store
	Limits  change.Limits // of one batch
	Atomic  bool          // a batch is applied whole or not at all
	Actions []Action      // permissions it uses
	World   bool          // whoever is on the Internet is answered from its zones, those apart that are private
	Prompt  bool          // a call costs next to nothing: changes are sent after a moment instead of being gathered

	// What it can't store; the zero value is a provider that can hold whatever DNS allows.
	NoApex     bool // record sets at the zone's own name
	NoWildcard bool // record sets at a wildcard
	OneType    bool // several record types at one name
	MaxName    int  // names with more characters than this before the zone's name; 0: any that DNS allows
}

// Action is a permission that a provider asks for.
type Action struct {
	Name     string
	Resource string
	Benefit  string // for an optional one: what is lost without it
	Optional bool
}

// Cursor is where a listing goes on, opaque to all but its provider.
type Cursor string

// Page is a range of a zone. It holds every record set of each name from From up to, not including, Until in the order of
// dnsname.Name.Compare; an empty From or Until is the zone's beginning or end.
type Page struct {
	Sets        []record.Set
	From, Until dnsname.Name
	Next        Cursor // empty after the last page
}

// Has reports whether a name is in the page's range.
func (p Page) Has(n dnsname.Name) bool {
	return n.Compare(p.From) >= 0 && (p.Until == "" || n.Compare(p.Until) < 0)
}

// Receipt is a provider's id for an applied batch; empty where it gives none.
type Receipt string
