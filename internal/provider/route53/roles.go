// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/route53"

	"nafuda.io/nafuda/internal/provider/awsconf"
)

// roles has the roles that hosted zones are tagged with, as last listed, and a client for each. It is safe for concurrent use.
type roles struct {
	account awsconf.Account
	mu      sync.Mutex // guards what follows
	byZone  map[string]string
	clients map[string]*route53.Client
}

func newRoles(a awsconf.Account) *roles { return &roles{account: a} }

// set enters a listing: the role of each zone that has one. A role that no zone has any longer is forgotten with its session.
func (r *roles) set(byZone map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clients := make(map[string]*route53.Client)
	for _, role := range byZone {
		if c, ok := r.clients[role]; ok {
			clients[role] = c
		} else if clients[role] == nil {
			clients[role] = route53.NewFromConfig(r.account.As(role).Config)
		}
	}
	r.byZone, r.clients = byZone, clients
}

// of returns the client for a zone's record sets.
func (p *Provider) of(zoneID string) *route53.Client {
	p.roles.mu.Lock()
	defer p.roles.mu.Unlock()
	if role, ok := p.roles.byZone[zoneID]; ok {
		return p.roles.clients[role]
	}
	return p.client
}
