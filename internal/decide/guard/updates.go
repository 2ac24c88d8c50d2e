// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// updates counts updates in two ways; the one that comes to less holds (decision 0008). By shift, an address that replaces another
// at every name is one update. By Service, the Pods of one that is restarted are one update though each gets another address.
type updates struct{ byShift, byService tally }

func newUpdates() updates {
	quiet := func(dnsname.Name, bool) {}
	return updates{newTally(quiet), newTally(quiet)}
}

func (u *updates) count() int { return min(u.byShift.count(), u.byService.count()) }

// wait enters what a request counts as; nothing where its unit is empty.
func (u *updates) wait(r *request) {
	u.byShift.wait(r.Name, r.unit)
	service := ""
	if r.unit != "" {
		service = r.service
	}
	u.byService.wait(r.Name, service)
}

func (u *updates) spend(now time.Time, n dnsname.Name) {
	u.byShift.spend(now, n)
	u.byService.spend(now, n)
}

func (u *updates) slide(now time.Time) {
	u.byShift.slide(now)
	u.byService.slide(now)
}

func (u *updates) next() time.Time { return sooner(u.byShift.next(), u.byService.next()) }

// export gives the way that comes to less.
func (u *updates) export(now time.Time) []Bucket {
	if u.byService.count() < u.byShift.count() {
		return u.byService.export(now)
	}
	return u.byShift.export(now)
}

func (u *updates) restore(now time.Time, list []Bucket) {
	u.byShift.restore(now, list)
	u.byService.restore(now, list)
}

// services begins the resources of what may publish Pods, each under a name of its own.
const services = "service/"

// serviceOf labels a name with the Service that all its moves are for, else with its unit.
func serviceOf(e Effect) string {
	for _, c := range e.Moves {
		if c.Resource != e.Moves[0].Resource || !strings.HasPrefix(c.Resource, services) {
			return e.unit
		}
	}
	return e.Moves[0].Resource
}
