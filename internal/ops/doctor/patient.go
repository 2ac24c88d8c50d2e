// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"net"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
)

// Patient is an installation to look at, as its flags describe it.
type Patient struct {
	Cluster  Cluster
	Accounts []Account
	// NoAccounts is why the accounts couldn't be opened; nil: they were.
	NoAccounts error
	// Domains are those of --domain-filter, without a leading dot.
	Domains []dnsname.Name
	// Claims reads whose the record sets are, from a table where they are there; nil: nobody's ownership is kept. Kept is what a claim is, in a
	// word: marker, row or description.
	Claims func(context.Context) (registry.Registry, error)
	Kept   string
	// Markers reads the markers; nil: none are kept.
	Markers *txt.Registry
	// Table is where claims are rows; nil: they aren't.
	Table registry.Store
	// Plan finds out what a run would do now, with providers that take the place of the accounts', by their order. It changes
	// nothing. whole is false where not everything could be read.
	Plan func(ctx context.Context, with []provider.Provider) (plan report.Plan, whole bool, err error)
	// Listen are the addresses that we answer on, and Serves the zones that we answer for; none: we serve none ourselves.
	Listen []string
	Serves []dnsname.Name
	// NoDNS says that no DNS server may be asked: --no-verify.
	NoDNS bool
	// Resolver is who the delegation of zones is asked of, and Port that of name servers; nil and "": the system's, and 53.
	Resolver *net.Resolver
	Port     string
}

// Cluster says what is wanted of the API server.
type Cluster struct {
	// Config finds the API server; nil: objects come from files, and none is asked.
	Config func() (*rest.Config, error)
	Needs  []Need
	// Namespace is the only one whose objects are watched; empty: all are.
	Namespace string
	Events    bool   // Warning Events are written
	Lease     string // namespace/name of the Lease that is taken; empty: none
	LeaseMust bool   // nothing is published without the Lease
}

// Need is a kind that is watched, and for what.
type Need struct {
	Kind   source.Kind
	Source string
	For    string // which objects of the source need it; empty: all do
}

// Account is an account to publish to. AWS is nil where it isn't one of AWS; Route53 tells whether it is used for Route 53.
type Account struct {
	Name     string
	Provider provider.Provider
	AWS      *awsconf.Account
	Route53  bool
}
