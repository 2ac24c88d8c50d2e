// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"time"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
)

const (
	fewNames  = 3  // from so many on, all of them is too many to lose
	manyNames = 20 // from so many on, updates are braked
	all       = 100
)

// deletesHeld reports whether deletes are held.
func (g *Zone) deletesHeld() bool {
	n, base := g.deletes.count(), g.base()
	if g.allGo(n, base) {
		return true
	}
	strict := g.now.Before(g.strict)
	return n > g.options.MaxDeletes && (strict || n*100 > g.options.MaxDeletePercent*base)
}

// allGo reports that nothing of ours would be left, which no share but all of it allows.
func (g *Zone) allGo(n, base int) bool {
	return base >= fewNames && n >= base && g.options.MaxDeletePercent < all
}

// base is how many names we owned when the hour began, or have come to own since.
func (g *Zone) base() int { return len(g.owned) + g.gone + g.deletes.earlier }

// updatesHeld reports whether updates that change targets are held.
func (g *Zone) updatesHeld() bool {
	owned := len(g.owned)
	return owned >= manyNames && g.options.MaxUpdatePercent < all && g.updates.count()*100 > g.options.MaxUpdatePercent*owned
}

// The texts name the limits rather than the counts: thousands of names say the same, and go on saying it.

func (g *Zone) whyDeletes() reason.Reason {
	n, base := g.deletes.count(), g.base()
	switch {
	case g.allGo(n, base):
		return reason.New(reason.BrakeDeletes, "all our names in the zone %s would be gone within an hour", g.zone.Name)
	case n*100 > g.options.MaxDeletePercent*base:
		return reason.New(reason.BrakeDeletes, "more than %s, and more than %d %% of ours, would go from the zone %s within an hour",
			spelling.Count(g.options.MaxDeletes, "name"), g.options.MaxDeletePercent, g.zone.Name)
	default:
		return reason.New(reason.BrakeDeletes, "more than %s would go from the zone %s within the first hour after a start",
			spelling.Count(g.options.MaxDeletes, "name"), g.zone.Name)
	}
}

func (g *Zone) whyUpdates() reason.Reason {
	return reason.New(reason.BrakeUpdates, "more than %d %% of our names in the zone %s would get other targets within an hour",
		g.options.MaxUpdatePercent, g.zone.Name)
}

// Level is how far the brakes are from their limits, for people and metrics.
type Level struct {
	Deletes     int  // names that wait to go or went within the hour
	Base        int  // what they are a share of
	Updates     int  // updates, the like counted once
	Owned       int  // what those are a share of
	DeletesHeld bool // deletes are held
	UpdatesHeld bool // updates that change targets are held
	Strict      bool // the first hour after a start without a state
}

// Level tells it as of now.
func (g *Zone) Level(now time.Time) Level {
	g.tick(now)
	return Level{
		Deletes: g.deletes.count(), Base: g.base(), Updates: g.updates.count(), Owned: len(g.owned),
		DeletesHeld: g.deletesHeld(), UpdatesHeld: g.updatesHeld(), Strict: g.now.Before(g.strict),
	}
}
